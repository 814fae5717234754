"""The formats that a model may be told to answer in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from portkey_async._types import JSONObject

from .base import Model, Unknown


@attrs.frozen(repr=False, eq=False)
class TextFormat(Model):
    """The model may answer with any text."""

    type: Literal["text"] = "text"


@attrs.frozen(repr=False, eq=False)
class JsonObjectFormat(Model):
    """The model must answer with a JSON object."""

    type: Literal["json_object"] = "json_object"


@attrs.frozen(repr=False, eq=False)
class JsonSchemaFormat(Model):
    """The model must answer by a JSON Schema.

    Attributes:
        json_schema: `name`, `schema`, and optionally `description` and `strict`.
    """

    json_schema: JSONObject
    type: Literal["json_schema"] = "json_schema"


@attrs.frozen(repr=False, eq=False)
class UnknownFormat(Unknown):
    """A response format of a type that this version does not know."""


if TYPE_CHECKING:  # a checker refuses "json"; what servers say tomorrow is kept all the same
    ResponseFormat: TypeAlias = (
        Literal["auto", "none"] | TextFormat | JsonObjectFormat | JsonSchemaFormat | UnknownFormat
    )
else:
    ResponseFormat = str | TextFormat | JsonObjectFormat | JsonSchemaFormat | UnknownFormat
