"""Plain JSON of what callers give, and its encoding: nothing is changed in silence."""

from __future__ import annotations

import enum
import json
import math

from ._errors import InvalidRequestError
from ._types import JSONObject, JSONValue, is_mapping, is_sequence

_TOO_LARGE = 10**4300  # Python itself does not write more digits


def plain(value: object, where: str) -> JSONValue:
    """Copy *value* into plain JSON types, refusing whatever JSON would change or lose.

    Args:
        value: What the caller gave.
        where: The argument it came from, for the error: `metadata`, `tools[0]`.

    Returns:
        The same value made of dict, list, str, int, float, bool and None.

    Raises:
        InvalidRequestError: NaN or infinity, a key that is no string, text that is not valid
            Unicode, or a type that JSON does not have.
    """
    if value is None or (isinstance(value, bool | int) and not isinstance(value, enum.Enum)):
        if value is not None and abs(value) >= _TOO_LARGE:
            raise InvalidRequestError(f"{where} has over 4,300 digits, which no JSON parser takes")
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise InvalidRequestError(f"{where} is {value}; JSON has no NaN and no infinity")
    if is_mapping(value):
        return {_key(key, where): plain(item, f"{where}.{key}") for key, item in value.items()}
    if is_sequence(value):
        return [plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise InvalidRequestError(
        f"{where} is of type {type(value).__name__}; allowed are str, int, float, bool, None, "
        "lists and mappings of these"
    )


def encode(body: JSONObject) -> bytes:
    """Encode plain JSON types compactly as UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(
            f"{where} holds a lone surrogate, which UTF-8 cannot carry; "
            "decode the text with errors='replace' first"
        ) from None
    return str.__str__(value)  # of a subclass, the text itself


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return _text(key, f"a key of {where}")
    raise InvalidRequestError(
        f"{where} has the key {key!r} of type {type(key).__name__}; JSON keys are strings"
    )
