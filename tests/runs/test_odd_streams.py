"""Streams that servers get wrong, and what callers do to them while they go on."""

import asyncio
import gc
import logging
import warnings
from collections.abc import Mapping
from typing import Any

import pytest
from aioresponses import aioresponses
from support.credentials import API_KEY
from support.raw_server import Connection, RawServer
from support.runs import RUN, THREAD, refused, run_payload, says
from support.streams import (
    BEGUN,
    COMPLETE,
    CREATED,
    DONE,
    PATH,
    SAID,
    WANTS,
    WHOLE,
    Slow,
    client_of,
    delta,
    message,
    page,
    slowly,
    stream_of,
    streaming,
    told,
    wire,
)
from support.virtual_time import now, virtual_time
from support.wire import Answer, reply

from portkey_async import (
    APIConnectionError,
    APIResponseValidationError,
    AsyncPortkey,
    ClientClosedError,
    MessageDeltaEvent,
    RunEvent,
    RunStreamError,
)

EVENT_STREAM = {"content-type": "text/event-stream"}


async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


# --- Silence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("beat", [b": still here\n\n", b"retry: 10\n", b"data: "])
@virtual_time
async def test_bytes_that_are_no_event_are_silence(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch, beat: bytes
) -> None:
    """A server that sends no events any more is found out, whatever else it sends."""
    beats = [piece for _ in range(40) for piece in (10.0, beat)]
    slowly(monkeypatch, Slow(wire(*WHOLE[:4]), *beats))
    client, sent = client_of(mocked, says("in_progress"), *[says("completed")] * 2, *COMPLETE)
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"

    assert [one.at for one in sent[:2]] == [30, 60]
    assert stream.interrupted


