"""The life of a client: made, used, and closed."""

import asyncio
from typing import Any

import aiohttp
import pytest
from faults.exchange import json_bytes, message
from support.calls import CALLS, ID
from support.credentials import (
    API_KEY,
)
from support.leaks import nothing_leaks
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always, client_of, each
from support.walks import other_tasks, settle, until

from portkey_async import (
    AsyncPortkey,
    ClientClosedError,
    ConfigurationError,
)
from portkey_async.testing import PortkeyServer, mock_assistant

ASSISTANT = message(200, json_bytes(mock_assistant(id=ID)))


async def stall(connection: Connection, _request: RawRequest) -> None:
    """Never answer."""
    await connection.gone()


# --- Opening and closing ------------------------------------------------------------------------


async def test_a_client_closes_its_connections() -> None:
    """At the end of its block, whatever happens in it."""

    async def failing() -> None:
        async with client_of(server) as client:
            await client.assistants.retrieve(ID)
            raise ZeroDivisionError

    async with RawServer(always(ASSISTANT)) as server, nothing_leaks():
        with pytest.raises(ZeroDivisionError):
            await failing()
        await server.all_closed()

    assert server.accepted == 1


async def test_closing_again_is_harmless() -> None:
    """Used or not, inside its block or not."""
    unused = AsyncPortkey(API_KEY)
    await unused.close()
    await unused.close()
    async with PortkeyServer(api_key=API_KEY) as server, server.client() as client:
        await client.assistants.list()
        await client.close()
        await client.close()


@pytest.mark.parametrize("name", CALLS)
async def test_a_closed_client_says_so(name: str) -> None:
    """Every operation, and those of its derived clients and pagers too."""
    client = AsyncPortkey(API_KEY)
    derived = client.with_options(trace_id="t")
    pager = client.assistants.list()
    await client.close()

    for one in (client, derived, client.with_options(trace_id="t")):
        with pytest.raises(ClientClosedError, match="the client is closed; make a new one"):
            await CALLS[name](one)
    for walk in (pager, pager.collect(), pager.prefetch().collect(), anext(pager.by_page())):
        with pytest.raises(ClientClosedError):
            await walk


async def test_a_closed_error_is_a_runtime_error() -> None:
    """Code that knows nothing of this package expects one."""
    assert issubclass(ClientClosedError, RuntimeError)


@pytest.mark.parametrize("name", CALLS)
async def test_closing_ends_the_calls_under_way(name: str) -> None:
    """Each with an error that says so; none of them goes on, and nothing remains."""
    async with RawServer(each(stall)) as server, nothing_leaks():
        client = client_of(server, max_connections=2)
        calls = [asyncio.ensure_future(CALLS[name](client)) for _ in range(5)]
        await until(lambda: server.accepted == 2)
        await client.close()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await server.all_closed()

    assert [type(outcome) for outcome in outcomes] == [ClientClosedError] * 5
    assert {str(outcome) for outcome in outcomes} == {
        "the client was closed while the call was under way"
    }
    assert server.accepted == 2


async def test_closing_ends_the_waits_under_way() -> None:
    """For the next attempt, and for the server to cool down."""
    busy = message(429, b"", "Retry-After: 30")
    async with RawServer(always(busy)) as server:
        client = client_of(server)
        calls = [asyncio.ensure_future(client.assistants.retrieve(ID)) for _ in range(2)]
        await until(lambda: len(client._pool.cool_downs) > 0)  # noqa: SLF001  # nothing else tells
        calls.append(asyncio.ensure_future(client.assistants.retrieve(ID)))
        await settle()
        await client.close()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [ClientClosedError] * 3


async def test_closing_ends_the_walks_under_way() -> None:
    """With pages fetched ahead, or both ends at once; no task remains."""
    async with RawServer(each(stall)) as server, nothing_leaks():
        client = client_of(server)
        pager = client.assistants.list()
        walks = (pager.collect(), pager.prefetch(3).collect(), pager.collect(both_ends=True))
        calls = [asyncio.ensure_future(walk) for walk in walks]
        await until(lambda: server.accepted == 4)
        await client.close()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)

        assert [type(outcome) for outcome in outcomes] == [ClientClosedError] * 3
        assert other_tasks() == server_tasks()


def server_tasks() -> set[asyncio.Task[Any]]:
    """Give the tasks in which the raw server serves its connections."""
    return {task for task in other_tasks() if "RawServer" in repr(task.get_coro())}


