"""Faults to inject: what goes wrong, for which requests, how often, before or after the effect."""

import math
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Self, TypedDict, TypeGuard, Unpack, cast

import msgspec
from attrs import evolve, field, frozen

from portkey_async.testing._exchange import Event, Response, error_event, refusal

METHODS: Final = ("GET", "POST", "DELETE")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2


class Aim(TypedDict, total=False):
    """Which requests a fault meets, and when; every constructor of `Fault` takes these.

    Args:
        times: How many requests it meets before it is spent, 1 or more; None for all. Default 1.
        method: Only requests of this method.
        path: Only requests to this path, such as `/assistants/*`: shell wildcards,
            percent-encoded as on the wire, with or without the leading `/v1`.
        after_effect: Act on the request first, then fail. Default False.
    """

    times: int | None
    method: str | None
    path: str | None
    after_effect: bool


def _keep(payload: Any) -> Any:
    return payload


def _check_times(_fault: object, _field: object, value: Any) -> None:
    if value is not None and not (_is_integer(value) and value >= 1):
        raise ValueError(f"times must be an integer from 1, or None for always; got {value!r}")


def _check_method(_fault: object, _field: object, value: Any) -> None:
    if value is not None and value not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, or None; got {value!r}")


def _check_path(_fault: object, _field: object, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and value.startswith("/")):
        raise ValueError(f"path must be None or start with '/', like '/assistants'; got {value!r}")


def _check_after_effect(_fault: object, _field: object, value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"after_effect must be True or False; got {value!r}")


