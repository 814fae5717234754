"""Threads, messages, runs and steps through the real gateway: polls, functions and streams."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from threading import Semaphore
from typing import Any

import attrs
import pytest
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import each

from portkey_async import (
    ActiveRunError,
    APIConnectionError,
    AsyncPortkey,
    MessageDeltaEvent,
    NotFoundError,
    RunEvent,
    RunStream,
    StreamEvent,
    function_tools,
)
from portkey_async.testing import Call, Code, Fault, Hang, PortkeyServer, Say
from portkey_async.testing._api.openapi import description

STREAMED = "/threads/*/runs"
PATIENCE = 20
"""Seconds for what takes a moment, on a busy machine."""


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@attrs.frozen
class Talk:
    """A thread, and an assistant to run on it, through the gateway."""

    client: AsyncPortkey
    thread_id: str
    assistant_id: str

    def stream(self, **settings: Any) -> RunStream:
        """Stream a run."""
        return self.client.threads.runs.stream(
            self.thread_id, assistant_id=self.assistant_id, **settings
        )


@pytest.fixture
async def talk(client: AsyncPortkey) -> Talk:
    """A thread with a question, and an assistant that can add."""
    assistant = await client.assistants.create(model="gpt-4o", tools=function_tools([add]))
    thread = await client.threads.create(messages=[{"role": "user", "content": "2 + 2, please"}])
    return Talk(client, thread.id, assistant.id)


@pytest.fixture(autouse=True)
async def _in_time() -> AsyncIterator[None]:
    async with asyncio.timeout(3 * PATIENCE):
        yield


def operations_of(server: PortkeyServer) -> set[str]:
    """The names of the operations that were asked for."""
    asked: set[str] = set()
    for path, methods in description("")["paths"].items():
        pattern = re.compile("/v1" + re.sub(r"{\w+}", r"[^/]+_[^/]+", path))
        for request in server.requests:
            if pattern.fullmatch(request.path) and request.method.lower() in methods:
                asked.add(methods[request.method.lower()]["operationId"])
    return asked


async def test_every_operation_of_the_tag(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """All 23 arrive, and the client holds what the upstream holds."""
    upstream.script(Call("add", a=2, b=2), Code("2 + 2", "4"), Say("4"))
    upstream.script(Hang())
    assistants, threads = client.assistants, client.threads
    messages, runs = threads.messages, threads.runs

    assistant = await assistants.create(model="gpt-4o", tools=function_tools([add]))
    assistant = await assistants.update(assistant.id, name="Ünïcödé ☃")
    assert await assistants.retrieve(assistant.id) == assistant
    assert (await assistants.list(limit=1)).data == [assistant]

    thread = await threads.create(metadata={"k": "v"})
    thread = await threads.update(thread.id, metadata={"k": "☃"})
    assert await threads.retrieve(thread.id) == thread
    assert upstream.threads[thread.id] == thread.to_dict()

    message = await messages.create(thread.id, role="user", content="Größe \u2028 ☃ \r\n 😀")
    message = await messages.update(message.id, thread_id=thread.id, metadata={"k": "v"})
    assert await messages.retrieve(message.id, thread_id=thread.id) == message
    assert upstream.messages[message.id] == message.to_dict()
    assert await messages.list(thread.id).collect() == [message]

    run = await runs.create_and_poll(thread.id, assistant_id=assistant.id, functions=[add])
    run = await runs.update(run.id, thread_id=thread.id, metadata={"k": "v"})
    assert run.status == "completed"
    assert await runs.retrieve(run.id, thread_id=thread.id) == run
    assert await runs.list(thread.id).collect() == [run]
    assert upstream.runs[run.id] == run.to_dict()
    steps = await runs.steps.list(run.id, thread_id=thread.id, order="asc").collect()
    kinds = [step.type for step in steps]
    assert kinds == ["tool_calls", "tool_calls", "message_creation"]
    step = await runs.steps.retrieve(steps[0].id, thread_id=thread.id, run_id=run.id)
    assert step == steps[0]
    assert upstream.run_steps[step.id] == step.to_dict()
    said = await messages.list(thread.id, run_id=run.id)
    assert [each.text for each in said] == ["4"]

    other = await threads.create_and_run(assistant_id=assistant.id, thread={"messages": []})
    cancelled = await runs.cancel(other.id, thread_id=other.thread_id)
    assert cancelled.status == "cancelling"
    assert (await runs.poll(other.id, thread_id=other.thread_id)).status == "cancelled"

    assert (await messages.delete(message.id, thread_id=thread.id)).deleted
    assert (await threads.delete(thread.id)).deleted
    assert (await assistants.delete(assistant.id)).deleted
    with pytest.raises(NotFoundError, match=thread.id):
        await threads.retrieve(thread.id)

    tag = {
        operation["operationId"]
        for methods in description("")["paths"].values()
        for operation in methods.values()
        if operation["tags"] == ["Assistants"]
    }
    assert len(tag) == 23
    assert operations_of(upstream) == tag


async def test_an_active_run_is_in_the_way(talk: Talk, upstream: PortkeyServer) -> None:
    """The API's 400 comes through, and is told apart from others."""
    upstream.script(Hang())
    runs = talk.client.threads.runs
    run = await runs.create(talk.thread_id, assistant_id=talk.assistant_id)

    with pytest.raises(ActiveRunError) as caught:
        await runs.create(talk.thread_id, assistant_id=talk.assistant_id)
    assert caught.value.run_id == run.id
    with pytest.raises(ActiveRunError):
        await talk.client.threads.messages.create(talk.thread_id, role="user", content="x")


