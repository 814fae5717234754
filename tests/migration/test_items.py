"""`to_conversation_items`: the order, the batches and what is lost."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from migration.accounts import unaccounted
from migration.strategies import messages
from support.sdk_types import assert_items

from portkey_async.migration import to_conversation_items


def message(number: int, created_at: int | None = None, **fields: Any) -> dict[str, Any]:
    """A message as served, with its number as text."""
    served = {"id": f"msg_{number}", "object": "thread.message"}
    time = {} if created_at is None else {"created_at": created_at}
    return served | time | {"role": "user", "content": f"{number}"} | fields


def said(items: list[dict[str, Any]]) -> list[Any]:
    """The texts of items."""
    return [
        item["content"] if isinstance(item["content"], str) else item["content"][0]["text"]
        for item in items
    ]


@given(st.lists(messages, max_size=5))
def test_whatever_is_given_the_sdk_takes_what_comes_out(payloads: list[Any]) -> None:
    """Messages of every shape: the SDK accepts the items, and all is accounted for."""
    made = to_conversation_items(payloads)

    items = [item for batch in made.batches for item in batch]
    assert_items(items)
    left = unaccounted(payloads, "messages", items, made.losses)
    assert [
        path for path in left if path.rpartition(".")[2] not in {"type", "object", "detail"}
    ] == []


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (20, [20]), (21, [20, 1]), (60, [20, 20, 20])]
)
def test_a_batch_holds_twenty(count: int, sizes: list[int]) -> None:
    """That is what a call takes."""
    made = to_conversation_items([message(number, number) for number in range(count)])

    assert [len(batch) for batch in made.batches] == sizes
    assert said([*chain(*made.batches)]) == [str(number) for number in range(count)]


@pytest.mark.parametrize(
    "given_order",
    [
        [message(1, 1), message(2, 2), message(3, 2), message(4, 3)],
        [message(4, 3), message(3, 2), message(2, 2), message(1, 1)],
        [message(1), message(2), message(3), message(4)],
    ],
    ids=["oldest first", "newest first", "not made yet"],
)
def test_the_oldest_comes_first(given_order: list[dict[str, Any]]) -> None:
    """Whichever way they were listed, those of one second included."""
    made = to_conversation_items(given_order)

    assert said(made.batches[0]) == ["1", "2", "3", "4"]


def test_an_order_that_times_do_not_tell_is_reported() -> None:
    """All are of one second: taken as oldest first, with what to list them by."""
    made = to_conversation_items([message(1, 7), message(2, 7), message(3, 7)])

    assert said(made.batches[0]) == ["1", "2", "3"]
    (loss,) = [one for one in made.losses if one.field == "messages"]
    assert 'list by order="asc"' in loss.reason


def test_content_of_every_kind() -> None:
    """Text, images by file and by URL; what an item cannot hold is named."""
    content = [
        {"type": "text", "text": {"value": "See", "annotations": [{"type": "file_citation"}]}},
        {"type": "image_file", "image_file": {"file_id": "file_1"}},
        {"type": "image_url", "image_url": {"url": "https://a.b/c.png", "detail": "low"}},
        {"type": "image_url", "image_url": {}},
        {"type": "audio", "audio": {}},
    ]

    made = to_conversation_items([message(1, content=content, metadata={"a": "b"})])

    assert made.batches == [
        [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "See"},
                    {"type": "input_image", "file_id": "file_1", "detail": "auto"},
                    {"type": "input_image", "image_url": "https://a.b/c.png", "detail": "low"},
                ],
            }
        ]
    ]
    assert {loss.field for loss in made.losses} == {
        "messages[0].id",
        "messages[0].metadata",
        "messages[0].content[0].text.annotations",
        "messages[0].content[3]",
        "messages[0].content[4]",
    }


def test_what_an_assistant_said_is_one_text() -> None:
    """Several are joined, which is told; what is no text is named."""
    content = [
        {"type": "text", "text": {"value": "One.", "annotations": []}},
        {"type": "refusal", "refusal": "No."},
        {"type": "text", "text": {"value": "Two."}},
    ]

    made = to_conversation_items([{"role": "assistant", "content": content}])

    assert made.batches == [[{"type": "message", "role": "assistant", "content": "One.\n\nTwo."}]]
    assert {loss.field for loss in made.losses} == {"messages[0].content[1]", "messages[0].content"}


@pytest.mark.parametrize(
    "payload",
    [
        {"role": "user", "content": []},
        {"role": "assistant", "content": []},
        {"role": "user", "content": [{"type": "text", "text": 5}]},
        {"role": "tool", "content": "x"},
        {"content": "x"},
    ],
)
def test_a_message_without_anything_to_send_makes_no_item(
    payload: dict[str, Any],
) -> None:
    """And is named."""
    made = to_conversation_items([payload])

    assert made.batches == []
    assert "messages[0]" in {loss.field for loss in made.losses}


def test_an_empty_text_is_a_text() -> None:
    """It is sent as it is."""
    made = to_conversation_items([{"role": "assistant", "content": ""}])

    assert made.batches[0][0]["content"] == ""