@virtual_time
async def test_a_silence_goes_on_where_one_stopped_waiting(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often `anext()` is cancelled meanwhile, the run is asked for once, and polled."""
    slowly(monkeypatch, Slow(wire(*WHOLE[:4]), 1e6))
    slow = reply(200, run_payload("completed"), after=5)
    client, sent = client_of(mocked, slow, slow, *COMPLETE)
    async with client, stream_of(client) as stream:
        events = await _with_heartbeats(stream)

    assert events[-1] == "thread.run.completed"
    assert [one.at for one in sent[:2]] == [30, 35]


async def _with_heartbeats(stream: Any) -> list[str]:
    """Iterate to the end, stopping to wait every second."""
    names: list[str] = []
    while True:
        try:
            async with asyncio.timeout(1):
                names.append((await anext(stream)).event)
        except TimeoutError:
            continue
        except StopAsyncIteration:
            return names


@virtual_time
async def test_events_are_given_while_the_run_is_asked_for(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that takes long holds up nothing."""
    slowly(monkeypatch, Slow(wire(*WHOLE[:4]), 31.0, wire(WHOLE[4]), 1.0, wire(*WHOLE[5:], DONE)))
    client, sent = client_of(mocked, reply(200, run_payload("in_progress"), after=50))
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"
        assert now() == 32
    assert len(sent) == 1
    assert not stream.interrupted


@pytest.mark.parametrize("rest", [(), (20.0, b": still here\n\n", 1e6)])
@virtual_time
async def test_a_stream_ends_soon_after_its_run(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch, rest: tuple[Any, ...]
) -> None:
    """Without a `done`; events that come late are still given."""
    slow = Slow(wire(*WHOLE), 0.5, wire(SAID), *(rest or (1e6,)))
    slowly(monkeypatch, slow)
    client, sent = client_of(mocked)
    async with client, stream_of(client) as stream:
        names = [event.event async for event in stream]
        assert now() == 1.5
        assert slow.closed

    assert names == [*(name for name, _ in WHOLE), SAID[0]]
    assert not sent


@virtual_time
async def test_functions_are_called_soon_after_they_are_wanted(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a `done` too."""
    slowly(monkeypatch, Slow(wire(CREATED, WANTS), 1e6))
    client, _ = client_of(mocked, says("cancelling"))
    called: list[float] = []

    async def add(**_: int) -> None:
        called.append(now())
        raise KeyError

    async with client, stream_of(client, functions=[add]) as stream:
        with pytest.raises(KeyError):
            await stream.get_final_run()
    assert called == [1]


# --- Cancelling anext() -----------------------------------------------------------------------


@virtual_time
async def test_cancelling_while_outputs_are_submitted_changes_nothing(
    mocked: aioresponses,
) -> None:
    """They arrive once, and the next `anext()` goes on; functions are called once."""
    called: list[int] = []

    async def add(a: int, b: int) -> int:
        called.append(a)
        return a + b

    submitted = reply(200, body=wire(*WHOLE[1:], DONE), headers=EVENT_STREAM, after=3.5)
    client, sent = client_of(mocked, streaming(CREATED, WANTS, DONE), submitted)
    async with client, stream_of(client, functions=[add]) as stream:
        names = await _with_heartbeats(stream)

    assert names == [CREATED[0], WANTS[0], *(name for name, _ in WHOLE[1:])]
    assert called == [2]
    assert [one.path for one in sent] == [PATH.rpartition("/")[0], f"{PATH}/submit_tool_outputs"]


@virtual_time
async def test_cancelling_while_it_is_mended_changes_nothing(mocked: aioresponses) -> None:
    """It is polled at the same pace, and mended once."""
    answers = [says("in_progress"), says("in_progress"), says("completed")]
    slow_page = reply(200, {"data": [message("Hello", "completed")], "has_more": False}, after=3)
    client, sent = client_of(mocked, streaming(*WHOLE[:4]), *answers, slow_page, page())
    async with client, stream_of(client) as stream:
        names = await _with_heartbeats(stream)

    assert names[-1] == "thread.run.completed"
    assert [one.at for one in sent] == [0, 0, 1, 2.5, 2.5, 5.5]


@virtual_time
async def test_what_a_cancelled_anext_began_ends_with_the_stream(mocked: aioresponses) -> None:
    """A submission on its way when the stream is left goes no further."""
    submitted = reply(200, body=wire(*WHOLE[1:], DONE), headers=EVENT_STREAM, after=30)
    client, sent = client_of(mocked, streaming(CREATED, WANTS, DONE), submitted, says("cancelling"))
    async with client, stream_of(client, functions=[add]) as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await stream.get_final_run()
    assert now() == 1
    assert sent[-1].path == f"{PATH}/cancel"


@virtual_time
async def test_one_task_iterates_at_a_time(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one is told so, and the first goes on."""
    slowly(monkeypatch, Slow(1.0, wire(*WHOLE, DONE)))
    client, _ = client_of(mocked)
    async with client, stream_of(client) as stream:
        first = asyncio.create_task(stream.get_final_run())
        await asyncio.sleep(0.5)
        with pytest.raises(RuntimeError, match="one task at a time"):
            await anext(stream)
        assert (await first).status == "completed"


# --- Errors -----------------------------------------------------------------------------------


@virtual_time
async def test_a_stream_is_over_after_an_error(mocked: aioresponses) -> None:
    """Nothing is called again; what was raised is what there is to know."""
    called: list[int] = []

    async def add(a: int, **_: int) -> None:
        called.append(a)
        raise KeyError(a)

    client, _ = client_of(mocked, streaming(CREATED, WANTS, DONE), says("cancelling"))
    async with client, stream_of(client, functions=[add]) as stream:
        with pytest.raises(KeyError):
            [event async for event in stream]
        assert [event async for event in stream] == []
        with pytest.raises(KeyError):
            await stream.get_final_run()
    assert called == [2]


@virtual_time
async def test_a_stream_is_iterated_inside_of_its_block_only(mocked: aioresponses) -> None:
    """Before it is an error, and does no harm; the final run is known after it."""
    client, _ = client_of(mocked, streaming(*WHOLE, DONE))
    async with client:
        stream = stream_of(client)
        for attempt in (stream, stream.text_deltas):
            with pytest.raises(RuntimeError, match="only inside of its `async with`"):
                await anext(attempt)
        async with stream:
            assert (await stream.get_final_run()).status == "completed"
        with pytest.raises(RuntimeError, match="only inside of its `async with`"):
            await anext(stream)
        assert (await stream.get_final_run()).status == "completed"


@virtual_time
async def test_what_a_stream_reports_is_made_fit_to_be_read(mocked: aioresponses) -> None:
    """Without credentials and control characters, and with the facts of the call."""
    said = {"code": f"c\x1b[31m{API_KEY}", "message": f"bad\r\nkey {API_KEY}\x00"}
    answer = reply(
        200,
        body=wire(CREATED, ("error", {"error": said})),
        headers={**EVENT_STREAM, "x-request-id": "req_1"},
    )
    client, _ = client_of(mocked, answer, says("cancelling"))
    async with client, stream_of(client) as stream:
        with pytest.raises(RunStreamError) as caught:
            await stream.get_final_run()

    error = caught.value
    assert API_KEY not in f"{error} {error.code} {error.message!r} {error.args}"
    assert error.message.startswith("bad key ")
    assert error.message.isprintable()
    assert str(error.code).isprintable()
    assert (error.method, error.request_id) == ("POST", "req_1")
    assert error.may_have_executed
    assert error.run is not None


@virtual_time
async def test_what_comes_after_the_end_is_not_heeded(mocked: aioresponses) -> None:
    """Be it an error."""
    error = ("error", {"message": "no"})
    client, _ = client_of(mocked, streaming(*WHOLE, DONE, error))
    async with client, stream_of(client) as stream:
        assert (await stream.get_final_run()).status == "completed"


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (b"<html>Sign in</html>", "text/html; charset=utf-8", "text/html"),
        (b'{"object": "list", "data": []}', "application/json", "application/json"),
        (b"", "application/json", "application/json"),
        (wire(*WHOLE), "text/plain", "text/plain"),
    ],
)
@virtual_time
async def test_a_success_that_is_no_stream_is_an_error(
    mocked: aioresponses, body: bytes, content_type: str, shown: str
) -> None:
    """On entering, with what came instead; the run may have been created."""
    client, sent = client_of(mocked, reply(200, body=body, headers={"content-type": content_type}))
    async with client:
        with pytest.raises(APIResponseValidationError, match=f"no stream.*{shown}") as caught:
            async with stream_of(client):
                raise AssertionError

    assert caught.value.may_have_executed
    assert caught.value.method == "POST"
    assert len(sent) == 1


