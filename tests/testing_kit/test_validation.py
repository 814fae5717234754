"""Requests are checked as the specification says, and refused in the API's words."""

from typing import Any

import pytest

from portkey_async.testing._schemas.catalog import SCHEMAS
from portkey_async.testing._schemas.check import InvalidValue, check

CREATE = SCHEMAS["CreateAssistantRequest"]
MODIFY = SCHEMAS["ModifyAssistantRequest"]
CODE = {"type": "code_interpreter"}


def function(**fields: Any) -> list[Any]:
    """A list with one function tool."""
    return [{"type": "function", "function": {"name": "f"} | fields}]


def search(**fields: Any) -> list[Any]:
    """A list with one file-search tool."""
    return [{"type": "file_search", "file_search": fields}]


def store(**fields: Any) -> dict[str, Any]:
    """Resources with one vector store to make."""
    return {"file_search": {"vector_stores": [fields]}}


def static(tokens: Any) -> dict[str, Any]:
    """Resources with one vector store, chunked statically."""
    sizes = {"max_chunk_size_tokens": tokens, "chunk_overlap_tokens": 50}
    return store(chunking_strategy={"type": "static", "static": sizes})


ACCEPTED: list[dict[str, Any]] = [
    {"model": "any-model"},
    {"name": "n" * 256, "description": "d" * 512, "instructions": "i" * 256_000},
    {"name": None, "description": None, "instructions": None, "metadata": None},
    {"temperature": None, "top_p": None, "tool_resources": None, "response_format": None},
    {"temperature": 0, "top_p": 0},
    {"temperature": 2, "top_p": 1.0},
    {"tools": [CODE] * 128},
    {"tools": [CODE | {"not yet known": 1}]},
    {"tools": search(max_num_results=1)},
    {"tools": search(max_num_results=50.0)},
    {"tools": search(ranking_options={"score_threshold": 1, "ranker": "auto"})},
    {"tools": function(name="a-Z_9" + "x" * 59, parameters={"type": "object"}, strict=None)},
    {"metadata": {f"{n:064}": "v" * 512 for n in range(16)}},
    {"metadata": {"a number": 1, "anything": {"the specification": "allows"}}},
    {"tool_resources": {}},
    {"tool_resources": {"code_interpreter": {"file_ids": ["file"] * 20}}},
    {"tool_resources": {"file_search": {"vector_store_ids": ["vs"]}}},
    {"tool_resources": store(file_ids=["file"] * 10_000, metadata={})},
    {"tool_resources": store(chunking_strategy={"type": "auto"})},
    {"tool_resources": static(100)},
    {"tool_resources": static(4096)},
    {"response_format": "auto"},
    {"response_format": "none"},
    {"response_format": {}},
    {"response_format": {"type": "text"}},
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}},
    {"reasoning_effort": "xhigh"},
    {"reasoning_effort": None},
]

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "n" * 257}, "name", "string_above_max_length"),
    ({"description": "d" * 513}, "description", "string_above_max_length"),
    ({"instructions": "i" * 256_001}, "instructions", "string_above_max_length"),
    ({"name": 1}, "name", "invalid_type"),
    ({"model": None}, "model", "invalid_type"),
    ({"model": 4}, "model", "invalid_type"),
    ({"nmae": "x"}, "nmae", "unknown_parameter"),
    ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
    ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
    ({"temperature": 10**400}, "temperature", "decimal_above_max_value"),
    ({"temperature": "1"}, "temperature", "invalid_type"),
    ({"temperature": True}, "temperature", "invalid_type"),
    ({"top_p": 1.1}, "top_p", "decimal_above_max_value"),
    ({"tools": None}, "tools", "invalid_type"),
    ({"tools": [CODE] * 129}, "tools", "array_above_max_length"),
    ({"tools": [CODE, {}]}, "tools[1].type", "missing_required_parameter"),
    ({"tools": [{"type": "retrieval"}]}, "tools[0].type", "invalid_value"),
    ({"tools": [{"type": ["function"]}]}, "tools[0].type", "invalid_value"),
    ({"tools": ["code_interpreter"]}, "tools[0]", "invalid_type"),
    ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
    ({"tools": function(name="n" * 65)}, "tools[0].function.name", "invalid_value"),
    ({"tools": function(name="a b")}, "tools[0].function.name", "invalid_value"),
    ({"tools": function(name="newline\n")}, "tools[0].function.name", "invalid_value"),
    ({"tools": function(name="")}, "tools[0].function.name", "invalid_value"),
    ({"tools": function(strict="yes")}, "tools[0].function.strict", "invalid_type"),
    (
        {"tools": search(max_num_results=0)},
        "tools[0].file_search.max_num_results",
        "integer_below_min_value",
    ),
    (
        {"tools": search(max_num_results=51)},
        "tools[0].file_search.max_num_results",
        "integer_above_max_value",
    ),
    (
        {"tools": search(max_num_results=1.5)},
        "tools[0].file_search.max_num_results",
        "invalid_type",
    ),
    (
        {"tools": search(ranking_options={})},
        "tools[0].file_search.ranking_options.score_threshold",
        "missing_required_parameter",
    ),
    (
        {"metadata": {str(n): "v" for n in range(17)}},
        "metadata",
        "object_above_max_properties",
    ),
    ({"metadata": {"k" * 65: "v"}}, f"metadata.{'k' * 65}", "string_above_max_length"),
    ({"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
    ({"metadata": []}, "metadata", "invalid_type"),
    (
        {"tool_resources": {"code_interpreter": {"file_ids": ["file"] * 21}}},
        "tool_resources.code_interpreter.file_ids",
        "array_above_max_length",
    ),
    (
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs"] * 2}}},
        "tool_resources.file_search.vector_store_ids",
        "array_above_max_length",
    ),
    ({"response_format": "json"}, "response_format", "invalid_value"),
    ({"response_format": 1}, "response_format", "invalid_type"),
    ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
    (
        {"response_format": {"type": "json_schema"}},
        "response_format.json_schema",
        "missing_required_parameter",
    ),
    ({"reasoning_effort": "extreme"}, "reasoning_effort", "invalid_value"),
]

REFUSED_ON_CREATE: list[tuple[dict[str, Any], str, str]] = [
    ({"tool_resources": {"file_search": {}}}, "tool_resources.file_search", "invalid_value"),
    (
        {"tool_resources": {"file_search": {"vector_store_ids": [], "vector_stores": []}}},
        "tool_resources.file_search",
        "invalid_value",
    ),
    (
        {"tool_resources": {"file_search": {"vector_stores": [{}, {}]}}},
        "tool_resources.file_search.vector_stores",
        "array_above_max_length",
    ),
    (
        {"tool_resources": store(file_ids=["file"] * 10_001)},
        "tool_resources.file_search.vector_stores[0].file_ids",
        "array_above_max_length",
    ),
    (
        {"tool_resources": static(99)},
        (
            "tool_resources.file_search.vector_stores[0].chunking_strategy"
            ".static.max_chunk_size_tokens"
        ),
        "integer_below_min_value",
    ),
    (
        {"tool_resources": static(4097)},
        (
            "tool_resources.file_search.vector_stores[0].chunking_strategy"
            ".static.max_chunk_size_tokens"
        ),
        "integer_above_max_value",
    ),
    (
        {"tool_resources": store(chunking_strategy={"type": "auto", "static": {}})},
        "tool_resources.file_search.vector_stores[0].chunking_strategy.static",
        "unknown_parameter",
    ),
]


@pytest.mark.parametrize("settings", ACCEPTED)
def test_what_the_specification_allows_is_accepted(settings: dict[str, Any]) -> None:
    """Every limit is accepted when it is met exactly, as is every later addition of the API."""
    assert check({"model": "gpt-4o"} | settings, CREATE) is None


@pytest.mark.parametrize(("settings", "param", "code"), REFUSED + REFUSED_ON_CREATE)
def test_what_it_forbids_is_refused_on_create(
    settings: dict[str, Any], param: str, code: str
) -> None:
    """The refusal names the field and says in the API's code what is wrong with it."""
    with pytest.raises(InvalidValue) as caught:
        check({"model": "gpt-4o"} | settings, CREATE)

    assert (caught.value.param, caught.value.code) == (param, code)
    assert param in caught.value.message or code == "invalid_value"


@pytest.mark.parametrize(("settings", "param", "code"), REFUSED)
def test_what_it_forbids_is_refused_on_update(
    settings: dict[str, Any], param: str, code: str
) -> None:
    """An update is checked by the same limits."""
    with pytest.raises(InvalidValue) as caught:
        check(settings, MODIFY)

    assert (caught.value.param, caught.value.code) == (param, code)


def test_create_needs_a_model_and_update_nothing() -> None:
    """Only `model` is required, and only of a create."""
    check({}, MODIFY)
    with pytest.raises(InvalidValue, match=r"^Missing required parameter: 'model'\.$"):
        check({}, CREATE)


@pytest.mark.parametrize("body", [None, [], "text", 1, True])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    """The refusal says what was expected, and has no field to name."""
    with pytest.raises(InvalidValue, match="'body': expected an object, but got") as caught:
        check(body, CREATE)

    assert caught.value.param is None


def test_refusals_are_worded_as_the_api_words_them() -> None:
    """Sentences carry the limit and what was given."""
    messages = []
    for settings in (
        {"name": "n" * 257},
        {"tools": [CODE] * 129},
        {"temperature": 3},
        {"name": 1},
        {"reasoning_effort": "extreme"},
    ):
        with pytest.raises(InvalidValue) as caught:
            check(settings, MODIFY)
        messages.append(caught.value.message)

    assert messages == [
        (
            "Invalid 'name': string too long. Expected a string with maximum length 256, "
            "but got a string with length 257 instead."
        ),
        (
            "Invalid 'tools': array too long. Expected an array with maximum length 128, "
            "but got an array with length 129 instead."
        ),
        (
            "Invalid 'temperature': decimal above maximum value. "
            "Expected a value <= 2, but got 3 instead."
        ),
        "Invalid type for 'name': expected a string or null, but got an integer instead.",
        (
            "Invalid value: 'extreme'. Supported values are: "
            "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'."
        ),
    ]