@frozen
class Fault:
    """Something that goes wrong; made by `Fault.status(503)` and its siblings.

    A fault that fails the call (status, reset, truncate, malformed, redirect) leaves the store
    alone, unless it has `after_effect`. Where a complete response still arrives (delay, slow_body,
    oversized, payload) the server acts as it claims; a delay comes before that, or after it with
    `after_effect`. The faults of streams meet only requests with `stream: true`; the run that is
    streamed goes on.

    Args:
        name: Of the constructor.
        response: Sent in place of the proper one.
        edit: Makes the payload to send from the proper one, or of a stream the data of each event.
        seconds: Time that passes before the server acts, after it with `after_effect`, or in the
            middle of the body.
        size: Of the body, in bytes.
        after_events: How many events of the stream are sent before it.
        event: The event that is sent.
        clean: Whether a cut looks like a proper end.
        completes: Whether the caller still gets the whole response.
        streams: Whether it is one of streams alone.
        times, method, path, after_effect: See `Aim`.
    """

    name: str
    response: Response | None = field(default=None, repr=False)
    edit: Callable[[Any], Any] = field(default=_keep, repr=False)
    seconds: float = field(default=0.0, repr=False)
    size: int = field(default=0, repr=False)
    after_events: int = field(default=0, repr=False)
    event: Event | None = field(default=None, repr=False)
    clean: bool = field(default=False, repr=False)
    completes: bool = field(default=False, repr=False)
    streams: bool = field(default=False, repr=False)
    times: int | None = field(default=1, validator=_check_times)
    method: str | None = field(default=None, validator=_check_method)
    path: str | None = field(default=None, validator=_check_path)
    after_effect: bool = field(default=False, validator=_check_after_effect)

    @classmethod
    def status(
        cls,
        code: int,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | str | None = None,
        **aim: Unpack[Aim],
    ) -> Self:
        """Respond with a status.

        Args:
            code: 200 to 599.
            body: Text or bytes, sent as they are, or a JSON value; without one, an error in
                OpenAI's shape from 400 on, and nothing below.
            headers: Beyond the usual ones; a `Content-Type` here replaces the usual one.
            retry_after: `Retry-After`, in seconds or as an HTTP date.
            **aim: See `Aim`.

        Raises:
            TypeError: An argument is of the wrong type, or unknown.
            ValueError: An argument has a value that is not allowed.
        """
        _check_code(code, range(200, 600))
        extra = _headers(headers)
        if retry_after is not None:
            extra["Retry-After"] = _retry_after(retry_after)
        return cls("status", response=_response(code, body, extra)).aimed(**aim)

    @classmethod
    def redirect(cls, location: str, *, code: int = 307, **aim: Unpack[Aim]) -> Self:
        """Respond with a redirect (*code* 300 to 399) to *location*."""
        _check_code(code, range(300, 400))
        response = _response(code, b"", {"Location": _header("location", "Location", location)})
        return cls("redirect", response=response).aimed(**aim)

    @classmethod
    def delay(cls, seconds: float, **aim: Unpack[Aim]) -> Self:
        """Let *seconds* pass before the server acts, or after it with `after_effect`."""
        return cls("delay", seconds=_seconds(seconds), completes=True).aimed(**aim)

    @classmethod
    def slow_body(cls, seconds: float, **aim: Unpack[Aim]) -> Self:
        """Send headers and half the body at once, the other half *seconds* later."""
        return cls("slow_body", seconds=_seconds(seconds), completes=True).aimed(**aim)

    @classmethod
    def reset(cls, **aim: Unpack[Aim]) -> Self:
        """Reset the connection before a byte of the response."""
        return cls("reset").aimed(**aim)

    @classmethod
    def truncate(cls, **aim: Unpack[Aim]) -> Self:
        """Cut the connection after half the body that the headers announced."""
        return cls("truncate").aimed(**aim)

    @classmethod
    def malformed(cls, **aim: Unpack[Aim]) -> Self:
        """Respond, correctly framed, with JSON that lacks its last character."""
        return cls("malformed").aimed(**aim)

    @classmethod
    def oversized(cls, size: int, **aim: Unpack[Aim]) -> Self:
        """Fill the response up with spaces, which leave it valid JSON, to *size* bytes."""
        if not _is_integer(size) or size < 1:
            raise ValueError(f"size must be a number of bytes, an integer from 1; got {size!r}")
        return cls("oversized", size=size, completes=True).aimed(**aim)

    @classmethod
    def payload(cls, function: Callable[[Any], Any], **aim: Unpack[Aim]) -> Self:
        """Edit the response's JSON value; of a stream, the data of every event.

        Args:
            function: Gets a copy; what it returns is sent, or the copy itself if that is None.
            **aim: See `Aim`.
        """
        if not callable(function):
            raise TypeError(f"function must take and give a JSON value; got {function!r}")
        return cls("payload", edit=partial(_edit, function), completes=True).aimed(**aim)

    @classmethod
    def cut_stream(cls, after_events: int = 3, *, clean: bool = False, **aim: Unpack[Aim]) -> Self:
        """Cut a stream after so many events.

        Args:
            after_events: From 0.
            clean: End the response properly, as a gateway does whose upstream was cut, rather
                than close the connection.
            **aim: See `Aim`.
        """
        if not isinstance(clean, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"clean must be True or False; got {clean!r}")
        return cls._of_stream("cut_stream", after_events, clean=clean).aimed(**aim)

    @classmethod
    def stall_stream(cls, after_events: int, seconds: float, **aim: Unpack[Aim]) -> Self:
        """Send nothing for *seconds* after so many events of a stream, then go on."""
        stall = cls._of_stream("stall_stream", after_events, seconds=_seconds(seconds))
        return stall.aimed(**aim)

    @classmethod
    def duplicate_event(cls, after_events: int = 3, **aim: Unpack[Aim]) -> Self:
        """Send the event twice that comes after so many."""
        return cls._of_stream("duplicate_event", after_events).aimed(**aim)

    @classmethod
    def unknown_event(cls, after_events: int = 3, **aim: Unpack[Aim]) -> Self:
        """Send an event that no specification knows after so many events of a stream."""
        event = Event("thread.run.unheard_of", {"id": "new_abc123", "object": "thread.new"})
        return cls._of_stream("unknown_event", after_events, event=event).aimed(**aim)

    @classmethod
    def error_event(
        cls,
        after_events: int = 3,
        *,
        message: str = "The server had an error.",
        code: str | None = "server_error",
        **aim: Unpack[Aim],
    ) -> Self:
        """Send an `error` event after so many events of a stream, and end it.

        Args:
            after_events: From 0.
            message: What the error says.
            code: Its code.
            **aim: See `Aim`.
        """
        for name, value in (("message", message), ("code", code)):
            if not (isinstance(value, str) or (name == "code" and value is None)):
                raise TypeError(f"{name} must be a str; got {value!r}")
        event = error_event(message, code)
        return cls._of_stream("error_event", after_events, event=event).aimed(**aim)

    @classmethod
    def _of_stream(cls, name: str, after_events: object, **fields: Any) -> Self:
        if not _is_integer(after_events) or after_events < 0:
            raise ValueError(f"after_events must be an integer from 0; got {after_events!r}")
        return cls(name, after_events=after_events, completes=True, streams=True, **fields)

    def aimed(self, **aim: Unpack[Aim]) -> Self:
        """The same fault for other requests: the settings given replace its own."""
        unknown = aim.keys() - Aim.__annotations__.keys()
        if unknown:
            allowed = ", ".join(Aim.__annotations__)
            raise TypeError(f"unknown argument {min(unknown)!r}; allowed are {allowed}")
        return evolve(self, **aim)

    def meets(self, method: str, path: str, *, streams: bool = False) -> bool:
        """Whether the fault is meant for such a request."""
        if self.method not in {None, method} or (self.streams and not streams):
            return False
        if self.path is None:
            return True
        return any(fnmatchcase(name, self.path) for name in (path, path.removeprefix("/v1")))


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_code(code: object, allowed: range) -> None:
    if not _is_integer(code) or code not in allowed:
        raise ValueError(
            f"code must be an integer from {allowed[0]} to {allowed[-1]}; got {code!r}"
        )


