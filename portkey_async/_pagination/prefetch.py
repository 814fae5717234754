"""Fetching ahead of the consumer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

X = TypeVar("X")

# The event loop holds tasks by weak references only.
_running: set[asyncio.Task[Any]] = set()


class Ahead(Generic[X]):
    """Fetches the next items of a source while the consumer works on this one.

    There is a task only while an item is being fetched, so that one who is dropped leaves none.
    """

    def __init__(self, fetch: Callable[[], Awaitable[X | None]], most: int) -> None:
        """Fetch nothing yet.

        Args:
            fetch: Fetches the next item; None after the last.
            most: How many items may be under way or waiting besides the one being waited for.
        """
        self._fetch = fetch
        self._room = most
        self._outcomes: deque[tuple[X | None, BaseException | None]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    async def next(self) -> X | None:
        """Give the next item; None after the last.

        Raises:
            Exception: What fetching it raised.
        """
        self._room += 1
        self._begin()
        while not self._outcomes:
            if self._task is None:
                return None
            await asyncio.wait([self._task])
        item, error = self._outcomes.popleft()
        if error is not None:
            raise error
        return item

    async def stop(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        self._ended = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _begin(self) -> None:
        """Fetch an item, unless there is no room, or no more to fetch."""
        if self._task is not None or self._ended or self._room == 0:
            return
        self._room -= 1
        self._task = asyncio.create_task(self._fetch_one())
        _running.add(self._task)
        self._task.add_done_callback(_running.discard)

    async def _fetch_one(self) -> None:
        try:
            item = await self._fetch()
            self._outcomes.append((item, None))
            self._ended |= item is None
        except BaseException as error:
            # A cancellation too: whoever cancels all tasks must not leave a consumer waiting.
            self._outcomes.append((None, error))
            self._ended = True
            if not isinstance(error, Exception):
                raise
        finally:
            self._task = None
        self._begin()
