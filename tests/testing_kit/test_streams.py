"""Runs that are streamed: the API's events in the API's order, and streams that break."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from testing_kit.calls import BEARER, ROUTED, call, until
from testing_kit.conversations import Conversation, begin, outputs_of, parsed, stream

from portkey_async.testing import Call, Code, End, Fail, Fault, Hang, PortkeyServer, Say
from portkey_async.testing._api.message_payloads import deltas
from portkey_async.testing._schemas.catalog import SCHEMAS
from portkey_async.testing._schemas.check import check

BEGINNING = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
STEP = ["thread.run.step.created", "thread.run.step.in_progress"]
MESSAGE = ["thread.message.created", "thread.message.in_progress"]
CITATION = {
    "type": "file_citation",
    "text": "[1]",
    "start_index": 8,
    "end_index": 11,
    "file_citation": {"file_id": "file_1", "quote": "q"},
}


@pytest.fixture
async def talk(server: PortkeyServer) -> Conversation:
    """A thread with a question, and an assistant with two functions."""
    return await begin(server, "one two")


async def test_a_message_is_streamed_word_by_word(talk: Conversation) -> None:
    """Every state of run, step and message, then `done`."""
    events = await talk.stream()

    assert [event.name for event in events] == [
        *BEGINNING,
        *STEP,
        *MESSAGE,
        *["thread.message.delta"] * 2,
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
        "done",
    ]
    by_name = {event.name: event.data for event in events}
    assert by_name["thread.run.created"]["status"] == "queued"
    assert by_name["thread.message.created"]["content"] == []
    assert by_name["thread.message.created"]["status"] == "in_progress"
    assert by_name["thread.run.completed"] == await talk.retrieve(
        by_name["thread.run.created"]["id"]
    )
    (part,) = by_name["thread.message.completed"]["content"]
    assert part["text"]["value"] == "one two"
    schemas = {"message": "MessageStreamEvent", "step": "RunStepStreamEvent"}
    for event in events[:-1]:
        kind = event.name.split(".")[-2]
        branches = SCHEMAS[schemas.get(kind, "RunStreamEvent")]["oneOf"]
        (schema,) = (b for b in branches if b["properties"]["event"]["enum"] == [event.name])
        assert check({"event": event.name, "data": event.data}, schema) is None


async def test_a_stream_has_the_headers_of_one(talk: Conversation) -> None:
    """Its media type, and Portkey's own where it is called directly."""
    async with (
        aiohttp.ClientSession(headers=ROUTED) as session,
        session.post(
            f"{talk.server.base_url}/threads/{talk.thread_id}/runs",
            json={"assistant_id": talk.assistant_id, "stream": True},
        ) as response,
    ):
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["x-portkey-provider"] == "openai"
        assert response.headers["x-request-id"]
        assert parsed(await response.text())[-1].name == "done"
    assert talk.server.requests[-1].status == 200


async def test_calls_and_code_are_streamed_in_pieces(talk: Conversation) -> None:
    """The pieces together are the arguments; the stream ends where an action is required."""
    talk.server.script(
        Code("print(2 + 2)  # four", "4"), [Call("add", a=20_000, b=2), Call("look_up")]
    )
    events = await talk.stream()

    assert [event.name for event in events][-2:] == ["thread.run.requires_action", "done"]
    arguments: dict[int, str] = {}
    code = logs = ""
    for event in events:
        if event.name == "thread.run.step.delta":
            (part,) = event.data["delta"]["step_details"]["tool_calls"]
            if part["type"] == "function":
                place = part["index"]
                arguments[place] = arguments.get(place, "") + part["function"]["arguments"]
            else:
                code += part["code_interpreter"].get("input", "")
                for output in part["code_interpreter"].get("outputs", ()):
                    logs += output["logs"]
    assert arguments == {0: '{"a":20000,"b":2}', 1: "{}"}
    assert (code, logs) == ("print(2 + 2)  # four", "4")


async def test_a_stream_goes_on_after_outputs(talk: Conversation) -> None:
    """From the step that is completed to the end; without `stream`, it is polled instead."""
    talk.server.script(Call("add"), Call("add"), Say("4"))
    run = (await talk.stream())[-2].data
    path = f"/threads/{talk.thread_id}/runs/{run['id']}/submit_tool_outputs"

    again = await stream(talk.server, path, {"tool_outputs": outputs_of(run, "4"), "stream": True})
    last = (await talk.submit(again[-2].data, "5")).payload
    done = await talk.poll(run["id"])

    assert [event.name for event in again][:4] == [
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
    ]
    assert last["status"] == "queued"
    assert done["status"] == "completed"


