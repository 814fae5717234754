"""What callers give: classes, dicts and any mixture, turned into plain JSON."""

import enum
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.payloads import (
    assistant,
    body,
    canonical,
)
from support.strategies import (
    tool_resources,
    tools,
)

from portkey_async import (
    UNSET,
    Assistant,
    CodeInterpreterTool,
    FunctionDefinition,
    FunctionTool,
    InvalidRequestError,
    RetryPolicy,
    TextFormat,
    UnknownTool,
)
from portkey_async._codec.converter import unstructure
from portkey_async._codec.decode import decode
from portkey_async._json import plain


@given(st.lists(tools, max_size=4), st.data())
def test_classes_and_dicts_mix(payloads: list[dict[str, Any]], data: st.DataObject) -> None:
    """Typed tools and plain dicts side by side become the same JSON."""
    decoded = decode(body(assistant(tools=payloads)), Assistant).tools or []
    mixed = [
        data.draw(st.sampled_from([typed, plain]))
        for typed, plain in zip(decoded, payloads, strict=True)
    ]

    assert canonical(unstructure(mixed)) == canonical(payloads)
    assert canonical(unstructure(tuple(mixed))) == canonical(payloads)


@given(tool_resources)
def test_resources_come_out_as_they_came_in(payload: dict[str, Any]) -> None:
    """Resources read from one assistant can be given to another."""
    decoded = decode(body(assistant(tool_resources=payload)), Assistant).tool_resources

    assert canonical(unstructure(decoded)) == canonical(payload)


def test_classes_inside_dicts_and_dicts_inside_classes_are_found() -> None:
    """The mixture may be nested either way, undeclared keys included."""
    assert unstructure(
        {
            "type": "function",
            "function": FunctionDefinition("f", parameters={"type": "object"}),
            "later": [UnknownTool({"type": "x"})],
        }
    ) == {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object"}},
        "later": [{"type": "x"}],
    }
    assert unstructure(TextFormat(extra={"tool": CodeInterpreterTool()})) == {
        "type": "text",
        "tool": {"type": "code_interpreter"},
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((CodeInterpreterTool(),), [{"type": "code_interpreter"}]),
        (deque([CodeInterpreterTool()]), [{"type": "code_interpreter"}]),
        (MappingProxyType({"a": TextFormat()}), {"a": {"type": "text"}}),
        (OrderedDict(a=TextFormat()), {"a": {"type": "text"}}),
        ({"a": deque([OrderedDict(b=TextFormat())])}, {"a": [{"b": {"type": "text"}}]}),
        (
            UnknownTool({"type": "x", "f": FunctionDefinition("f")}),
            {"type": "x", "f": {"name": "f"}},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_classes_are_found_in_collections_of_any_kind(value: object, expected: object) -> None:
    """Whatever is a sequence or a mapping may hold them, as the annotations say."""
    assert plain(unstructure(value), "tools") == expected


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "a", [], {}, [None], {"a": (1,)}])
def test_plain_values_pass_through(value: Any) -> None:
    """What is plain already stays as it is."""
    assert canonical(unstructure(value)) == canonical(value)


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (TextFormat(extra={"type": "other"}), "TextFormat.extra holds ['type']"),
        (FunctionDefinition("f", extra={"name": "g"}), "FunctionDefinition.extra holds ['name']"),
        (
            Assistant(id="a", created_at=1, model="m", extra={"model": "n", "id": "b"}),
            "Assistant.extra holds ['id', 'model']",
        ),
        (
            FunctionTool(FunctionDefinition("f", extra={"name": "g"})),
            "FunctionDefinition.extra holds ['name']",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_extra_that_hides_a_field_is_refused(model: Any, named: str) -> None:
    """Which of two values would be sent is never a matter of luck."""
    with pytest.raises(InvalidRequestError) as caught:
        unstructure(model)

    assert named in str(caught.value)


def test_an_extra_beside_an_unset_field_is_sent() -> None:
    """Where the field says nothing there is no clash."""
    assert unstructure(FunctionDefinition("f", extra={"description": "d"})) == {
        "name": "f",
        "description": "d",
    }


class Colour(enum.Enum):
    """An enum, which JSON does not have."""

    RED = "red"


@pytest.mark.parametrize(
    "value",
    [UNSET, Colour.RED, b"red", {"red"}, RetryPolicy(), object(), math.nan],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize(
    "around",
    [
        lambda value: {"a": value},
        lambda value: [{"type": "x", "a": [value]}],
        lambda value: [TextFormat(extra={"a": value})],
        lambda value: [UnknownTool({"type": "x", "a": value})],
    ],
    ids=["dict", "list", "extra", "raw"],
)
def test_what_json_does_not_have_is_refused_wherever_it_is(
    around: Callable[[object], object], value: object
) -> None:
    """Deep inside a body nothing becomes text or a number in silence, `UNSET` least of all."""
    with pytest.raises(InvalidRequestError, match="metadata"):
        plain(unstructure(around(value)), "metadata")


def test_a_changed_copy_still_leaves_out_what_the_server_left_out() -> None:
    """Keys that were absent stay absent; the changed one is there."""
    decoded = decode(body(assistant()), Assistant)

    assert attrs.evolve(decoded, name="n").to_dict() == assistant(name="n")
