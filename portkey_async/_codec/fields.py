"""What a model declares: its fields, their types, and the `type` that marks it in a union."""

from __future__ import annotations

import functools
import types
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from portkey_async._models.base import Model, Unknown

UNIONS: Final = (Union, types.UnionType)
#: The fields of every model that are no keys of its payload.
_OURS: Final = frozenset({"extra", "_as_sent"})


def is_model(hint: Any) -> bool:
    """Tell whether a type hint is one of our classes, a generic one with its argument included."""
    origin = get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, Model | Unknown)


def is_unknown(hint: Any) -> bool:
    """Tell whether a type hint is the class for what a union does not know."""
    return isinstance(hint, type) and issubclass(hint, Unknown)


def is_optional(hint: Any) -> bool:
    """Tell whether a key may be null or missing."""
    return get_origin(hint) in UNIONS and types.NoneType in get_args(hint)


@functools.cache
def payload_keys(cls: Any) -> tuple[str, ...]:
    """Give the keys that a model declares."""
    return tuple(field.name for field in attrs.fields(cls) if field.name not in _OURS)


@functools.cache
def hidden_fields(cls: Any) -> frozenset[str]:
    """Give the keys that a model, or a page of it, keeps out of its `repr`: credentials."""
    models = (get_origin(cls) or cls, *get_args(cls))
    fields = (field for model in models for field in attrs.fields(model))
    return frozenset(field.name for field in fields if not field.repr) - _OURS


@functools.cache
def declared_fields(cls: Any) -> dict[str, Any]:
    """Give the keys that a model declares, each with its type."""
    origin = get_origin(cls) or cls
    hints = get_type_hints(origin)
    return {
        name: hint[get_args(cls)] if getattr(hint, "__parameters__", ()) else hint
        for name in payload_keys(origin)
        for hint in (hints[name],)
    }


@functools.cache
def tag_of(cls: Any) -> str | None:
    """Give the value of `type` that marks a model in a union; None for one without such a mark."""
    kind = None if is_unknown(cls) else declared_fields(cls).get("type")
    return get_args(kind)[0] if get_origin(kind) is Literal else None
