"""The limits that the specification sets, checked on the body as it would be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ._errors import InvalidRequestError
from ._json import JSONObject, JSONValue

_CHARACTERS = {"name": 256, "description": 512, "instructions": 256_000}
_RANGES = {"temperature": (0, 2), "top_p": (0, 1)}
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_body(body: JSONObject) -> None:
    """Check the body of `create` or `update` against the specification.

    Args:
        body: Plain JSON; keys it does not know are left to the server.

    Raises:
        InvalidRequestError: A limit is exceeded or a type is wrong; the message names the field,
            the limit and what was given. None passes: it clears a field.
    """
    for name, limit in _CHARACTERS.items():
        _text(body.get(name), name, limit)
    for name, (least, most) in _RANGES.items():
        _number(body.get(name), name, least, most)
    for name in ("model", "reasoning_effort"):
        _typed(body.get(name), name, str)
    _metadata(body.get("metadata"), "metadata")
    for index, tool in enumerate(_items(body.get("tools"), "tools", 128)):
        _tool(tool, f"tools[{index}]")
    _resources(_typed(body.get("tool_resources"), "tool_resources", dict))
    _format(body.get("response_format"))


def page_size(limit: int | str | None, *, validate: bool) -> int | None:
    """Read the page size of a list.

    Args:
        limit: A whole number, or its digits: the API's own samples write `limit="20"`.
        validate: Whether it must be from 1 to 100, as the specification says.

    Raises:
        InvalidRequestError: It is something else.
    """
    size = int(limit) if isinstance(limit, str) and re.fullmatch("[0-9]{1,9}", limit) else limit
    if size is None or (type(size) is int and (1 <= size <= 100 or not validate)):  # noqa: PLR2004
        return size
    raise InvalidRequestError(f"limit is {limit!r}; it must be a whole number from 1 to 100")


def check_order(order: str | None) -> None:
    """Check the order of a list.

    Raises:
        InvalidRequestError: It is neither `asc` nor `desc`.
    """
    if order not in {None, "asc", "desc"}:
        raise InvalidRequestError(f"order is {order!r}; it must be 'asc' or 'desc'")


def _tool(tool: JSONValue, where: str) -> None:
    _typed(tool, where, dict)
    kind = _required(tool, where, "type")
    if kind == "function":
        function = _typed(tool.get("function"), f"{where}.function", dict)
        if function is None:
            raise InvalidRequestError(f"{where}.function is missing; a function tool needs it")
        name = _required(function, f"{where}.function", "name")
        if not _FUNCTION_NAME.fullmatch(name):
            raise InvalidRequestError(
                f"{where}.function.name is {_shown(name)}; it must be 1 to 64 letters, digits, "
                "underscores and dashes"
            )
    elif kind == "file_search":
        options = _typed(tool.get("file_search"), f"{where}.file_search", dict) or {}
        count = options.get("max_num_results")
        _number(count, f"{where}.file_search.max_num_results", 1, 50)
        if isinstance(count, float):
            raise InvalidRequestError(
                f"{where}.file_search.max_num_results is {count}; it must be a whole number"
            )


def _resources(resources: JSONObject | None) -> None:
    for tool, name, most in (
        ("code_interpreter", "file_ids", 20),
        ("file_search", "vector_store_ids", 1),
        ("file_search", "vector_stores", 1),
    ):
        where = f"tool_resources.{tool}"
        held = _typed((resources or {}).get(tool), where, dict) or {}
        items = _items(held.get(name), f"{where}.{name}", most)
        for index, item in enumerate(items):
            if name == "vector_stores":
                _vector_store(item, f"{where}.{name}[{index}]")
            else:
                _typed(item, f"{where}.{name}[{index}]", str)
        if name == "vector_stores" and items and held.get("vector_store_ids"):
            raise InvalidRequestError(
                f"{where} has both vector_store_ids and vector_stores; give one of them"
            )


def _vector_store(store: JSONValue, where: str) -> None:
    held = _typed(store, where, dict) or {}
    _items(held.get("file_ids"), f"{where}.file_ids", 10_000)
    _metadata(held.get("metadata"), f"{where}.metadata")
    strategy = _typed(held.get("chunking_strategy"), f"{where}.chunking_strategy", dict) or {}
    static = _typed(strategy.get("static"), f"{where}.chunking_strategy.static", dict)
    if strategy.get("type") == "static" and static is not None:
        where = f"{where}.chunking_strategy.static"
        size, overlap = static.get("max_chunk_size_tokens"), static.get("chunk_overlap_tokens")
        _number(size, f"{where}.max_chunk_size_tokens", 100, 4096)
        _number(overlap, f"{where}.chunk_overlap_tokens", 0, (size or 4096) / 2)


def _metadata(metadata: JSONValue, where: str) -> None:
    pairs = _typed(metadata, where, dict) or {}
    if len(pairs) > 16:  # noqa: PLR2004
        raise InvalidRequestError(f"{where} has {len(pairs)} pairs; at most 16 are allowed")
    for key, value in pairs.items():
        if len(key) > 64:  # noqa: PLR2004
            raise InvalidRequestError(
                f"{where} has the key {_shown(key)} of {len(key)} characters; at most 64 are allowed"
            )
        if isinstance(value, str):
            _text(value, f"{where}[{key!r}]", 512)


def _format(value: JSONValue) -> None:
    if isinstance(value, dict):
        _typed(value.get("type"), "response_format.type", str)
    elif value not in {None, "auto", "none"} if isinstance(value, str | None) else True:
        raise InvalidRequestError(
            f"response_format is {_shown(value)}; it must be 'auto', 'none' or a format"
        )


def _text(value: JSONValue, where: str, most: int) -> None:
    text = _typed(value, where, str) or ""
    if len(text) > most:
        raise InvalidRequestError(
            f"{where} has {len(text):,} characters; at most {most:,} are allowed"
        )


def _number(value: JSONValue, where: str, least: float, most: float) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidRequestError(
            f"{where} is {_shown(value)}; it must be a number from {least:g} to {most:g}"
        )


def _items(value: JSONValue, where: str, most: int) -> list[JSONValue]:
    items: list[JSONValue] = _typed(value, where, list) or []
    if len(items) > most:
        raise InvalidRequestError(f"{where} has {len(items):,} items; at most {most:,} are allowed")
    return items


def _required(held: Mapping[str, JSONValue], where: str, name: str) -> str:
    value: str | None = _typed(held.get(name), f"{where}.{name}", str)
    if value is None:
        raise InvalidRequestError(f"{where}.{name} is missing; it must be a str")
    return value


def _typed(value: JSONValue, where: str, kind: type) -> Any:
    if value is None or isinstance(value, kind):
        return value
    wanted = {dict: "a mapping", list: "a list", str: "a str"}[kind]
    raise InvalidRequestError(f"{where} is {_shown(value)}; it must be {wanted}")


def _shown(value: JSONValue) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"  # noqa: PLR2004
