"""Streaming a run: events, snapshots, functions, and streams that break."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import ClientSession, ServerDisconnectedError
from aioresponses import aioresponses
from support.credentials import API_KEY
from support.runs import RUN, THREAD, refused, run_payload, says, waiting
from support.streams import (
    COMPLETE,
    CREATED,
    DONE,
    PATH,
    WANTS,
    WHOLE,
    Slow,
    client_of,
    message,
    page,
    slowly,
    stream_of,
    streaming,
    wire,
)
from support.virtual_time import now, virtual_time
from support.wire import Answer, failing, lost, reply, serve

from portkey_async import (
    APIConnectionError,
    APIStatusError,
    AsyncPortkey,
    MessageDeltaEvent,
    NotFoundError,
    PermissionDeniedError,
    RunEvent,
    RunStreamError,
    RunTimeoutError,
    UnknownEvent,
)
from portkey_async._secrets import Redactor
from portkey_async._transport.status_errors import stream_error


@virtual_time
async def test_events_come_as_they_were_sent(mocked: aioresponses) -> None:
    """And add up to the run and its messages."""
    client, sent = client_of(mocked, streaming(*WHOLE, DONE))
    async with client, stream_of(client) as stream:
        events = [event async for event in stream]

    assert [event.event for event in events] == [name for name, _ in WHOLE]
    assert json.loads(sent[0].body or b"") == {"assistant_id": "asst_1", "stream": True}
    assert stream.run is not None
    assert stream.run.status == "completed"
    assert [one.text for one in stream.messages] == ["Hello"]
    assert stream.interrupted is False
    assert len(sent) == 1


@virtual_time
async def test_a_stream_goes_on_where_one_stopped(mocked: aioresponses) -> None:
    """By any way of iterating."""
    client, _ = client_of(mocked, streaming(*WHOLE, DONE))
    async with client, stream_of(client) as stream:
        async for event in stream:
            if isinstance(event, MessageDeltaEvent):
                break
        assert [text async for text in stream.text_deltas] == ["lo"]
        assert (await stream.get_final_run()).status == "completed"
        assert [one.text for one in await stream.get_final_messages()] == ["Hello"]

    with pytest.raises(RuntimeError, match="inside of its `async with`"):
        await anext(stream)
    with pytest.raises(RuntimeError, match="serves once"):
        await stream.__aenter__()


@pytest.mark.parametrize("kept", range(1, len(WHOLE)))
@virtual_time
async def test_a_stream_that_breaks_is_mended(mocked: aioresponses, kept: int) -> None:
    """Cut anywhere: the run is polled, the snapshots and the text are complete."""
    client, _ = client_of(
        mocked,
        streaming(*WHOLE[:kept]),
        says("in_progress"),
        says("completed"),
        page(message("Hello", "completed")),
        page(),
    )
    async with client, stream_of(client) as stream:
        text = "".join([one async for one in stream.text_deltas])
        run = await stream.get_final_run()

    assert stream.interrupted
    assert text == "Hello"
    assert run.status == "completed"
    assert [one.text for one in stream.messages] == ["Hello"]


@virtual_time
async def test_functions_go_on_in_the_same_iterator(mocked: aioresponses) -> None:
    """The action is told before they run."""

    async def add(a: int, b: int) -> int:
        return a + b

    wants = ("thread.run.requires_action", waiting(("call_1", "add", '{"a": 2, "b": 2}')))
    first = streaming(CREATED, wants, DONE)
    client, sent = client_of(mocked, first, streaming(*WHOLE[1:], DONE))
    async with client, stream_of(client, functions=[add]) as stream:
        events = [event.event async for event in stream]

    assert events[:3] == ["thread.run.created", "thread.run.requires_action", WHOLE[1][0]]
    assert json.loads(sent[1].body or b"") == {
        "tool_outputs": [{"tool_call_id": "call_1", "output": "4"}],
        "stream": True,
    }


@virtual_time
async def test_what_the_stream_reports_is_raised(mocked: aioresponses) -> None:
    """With code and message; the run is cancelled."""
    error = ("error", {"code": "server_error", "message": "no"})
    client, sent = client_of(mocked, streaming(CREATED, error), says("cancelling"))
    async with client, stream_of(client) as stream:
        with pytest.raises(RunStreamError, match="no") as caught:
            await stream.get_final_run()

    assert caught.value.code == "server_error"
    assert caught.value.run is not None
    assert sent[-1].path == f"{PATH}/cancel"


@virtual_time
async def test_a_stream_without_a_run_is_an_error(mocked: aioresponses) -> None:
    """It may have been created."""
    client, _ = client_of(mocked, streaming(("unheard.of", {})))
    async with client, stream_of(client) as stream:
        assert isinstance(await anext(stream), UnknownEvent)
        with pytest.raises(APIConnectionError) as caught:
            await anext(stream)

    assert caught.value.may_have_executed


@virtual_time
async def test_a_stream_that_is_left_cancels_its_run(mocked: aioresponses) -> None:
    """Though its id was not read yet."""
    for iterates in (True, False):
        client, sent = client_of(mocked, streaming(*WHOLE[:4]), says("cancelling"))
        async with client:
            async with stream_of(client) as stream:
                if iterates:
                    assert isinstance(await anext(stream), RunEvent)
            await asyncio.sleep(0)
        assert sent[-1].path == f"{PATH}/cancel"
        mocked.clear()


# --- Streams in slow motion -------------------------------------------------------------------


@virtual_time
async def test_silence_makes_it_ask_for_the_run(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While that is active, or cannot be asked, it listens on; else it is mended."""
    slow = Slow(wire(*WHOLE[:4]), 65.0, wire(*WHOLE[4:], DONE))
    slowly(monkeypatch, slow)
    client, sent = client_of(mocked, says("in_progress"), failing(500))
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"
    assert not stream.interrupted
    assert [one.at for one in sent] == [30, 60]
    assert slow.closed

    mocked.clear()
    slowly(monkeypatch, Slow(wire(*WHOLE[:4]), 1e6))
    client, _ = client_of(mocked, says("completed"), says("completed"), *COMPLETE)
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"
    assert stream.interrupted


