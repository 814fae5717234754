"""A request as the server received it, and the response it decided on."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from attrs import define, field, frozen

from portkey_async._types import is_object


@define
class Received:
    """A request as the server received it, and what became of it.

    Args:
        method: In capitals.
        path: As sent, percent-encoding included, without the query.
        query: Decoded; of a repeated name the last value.
        headers: Names in any case.
        body: The JSON value; None without a body; the bytes where they are no JSON.
        status: Of the response; None while that is open, and where it was a reset.
        answer: The payload of the response, before a fault changed it; None of a stream.
        acted: Whether the request changed what the server holds.
    """

    method: str
    path: str
    query: dict[str, str]
    # Not in the repr: it holds the credentials.
    headers: Mapping[str, str] = field(repr=False)
    body: Any = None
    status: int | None = None
    answer: Any = field(default=None, repr=False)
    acted: bool = False

    @property
    def idempotency_key(self) -> str | None:
        """The request's `Idempotency-Key`."""
        return self.headers.get("Idempotency-Key")

    @property
    def streams(self) -> bool:
        """Whether the request asks for a stream of events."""
        return is_object(self.body) and self.body.get("stream") is True


class Event(NamedTuple):
    """One event of a stream.

    Args:
        name: Such as `thread.run.created`.
        data: A JSON value.
    """

    name: str
    data: Any


def error_event(message: str, code: str | None = "server_error") -> Event:
    """The event by which the API ends a stream that it cannot go on with."""
    error = {"code": code, "message": message, "param": None, "type": "server_error"}
    return Event("error", error)


class EventSource(Protocol):
    """Gives the events of a stream, one after the other."""

    @property
    def ended(self) -> bool:
        """Whether the last event has been given."""
        ...

    def next(self) -> Event | None:
        """The next event; None where there is none yet, or no more."""
        ...

    def notify(self, function: Callable[[], object] | None) -> None:
        """Have *function* called, in any thread, when there may be an event again."""
        ...

    def leave(self) -> None:
        """Give no more events."""
        ...


@frozen
class Response:
    """The response to send, and the change to what the server holds that it claims.

    Args:
        status: HTTP status.
        payload: A JSON value.
        headers: Beyond those that every response has.
        commit: Makes the change that the response claims.
        events: Are sent in place of the payload.
        later: Is called a moment after the response.
    """

    status: int
    payload: Any
    headers: Mapping[str, str] = field(factory=dict[str, str])
    commit: Callable[[], object] | None = None
    events: EventSource | None = None
    later: Callable[[], object] | None = None


def refusal(  # noqa: PLR0913  # the fields of the API's error
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error in OpenAI's shape."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return Response(status, {"error": error}, headers or {})
