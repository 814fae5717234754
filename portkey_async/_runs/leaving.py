"""Leaving a run: it is cancelled in a task of the client's own, which outlives whoever left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import attrs

from portkey_async._errors import APIError
from portkey_async._models.runs import Run
from portkey_async._options.options import Options
from portkey_async._transport.call import Pool, call

from .requests import cancel, cancelling, retrieving
from .statuses import has_ended

#: How long leaving may take.
_PATIENCE = 5.0
#: How long it is awaited where the caller's own time is up.
LITTLE_PATIENCE = 0.5


def cancel_by_itself(
    pool: Pool, options: Options, identify: Callable[[], Awaitable[tuple[str, str]]]
) -> asyncio.Task[None]:
    """Cancel a run that nobody waits for any longer.

    Args:
        pool: The connections, and the tasks of the client's own.
        options: The client's options.
        identify: Gives the ids of the thread and the run, which may still be created.

    Returns:
        The task that does it, which ends in time.
    """
    # Exempt from cool-downs: those are kept by this key.
    exempt = attrs.evolve(options, cool_down_key=object())

    async def leave() -> None:
        async with asyncio.timeout(_PATIENCE):
            thread_id, run_id = await identify()  # where the time is up, it is cancelled too
            await _cancel(pool, exempt, thread_id, run_id)

    return pool.session.tasks.start(leave())


async def _cancel(pool: Pool, options: Options, thread_id: str, run_id: str) -> None:
    # Urgent, as there is little time, and hundreds of others may wait for a connection.
    try:
        await cancel(pool, options, cancelling(thread_id, run_id, urgent=True))
    except APIError as error:
        try:  # it may have ended by itself meanwhile
            run = await call(pool, options, retrieving(thread_id, run_id, urgent=True), Run)
        except APIError:
            raise error from None
        if not has_ended(run.status) and run.status != "cancelling":
            raise
