"""Payloads to models and back: the one cattrs converter.

msgspec checks types strictly and quickly, but it drops undeclared keys and knows no unions of
attrs classes. So every model has a *wire* class, a msgspec Struct made from its fields:

    bytes ── msgspec, if every key is declared ──────────────┐
    bytes ── plain JSON ── `_folded`: extras in one key ─────┴─> wire class ── `_builder` ─> model
"""

from __future__ import annotations

import functools
import operator
import re
import secrets
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs
import msgspec

from ._errors import InvalidRequestError
from ._json import JSONObject, JSONValue
from ._models import Model, Unknown, UnknownFormat

M = TypeVar("M", bound=Model)

# Where undeclared keys and unknown types travel inside a wire payload. Drawn anew by every
# process: a name that no server can send, by accident or on purpose.
_EXTRA = f"extra-{secrets.token_hex(16)}"
_UNKNOWN = f"unknown-{secrets.token_hex(16)}"
_UNIONS = (Union, types.UnionType)


class Mismatch(Exception):  # noqa: N818  # not an error of the public tree: the caller adds the call
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


def decode(body: bytes, cls: type[M]) -> M:
    """Turn a response body into a model.

    Args:
        body: The bytes of the body.
        cls: The model, `Page[Assistant]` for instance.

    Returns:
        The model, with every key of the body in it.

    Raises:
        Mismatch: The body is not JSON, or not of the types that the model declares.
    """
    try:
        try:
            return _builder(cls)(_decoder(cls).decode(body))
        except msgspec.ValidationError:  # an undeclared key, an unknown type, or a real mismatch
            return converter.structure(msgspec.json.decode(body), cls)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _mismatch(body, error) from None


def unstructure(value: object) -> JSONValue:
    """Turn models, plain values and any mixture of them into plain JSON types."""
    return converter.unstructure(value)


# --- The wire classes -------------------------------------------------------------------------


@functools.cache
def _wire(cls: Any) -> type[msgspec.Struct]:
    """Make the Struct of a model: same fields, absent ones UNSET, extras under `_EXTRA`."""
    fields: list[tuple[str, Any, Any]] = []
    for name, hint in _fields(cls).items():
        optional = types.NoneType in get_args(hint)
        wired = _wired(hint) | msgspec.UnsetType if optional else _wired(hint)
        fields.append((name, wired, msgspec.UNSET if optional else msgspec.NODEFAULT))
    origin, tag = get_origin(cls) or cls, _tag(cls)
    if not issubclass(origin, Unknown):
        fields.append(("extra", dict[str, Any], msgspec.field(default_factory=dict)))
    return msgspec.defstruct(
        origin.__name__,
        fields,
        tag_field=tag and "type",
        tag=tag,
        kw_only=True,
        forbid_unknown_fields=True,
        rename={"extra": _EXTRA},
        gc=False,  # a wire object lives for one decode and is in no cycle
    )


def _wired(hint: Any) -> Any:
    """Put wire classes for the models in a type hint."""
    if _is_model(hint):
        return _wire(hint)
    if hint is float:
        return int | float  # an integer is a number; as a float it could lose digits
    if get_origin(hint) is list:
        return list[_wired(*get_args(hint))]  # type: ignore[misc]  # made at run time
    if get_origin(hint) in _UNIONS:
        return functools.reduce(operator.or_, map(_wired, get_args(hint)))
    return hint


@functools.cache
def _fields(cls: Any) -> dict[str, Any]:
    """Give a model's declared fields and their types; the tag of a union is not among them."""
    origin = get_origin(cls) or cls
    hints = get_type_hints(origin)
    return {
        field.name: hint[get_args(cls)] if getattr(hint, "__parameters__", ()) else hint
        for field in attrs.fields(origin)
        if field.name not in {"extra", "_absent", "type"}
        for hint in (hints[field.name],)
    }


def _tag(cls: Any) -> str | None:
    """Give the value of `type` that marks a model in a union; None for one without `type`."""
    cls = get_origin(cls) or cls
    if issubclass(cls, Unknown):
        return _UNKNOWN
    kind = get_type_hints(cls).get("type")
    return kind and get_args(kind)[0]


def _is_model(hint: Any) -> bool:
    origin = get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, Model | Unknown)


@functools.cache
def _decoder(cls: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_wire(cls))


# --- Wire objects to models -------------------------------------------------------------------


@functools.cache
def _builder(cls: Any) -> Callable[[Any], Any]:
    """Compile the function that makes a model of a wire object.

    Straight code, as attrs and cattrs compile theirs: this is the hottest place of the package.
    """
    model = get_origin(cls) or cls
    # Ours begin with an underscore, so that no field can be called the same.
    names: dict[str, Any] = {"_new": object.__new__, "_cls": model, "_UNSET": msgspec.UNSET}
    lines = ["_model = _new(_cls)", "_absent = ()"]
    for name, hint in _fields(cls).items():
        lines.append(f"{name} = _wire.{name}")
        if types.NoneType in get_args(hint):
            lines.append(f"if {name} is _UNSET: {name} = None; _absent += ({name!r},)")
        names[f"_set_{name}"] = getattr(model, name).__set__
        lines.append(f"_set_{name}(_model, {_made(hint, name, names)})")
    if not issubclass(model, Unknown):
        names |= {"_extra": model.extra.__set__, "_set_absent": model._absent.__set__}
        lines.append("_extra(_model, _wire.extra); _set_absent(_model, _absent)")
        if tag := _tag(cls):
            names["_type"] = model.type.__set__
            lines.append(f"_type(_model, {tag!r})")
    lines.append("return _model")
    exec("def build(_wire):\n    " + "\n    ".join(lines), names)  # noqa: S102  # our own text
    build: Callable[[Any], Any] = names["build"]
    return build


