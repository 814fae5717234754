"""What the server received and what it answers."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field, frozen


@define
class Received:
    """A request as the server received it, and what became of it.

    Args:
        method: In capitals.
        path: As sent, percent-encoding included, without the query.
        query: Decoded; of a repeated name the last value.
        headers: Names in any case.
        body: The JSON value; None without a body; the bytes where they are no JSON.
        status: What was answered; None while that is open, and where the answer was a reset.
        answer: The payload of the answer, before a fault changed it.
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


@frozen
class Answer:
    """What to answer, and the change that answering so makes to the store.

    Args:
        status: HTTP status.
        payload: A JSON value.
        headers: Beyond those that every answer has.
        commit: Makes the change that the answer claims.
    """

    status: int
    payload: Any
    headers: Mapping[str, str] = field(factory=dict[str, str])
    commit: Callable[[], object] | None = None


def refusal(  # noqa: PLR0913  # the fields of the API's error
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An error in OpenAI's shape."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return Answer(status, {"error": error}, headers or {})
