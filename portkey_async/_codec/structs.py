"""A msgspec Struct for every model: what decodes a response that is as specified, in C.

The structs are strict: they refuse undeclared keys, unknown types, and numbers written otherwise.
What they refuse goes through the converter.
"""

from __future__ import annotations

import functools
from typing import Any, Union, get_args, get_origin

import msgspec

from .fields import UNIONS, declared_fields, is_model, is_optional, is_unknown, tag_of


@functools.cache
def decoder(cls: Any) -> msgspec.json.Decoder[Any]:
    """Make the decoder from bytes to the struct of a model."""
    return msgspec.json.Decoder(struct_of(cls))


@functools.cache
def struct_of(cls: Any) -> type[msgspec.Struct]:
    """Make the struct of a model: the same fields, those that may be missing UNSET."""
    tag = tag_of(cls)
    fields = [
        (name, _wired(hint) | msgspec.UnsetType, msgspec.UNSET)
        if is_optional(hint)
        else (name, _wired(hint), msgspec.NODEFAULT)
        for name, hint in declared_fields(cls).items()
        if not (tag and name == "type")
    ]
    return msgspec.defstruct(
        (get_origin(cls) or cls).__name__,
        fields,
        tag_field=tag and "type",
        tag=tag,
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,  # a struct lives for one decode and is in no cycle
    )


def _wired(hint: Any) -> Any:
    """Put structs for the models in a type hint."""
    if is_model(hint):
        return struct_of(hint)
    if hint is float:
        return int | float  # an integer is a number; as a float it could lose digits
    if get_origin(hint) is list:
        return list[_wired(*get_args(hint))]  # type: ignore[misc]  # made at run time
    if get_origin(hint) in UNIONS:
        known = (_wired(member) for member in get_args(hint) if not is_unknown(member))
        return Union[tuple(known)]  # noqa: UP007  # members known at run time only
    return hint
