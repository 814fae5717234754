"""The specification's limits: at each limit nothing is said, just past it the field is named."""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.payloads import FULL, replaced, without
from support.strategies import json_objects, known_formats, unknown_formats, unknown_tools

from portkey_async import InvalidRequestError
from portkey_async._params import limits
from portkey_async._params.check import check_body as check_against
from portkey_async._params.check import check_order, page_size

Make = Callable[[Any], dict[str, Any]]


def check_body(body: dict[str, Any]) -> None:
    """Check the body of an update of an assistant."""
    check_against(body, limits.ASSISTANT)


def field(name: str) -> Make:
    """Put the value into a field of the body."""
    return lambda value: {name: value}


def function(name: str) -> dict[str, Any]:
    """Make a body with one function tool."""
    return {"tools": [{"type": "function", "function": {"name": name}}]}


def file_search(count: Any) -> dict[str, Any]:
    """Make a body with one file search tool."""
    return {"tools": [{"type": "file_search", "file_search": {"max_num_results": count}}]}


def ranking(threshold: Any) -> dict[str, Any]:
    """Make a body with one file search tool that ranks."""
    options = {"ranking_options": {"score_threshold": threshold}}
    return {"tools": [{"type": "file_search", "file_search": options}]}


def resource(tool: str, name: str) -> Make:
    """Put the value into a resource of a tool."""
    return lambda value: {"tool_resources": {tool: {name: value}}}


def store(name: str) -> Make:
    """Put the value into a vector store that is to be made."""
    return lambda value: {"tool_resources": {"file_search": {"vector_stores": [{name: value}]}}}


def chunks(name: str, **others: Any) -> Make:
    """Put the value into the static chunking strategy of a vector store."""
    return lambda value: store("chunking_strategy")(
        {"type": "static", "static": {name: value} | others}
    )


CODE = {"type": "code_interpreter"}
RANKING = "tools[0].file_search.ranking_options"
STATIC = "tool_resources.file_search.vector_stores[0].chunking_strategy.static"

