"""What an asynchronous program may leave behind: tasks and open descriptors."""

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

SETTLE_SECONDS = 2.0


def open_descriptors() -> int:
    """How many files and sockets this process has open.

    Not counted is /dev/null: libuv keeps it open once it listens, to have a spare descriptor.
    """
    null = Path("/dev/null").stat().st_rdev
    return sum(_device(int(one.name)) not in {None, null} for one in Path("/dev/fd").iterdir())


def _device(descriptor: int) -> int | None:
    try:
        return os.fstat(descriptor).st_rdev
    except OSError:  # that of the listing itself
        return None


@asynccontextmanager
async def nothing_leaks() -> AsyncIterator[None]:
    """Assert that the block leaves no task running and no descriptor open.

    Closing a socket takes the event loop a few turns, which are waited for.
    """
    gc.collect()
    tasks, descriptors = asyncio.all_tasks(), open_descriptors()
    yield
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and (  # noqa: ASYNC110 - nothing tells of either
        asyncio.all_tasks() - tasks or open_descriptors() > descriptors
    ):
        await asyncio.sleep(0.005)
    left = asyncio.all_tasks() - tasks
    assert not left, f"tasks left running: {left}"
    opened = open_descriptors()
    assert opened <= descriptors, f"{opened} descriptors are open, and {descriptors} were before"
