"""A run is given up in time, wherever the server stalls; that it is cancelled goes on."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import attrs
import pytest
from support.leaks import nothing_leaks

from portkey_async import AsyncPortkey, RunTimeoutError
from portkey_async.testing import Call, Fault, Hang, PortkeyServer, Say

LIMIT = 0.4
#: Far above all deadlines here.
FOREVER = 30.0
RUNS, RUN = "/threads/*/runs", "/threads/*/runs/run_*"
WANTS = (Call("add", a=1, b=2), Say("3"))

Way = Callable[[AsyncPortkey, str, str, dict[str, Any]], Awaitable[object]]


async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


async def hang(**_: int) -> None:
    """Hang."""
    await asyncio.sleep(FOREVER)


async def _poll(client: AsyncPortkey, assistant: str, thread: str, given: dict[str, Any]) -> object:
    runs = client.threads.runs
    return await runs.create_and_poll(thread, assistant_id=assistant, **given)


async def _stream(
    client: AsyncPortkey, assistant: str, thread: str, given: dict[str, Any]
) -> object:
    runs = client.threads.runs
    async with runs.stream(thread, assistant_id=assistant, **given) as stream:
        return await stream.get_final_run()


@attrs.frozen
class Stall:
    """Where it stalls, and what the run does."""

    ways: Sequence[Way]
    faults: Sequence[Fault]
    acts: Sequence[Any] = WANTS
    function: Any = add


def _silent(method: str, path: str) -> Fault:
    return Fault.delay(FOREVER, method=method, path=path, times=None)


def _half(method: str, path: str) -> Fault:
    return Fault.slow_body(FOREVER, method=method, path=path, times=None)


SUBMITTING = f"{RUN}/submit_tool_outputs"
STALLS = {
    "the create, before its headers": Stall([_poll, _stream], [_silent("POST", RUNS)]),
    "the create, having acted": Stall(
        [_poll, _stream], [_silent("POST", RUNS).aimed(after_effect=True)]
    ),
    "the create, after its headers": Stall([_poll], [_half("POST", RUNS)]),
    "the poll, before its headers": Stall([_poll], [_silent("GET", RUN)]),
    "the poll, after its headers": Stall([_poll], [_half("GET", RUN)]),
    "the run itself": Stall([_poll, _stream], [], [Hang()]),
    "a server that says to come back later": Stall(
        [_poll], [Fault.status(429, retry_after=50, method="GET", path=RUN, times=None)]
    ),
    "the stream, before its first event": Stall([_stream], [Fault.stall_stream(0, FOREVER)]),
    "the stream, between its events": Stall([_stream], [Fault.stall_stream(4, FOREVER)]),
    "the run of a stream that was cut": Stall([_stream], [Fault.cut_stream(2), _half("GET", RUN)]),
    "the messages of a stream that was cut": Stall(
        [_stream], [Fault.cut_stream(2), _silent("GET", "/threads/*/messages")], [Say("3")]
    ),
    "a function": Stall([_poll, _stream], [], function={"add": hang}),
    "the submission": Stall([_poll, _stream], [_silent("POST", SUBMITTING)]),
    "the submission, having acted": Stall(
        [_poll, _stream], [_silent("POST", SUBMITTING).aimed(after_effect=True)]
    ),
    "the stream that the submission gives": Stall(
        [_stream], [Fault.stall_stream(0, FOREVER, path=SUBMITTING)]
    ),
    "what comes after a lost submission": Stall(
        [_poll, _stream], [Fault.reset(path=SUBMITTING), _silent("GET", RUN)]
    ),
}


async def _late(name: str, stall: Stall, way: Way, *, cancel_too: bool) -> str | None:
    """Run one case; give what is wrong with it."""
    case = f"{name} ({way.__name__}, {cancel_too=})"
    functions = stall.function if isinstance(stall.function, dict) else [stall.function]
    async with PortkeyServer(assistants=1) as server, server.client() as client:
        [assistant] = server.assistants
        thread = (await client.threads.create()).id
        server.script(*stall.acts, times=None)
        for fault in (*stall.faults, *([_silent("POST", f"{RUN}/cancel")] * cancel_too)):
            server.inject(fault)
        started = time.monotonic()
        try:
            given = {"functions": functions, "run_timeout": LIMIT}
            outcome = await way(client, assistant, thread, given)
        except RunTimeoutError as error:
            seconds = time.monotonic() - started
            return None if LIMIT <= seconds < LIMIT + 1 else f"{case}: {seconds:.1f} s, {error}"
        return f"{case}: {outcome!r}"


@pytest.mark.parametrize("cancel_too", [False, True])
async def test_a_run_is_given_up_in_time_wherever_the_server_stalls(
    monkeypatch: pytest.MonkeyPatch, *, cancel_too: bool
) -> None:
    """Within a second of the deadline, though the cancel stalls too; nothing is left."""
    monkeypatch.setattr("portkey_async._runs.leaving._PATIENCE", 1.5)  # else closing takes 5 s
    async with nothing_leaks():
        wrong = await asyncio.gather(
            *(
                _late(name, stall, way, cancel_too=cancel_too)
                for name, stall in STALLS.items()
                for way in stall.ways
            )
        )

    assert list(filter(None, wrong)) == []


@pytest.mark.parametrize("way", [_poll, _stream])
async def test_a_function_in_a_thread_is_not_waited_for(way: Way) -> None:
    """Its result is dropped, whenever it comes."""
    go_on = threading.Event()

    def add(**_: int) -> None:
        go_on.wait(FOREVER)

    try:
        assert await _late("", Stall([way], [], function=add), way, cancel_too=False) is None
    finally:
        go_on.set()


@pytest.mark.parametrize("way", [_poll, _stream])
async def test_a_cancel_that_takes_long_goes_on_after_the_deadline(way: Way) -> None:
    """In a task of the client's, which closing it waits for."""
    async with PortkeyServer(assistants=1) as server:
        server.script(Hang())
        server.inject(Fault.delay(1.2, path=f"{RUN}/cancel"))
        async with server.client() as client:
            thread = (await client.threads.create()).id
            [assistant] = server.assistants
            with pytest.raises(RunTimeoutError) as caught:
                await way(client, assistant, thread, {"run_timeout": LIMIT})
            [run] = server.runs.values()
            assert run["status"] == "in_progress"
        [run] = server.runs.values()

    assert caught.value.run is not None
    assert caught.value.run.id == run["id"]
    assert run["status"] in {"cancelling", "cancelled"}


async def test_a_cancel_does_not_wait_for_a_connection_to_be_free() -> None:
    """There are five seconds for it, and hundreds of requests may be in the way."""
    async with PortkeyServer(assistants=1) as server, server.client(max_connections=1) as client:
        server.script(Hang())
        server.inject(_silent("GET", "/assistants"))
        thread = (await client.threads.create()).id
        [assistant] = server.assistants
        run = asyncio.create_task(_poll(client, assistant, thread, {"poll_interval": 0.05}))
        while not server.runs:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        blocking = asyncio.ensure_future(_first_page(client))
        await asyncio.sleep(0.2)
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        [found] = server.runs.values()
        blocking.cancel()
        with suppress(asyncio.CancelledError):
            await blocking

    assert found["status"] in {"cancelling", "cancelled"}


async def _first_page(client: AsyncPortkey) -> object:
    return await client.assistants.list()
