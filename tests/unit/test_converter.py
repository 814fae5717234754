"""Payloads to models and back: nothing that was sent is lost."""

from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.payloads import (
    FULL,
    assistant,
    body,
    canonical,
    page,
    replaced,
    without,
)
from support.strategies import (
    assistants,
    json_objects,
    known_formats,
    known_tools,
    pages,
    unknown_formats,
    unknown_tools,
)

from portkey_async import (
    AdminApiKeyDeleted,
    Assistant,
    AssistantDeleted,
    CodeInterpreterTool,
    FileSearchOptions,
    FileSearchTool,
    FunctionDefinition,
    FunctionTool,
    JsonObjectFormat,
    JsonSchemaFormat,
    Page,
    RankingOptions,
    TextFormat,
    ToolResources,
    UnknownFormat,
    UnknownTool,
)
from portkey_async._codec.converter import unstructure
from portkey_async._codec.decode import decode
from portkey_async._codec.mismatch import Mismatch

# --- There and back ---------------------------------------------------------------------------


@given(assistants)
@example(FULL)
@example(FULL | {"extra": {"a": 1}, "type": "x", "_absent": [], "raw": {}})
@example(assistant(tools=[], metadata={}, response_format="auto"))
@example(assistant(created_at=2**70, temperature=1, top_p=1.0))
def test_an_assistant_gives_its_payload_back(payload: dict[str, Any]) -> None:
    """Whatever decodes is given back to the last digit: nulls, undeclared keys, unknown types."""
    decoded = decode(body(payload), Assistant)

    assert canonical(decoded.to_dict()) == canonical(payload)


@given(pages)
@example(page(FULL, assistant(), new={"a": None}, first_id="", last_id=None))
def test_a_page_gives_its_payload_back(payload: dict[str, Any]) -> None:
    """The same for a page, its own undeclared keys and cursors included."""
    decoded = decode(body(payload), Page[Assistant])

    assert canonical(decoded.to_dict()) == canonical(payload)
    assert decode(body(decoded.to_dict()), Page[Assistant]) == decoded


@given(json_objects, st.booleans())
def test_the_confirmations_give_their_payload_back(extra: dict[str, Any], deleted: bool) -> None:  # noqa: FBT001
    """Deletion answers keep what they do not declare, and whether it is gone."""
    kinds: list[tuple[Any, str]] = [
        (AssistantDeleted, "assistant.deleted"),
        (AdminApiKeyDeleted, "organization.admin_api_key.deleted"),
    ]
    for cls, kind in kinds:
        payload = extra | {"id": "a", "object": kind, "deleted": deleted}
        decoded = decode(body(payload), cls)

        assert decoded.deleted is deleted
        assert canonical(decoded.to_dict()) == canonical(payload)


@pytest.mark.parametrize("depth", [10, 200, 500_000])
def test_what_decodes_is_given_back_however_deep_it_is(depth: int) -> None:
    """Metadata nested without end is a mismatch at once, or no trouble at all."""
    nested: Any = 1
    for _ in range(depth):
        nested = [nested]
    text = f'{{"a": {"[" * depth}1{"]" * depth}}}'
    payload = body(assistant()).replace(b"}", f', "metadata": {text}}}'.encode())

    try:
        decoded = decode(payload, Assistant)
    except Mismatch:
        assert depth > 200
    else:
        assert decoded.to_dict()["metadata"] == {"a": nested}


def test_every_declared_key_is_a_field() -> None:
    """A full assistant arrives in typed fields, with nothing left over."""
    decoded = decode(body(FULL), Assistant)

    assert decoded.extra == {}
    assert decoded.created_at == 1_698_982_736
    assert decoded.tools == [
        CodeInterpreterTool(),
        FileSearchTool(FileSearchOptions(5, RankingOptions(0.5, "auto"))),
        FunctionTool(
            FunctionDefinition(
                "add",
                "Adds.",
                {"type": "object", "properties": {"a": {"type": "number"}}},
                strict=True,
            )
        ),
    ]
    assert isinstance(decoded.tool_resources, ToolResources)
    assert decoded.tool_resources.code_interpreter is not None
    assert decoded.tool_resources.code_interpreter.file_ids == ["file_1", "file_2"]
    assert decoded.response_format == JsonSchemaFormat({"name": "answer", "schema": {}})


def test_undeclared_keys_are_kept_on_every_level() -> None:
    """Each class keeps its own in `extra`, beside its declared fields."""
    payload = page(
        replaced(
            replaced(
                replaced(FULL, ("tools", 2, "function", "new"), 1),
                ("tools", 1, "file_search", "ranking_options", "new"),
                2,
            ),
            ("tool_resources", "file_search", "vector_stores", 0, "new"),
            3,
        )
        | {"new": 4},
        new=5,
    )
    for path in (("tools", 0), ("tools", 1, "file_search"), ("response_format",)):
        payload = replaced(payload, ("data", 0, *path, "new"), 6)

    decoded = decode(body(payload), Page[Assistant])
    (item,) = decoded.data
    code, search, function = item.tools or []

    assert decoded.extra == {"new": 5}
    assert item.extra == {"new": 4}
    assert isinstance(code, CodeInterpreterTool)
    assert code.extra == {"new": 6}
    assert isinstance(search, FileSearchTool)
    assert search.file_search is not None
    assert search.file_search.extra == {"new": 6}
    assert search.file_search.ranking_options is not None
    assert search.file_search.ranking_options.extra == {"new": 2}
    assert isinstance(function, FunctionTool)
    assert function.function.extra == {"new": 1}
    assert isinstance(item.response_format, JsonSchemaFormat)
    assert item.response_format.extra == {"new": 6}
    assert item.tool_resources is not None
    assert item.tool_resources.file_search is not None
    (store,) = item.tool_resources.file_search.vector_stores or []
    assert store.extra == {"new": 3}
    assert decoded.to_dict() == payload


