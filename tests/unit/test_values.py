"""Models are values: they compare, hash, copy and pickle, and are made of payloads and back."""

import copy
import json
import linecache
import pickle
import traceback
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from support.payloads import FULL, body, canonical, page, replaced
from support.strategies import (
    admin_api_keys,
    assistants,
    json_values,
    messages,
    run_steps,
    runs,
    threads,
)

from portkey_async import (
    AdminApiKey,
    APIResponseValidationError,
    Assistant,
    CodeInterpreterTool,
    FunctionTool,
    InvalidRequestError,
    Message,
    Page,
    PortkeyError,
    Run,
    RunStep,
    TextFormat,
    Thread,
    UnknownTool,
)
from portkey_async._codec.builder import builder
from portkey_async._codec.decode import decode
from portkey_async._codec.mismatch import Mismatch

MODELS: dict[Any, st.SearchStrategy[Any]] = {
    Assistant: assistants,
    Thread: threads,
    Message: messages,
    Run: runs,
    RunStep: run_steps,
    AdminApiKey: admin_api_keys,
}


# --- Equal, hashed, copied --------------------------------------------------------------------


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_a_model_is_a_value(cls: Any, data: st.DataObject) -> None:
    """Two of the same payload are equal, hash alike, and so do copies and what was pickled."""
    payload = data.draw(MODELS[cls])
    first, second = cls.from_dict(payload), cls.from_dict(payload)

    for other in (
        second,
        copy.copy(first),
        copy.deepcopy(first),
        pickle.loads(pickle.dumps(first)),  # noqa: S301  # our own bytes
    ):
        assert other == first
        assert hash(other) == hash(first)
        assert canonical(other.to_dict()) == canonical(payload)
    assert first != payload
    assert len({first, second}) == 1


def test_what_has_no_id_hashes_by_its_scalars() -> None:
    """Nested models and unknown things can be members of a set too."""
    tools = Assistant.from_dict(FULL).tools or []

    assert {*tools, *(Assistant.from_dict(FULL).tools or [])} == {*tools}
    assert len({*tools}) == 3
    assert hash(UnknownTool({"type": "x", "deep": [1]})) == hash(
        UnknownTool({"type": "x", "deep": [1]})
    )
    assert UnknownTool({"type": "x"}) != UnknownTool({"type": "y"})
    assert TextFormat() != CodeInterpreterTool()


# --- From payloads, and back ------------------------------------------------------------------


@given(st.sampled_from([*MODELS]), st.data())
def test_a_payload_makes_the_model_that_a_response_would(cls: Any, data: st.DataObject) -> None:
    """`from_dict` takes what a response may hold, and gives the payload back."""
    payload = data.draw(MODELS[cls])

    assert cls.from_dict(payload) == decode(body(payload), cls)


def test_a_model_shares_nothing_with_its_payload() -> None:
    """Whoever changes the payload later changes no model, and the other way round."""
    payload = copy.deepcopy(FULL) | {"new": {"a": [1]}}
    model = Assistant.from_dict(payload)

    payload["new"]["a"].append(2)
    payload["metadata"].clear()
    assert model.extra == {"new": {"a": [1]}}
    assert model.metadata == FULL["metadata"]
    model.to_dict()["metadata"].clear()
    assert model.metadata == FULL["metadata"]


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({}, "$.id"),
        (FULL | {"id": None}, "$.id"),
        (FULL | {"created_at": "12"}, "$.created_at"),
        (FULL | {"tools": [{"type": 5}]}, "$.tools[0].type"),
        ([], "$"),
        (None, "$"),
    ],
    ids=str,
)
def test_a_payload_that_is_wrong_is_refused_with_its_place(payload: Any, path: str) -> None:
    """As an answer would be; the error holds the payload, and nothing was executed."""
    with pytest.raises(APIResponseValidationError) as caught:
        Assistant.from_dict(payload)

    assert caught.value.path == path
    assert caught.value.body == payload
    assert path in str(caught.value)


@given(assistants)
def test_an_assistant_can_be_made_again(payload: Any) -> None:
    """`to_create` has what `create` takes and nothing that is null; making it again keeps it."""
    again = Assistant.from_dict(payload).to_create()

    assert all(value is not None for value in again.values())
    kept = {name: payload.get(name) for name in again}
    assert canonical(again) == canonical(kept)
    assert Assistant.from_dict({**payload, **again}) == Assistant.from_dict(payload)


# --- What real servers send -------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1700000000.0", "17e8", "1.7E9", "1700000000"])
def test_a_whole_number_may_be_written_as_a_float(text: str) -> None:
    """It is an int in the model, and given back as it was sent."""
    sent = body(FULL).replace(b"1698982736", text.encode())
    model = decode(sent, Assistant)

    assert model.created_at == 1_700_000_000
    assert type(model.created_at) is int
    assert repr(model.to_dict()["created_at"]) == repr(json.loads(text))
    assert attrs.evolve(model, created_at=5).to_dict()["created_at"] == 5


