"""From a model back to JSON, by code compiled for each model: the builder's way back.

For writing many that the API has sent. Nothing is copied; `to_dict` copies.
"""

from __future__ import annotations

import functools
import linecache
import types
from collections.abc import Callable
from typing import Any, get_args, get_origin

import msgspec

from portkey_async._models.base import Model
from portkey_async._types import UNSET

from .converter import unstructure
from .fields import UNIONS, declared_fields, is_model, is_unknown, tag_of
from .structs import struct_of


def encodable(model: Model) -> Any:
    """Give what msgspec encodes as the payload of a model, to be encoded at once."""
    cls: Any = type(model)
    return _writer(cls)(model)


@functools.cache
def _writer(cls: Any) -> Callable[[Any], Any]:
    """Compile the function that makes the struct of a model."""
    if is_unknown(cls):
        return lambda unknown: unknown.raw
    names: dict[str, Any] = {
        "_make": struct_of(cls),
        "_unstructure": unstructure,
        "_same": _same,
        "_UNSET": UNSET,
        "_LEFT_OUT": msgspec.UNSET,
    }
    tag = tag_of(cls)
    fields = [
        f"{name}={_written(hint, f'_model.{name}', names)},"
        for name, hint in declared_fields(cls).items()
        if not (tag and name == "type")
    ]
    lines = [
        "def write(_model):",
        "_as_sent = _model._as_sent",
        "if _as_sent is None or _model.extra:",
        "    return _unstructure(_model)",  # made by hand, or with undeclared keys
        f"_struct = _make({' '.join(fields)})",
        "for _name, _value in _as_sent:",
        "    if _value is not _UNSET:",
        "        return _unstructure(_model)",  # a whole number that was sent as a float
        "    if getattr(_struct, _name) is None:",
        "        setattr(_struct, _name, _LEFT_OUT)",
        "return _struct",
    ]
    source = "\n    ".join(lines) + "\n"
    filename = f"<write {cls}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), names)  # noqa: S102  # our own text
    write: Callable[[Any], Any] = names["write"]
    return write


def _written(hint: Any, value: str, names: dict[str, Any]) -> str:
    """Give the expression that makes the struct's value of the model's *value*."""
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


def _same(value: object) -> object:
    return value
