"""Running an async generator ahead of its consumer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

X = TypeVar("X")


async def ahead(source: AsyncGenerator[X], most: int) -> AsyncGenerator[X]:
    """Give what *source* gives, in its order, fetched by a task of its own.

    Args:
        source: What to run ahead; it is closed with this generator.
        most: How many items may be under way or waiting besides the one being waited for.

    Raises:
        Exception: What *source* raises, after the items that came before it.
    """
    room = asyncio.Semaphore(most)
    done: asyncio.Queue[tuple[X | None, BaseException | None]] = asyncio.Queue()

    async def fetch() -> None:
        async with aclosing(source):
            while True:
                await room.acquire()
                try:
                    done.put_nowait((await anext(source), None))
                except BaseException as error:
                    # A cancellation too: whoever cancels all tasks must not leave a walk waiting.
                    done.put_nowait((None, error))
                    raise

    task = asyncio.create_task(fetch())
    try:
        while True:
            room.release()
            item, error = await done.get()
            if isinstance(error, StopAsyncIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # an item, as there is no error
    finally:
        task.cancel()
        await asyncio.wait([task])
