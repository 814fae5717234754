"""Payloads that are not what was specified: refused, and the place is named."""

import json
from typing import Any

import pytest
from hypothesis import given
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
    json_values,
    places,
)

from portkey_async import (
    AdminApiKeyDeleted,
    Assistant,
    AssistantDeleted,
    Page,
)
from portkey_async._codec.decode import decode
from portkey_async._codec.mismatch import Mismatch

ANSWERS = [Assistant, AssistantDeleted, AdminApiKeyDeleted, Page[Assistant]]


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
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b"{} {}",
        b"\x00" * 10,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_json_is_said_to_be_none(text: bytes) -> None:
    """The path is the whole body, which is kept as text, as far as it is one."""
    with pytest.raises(Mismatch) as caught:
        decode(text, Assistant)

    assert caught.value.path == "$"
    assert caught.value.reason.startswith("not JSON")
    assert caught.value.payload == text.decode(errors="replace")


def test_what_is_nested_without_end_is_said_to_be() -> None:
    """It may be JSON, but nobody can read it."""
    with pytest.raises(Mismatch) as caught:
        decode(b"[" * 500_000 + b"]" * 500_000, Assistant)

    assert "nested too deeply" in caught.value.reason
    assert caught.value.path == "$"
    assert caught.value.payload == "[" * 500_000 + "]" * 500_000


def test_what_is_wrong_is_shown_with_what_is_around_it() -> None:
    """Of a page of a hundred the error shows the object that is wrong, and has the whole page."""
    wrong = assistant(id=None, name="the culprit")
    whole = page(*[FULL] * 99, wrong)
    with pytest.raises(Mismatch) as caught:
        decode(body(whole), Page[Assistant])

    assert caught.value.around == wrong
    assert caught.value.payload == whole


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
