"""What is written quickly is what `to_dict` gives."""

from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from support.payloads import FULL, assistant, body, canonical
from support.strategies import assistants, messages, threads

from portkey_async import Assistant, Message, RankingOptions, Thread
from portkey_async._codec.decode import decode
from portkey_async._codec.writer import encodable


def written(model: Assistant | Message | Thread) -> Any:
    """Encode and parse a model."""
    return msgspec.json.decode(msgspec.json.encode(encodable(model)))


@given(assistants)
def test_assistants(payload: dict[str, Any]) -> None:
    """Whatever a server may send, undeclared keys and unknown tools included."""
    model = decode(body(payload), Assistant)

    assert canonical(written(model)) == canonical(model.to_dict())


@given(messages)
def test_messages(payload: dict[str, Any]) -> None:
    """Content, annotations and attachments of every type."""
    model = decode(body(payload), Message)

    assert canonical(written(model)) == canonical(model.to_dict())


@given(threads)
def test_threads(payload: dict[str, Any]) -> None:
    """Metadata and resources."""
    model = decode(body(payload), Thread)

    assert canonical(written(model)) == canonical(model.to_dict())


@pytest.mark.parametrize(
    "payload",
    [
        FULL,
        assistant(tools=None),
        assistant(tools=[], tool_resources={}, metadata=None),
        assistant(temperature=1, top_p=1.0),
        assistant(created_at=20.0),
        assistant(region="eu"),
        assistant(tools=[{"type": "later", "a": 1}], response_format="auto"),
    ],
)
def test_nulls_and_what_is_left_out_stay_apart(payload: dict[str, Any]) -> None:
    """Null, missing, empty; a float for a whole number; undeclared keys; unknown types."""
    assert canonical(written(decode(body(payload), Assistant))) == canonical(payload)


def test_models_made_or_changed_by_hand() -> None:
    """They are written as `to_dict` gives them."""
    made = Assistant(
        id="asst_1", created_at=1, model="gpt-4o", metadata={"options": RankingOptions()}
    )
    read = decode(body(FULL), Assistant)
    changed = attrs.evolve(read, name=None, reasoning_effort="low")

    assert (
        written(made)
        == made.to_dict()
        == {
            "id": "asst_1",
            "object": "assistant",
            "created_at": 1,
            "model": "gpt-4o",
            "metadata": {"options": {}},
        }
    )
    assert written(changed) == changed.to_dict()
