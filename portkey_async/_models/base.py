"""What all models share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from portkey_async._types import NOTHING, JSONObject


@attrs.frozen
class Model:
    """What all models share: undeclared keys are kept, and nothing the server sent is lost.

    Attributes:
        extra: Every key of the payload that the class does not declare.
    """

    extra: JSONObject = attrs.field(default=NOTHING, kw_only=True)
    # Optional keys that the payload left out. None on an object made by hand: there, every
    # optional field that is None is left out of the payload.
    _absent: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, eq=False, repr=False)

    if not TYPE_CHECKING:  # a checker would take any name for an attribute

        def __getattr__(self, name: str) -> object:
            """Give the defaults of the slots that `_structs.builder` leaves empty."""
            if name == "extra":
                return NOTHING
            if name == "_absent":
                return ()
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def to_dict(self) -> JSONObject:
        """Give the payload back as plain JSON types.

        Returns:
            For an object that came from the API, the payload it came from, undeclared keys
            included, and nulls only where the server sent nulls. For one made by hand, its
            fields, without those that are None.
        """
        from portkey_async._codec.converter import unstructure  # noqa: PLC0415  # models stay free of JSON

        payload: JSONObject = unstructure(self)
        return payload

    def __repr__(self) -> str:
        """Show the fields that say something; long text is cut."""
        shown = (
            f"{field.name}={_short(value)}"
            for field in attrs.fields(type(self))
            if field.repr and (value := getattr(self, field.name)) not in (None, {})
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _short(value: object, limit: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= limit or not isinstance(value, str) else f"{text[:limit]}…'"


@attrs.frozen
class Unknown:
    """Something of a type that this version does not know, kept as it came.

    Attributes:
        raw: Its payload; sent back unchanged.
    """

    raw: JSONObject

    @property
    def type(self) -> str | None:
        """The type that the server named; None where it named none."""
        return self.raw.get("type")

    def to_dict(self) -> JSONObject:
        """Give the payload back."""
        return dict(self.raw)