def _header(argument: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be a str; got {value!r}")
    if not value.isprintable():
        raise ValueError(f"header {name} must be printable text; got {value!r}")
    return value


def _headers(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise TypeError(f"headers must be a mapping of str to str; got {given!r}")
    pairs: list[tuple[object, object]] = [*cast("Mapping[object, object]", given).items()]
    checked: dict[str, str] = {}
    for name, value in pairs:
        if not (isinstance(name, str) and _TOKEN.fullmatch(name)):
            raise ValueError(f"headers has a name that is no token of HTTP: {name!r}")
        checked[name] = _header(f"headers[{name!r}]", name, value)
    return checked


def _retry_after(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return _header("retry_after", "Retry-After", value)
    raise TypeError(f"retry_after must be seconds or an HTTP date; got {value!r}")


def _response(code: int, body: Any, headers: dict[str, str]) -> Response:
    if body is None and code >= HTTPStatus.BAD_REQUEST:
        phrase = HTTPStatus(code).phrase if code in set(HTTPStatus) else "status"
        at_fault = code >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = "server_error" if at_fault else "invalid_request_error"
        return refusal(code, f"Injected fault: {code} {phrase}.", kind=kind, headers=headers)
    if body is None:
        body = b""
    if not isinstance(body, str | bytes):
        try:
            msgspec.json.encode(body)
        except (TypeError, ValueError, RecursionError) as exc:
            raise TypeError(f"body must be text, bytes or a JSON value: {exc}") from None
        return Response(code, body, headers)
    try:
        text = body.encode() if isinstance(body, str) else body
    except UnicodeEncodeError:
        raise ValueError(f"body must be text that can be encoded; got {body!r}") from None
    return Response(code, msgspec.Raw(text), {"Content-Type": "text/plain"} | headers)


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and value is not True and 0 <= value < math.inf:
        return value
    raise ValueError(f"seconds must be a finite number from 0; got {value!r}")


def _edit(function: Callable[[Any], Any], payload: Any) -> Any:
    copy = msgspec.json.decode(msgspec.json.encode(payload))
    edited = function(copy)
    return copy if edited is None else edited
