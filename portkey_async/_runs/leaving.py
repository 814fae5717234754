"""Leaving a run: it is cancelled in a task of the client's own, which outlives whoever left."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import attrs

from portkey_async._errors import APIError, BadRequestError, PortkeyError
from portkey_async._models.runs import Run
from portkey_async._options.options import Options
from portkey_async._transport.call import Pool, call
from portkey_async._transport.logging import log_left

from .requests import cancel, cancelling, retrieving
from .statuses import has_ended

#: How long leaving may take.
_PATIENCE = 5.0
#: How long it is awaited where the caller's own time is up.
_LITTLE_PATIENCE = 0.5


async def leave(
    pool: Pool,
    options: Options,
    left: tuple[str, str] | Coroutine[Any, Any, Run],
    *,
    late: bool,
) -> None:
    """Cancel a run that nobody waits for any longer, and await that unless cancelled meanwhile.

    Args:
        pool: The connections, and the tasks of the client's own.
        options: The client's.
        left: The ids of the thread and the run, or what gives the run that is being created.
        late: Whether the deadline has passed, so that there is little patience.
    """
    # Exempt from cool-downs: those are kept by this key.
    exempt = attrs.evolve(options, cool_down_key=object())
    leaving = pool.session.tasks.start(_leave(pool, exempt, left))
    # A wait, not a shield in a loop: scopes of anyio cancel again and again.
    await asyncio.wait({leaving}, timeout=_LITTLE_PATIENCE if late else None)


async def _leave(
    pool: Pool, options: Options, left: tuple[str, str] | Coroutine[Any, Any, Run]
) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            if not isinstance(left, tuple):
                run = await left  # where the time is up, it is cancelled too
                left = run.thread_id, run.id
            await _cancel(pool, options, *left)
    except (Exception, asyncio.CancelledError) as error:
        known = left[1] if isinstance(left, tuple) else None
        if known or not isinstance(error, PortkeyError) or error.may_have_executed:
            log_left(known, error, options.redact)
        if isinstance(error, asyncio.CancelledError):
            raise


async def _cancel(pool: Pool, options: Options, thread_id: str, run_id: str) -> None:
    try:
        await cancel(pool, options, cancelling(thread_id, run_id))
    except BadRequestError as error:
        try:  # it may have ended by itself meanwhile
            run = await call(pool, options, retrieving(thread_id, run_id), Run)
        except APIError:
            raise error from None
        if not has_ended(run.status) and run.status != "cancelling":
            raise