async def test_a_stream_is_live(talk: Talk, upstream: PortkeyServer) -> None:
    """Each event is seen before the upstream sends the next."""
    turns = Semaphore(0)
    sent: list[str] = []

    def hold(data: dict[str, Any]) -> None:
        assert turns.acquire(timeout=PATIENCE), "the event before was not seen"
        sent.append(data["id"])

    upstream.script(Say("one two three four"))
    upstream.inject(Fault.payload(hold), path=STREAMED)
    turns.release()
    seen: list[str] = []
    async with talk.stream() as stream:
        async for event in stream:
            seen.append(event.data.id)
            assert seen == sent
            turns.release()

    assert len(seen) > 10
    assert stream.messages[0].text == "one two three four"
    assert not stream.interrupted


async def test_functions_are_called_while_streaming(talk: Talk, upstream: PortkeyServer) -> None:
    """The stream goes on through a second request, of the outputs, in the same iterator."""
    upstream.script([Call("add", a=2, b=2), Call("add", a=3, b=4)], Say("4 and 7"))

    async with talk.stream(functions=[add]) as stream:
        text = "".join([piece async for piece in stream.text_deltas])

    assert text == "4 and 7"
    assert stream.run is not None
    assert stream.run.status == "completed"
    outputs = upstream.requests[-1].body["tool_outputs"]
    assert [each["output"] for each in outputs] == ["4", "7"]
    assert "submitToolOuputsToRun" in operations_of(upstream)


async def test_a_thread_is_made_and_run_in_one_stream(talk: Talk, upstream: PortkeyServer) -> None:
    """The thread is in the stream too."""
    thread = {"messages": [{"role": "user", "content": "Say this"}]}
    async with talk.client.threads.create_and_run_stream(
        assistant_id=talk.assistant_id, thread=thread
    ) as stream:
        run = await stream.get_final_run()

    assert stream.thread is not None
    assert upstream.threads[stream.thread.id] == stream.thread.to_dict()
    assert run.to_dict() == upstream.runs[run.id]
    assert [message.text for message in stream.messages] == ["Say this"]


EVENTS = [
    *("thread.run.created", "thread.run.queued", "thread.run.in_progress"),
    *("thread.run.step.created", "thread.run.step.in_progress"),
    *("thread.message.created", "thread.message.in_progress"),
    *("thread.message.delta", "thread.message.delta", "thread.message.delta"),
    *("thread.message.completed", "thread.run.step.completed", "thread.run.completed"),
]


