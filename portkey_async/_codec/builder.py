"""From a struct to its model, by code that is compiled for each model.

Straight code, as attrs and cattrs compile theirs: building the models is the hottest place of the
package. The source is in `linecache`, so that tracebacks and debuggers show it.
"""

from __future__ import annotations

import functools
import linecache
import types
from collections.abc import Callable
from typing import Any, get_args, get_origin

import msgspec

from portkey_async._types import NOTHING, UNSET

from .fields import UNIONS, declared_fields, is_model, is_optional, is_unknown, tag_of
from .structs import struct_of

#: What makes two classes alike in memory, so that an instance may change from one to the other.
_LAYOUT = ("__slots__", "__orig_bases__")


@functools.cache
def unfrozen(cls: Any) -> Any:
    """Make a class whose instances are filled by plain assignment, and then given the class.

    That takes half the time of filling the slots of a frozen one.
    """
    layout: dict[str, Any] = {name: vars(cls)[name] for name in _LAYOUT if name in vars(cls)}
    free = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, cls.__bases__, {**layout, **free})


@functools.cache
def builder(cls: Any) -> Callable[[Any], Any]:
    """Compile the function that makes a model of its struct."""
    model = get_origin(cls) or cls
    # Ours begin with an underscore, so that no field can be called the same.
    names: dict[str, Any] = {
        "_new": object.__new__,
        "_unfrozen": unfrozen(model),
        "_cls": model,
        "_UNSET": msgspec.UNSET,
        "_NOTHING": NOTHING,
        "_type": type,  # a field may be called `type`
    }
    lines = ["def build(_struct):", "_model = _new(_unfrozen)", "_as_sent = ()"]
    for name, hint in declared_fields(cls).items():
        if name == "type" and (tag := tag_of(cls)):
            lines.append(f"_model.type = {tag!r}")
            continue
        lines.append(f"{name} = _struct.{name}")
        if is_optional(hint):
            names[f"_without_{name}"] = ((name, UNSET),)
            lines.append(
                f"if {name} is _UNSET: {name} = None; _as_sent += _without_{name}",
            )
        lines.append(f"_model.{name} = {_made(hint, name, names)}")
    lines += [
        "_model.extra = _NOTHING",
        "_model._as_sent = _as_sent",
        "_model.__class__ = _cls",
        "return _model",
    ]
    source = "\n    ".join(lines) + "\n"
    filename = f"<build {cls}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), names)  # noqa: S102  # our own text
    build: Callable[[Any], Any] = names["build"]
    return build


def _made(hint: Any, value: str, names: dict[str, Any]) -> str:
    """Give the expression that makes the model's value of the struct's *value*."""
    members = get_args(hint) if get_origin(hint) in UNIONS else (hint,)
    known = [m for m in members if not is_unknown(m) and m is not types.NoneType]
    made, test = value, ""
    if len(known) == 1 and get_origin(known[0]) is list:
        item = f"_item_{len(names)}"
        inner = _made(get_args(known[0])[0], item, names)
        made = f"[{inner} for {item} in {value}]" if inner != item else value
    elif table := {struct_of(member): builder(member) for member in known if is_model(member)}:
        make = f"_make_{len(names)}"
        if len(known) == 1:
            (names[make],) = table.values()
            made = f"{make}({value})"
        else:
            names[make] = table
            made = f"{make}[_type({value})]({value})"
            test = "" if len(table) == len(known) else f"_type({value}) in {make}"
    if made == value:
        return value
    if not test and types.NoneType in members:
        test = f"{value} is not None"
    return f"{made} if {test} else {value}" if test else made
