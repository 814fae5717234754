"""The deadlines of all calls under way, kept by a single timer.

`asyncio.timeout` sets a timer for every call and cancels nearly all of them. That and its own
bookkeeping take a tenth of the instructions of a bare aiohttp call. Here one timer is set for the
earliest deadline, and what is overdue is cancelled when it rings.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import attrs

R = TypeVar("R")


@attrs.define(eq=False)
class _Watched:
    """A call under way. A task may have several, one inside the other."""

    task: asyncio.Task[Any]
    end: float
    ended: bool = False


class Deadlines:
    """Bounds calls in time, each in its caller's own task."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._watched: set[_Watched] = set()
        self._alarm: asyncio.TimerHandle | None = None

    async def within(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float | None,
        call: Callable[[], Awaitable[R]],
    ) -> R:
        """Await *call*, and end it by a cancellation that goes no further than here.

        Args:
            loop: The running event loop.
            seconds: How long it may take; None means until `end_all`.
            call: What to await.

        Raises:
            TimeoutError: The seconds are over, or `end_all` was called.
            CancelledError: Somebody else has cancelled the task.
            RuntimeError: There is no task.
        """
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a call can only be awaited inside a task")
        cancelled_before = task.cancelling()
        watched = self._watch(loop, task, seconds)
        try:
            return await call()
        except asyncio.CancelledError:
            if not watched.ended or task.cancelling() - 1 > cancelled_before:
                raise
        finally:
            self._let_go(watched)
        raise TimeoutError

    def end_all(self) -> None:
        """End all calls in the next turn of the loop."""
        if self._alarm is not None:
            self._alarm.cancel()
        for watched in self._watched:
            watched.end = -math.inf
        if self._watched:
            # Not at once: before 3.13, a task that cancels itself and ends is cancelled later on.
            loop = asyncio.get_running_loop()
            loop.call_soon(self._ring, loop)

    def _watch(
        self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any], seconds: float | None
    ) -> _Watched:
        end = math.inf if seconds is None else loop.time() + seconds
        watched = _Watched(task, end)
        self._watched.add(watched)
        if self._alarm is None or end < self._alarm.when():
            self._set_alarm(loop, end)
        return watched

    def _let_go(self, watched: _Watched) -> None:
        self._watched.remove(watched)
        if watched.ended:
            watched.task.uncancel()

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, end: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None
        if end < math.inf:
            # A turn of the loop later: what comes in the very turn of the deadline comes in time.
            self._alarm = loop.call_at(end, loop.call_soon, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for watched in self._watched:
            if watched.end <= now and not watched.ended:
                watched.ended = True
                watched.task.cancel()
        pending = (watched.end for watched in self._watched if not watched.ended)
        self._set_alarm(loop, min(pending, default=math.inf))
