"""Making the client, and running a command's work with it."""

from __future__ import annotations

import asyncio
import signal
import threading
import warnings
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import portkey_async

from . import _output

T = TypeVar("T")


def connected(
    settings: Mapping[str, Any], work: Callable[[portkey_async.AsyncPortkey], Awaitable[T]]
) -> T:
    """Make the client, do the work with it, and close it.

    Args:
        settings: The client's arguments.
        work: What to do.

    Returns:
        What the work returns.

    Raises:
        KeyboardInterrupt: It was interrupted; the work was cancelled.
        Exception: What the work raises.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        client = portkey_async.AsyncPortkey(**settings)
    for warning in caught:
        _output.note(f"Warning: {warning.message}")

    async def run() -> T:
        async with client:
            return await work(client)

    with _ended_like_interrupted():
        return asyncio.run(run())


@contextmanager
def _ended_like_interrupted() -> Generator[None]:
    """Take SIGTERM for Ctrl-C, so that a run that is left is cancelled."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
