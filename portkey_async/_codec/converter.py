"""Payloads to models and back: the one cattrs converter.

    bytes ── msgspec, if every key is declared ───────────────┐
    bytes ── plain JSON ── undeclared keys put under one key ──┴─> wire class ─> model

The wire classes are in `_structs`. Nearly all answers take the upper way.
"""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, TypeVar, get_args, get_origin

import attrs
import cattrs
import msgspec

from portkey_async._errors import InvalidRequestError
from portkey_async._models.base import Model, Unknown
from portkey_async._models.formats import UnknownFormat
from portkey_async._types import JSONObject, JSONValue, is_array, is_object

from .mismatch import Mismatch
from .structs import (
    EXTRA,
    UNIONS,
    UNKNOWN,
    builder,
    declared_fields,
    decoder,
    is_model,
    tag_of,
    wire_class,
)

M = TypeVar("M", bound=Model)


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
    target: Any = cls
    model: M
    try:
        try:
            model = builder(target)(decoder(target).decode(body))
        except msgspec.ValidationError:  # an undeclared key, an unknown type, or a real mismatch
            model = converter.structure(msgspec.json.decode(body), cls)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _mismatch(body, error) from None
    return model


def unstructure(value: object) -> JSONValue:
    """Turn models, plain values and any mixture of them into plain JSON types."""
    return converter.unstructure(value)


# --- Undeclared keys and unknown types --------------------------------------------------------

_Fold = Callable[[Any], Any]


@functools.cache
def _folder(hint: Any) -> _Fold | None:
    """Make the function that puts undeclared keys under `EXTRA`; None where nothing can have any.

    It works in place, and touches nothing of a wrong type: msgspec will name that.
    """
    if get_origin(hint) is list:
        fold = _folder(get_args(hint)[0])
        return fold and _fold_items(fold)
    if get_origin(hint) in UNIONS:
        folds = {member: fold for member in get_args(hint) if (fold := _folder(member))}
        tagged = {kind: fold for member, fold in folds.items() if (kind := tag_of(member))}
        if tagged:
            return _fold_tagged(tagged, UNKNOWN if UnknownFormat in folds else None)
        return next(iter(folds.values()), None)
    if not is_model(hint):
        return None
    nested = {name: fold for name, of in declared_fields(hint).items() if (fold := _folder(of))}
    tag: set[str] = {"type"} if tag_of(hint) else set()
    return _fold_object(frozenset(declared_fields(hint)) | tag, nested)


def _fold_object(declared: frozenset[str], nested: Mapping[str, _Fold]) -> _Fold:
    inner = tuple(nested.items())
    all_declared = declared.issuperset

    def fold(value: Any) -> Any:
        if is_object(value):
            for name, fold_inner in inner:
                if name in value:
                    value[name] = fold_inner(value[name])
            if not all_declared(value):
                value[EXTRA] = {key: value.pop(key) for key in [*value] if key not in declared}
        return value

    return fold


def _fold_items(fold_item: _Fold) -> _Fold:
    return lambda value: [fold_item(item) for item in value] if is_array(value) else value


def _fold_tagged(folds: Mapping[str, _Fold], default: str | None) -> _Fold:
    """Fold by `type`; *default* is for objects without one, None if msgspec is to refuse them."""

    def fold(value: Any) -> Any:
        if not is_object(value):
            return value
        kind = value.get("type", default)
        if not isinstance(kind, str):
            return value
        known = folds.get(kind) if kind != UNKNOWN else None
        return known(value) if known else {"type": UNKNOWN, "raw": value}

    return fold


# --- The converter ----------------------------------------------------------------------------


def _structure(payload: JSONValue, cls: Any) -> Any:
    """Make a model of plain JSON, which is used up."""
    fold = _folder(cls)
    return builder(cls)(msgspec.convert(fold(payload) if fold else payload, wire_class(cls)))


def _unstructure(model: Model | Unknown) -> JSONObject:
    if isinstance(model, Unknown):
        raw: JSONObject = converter.unstructure(model.raw)
        return raw
    absent = model._absent  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no one else's
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
    return payload | {key: converter.unstructure(value) for key, value in model.extra.items()}


def _is_foreign(cls: Any) -> bool:
    """Tell what is no model of ours; it stays as it is, and is refused before sending."""
    return attrs.has(cls) or is_dataclass(cls) or issubclass(get_origin(cls) or cls, enum.Enum)


def _is(*kinds: type, but: tuple[type, ...] = ()) -> Callable[[Any], bool]:
    def predicate(cls: Any) -> bool:
        origin = get_origin(cls) or cls
        return issubclass(origin, kinds) and not issubclass(origin, but)

    return predicate


def _unstructure_items(items: Sequence[object]) -> list[JSONValue]:
    return [converter.unstructure(item) for item in items]


def _unstructure_values(mapping: Mapping[object, object]) -> dict[object, JSONValue]:
    return {key: converter.unstructure(value) for key, value in mapping.items()}


converter = cattrs.Converter()
converter.register_structure_hook_func(is_model, _structure)
# cattrs would turn enums, UNSET included, and any attrs class into plain values.
converter.register_unstructure_hook_func(_is_foreign, lambda value: value)
# Any mapping and any sequence may hold models; cattrs knows the built-in ones only.
converter.register_unstructure_hook_func(_is(Mapping), _unstructure_values)
_TEXTS = (str, bytes, bytearray, memoryview)
converter.register_unstructure_hook_func(_is(Sequence, but=_TEXTS), _unstructure_items)
converter.register_unstructure_hook_func(is_model, _unstructure)


# --- What went wrong --------------------------------------------------------------------------


def _mismatch(body: bytes, error: Exception) -> Mismatch:
    """Say what is wrong, where, and show the payload around it."""
    reason, _, path = str(error).partition(" - at `")
    path = path.rstrip("`") or "$"
    if missing := re.match(r"Object missing required field `(.+)`", reason):
        path = f"{path}.{missing[1]}"
    try:
        around: JSONValue = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        deep = isinstance(error, RecursionError)
        reason = "nested too deeply" if deep else f"not JSON that can be read: {reason}"
        return Mismatch(reason, "$", _cut(body.decode(errors="replace")))
    for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        inner = around.get(key) if is_object(around) else around[int(index)]
        if not is_object(inner) and not is_array(inner):
            break
        around = inner
    return Mismatch(reason, path, _cut(msgspec.json.encode(around).decode()))


def _cut(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