# How the body is made, a value at the limit, one just past it, and what the error says.
LIMITS: list[tuple[Make, Any, Any, str]] = [
    (field("name"), "x" * 256, "x" * 257, "name has 257 characters; at most 256"),
    (field("name"), "é" * 256, "é" * 257, "name has 257 characters"),
    (field("description"), "x" * 512, "x" * 513, "description has 513 characters; at most 512"),
    (
        field("instructions"),
        "x" * 256_000,
        "x" * 256_001,
        "instructions has 256,001 characters; at most 256,000",
    ),
    (field("temperature"), 0, -0.001, "temperature is -0.001; it must be a number from 0 to 2"),
    (field("temperature"), 2, 2.001, "temperature is 2.001; it must be a number from 0 to 2"),
    (field("temperature"), 2.0, math.nextafter(2, 3), "temperature is 2.0000000000000004"),
    (field("top_p"), 0.0, -1, "top_p is -1; it must be a number from 0 to 1"),
    (field("top_p"), 1, 1.01, "top_p is 1.01; it must be a number from 0 to 1"),
    (field("tools"), [CODE] * 128, [CODE] * 129, "tools has 129 items; at most 128"),
    (function, "a", "", "tools[0].function.name is ''; it must be 1 to 64 letters"),
    (function, "a" * 64, "a" * 65, "tools[0].function.name is 'aaa"),
    (function, "aZ09_-", "a b", "tools[0].function.name is 'a b'"),
    (function, "a", "é", "tools[0].function.name is 'é'"),
    (function, "a", "a\n", "tools[0].function.name is 'a\\n'"),
    (function, "a", "a.b", "tools[0].function.name is 'a.b'"),
    (
        file_search,
        1,
        0,
        "tools[0].file_search.max_num_results is 0; it must be a number from 1 to 50",
    ),
    (file_search, 50, 51, "tools[0].file_search.max_num_results is 51"),
    (file_search, 5.0, 5.5, "tools[0].file_search.max_num_results is 5.5; it must be a whole num"),
    (ranking, 0, -0.1, f"{RANKING}.score_threshold is -0.1; it must be a number from 0 to 1"),
    (ranking, 1, 1.1, f"{RANKING}.score_threshold is 1.1; it must be a number from 0 to 1"),
    (
        resource("code_interpreter", "file_ids"),
        ["f"] * 20,
        ["f"] * 21,
        "tool_resources.code_interpreter.file_ids has 21 items; at most 20",
    ),
    (
        resource("file_search", "vector_store_ids"),
        ["v"],
        ["v", "w"],
        "tool_resources.file_search.vector_store_ids has 2 items; at most 1",
    ),
    (
        resource("file_search", "vector_stores"),
        [{}],
        [{}, {}],
        "tool_resources.file_search.vector_stores has 2 items; at most 1",
    ),
    (
        store("file_ids"),
        ["f"] * 10_000,
        ["f"] * 10_001,
        "tool_resources.file_search.vector_stores[0].file_ids has 10,001 items; at most 10,000",
    ),
    (
        store("metadata"),
        {str(n): "" for n in range(16)},
        {str(n): "" for n in range(17)},
        "tool_resources.file_search.vector_stores[0].metadata has 17 pairs; at most 16",
    ),
    (chunks("max_chunk_size_tokens"), 100, 99, f"{STATIC}.max_chunk_size_tokens is 99"),
    (chunks("max_chunk_size_tokens"), 4096, 4097, f"{STATIC}.max_chunk_size_tokens is 4097"),
    (chunks("chunk_overlap_tokens"), 0, -1, f"{STATIC}.chunk_overlap_tokens is -1"),
    (chunks("chunk_overlap_tokens"), 2048, 2049, f"{STATIC}.chunk_overlap_tokens is 2049"),
    (
        chunks("chunk_overlap_tokens", max_chunk_size_tokens=100),
        50,
        51,
        f"{STATIC}.chunk_overlap_tokens is 51; it must be a number from 0 to 50",
    ),
    (
        field("metadata"),
        {str(n): "" for n in range(16)},
        {str(n): "" for n in range(17)},
        "metadata has 17 pairs; at most 16",
    ),
    (field("metadata"), {"k" * 64: ""}, {"k" * 65: ""}, "metadata has a key of 65 characters"),
    (
        field("metadata"),
        {"k": "v" * 512},
        {"k": "v" * 513},
        "metadata['k'] has 513 characters; at most 512",
    ),
    (field("metadata"), {"k": 5}, {"k" * 65: 5}, "metadata has a key of 65 characters"),
    (field("response_format"), "auto", "json", "response_format is 'json'; it must be 'auto'"),
    (field("response_format"), "none", "", "response_format is ''"),
]


@pytest.mark.parametrize(
    ("make", "at", "past", "problem"), LIMITS, ids=[row[3][:50] for row in LIMITS]
)
def test_at_the_limit_is_allowed_and_just_past_it_is_not(
    make: Make, at: Any, past: Any, problem: str
) -> None:
    """The error names the field, the limit and what was given."""
    check_body(make(at))
    with pytest.raises(InvalidRequestError) as caught:
        check_body(make(past))

    assert str(caught.value).startswith(problem)
    assert len(str(caught.value)) < 300


NO_TEXT: list[Any] = [5, True, [], {}]
NO_NUMBER: list[Any] = ["1", True, False, [], {}, math.nan, math.inf, -math.inf]
NO_MAPPING: list[Any] = ["a", 5, [], True]
NO_LIST: list[Any] = ["a", 5, {}, True]

