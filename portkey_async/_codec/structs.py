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
from typing import Any, Union, get_args, get_origin, get_type_hints

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
    return {
        field.name: hint[get_args(cls)] if getattr(hint, "__parameters__", ()) else hint
        for field in attrs.fields(origin)
        if field.name not in {"extra", "_absent", "type"}
        for hint in (hints[field.name],)
    }


def tag_of(cls: Any) -> str | None:
    """Give the value of `type` that marks a model in a union; None for one without `type`."""
    cls = get_origin(cls) or cls
    if issubclass(cls, Unknown):
        return UNKNOWN
    kind = get_type_hints(cls).get("type")
    return kind and get_args(kind)[0]


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
    # Ours begin with an underscore, so that no field can be called the same.
    names: dict[str, Any] = {"_new": object.__new__, "_cls": model, "_UNSET": msgspec.UNSET}
    lines = ["_model = _new(_cls)", "_absent = ()"]
    for name, hint in declared_fields(cls).items():
        lines.append(f"{name} = _wire.{name}")
        if types.NoneType in get_args(hint):
            lines.append(f"if {name} is _UNSET: {name} = None; _absent += ({name!r},)")
        names[f"_set_{name}"] = getattr(model, name).__set__
        lines.append(f"_set_{name}(_model, {_made(hint, name, names)})")
    if not issubclass(model, Unknown):
        for name in ("extra", "_absent"):
            names[f"_set_{name}"] = getattr(model, name).__set__
        # Nearly all objects have neither; `Model.__getattr__` answers for the empty slots.
        lines.append("if _wire.extra: _set_extra(_model, _wire.extra)")
        lines.append("if _absent: _set__absent(_model, _absent)")
        if tag := tag_of(cls):
            names["_type"] = model.type.__set__
            lines.append(f"_type(_model, {tag!r})")
    lines.append("return _model")
    exec("def build(_wire):\n    " + "\n    ".join(lines), names)  # noqa: S102  # our own text
    build: Callable[[Any], Any] = names["build"]
    return build


def _made(hint: Any, name: str, names: dict[str, Any]) -> str:
    """Give the code that makes the model's value of the wire value *name*."""
    members = get_args(hint) if get_origin(hint) in UNIONS else (hint,)
    for member in members:
        if get_origin(member) is list:
            item = _made(get_args(member)[0], "item", names)
            return f"{name} and [{item} for item in {name}]" if item != "item" else name
    table = {wire_class(member): builder(member) for member in members if is_model(member)}
    if not table:
        return name
    if len(table) == 1:
        (names[f"_make_{name}"],) = table.values()
        made = f"_make_{name}({name})"
        return made if len(members) == 1 else f"{name} and {made}"
    names[f"_make_{name}"] = table
    made = f"_make_{name}[type({name})]({name})"
    whole = len(table) == len(members)
    return made if whole else f"{made} if type({name}) in _make_{name} else {name}"
