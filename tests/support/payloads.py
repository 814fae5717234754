"""Payloads as a server sends them: plain JSON, with whatever is wrong put in by the caller."""

from __future__ import annotations

import json
from typing import Any

#: Every key that the specification declares on an assistant, with a value of its type.
FULL: dict[str, Any] = {
    "id": "asst_1",
    "object": "assistant",
    "created_at": 1_698_982_736,
    "name": "Math Tutor",
    "description": "Knows sums.",
    "model": "gpt-4-turbo",
    "instructions": "Be kind.",
    "tools": [
        {"type": "code_interpreter"},
        {
            "type": "file_search",
            "file_search": {
                "max_num_results": 5,
                "ranking_options": {"score_threshold": 0.5, "ranker": "auto"},
            },
        },
        {
            "type": "function",
            "function": {
                "name": "add",
                "description": "Adds.",
                "parameters": {"type": "object", "properties": {"a": {"type": "number"}}},
                "strict": True,
            },
        },
    ],
    "tool_resources": {
        "code_interpreter": {"file_ids": ["file_1", "file_2"]},
        "file_search": {
            "vector_store_ids": ["vs_1"],
            "vector_stores": [
                {
                    "file_ids": ["file_3"],
                    "chunking_strategy": {"type": "auto"},
                    "metadata": {"k": "v"},
                }
            ],
        },
    },
    "metadata": {"team": "maths"},
    "temperature": 0.7,
    "top_p": 1,
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}},
}


def assistant(**fields: Any) -> dict[str, Any]:
    """Give the smallest assistant that decodes, with *fields* put in."""
    return {"id": "asst_1", "object": "assistant", "created_at": 1, "model": "gpt-4o"} | fields


def page(*data: Any, **fields: Any) -> dict[str, Any]:
    """Give a page of *data*, with *fields* put in; its cursors are left out."""
    return {"object": "list", "data": list(data), "has_more": False} | fields


def body(payload: Any) -> bytes:
    """Encode a payload as a response body."""
    return json.dumps(payload).encode()


def canonical(payload: Any) -> str:
    """Give a text that is equal for the same JSON alone: 1, 1.0 and true are three values."""
    return json.dumps(payload, sort_keys=True)


def without(payload: dict[str, Any], *names: str) -> dict[str, Any]:
    """Copy *payload*, leaving keys out."""
    return {name: value for name, value in payload.items() if name not in names}


def replaced(payload: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Copy *payload* with *value* at *path*; the value `...` takes the key away."""
    if not path:
        return value
    step, *rest = path
    if isinstance(step, int):
        items = list(payload)
        items[step] = replaced(items[step], tuple(rest), value)
        return items
    inner = replaced(payload.get(step), tuple(rest), value)
    return without(payload, step) if inner is ... else payload | {step: inner}


def json_path(path: tuple[str | int, ...]) -> str:
    """Write a path as errors do: `$.data[7].id`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
