"""Seeing the response behind a result: `capture_responses`."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from .response import Response

_listening: ContextVar[tuple[list[ResponseInfo], ...]] = ContextVar("listening", default=())


@attrs.frozen
class ResponseInfo:
    """What came back from one call: the last answer, if it took several attempts.

    Attributes:
        status: The HTTP status.
        headers: The response headers, case-insensitive.
        trace_id: Portkey's trace id.
        request_id: The upstream's id of the request, else Portkey's.
        cache_status: What Portkey's cache did: `HIT`, `MISS`, `DISABLED`, …
        provider: The provider that answered.
        gateway_attempts: How often the gateway repeated the request; -1 when it gave up.
        attempts: How many times this client sent it, or tried to.
        elapsed: Seconds from the call to the answer.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    trace_id: str | None
    request_id: str | None
    cache_status: str | None
    provider: str | None
    gateway_attempts: int | None
    attempts: int
    elapsed: float


@contextmanager
def capture_responses() -> Generator[list[ResponseInfo]]:
    """Collect what came back from every call made inside the block, pagers included.

    Returns:
        A list that grows by one `ResponseInfo` for each call that was answered, failed calls
        included. Tasks started inside the block add to it; other tasks do not.
    """
    responses: list[ResponseInfo] = []
    token = _listening.set((*_listening.get(), responses))
    try:
        yield responses
    finally:
        _listening.reset(token)


def record(response: Response, attempts: int, elapsed: float) -> None:
    """Tell whoever listens in this context about an answer."""
    listening = _listening.get()
    if not listening:
        return
    headers = response.headers
    info = ResponseInfo(
        status=response.status,
        headers=headers,
        trace_id=response.trace_id,
        request_id=response.request_id,
        cache_status=headers.get("x-portkey-cache-status"),
        provider=headers.get("x-portkey-provider"),
        gateway_attempts=response.gateway_attempts,
        attempts=attempts,
        elapsed=elapsed,
    )
    for responses in listening:
        responses.append(info)