@pytest.mark.parametrize("clean", [False, True], ids=["cut", "ended"])
@pytest.mark.parametrize("after", range(1, len(EVENTS)))
async def test_a_stream_that_is_cut_is_mended(
    talk: Talk, upstream: PortkeyServer, after: int, *, clean: bool
) -> None:
    """Wherever the upstream breaks off: the text is whole, once, and so are the snapshots."""
    upstream.script(Say("one two three"))
    upstream.inject(Fault.cut_stream(after, clean=clean), path=STREAMED)

    async with talk.stream() as stream:
        events = [event async for event in stream]

    (run,) = upstream.runs.values()
    (message,) = [each for each in upstream.messages.values() if each["role"] == "assistant"]
    assert stream.interrupted
    names = [event.event for event in events[:-1]]
    assert names == EVENTS[: len(names)]
    # What the gateway has not passed on when the connection breaks, it drops.
    assert len(names) == after if clean else len(names) <= after
    assert isinstance(events[-1], RunEvent)
    assert events[-1].data.status == "completed"
    assert stream.run is not None
    assert stream.run.to_dict() == run
    assert [each.to_dict() for each in stream.messages] == [message]
    assert [step.to_dict() for step in stream.run_steps] == [*upstream.run_steps.values()]


async def test_the_text_of_a_stream_that_is_cut_is_whole(
    talk: Talk, upstream: PortkeyServer
) -> None:
    """What was given is not given again; what is missing comes from the API."""
    upstream.script(Call("add", a=2, b=2), Say("one two three"))
    upstream.inject(Fault.cut_stream(9), path=STREAMED)
    upstream.inject(Fault.cut_stream(9), path="/threads/*/submit_tool_outputs")

    async with talk.stream(functions=[add]) as stream:
        pieces = [piece async for piece in stream.text_deltas]

    assert "".join(pieces) == "one two three"
    assert stream.interrupted
    assert len(upstream.runs) == 1


async def test_a_stream_that_is_cut_before_its_run_is_in_doubt(
    talk: Talk, upstream: PortkeyServer
) -> None:
    """Nobody can say which run was made: an error says that one may have been."""
    upstream.inject(Fault.cut_stream(0), path=STREAMED)

    with pytest.raises(APIConnectionError) as caught:
        async with talk.stream() as stream:
            await stream.get_final_run()

    assert caught.value.may_have_executed
    assert len(upstream.runs) == 1


async def test_a_stream_that_is_left_cancels_its_run(talk: Talk, upstream: PortkeyServer) -> None:
    """The upstream would go on: the gateway does not tell it that the client has gone."""
    upstream.script(Say("one"), Hang())

    async with talk.stream() as stream:
        async for event in stream:
            if isinstance(event, MessageDeltaEvent):
                break

    (run,) = upstream.runs.values()
    assert run["status"] in {"cancelling", "cancelled"}
    assert operations_of(upstream) >= {"cancelRun"}


async def test_streams_side_by_side_do_not_mix(talk: Talk, upstream: PortkeyServer) -> None:
    """Twenty at once, each with its own text."""
    texts = [f"text number {number}" for number in range(20)]

    async def said(text: str) -> str:
        thread = {"messages": [{"role": "user", "content": text}]}
        async with talk.client.threads.create_and_run_stream(
            assistant_id=talk.assistant_id, thread=thread
        ) as stream:
            return "".join([piece async for piece in stream.text_deltas])

    assert await asyncio.gather(*map(said, texts)) == texts
    assert len(upstream.runs) == 20


async def test_a_stream_with_crlf_is_read_at_its_end(talk: Talk) -> None:
    """The gateway holds such a stream back until it is complete; then it is as good as any."""
    async with talk.stream() as stream:
        whole = [event async for event in stream]
    lines = [f"event: {event.event}\r\ndata: {_data(event)}\r\n\r\n" for event in whole]
    body = "".join([*lines, "event: done\r\ndata: [DONE]\r\n\r\n"]).encode()
    seen = asyncio.Event()

    async def respond(connection: Connection, _request: RawRequest) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"
        await connection.send(head % len(body) + body[:-9])
        # Nothing of it gets through so far.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(seen.wait(), 0.3)
        await connection.send(body[-9:])

    async with RawServer(each(respond)) as raw:
        host = f"http://127.0.0.1:{raw.port}/v1"
        through = Talk(talk.client.with_options(custom_host=host), talk.thread_id, "asst_1")
        async with through.stream() as stream:
            events = []
            async for event in stream:
                seen.set()
                events.append(event)

    assert events == whole
    assert not stream.interrupted


def _data(event: StreamEvent) -> str:
    return json.dumps(event.data.to_dict())
