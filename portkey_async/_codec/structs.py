"""A msgspec Struct for every model, and the code that makes the model of it.

msgspec checks types strictly and quickly, but it drops undeclared keys and knows no unions of
attrs classes. So every model has a *wire* class made from its fields, which refuses undeclared
keys; the converter puts those under one key first.
"""

from __future__ import annotations

import functools
import secrets
import types
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import msgspec

from portkey_async._models.base import Model, Unknown
from portkey_async._types import NOTHING

# Where undeclared keys and unknown types travel inside a wire payload. Drawn anew by every
# process: a name that no server can send, by accident or on purpose.
EXTRA = f"extra-{secrets.token_hex(16)}"
UNKNOWN = f"unknown-{secrets.token_hex(16)}"
UNIONS = (Union, types.UnionType)


@functools.cache
def wire_class(cls: Any) -> type[msgspec.Struct]:
    """Make the Struct of a model: same fields, absent ones UNSET, extras under `EXTRA`."""
    fields: list[tuple[str, Any, Any]] = []
    for name, hint in declared_fields(cls).items():
        optional = types.NoneType in get_args(hint)
        wired = _wired(hint) | msgspec.UnsetType if optional else _wired(hint)
        fields.append((name, wired, msgspec.UNSET if optional else msgspec.NODEFAULT))
    origin, tag = get_origin(cls) or cls, tag_of(cls)
    if not issubclass(origin, Unknown):
        fields.append(("extra", dict[str, Any], NOTHING))
    return msgspec.defstruct(
        origin.__name__,
        fields,
        tag_field=tag and "type",
        tag=tag,
        kw_only=True,
        forbid_unknown_fields=True,
        rename={"extra": EXTRA},
        gc=False,  # a wire object lives for one decode and is in no cycle
    )


def _wired(hint: Any) -> Any:
    """Put wire classes for the models in a type hint."""
    if is_model(hint):
        return wire_class(hint)
    if hint is float:
        return int | float  # an integer is a number; as a float it could lose digits
    if get_origin(hint) is list:
        return list[_wired(*get_args(hint))]  # type: ignore[misc]  # made at run time
    if get_origin(hint) in UNIONS:
        return Union[tuple(map(_wired, get_args(hint)))]  # noqa: UP007  # members known at run time only
    return hint


@functools.cache
def declared_fields(cls: Any) -> dict[str, Any]:
    """Give a model's declared fields and their types; the tag of a union is not among them."""
    origin = get_origin(cls) or cls
    hints = get_type_hints(origin)
    undeclared = {"extra", "_absent", "type"} if tag_of(cls) else {"extra", "_absent"}
    return {
        field.name: hint[get_args(cls)] if getattr(hint, "__parameters__", ()) else hint
        for field in attrs.fields(origin)
        if field.name not in undeclared
        for hint in (hints[field.name],)
    }


def tag_of(cls: Any) -> str | None:
    """Give the value of `type` that marks a model in a union; None for one without `type`."""
    cls = get_origin(cls) or cls
    if issubclass(cls, Unknown):
        return UNKNOWN
    kind = get_type_hints(cls).get("type")
    return get_args(kind)[0] if get_origin(kind) is Literal else None


def is_model(hint: Any) -> bool:
    origin = get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, Model | Unknown)


@functools.cache
def decoder(cls: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wire_class(cls))


# --- Wire objects to models -------------------------------------------------------------------


@functools.cache
def builder(cls: Any) -> Callable[[Any], Any]:
    """Compile the function that makes a model of a wire object.

    Straight code, as attrs and cattrs compile theirs: this is the hottest place of the package.
    """
    model = get_origin(cls) or cls
    names: dict[str, Any] = {"new": object.__new__, "cls": model, "UNSET": msgspec.UNSET}
    lines = ["model = new(cls)", "absent = ()"]
    for name, hint in declared_fields(cls).items():
        value = f"{name}_"  # so that no field hides a name of the code
        lines.append(f"{value} = wire.{name}")
        if types.NoneType in get_args(hint):
            lines.append(f"if {value} is UNSET: {value} = None; absent += ({name!r},)")
        names[f"set_{name}"] = getattr(model, name).__set__
        lines.append(f"set_{name}(model, {_made(hint, value, f'make_{name}', names)})")
    if not issubclass(model, Unknown):
        for name in ("extra", "_absent"):
            names[f"set_{name}"] = getattr(model, name).__set__
        # Nearly all objects have neither; `Model.__getattr__` answers for the empty slots.
        lines.append("if wire.extra: set_extra(model, wire.extra)")
        lines.append("if absent: set__absent(model, absent)")
        if tag := tag_of(cls):
            names["set_type"] = model.type.__set__
            lines.append(f"set_type(model, {tag!r})")
    lines.append("return model")
    exec("def build(wire):\n    " + "\n    ".join(lines), names)  # noqa: S102  # our own text
    build: Callable[[Any], Any] = names["build"]
    return build


def _made(hint: Any, value: str, make: str, names: dict[str, Any]) -> str:
    """Give the code that makes the model's value of the wire value in the variable *value*.

    What it needs besides is put into *names* under *make*.
    """
    members = get_args(hint) if get_origin(hint) in UNIONS else (hint,)
    for member in members:
        if get_origin(member) is list:
            item = _made(get_args(member)[0], "item", make, names)
            return f"{value} and [{item} for item in {value}]" if item != "item" else value
    table = {wire_class(member): builder(member) for member in members if is_model(member)}
    if not table:
        return value
    others = {member for member in members if not is_model(member)}
    if len(table) == 1 and others <= {types.NoneType}:
        (names[make],) = table.values()
        return f"{value} and {make}({value})" if others else f"{make}({value})"
    names[make] = table
    made = f"{make}[{value}.__class__]({value})"
    return f"{made} if {value}.__class__ in {make} else {value}" if others else made
