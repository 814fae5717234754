"""Threads, messages, runs, steps and their deltas: payloads to models and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import strategies
from support.payloads import body, canonical

from portkey_async import (
    AdminApiKey,
    CodeInterpreterToolCall,
    FileCitation,
    FunctionCall,
    FunctionToolCall,
    Message,
    MessageCreationDetails,
    MessageDelta,
    Page,
    RefusalContent,
    Run,
    RunFailedError,
    RunStep,
    RunStepDelta,
    Text,
    TextContent,
    Thread,
    ToolCallsDetails,
    UnknownAnnotation,
    UnknownContent,
    UnknownOutput,
    UnknownRequiredAction,
    UnknownStepDetails,
    UnknownToolCall,
)
from portkey_async._codec.decode import decode
from portkey_async._codec.mismatch import Mismatch

PAYLOADS: dict[Any, Any] = {
    Thread: strategies.threads,
    Message: strategies.messages,
    MessageDelta: strategies.message_deltas,
    Run: strategies.runs,
    RunStep: strategies.run_steps,
    RunStepDelta: strategies.run_step_deltas,
    AdminApiKey: strategies.admin_api_keys,
}


def thread(**fields: Any) -> dict[str, Any]:
    """Give the smallest thread that decodes."""
    return {"id": "thread_1", "object": "thread", "created_at": 1} | fields


def message(*content: Any, **fields: Any) -> dict[str, Any]:
    """Give the smallest message that decodes."""
    return {
        "id": "msg_1",
        "object": "thread.message",
        "created_at": 1,
        "thread_id": "thread_1",
        "role": "assistant",
        "content": list(content),
    } | fields


def text(value: str, *annotations: Any) -> dict[str, Any]:
    """Give a part of a message."""
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def run(**fields: Any) -> dict[str, Any]:
    """Give the smallest run that decodes."""
    return {
        "id": "run_1",
        "object": "thread.run",
        "created_at": 1,
        "thread_id": "thread_1",
        "status": "queued",
    } | fields


def step(details: Any, **fields: Any) -> dict[str, Any]:
    """Give the smallest step that decodes."""
    return {
        "id": "step_1",
        "object": "thread.run.step",
        "created_at": 1,
        "run_id": "run_1",
        "type": "tool_calls",
        "status": "in_progress",
        "step_details": details,
    } | fields


# --- There and back ---------------------------------------------------------------------------


@pytest.mark.parametrize("cls", PAYLOADS, ids=lambda cls: cls.__name__)
@given(st.data())
def test_every_model_gives_its_payload_back(cls: Any, data: st.DataObject) -> None:
    """Nulls, missing and undeclared keys, unknown types: nothing is lost on any level."""
    payload = data.draw(PAYLOADS[cls])
    decoded = decode(body(payload), cls)

    assert canonical(decoded.to_dict()) == canonical(payload)


@given(st.lists(strategies.messages, max_size=3))
def test_a_page_of_messages_gives_its_payload_back(payloads: list[dict[str, Any]]) -> None:
    """Lists of messages are pages like those of assistants."""
    payload = {"object": "list", "data": payloads, "has_more": False}

    assert canonical(decode(body(payload), Page[Message]).to_dict()) == canonical(payload)


# --- What is inside ---------------------------------------------------------------------------


def test_the_text_of_a_message_is_its_text_parts_joined() -> None:
    """Images and refusals between them add nothing."""
    decoded = decode(
        body(
            message(
                text("2 + 2"),
                {"type": "image_file", "image_file": {"file_id": "file_1"}},
                {"type": "refusal", "refusal": "No."},
                {"type": "audio", "audio": {}},
                text(" = 4"),
            )
        ),
        Message,
    )

    assert decoded.text == "2 + 2 = 4"
    assert decode(body(message()), Message).text == ""
    assert decoded.content[0] == TextContent(Text("2 + 2", []))
    assert decoded.content[2] == RefusalContent("No.")
    assert type(decoded.content[3]) is UnknownContent


def test_the_text_of_a_delta_is_what_it_adds() -> None:
    """A delta without text adds none."""

    def delta(*content: Any) -> MessageDelta:
        payload = {"id": "msg_1", "object": "thread.message.delta"}
        return decode(body(payload | {"delta": {"content": list(content)}}), MessageDelta)

    first = {"index": 0, "type": "text", "text": {"value": "a", "annotations": []}}
    other = {"index": 1, "type": "text", "text": {"value": "b"}}

    assert delta(first, other).text == "ab"
    assert delta({"index": 0, "type": "text"}, {"index": 0, "type": "text", "text": {}}).text == ""
    assert delta({"index": 0, "type": "image_file"}).text == ""
    empty = body({"id": "msg_1", "object": "thread.message.delta", "delta": {}})
    assert decode(empty, MessageDelta).text == ""


def test_a_citation_without_its_quote_is_one() -> None:
    """The specification requires `quote`, and servers leave it out."""
    citation = {
        "type": "file_citation",
        "text": "[0]",
        "file_citation": {"file_id": "file_1"},
        "start_index": 0,
        "end_index": 3,
    }
    (part,) = decode(body(message(text("[0]", citation, {"type": "new"}))), Message).content

    assert isinstance(part, TextContent)
    known, unknown = part.text.annotations or []
    assert isinstance(known, FileCitation)
    assert (known.file_citation.file_id, known.file_citation.quote) == ("file_1", None)
    assert unknown == UnknownAnnotation({"type": "new"})


def test_a_run_that_wants_functions_says_which() -> None:
    """The calls of known and unknown types stand side by side."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    calls = {"tool_calls": [call, {"id": "call_2", "type": "mcp"}]}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": calls}

    decoded = decode(body(run(required_action=action)), Run).required_action

    assert decoded is not None
    assert not isinstance(decoded, UnknownRequiredAction)
    assert decoded.submit_tool_outputs.tool_calls == [
        FunctionToolCall("call_1", FunctionCall("f", "{}")),
        UnknownToolCall({"id": "call_2", "type": "mcp"}),
    ]


