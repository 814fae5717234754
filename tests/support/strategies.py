"""Hypothesis strategies for everything that a server may send and a caller may give."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import strategies as st
from support.payloads import FULL

Strategy = st.SearchStrategy[Any]

#: Any text that UTF-8 can carry.
texts = st.text(st.characters(codec="utf-8"), max_size=12)
#: Numbers, integers beyond 64 bits included.
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
#: Any JSON value.
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
#: Any JSON object.
json_objects = st.dictionaries(texts, json_values, max_size=3)

# Names that our own code uses somewhere: on the wire they are keys like any other.
_tempting = st.sampled_from(
    ["extra", "raw", "type", "_absent", "absent", "id", "name", "data", "model", "self", "_wire"]
)


def objects(required: dict[str, Strategy], optional: dict[str, Strategy]) -> Strategy:
    """Give objects of the declared keys, optional ones absent or null too, and undeclared ones."""
    declared = {*required, *optional}
    keys = (texts | _tempting).filter(lambda key: key not in declared)
    fields = st.fixed_dictionaries(
        required, optional={name: st.none() | values for name, values in optional.items()}
    )
    return st.builds(operator.or_, st.dictionaries(keys, json_values, max_size=2), fields)


_strings = st.lists(texts, max_size=2)

ranking_options = objects({}, {"score_threshold": numbers, "ranker": texts})
file_search_options = objects(
    {}, {"max_num_results": st.integers(), "ranking_options": ranking_options}
)
functions = objects(
    {"name": texts}, {"description": texts, "parameters": json_objects, "strict": st.booleans()}
)

_tool_types = ("code_interpreter", "file_search", "function")
_format_types = ("text", "json_object", "json_schema")

unknown_tools = objects({"type": texts.filter(lambda kind: kind not in _tool_types)}, {})
known_tools = (
    objects({"type": st.just("code_interpreter")}, {})
    | objects({"type": st.just("file_search")}, {"file_search": file_search_options})
    | objects({"type": st.just("function"), "function": functions}, {})
)
tools = known_tools | unknown_tools

unknown_formats = objects({"type": texts.filter(lambda kind: kind not in _format_types)}, {})
known_formats = (
    objects({"type": st.just("text")}, {})
    | objects({"type": st.just("json_object")}, {})
    | objects({"type": st.just("json_schema"), "json_schema": json_objects}, {})
)
response_formats = (
    texts
    | known_formats
    | unknown_formats
    | json_objects.map(lambda value: {key: value[key] for key in value if key != "type"})
)

tool_resources = objects(
    {},
    {
        "code_interpreter": objects({}, {"file_ids": _strings}),
        "file_search": objects(
            {},
            {
                "vector_store_ids": _strings,
                "vector_stores": st.lists(
                    objects(
                        {},
                        {
                            "file_ids": _strings,
                            "chunking_strategy": json_objects,
                            "metadata": json_objects,
                        },
                    ),
                    max_size=2,
                ),
            },
        ),
    },
)

#: Assistants that decode.
assistants = objects(
    {
        "id": texts,
        "object": st.just("assistant"),
        "created_at": st.integers(),
        "model": texts,
    },
    {
        "name": texts,
        "description": texts,
        "instructions": texts,
        "tools": st.lists(tools, max_size=3),
        "tool_resources": tool_resources,
        "metadata": json_objects,
        "temperature": numbers,
        "top_p": numbers,
        "response_format": response_formats,
    },
)
#: Pages of assistants that decode.
pages = objects(
    {"data": st.lists(assistants, max_size=3)},
    {"object": texts, "first_id": texts, "last_id": texts, "has_more": st.booleans()},
)

#: Ids that can be sent: anything but the empty one, `.`, `..` and control characters.
ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda value: value not in {".", ".."}
)


def _places(payload: Any) -> list[tuple[str | int, ...]]:
    steps = payload.items() if isinstance(payload, dict) else enumerate(payload)
    return [()] + [
        (step, *place)
        for step, inner in steps
        for place in (_places(inner) if isinstance(inner, dict | list) else [()])
    ]


#: The path of every value in `FULL`.
places = st.sampled_from(_places(FULL)[1:])
