"""Events of a stream: a name and bytes to a model."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import strategies
from support.payloads import body, canonical

from portkey_async import (
    MessageDelta,
    MessageDeltaEvent,
    MessageEvent,
    RunEvent,
    RunStepDeltaEvent,
    RunStepEvent,
    ThreadEvent,
    UnknownEvent,
)
from portkey_async._codec.events import decode_event
from portkey_async._codec.mismatch import Mismatch

KNOWN: list[tuple[str, type, Any]] = [
    ("thread.created", ThreadEvent, strategies.threads),
    ("thread.run.created", RunEvent, strategies.runs),
    ("thread.run.requires_action", RunEvent, strategies.runs),
    ("thread.run.cancelling", RunEvent, strategies.runs),
    ("thread.run.step.created", RunStepEvent, strategies.run_steps),
    ("thread.run.step.expired", RunStepEvent, strategies.run_steps),
    ("thread.run.step.delta", RunStepDeltaEvent, strategies.run_step_deltas),
    ("thread.message.created", MessageEvent, strategies.messages),
    ("thread.message.incomplete", MessageEvent, strategies.messages),
    ("thread.message.delta", MessageDeltaEvent, strategies.message_deltas),
]


@pytest.mark.parametrize(("name", "cls", "payloads"), KNOWN, ids=[name for name, *_ in KNOWN])
@given(st.data())
def test_a_known_event_is_of_its_class(
    name: str, cls: type, payloads: Any, data: st.DataObject
) -> None:
    """It keeps its name, and its data are the object."""
    payload = data.draw(payloads)
    event = decode_event(name.encode(), body(payload))

    assert type(event) is cls
    assert event.event == name
    assert canonical(event.to_dict()) == canonical({"event": name, "data": payload})


@pytest.mark.parametrize("name", ["thread.run.paused", "error", "done", "", "Thread.created"])
def test_an_event_of_another_name_is_kept(name: str) -> None:
    """Its data are parsed if they are JSON, else text, whatever they are."""
    assert decode_event(name.encode(), b'{"a": [1]}') == UnknownEvent(name, {"a": [1]})
    assert decode_event(name.encode(), b"[DONE]") == UnknownEvent(name, "[DONE]")
    assert decode_event(name.encode(), b"\xff") == UnknownEvent(name, "\ufffd")
    assert decode_event(name.encode(), b"") == UnknownEvent(name, "")
    assert decode_event(name.encode(), b"[" * 500_000) == UnknownEvent(name, "[" * 500_000)


def test_data_that_do_not_fit_their_event_are_a_mismatch() -> None:
    """The place is named, as in a response."""
    with pytest.raises(Mismatch) as caught:
        decode_event(b"thread.message.delta", b'{"id": "msg_1"}')
    assert caught.value.path in {"$.object", "$.delta"}

    with pytest.raises(Mismatch, match="not JSON"):
        decode_event(b"thread.message.delta", b"{")


_TEXT = st.fixed_dictionaries(
    {"value": st.text(st.characters(exclude_categories=["Cs"]))},
    optional={"annotations": st.just([]), "extra": st.just(1)},
)


@given(text=_TEXT, index=st.integers(0, 9), role=st.booleans())
def test_a_piece_of_text_is_what_it_is_in_any_other_delta(
    text: Any, index: int, *, role: bool
) -> None:
    """The short way to it gives what the long way does."""
    delta: Any = {"content": [{"index": index, "type": "text", "text": text}]}
    if role:
        delta["role"] = "assistant"
    payload = {"id": "msg_1", "object": "thread.message.delta", "delta": delta}
    event = decode_event(b"thread.message.delta", body(payload))

    assert isinstance(event, MessageDeltaEvent)
    assert event == MessageDeltaEvent("thread.message.delta", MessageDelta.from_dict(payload))
    assert event.to_dict() == {"event": "thread.message.delta", "data": payload}
    assert event.data.text == text["value"]
