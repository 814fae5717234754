"""Seeing the response behind a result."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
import pytest
from aioresponses import aioresponses
from support.calls import CALLS, ID, right
from support.credentials import API_KEY
from support.virtual_time import Chance, hand_clock, virtual_time
from support.wire import Answer, lost, one_by_one, reply, serve

from portkey_async import (
    APIConnectionError,
    APIResponseValidationError,
    AsyncPortkey,
    InvalidRequestError,
    NotFoundError,
    ResponseInfo,
    capture_responses,
)
from portkey_async.testing import PortkeyServer, mock_assistant

HEADERS = {
    "x-portkey-trace-id": "trace-1",
    "x-request-id": "req_1",
    "x-portkey-cache-status": "MISS",
    "x-portkey-provider": "openai",
    "x-portkey-retry-attempt-count": "2",
}


@virtual_time
async def test_a_response_tells_all_it_knows(mocked: aioresponses) -> None:
    """What the gateway says, and how often and how long this client tried."""
    last = reply(200, mock_assistant(), headers=HEADERS, after=0.25)
    serve(mocked, one_by_one(reply(503), last))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance(1))
        with capture_responses() as responses:
            await client.assistants.retrieve(ID)
    (info,) = responses

    assert (info.status, info.trace_id, info.request_id) == (200, "trace-1", "req_1")
    assert (info.cache_status, info.provider, info.gateway_attempts) == ("MISS", "openai", 2)
    assert (info.attempts, info.elapsed) == (2, 0.75)
    assert info.headers["X-PORTKEY-TRACE-ID"] == "trace-1"
    assert "headers" not in repr(info)


@pytest.mark.parametrize("name", CALLS)
@virtual_time
async def test_every_operation_is_seen(mocked: aioresponses, name: str) -> None:
    """Once; what the gateway did not say is None."""
    serve(mocked, right)
    async with AsyncPortkey(API_KEY) as client:
        with capture_responses() as responses:
            await CALLS[name](client)
    (info,) = responses

    assert (info.status, info.attempts) == (200, 1)
    assert (info.trace_id, info.request_id, info.cache_status) == (None, None, None)
    assert (info.provider, info.gateway_attempts) == (None, None)


@pytest.mark.parametrize("walk", ["items", "pages", "collect", "prefetch", "both_ends", "first"])
async def test_every_page_is_seen(walk: str) -> None:
    """However the list is walked, in the tasks of a pager too."""
    async with PortkeyServer(5) as server, server.client() as client:
        pager = client.assistants.list(limit=1)
        with capture_responses() as responses:
            match walk:
                case "items":
                    [item async for item in pager]
                case "pages":
                    [page async for page in pager.by_page()]
                case "collect":
                    await pager.collect()
                case "prefetch":
                    [item async for item in pager.prefetch(2)]
                case "both_ends":
                    await pager.collect(both_ends=True)
                case "first":
                    await pager

        assert len(responses) == len(server.requests)
    assert len(responses) >= (1 if walk == "first" else 5)
    assert {info.status for info in responses} == {200}


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (reply(404, {"error": {"message": "no"}}), NotFoundError, 404),
        (reply(200, body=b"{}"), APIResponseValidationError, 200),
    ],
)
@virtual_time
async def test_an_answer_of_a_failed_call_is_seen(
    mocked: aioresponses, answer: Answer, error: type[Exception], status: int
) -> None:
    """It is the one to look at."""
    serve(mocked, answer)
    async with AsyncPortkey(API_KEY) as client:
        with capture_responses() as responses, pytest.raises(error):
            await client.assistants.retrieve(ID)

    assert [info.status for info in responses] == [status]


@virtual_time
async def test_a_call_without_an_answer_has_none_to_see(mocked: aioresponses) -> None:
    """Nor has one that was never sent."""
    serve(mocked, lost(aiohttp.ConnectionTimeoutError()))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance())
        with capture_responses() as responses:
            with pytest.raises(APIConnectionError):
                await client.assistants.retrieve(ID)
            with pytest.raises(InvalidRequestError):
                await client.assistants.retrieve("")

    assert responses == []


@virtual_time
async def test_tasks_do_not_see_each_others_responses(mocked: aioresponses) -> None:
    """Each sees those of the calls that it makes, and of the tasks that it starts."""
    serve(mocked, reply(200, mock_assistant(), after=1))
    async with AsyncPortkey(API_KEY) as client:

        async def capturing(calls: int) -> int:
            with capture_responses() as responses:
                async with asyncio.TaskGroup() as group:
                    for _ in range(calls):
                        group.create_task(client.assistants.retrieve(ID))
            return len(responses)

        with capture_responses() as outer:
            await client.assistants.retrieve(ID)
            assert await asyncio.gather(*map(capturing, range(4))) == [0, 1, 2, 3]
        await client.assistants.retrieve(ID)

    assert len(outer) == 1 + 0 + 1 + 2 + 3


@virtual_time
async def test_blocks_may_stand_in_each_other(mocked: aioresponses) -> None:
    """The outer one sees what the inner one sees; after the end, neither sees anything."""
    serve(mocked, right)
    async with AsyncPortkey(API_KEY) as client:
        with capture_responses() as outer:
            with capture_responses() as inner:
                await client.assistants.retrieve(ID)
            await client.assistants.retrieve(ID)
        await client.assistants.retrieve(ID)

    assert (len(inner), len(outer)) == (1, 2)
    assert inner[0] is outer[0]


# --- Blocks that are left in another order, or elsewhere ----------------------------------------


@virtual_time
async def test_a_block_in_a_generator_may_be_left_by_another_task(mocked: aioresponses) -> None:
    """Nothing is raised, and the task that entered it adds nothing afterwards."""
    serve(mocked, right)
    async with AsyncPortkey(API_KEY) as client:

        async def capturing() -> AsyncGenerator[list[ResponseInfo]]:
            with capture_responses() as responses:
                while True:
                    await client.assistants.retrieve(ID)
                    yield responses

        generator = capturing()
        with capture_responses() as outer:
            responses = await anext(generator)
            await asyncio.create_task(generator.aclose())  # type: ignore[arg-type]
            await client.assistants.retrieve(ID)
        await client.assistants.retrieve(ID)

    assert (len(responses), len(outer)) == (1, 2)


@virtual_time
async def test_a_block_left_elsewhere_hides_no_error(mocked: aioresponses) -> None:
    """The one who closes it gets what its body raises."""
    serve(mocked, right)

    async def capturing() -> AsyncGenerator[None]:
        with capture_responses():
            yield
            raise LookupError

    generator = capturing()
    await anext(generator)
    with pytest.raises(LookupError):
        await asyncio.create_task(anext(generator))  # type: ignore[arg-type]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
@virtual_time
async def test_overlapping_blocks_may_be_left_in_any_order(
    mocked: aioresponses, order: tuple[int, ...]
) -> None:
    """Each hears of what happens until it is left itself, and of nothing after."""
    serve(mocked, right)
    async with AsyncPortkey(API_KEY) as client:
        blocks = [capture_responses() for _ in range(3)]
        heard = [block.__enter__() for block in blocks]
        for number in order:
            await client.assistants.retrieve(ID)
            blocks[number].__exit__(None, None, None)
        await client.assistants.retrieve(ID)

    assert [len(heard[number]) for number in order] == [1, 2, 3]


@virtual_time
async def test_a_call_begun_inside_is_seen_though_it_ends_after(mocked: aioresponses) -> None:
    """So are the calls of a task that was started inside."""
    serve(mocked, reply(200, mock_assistant(), after=1))
    async with AsyncPortkey(API_KEY) as client:

        async def twice() -> None:
            await client.assistants.retrieve(ID)
            await client.assistants.retrieve(ID)

        with capture_responses() as responses:
            task = asyncio.create_task(twice())
        await task

    assert len(responses) == 2
