"""The deadline of a call: one for all its attempts, its waits and its body."""

import asyncio
import random
from contextlib import suppress

import aiohttp
import pytest
from aioresponses import aioresponses
from faults.exchange import dribble, head
from hypothesis import given
from hypothesis import strategies as st
from support.calls import CALLS, ID, right
from support.credentials import API_KEY
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import client_of, each
from support.virtual_time import Chance, hand_clock, now, virtual_time
from support.walks import Outcome, walk
from support.wire import Answer, lost, mocked_wire, one_by_one, reply, serve

from portkey_async import (
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncPortkey,
    ClientClosedError,
    InternalServerError,
    RetryPolicy,
    Timeout,
)
from portkey_async.testing import mock_assistant, mock_page

NEVER = 1e6


@pytest.mark.parametrize("name", CALLS)
@virtual_time
async def test_no_operation_outlasts_its_deadline(mocked: aioresponses, name: str) -> None:
    """A server that never answers costs just so many seconds."""
    serve(mocked, reply(after=NEVER))
    async with AsyncPortkey(API_KEY, timeout=2) as client:
        hand_clock(client, Chance())
        with pytest.raises(APITimeoutError, match="no response within 2 s") as raised:
            await CALLS[name](client)

    assert now() == raised.value.elapsed == 2
    assert (raised.value.attempts, raised.value.may_have_executed) == (1, True)


@pytest.mark.parametrize("stalled", [1, 2, 3])
@virtual_time
async def test_each_page_has_a_deadline_of_its_own(mocked: aioresponses, stalled: int) -> None:
    """A walk may take as long as it likes, a page may not; its error carries the cursor."""
    pages = [mock_page([mock_assistant(id=f"asst_{n}")], has_more=True) for n in range(1, stalled)]
    serve(mocked, one_by_one(*(reply(200, one, after=1.5) for one in pages), reply(after=NEVER)))
    async with AsyncPortkey(API_KEY, timeout=2) as client:
        hand_clock(client, Chance())
        outcome = await walk(client.assistants.list(limit=1))
    handed = [f"asst_{number}" for number in range(1, stalled)]

    assert now() == 1.5 * (stalled - 1) + 2
    assert outcome == Outcome(handed, APITimeoutError, handed[-1] if handed else None)


@virtual_time
async def test_the_deadline_covers_all_attempts(mocked: aioresponses) -> None:
    """What the earlier ones have used is not there for the last."""
    serve(mocked, one_by_one(reply(503, after=1), reply(503, after=1), reply(after=NEVER)))
    async with AsyncPortkey(API_KEY, timeout=4) as client:
        waits = hand_clock(client, Chance(1))
        with pytest.raises(APITimeoutError) as raised:
            await client.assistants.retrieve(ID)

    assert waits == [0.5, 1.0]
    assert (now(), raised.value.attempts) == (4, 3)


@virtual_time
async def test_a_wait_that_would_end_too_late_is_not_begun(mocked: aioresponses) -> None:
    """The last error is raised at once, instead of a timeout later."""
    for headers, timeout in (({}, 0.5), ({"Retry-After": "3"}, 3.0)):
        mocked.clear()
        serve(mocked, reply(503, headers=headers))
        async with AsyncPortkey(API_KEY, timeout=timeout) as client:
            waits = hand_clock(client, Chance(1))
            with pytest.raises(InternalServerError) as raised:
                await client.assistants.retrieve(ID)

        assert (waits, raised.value.elapsed, raised.value.attempts) == ([], 0, 1)


@virtual_time
async def test_a_wait_that_just_fits_is_made(mocked: aioresponses) -> None:
    """And the attempt after it."""
    serve(mocked, one_by_one(reply(503, headers={"Retry-After": "3"}), right))
    async with AsyncPortkey(API_KEY, timeout=3.001) as client:
        hand_clock(client, Chance(0))
        await client.assistants.retrieve(ID)

    assert now() == 3