async def test_a_thread_that_is_made_with_its_run_comes_first(talk: Conversation) -> None:
    """`thread.created`, then the run."""
    events = await stream(
        talk.server, "/threads/runs", {"assistant_id": talk.assistant_id, "stream": True}
    )

    assert [event.name for event in events][:2] == ["thread.created", "thread.run.created"]
    assert check(events[0].data, SCHEMAS["ThreadObject"]) is None


async def test_annotations_come_with_what_they_annotate(talk: Conversation) -> None:
    """In the delta that reaches their end, with an index; those without a place in the last."""
    lost = {"type": "file_path", "text": "x", "file_path": {"file_id": "file_2"}}
    talk.server.script(Say("It is 4 [1] for sure", annotations=[lost, CITATION]))
    events = await talk.stream()

    texts = [
        event.data["delta"]["content"][0]["text"]
        for event in events
        if event.name == "thread.message.delta"
    ]
    assert texts[0] == {"value": "It", "annotations": []}
    assert texts[3] == {"value": " [1]", "annotations": [{"index": 1} | CITATION]}
    assert texts[-1] == {"value": " sure", "annotations": [{"index": 0} | lost]}
    (completed,) = (e.data for e in events if e.name == "thread.message.completed")
    assert completed["content"][0]["text"]["annotations"] == [lost, CITATION]


@given(st.text())
def test_deltas_together_are_the_text(text: str) -> None:
    """Whatever it is made of; an empty one has one empty delta."""
    made = [delta["delta"]["content"][0]["text"]["value"] for _, delta in deltas("m", text, [])]

    assert "".join(made) == text
    assert made


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (Fail(), "thread.run.failed"),
        (End("incomplete"), "thread.run.incomplete"),
        (End("expired"), "thread.run.expired"),
        (End("cancelled"), "thread.run.cancelled"),
    ],
    ids=repr,
)
async def test_a_stream_ends_as_its_run_does(talk: Conversation, act: Any, name: str) -> None:
    """The terminal event, then `done`."""
    talk.server.script(act)

    assert [event.name for event in await talk.stream()][-2:] == [name, "done"]


async def read_slowly(talk: Conversation, act: Any) -> list[str]:
    """The names of a stream's events, which *act* makes end once it hangs."""
    body = {"assistant_id": talk.assistant_id, "stream": True}
    url = f"{talk.server.base_url}/threads/{talk.thread_id}/runs"
    async with (
        aiohttp.ClientSession(headers=BEARER) as session,
        session.post(url, json=body) as response,
    ):
        await until(lambda: [*talk.server.runs.values()][-1]["status"] == "in_progress")
        (run,) = talk.server.runs.values()
        await act(run["id"])
        return [event.name for event in parsed(await response.text())]


async def test_a_stream_that_waits_ends_when_its_run_is_cancelled(talk: Conversation) -> None:
    """It tells of both states."""
    talk.server.script(Hang())

    async def cancel(run_id: str) -> None:
        await call(talk.server, "POST", f"/threads/{talk.thread_id}/runs/{run_id}/cancel")

    names = await read_slowly(talk, cancel)

    assert names[-3:] == ["thread.run.cancelling", "thread.run.cancelled", "done"]


async def test_a_stream_that_waits_ends_when_its_run_expires(talk: Conversation) -> None:
    """At once, when the clock is moved from another thread."""
    talk.server.script(Hang())

    async def expire(_run_id: str) -> None:
        talk.server.advance(600)

    assert (await read_slowly(talk, expire))[-2:] == ["thread.run.expired", "done"]


async def test_a_stream_that_waits_ends_when_its_thread_goes(talk: Conversation) -> None:
    """There is nothing to come any more."""
    talk.server.script(Hang())

    async def delete(_run_id: str) -> None:
        await call(talk.server, "DELETE", f"/threads/{talk.thread_id}")

    assert (await read_slowly(talk, delete))[-2:] == ["thread.run.in_progress", "done"]


async def test_what_was_being_said_is_incomplete(talk: Conversation) -> None:
    """A run that is cancelled, or expires, in the middle of a message and its step."""
    for end in ("cancelled", "expired"):
        talk.server.script(Say("one two three"))
        talk.server.inject(Fault.stall_stream(8, 60))
        body = {"assistant_id": talk.assistant_id, "stream": True}
        path = f"/threads/{talk.thread_id}/runs"
        async with aiohttp.ClientSession(headers=BEARER) as session:
            response = await session.post(talk.server.base_url + path, json=body)
            await until(lambda: len(talk.server.run_steps) > 0)
            run = [*talk.server.runs.values()][-1]
            await until(
                lambda run=run: (
                    talk.server.messages.children(talk.thread_id)[-1]["run_id"] == run["id"]
                )
            )
            await asyncio.sleep(0)
            if end == "expired":
                talk.server.advance(600)
            else:
                await call(talk.server, "POST", f"{path}/{run['id']}/cancel")
                await until(lambda run=run: talk.server.runs[run["id"]]["status"] == "cancelled")
            response.close()
        message = talk.server.messages.children(talk.thread_id)[-1]
        assert message["status"] == "incomplete"
        assert message["incomplete_details"] == {"reason": f"run_{end}"}
        assert message["incomplete_at"]
        (step,) = talk.server.run_steps.children(run["id"])
        assert (step["status"], bool(step[f"{end}_at"])) == (end, True)
        assert talk.server.runs[run["id"]]["status"] == end


