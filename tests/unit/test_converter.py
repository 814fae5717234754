"""Payloads to models and back: strict about types, and nothing that was sent is lost."""

import enum
import json
import math
from collections.abc import Callable
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
    json_path,
    page,
    replaced,
    without,
)
from support.strategies import (
    assistants,
    json_objects,
    json_values,
    known_formats,
    known_tools,
    pages,
    places,
    tool_resources,
    tools,
    unknown_formats,
    unknown_tools,
)

from portkey_async import (
    UNSET,
    AdminApiKeyDeleted,
    Assistant,
    AssistantDeleted,
    CodeInterpreterTool,
    FileSearchOptions,
    FileSearchTool,
    FunctionDefinition,
    FunctionTool,
    InvalidRequestError,
    JsonObjectFormat,
    JsonSchemaFormat,
    Page,
    RankingOptions,
    RetryPolicy,
    TextFormat,
    ToolResources,
    UnknownFormat,
    UnknownTool,
)
from portkey_async._converter import decode, unstructure
from portkey_async._json import Mismatch, plain

ANSWERS = [Assistant, AssistantDeleted, AdminApiKeyDeleted, Page[Assistant]]


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

    if depth <= 200 or _decodes(payload, Assistant):
        metadata = decode(payload, Assistant).to_dict()["metadata"]
        assert metadata == {"a": nested}


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
        changes: list[Callable[[], object]] = [
            lambda extra=model.extra: extra.__setitem__("mine", 1),
            lambda extra=model.extra: extra.setdefault("mine", 1),
            lambda extra=model.extra: extra.update(mine=1),
            lambda extra=model.extra: extra.__ior__({"mine": 1}),
        ]
        for change in changes:
            with pytest.raises(TypeError, match="models are frozen"):
                change()
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


# --- What is refused --------------------------------------------------------------------------

WRONG: list[tuple[tuple[str | int, ...], Any]] = [
    (("id",), None),
    (("id",), 5),
    (("id",), ...),
    (("object",), "thread"),
    (("object",), None),
    (("object",), ...),
    (("created_at",), None),
    (("created_at",), "12"),
    (("created_at",), 1.5),
    (("created_at",), True),
    (("created_at",), ...),
    (("model",), None),
    (("model",), []),
    (("model",), ...),
    (("name",), 5),
    (("name",), False),
    (("description",), {}),
    (("instructions",), ["a"]),
    (("tools",), {}),
    (("tools",), "code_interpreter"),
    (("tools", 1), None),
    (("tools", 1), "code_interpreter"),
    (("tools", 0, "type"), None),
    (("tools", 0, "type"), 5),
    (("tools", 0, "type"), ...),
    (("tools", 1, "file_search"), []),
    (("tools", 1, "file_search", "max_num_results"), "5"),
    (("tools", 1, "file_search", "max_num_results"), 5.5),
    (("tools", 1, "file_search", "ranking_options"), "auto"),
    (("tools", 1, "file_search", "ranking_options", "score_threshold"), "0.5"),
    (("tools", 1, "file_search", "ranking_options", "ranker"), 1),
    (("tools", 2, "function"), None),
    (("tools", 2, "function"), ...),
    (("tools", 2, "function", "name"), None),
    (("tools", 2, "function", "name"), ...),
    (("tools", 2, "function", "description"), 1),
    (("tools", 2, "function", "parameters"), []),
    (("tools", 2, "function", "strict"), "true"),
    (("tools", 2, "function", "strict"), 1),
    (("tool_resources",), []),
    (("tool_resources", "code_interpreter"), []),
    (("tool_resources", "code_interpreter", "file_ids"), {}),
    (("tool_resources", "code_interpreter", "file_ids", 1), 5),
    (("tool_resources", "file_search", "vector_store_ids", 0), None),
    (("tool_resources", "file_search", "vector_stores", 0), "vs"),
    (("tool_resources", "file_search", "vector_stores", 0, "file_ids", 0), 1),
    (("tool_resources", "file_search", "vector_stores", 0, "metadata"), []),
    (("tool_resources", "file_search", "vector_stores", 0, "chunking_strategy"), "auto"),
    (("metadata",), []),
    (("metadata",), "{}"),
    (("temperature",), "1"),
    (("temperature",), True),
    (("top_p",), {}),
    (("response_format",), 5),
    (("response_format",), []),
    (("response_format", "type"), None),
    (("response_format", "type"), 5),
    (("response_format", "json_schema"), ...),
    (("response_format", "json_schema"), "{}"),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=str)
