"""Polling: a run is created, looked after with functions, and given back when it has ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from portkey_async._models.runs import Run
from portkey_async._options.options import Options
from portkey_async._transport.call import Pool, call
from portkey_async._transport.request import Request

from .follower import Follower
from .requests import run_path
from .settings import Settings


async def create_and_poll(
    pool: Pool, options: Options, request: Request, settings: Settings, thread_id: str | None = None
) -> Run:
    """Create a run, and poll it to its end.

    Args:
        pool: The connections.
        options: The client's options.
        request: What creates it.
        settings: How it is waited for.
        thread_id: Its thread, where there is one already.

    Returns:
        The run: ended, or waiting for what the functions cannot give.

    Raises:
        RunTimeoutError: The deadline has passed.
        APIError: A call went wrong, and that does not pass.
        Exception: What a function raised, as it is.
    """

    async def send(request: Request) -> Run:
        return await call(pool, options, request, Run)

    async def begin(follower: Follower) -> Run:
        return follower.see(await follower.create(request, send))

    return await _followed(Follower(pool, options, settings, thread_id), begin, request.body)


async def poll(
    pool: Pool, options: Options, thread_id: str, run_id: str, settings: Settings
) -> Run:
    """Poll a run to its end. As `create_and_poll`."""
    run_path(thread_id, run_id)  # its ids are checked first

    async def begin(follower: Follower) -> Run:
        return await follower.look()

    return await _followed(Follower(pool, options, settings, thread_id, run_id), begin, None)


async def submit_and_poll(  # noqa: PLR0913, PLR0917  # as the others, with what is submitted
    pool: Pool, options: Options, thread_id: str, run_id: str, request: Request, settings: Settings
) -> Run:
    """Submit tool outputs, and poll the run to its end. As `create_and_poll`."""

    async def begin(follower: Follower) -> Run:
        return await follower.submit(None, request)

    follower = Follower(pool, options, settings, thread_id, run_id)
    return await _followed(follower, begin, request.body)


async def _followed(
    follower: Follower, begin: Callable[[Follower], Awaitable[Run]], body: bytes | None
) -> Run:
    follower.pool.session.bind()
    follower.begin(body)
    with follower.working(), follower.polling():
        try:
            async with follower.bounded():
                run = await follower.settle(await begin(follower))
        except BaseException as error:
            await follower.leave(error)
            raise
    follower.observer.end(run, None)
    return run
