"""Runs something asynchronous in a thread of its own, for callers that have no event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from threading import Thread


@contextmanager
def running_in_thread(
    start: Callable[[], Awaitable[object]], stop: Callable[[], Awaitable[object]]
) -> Generator[None]:
    """Await *start* in a new thread's loop, keep the loop going meanwhile, and await *stop*."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="portkey-server", daemon=True)
    thread.start()

    def run(function: Callable[[], Awaitable[object]]) -> None:
        async def call() -> None:
            await function()

        asyncio.run_coroutine_threadsafe(call(), loop).result()

    try:
        run(start)
        try:
            yield
        finally:
            run(stop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
