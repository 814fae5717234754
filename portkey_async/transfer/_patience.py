"""Waiting out that a server is asked too much."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from portkey_async._errors import APIError
from portkey_async.bulk import wait_before_next

Out = TypeVar("Out")

#: How often a 429 that asks for no wait is met in a row before that is an error; the waits grow.
MOST_UNASKED = 10
#: Seconds to wait the first time.
FIRST_WAIT = 0.5


async def wait_out(error: APIError, met: int) -> None:
    """Wait as long as a server asks for, or longer with each time where it does not say.

    Args:
        error: What a call raised, in its handler.
        met: How often in a row this has been met, from 0.

    Raises:
        APIError: Waiting does not help.
    """
    unasked = min(FIRST_WAIT * 2**met, 60.0) if met < MOST_UNASKED else None
    wait = None if error.may_have_executed else wait_before_next(error, unasked)
    if wait is None:
        raise error
    await asyncio.sleep(wait)


async def patiently(call: Callable[[], Awaitable[Out]]) -> Out:
    """Make a call until it is not met by too many others."""
    met = 0
    while True:
        try:
            return await call()
        except APIError as error:
            await wait_out(error, met)
            met += 1
