"""The types of OpenAI's SDK, as a judge of what is made for it."""

from __future__ import annotations

import functools
from typing import Any

from openai.types.responses import ToolParam
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openai.types.responses.response_input_item_param import ResponseInputItemParam
from pydantic import TypeAdapter


@functools.cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def assert_responses_arguments(arguments: dict[str, Any]) -> None:
    """Assert that `responses.create` takes these, to the last key, without converting anything."""
    lists = {"tools": ToolParam, "input": ResponseInputItemParam}
    for name, hint in lists.items():
        for item in arguments.get(name, ()):
            _assert_as_is(hint, item)
    rest = {name: value for name, value in arguments.items() if name not in lists}
    for name in {"temperature", "top_p"} & rest.keys():
        rest[name] = float(rest[name])  # as it is declared there; not every integer is one
    _assert_as_is(ResponseCreateParamsNonStreaming, rest)


def assert_items(items: list[dict[str, Any]]) -> None:
    """Assert that `conversations.items.create` takes these, to the last key."""
    for item in items:
        _assert_as_is(ResponseInputItemParam, item)


def _assert_as_is(hint: Any, value: Any) -> None:
    # An unknown key is dropped by the adapter, so that the result tells.
    assert _adapter(hint).validate_python(value) == value