@pytest.mark.parametrize("undeclared", [{}, {"new": 1}], ids=["declared", "undeclared"])
def test_a_wrong_type_is_named_by_its_path(
    path: tuple[str | int, ...], value: Any, undeclared: dict[str, Any]
) -> None:
    """Nothing is coerced: the error has the exact path, of a missing key too."""
    wrong = replaced(FULL, path, value) | undeclared
    payload = page(*[FULL] * 7, wrong, FULL)

    with pytest.raises(Mismatch) as caught:
        decode(body(wrong), Assistant)
    assert caught.value.path == json_path(path)

    with pytest.raises(Mismatch) as caught:
        decode(body(payload), Page[Assistant])
    assert caught.value.path == json_path(("data", 7, *path))
    assert caught.value.reason
    assert str(caught.value) == f"{caught.value.reason} at {caught.value.path}"


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (page(FULL, None), "$.data[1]"),
        (page([]), "$.data[0]"),
        (page("asst_1"), "$.data[0]"),
        (without(page(), "data"), "$.data"),
        (page(data=None), "$.data"),
        (page(data={}), "$.data"),
        (page(has_more="false"), "$.has_more"),
        (page(has_more=0), "$.has_more"),
        (page(first_id=1), "$.first_id"),
        (page(last_id=[]), "$.last_id"),
        (page(object=1), "$.object"),
        ([FULL], "$"),
        (None, "$"),
        ("text", "$"),
        (5, "$"),
        (True, "$"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_a_wrong_page_is_named_by_its_path(payload: Any, path: str) -> None:
    """The page itself is held to its types as strictly as what is on it."""
    with pytest.raises(Mismatch) as caught:
        decode(body(payload), Page[Assistant])

    assert caught.value.path == path


@pytest.mark.parametrize(
    ("cls", "payload", "path"),
    [
        (AssistantDeleted, {"id": "a", "object": "assistant.deleted"}, "$.deleted"),
        (AssistantDeleted, {"id": "a", "object": "assistant", "deleted": True}, "$.object"),
        (
            AssistantDeleted,
            {"id": "a", "object": "assistant.deleted", "deleted": "true"},
            "$.deleted",
        ),
        (AdminApiKeyDeleted, {"id": "a", "deleted": True}, "$.object"),
        (AdminApiKeyDeleted, {"id": 1, "deleted": True}, "$.id"),
    ],
)
def test_a_wrong_confirmation_is_named_by_its_path(
    cls: Any, payload: dict[str, Any], path: str
) -> None:
    """Nothing counts as deleted unless the server says so in so many words."""
    with pytest.raises(Mismatch) as caught:
        decode(body(payload), cls)

    assert caught.value.path == path


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b'{"id": "a"',
        b"<html><body>502 Bad Gateway</body></html>",
        b"Message: fetch failed",
        b"\xff\xfe",
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b"{} {}",
        b"\x00" * 10,
        b"[" * 100_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_json_is_said_to_be_none(text: bytes) -> None:
    """The path is the whole body, and the excerpt shows how it begins."""
    with pytest.raises(Mismatch) as caught:
        decode(text, Assistant)

    assert caught.value.path == "$"
    assert caught.value.reason.startswith("not JSON")
    assert caught.value.excerpt.removesuffix("…") in text.decode(errors="replace")


def test_the_excerpt_is_the_place_and_not_the_whole_body() -> None:
    """Of a page of a hundred the error shows the object that is wrong, cut to a few lines."""
    wrong = assistant(id=None, name="the culprit")
    with pytest.raises(Mismatch) as caught:
        decode(body(page(*[FULL] * 99, wrong)), Page[Assistant])

    assert json.loads(caught.value.excerpt) == wrong

    with pytest.raises(Mismatch) as caught:
        decode(body(assistant(id=None, instructions="x" * 100_000)), Assistant)
    assert len(caught.value.excerpt) < 400
    assert caught.value.excerpt.endswith("…")


# --- Whatever a server sends ------------------------------------------------------------------


def _decodes(text: bytes, cls: Any) -> bool:
    try:
        decoded = decode(text, cls)
    except Mismatch:
        return False
    assert isinstance(decoded.to_dict(), dict)
    return True


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_a_mismatch(text: bytes) -> None:
    """No bytes make it raise anything else; random ones are no assistant."""
    assert not any(_decodes(text, cls) for cls in ANSWERS)


@given(json_values)
def test_json_of_any_kind_is_a_mismatch(value: Any) -> None:
    """No JSON makes it raise anything else; random JSON is no assistant."""
    assert not any(_decodes(body(value), cls) for cls in ANSWERS)


@given(places, json_values)
def test_a_payload_with_anything_anywhere_decodes_or_is_a_mismatch(
    place: tuple[str | int, ...], value: Any
) -> None:
    """One value of a good payload replaced by any other: given back as it is, or refused."""
    payload = replaced(FULL, place, value)

    if _decodes(body(payload), Assistant):
        assert canonical(decode(body(payload), Assistant).to_dict()) == canonical(payload)


@given(st.integers(0, len(body(FULL)) - 1), st.binary(max_size=3))
def test_a_garbled_body_decodes_or_is_a_mismatch(cut: int, put: bytes) -> None:
    """A body that is cut is refused; one with other bytes in it never raises anything else."""
    text = body(FULL)

    assert not _decodes(text[:cut], Assistant)
    garbled = text[:cut] + put + text[cut + len(put) :]
    if _decodes(garbled, Assistant):
        assert canonical(decode(garbled, Assistant).to_dict()) == canonical(json.loads(garbled))


# --- What callers give ------------------------------------------------------------------------


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