def test_a_nested_count_may_be_written_as_a_float() -> None:
    """Every field that is a whole number takes it, at any level."""
    place = ("tools", 1, "file_search", "max_num_results")
    model = Assistant.from_dict(replaced(FULL, place, 20.0))

    assert repr(model.tools).count("max_num_results=20,") == 1
    assert repr(model.to_dict()).count("'max_num_results': 20.0") == 1


@pytest.mark.parametrize("text", ["1.5", "1e-3", '"1700000000"', "true", "null", "[]"])
def test_no_other_value_is_taken_for_a_whole_number(text: str) -> None:
    """Nothing is rounded and nothing is read out of a text."""
    with pytest.raises(Mismatch) as caught:
        decode(body(FULL).replace(b"1698982736", text.encode()), Assistant)

    assert caught.value.path == "$.created_at"


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (rb"a\ud800b", "a\ufffdb"),
        (rb"\udc00\ud800", "\ufffd\ufffd"),
        (rb"\ud83d\ude00\ud83d", "\U0001f600\ufffd"),
        (rb"\\\\ud800", "\\\\ud800"),
    ],
)
def test_a_lone_surrogate_is_a_replacement_character(escaped: bytes, read: str) -> None:
    """No text can hold it; the object that a create has made must not be lost for it."""
    model = decode(body(FULL).replace(b"Math Tutor", escaped), Assistant)

    assert model.name == read
    assert model.to_dict() == FULL | {"name": read}


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_lone_surrogate_opens_no_door_to_what_is_no_json(constant: str) -> None:
    """The lenient reading is for surrogates only."""
    with pytest.raises(Mismatch, match="not JSON"):
        decode(rb'{"name": "\ud800", "x": ' + constant.encode() + b"}", Assistant)


@pytest.mark.parametrize(
    "text", ["x - at `$.tools[7]`", "Expected `str`, got `int`", " @ $.id", "`", "$", "{0}", "%s"]
)
def test_the_words_of_a_server_are_only_words(text: str) -> None:
    """Where a value is wrong is not read out of what it says."""
    with pytest.raises(Mismatch) as caught:
        decode(body(FULL | {"object": text}), Assistant)
    assert caught.value.path == "$.object"

    with pytest.raises(Mismatch) as caught:
        decode(body(page(FULL, FULL | {text: text, "id": 5})), Page[Assistant])
    assert caught.value.path == "$.data[1].id"


@pytest.mark.parametrize("depth", [10, 400, 900])
@pytest.mark.parametrize("key", ["metadata", "undeclared"])
def test_whatever_decodes_can_be_given_back(depth: int, key: str) -> None:
    """However deep it is nested; and it can be shown."""
    inner = b'{"a":' * depth + b"1" + b"}" * depth
    model = decode(
        body(FULL)[:-1].replace(b'"metadata"', b'"_"')
        + b',"'
        + key.encode()
        + b'":'
        + inner
        + b"}",
        Assistant,
    )

    given_back: Any = model.to_dict()[key]
    for _ in range(depth):
        given_back = given_back["a"]
    assert given_back == 1
    assert "Assistant(" in repr(model)
    assert Assistant.from_dict(model.to_dict()).to_dict().keys() == model.to_dict().keys()


def test_what_holds_itself_is_refused() -> None:
    """It has no payload."""
    extra: dict[str, Any] = {}
    extra["again"] = [extra]
    with pytest.raises(RecursionError, match="holds itself"):
        TextFormat(extra=extra).to_dict()


def test_fields_that_stand_in_extra_too_are_refused() -> None:
    """One of the two would be lost."""
    with pytest.raises(InvalidRequestError, match="extra holds"):
        TextFormat(extra={"type": "x"}).to_dict()


# --- For those who look into it ---------------------------------------------------------------


def test_the_compiled_builder_shows_its_source() -> None:
    """A traceback or a debugger that stops in it has lines to show."""
    try:
        builder(FunctionTool)(object())
    except AttributeError as error:
        shown = "".join(traceback.format_exception(error))
    assert "function = _struct.function" in shown
    assert any("FunctionTool" in name for name in linecache.cache)


# --- pydantic, and so FastAPI -----------------------------------------------------------------


def test_pydantic_takes_and_gives_models() -> None:
    """An endpoint may declare them, and return them."""
    adapter = TypeAdapter(list[Assistant])
    model = Assistant.from_dict(FULL)

    assert adapter.validate_python([FULL, model]) == [model, model]
    assert json.loads(adapter.dump_json([model])) == [FULL]
    assert adapter.json_schema()["items"]["title"] == "Assistant"
    pages = TypeAdapter(Page[Assistant])
    assert pages.validate_python(page(FULL)).data == [model]
    assert json.loads(pages.dump_json(decode(body(page(FULL)), Page[Assistant]))) == page(FULL)


@given(json_values)
def test_pydantic_is_told_what_is_wrong(value: Any) -> None:
    """A payload that is none is a validation error of pydantic's, as for every other type."""
    with pytest.raises((ValidationError, PortkeyError)):
        TypeAdapter(Assistant).validate_python(value)