@virtual_time
async def test_silence_is_an_error_where_nothing_else_is_known(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run without an id, and one that cannot be asked for."""
    slowly(monkeypatch, Slow(1e6))
    client, _ = client_of(mocked)
    async with client.with_options(timeout=5), stream_of(client, on_exit="leave") as stream:
        with pytest.raises(APIConnectionError):
            await anext(stream)
        with pytest.raises(APIConnectionError):
            await stream.get_final_run()

    mocked.clear()
    slowly(monkeypatch, Slow(wire(CREATED), 1e6))
    client, _ = client_of(mocked, refused("no", 404), says("cancelling"))
    async with client, stream_of(client) as stream:
        await anext(stream)
        with pytest.raises(NotFoundError) as caught:
            await anext(stream)
    assert caught.value.run is not None


@virtual_time
async def test_silence_after_the_end_is_the_end(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that says no `done`."""
    slowly(monkeypatch, Slow(wire(*WHOLE), 1e6))
    client, sent = client_of(mocked)
    async with client, stream_of(client) as stream:
        assert (await stream.get_final_run()).status == "completed"
    assert not sent


@virtual_time
async def test_a_lost_connection_is_mended(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like a stream that just ends; what fails meanwhile and may pass is outlived."""
    slowly(monkeypatch, Slow(wire(*WHOLE[:4]), APIConnectionError("lost")))
    answers = [failing(500), says("completed"), failing(500), *COMPLETE]
    client, _ = client_of(mocked, *answers)
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"


@virtual_time
async def test_what_cannot_be_completed_is_an_error(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not pass, and a text that does not go on from what was given."""
    slowly(monkeypatch, Slow(wire(*WHOLE[:4])))
    client, _ = client_of(mocked, says("completed"), refused("no", 403))
    async with client, stream_of(client) as stream:
        with pytest.raises(PermissionDeniedError):
            await stream.get_final_run()

    mocked.clear()
    slowly(monkeypatch, Slow(wire(*WHOLE[:4])))
    client, _ = client_of(mocked, says("completed"), page(message("Bye", "completed")), page())
    async with client, stream_of(client) as stream:
        with pytest.raises(RunStreamError, match="does not go on from") as caught:
            [one async for one in stream.text_deltas]
    assert caught.value.run is not None
    assert [one.text for one in stream.messages] == ["Bye"]


@virtual_time
async def test_a_cancelled_anext_loses_no_event(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that heartbeats can be sent in between."""
    pieces = [piece for event in [*WHOLE, DONE] for piece in (1.5, wire(event))]
    slowly(monkeypatch, Slow(*pieces))
    client, _ = client_of(mocked)
    names: list[str] = []
    async with client, stream_of(client) as stream:
        while True:
            try:
                async with asyncio.timeout(1):
                    names.append((await anext(stream)).event)
            except TimeoutError:
                continue
            except StopAsyncIteration:
                break
    assert names == [name for name, _ in WHOLE]


@virtual_time
async def test_cancelling_functions_leaves_the_stream(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their results would be lost, so the run is cancelled."""

    async def add(**_: object) -> None:
        await asyncio.sleep(1e6)

    slowly(monkeypatch, Slow(wire(CREATED, WANTS, DONE)))
    client, sent = client_of(mocked, says("cancelling"))
    async with client, stream_of(client, functions=[add]) as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await stream.get_final_run()
        assert sent[-1].path == f"{PATH}/cancel"
        with pytest.raises(RuntimeError):
            await anext(stream)
    assert len(sent) == 1


async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


@virtual_time
async def test_an_action_that_functions_cannot_give_ends_the_stream(mocked: aioresponses) -> None:
    """The run is the caller's, and not cancelled; it goes on by another stream."""
    client, sent = client_of(mocked, streaming(CREATED, WANTS, DONE), streaming(*WHOLE[1:], DONE))
    async with client:
        async with stream_of(client) as stream:
            assert (await stream.get_final_run()).status == "requires_action"
        assert len(sent) == 1
        outputs: Any = [{"tool_call_id": "call_1", "output": "4"}]
        runs = client.threads.runs
        async with runs.submit_tool_outputs_stream(
            RUN, thread_id=THREAD, tool_outputs=outputs
        ) as stream:
            assert (await stream.get_final_run()).status == "completed"


@pytest.mark.parametrize("doubt", [lost(ServerDisconnectedError()), failing(429)])
@virtual_time
async def test_outputs_in_doubt_are_looked_into(mocked: aioresponses, doubt: Answer) -> None:
    """They are sent again, or the run is polled to its end."""
    wants = reply(200, WANTS[1])
    start = streaming(CREATED, WANTS, DONE)
    client, _ = client_of(mocked, start, doubt, wants, streaming(*WHOLE[1:], DONE))
    async with client, stream_of(client, functions=[add]) as stream:
        assert (await stream.get_final_run()).status == "completed"
    assert not stream.interrupted

    mocked.clear()
    client, _ = client_of(
        mocked, start, doubt, says("in_progress"), says("in_progress"), says("completed"), *COMPLETE
    )
    async with client, stream_of(client, functions=[add]) as stream:
        assert (await stream.get_final_run()).status == "completed"
    assert stream.interrupted


@virtual_time
async def test_outputs_that_are_refused_are_an_error(mocked: aioresponses) -> None:
    """Where the run still wants them, and where nothing may be asked."""
    start = streaming(CREATED, WANTS, DONE)
    for answers in ([refused("no"), reply(200, WANTS[1])], [refused("no", 401)]):
        client, _ = client_of(mocked, start, *answers, says("cancelling"))
        async with client, stream_of(client, functions=[add]) as stream:
            with pytest.raises(APIStatusError) as caught:
                await stream.get_final_run()
        assert caught.value.run is not None
        mocked.clear()


@virtual_time
async def test_a_broken_stream_that_wants_functions_calls_them(mocked: aioresponses) -> None:
    """The action is told first; a server that is behind is waited for."""
    client, sent = client_of(
        mocked,
        streaming(CREATED),
        reply(200, WANTS[1]),
        page(),
        page(),
        streaming(),
        reply(200, WANTS[1]),
        says("completed"),
        *COMPLETE,
    )
    async with client, stream_of(client, functions=[add]) as stream:
        names = [event.event async for event in stream]
    assert names == ["thread.run.created", "thread.run.requires_action", "thread.run.completed"]
    assert sum(one.method == "POST" for one in sent) == 2


@virtual_time
async def test_garbage_is_as_good_as_a_break(mocked: aioresponses) -> None:
    """An event that is not what its name says."""
    garbage = ("thread.message.delta", {"id": 1})
    client, _ = client_of(mocked, streaming(*WHOLE[:4], garbage), says("completed"), *COMPLETE)
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"
    assert stream.interrupted


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        ('{"error": {"code": 5, "message": "m"}}', "5", "m"),
        ('{"message": ""}', None, '{"message": ""}'),
        ("", None, "the server gave no reason"),
        ("text", None, "text"),
    ],
)
def test_errors_of_all_shapes_are_read(data: str, code: str | None, message: str) -> None:
    """As objects, and as text."""
    error = stream_error(data.encode(), Redactor(()))
    assert (error.code, error.message) == (code, message)


@virtual_time
async def test_a_run_that_is_being_created_is_cancelled_too(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as its id has come; if it never comes, nothing is known."""
    for pieces, cancels in (((wire(CREATED),), 1), ((), 0)):
        slow = Slow(*pieces)
        slowly(monkeypatch, slow, after=3.0)
        client, sent = client_of(mocked, says("cancelling"))

        async def enter(client: AsyncPortkey = client) -> None:
            async with stream_of(client):
                raise AssertionError

        async with client:
            task = asyncio.create_task(enter())
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert len(sent) == cancels
        assert slow.closed
        mocked.clear()


@virtual_time
async def test_the_deadline_of_a_stream_is_raised_from_awaiting_it(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's own time counts, and is not interrupted."""
    slowly(monkeypatch, Slow(wire(CREATED), 1e6))
    client, _ = client_of(mocked, says("in_progress"), says("cancelling"))
    async with client:
        async with stream_of(client, run_timeout=20) as stream:
            await anext(stream)
            await asyncio.sleep(19)
            with pytest.raises(RunTimeoutError):
                await anext(stream)
        assert now() == 20


async def test_a_session_of_the_callers_serves_streams(mocked: aioresponses) -> None:
    """It is never closed."""
    serve(mocked, streaming(*WHOLE, DONE))
    async with ClientSession() as session:
        client = AsyncPortkey(API_KEY, session=session)
        async with client, client.threads.create_and_run_stream(assistant_id="asst_1") as stream:
            assert (await stream.get_final_run()).status == "completed"
            assert stream.thread is None
            assert stream.run_steps == []
        assert not session.closed


async def test_a_connection_that_is_cut_is_mended() -> None:
    """With a real server, in the middle of an event."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n"
        if request.startswith(b"POST"):
            writer.write(
                head
                + b"content-type: text/event-stream\r\n"
                + b"content-length: 9999\r\n\r\n"
                + wire(*WHOLE[:4])[:-9]
            )
        else:
            found: Any = run_payload("completed")
            if b"/messages?" in request or b"/steps?" in request:
                items = [message("Hello", "completed")] if b"/messages?" in request else []
                found = {"object": "list", "data": items, "has_more": False}
            body = json.dumps(found).encode()
            writer.write(head + f"content-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve_one, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, AsyncPortkey(base_url=f"http://127.0.0.1:{port}/v1") as client:
        async with stream_of(client) as stream:
            assert "".join([one async for one in stream.text_deltas]) == "Hello"
        assert stream.interrupted