def _made(hint: Any, name: str, names: dict[str, Any]) -> str:
    """Give the code that makes the model's value of the wire value *name*."""
    members = get_args(hint) if get_origin(hint) in _UNIONS else (hint,)
    for member in members:
        if get_origin(member) is list:
            item = _made(get_args(member)[0], "item", names)
            return f"{name} and [{item} for item in {name}]" if item != "item" else name
    table = {_wire(member): _builder(member) for member in members if _is_model(member)}
    if not table:
        return name
    if len(table) == 1:
        (names[f"_make_{name}"],) = table.values()
        made = f"_make_{name}({name})"
        return made if len(members) == 1 else f"{name} and {made}"
    names[f"_make_{name}"] = table
    made = f"_make_{name}[type({name})]({name})"
    return made if len(table) == len(members) else f"{made} if type({name}) in _make_{name} else {name}"


# --- Undeclared keys and unknown types --------------------------------------------------------

_Fold = Callable[[Any], Any]


@functools.cache
def _folder(hint: Any) -> _Fold | None:
    """Make the function that puts undeclared keys under `_EXTRA`; None where there are none.

    It works in place, and touches nothing of a wrong type: msgspec will name that.
    """
    if get_origin(hint) is list:
        fold = _folder(get_args(hint)[0])
        return fold and functools.partial(_fold_items, fold)
    if get_origin(hint) in _UNIONS:
        folds = {member: fold for member in get_args(hint) if (fold := _folder(member))}
        tagged = {tag: fold for member, fold in folds.items() if (tag := _tag(member))}
        if tagged:
            return functools.partial(_fold_tagged, tagged, UnknownFormat in folds)
        return next(iter(folds.values()), None)
    if not _is_model(hint):
        return None
    nested = {name: fold for name, member in _fields(hint).items() if (fold := _folder(member))}
    declared = frozenset(_fields(hint)) | ({"type"} if _tag(hint) else set())
    return functools.partial(_fold_object, declared, nested)


def _fold_object(declared: frozenset[str], nested: Mapping[str, _Fold], value: Any) -> Any:
    if isinstance(value, dict):
        for name, fold in nested.items():
            if name in value:
                value[name] = fold(value[name])
        if not declared.issuperset(value):
            value[_EXTRA] = {key: value.pop(key) for key in list(value) if key not in declared}
    return value


def _fold_items(fold: _Fold, value: Any) -> Any:
    return [fold(item) for item in value] if isinstance(value, list) else value


def _fold_tagged(folds: Mapping[str, _Fold], type_optional: bool, value: Any) -> Any:  # noqa: FBT001
    if not isinstance(value, dict):
        return value
    kind = value.get("type", _UNKNOWN if type_optional else None)
    if not isinstance(kind, str):
        return value
    if kind in folds and kind != _UNKNOWN:
        return folds[kind](value)
    return {"type": _UNKNOWN, "raw": value}


# --- The converter ----------------------------------------------------------------------------


def _structure(payload: JSONValue, cls: Any) -> Any:
    """Make a model of plain JSON, which is used up."""
    fold = _folder(cls)
    return _builder(cls)(msgspec.convert(fold(payload) if fold else payload, _wire(cls)))


def _unstructure(model: Model | Unknown) -> JSONObject:
    if isinstance(model, Unknown):
        return dict(model.raw)
    absent = model._absent  # noqa: SLF001  # the other half of `_builder`
    payload = {
        field.name: converter.unstructure(value)
        for field in attrs.fields(type(model))
        if field.name not in {"extra", "_absent"}
        for value in (getattr(model, field.name),)
        if value is not None or (absent is not None and field.name not in absent)
    }
    if both := payload.keys() & model.extra.keys():
        raise InvalidRequestError(
            f"{type(model).__name__}.extra holds {sorted(both)}, which are fields of its own; "
            "set the fields instead"
        )
    return payload | converter.unstructure(model.extra)


converter = cattrs.Converter()
converter.register_structure_hook_func(_is_model, _structure)
converter.register_unstructure_hook_func(_is_model, _unstructure)


# --- What went wrong --------------------------------------------------------------------------


def _mismatch(body: bytes, error: Exception) -> Mismatch:
    """Say what is wrong, where, and show the payload around it."""
    reason, _, path = str(error).partition(" - at `")
    path = path.rstrip("`") or "$"
    if missing := re.match(r"Object missing required field `(.+)`", reason):
        path = f"{path}.{missing[1]}"
    try:
        around = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Mismatch(f"not JSON: {error}", "$", _cut(body.decode(errors="replace")))
    for step in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        inner = around.get(step[0]) if isinstance(around, dict) else around[int(step[1])]
        if not isinstance(inner, dict | list):
            break
        around = inner
    return Mismatch(reason, path, _cut(msgspec.json.encode(around).decode()))


def _cut(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
