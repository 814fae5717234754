"""Functions of the caller's, called in threads of the client's own unless they are async."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

R = TypeVar("R")


class Executor:
    """Threads that are started when they are first needed, and belong to one client."""

    def __init__(self) -> None:
        """Start none yet."""
        self._executor: ThreadPoolExecutor | None = None

    async def call(self, function: Callable[[], R | Awaitable[R]]) -> R:
        """Call a function: here if it is async, else in a thread, with the context copied.

        What it raises is raised as it is. Cancelled, a function in a thread runs on, and its
        result is dropped.
        """
        if _is_async(function):
            return await cast("Awaitable[R]", function())
        if self._executor is None:
            self._executor = ThreadPoolExecutor(32, "portkey_async")
        # With the error as a result: no future takes a StopIteration as its exception.
        context = contextvars.copy_context()
        result, error = await asyncio.get_running_loop().run_in_executor(
            self._executor, lambda: context.run(lambda: _outcome(function))
        )
        if error is not None:
            raise error
        if inspect.isawaitable(result):  # of a lambda around an async function, say
            return cast("R", await result)
        return cast("R", result)

    def close(self) -> None:
        """Start nothing more; what runs is not waited for."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)


def _is_async(function: object) -> bool:
    called = getattr(function, "__call__", None)  # noqa: B004  # to look at, not to call
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _outcome(function: Callable[[], object]) -> tuple[object, BaseException | None]:
    try:
        return function(), None
    except BaseException as error:  # noqa: BLE001  # it is raised where it is awaited
        return None, error
