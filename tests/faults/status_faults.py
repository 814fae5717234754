"""Faults of the status: refusals, failures, their bodies, and what they say of repeating."""

from collections.abc import Callable, Iterator
from functools import partial

import attrs
from faults.body_faults import BOM, CHUNKED, HTML, LENGTH, explode, flood, packed_json
from faults.exchange import Exchange, answer, head, json_bytes, message, refuse
from faults.fault import Act, Fault, Repeat
from support.credentials import API_KEY

from portkey_async import (
    ActiveRunError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)

SAYS_NO = json_bytes({"error": {"message": "It said no.", "type": "some_error", "code": "no"}})
REFUSALS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: APIStatusError,
    409: ConflictError,
    412: APIStatusError,
    413: APIStatusError,
    418: APIStatusError,
    422: UnprocessableEntityError,
    431: APIStatusError,
    446: APIStatusError,
}
REPEATED = (500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530)


def _failure(group: str, name: str, status: int, act: Act, says: str = "") -> Fault:
    """A fault after which the server may have acted, by *status*."""
    error = APIStatusError if status < 500 else InternalServerError
    again = Repeat.ALL_BUT_CREATE if status in {408, *REPEATED} else Repeat.NONE
    return Fault(group, name, act, error, again, status=status, says=says)


def statuses() -> Iterator[Fault]:
    """Every status that the gateway is known to pass on, with an error in the API's shape."""
    for status in (201, 202, 203, 206, 207, 226, 246, 299):
        yield Fault("Status", f"{status}", partial(answer, json_bytes, status=status), None)
    for status in (204, 205):
        act = partial(_bare, status)
        yield Fault("Status", f"{status}, no body", act, APIResponseValidationError)
    active = json_bytes(
        {"error": {"message": "Thread thread_target already has an active run run_1."}}
    )
    yield Fault(
        "Status",
        "400, a run is active",
        partial(refuse, 400, active),
        ActiveRunError,
        acted=False,
        status=400,
        says="active run",
    )
    yield Fault("Status", "304, no body", partial(_bare, 304), APIStatusError, status=304)
    for status, error in REFUSALS.items():
        act = partial(refuse, status, SAYS_NO)
        yield Fault(
            "Status", f"{status}", act, error, acted=False, status=status, says="It said no"
        )
    act = partial(refuse, 429, SAYS_NO)
    yield Fault("Status", "429", act, RateLimitError, Repeat.ALL, acted=False, status=429)
    for status in (408, *REPEATED, 501, 505, 525, 599):
        act = partial(answer, lambda _: SAYS_NO, status=status)
        yield _failure("Status", f"{status}", status, act, "It said no")


# A repeated delete that meets a 404 of somebody else

FOREIGN_404S = {
    "a plain 404": (b"default backend - 404", "text/plain"),
    "an HTML 404": (b"<html><title>404 Not Found</title></html>", "text/html"),
    "a 404 for the URL": (
        (
            b'{"error":{"message":"Unknown request URL: DELETE /assistants/asst_target",'
            b'"type":"invalid_request_error","param":null,"code":"unknown_url"}}'
        ),
        "application/json",
    ),
    "the gateway's failure": (b'{"status":"failure","message":"Not Found"}', "application/json"),
    "the gateway's 404 for no route": (b'{"message":"Not Found","ok":false}', "application/json"),
    "a 404 for the project": (
        b'{"error":{"message":"No project found with id \'proj_1\'."}}',
        "application/json",
    ),
    "a 404 for the model": (
        b'{"error":{"message":"The model does not exist","code":"model_not_found"}}',
        "application/json",
    ),
    "an empty 404": (b"", ""),
}


def foreign_404s() -> Iterator[Fault]:
    """A failure, then 404s that are not the API's word on the object: nothing was deleted."""
    for name, (body, type_) in FOREIGN_404S.items():
        missing = Fault(
            "Then a 404",
            name,
            partial(refuse, 404, body, type_=type_),
            NotFoundError,
            acted=False,
            status=404,
        )
        down = partial(refuse, 503, SAYS_NO)
        for when, lost in (("503", down), ("done, 503", _acted_503)):
            fault = _failure("Then a 404", f"{when}, then {name}", 503, lost)
            yield attrs.evolve(fault, then=missing)


async def _acted_503(exchange: Exchange) -> None:
    await answer(lambda _: SAYS_NO, exchange, status=503)


async def _bare(status: int, exchange: Exchange) -> None:
    """Act, then answer with a status that can have no body."""
    exchange.execute()
    fields = ["Content-Length: 0"] if status == 205 else []
    await exchange.connection.send(head(status, *fields))


# The shapes of error bodies


def _escaped(text: str) -> str:
    """*text* as JSON may spell it too."""
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def _echoed(text: str) -> bytes:
    return b'{"error":{"message":"You sent %b."}}' % text.encode()


