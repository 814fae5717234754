"""JSON values: their type, the `UNSET` marker, and an encoder that changes nothing in silence."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NoReturn, TypeAlias, TypeGuard

from ._errors import InvalidRequestError

#: Any value JSON can hold. `Any` inside: a recursive alias cannot be used comfortably by callers.
JSONValue: TypeAlias = Any
#: A JSON object.
JSONObject: TypeAlias = dict[str, JSONValue]


_TOO_LARGE = 10**4300  # Python itself does not write more digits


class _Nothing(JSONObject):
    """An empty object that stays empty, so that all models without extras can share it."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("models are frozen: pass extra={...} when you make one")

    # Not what dict declares, on purpose.
    __setitem__ = setdefault = update = __ior__ = _refuse  # pyright: ignore[reportAssignmentType]

    def __reduce__(self) -> str:
        """Stay the same object when copied or pickled."""
        return "NOTHING"


NOTHING: Final = _Nothing()


class Unset(enum.Enum):
    """The type of `UNSET`: an argument that was not given, as opposed to `None`, JSON's null."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """Nothing was given, so it is false."""
        return False

    def __repr__(self) -> str:
        """Read as it is written in code."""
        return "UNSET"


UNSET: Final = Unset.UNSET


class Mismatch(Exception):  # noqa: N818  # inside the package only: the call makes the error of it
    """A payload that is not what the specification says.

    Attributes:
        reason: What is wrong.
        path: Where, as a JSON path: `$.data[3].id`.
        excerpt: The payload around that place, cut.
    """

    def __init__(self, reason: str, path: str, excerpt: str) -> None:
        """Keep what was found."""
        super().__init__(f"{reason} at {path}")
        self.reason, self.path, self.excerpt = reason, path, excerpt


def is_object(value: object) -> TypeGuard[JSONObject]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[JSONValue]]:
    """Tell whether a JSON value is an array."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    """Tell whether a caller's value is a mapping."""
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview)


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
    if _is_sequence(value):
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
