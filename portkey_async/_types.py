"""JSON values: their types, and the `UNSET` marker."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NoReturn, TypeAlias, TypeGuard

#: Any value JSON can hold. `Any` inside: a recursive alias cannot be used comfortably by callers.
JSONValue: TypeAlias = Any
#: A JSON object.
JSONObject: TypeAlias = dict[str, JSONValue]


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


def is_object(value: object) -> TypeGuard[JSONObject]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[JSONValue]]:
    """Tell whether a JSON value is an array."""
    return isinstance(value, list)


def is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    """Tell whether a caller's value is a mapping."""
    return isinstance(value, Mapping)


def is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    """Tell whether a caller's value is a sequence of values, and no text."""
    texts = str | bytes | bytearray | memoryview
    return isinstance(value, Sequence) and not isinstance(value, texts)
