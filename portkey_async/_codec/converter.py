"""The one cattrs converter between payloads and models. It is strict, and loses nothing.

Every hook refuses what is of a wrong type with a `Mismatch` that says where: cattrs by itself
would turn null into "None" and 5 into "5".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, get_args, get_origin

import cattrs

from portkey_async._errors import InvalidRequestError
from portkey_async._models.base import Model, Unknown
from portkey_async._models.formats import UnknownFormat
from portkey_async._types import (
    NOTHING,
    UNSET,
    JSONObject,
    JSONValue,
    is_array,
    is_mapping,
    is_object,
    is_sequence,
)

from .fields import (
    UNIONS,
    declared_fields,
    is_model,
    is_optional,
    is_unknown,
    payload_keys,
    tag_of,
)
from .mismatch import Mismatch

_Hook = Callable[[JSONValue, Any], Any]

#: Deeper than any parser here reads.
_DEEPEST: Final = 20_000
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
#: The types that need no hook: what a plain value of them says is what the model holds.
_EXACT: Final[Mapping[Any, frozenset[type]]] = {
    str: frozenset({str}),
    int: frozenset({int}),
    float: frozenset({float, int}),
    bool: frozenset({bool}),
    type(None): frozenset({type(None)}),
}
_NAMES: Final[Mapping[Any, str]] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    list: "an array",
    dict: "an object",
}

converter: Final = cattrs.Converter(detailed_validation=False)


def structure(payload: JSONValue, cls: Any) -> Any:
    """Turn plain JSON into a model, which then holds its parts.

    Raises:
        Mismatch: It is not of the types that the model declares.
    """
    try:
        return converter.structure(payload, cls)
    except Mismatch as mismatch:
        mismatch.payload = payload
        raise


def unstructure(root: object) -> JSONValue:
    """Copy models, plain JSON and any mixture of them into plain JSON, however deep.

    What JSON does not have stays as it is.

    Raises:
        RecursionError: It holds itself.
    """
    top: list[Any] = [root]
    todo: list[tuple[Any, Any, int]] = [(top, 0, 0)]
    while todo:
        holder, key, depth = todo.pop()
        item = holder[key]
        if depth > _DEEPEST:
            raise RecursionError("nested too deeply, or holds itself")
        if isinstance(item, Model | Unknown):
            holder[key] = converter.unstructure(item)
            continue
        copy: dict[object, object] | list[object]
        inner: Iterable[tuple[object, object]]
        if is_mapping(item):
            copy = {**item}
            inner = copy.items()
        elif is_sequence(item):
            copy = [*item]
            inner = enumerate(copy)
        else:
            continue
        holder[key] = copy
        todo += [(copy, at, depth + 1) for at, value in inner if type(value) not in _SCALARS]
    return top[0]


# --- From payloads ----------------------------------------------------------------------------


def _wrong(expected: object, value: object) -> Mismatch:
    kind = _NAMES.get(type(value), type(value).__name__)
    return Mismatch(f"expected {_NAMES.get(expected, expected)}, got {kind}")


def _scalar(value: JSONValue, kind: Any) -> Any:
    """Take a whole number that is written as a float; what is exactly right needs no hook."""
    if kind is int and type(value) is float and value.is_integer():
        return int(value)
    raise _wrong(kind, value)


def _literal(value: JSONValue, hint: Any) -> Any:
    allowed = get_args(hint)
    if type(value) is str and value in allowed:
        return value
    raise _wrong(" or ".join(map(repr, allowed)), value)


def _object(value: JSONValue, _: Any) -> Any:
    if is_object(value):
        return value
    raise _wrong(dict, value)


def _list_hook(hint: Any) -> _Hook:
    (inner,) = get_args(hint)
    exact = _exact(inner)
    hook = converter.get_structure_hook(inner)

    def structure_list(value: JSONValue, _: Any) -> Any:
        if not is_array(value):
            raise _wrong(list, value)
        items: list[Any] = []
        for index, item in enumerate(value):
            try:
                items.append(item if type(item) in exact else hook(item, inner))
            except Mismatch as mismatch:
                mismatch.at(index, value)
                raise
        return items

    return structure_list


def _union_hook(hint: Any) -> _Hook:
    """Choose the member by the type of the JSON value, and among models by their `type`."""
    members = get_args(hint)
    scalars = [member for member in members if member in _EXACT]
    tagged = {tag: member for member in members if is_model(member) and (tag := tag_of(member))}
    unknown = next((member for member in members if is_unknown(member)), None)
    others = [
        m for m in members if m not in scalars and m is not unknown and m not in tagged.values()
    ]
    hooks = {member: converter.get_structure_hook(member) for member in (*tagged.values(), *others)}
    expected = " or ".join(dict.fromkeys(_name(member) for member in members))

    def structure_union(value: JSONValue, _: Any) -> Any:
        if is_object(value) and (tagged or unknown):
            kind = value.get("type", UNSET)
            if isinstance(kind, str) and kind in tagged:
                return hooks[tagged[kind]](value, tagged[kind])
            if unknown is not None and _may_be_unknown(kind, unknown):
                return unknown(value)
            allowed = "a string" if unknown else " or ".join(map(repr, tagged))
            missing = Mismatch("a required key is missing")
            raise (missing if kind is UNSET else _wrong(allowed, kind)).at("type", value)
        for member in others:
            if is_object(value) != (get_origin(member) is list):
                return hooks[member](value, member)
        for member in scalars:
            if member is int and type(value) is float:
                return _scalar(value, int)
        raise _wrong(expected, value)

    return structure_union


def _may_be_unknown(kind: object, unknown: type[Unknown]) -> bool:
    # A format without a type is one that only the server knows; anything else names its type.
    return isinstance(kind, str) or (kind is UNSET and issubclass(unknown, UnknownFormat))


def _name(hint: Any) -> str:
    origin = get_origin(hint) or hint
    if is_model(hint):
        origin = dict
    return _NAMES.get(origin, str(hint))


def _exact(hint: Any) -> frozenset[type]:
    """Give the types whose values are taken as they are."""
    members = get_args(hint) if get_origin(hint) in UNIONS else (hint,)
    return frozenset[type]().union(*(_EXACT.get(member, frozenset()) for member in members))


def _model_hook(cls: Any) -> _Hook:
    """Make a hook that keeps undeclared keys, and how the payload had what fields cannot tell."""
    if is_unknown(cls):
        return lambda value, _: cls(_object(value, dict))
    model: Any = get_origin(cls) or cls
    # The slots themselves: a frozen class is filled by them in half the time of its `__init__`.
    plan = [
        (
            name,
            hint,
            _exact(hint),
            converter.get_structure_hook(hint),
            is_optional(hint),
            getattr(model, name).__set__,
        )
        for name, hint in declared_fields(cls).items()
    ]
    declared = frozenset(declared_fields(cls))
    set_extra, set_as_sent = model.extra.__set__, model._as_sent.__set__  # noqa: SLF001

    def structure_model(payload: JSONValue, _: Any) -> Any:
        if not is_object(payload):
            raise _wrong(dict, payload)
        made = object.__new__(model)
        as_sent: tuple[tuple[str, JSONValue], ...] = ()
        for name, hint, exact, hook, optional, set_field in plan:
            value = payload.get(name, UNSET)
            if type(value) in exact:
                set_field(made, value)
            elif value is not UNSET:
                try:
                    converted = hook(value, hint)
                except Mismatch as mismatch:
                    mismatch.at(name, payload)
                    raise
                set_field(made, converted)
                if type(value) is float and type(converted) is int:
                    as_sent += ((name, value),)
            elif optional:
                set_field(made, None)
                as_sent += ((name, UNSET),)
            else:
                raise Mismatch("a required key is missing").at(name, payload)
        extra = {key: payload[key] for key in payload if key not in declared}
        set_extra(made, extra or NOTHING)
        set_as_sent(made, as_sent)
        return made

    return structure_model


# --- To payloads ------------------------------------------------------------------------------


def _model_payload(model: Model) -> JSONObject:
    as_sent = model._as_sent  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no one else's
    sent = dict(as_sent or ())
    payload: JSONObject = {}
    cls: Any = type(model)
    for name in payload_keys(cls):
        value = getattr(model, name)
        if value is not None or (as_sent is not None and name not in sent):
            # A field that was changed since, by `attrs.evolve`, is not as it was sent.
            payload[name] = unstructure(sent[name] if sent.get(name, UNSET) == value else value)
    if both := payload.keys() & model.extra.keys():
        raise InvalidRequestError(
            f"{type(model).__name__}.extra holds {sorted(both)}, which are fields of its own; "
            "set the fields instead"
        )
    payload.update(unstructure(model.extra))
    return payload


def _is(*origins: object) -> Callable[[Any], bool]:
    return lambda hint: (get_origin(hint) or hint) in origins


for _kind in _EXACT:
    converter.register_structure_hook(_kind, _scalar)
converter.register_structure_hook_func(_is(Literal), _literal)
converter.register_structure_hook_func(_is(dict), _object)
converter.register_structure_hook_factory(_is(list), _list_hook)
converter.register_structure_hook_factory(_is(*UNIONS), _union_hook)
converter.register_structure_hook_factory(is_model, _model_hook)
converter.register_unstructure_hook_func(is_model, _model_payload)
converter.register_unstructure_hook_func(is_unknown, lambda unknown: unstructure(unknown.raw))