GATEWAY_BODIES = {
    "the API's": (400, SAYS_NO, "It said no."),
    "the gateway's": (
        400,
        (
            b'{"status":"failure","message":"Either x-portkey-config or x-portkey-provider '
            b'header is required"}'
        ),
        "Either x-portkey-config or x-portkey-provider header is required",
    ),
    "the gateway's with `errors`": (
        400,
        (
            b'{"status":"failure","message":"Invalid config passed",'
            b'"errors":["path: retry,attempts, message: Required"]}'
        ),
        "path: retry,attempts, message: Required",
    ),
    "the gateway's for no route": (404, b'{"message":"Not Found","ok":false}', "Not Found"),
    "the gateway's timeout": (
        408,
        (
            b'{"error":{"message":"Request exceeded the timeout sent in the request: 500ms",'
            b'"type":"timeout_error","param":null,"code":null}}'
        ),
        "Request exceeded the timeout",
    ),
    "`null`": (400, b"null", "400"),
    "an array": (400, b'["no"]', "400"),
    "a string": (400, b'"no"', "400"),
    "a text under `error`": (400, b'{"error":"It said no."}', "It said no."),
    "`error` null": (400, b'{"error":null}', "400"),
    "a message that is no text": (400, b'{"error":{"message":{"text":["no"]}}}', "400"),
    "a code that is no text": (400, b'{"error":{"message":"It said no.","code":7}}', "It said no."),
    "malformed JSON": (500, b'{"error":', "500"),
    "nested 100 000 deep": (400, b"[" * 100_000, "400"),
    "invalid UTF-8": (400, b'{"error":{"message":"It said \xff no."}}', "It said"),
    "lone surrogates": (400, b'{"error":{"message":"It said \\ud800 no."}}', "It said"),
    "ESC and line breaks": (
        400,
        b'{"error":{"message":"It said \\u001b[31m\\r\\nno.","code":"\\u001b[2J"}}',
        "It said",
    ),
    "in a list": (400, b'[{"error":{"code":400,"message":"Bad model."}}]', "Bad model."),
    "`errors` on top": (400, b'{"errors":[{"message":"Bad model."}]}', "Bad model."),
    "OAuth's": (
        401,
        b'{"error":"invalid_token","error_description":"The token has expired."}',
        "The token has expired.",
    ),
    "a byte-order mark first": (400, BOM + SAYS_NO, "It said no."),
    "the credential": (400, _echoed(API_KEY), "You sent"),
    "the credential, escaped": (400, _echoed(_escaped(API_KEY)), "You sent"),
    "the credential, half of it escaped": (
        500,
        _echoed(API_KEY[:9] + _escaped(API_KEY[9:])),
        "You sent",
    ),
    "the credential where it is cut": (400, _echoed("x" * 490 + API_KEY), "You sent"),
}
TEXT_BODIES = {
    "the gateway's transport error": (
        500,
        b"Message: fetch failed Cause: SocketError: other side closed Name: TypeError",
        "text/plain;charset=UTF-8",
        "fetch failed",
    ),
    "HTML": (502, HTML, "text/html", "502"),
    "Latin-1": (400, "refusé".encode("latin-1"), "text/plain; charset=latin-1", "refus"),
    "unknown charset": (400, b"It said no.", "text/plain; charset=klingon", "It said no."),
    "UTF-16": (
        400,
        SAYS_NO.decode().encode("utf-16"),
        "application/json; charset=utf-16",
        "It said no.",
    ),
    "empty and untyped": (401, b"", "", "401"),
    "empty, of a server that fails": (503, b"", "", "503"),
}


def _error(
    name: str, status: int, body: bytes, says: str, type_: str = "application/json"
) -> Fault:
    if status >= 500 or status == 408:
        act = partial(answer, lambda _: body, status=status, type_=type_)
        return _failure("Error body", name, status, act, says)
    act = partial(refuse, status, body, type_=type_)
    error = REFUSALS[status]
    return Fault("Error body", name, act, error, acted=False, status=status, says=says)


def error_bodies() -> Iterator[Fault]:
    """Every shape in which errors come, each with what a reader must find in the message."""
    for name, (status, body, says) in GATEWAY_BODIES.items():
        yield _error(name, status, body, says)
    for name, (status, body, type_, says) in TEXT_BODIES.items():
        yield _error(name, status, body, says, type_)
    for name, act in {
        "100 MB with a length": partial(flood, LENGTH, 500),
        "100 MB in chunks": partial(flood, CHUNKED, 500),
        "gzip bomb": partial(explode, 500),
    }.items():
        yield _failure("Error body", f"{name}, under 500", 500, act)
    packed = partial(_refused_with, packed_json, "Content-Encoding: gzip")
    for status in (400, 404, 422):
        yield Fault(
            "Error body",
            f"120 MB of JSON in gzip, under {status}",
            partial(packed, status),
            REFUSALS[status],
            acted=False,
            status=status,
        )
    yield _failure("Error body", "cut, under 500", 500, _cut_error, "It said no")


async def _refused_with(
    body: Callable[[], bytes], field: str, status: int, exchange: Exchange
) -> None:
    await refuse(status, body(), exchange, field)


