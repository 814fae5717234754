"""Cancelled anywhere, a call leaves nothing behind, and the client works afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aioresponses import aioresponses
from faults.exchange import message
from support.calls import ADMIN_KEY
from support.credentials import API_KEY
from support.leaks import nothing_leaks
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import client_of, each
from support.virtual_time import virtual_time
from support.walks import settle, until
from support.wire import reply, serve

from portkey_async import (
    APITimeoutError,
    AsyncPortkey,
    RetryPolicy,
    Timeout,
)
from portkey_async._transport.call import Clock
from portkey_async.testing import Fault, PortkeyServer

#: Nothing takes so many turns of the loop: a sweep that gets there hangs.
TOO_MANY = 5000


async def _items(client: AsyncPortkey) -> object:
    return [item.id async for item in client.assistants.list(limit=2)]


async def _pages(client: AsyncPortkey) -> object:
    return [page async for page in client.assistants.list(limit=2).by_page()]


async def _backward(client: AsyncPortkey) -> object:
    last = (await client.assistants.list(limit=1, order="asc")).data[0].id
    return [item.id async for item in client.assistants.list(limit=2, before=last)]


async def _prefetch(client: AsyncPortkey) -> object:
    found = []
    async for item in client.assistants.list(limit=1).prefetch(3):
        await asyncio.sleep(0)
        found.append(item.id)
    return found


async def _gather(client: AsyncPortkey) -> object:
    return await asyncio.gather(*(client.assistants.list() for _ in range(3)))


async def _delete(client: AsyncPortkey) -> object:
    # Whether an earlier, cancelled attempt has deleted it, nobody knows.
    with suppress(Exception):
        return await client.assistants.delete("asst_doomed")
    return None


async def _delete_key(client: AsyncPortkey) -> object:
    with suppress(Exception):
        return await client.admin_api_keys.delete(ADMIN_KEY)
    return None


OPERATIONS: dict[str, Callable[[AsyncPortkey], Awaitable[object]]] = {
    "create": lambda client: client.assistants.create(model="gpt-4o"),
    "retrieve": lambda client: client.assistants.retrieve("asst_kept"),
    "update": lambda client: client.assistants.update("asst_kept", name="new"),
    "delete": _delete,
    "delete key": _delete_key,
    "first page": lambda client: client.assistants.list(),
    "items": _items,
    "pages": _pages,
    "backward": _backward,
    "prefetch": _prefetch,
    "collect": lambda client: client.assistants.list(limit=2).collect(),
    "both ends": lambda client: client.assistants.list(limit=1).collect(both_ends=True),
    "at once": _gather,
}


async def cancelled_after(
    steps: int, client: AsyncPortkey, operation: Callable[[AsyncPortkey], Awaitable[object]]
) -> bool:
    """Cancel an operation after so many turns of the loop; tell whether it had not ended yet."""
    task = asyncio.ensure_future(operation(client))
    for _ in range(steps):
        if task.done():
            break
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=10)
    assert done, "the cancellation was swallowed"
    if not task.cancelled():
        assert task.exception() is None
    return task.cancelled()


@pytest.mark.parametrize("name", OPERATIONS)
async def test_it_can_be_cancelled_at_any_point(name: str) -> None:
    """After any number of steps: no task, no connection; the one connection serves the next."""
    operation = OPERATIONS[name]
    async with nothing_leaks(), PortkeyServer(3) as server:
        server.assistants["asst_kept"] = next(iter(server.assistants.values())) | {
            "id": "asst_kept"
        }
        async with server.client(max_connections=1, retry=RetryPolicy(attempts=1)) as client:
            before = asyncio.all_tasks()
            for steps in range(TOO_MANY):
                if not await cancelled_after(steps, client, operation):
                    break
                await settle(3)
                assert not [
                    task for task in asyncio.all_tasks() - before if "portkey_async/_" in repr(task)
                ]
                if steps % 5 == 0:
                    found = await client.assistants.retrieve("asst_kept")
                    assert found.id == "asst_kept"

            assert 5 < steps < TOO_MANY - 1


@pytest.mark.parametrize("ahead", [0, 2])
async def test_a_walk_can_be_left_at_any_object(ahead: int) -> None:
    """Closed there, it lets go of the connection, which serves the next."""
    async with (
        PortkeyServer(7) as server,
        nothing_leaks(),
        server.client(max_connections=1) as client,
    ):
        for number in range(7):
            pager = client.assistants.list(limit=2)
            walk = aiter(pager.prefetch(ahead) if ahead else pager)
            for _ in range(number):
                await anext(walk)
            await walk.aclose()
            assert len(await client.assistants.list()) == 7


async def test_breaking_out_needs_no_closing() -> None:
    """The walk is ended when the loop lets go of it."""
    async with (
        PortkeyServer(50) as server,
        nothing_leaks(),
        server.client(max_connections=1) as client,
    ):
        before = asyncio.all_tasks()
        for pages in (0, 1, 4):
            pager = client.assistants.list(limit=1)
            async for _item in pager.prefetch(pages) if pages else pager:
                break
            await settle()
            assert len(await client.assistants.list(limit=50)) == 50
        await settle()
        left = asyncio.all_tasks() - before

        assert not [task for task in left if "portkey_async/_" in repr(task)]


# --- asyncio.timeout ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPERATIONS)
async def test_the_callers_own_timeout_is_the_callers(name: str) -> None:
    """It raises what asyncio raises, and the client works afterwards."""
    async with nothing_leaks(), PortkeyServer(3) as server:
        server.assistants["asst_kept"] = next(iter(server.assistants.values())) | {
            "id": "asst_kept"
        }
        server.inject(Fault.delay(60), times=None)
        async with server.client() as client:
            with pytest.raises(TimeoutError) as raised:
                async with asyncio.timeout(0.02):
                    await OPERATIONS[name](client)
            server.clear_faults()

            assert not isinstance(raised.value, APITimeoutError)
            assert (await client.assistants.retrieve("asst_kept")).id == "asst_kept"


async def test_the_deadline_inside_is_ours() -> None:
    """Where both are set, the earlier one counts, and each raises its own."""
    async with PortkeyServer(1) as server:
        server.inject(Fault.delay(60), times=None)
        async with server.client(timeout=0.02) as client, asyncio.timeout(30):
            with pytest.raises(APITimeoutError):
                await client.assistants.list()


@virtual_time
async def test_a_cancellation_is_not_mistaken_for_the_deadline(mocked: aioresponses) -> None:
    """Both in the same turn of the loop, either one first: whoever cancels is told so."""
    serve(mocked, reply(after=1000))
    loop = asyncio.get_running_loop()
    for cancel_first in (True, False):
        async with AsyncPortkey(API_KEY, timeout=2) as client:
            task = asyncio.ensure_future(client.assistants.retrieve("asst_1"))
            if not cancel_first:
                await asyncio.sleep(0)  # until the deadline is set
            loop.call_at(loop.time() + 2, task.cancel)
            with pytest.raises(asyncio.CancelledError):
                await task

            assert task.cancelled()


# --- Waits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_between_attempts_can_be_cancelled(status: int) -> None:
    """Nothing is sent afterwards; the client works on."""
    waiting = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await asyncio.Future[None]()

    received: list[RawRequest] = []

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(message(status, b""))

    async with (
        RawServer(each(respond, received)) as server,
        nothing_leaks(),
        client_of(server) as client,
    ):
        client._pool.clock = Clock(sleep=sleep)  # noqa: SLF001  # the seam made for this
        task = asyncio.ensure_future(client.assistants.retrieve("asst_1"))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settle()

    assert len(received) == 1


async def test_an_answer_half_read_is_let_go() -> None:
    """Its connection is not used again: what is left of the answer would be taken for the next."""
    half_sent = asyncio.Event()
    whole = message(404, b"")

    async def respond(connection: Connection, _request: RawRequest) -> None:
        if server.accepted > 1:
            await connection.send(whole)
            return
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{")
        half_sent.set()
        await connection.gone()

    async with (
        RawServer(each(respond)) as server,
        nothing_leaks(),
        client_of(server, max_connections=1, timeout=Timeout(total=30)) as client,
    ):
        task = asyncio.ensure_future(client.assistants.retrieve("asst_1"))
        await half_sent.wait()
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(Exception, match="404"):
            await client.assistants.retrieve("asst_1")
        await until(lambda: server.accepted == 2)
