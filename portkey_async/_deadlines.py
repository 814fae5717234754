"""The deadlines of all calls under way, kept by a single timer.

`asyncio.timeout` sets a timer for every call, and in a busy loop that alone costs a fifth of what
a bare aiohttp call does. Nearly all those timers are cancelled; here they are never set.
"""

from __future__ import annotations

import asyncio
import math


class Deadlines:
    """Ends the `asyncio.timeout(None)` blocks that are handed to it in time."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._ends: dict[asyncio.Timeout, float] = {}
        self._alarm: asyncio.TimerHandle | None = None

    def add(self, block: asyncio.Timeout, seconds: float | None) -> None:
        """End *block* after *seconds*, or with all others; None for only that."""
        if seconds is None:
            self._ends[block] = math.inf
            return
        loop = asyncio.get_running_loop()
        self._ends[block] = end = loop.time() + seconds
        if self._alarm is None or end < self._alarm.when():
            self._set_alarm(loop, end)

    def remove(self, block: asyncio.Timeout) -> None:
        """Let *block* go: it has ended."""
        del self._ends[block]

    def end_all(self) -> None:
        """End all blocks now."""
        if self._alarm is not None:
            self._alarm.cancel()
        for block in self._ends:
            _end(block)

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, end: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_at(end, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        now = loop.time()
        pending = math.inf
        for block, end in self._ends.items():
            if end <= now:
                _end(block)
            else:
                pending = min(pending, end)
        if pending < math.inf:
            self._set_alarm(loop, pending)


def _end(block: asyncio.Timeout) -> None:
    if not block.expired():
        block.reschedule(-math.inf)