@virtual_time
async def test_a_server_that_does_not_stream_is_polled(mocked: aioresponses) -> None:
    """It has answered with the run."""
    client, _ = client_of(mocked, says("queued"), says("in_progress"), says("completed"), *COMPLETE)
    async with client, stream_of(client) as stream:
        assert stream.run is not None
        assert "".join([one async for one in stream.text_deltas]) == "Hello"
        assert (await stream.get_final_run()).status == "completed"
    assert stream.interrupted

    mocked.clear()
    client, sent = client_of(mocked, says("queued"), says("cancelling"))
    async with client, stream_of(client):
        pass
    assert sent[-1].path == f"{PATH}/cancel"


STEP = {
    "id": "step_1",
    "object": "thread.run.step",
    "created_at": 1,
    "thread_id": THREAD,
    "run_id": RUN,
    "assistant_id": "asst_1",
    "type": "message_creation",
    "status": "in_progress",
    "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
}


@pytest.mark.parametrize(
    "events",
    [
        [BEGUN],
        [("thread.run.step.created", STEP)],
        [("thread.created", {"id": THREAD, "object": "thread", "created_at": 1}), BEGUN],
        [("thread.run.paused", run_payload("paused"))],
        [("thread.run.created", {**run_payload(), "created_at": "garbage"})],
    ],
    ids=["message", "step", "thread", "unknown", "garbage"],
)
@virtual_time
async def test_the_run_is_learnt_from_whatever_tells_it(mocked: aioresponses, events: Any) -> None:
    """So that it can be polled, and cancelled."""
    client, _ = client_of(mocked, streaming(*events), says("completed"), *COMPLETE)
    threads = client.threads
    async with client, threads.create_and_run_stream(assistant_id="asst_1") as stream:
        assert (await stream.get_final_run()).status == "completed"
    assert [one.text for one in stream.messages] == ["Hello"]

    mocked.clear()
    client, sent = client_of(mocked, streaming(*events), says("cancelling"))
    async with client, client.threads.create_and_run_stream(assistant_id="asst_1"):
        pass
    assert sent[-1].path == f"{PATH}/cancel"


# --- Leaving ----------------------------------------------------------------------------------


@virtual_time
async def test_a_run_that_was_handed_back_is_not_cancelled(mocked: aioresponses) -> None:
    """Wherever the loop is left, once the action is told; one that functions give is cancelled."""
    client, sent = client_of(mocked, streaming(CREATED, WANTS, DONE))
    async with client, stream_of(client) as stream:
        async for event in stream:
            if event.event == "thread.run.requires_action":
                break
    assert len(sent) == 1

    mocked.clear()
    client, sent = client_of(mocked, streaming(CREATED, WANTS, DONE), says("cancelling"))
    async with client, stream_of(client, functions=[add]) as stream:
        async for event in stream:
            if event.event == "thread.run.requires_action":
                break
    assert sent[-1].path == f"{PATH}/cancel"


