"""What goes over the wire and what comes back, as plain values and pure functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import attrs

from ._errors import APIStatusError, InvalidRequestError, status_error_class
from ._json import JSONValue, is_array, is_object
from ._retry import gateway_attempts, retry_after

#: What every call to the Assistants API must carry.
BETA = {"openai-beta": "assistants=v2"}

_ORDINARY = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@attrs.define  # a frozen one takes twice as long to make; the same goes for Response
class Request:
    """One call, ready to be sent any number of times.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL, percent-encoded.
        query: The query string, percent-encoded, without `?`.
        body: The JSON body; None for none.
        headers: Headers of this operation, names in lower case; the client's are added.
        idempotent: Whether doing it twice is as good as once. False for a create.
        if_gone: The answer when a repeated delete finds nothing left to delete.
    """

    method: str
    path: str = attrs.field(repr=False)  # nobody knows what callers put into ids and bodies
    query: str = attrs.field(default="", repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    idempotent: bool = True
    if_gone: bytes | None = attrs.field(default=None, repr=False)


@attrs.define
class Response:
    """One answer.

    Attributes:
        status: The HTTP status.
        headers: The headers, case-insensitive.
        body: The whole body, decompressed; of an error, perhaps cut.
        resent: Whether the HTTP library sent the request twice by itself.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # a server may echo credentials
    body: bytes = attrs.field(repr=False)
    resent: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return is_success(self.status)

    @property
    def trace_id(self) -> str | None:
        """Portkey's trace id; a gateway that was sent none answers with an empty one."""
        return self.headers.get("x-portkey-trace-id") or None

    @property
    def request_id(self) -> str | None:
        """The upstream's id of the request, else Portkey's."""
        return self.headers.get("x-request-id") or self.headers.get("x-portkey-request-id") or None

    @property
    def gateway_attempts(self) -> int | None:
        """How often the gateway repeated the request; -1 when it gave up; None if not said."""
        return gateway_attempts(self.headers)


def is_success(status: int) -> bool:
    """Tell whether a status is a success."""
    return 200 <= status < 300


def segment(value: str, name: str) -> str:
    """Percent-encode an id so that it stays one path segment.

    Args:
        value: The id.
        name: The argument it was given as, for the error.

    Returns:
        The id, encoded so that it arrives as written.

    Raises:
        InvalidRequestError: The id is empty, `.`, `..`, or holds a control character or a lone
            surrogate: sent, it would reach another endpoint or none.
    """
    # Nearly every id: there is nothing to refuse and nothing to encode.
    if type(value) is str and _ORDINARY.fullmatch(value):
        return value
    checked = _identifier(value, name)
    if checked in {".", ".."}:
        raise InvalidRequestError(f"{name} is {value!r}, which servers resolve as a path")
    return quote(checked, safe="")


def query(pairs: Iterable[tuple[str, str | int | None]]) -> str:
    """Join the pairs that are not None to a query string, percent-encoded."""
    return "&".join(
        f"{name}={quote(str(value), safe='')}" for name, value in pairs if value is not None
    )


def cursor(value: str | None, name: str) -> str | None:
    """Check a cursor, which is an id; None stands for none."""
    return value if value is None else _identifier(value, name)


def _identifier(value: str, name: str) -> str:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
        kind = type(value).__name__
        raise InvalidRequestError(f"{name} is of type {kind}; it must be a str")
    if not value:
        raise InvalidRequestError(f"{name} is empty; give the id of an object")
    if _CONTROL.search(value):
        raise InvalidRequestError(f"{name} is {value!r}, which holds a control character")
    if _SURROGATE.search(value):
        raise InvalidRequestError(f"{name} is {value!r}, which holds a lone surrogate")
    return value


# --- Answers that are no success --------------------------------------------------------------


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


def may_have_executed(response: Response) -> bool:
    """Tell whether the server may have acted, going by its answer.

    A 4xx says that it did not, but for 408, which says that somebody stopped waiting, and for
    an answer that the gateway got only after repeating the request.
    """
    if response.gateway_attempts:
        return True
    rejected = 400 <= response.status < 500 and response.status != 408
    return not (rejected or response.status in {307, 308})


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
