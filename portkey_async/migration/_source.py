"""Reading a payload so that nothing in it is dropped in silence.

A field is taken out when it is carried over. What is left at the end is reported as lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

import attrs

from portkey_async._errors import InvalidRequestError
from portkey_async._types import JSONObject, JSONValue, is_array, is_mapping


@runtime_checkable
class Model(Protocol):
    """What all models have: `to_dict()` gives the payload."""

    def to_dict(self) -> JSONObject: ...


#: What the public functions read: a model, or a payload of the same shape.
Readable: TypeAlias = Model | Mapping[str, JSONValue]


@attrs.frozen
class Loss:
    """Something that has no equivalent where it should go.

    Attributes:
        field: Its path in the payload, such as `tools[2]` or `messages[0].attachments[1]`.
        reason: Why it is not carried over, and what can be done instead.
    """

    field: str
    reason: str


@attrs.frozen
class Source:
    """An object of a payload while it is read.

    Attributes:
        fields: What has not been taken yet.
        path: What stands before its fields in a path: nothing, or a prefix such as `run.`.
        losses: The list that losses are reported to.
        reasons: Why fields of certain names are lost.
    """

    fields: JSONObject
    path: str
    losses: list[Loss]
    reasons: Mapping[str, str]

    def take(self, name: str, fits: Callable[[object], bool], allowed: str) -> JSONValue:
        """Take a field out; None where there is none, or where its value does not fit."""
        value = self.fields.pop(name, None)
        if value is None or fits(value):
            return value
        return self.lose(name, f"{_short(value)} is not accepted there, but {allowed}")

    def take_object(self, name: str) -> Source:
        """Take an object out, to be read in turn; an empty one where there is none."""
        return self._inner(name, self.take(name, is_mapping, "an object") or {})

    def take_list(self, name: str) -> list[JSONValue]:
        """Take a list out; an empty one where there is none."""
        return list(self.take(name, is_array, "a list") or ())

    def take_objects(self, name: str) -> list[Source]:
        """Take a list of objects out, each to be read in turn."""
        sources: list[Source] = []
        for index, item in enumerate(self.take_list(name)):
            place = f"{name}[{index}]"
            if is_mapping(item):
                sources.append(self._inner(place, item))
            else:
                self.lose(place, f"{_short(item)} is no object")
        return sources

    def take_type(self) -> str | None:
        """Take `type` out; None where there is none."""
        kind: str | None = self.take("type", is_text, "text")
        return kind

    def lose(self, name: str, reason: str) -> None:
        """Report a field as lost."""
        self.losses.append(Loss(f"{self.path}{name}", reason))

    def lose_whole(self, reason: str) -> None:
        """Report the object itself as lost, with all that is in it."""
        self.fields.clear()
        self.losses.append(Loss(self.path.removesuffix("."), reason))

    def finish(self, target: str) -> None:
        """Report what is left. Nulls and what is empty say nothing, nor does the object's type."""
        self.fields.pop("object", None)
        for name, value in self.fields.items():
            if value is not None and value not in ({}, []):
                self.lose(name, self.reasons.get(name, f"{target} has no such field"))
        self.fields.clear()

    def _inner(self, place: str, fields: Mapping[object, object]) -> Source:
        own = {str(name): value for name, value in fields.items()}
        return Source(own, f"{self.path}{place}.", self.losses, self.reasons)


def source_of(
    value: Readable, what: str, path: str, losses: list[Loss], reasons: Mapping[str, str]
) -> Source:
    """Begin to read a model or a payload; *what* names the argument in errors."""
    payload: object = value.to_dict() if isinstance(value, Model) else value
    if not is_mapping(payload):
        raise InvalidRequestError(
            f"{what} is of type {type(value).__name__}; it must be a model, or a payload as a "
            "mapping"
        )
    return Source({str(name): field for name, field in payload.items()}, path, losses, reasons)


def is_text(value: object) -> bool:
    """Tell whether a value is text."""
    return isinstance(value, str)


def is_flag(value: object) -> bool:
    """Tell whether a value is true or false."""
    return isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether a value is a number."""
    return is_whole(value) or isinstance(value, float)


def one_of(*allowed: str) -> Callable[[object], bool]:
    """Make the check for one of a few texts."""
    return lambda value: isinstance(value, str) and value in allowed


def present(fields: JSONObject) -> JSONObject:
    """Leave out the fields that are None."""
    return {name: value for name, value in fields.items() if value is not None}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