@pytest.mark.parametrize("status", [400, 404, 409, 500])
@pytest.mark.parametrize("after", ["completed", "cancelling"])
@virtual_time
async def test_a_run_that_ended_meanwhile_was_left_well(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture, status: int, after: str
) -> None:
    """A cancel that is refused because of it is no failure."""
    client, sent = client_of(
        mocked, streaming(CREATED), refused("Cannot cancel run", status), says(after)
    )
    with caplog.at_level(logging.WARNING):
        async with client, stream_of(client) as stream:
            await anext(stream)
    assert len(sent) == 3
    assert not caplog.records


@pytest.mark.parametrize("now_is", [says("in_progress"), refused("no", 404)])
@virtual_time
async def test_a_run_that_goes_on_was_not_left_well(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture, now_is: Answer
) -> None:
    """It is named in the log."""
    client, _ = client_of(mocked, streaming(CREATED), refused("no", 409), now_is)
    with caplog.at_level(logging.WARNING):
        async with client, stream_of(client) as stream:
            await anext(stream)
    (record,) = caplog.records
    assert RUN in record.getMessage()


@virtual_time
async def test_closing_the_client_leaves_what_is_open(mocked: aioresponses) -> None:
    """A stream that nobody reads at the time; `close()` waits for that."""
    client, sent = client_of(mocked, streaming(*WHOLE[:4]), reply(200, run_payload(), after=2))
    stream = stream_of(client)
    async with stream:
        await client.close()
        assert now() == 2
        assert sent[-1].path == f"{PATH}/cancel"
        with pytest.raises(ClientClosedError):
            await anext(stream)
    assert len(sent) == 2


@pytest.mark.parametrize("on_exit", ["cancel", "leave"])
@virtual_time
async def test_closing_the_client_ends_the_iteration_by_its_own_error(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch, on_exit: str
) -> None:
    """Whatever it waits for, and in whichever turn of the loop it is closed."""
    for turns in range(12):
        slow = Slow(wire(CREATED), 0.0, wire(BEGUN), 1e6)
        slowly(monkeypatch, slow)
        client, sent = client_of(mocked, says("cancelling"))

        async def iterate(client: AsyncPortkey = client) -> None:
            async with stream_of(client, on_exit=on_exit) as stream:
                [event async for event in stream]

        task = asyncio.create_task(iterate())
        for _ in range(turns):
            await asyncio.sleep(0)
        await client.close()
        with pytest.raises(ClientClosedError):
            await task
        assert [one.path for one in sent] in ([f"{PATH}/cancel"], [])
        assert bool(sent) == (on_exit == "cancel" and turns > 0)
        assert slow.closed or turns <= 1  # else it was never opened
        mocked.clear()


@virtual_time
async def test_closing_the_client_ends_what_a_cancelled_anext_began(mocked: aioresponses) -> None:
    """A stream that is being mended."""
    client, sent = client_of(mocked, streaming(CREATED), says("in_progress"), says("cancelling"))
    async with stream_of(client) as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await stream.get_final_run()
        await client.close()
        assert sent[-1].path == f"{PATH}/cancel"
        with pytest.raises(ClientClosedError):
            await anext(stream)


async def test_a_client_that_nobody_closes_says_so_once() -> None:
    """Where only a stream was opened, and with the stream still open."""

    async def serve(connection: Connection) -> None:
        while await connection.receive():
            head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
            await connection.send(head + wire(CREATED))
            await connection.gone()

    async with RawServer(serve) as server:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            client = AsyncPortkey(base_url=f"http://127.0.0.1:{server.port}/v1")
            stream = stream_of(client, on_exit="leave")
            await stream.__aenter__()
            await anext(stream)
            del client, stream
            gc.collect()
            await server.all_closed()
    assert [str(one.message).partition(":")[0] for one in caught] == ["unclosed AsyncPortkey"]


async def test_closing_the_client_closes_the_connection_of_an_open_stream() -> None:
    """That of a stream which is not to be cancelled too; and the server sees it at once."""

    async def serve(connection: Connection) -> None:
        await connection.receive()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
        await connection.send(head + wire(CREATED))
        await connection.gone()

    async with RawServer(serve) as server:
        client = AsyncPortkey(base_url=f"http://127.0.0.1:{server.port}/v1")
        async with stream_of(client, on_exit="leave") as stream:
            await anext(stream)
            await client.close()
            await server.all_closed()
            with pytest.raises(ClientClosedError):
                await anext(stream)


# --- Texts ------------------------------------------------------------------------------------


