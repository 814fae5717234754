"""From a model that the API has sent back to its payload, by code compiled for each model.

The builder's way back, for writing many: nothing is copied, so a payload shares its free-form
parts, such as metadata, with the model. `to_dict` copies, and takes models made by hand as well.
"""

from __future__ import annotations

import functools
import linecache
import types
from collections.abc import Callable
from typing import Any, get_args, get_origin

from portkey_async._models.base import Model
from portkey_async._types import UNSET, JSONObject, JSONValue

from .converter import unstructure
from .fields import UNIONS, declared_fields, is_model, is_unknown


def payload_of(model: Model) -> JSONObject:
    """Give the payload of a model, to be read and encoded, not changed."""
    cls: Any = type(model)
    return _writer(cls)(model)


@functools.cache
def _writer(cls: Any) -> Callable[[Any], JSONObject]:
    """Compile the function that gives the payload of a model."""
    if is_unknown(cls):
        return lambda unknown: unknown.raw
    names: dict[str, Any] = {"_finish": _finish, "_UNSET": UNSET, "_same": _same}
    pairs = [
        f"{name!r}: {_written(hint, f'_model.{name}', names)},"
        for name, hint in declared_fields(cls).items()
    ]
    lines = [
        "def write(_model):",
        "_payload = {",
        *pairs,
        "}",
        "_as_sent = _model._as_sent",
        "if _as_sent is None or _model.extra:",
        "    return _finish(_model, _payload)",
        "for _name, _value in _as_sent:",
        "    if _value is not _UNSET:",
        "        return _finish(_model, _payload)",
        "    if _payload[_name] is None:",
        "        del _payload[_name]",
        "return _payload",
    ]
    source = "\n    ".join(lines) + "\n"
    filename = f"<write {cls}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), names)  # noqa: S102  # our own text
    write: Callable[[Any], JSONObject] = names["write"]
    return write


def _written(hint: Any, value: str, names: dict[str, Any]) -> str:
    """Give the expression that makes the payload's value of the model's *value*."""
    members = get_args(hint) if get_origin(hint) in UNIONS else (hint,)
    known = [member for member in members if member is not types.NoneType]
    if len(known) == 1 and get_origin(known[0]) is list:
        item = f"_item_{len(names)}"
        inner = _written(get_args(known[0])[0], item, names)
        return value if inner == item else f"{value} and [{inner} for {item} in {value}]"
    table = {member: _writer(member) for member in known if is_model(member)}
    if not table:
        return value
    write = f"_write_{len(names)}"
    if len(known) == 1:
        (names[write],) = table.values()
        return f"{value} and {write}({value})"
    names[write] = table
    return f"{write}.get(type({value}), _same)({value})"


def _same(value: JSONValue) -> JSONValue:
    return value


def _finish(model: Model, payload: JSONObject) -> JSONObject:
    """Put in what the fields cannot tell: keys that were left out, floats, undeclared keys."""
    as_sent: tuple[tuple[str, JSONValue], ...] | None = model._as_sent  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no one else's
    if as_sent is None:  # made by hand
        made: JSONObject = unstructure(model)
        return made
    for name, value in as_sent:
        if value is UNSET:
            if payload.get(name, value) is None:
                del payload[name]
        elif payload[name] == value:
            payload[name] = value
    payload.update(model.extra)
    return payload