async def test_a_cancelled_call_stays_cancelled_when_the_client_closes() -> None:
    """The one who cancelled it is told so."""
    async with RawServer(each(stall)) as server:
        client = client_of(server)
        call = asyncio.ensure_future(client.assistants.retrieve(ID))
        await until(lambda: server.accepted == 1)
        call.cancel()
        await client.close()
        with pytest.raises(asyncio.CancelledError):
            await call


# --- A session of the caller's own --------------------------------------------------------------


async def test_a_callers_session_is_used_and_never_closed() -> None:
    """By closing the client, or by its derived ones."""
    async with RawServer(always(ASSISTANT)) as server, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with client_of(server, session=session) as client:
                await client.assistants.retrieve(ID)
            with pytest.raises(ClientClosedError):
                await client.assistants.retrieve(ID)

        assert not session.closed
    assert server.accepted == 1


async def test_a_session_that_its_owner_has_closed_is_a_closed_client() -> None:
    """A clear error, before anything is sent."""
    async with aiohttp.ClientSession() as session:
        client = AsyncPortkey(API_KEY, session=session)
    with pytest.raises(ClientClosedError):
        await client.assistants.retrieve(ID)


async def test_a_session_that_its_owner_closes_during_a_call_is_a_closed_client() -> None:
    """Between two attempts, too: an error of ours, not aiohttp's own."""
    session = aiohttp.ClientSession()

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(message(503, b"", "retry-after-ms: 1"))
        await session.close()

    async with RawServer(each(respond)) as server:
        client = client_of(server, session=session)
        with pytest.raises(ClientClosedError):
            await client.assistants.retrieve(ID)


async def test_closing_ends_the_calls_on_a_callers_session() -> None:
    """Though the session stays open, and serves others."""
    async with RawServer(each(stall)) as server, aiohttp.ClientSession() as session:
        client = client_of(server, session=session)
        call = asyncio.ensure_future(client.assistants.retrieve(ID))
        await until(lambda: server.accepted == 1)
        await client.close()
        with pytest.raises(ClientClosedError):
            await call

        assert not session.closed


# --- Loops --------------------------------------------------------------------------------------


def test_a_client_may_be_made_before_there_is_a_loop() -> None:
    """It belongs to the one that uses it first."""
    with PortkeyServer(1, api_key=API_KEY) as server:
        client = server.client()

        async def use() -> int:
            async with client:
                return len(await client.assistants.list().collect())

        assert asyncio.run(use()) == 1


def test_a_second_loop_is_told_so() -> None:
    """At every use, closing included; the first loop goes on."""
    with PortkeyServer(1, api_key=API_KEY) as server:
        client = server.client()

        async def use() -> int:
            return len(await client.assistants.list().collect())

        with asyncio.Runner() as first, asyncio.Runner() as second:
            assert first.run(use()) == 1
            for wrong in (use, client.close):
                with pytest.raises(ConfigurationError, match="make a client for each loop"):
                    second.run(wrong())
            assert first.run(use()) == 1
            first.run(client.close())
            with pytest.raises(ClientClosedError):
                second.run(use())


def test_an_unused_client_may_be_closed_in_any_loop() -> None:
    """It belongs to none yet."""
    client = AsyncPortkey(API_KEY)
    asyncio.run(client.close())
    with pytest.raises(ClientClosedError):
        asyncio.run(client.assistants.retrieve(ID))


# --- Connections --------------------------------------------------------------------------------


async def test_so_many_connections_are_open_at_once() -> None:
    """The calls beyond max_connections wait for one to be free."""
    full, most = asyncio.Event(), 0
    served = 0

    async def respond(connection: Connection, _request: RawRequest) -> None:
        nonlocal most, served
        served += 1
        most = max(most, served)
        if served == 3:
            full.set()
        await full.wait()
        await settle()
        served -= 1
        await connection.send(ASSISTANT)

    async with RawServer(each(respond)) as server, client_of(server, max_connections=3) as client:
        await asyncio.gather(*(client.assistants.retrieve(ID) for _ in range(10)))

    assert (most, server.accepted) == (3, 3)


async def test_derived_clients_share_the_connections() -> None:
    """Made before or after the first use, and from each other."""
    async with RawServer(always(ASSISTANT)) as server, client_of(server) as client:
        before = client.with_options(trace_id="1")
        for one in (before, client, client.with_options(), before.with_options(timeout=5)):
            await one.assistants.retrieve(ID)

    assert server.accepted == 1


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None])
def test_a_number_of_connections_is_wanted(value: int) -> None:
    """A whole number, at least 1; the error says what was given."""
    with pytest.raises(ConfigurationError, match=rf"max_connections is {value!r}.*at least 1"):
        AsyncPortkey(API_KEY, max_connections=value)