@virtual_time
async def test_without_a_deadline_there_is_none(mocked: aioresponses) -> None:
    """`timeout=None` waits for as long as it takes."""
    serve(mocked, one_by_one(reply(503, after=NEVER), reply(200, mock_assistant(), after=NEVER)))
    async with AsyncPortkey(API_KEY, timeout=None) as client:
        hand_clock(client, Chance(0))
        await client.assistants.retrieve(ID)

    assert now() == 2 * NEVER


@virtual_time
async def test_deadlines_of_calls_at_the_same_time_are_their_own(mocked: aioresponses) -> None:
    """Each ends when its own is over, in whatever order they were set."""
    serve(mocked, reply(after=NEVER))
    seconds = [5.0, 1.0, 3.0, 1.0, 2.0, 4.0]

    async def ended(client: AsyncPortkey) -> float:
        with pytest.raises(APITimeoutError):
            await client.assistants.retrieve(ID)
        return now()

    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance())
        derived = [client.with_options(timeout=each) for each in seconds]

        assert await asyncio.gather(*map(ended, derived)) == seconds
        again = client.with_options(timeout=1)
        assert await ended(again) == 6


@virtual_time
async def test_closing_while_a_deadline_passes(mocked: aioresponses) -> None:
    """In the very turn of the loop: the call ends for either reason, once."""
    serve(mocked, reply(after=NEVER))
    client = AsyncPortkey(API_KEY, timeout=2)
    hand_clock(client, Chance())
    call = asyncio.create_task(client.assistants.retrieve(ID))
    await asyncio.sleep(0)
    await asyncio.sleep(2)
    await client.close()
    with pytest.raises((ClientClosedError, APITimeoutError)):
        await call

    assert now() == 2
    assert call.cancelling() == 0


@st.composite
def _answers(draw: st.DrawFn) -> Answer:
    after = draw(st.floats(0, 4))
    return draw(
        st.sampled_from(
            [
                reply(200, mock_assistant(), after=after),
                reply(400, after=after),
                reply(429, after=after, headers={"retry-after-ms": "700"}),
                reply(503, after=after),
                reply(503, after=after, headers={"Retry-After": "2"}),
                lost(aiohttp.ServerDisconnectedError(), after=after),
                lost(aiohttp.ConnectionTimeoutError(), after=after),
            ]
        )
    )


@given(
    st.lists(_answers(), min_size=1, max_size=8),
    st.lists(st.floats(0.001, 10), min_size=1, max_size=5),
    st.integers(0, 2**32),
)
@virtual_time
async def test_a_deadline_is_never_overslept(
    answers: list[Answer], totals: list[float], seed: int
) -> None:
    """Whatever the server does, and whatever other calls have learned of it."""

    async def ended(client: AsyncPortkey, total: float) -> float:
        with suppress(APIError):
            await client.with_options(timeout=total).assistants.retrieve(ID)
        return now() - total

    with mocked_wire() as mock:
        serve(mock, one_by_one(*answers * 5 * len(totals)))
        async with AsyncPortkey(API_KEY, retry=RetryPolicy(attempts=5)) as client:
            hand_clock(client, random.Random(seed).random)  # noqa: S311  # repeatable, not secret
            late = await asyncio.gather(*(ended(client, total) for total in totals))

    assert max(late) < 1e-6


@pytest.mark.parametrize("name", CALLS)
async def test_a_body_that_dribbles_in_is_ended(name: str) -> None:
    """Each byte comes within the read timeout; the deadline covers them all."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(head(200, "Content-Length: 100000"))
        await dribble(connection, b" " * 100_000, 0.001)

    async with RawServer(each(respond)) as server:
        timeout = Timeout(total=0.2, read=5)
        async with client_of(server, timeout=timeout) as client:
            with pytest.raises(APITimeoutError, match=r"no response within 0\.2 s") as raised:
                await CALLS[name](client)

    assert raised.value.attempts == 1
    assert isinstance(raised.value, TimeoutError)
    assert not isinstance(raised.value, APIStatusError)
