"""Responses that are no success, as the errors of their statuses."""

from __future__ import annotations

import json
import re

from portkey_async._errors import APIStatusError, status_error_class
from portkey_async._types import JSONValue, is_array, is_object

from .request import Request
from .response import Response, may_have_executed, retry_after


def status_error(request: Request, response: Response, text: str, now: float) -> APIStatusError:
    """Turn an answer that is no success into the error of its status.

    Args:
        request: What was sent.
        response: What came.
        text: Its body as text, free of credentials.
        now: Unix time in seconds, for a `Retry-After` that is a date.

    Returns:
        The error, not yet with the facts of the call.
    """
    body = _parsed(text)
    fields = _error_fields(body)
    message = _message(body, text) or f"The server gave no reason: {_kind(response)} body"
    hint = _hint(request, response, body, fields.get("code"))
    return status_error_class(response.status)(
        f"{message} — {hint}" if hint else message,
        status=response.status,
        code=fields.get("code"),
        type=fields.get("type"),
        param=fields.get("param"),
        body=body,
        headers=response.headers,
        retry_after=retry_after(response.headers, now),
        may_have_executed=may_have_executed(response),
    )


def _parsed(text: str) -> JSONValue:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _error_fields(body: JSONValue) -> dict[str, str]:
    error = body.get("error") if is_object(body) else None
    # The gateway's own bodies have no inner object; some servers put its fields on top.
    fields = error if is_object(error) else body if is_object(body) else {}
    return {
        name: str(fields[name])
        for name in ("code", "type", "param")
        if isinstance(fields.get(name), str | int)
    }


def _message(body: JSONValue, text: str) -> str:
    """Find what a person should read: OpenAI's shape, the gateway's, FastAPI's, text, HTML."""
    if not is_object(body):
        return _readable(text)
    error = body.get("error")
    inner = error.get("message") if is_object(error) else error
    message = inner or body.get("message") or body.get("detail") or error or body
    if not isinstance(message, str):
        message = json.dumps(message, ensure_ascii=False)
    details = body.get("errors")
    if is_array(details) and details:
        message = f"{message}: {'; '.join(map(str, details))}"
    return _readable(message)


def _readable(text: str, limit: int = 500) -> str:
    text = text[: 8 * limit]  # these searches take quadratic time on hostile text
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    if title or re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        text = title[1] if title else re.sub(r"<[^>]*>", " ", text)
    # Neither control characters nor lone surrogates: errors are printed and logged.
    text = "".join(char if char.isprintable() else "\ufffd" for char in " ".join(text.split()))
    return text if len(text) <= limit else f"{text[:limit]}…"


def _kind(response: Response) -> str:
    return "an unreadable" if response.body else "an empty"


def _hint(request: Request, response: Response, body: JSONValue, code: str | None) -> str:
    """Say what to do where the server's words do not."""
    if 300 <= response.status < 400:
        where = (response.headers.get("Location") or "").partition("?")[0]
        return (
            f"a redirect{where and ' to ' + where}, which is never followed: credentials would "
            "go along; set base_url to where the API is"
        )
    if response.status == 431:
        return "the request headers are too large: the gateway takes 16 KiB; shorten the config"
    if response.status != 404:
        return ""
    if is_object(body) and body.get("ok") is False:
        return "the gateway has no such route: base_url usually ends in /v1"
    # With a cursor, the 404 may be about the cursor's object; a create may name a wrong model.
    at_cursor = re.search("(after|before)=", request.query)
    at_collection = request.path == "/assistants" and not at_cursor
    if at_collection and code != "model_not_found":
        return (
            "this upstream does not serve the Assistants API, or no longer (OpenAI ended it in "
            "August 2026): point virtual_key, provider, config or custom_host at one that does"
        )
    return ""
