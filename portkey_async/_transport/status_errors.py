"""Responses that are no success, as the errors of their statuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from portkey_async._errors import (
    ActiveRunError,
    APIStatusError,
    RunStreamError,
    status_error_class,
)
from portkey_async._options.options import Options
from portkey_async._secrets import Redactor
from portkey_async._types import JSONObject, JSONValue, is_array, is_object

from .request import Request
from .response import Response, may_have_executed
from .retry_after import retry_after
from .text import clean, decoded

#: What an error may say besides its message.
_FIELDS = ("code", "type", "param")
#: How much of an `error` event is read, as of any error.
_LONGEST = 256 * 1024
#: How the API says that a thread has a run that has not ended.
_ACTIVE_RUN = re.compile(
    r"already has an active run(?:\s+(?P<after>run_\w+))?"
    r"|while a run(?:\s+(?P<before>run_\w+))? is active",
    re.IGNORECASE,
)
#: The roots of the API's own paths: a base URL that holds one holds too much.
_RESOURCES = frozenset({"assistants", "threads", "organization", "chat", "models", "messages"})


def status_error(
    request: Request, response: Response, options: Options, now: float
) -> APIStatusError:
    """Turn a response that is no success into the error of its status.

    Args:
        request: What was sent.
        response: What came.
        options: The client's: what must not be seen, and where the request went.
        now: Unix time in seconds, for a `Retry-After` that is a date.

    Returns:
        The error, free of credentials, not yet with the facts of the call.
    """
    text = response.text
    # Before anything else is cut, which would leave half a credential.
    redacted = options.redact.cut(text) if response.cut else options.redact(text)
    body = _parsed(text, redacted, options.redact)
    fields = _error_fields(body)
    message = _message(body, redacted) or f"The server gave no reason: {_kind(response)} body"
    asks = message if response.status in {429, 503} else ""
    hint = clean(
        options.redact(_hint(request, response, body, f"{fields.get('code')} {message}", options))
    )
    active = _ACTIVE_RUN.search(message) if response.status == 400 else None
    cls = ActiveRunError if active else status_error_class(response.status)
    error = cls(
        f"{message} — {hint}" if hint else message,
        status=response.status,
        code=fields.get("code"),
        type=fields.get("type"),
        param=fields.get("param"),
        body=body,
        headers=response.headers,
        retry_after=retry_after(response.headers, now, asks),
        may_have_executed=may_have_executed(response),
    )
    if isinstance(error, ActiveRunError) and active is not None:
        # Text that is no JSON may have been cut off at its end, and a long message was by us.
        following = message[active.end() :][:1]
        cut = following == "…" or (not following and isinstance(body, str))
        error.run_id = None if cut else active["after"] or active["before"]
    return error


def stream_error(data: bytes, redact: Redactor) -> RunStreamError:
    """Turn the data of an `error` event into its error, free of credentials."""
    text = decoded(data[:_LONGEST])
    redacted = redact.cut(text) if len(data) > _LONGEST else redact(text)
    body = _parsed(text, redacted, redact)
    message = _message(body, redacted) or "the server gave no reason"
    return RunStreamError(message, code=_error_fields(body).get("code"))


def says_gone(error: APIStatusError, request: Request) -> bool:
    """Tell whether a 404 is the API's own word that the object to delete does not exist.

    A proxy, a wrong path or a missing parent answers with a 404 too: what counts is the API's
    error shape with a message that names this object, or a code or param that stands for it.
    """
    details = error.body.get("error") if is_object(error.body) else None
    if error.status != 404 or not is_object(details):
        return False
    *_, resource, segment = request.path.split("/")
    kind = resource.removesuffix("s")
    code = (error.code or "").lower()
    if code == f"{kind}_not_found":
        return True
    if code not in {"", "404", "not_found", "notfound", "resource_not_found"}:
        return False
    if error.param in {f"{kind}_id", f"{kind.rpartition('_')[2]}_id"}:
        return True
    return _says_missing(details.get("message"), unquote(segment))


def _says_missing(message: JSONValue, name: str) -> bool:
    """Tell whether a message says that the object of this id does not exist.

    An id inside of a URL, as in "Unknown request URL: DELETE /assistants/asst_1", is no word
    about an object.
    """
    if not isinstance(message, str):
        return False
    named = re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/-])", message)
    return bool(named and re.search(r"\b(no|not|gone|deleted)\b|n't\b", message, re.IGNORECASE))


def _parsed(text: str, redacted: str, redact: Redactor) -> JSONValue:
    """Parse JSON, and leave other text as it is, without the credentials that it holds."""
    try:
        body = json.loads(text)
        return body if redacted == text else _redacted(body, redact)
    except (ValueError, RecursionError):
        return redacted


def redacted_json(body: JSONValue, redact: Redactor) -> JSONValue:
    """Redact the values one by one: a credential may be escaped in the text, or be a number.

    What is nested too deeply to be gone through is None.
    """
    try:
        return _redacted(body, redact)
    except RecursionError:
        return None


def _redacted(body: JSONValue, redact: Redactor) -> JSONValue:
    if isinstance(body, str):
        return redact(body)
    if is_object(body):
        return {redact(name): _redacted(value, redact) for name, value in body.items()}
    if is_array(body):
        return [_redacted(value, redact) for value in body]
    number = redact(str(body))
    return body if number == str(body) else number


def _error_fields(body: JSONValue) -> dict[str, str]:
    """Find code, type and param, wherever the known shapes have them."""
    found: dict[str, str] = {}
    for place in _places(body):
        for name in _FIELDS:
            if isinstance(place.get(name), str | int):
                found.setdefault(name, clean(str(place[name])))
        # OAuth (RFC 6749, section 5.2) has its code where others have the message.
        if isinstance(place.get("error"), str) and place.get("error_description"):
            found.setdefault("code", clean(place["error"]))
        if found:
            break
    return found


def _places(body: JSONValue) -> Iterator[JSONObject]:
    """Give the objects that may describe the error, the likeliest first."""
    if is_array(body):
        body = body[0] if body else None
    if not is_object(body):
        return
    error = body.get("error")
    if is_object(error):
        yield error
        return
    # The gateway's own bodies have no inner object; some servers put its fields on top.
    yield body
    errors = body.get("errors")
    yield from (one for one in (errors if is_array(errors) else [errors]) if is_object(one))


def _message(body: JSONValue, text: str) -> str:
    """Find what a person should read: OpenAI's shape, the gateway's, FastAPI's, text, HTML."""
    if is_array(body) and body and is_object(body[0]):
        body = body[0]  # Google's shape, as its OpenAI-compatible endpoint sends it
    if not is_object(body):
        return _readable(text)
    error = body.get("error")
    inner = error.get("message") if is_object(error) else error
    details = "; ".join(_details(body.get("errors")))
    message = (
        (is_object(error) and inner)
        or body.get("error_description")
        or inner
        or body.get("message")
        or body.get("detail")
        or body.get("title")
        or error
    )
    if not message:
        return _readable(details or _as_text(body))
    return _readable(f"{_as_text(message)}: {details}" if details else _as_text(message))


