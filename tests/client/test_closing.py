"""Closing a client while its calls are at their deadline."""

import asyncio

from portkey_async._options.connections import Connections
from portkey_async._transport.session import Session


async def test_a_deadline_that_has_passed_is_left_alone() -> None:
    """It has ended its call already; moving it would be an error."""
    session = Session(Connections())
    try:
        async with asyncio.timeout(0) as deadline:
            session.deadlines.add(deadline)
            await asyncio.sleep(1)
    except TimeoutError:
        session._end_calls()  # noqa: SLF001  # what close() does, at a moment that cannot be timed
    assert deadline.expired()
    session.deadlines.discard(deadline)
    await session.close()