# What is of another type, and what the error says.
TYPES: list[tuple[dict[str, Any], str]] = [
    *(
        ({name: value}, f"{name} is {value!r}; it must be a str")
        for name in ("name", "description", "instructions", "model", "reasoning_effort")
        for value in NO_TEXT
    ),
    *(
        ({name: value}, f"{name} is {value!r}; it must be a number from 0 to {most}")
        for name, most in (("temperature", 2), ("top_p", 1))
        for value in NO_NUMBER
    ),
    *(
        ({"metadata": value}, f"metadata is {value!r}; it must be a mapping")
        for value in NO_MAPPING
    ),
    *(({"tools": value}, f"tools is {value!r}; it must be a list") for value in NO_LIST),
    ({"tools": [5]}, "tools[0] is 5; it must be a mapping"),
    ({"tools": [CODE, "code_interpreter"]}, "tools[1] is 'code_interpreter'; it must be a mapping"),
    ({"tools": [None]}, "tools[0].type is missing; it must be a str"),
    ({"tools": [{}]}, "tools[0].type is missing; it must be a str"),
    ({"tools": [{"type": None}]}, "tools[0].type is missing; it must be a str"),
    ({"tools": [{"type": 5}]}, "tools[0].type is 5; it must be a str"),
    ({"tools": [{"type": "function"}]}, "tools[0].function.name is missing"),
    ({"tools": [{"type": "function", "function": None}]}, "tools[0].function.name is missing"),
    (
        {"tools": [{"type": "function", "function": "f"}]},
        "tools[0].function is 'f'; it must be a m",
    ),
    ({"tools": [{"type": "function", "function": {"name": 5}}]}, "tools[0].function.name is 5; it"),
    ({"tools": [{"type": "file_search", "file_search": 5}]}, "tools[0].file_search is 5; it must"),
    (ranking("1"), f"{RANKING}.score_threshold is '1'; it must be a number from 0 to 1"),
    (replaced(ranking(1), ("tools", 0, "file_search", "ranking_options"), 5), f"{RANKING} is 5;"),
    (file_search("5"), "tools[0].file_search.max_num_results is '5'; it must be a number"),
    (file_search(count=True), "tools[0].file_search.max_num_results is True; it must be a number"),
    ({"tool_resources": []}, "tool_resources is []; it must be a mapping"),
    (
        {"tool_resources": {"code_interpreter": []}},
        "tool_resources.code_interpreter is []; it must",
    ),
    ({"tool_resources": {"file_search": "vs"}}, "tool_resources.file_search is 'vs'; it must be a"),
    (
        resource("code_interpreter", "file_ids")("f"),
        "tool_resources.code_interpreter.file_ids is 'f'; it must be a list",
    ),
    (
        resource("code_interpreter", "file_ids")(["f", 5]),
        "tool_resources.code_interpreter.file_ids[1] is 5; it must be a str",
    ),
    (
        resource("file_search", "vector_store_ids")([None]),
        "tool_resources.file_search.vector_store_ids[0] is None; it must be a str",
    ),
    (
        resource("file_search", "vector_stores")(["vs"]),
        "tool_resources.file_search.vector_stores[0] is 'vs'; it must be a mapping",
    ),
    (
        store("file_ids")([5]),
        "tool_resources.file_search.vector_stores[0].file_ids[0] is 5; it must be a str",
    ),
    (
        store("chunking_strategy")("auto"),
        "tool_resources.file_search.vector_stores[0].chunking_strategy is 'auto'; it must be a map",
    ),
    (
        store("chunking_strategy")({"type": "static", "static": 5}),
        f"{STATIC} is 5; it must be a mapping",
    ),
    (
        chunks("max_chunk_size_tokens")("100"),
        f"{STATIC}.max_chunk_size_tokens is '100'; it must be",
    ),
    ({"response_format": 5}, "response_format is 5; it must be 'auto', 'none' or a format"),
    ({"response_format": []}, "response_format is []; it must be 'auto', 'none' or a format"),
    ({"response_format": False}, "response_format is False; it must be 'auto', 'none' or a format"),
    ({"response_format": {"type": 5}}, "response_format.type is 5; it must be a str"),
]


@pytest.mark.parametrize(("body", "problem"), TYPES, ids=lambda value: str(value)[:50])
def test_another_type_is_refused(body: dict[str, Any], problem: str) -> None:
    """The error names the place, what is there and what belongs there."""
    with pytest.raises(InvalidRequestError) as caught:
        check_body(body)

    assert str(caught.value).startswith(problem)


def test_a_store_is_named_or_made_but_not_both() -> None:
    """The specification allows one vector store, old or new."""
    both = {"vector_store_ids": ["vs_1"], "vector_stores": [{}]}

    with pytest.raises(InvalidRequestError, match="has both vector_store_ids and vector_stores"):
        check_body({"tool_resources": {"file_search": both}})
    for name in both:
        check_body({"tool_resources": {"file_search": both | {name: []}}})
        check_body({"tool_resources": {"file_search": both | {name: None}}})


@pytest.mark.parametrize(
    "name",
    [
        "model",
        "name",
        "description",
        "instructions",
        "tools",
        "tool_resources",
        "metadata",
        "temperature",
        "top_p",
        "response_format",
        "reasoning_effort",
    ],
)
def test_null_clears_a_field_and_passes(name: str) -> None:
    """So does leaving it out."""
    body = without(FULL, "tool_resources") | {"reasoning_effort": "low"}

    check_body(body | {name: None})
    check_body(without(body, name))