async def _cut_error(exchange: Exchange) -> None:
    exchange.execute()
    await exchange.connection.send(message(500, SAYS_NO)[:-5])
    await exchange.connection.close()


# What an answer says of repeating

LATER = "Fri, 31 Dec 2999 23:59:59 GMT"
IN_THE_PAST = "Wed, 21 Oct 2015 07:28:00 GMT"
NO_QUOTA = json_bytes({"error": {"message": "Quota spent.", "code": "insufficient_quota"}})


def retry_headers() -> Iterator[Fault]:
    """Waits that are asked for, and answers that rule repeating out."""
    busy = partial(Fault, "Retry", error=RateLimitError, acted=False, status=429)
    for field in (
        "Retry-After: 0",
        f"Retry-After: {IN_THE_PAST}",
        "Retry-After: -3",
        "Retry-After: soon",
        "Retry-After: nan",
        "retry-after-ms: 5",
        "x-ms-retry-after-ms: 5",
        "Retry-After: 0, 0",
        "Retry-After: 0s",
        "Retry-After: 5ms",
        "Retry-After: 2015-10-21T07:28:00Z",
    ):
        yield busy(f"429, {field}", _limited(field), repeat=Repeat.ALL)
    clocks = _limited(f"Date: {LATER}", f"Retry-After: {LATER}")
    yield busy("429, a date by the server's own clock", clocks, repeat=Repeat.ALL)
    yield busy("429, the text asks for 5 ms", _limited(said=5), repeat=Repeat.ALL)
    both = _limited("Retry-After: 0", said=100_000)
    yield busy("429, the text asks for more than the header", both, repeat=Repeat.ALL)
    yield busy("429, the text asks for 100 s", _limited(said=100_000))
    # Longer than the policy allows; the last one only longer than the deadline, so it lasts.
    for field in (
        "Retry-After: 100",
        "Retry-After: Fri, 31 Dec 2999 23:59:59 GMT",
        "retry-after-ms: 90000",
        "x-ms-retry-after-ms: 90000",
        "Retry-After: 100, 2",
        "Retry-After: 1m40s",
        "Retry-After: 2999-12-31T23:59:59Z",
        "Retry-After: 50",
    ):
        yield busy(f"429, {field}", _limited(field), lasting=field.endswith(" 50"))
    yield busy("429, the quota is spent", partial(refuse, 429, NO_QUOTA), says="Quota spent.")
    yield busy("429, x-should-retry: false", _limited("x-should-retry: false"))
    down = partial(Fault, "Retry", error=InternalServerError, status=503)
    for field, repeat in (
        ("Retry-After: 0", Repeat.ALL_BUT_CREATE),
        ("Retry-After: 100", Repeat.NONE),
        ("x-should-retry: false", Repeat.NONE),
        ("x-portkey-retry-attempt-count: -1", Repeat.NONE),
        ("x-portkey-retry-attempt-count: 2", Repeat.ALL_BUT_CREATE),
        ("x-portkey-retry-attempt-count: unknown", Repeat.ALL_BUT_CREATE),
    ):
        yield down(f"503, {field}", partial(_down, field), repeat=repeat)


def _limited(*fields: str, said: int | None = None) -> Act:
    """Refuse with 429 and these headers, or ask in words for *said* milliseconds."""
    words = {"error": {"message": f"Please retry after {said} ms."}}
    body = SAYS_NO if said is None else json_bytes(words)

    async def act(exchange: Exchange) -> None:
        await refuse(429, body, exchange, *fields)

    return act


async def _down(field: str, exchange: Exchange) -> None:
    await answer(lambda _: SAYS_NO, exchange, field, status=503)


# Redirects

HOSTILE_TARGETS = {
    "a Location with ESC": "http://elsewhere/\x1b[31mred",
    "a Location with encoded line breaks": "http://elsewhere/%0d%0aSet-Cookie:%20a",
    "a Location with the credential": f"http://elsewhere/?key={API_KEY}",
}


async def _redirect_to(target: str, exchange: Exchange) -> None:
    await exchange.connection.send(message(302, b"", f"Location: {target}"))


async def _redirect(status: int, exchange: Exchange) -> None:
    await exchange.connection.send(message(status, b"", f"Location: {exchange.elsewhere}"))


async def _redirect_nowhere(exchange: Exchange) -> None:
    await exchange.connection.send(message(302, b""))


def redirects() -> Iterator[Fault]:
    """Redirects to another host, which must never be asked."""
    for status in (301, 302, 303, 307, 308):
        # Only these two say that the request is still to be made.
        acted = status not in {307, 308}
        yield Fault(
            "Redirect",
            f"{status} to another host",
            partial(_redirect, status),
            APIStatusError,
            acted=acted,
            status=status,
            says="never followed",
        )
    for name, target in HOSTILE_TARGETS.items():
        act = partial(_redirect_to, target)
        yield Fault("Redirect", f"302 to {name}", act, APIStatusError, status=302)
    yield Fault("Redirect", "302 to nowhere", _redirect_nowhere, APIStatusError, status=302)