def test_extra_of_one_object_is_not_that_of_another() -> None:
    """Objects without undeclared keys have an empty `extra` that nobody can fill."""
    first, second = decode(body(page(assistant(), assistant())), Page[Assistant])
    by_hand = Assistant(id="a", created_at=1, model="m")

    for model in (first, by_hand):
        with pytest.raises(TypeError, match="models are frozen"):
            model.extra["mine"] = 1
        with pytest.raises(TypeError, match="models are frozen"):
            model.extra.setdefault("mine", 1)
        with pytest.raises(TypeError, match="models are frozen"):
            model.extra.update(mine=1)
        with pytest.raises(TypeError, match="models are frozen"):
            model.extra.__ior__({"mine": 1})
    assert second.extra == {}
    assert attrs.evolve(first, extra=first.extra | {"mine": 1}).to_dict() == assistant(mine=1)


# --- Types of tools and formats ---------------------------------------------------------------


@given(unknown_tools)
@example({"type": "web_search", "depth": {"a": None}})
@example({"type": ""})
@example({"type": "Function", "function": {"name": "f"}})
def test_an_unknown_tool_is_taken_for_no_other(payload: dict[str, Any]) -> None:
    """It is an `UnknownTool` with its raw mapping, which is sent back as it came."""
    (tool,) = decode(body(assistant(tools=[payload])), Assistant).tools or []

    assert type(tool) is UnknownTool
    assert tool.type == payload["type"]
    assert canonical(tool.raw) == canonical(payload)
    assert canonical(unstructure([tool])) == canonical([payload])


@given(known_tools)
def test_a_known_tool_is_of_its_class(payload: dict[str, Any]) -> None:
    """`type` alone decides, whatever other keys there are."""
    (tool,) = decode(body(assistant(tools=[payload])), Assistant).tools or []

    classes = {
        "code_interpreter": CodeInterpreterTool,
        "file_search": FileSearchTool,
        "function": FunctionTool,
    }
    assert type(tool) is classes[payload["type"]]
    assert tool.type == payload["type"]


@given(unknown_formats | json_objects.map(lambda value: without(value, "type")))
def test_an_unknown_format_is_taken_for_no_other(payload: dict[str, Any]) -> None:
    """A format of another type, or of none, is an `UnknownFormat` with its raw mapping."""
    decoded = decode(body(assistant(response_format=payload)), Assistant).response_format

    assert type(decoded) is UnknownFormat
    assert decoded.type == payload.get("type")
    assert canonical(decoded.raw) == canonical(payload)


@given(known_formats)
def test_a_known_format_is_of_its_class(payload: dict[str, Any]) -> None:
    """`type` alone decides, whatever other keys there are."""
    decoded = decode(body(assistant(response_format=payload)), Assistant).response_format

    classes = {
        "text": TextFormat,
        "json_object": JsonObjectFormat,
        "json_schema": JsonSchemaFormat,
    }
    assert type(decoded) is classes[payload["type"]]


@pytest.mark.parametrize("value", ["auto", "none", "a word of tomorrow", ""])
def test_a_format_may_be_a_word(value: str) -> None:
    """Words stay words, those not known yet included."""
    assert decode(body(assistant(response_format=value)), Assistant).response_format == value


# --- What servers leave out -------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "description",
        "instructions",
        "metadata",
        "tools",
        "tool_resources",
        "temperature",
        "top_p",
        "response_format",
    ],
)
@pytest.mark.parametrize("undeclared", [{}, {"new": 1}], ids=["declared", "undeclared"])
def test_tolerated_keys_may_be_missing_or_null(name: str, undeclared: dict[str, Any]) -> None:
    """Both read as None, and `to_dict()` tells which of the two it was."""
    missing = without(FULL, name) | undeclared
    null = FULL | {name: None} | undeclared

    for payload in (missing, null):
        decoded = decode(body(payload), Assistant)
        assert getattr(decoded, name) is None
        assert decoded.to_dict() == payload


@pytest.mark.parametrize("name", ["object", "first_id", "last_id", "has_more"])
def test_tolerated_keys_of_a_page_may_be_missing_or_null(name: str) -> None:
    """Servers say of an empty page what they like; None says that they said nothing."""
    full = page(first_id="a", last_id="b", has_more=True)

    for payload in (without(full, name), full | {name: None}):
        decoded = decode(body(payload), Page[Assistant])
        assert getattr(decoded, name) is None
        assert decoded.to_dict() == payload


@pytest.mark.parametrize(
    ("payload", "name", "expected"),
    [
        (assistant(temperature=1), "temperature", 1),
        (assistant(temperature=1.0), "temperature", 1.0),
        (assistant(top_p=0), "top_p", 0),
        (assistant(created_at=2**63), "created_at", 2**63),
        (assistant(created_at=-(2**80)), "created_at", -(2**80)),
    ],
)
def test_numbers_stay_what_they_are(payload: dict[str, Any], name: str, expected: complex) -> None:
    """An int is an int with all its digits, a float a float."""
    value = getattr(decode(body(payload), Assistant), name)

    assert value == expected
    assert type(value) is type(expected)