@virtual_time
async def test_missing_text_is_given_once(mocked: aioresponses) -> None:
    """Though both streams of a run with functions break."""
    client, _ = client_of(
        mocked,
        streaming(CREATED, BEGUN, delta("Hel")),
        reply(200, WANTS[1]),
        page(message("Hello ", "in_progress")),
        page(),
        streaming(delta("wor")),
        says("completed"),
        page(message("Hello world", "completed")),
        page(),
    )
    async with client, stream_of(client, functions=[add]) as stream:
        pieces = [one async for one in stream.text_deltas]
    assert pieces == ["Hel", "lo ", "wor", "ld"]
    assert [one.text for one in stream.messages] == ["Hello world"]


@pytest.mark.parametrize("noise", [DONE, told("in_progress"), ("thread.message.delta", {"x": 1})])
@virtual_time
async def test_a_stream_that_is_out_of_order_is_mended(mocked: aioresponses, noise: Any) -> None:
    """A delta before its `created`, duplicates, and an end or garbage in the middle."""
    events = [delta("Hel"), CREATED, CREATED, BEGUN, noise]
    client, _ = client_of(mocked, streaming(*events), says("completed"), *COMPLETE)
    async with client, stream_of(client) as stream:
        assert "".join([one async for one in stream.text_deltas]) == "Hello"
    assert [one.text for one in stream.messages] == ["Hello"]


@virtual_time
async def test_an_event_that_is_too_long_is_an_error(mocked: aioresponses) -> None:
    """The events before it are given; the run is cancelled."""
    client, sent = client_of(mocked, streaming(CREATED, delta("x" * 2000)), says("cancelling"))
    async with client:
        short = client.with_options(max_response_bytes=1000)
        async with stream_of(short) as stream:
            assert isinstance(await anext(stream), RunEvent)
            with pytest.raises(APIResponseValidationError, match="max_response_bytes") as caught:
                await anext(stream)
    assert caught.value.method == "POST"
    assert caught.value.run is not None
    assert sent[-1].path == f"{PATH}/cancel"


@virtual_time
async def test_bytes_that_are_no_text_are_as_good_as_a_break(mocked: aioresponses) -> None:
    """In an event that is known; the name of another one is as good as can be."""
    bad = b'event: thread.message.delta\ndata: {"id": "\xff"}\n\n'
    odd = b"event: \xff\ndata: \xff\n\n"
    body = wire(CREATED, BEGUN) + odd + bad
    answer = reply(200, body=body, headers=EVENT_STREAM)
    client, _ = client_of(mocked, answer, says("completed"), *COMPLETE)
    async with client, stream_of(client) as stream:
        events = [event async for event in stream]
    assert [event.event for event in events] == [
        CREATED[0],
        BEGUN[0],
        "\ufffd",
        "thread.run.completed",
    ]
    assert stream.interrupted


def _ways_to_end() -> Mapping[str, Any]:
    whole = wire(*WHOLE, DONE)
    cuts = [0]
    for event in WHOLE:
        cuts += [cuts[-1] + len(wire(event)) // 2, cuts[-1] + len(wire(event))]
    return {f"{cut}": whole[:cut] for cut in cuts[2:-2]}


@pytest.mark.parametrize("way", ["end", "loss"])
@pytest.mark.parametrize("cut", _ways_to_end().values(), ids=_ways_to_end().keys())
@virtual_time
async def test_a_stream_is_mended_wherever_it_is_cut(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch, cut: bytes, way: str
) -> None:
    """Between events and inside of one, by a clean end or a loss: the text is there once."""
    loss = [APIConnectionError("lost")] if way == "loss" else []
    slowly(monkeypatch, Slow(*[bytes([one]) for one in cut], *loss))
    client, _ = client_of(mocked, says("completed"), *COMPLETE)
    async with client, stream_of(client) as stream:
        text = "".join([one async for one in stream.text_deltas])
    assert text == "Hello"
    assert stream.interrupted


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@virtual_time
async def test_a_stream_is_read_whatever_its_lines_end_in(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    """And in whatever pieces it comes."""
    whole = wire(*WHOLE, DONE).replace(b"\n", end)
    slowly(monkeypatch, Slow(*[whole[at : at + 7] for at in range(0, len(whole), 7)]))
    client, _ = client_of(mocked)
    async with client, stream_of(client) as stream:
        deltas = [one async for one in stream if isinstance(one, MessageDeltaEvent)]
    assert [one.data.text for one in deltas] == ["Hel", "lo"]
    assert not stream.interrupted