def test_an_action_of_another_type_is_kept() -> None:
    """Foundry wants approvals, which are no tool outputs."""
    action = {"type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": []}}

    decoded = decode(body(run(required_action=action)), Run).required_action

    assert decoded == UnknownRequiredAction(action)


@pytest.mark.parametrize(
    ("details", "cls"),
    [
        (
            {"type": "message_creation", "message_creation": {"message_id": "m"}},
            MessageCreationDetails,
        ),
        ({"type": "tool_calls", "tool_calls": []}, ToolCallsDetails),
        ({"type": "activity", "activities": []}, UnknownStepDetails),
    ],
)
def test_the_details_of_a_step_are_of_their_class(details: Any, cls: type) -> None:
    """`type` alone decides."""
    assert type(decode(body(step(details)), RunStep).step_details) is cls


def test_outputs_of_unknown_types_are_kept() -> None:
    """The code interpreter may draw what this version does not know."""
    outputs = [{"type": "logs", "logs": "4"}, {"type": "table", "rows": [[1]]}]
    call = {"id": "c", "type": "code_interpreter", "code_interpreter": {"input": "2+2"}}
    call["code_interpreter"]["outputs"] = outputs  # type: ignore[index]  # a dict of its own
    details = decode(body(step({"type": "tool_calls", "tool_calls": [call]})), RunStep).step_details

    assert isinstance(details, ToolCallsDetails)
    (decoded,) = details.tool_calls
    assert isinstance(decoded, CodeInterpreterToolCall)
    _, table = decoded.code_interpreter.outputs or []
    assert table == UnknownOutput(outputs[1])


@pytest.mark.parametrize(
    ("cls", "payload", "path"),
    [
        (Thread, thread(created_at=None), "$.created_at"),
        (Thread, thread(tool_resources={"file_search": 1}), "$.tool_resources.file_search"),
        (Message, message(text("a", {"type": 1})), "$.content[0].text.annotations[0].type"),
        (Message, message({"type": "text", "text": "a"}), "$.content[0].text"),
        (Message, message({"type": "text", "text": {}}), "$.content[0].text.value"),
        (Message, message(role=None), "$.role"),
        (Run, run(status=None), "$.status"),
        (Run, run(usage={"prompt_tokens": 1}), "$.usage.completion_tokens"),
        (Run, run(tool_choice=1), "$.tool_choice"),
        (Run, run(tool_choice={}), "$.tool_choice.type"),
        (RunStep, step({}), "$.step_details.type"),
        (RunStep, step(None), "$.step_details"),
        (
            RunStep,
            step({"type": "tool_calls", "tool_calls": [{}]}),
            "$.step_details.tool_calls[0].type",
        ),
    ],
)
def test_a_wrong_type_is_named_by_its_path(cls: Any, payload: Any, path: str) -> None:
    """They are held to their types as strictly as assistants."""
    with pytest.raises(Mismatch) as caught:
        decode(body(payload), cls)

    assert caught.value.path == path


# --- How a run ended --------------------------------------------------------------------------


def test_a_completed_run_raises_nothing() -> None:
    """There is nothing to complain of."""
    decode(body(run(status="completed")), Run).raise_for_status()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"status": "expired"}, "run run_1 is expired, not completed"),
        ({"status": "in_progress"}, "run run_1 is in_progress, not completed"),
        (
            {"status": "failed", "last_error": {"code": "server_error", "message": "Sorry."}},
            "run run_1 is failed, not completed: server_error: Sorry.",
        ),
        (
            {"status": "failed", "last_error": {"code": "server_error"}},
            "run run_1 is failed, not completed: server_error",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_prompt_tokens"}},
            "run run_1 is incomplete, not completed: max_prompt_tokens",
        ),
        (
            {"status": "incomplete", "incomplete_details": {}},
            "run run_1 is incomplete, not completed",
        ),
    ],
)
def test_a_run_that_is_not_completed_raises_why(fields: dict[str, Any], message: str) -> None:
    """The error says what the server says, and carries the run."""
    decoded = decode(body(run(**fields)), Run)

    with pytest.raises(RunFailedError) as caught:
        decoded.raise_for_status()

    assert str(caught.value) == message
    assert caught.value.run is decoded


def test_the_value_of_a_key_is_in_no_repr() -> None:
    """It can be read, and is shown nowhere."""
    payload = {"id": "key_1", "object": "organization.admin_api_key", "created_at": 1}
    key = decode(body(payload | {"value": "sk-admin-s3cret"}), AdminApiKey)

    assert key.value == "sk-admin-s3cret"
    assert repr(key) == (
        "AdminApiKey(id='key_1', object='organization.admin_api_key', created_at=1)"
    )
    assert "s3cret" not in repr(Page(data=[key]))
