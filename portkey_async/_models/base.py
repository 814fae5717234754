"""What all models share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, Self, cast

import attrs

from portkey_async._types import NOTHING, JSONObject, JSONValue


class _Codec(Protocol):
    """What models need of the codec, and all that they know of it."""

    def from_payload(self, payload: Mapping[str, JSONValue], cls: Any) -> Any: ...

    def unstructure(self, value: object) -> JSONValue: ...


def _codec() -> _Codec:
    """Give the codec; models know it by name only, as its libraries are slow to import."""
    return cast("_Codec", import_module("portkey_async._codec.decode"))


class Payload:
    """What models and unknown things share: they are values, and have a payload."""

    __slots__ = ()

    @classmethod
    def from_dict(cls, payload: Mapping[str, JSONValue]) -> Self:
        """Decode a payload, as strictly as a response.

        Args:
            payload: Plain JSON, as `to_dict` or the API gives it; it is copied.

        Returns:
            The model.

        Raises:
            APIResponseValidationError: The payload is not what the specification says; `.path`
                says where, `.body` is the payload.
        """
        model: Self = _codec().from_payload(payload, cls)
        return model

    def to_dict(self) -> JSONObject:
        """Give the payload back as plain JSON types.

        Returns:
            For an object that came from the API, the payload it came from, undeclared keys
            included, and nulls only where the server sent nulls. For one made by hand, its
            fields, without those that are None.
        """
        payload: JSONObject = _codec().unstructure(self)
        return payload

    def __eq__(self, other: object) -> bool:
        """Compare by value: the same class, and the same in every field."""
        if type(other) is not type(self):
            return NotImplemented
        return all(
            mine == theirs for mine, theirs in zip(_values(self), _values(other), strict=True)
        )

    def __hash__(self) -> int:
        """Hash by the id; without one, by the class and the fields that are scalars."""
        identifier = getattr(self, "id", None)
        if isinstance(identifier, str):
            return hash((type(self), identifier))
        scalars = [v for v in _values(self) if isinstance(v, str | int | float | None)]
        return hash((type(self), *scalars))

    def __repr__(self) -> str:
        """Show the fields that say something; long text is cut."""
        shown = (
            f"{field.name}={_short(value)}"
            for field in _fields(self)
            if field.repr and (value := getattr(self, field.name)) not in (None, {})
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, _handler: object) -> Any:
        """Let pydantic, and so FastAPI, take and give models as their payloads."""
        core_schema = import_module("pydantic_core.core_schema")

        def validate(value: object) -> object:
            return value if isinstance(value, cls) else _codec().from_payload(value, source)  # type: ignore[arg-type]  # it refuses what is no object

        return core_schema.no_info_plain_validator_function(
            validate, serialization=core_schema.plain_serializer_function_ser_schema(cls.to_dict)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: object, _handler: object) -> JSONObject:
        """Say in a JSON Schema that it is an object."""
        return {"type": "object", "title": cls.__name__, "additionalProperties": True}


@attrs.frozen(repr=False, eq=False)
class Model(Payload):
    """What all models share: undeclared keys are kept, and nothing the server sent is lost.

    Attributes:
        extra: Every key of the payload that the class does not declare.
    """

    extra: JSONObject = attrs.field(default=NOTHING, kw_only=True)
    # How the payload had what the fields cannot tell: UNSET for a key that was left out, the float
    # for a whole number written as one. None on an object made by hand: there, every optional
    # field that is None is left out of the payload.
    _as_sent: tuple[tuple[str, JSONValue], ...] | None = attrs.field(
        default=None, kw_only=True, eq=False, repr=False
    )


@attrs.frozen(repr=False, eq=False)
class Unknown(Payload):
    """Something of a type that this version does not know, kept as it came.

    Attributes:
        raw: Its payload; sent back unchanged.
    """

    raw: JSONObject

    @property
    def type(self) -> str | None:
        """The type that the server named; None where it named none."""
        return self.raw.get("type")


def _fields(instance: Payload) -> tuple[attrs.Attribute[Any], ...]:
    cls: Any = type(instance)  # all are attrs classes
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return fields


def _values(instance: Payload) -> Iterator[object]:
    return (
        getattr(instance, field.name) for field in _fields(instance) if field.name != "_as_sent"
    )


def _short(value: object, limit: int = 200) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return "…"  # nested more deeply than Python can show
    return text if len(text) <= limit or not isinstance(value, str) else f"{text[:limit]}…'"
