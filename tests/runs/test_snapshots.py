"""What the events of a stream add up to, in any order."""

from typing import Any

from support.runs import RUN, THREAD, run_payload

from portkey_async import Message, RunStep, Thread
from portkey_async._codec.events import decode_event
from portkey_async._json import encode
from portkey_async._runs.snapshots import Snapshots

CREATED_AT = {"created_at": 1_700_000_000, "thread_id": THREAD, "run_id": RUN}


def text(value: str, *annotations: Any) -> dict[str, Any]:
    """Make a text part."""
    return {"type": "text", "text": {"value": value, "annotations": [*annotations]}}


def message(status: str, *content: Any, id: str = "msg_1", **more: Any) -> dict[str, Any]:  # noqa: A002  # as the API has it
    """Make a message."""
    kind = {"object": "thread.message", "role": "assistant"}
    return {"id": id, **kind, **CREATED_AT, "status": status, "content": [*content], **more}


def part(*content: Any, id: str = "msg_1") -> dict[str, Any]:  # noqa: A002  # as the API has it
    """Make a delta of a message."""
    return {"id": id, "object": "thread.message.delta", "delta": {"content": [*content]}}


def step(status: str, **details: Any) -> dict[str, Any]:
    """Make a step."""
    kind = {"object": "thread.run.step", "assistant_id": "asst_1", "type": "tool_calls"}
    calls = {"type": "tool_calls", "tool_calls": [], **details}
    return {"id": "step_1", **kind, **CREATED_AT, "status": status, "step_details": calls}


def step_part(*calls: Any) -> dict[str, Any]:
    """Make a delta of a step."""
    details = {"type": "tool_calls", "tool_calls": [*calls]}
    return {"id": "step_1", "object": "thread.run.step.delta", "delta": {"step_details": details}}


def folded(*events: tuple[str, Any]) -> Snapshots:
    """Fold events, each a name and data."""
    snapshots = Snapshots()
    for name, data in events:
        snapshots.add(decode_event(f"thread.{name}".encode(), encode(data)))
    return snapshots


def said(value: str, index: int = 0, **more: Any) -> dict[str, Any]:
    """Make a text part of a delta."""
    return {"index": index, "type": "text", "text": {"value": value, **more}}


CITED = {
    "index": 0,
    "type": "file_citation",
    "text": "[1]",
    "file_citation": {"file_id": "file_1"},
    "start_index": 0,
    "end_index": 3,
}
PLAIN_CITED = {key: CITED[key] for key in CITED if key != "index"}


def test_texts_and_their_annotations_add_up() -> None:
    """Parts by their index, annotations by theirs; a delta before its `created` is kept."""
    snapshots = folded(
        ("message.delta", part(said("b", 1))),
        ("message.delta", part(said("a"))),
        ("message.created", message("in_progress")),
        ("message.delta", part(said("A"), said("B", 1))),
        ("message.delta", part(said("", annotations=[CITED]))),
        ("message.delta", part(said("!"))),
    )
    (found,) = snapshots.messages

    assert [one.to_dict() for one in found.content] == [
        text("aA!", PLAIN_CITED),
        {"type": "text", "text": {"value": "bB"}},
    ]
    assert snapshots.messages[0] is found


def test_a_whole_message_wins() -> None:
    """Once it is complete, neither a duplicate nor a late event changes it."""
    snapshots = folded(
        ("message.created", message("in_progress", text("H"))),
        ("message.delta", part(said("i"))),
        ("message.completed", message("completed", text("Hi!"))),
        ("message.created", message("in_progress")),
        ("message.delta", part(said("?"))),
    )
    assert [one.text for one in snapshots.messages] == ["Hi!"]

    begun = ("message.created", message("in_progress", text("H")))
    assert folded(begun, ("message.delta", part(said("i")))).messages[0].text == "Hi"
    assert folded(begun, begun, ("message.delta", part(said("i")))).messages[0].text == "Hi"


def test_deltas_that_make_no_sense_change_nothing() -> None:
    """The message stays as the API had it."""
    begun = ("message.created", message("in_progress"))
    odd: Any = {"index": 0, "type": "image_file", "image_file": {"detail": "low"}}
    assert folded(begun, ("message.delta", part(odd))).messages[0].content == []
    empty = {"id": "msg_1", "object": "thread.message.delta", "delta": {}}
    assert folded(begun, ("message.delta", empty)).messages[0].content == []


def test_steps_add_up() -> None:
    """Code, logs and arguments grow, until the step is complete."""

    def code(**interpreter: Any) -> dict[str, Any]:
        return {"index": 0, "type": "code_interpreter", "code_interpreter": interpreter}

    log = {"index": 0, "type": "logs"}
    events = [
        ("run.step.created", step("in_progress")),
        ("run.step.delta", step_part(code(input="1 +") | {"id": "call_1"})),
        ("run.step.delta", step_part(code(input=" 1", outputs=[{**log, "logs": "2"}]))),
        ("run.step.delta", step_part(code(outputs=[{**log, "logs": "\n"}]) | {"id": None})),
        ("run.step.delta", {**step_part(), "delta": {}}),
    ]
    (found,) = folded(*events).run_steps
    assert found.step_details.to_dict()["tool_calls"] == [
        {
            "id": "call_1",
            "type": "code_interpreter",
            "code_interpreter": {"input": "1 + 1", "outputs": [{"type": "logs", "logs": "2\n"}]},
        }
    ]
    whole = step("completed")
    late = folded(*events, ("run.step.completed", whole), events[0]).run_steps
    assert [one.to_dict() for one in late] == [whole]
    assert folded(events[1]).run_steps == []


def test_the_latest_run_is_kept() -> None:
    """How it was created is never the later state."""
    snapshots = folded(
        ("created", {"id": THREAD, "object": "thread", "created_at": 1}),
        ("run.completed", run_payload("completed")),
        ("run.created", run_payload("queued")),
        ("run.in_progress", run_payload("in_progress")),
        ("unheard.of", {}),
    )
    assert snapshots.run is not None
    assert snapshots.run.status == "completed"
    assert isinstance(snapshots.thread, Thread)


def test_what_was_missed_is_completed() -> None:
    """In the order of the API, with the text that is missing."""
    snapshots = folded(
        ("run.created", run_payload("queued")),
        ("message.created", message("in_progress")),
        ("message.delta", part(said("He"))),
        ("message.delta", part(said("x"), id="msg_other")),
    )
    image = {"type": "image_file", "image_file": {"file_id": "file_1"}}
    messages = [
        message("completed", id="msg_0", run_id="run_0"),
        message("completed", text("Hello"), image),
        message("completed", text(" you"), id="msg_2"),
    ]
    told = [Message.from_dict(one) for one in messages]
    missing, error = snapshots.complete(told, [RunStep.from_dict(step("completed"))])

    assert (missing, error) == ("llo you", None)
    assert snapshots.messages == told[1:]
    assert len(snapshots.run_steps) == 1
