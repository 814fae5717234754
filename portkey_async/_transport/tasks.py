"""Work that outlives the call it was begun for: it belongs to the client, which waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

R = TypeVar("R")

#: How long `close()` waits for calls that it has ended, before it waits for the tasks.
_PATIENCE = 5.0


class Tasks:
    """The tasks of a client. Ending the calls under way does not end theirs."""

    def __init__(self) -> None:
        """Have none yet."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._awaited: set[asyncio.Future[None]] = set()
        #: What is open, as functions that start to leave it: a stream of a run, for instance.
        self.open: set[Callable[[], None]] = set()

    def start(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Start a task that goes on when its caller is gone."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @contextmanager
    def awaited(self) -> Generator[None]:
        """Mark a block that may start tasks as it ends: `join` waits for it first."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.add(ended)
        try:
            yield
        finally:
            self._awaited.discard(ended)
            ended.set_result(None)

    def includes_current(self) -> bool:
        """Tell whether the current task is one of them."""
        return bool(self._tasks) and asyncio.current_task() in self._tasks

    async def join(self) -> None:
        """Leave what is open; wait for the blocks that were marked, then for the tasks."""
        for leave in tuple(self.open):
            leave()
        if self._awaited:
            await asyncio.wait(self._awaited, timeout=_PATIENCE)
        while others := self._tasks - {asyncio.current_task()}:
            await asyncio.wait(others)