async def test_a_run_goes_on_when_its_listener_leaves(talk: Conversation) -> None:
    """Leaving a stream stops nothing; a moment later the run has ended."""
    talk.server.inject(Fault.stall_stream(4, 60))
    body = {"assistant_id": talk.assistant_id, "stream": True}
    async with aiohttp.ClientSession(headers=BEARER) as session:
        url = f"{talk.server.base_url}/threads/{talk.thread_id}/runs"
        response = await session.post(url, json=body)
        await response.content.readline()
        response.close()
    (run_id,) = talk.server.runs

    assert (await talk.poll(run_id))["status"] == "completed"


async def test_a_silent_stream_whose_listener_leaves_is_given_up(talk: Conversation) -> None:
    """It holds nothing until the server stops."""
    answered: list[object] = []
    async with PortkeyServer(on_answer=answered.append) as server:
        talk = await begin(server)
        before = len(answered)
        server.script(Hang())
        body = {"assistant_id": talk.assistant_id, "stream": True}
        async with aiohttp.ClientSession(headers=BEARER) as session:
            url = f"{server.base_url}/threads/{talk.thread_id}/runs"
            response = await session.post(url, json=body)
            await response.content.readline()
            response.close()
        await until(lambda: len(answered) > before)


async def test_a_server_stops_in_the_middle_of_a_stream(talk: Conversation) -> None:
    """At once."""
    talk.server.script(Hang())
    body = {"assistant_id": talk.assistant_id, "stream": True}
    async with aiohttp.ClientSession(headers=BEARER) as session:
        url = f"{talk.server.base_url}/threads/{talk.thread_id}/runs"
        response = await session.post(url, json=body)
        async with asyncio.timeout(10):
            await talk.server.stop()
        with pytest.raises(aiohttp.ClientError):
            await response.text()


# --- Streams that break -----------------------------------------------------------------------


async def broken(talk: Conversation, fault: Fault) -> tuple[str, bool]:
    """What of a stream arrived, and whether it seemed complete."""
    talk.server.inject(fault)
    body = {"assistant_id": talk.assistant_id, "stream": True}
    text = b""
    async with (
        aiohttp.ClientSession(headers=BEARER) as session,
        session.post(
            f"{talk.server.base_url}/threads/{talk.thread_id}/runs", json=body
        ) as response,
    ):
        try:
            async for chunk in response.content.iter_any():
                text += chunk
        except aiohttp.ClientPayloadError:
            return text.decode(), False
        return text.decode(), True


@pytest.mark.parametrize("after_events", [0, 1, 5])
@pytest.mark.parametrize("clean", [False, True])
async def test_a_stream_is_cut_after_events(
    talk: Conversation, after_events: int, *, clean: bool
) -> None:
    """As by a lost connection, or as through a gateway, which ends it properly; the run goes on."""
    text, complete = await broken(talk, Fault.cut_stream(after_events, clean=clean))

    assert len(parsed(text)) == after_events
    assert complete is clean
    (run_id,) = talk.server.runs
    assert (await talk.poll(run_id))["status"] == "completed"


async def test_a_cut_run_ends_though_nobody_looks(talk: Conversation) -> None:
    """A moment later."""
    await broken(talk, Fault.cut_stream(2))
    (run_id,) = talk.server.runs

    await until(lambda: talk.server.runs[run_id]["status"] == "completed")


async def test_a_stream_stalls_and_goes_on(talk: Conversation) -> None:
    """Nothing is lost."""
    text, complete = await broken(talk, Fault.stall_stream(2, 0.01))

    assert complete
    assert parsed(text)[-1].name == "done"


async def test_an_event_comes_twice(talk: Conversation) -> None:
    """The one after as many as said."""
    text, _ = await broken(talk, Fault.duplicate_event(5))

    names = [event.name for event in parsed(text)]
    assert names[5] == names[6] == "thread.message.created"
    assert names.count("thread.message.created") == 2


