"""Seeing the response behind a result: `capture_responses`."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from .response import Response


@attrs.frozen
class ResponseInfo:
    """What came back from one call: the last response, if it took several attempts.

    Attributes:
        status: The HTTP status.
        headers: The response headers, case-insensitive.
        trace_id: Portkey's trace id.
        request_id: The upstream's id of the request, else Portkey's.
        cache_status: What Portkey's cache did: `HIT`, `MISS`, `DISABLED`, …
        provider: The provider that answered.
        gateway_attempts: How often the gateway repeated the request; -1 when it gave up.
        attempts: How many times this client sent it, or tried to.
        elapsed: Seconds from the call to the response.
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


@attrs.define(eq=False)
class Listener:
    """A block of `capture_responses`.

    Attributes:
        task: The task that entered it; None outside of tasks.
        left: Whether it has ended. It may end in another context than it began in, and the one it
            began in still holds it then.
        responses: What it has collected.
    """

    task: asyncio.Task[object] | None
    left: bool = False
    responses: list[ResponseInfo] = attrs.field(factory=list["ResponseInfo"])


_listening: ContextVar[tuple[Listener, ...]] = ContextVar("listening", default=())


@contextmanager
def capture_responses() -> Generator[list[ResponseInfo]]:
    """Collect what came back from every call made inside the block, pagers included.

    Returns:
        A list that grows by one `ResponseInfo` for each call that got a response, failed calls
        included. Tasks started inside the block add to it; other tasks do not. Blocks may
        overlap, and may be left from another task.
    """
    listener = Listener(_current_task())
    _listening.set((*listeners(), listener))
    try:
        yield listener.responses
    finally:
        listener.left = True
        _listening.set(tuple(one for one in _listening.get() if one is not listener))


def listeners() -> tuple[Listener, ...]:
    """Give those who listen in this context, to be told of a call that begins now."""
    listening = _listening.get()
    if not listening:
        return listening
    task = _current_task()
    return tuple(one for one in listening if not (one.left and one.task is task is not None))


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no running loop
        return None


def record(
    listening: Collection[Listener], response: Response, attempts: int, elapsed: float
) -> None:
    """Tell those who listen about a response."""
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
    for listener in listening:
        listener.responses.append(info)
