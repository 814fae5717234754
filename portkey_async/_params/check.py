"""The limits that the specification sets, checked on the body as it would be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portkey_async._errors import InvalidRequestError
from portkey_async._json import plain
from portkey_async._types import JSONObject, JSONValue, is_array, is_object

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
        _string(body.get(name), name)
    _metadata(body.get("metadata"), "metadata")
    for index, tool in enumerate(_items(body.get("tools"), "tools", 128)):
        _tool(tool, f"tools[{index}]")
    _resources(_object(body.get("tool_resources"), "tool_resources"))
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
    most = 100 if validate else 2**63 - 1
    least = 1 if validate else -most
    if size is None or (type(size) is int and least <= size <= most):
        return size
    allowed = "a whole number from 1 to 100" if validate else "a whole number of 64 bits"
    raise InvalidRequestError(f"limit is {_shown(limit)}; it must be {allowed}")


def check_order(order: str | None, *, validate: bool) -> None:
    """Check the order of a list.

    Args:
        order: How to order.
        validate: Whether it must be `asc` or `desc`, as the specification says.

    Raises:
        InvalidRequestError: It is something else, or no text that can be sent.
    """
    if validate and order not in (None, "asc", "desc"):
        raise InvalidRequestError(f"order is {order!r}; it must be 'asc' or 'desc'")
    _string(plain(order, "order"), "order")


def _tool(tool: JSONValue, where: str) -> None:
    held = _object(tool, where)
    kind = _required(held, where, "type")
    if kind == "function":
        function = _object(held.get("function"), f"{where}.function")
        name = _required(function, f"{where}.function", "name")
        if not _FUNCTION_NAME.fullmatch(name):
            raise InvalidRequestError(
                f"{where}.function.name is {_shown(name)}; it must be 1 to 64 letters, digits, "
                "underscores and dashes"
            )
    elif kind == "file_search":
        where = f"{where}.file_search"
        options = _object(held.get("file_search"), where)
        ranking = _object(options.get("ranking_options"), f"{where}.ranking_options")
        _number(ranking.get("score_threshold"), f"{where}.ranking_options.score_threshold", 0, 1)
        count = options.get("max_num_results")
        _number(count, f"{where}.max_num_results", 1, 50)
        if isinstance(count, float):
            raise InvalidRequestError(
                f"{where}.max_num_results is {count}; it must be a whole number"
            )


def _resources(resources: JSONObject) -> None:
    where = "tool_resources.code_interpreter"
    held = _object(resources.get("code_interpreter"), where)
    _strings(held.get("file_ids"), f"{where}.file_ids", 20)
    where = "tool_resources.file_search"
    held = _object(resources.get("file_search"), where)
    _strings(held.get("vector_store_ids"), f"{where}.vector_store_ids", 1)
    stores = _items(held.get("vector_stores"), f"{where}.vector_stores", 1)
    for index, store in enumerate(stores):
        _vector_store(store, f"{where}.vector_stores[{index}]")
    if stores and held.get("vector_store_ids"):
        raise InvalidRequestError(
            f"{where} has both vector_store_ids and vector_stores; give one of them"
        )


def _vector_store(store: JSONValue, where: str) -> None:
    held = _object(store, where)
    _strings(held.get("file_ids"), f"{where}.file_ids", 10_000)
    _metadata(held.get("metadata"), f"{where}.metadata")
    where = f"{where}.chunking_strategy"
    static = _object(_object(held.get("chunking_strategy"), where).get("static"), f"{where}.static")
    size, overlap = static.get("max_chunk_size_tokens"), static.get("chunk_overlap_tokens")
    _number(size, f"{where}.static.max_chunk_size_tokens", 100, 4096)
    _number(overlap, f"{where}.static.chunk_overlap_tokens", 0, (size or 4096) / 2)


def _metadata(metadata: JSONValue, where: str) -> None:
    pairs = _object(metadata, where)
    if len(pairs) > 16:
        raise InvalidRequestError(f"{where} has {len(pairs)} pairs; at most 16 are allowed")
    for key, value in pairs.items():
        if len(key) > 64:
            raise InvalidRequestError(
                f"{where} has a key of {len(key)} characters, {_shown(key)}; at most 64 are allowed"
            )
        if isinstance(value, str):
            _text(value, f"{where}[{key!r}]", 512)


def _format(value: JSONValue) -> None:
    if is_object(value):
        _string(value.get("type"), "response_format.type")
    elif value not in (None, "auto", "none"):
        raise InvalidRequestError(
            f"response_format is {_shown(value)}; it must be 'auto', 'none' or a format"
        )


def _text(value: JSONValue, where: str, most: int) -> None:
    text = _string(value, where) or ""
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


def _strings(value: JSONValue, where: str, most: int) -> None:
    for index, item in enumerate(_items(value, where, most)):
        if not isinstance(item, str):
            raise InvalidRequestError(f"{where}[{index}] is {_shown(item)}; it must be a str")


def _items(value: JSONValue, where: str, most: int) -> list[JSONValue]:
    if value is not None and not is_array(value):
        raise InvalidRequestError(f"{where} is {_shown(value)}; it must be a list")
    items: list[JSONValue] = value or []
    if len(items) > most:
        raise InvalidRequestError(f"{where} has {len(items):,} items; at most {most:,} are allowed")
    return items


def _required(held: Mapping[str, JSONValue], where: str, name: str) -> str:
    value = _string(held.get(name), f"{where}.{name}")
    if value is None:
        raise InvalidRequestError(f"{where}.{name} is missing; it must be a str")
    return value


def _object(value: JSONValue, where: str) -> JSONObject:
    """Give a mapping; None counts as an empty one."""
    if value is not None and not is_object(value):
        raise InvalidRequestError(f"{where} is {_shown(value)}; it must be a mapping")
    return value or {}


def _string(value: JSONValue, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidRequestError(f"{where} is {_shown(value)}; it must be a str")
    return value


def _shown(value: JSONValue) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of over 4,300 digits"
    return text if len(text) <= 80 else f"{text[:80]}…"