async def test_an_event_nobody_knows_comes_between(talk: Conversation) -> None:
    """All others come as usual."""
    text, _ = await broken(talk, Fault.unknown_event())

    names = [event.name for event in parsed(text)]
    assert names[3] == "thread.run.unheard_of"
    assert names[4] == STEP[0]
    assert names[-1] == "done"


async def test_an_error_event_ends_the_stream(talk: Conversation) -> None:
    """With message and code."""
    text, complete = await broken(talk, Fault.error_event(1, message="Down.", code=None))

    assert complete
    last = parsed(text)[-1]
    assert (last.name, last.data["message"], last.data["code"]) == ("error", "Down.", None)
    assert check(last.data, SCHEMAS["Error"]) is None


async def test_faults_of_streams_meet_streams_alone(talk: Conversation) -> None:
    """With times, method and path like any other; another request leaves them for the next."""
    talk.server.inject(Fault.cut_stream(1), path="/threads/*/runs", method="POST")
    other = {"assistant_id": talk.assistant_id, "stream": True}

    await talk.poll((await talk.run())["id"])
    assert (await stream(talk.server, "/threads/runs", other))[-1].name == "done"
    with pytest.raises(aiohttp.ClientPayloadError):
        await talk.stream()


async def test_the_payload_of_every_event_can_be_edited(talk: Conversation) -> None:
    """`done` is none; a function that fails ends in an error event."""

    def edit(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"new": 1}

    text, _ = await broken(talk, Fault.payload(edit))
    assert all(event.name == "done" or event.data["new"] == 1 for event in parsed(text))

    def fail(_data: object) -> None:
        raise KeyError("x")

    text, _ = await broken(talk, Fault.payload(fail))
    assert parsed(text)[0].name == "error"
    assert "KeyError" in parsed(text)[0].data["message"]


@pytest.mark.parametrize(
    ("fault", "complete"),
    [
        (Fault.truncate(), False),
        (Fault.malformed(), True),
        (Fault.slow_body(0.01), True),
        (Fault.oversized(20_000), True),
        (Fault.delay(0.01), True),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else "",
)
async def test_faults_of_bodies_meet_streams_too(
    talk: Conversation, fault: Fault, *, complete: bool
) -> None:
    """The run is there, since its events arrive."""
    text, seemed = await broken(talk, fault)

    assert seemed is complete
    assert text.startswith("event: thread.run.created\ndata: {")
    if fault.name == "oversized":
        assert len(text) == 20_000
    (run_id,) = talk.server.runs
    assert (await talk.poll(run_id))["status"] == "completed"


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_status_comes_in_place_of_a_stream(
    talk: Conversation, *, after_effect: bool
) -> None:
    """And the run is there only after the effect."""
    talk.server.inject(Fault.status(503, after_effect=after_effect))
    body = {"assistant_id": talk.assistant_id, "stream": True}

    got = await call(talk.server, "POST", f"/threads/{talk.thread_id}/runs", body)

    assert got.status == 503
    assert len(talk.server.runs) == after_effect
    for run_id in talk.server.runs:
        assert (await talk.poll(run_id))["status"] == "completed"


async def test_a_reset_begins_no_run(talk: Conversation) -> None:
    """Nothing of it arrives."""
    talk.server.inject(Fault.reset())
    body = {"assistant_id": talk.assistant_id, "stream": True}

    with pytest.raises(aiohttp.ClientOSError):
        await call(talk.server, "POST", f"/threads/{talk.thread_id}/runs", body)
    assert not talk.server.runs


async def test_a_refusal_is_no_stream(talk: Conversation) -> None:
    """400 in the API's shape."""
    got = await call(talk.server, "POST", f"/threads/{talk.thread_id}/runs", {"stream": True})

    assert got.status == 400
    assert json.dumps(got.payload)


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Fault.cut_stream(-1), ValueError, "after_events must be an integer from 0"),
        (lambda: Fault.cut_stream(True), ValueError, "after_events must be an integer"),  # noqa: FBT003
        (lambda: Fault.cut_stream(1, clean=1), TypeError, "clean must be True or False"),
        (lambda: Fault.stall_stream(1, -1), ValueError, "seconds must be a finite number"),
        (lambda: Fault.duplicate_event("x"), ValueError, "after_events must be an integer"),
        (lambda: Fault.unknown_event(None), ValueError, "after_events must be an integer"),
        (lambda: Fault.error_event(message=None), TypeError, "message must be a str"),
        (lambda: Fault.error_event(code=5), TypeError, "code must be a str"),
    ],
)
def test_wrong_values_are_refused(make: Any, error: type[Exception], said: str) -> None:
    """At once, by argument."""
    with pytest.raises(error, match=said):
        make()