def _details(errors: JSONValue) -> Iterator[str]:
    """Give what each of several errors says."""
    if is_object(errors):
        if "message" not in errors:  # by field, as ASP.NET and Rails have it
            yield from (f"{name}: {_as_text(said)}" for name, said in errors.items())
            return
        errors = [errors]
    for one in errors if is_array(errors) else ():
        said = one.get("message") or one.get("detail") or one.get("title") if is_object(one) else ""
        yield said if isinstance(said, str) and said else str(one)


def _as_text(value: JSONValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _readable(text: str, limit: int = 500) -> str:
    shown = text[: 8 * limit]  # these searches take quadratic time on hostile text
    title = re.search(r"<title[^>]*>(.*?)</title>", shown, re.IGNORECASE | re.DOTALL)
    cut = not title and len(shown) < len(text)
    if title or re.match(r"\s*<(!doctype|html)", shown, re.IGNORECASE):
        shown = title[1] if title else re.sub(r"<[^>]*>", " ", shown)
    shown = clean(" ".join(shown.split()))
    return shown if len(shown) <= limit and not cut else f"{shown[:limit]}…"


def _kind(response: Response) -> str:
    return "an unreadable" if response.body else "an empty"


def _hint(
    request: Request, response: Response, body: JSONValue, said: str, options: Options
) -> str:
    """Say what to do where the server's words do not."""
    if 300 <= response.status < 400:
        where = (response.headers.get("Location") or "").partition("?")[0]
        return (
            f"a redirect{where and ' to ' + where}, which is never followed: credentials would "
            "go along; set base_url to where the API is"
        )
    if response.status == 401 and options.withheld:
        return (
            f"{' and '.join(options.withheld)} of the environment were not sent: such keys go only "
            "to portkey.ai, to PORTKEY_BASE_URL and to this machine; to any other base_url give "
            "api_key and virtual_key as arguments"
        )
    if response.status == 431:
        return "the request headers are too large: the gateway takes 16 KiB; shorten the config"
    # A 404 may be about the object that is named, or about the model of a create.
    if response.status != 404 or _names_what_is_missing(request, body):
        return ""
    return _wrong_path(options) or _wrong_route(body, said) or _end_of_the_api(request)


def _names_what_is_missing(request: Request, body: JSONValue) -> bool:
    *_, segment = request.path.split("/")
    for details in _places(body):
        code, message = details.get("code"), details.get("message")
        return code == "model_not_found" or _says_missing(message, unquote(segment))
    return False


def _wrong_route(body: JSONValue, said: str) -> str:
    """Read from what a server says that it has no such route."""
    if is_object(body) and body.get("ok") is False:
        return "the gateway has no such route: base_url usually ends in /v1"
    if "deploymentnotfound" in said.lower():
        return "on Azure, model is the name of a deployment of your own"
    if re.search(r"api.version|resource not found", said, re.IGNORECASE):
        return (
            "Azure says so where the api-version is missing, or has no Assistants: pass "
            "query={'api-version': …} to a server of Azure's, or put api_version into the config"
        )
    return ""


def _end_of_the_api(request: Request) -> str:
    # With a cursor, the 404 may be about the cursor's object.
    if request.path != "/assistants" or re.search("(after|before)=", request.query):
        return ""
    return (
        "this upstream does not serve the Assistants API, or no longer (OpenAI ended it in "
        "August 2026): point virtual_key, provider, config or custom_host at one that does"
    )


def _wrong_path(options: Options) -> str:
    """Find what is wrong with the paths of the URLs that were given."""
    segments = urlsplit(options.base_url).path.split("/")
    if extra := [name for name in segments if name in _RESOURCES]:
        return (
            f"base_url holds too much: leave off {'/' + extra[0]!r} and all behind it; it usually "
            "ends in /v1"
        )
    # Azure's have no version in the path: …/openai, …/api/projects/NAME.
    if not any(re.fullmatch(r"v\d\w*|openai|projects", name) for name in segments):
        return "base_url usually ends in /v1, and this one does not"
    custom_host = options.headers.get("x-portkey-custom-host", "")
    if custom_host and not re.search(r"/(v\d\w*|openai|projects)(/|$)", urlsplit(custom_host).path):
        return "custom_host usually ends in /v1, and this one does not"
    return ""