@pytest.mark.parametrize(
    "path",
    [
        ("tools", 1, "file_search"),
        ("tools", 1, "file_search", "max_num_results"),
        ("tool_resources", "code_interpreter"),
        ("tool_resources", "code_interpreter", "file_ids"),
        ("tool_resources", "file_search"),
        ("tool_resources", "file_search", "vector_stores"),
        ("tool_resources", "file_search", "vector_stores", 0, "file_ids"),
        ("tool_resources", "file_search", "vector_stores", 0, "metadata"),
        ("tool_resources", "file_search", "vector_stores", 0, "chunking_strategy"),
    ],
)
def test_null_inside_a_field_passes(path: tuple[str | int, ...]) -> None:
    """What is optional may be null on any level."""
    body = replaced(FULL, ("tool_resources", "file_search", "vector_store_ids"), None)

    check_body(replaced(body, path, None))


@given(json_objects, unknown_tools, known_formats | unknown_formats)
def test_what_is_not_known_is_left_to_the_server(
    undeclared: dict[str, Any], tool: dict[str, Any], response_format: dict[str, Any]
) -> None:
    """Other keys, other types of tools and formats: whatever tomorrow's API takes can be sent."""
    body = {f"x-{name}": value for name, value in undeclared.items()}

    check_body(body | {"tools": [tool], "response_format": response_format})
    check_body({"tools": [tool | {"function": 5, "file_search": 5}]})


def test_a_long_value_is_cut_in_the_error() -> None:
    """Eighty characters are shown, and that there are more."""
    for name, shown in (("é" * 78, f"'{'é' * 78}';"), ("é" * 79, f"'{'é' * 79}…;")):
        with pytest.raises(InvalidRequestError) as caught:
            check_body(function(name))

        assert f"is {shown}" in str(caught.value)


@given(st.text(), st.text())
def test_texts_are_counted_in_characters(name: str, key: str) -> None:
    """Not in bytes: whatever the script, a short text passes."""
    check_body({"name": name[:256], "metadata": {key[:64]: name[:512]}})


# --- Lists ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "size"), [(None, None), (1, 1), (100, 100), ("1", 1), ("20", 20), ("100", 100)]
)
def test_a_page_size_is_read(limit: Any, size: int | None) -> None:
    """From 1 to 100, as a number or as the digits that the API's own samples write."""
    assert page_size(limit, validate=True) == size
    assert page_size(limit, validate=False) == size


@pytest.mark.parametrize("limit", [0, 101, -1, "0", "101", 10**12])
def test_a_page_size_past_the_limit_is_the_servers_without_validation(limit: Any) -> None:
    """With it the error says what is allowed."""
    with pytest.raises(InvalidRequestError) as caught:
        page_size(limit, validate=True)

    assert str(caught.value) == f"limit is {limit!r}; it must be a whole number from 1 to 100"
    assert page_size(limit, validate=False) == int(limit)


@pytest.mark.parametrize(
    "limit",
    ["", "ten", "1.0", "-1", "+1", " 1", "٣", "1_0", "9" * 5_000, 1.0, True, False, [1], b"1"],
)
def test_what_is_no_page_size_is_refused_always(limit: Any) -> None:
    """It could not be sent as a number at all."""
    for validate in (True, False):
        with pytest.raises(InvalidRequestError, match=re.escape("limit is ")):
            page_size(limit, validate=validate)


def test_an_order_is_up_or_down() -> None:
    """Anything else is refused, and the error says what there is."""
    for order in (None, "asc", "desc"):
        check_order(order, validate=True)
    others: list[Any] = ["ASC", "", "ascending", 5, ["asc"]]
    for order in others:
        with pytest.raises(InvalidRequestError) as caught:
            check_order(order, validate=True)
        assert str(caught.value) == f"order is {order!r}; it must be 'asc' or 'desc'"


def test_an_order_is_the_servers_without_validation() -> None:
    """What is no text that can be sent is refused still."""
    for order in (None, "asc", "newest"):
        check_order(order, validate=False)
    others: list[Any] = [5, ["asc"], "\ud800", b"asc"]
    for order in others:
        with pytest.raises(InvalidRequestError, match=r"^order "):
            check_order(order, validate=False)
