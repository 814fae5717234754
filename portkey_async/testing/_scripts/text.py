"""Reads scripts from JSON text, as files hold them."""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from portkey_async._types import is_array, is_object

from .acts import Call, Code, End, Fail, Hang, RawCall, Say
from .queue import Script

T = TypeVar("T")


class _Kind(NamedTuple):
    """A kind of act: what makes it, and which other keys it has."""

    make: Callable[..., Say | RawCall | Code | Fail | End | Hang]
    others: tuple[str, ...] = ()


def scripts_of(text: str) -> list[Script]:
    """The scripts that a text holds.

    An array holds the acts of every run; an object holds several scripts under `scripts`.

    Raises:
        ValueError: It is no JSON, or no script; the message names the line, or the JSON path.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as exc:
        raise ValueError(f"line {exc.lineno}, column {exc.colno}: {exc.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if is_array(value):
        return [_script({"acts": value, "times": None}, "$", acts="$")]
    if not (is_object(value) and value.keys() == {"scripts"} and is_array(value["scripts"])):
        raise ValueError('$ must be an array of acts, or {"scripts": [{"acts": [...]}, ...]}')
    return [_script(each, f"$.scripts[{n}]") for n, each in enumerate(value["scripts"])]


def _script(value: object, path: str, *, acts: str | None = None) -> Script:
    fields = _fields(value, path, "acts", ("assistant_id", "thread_id", "times"))
    acts = acts or f"{path}.acts"
    given = fields.pop("acts")
    if not is_array(given):
        raise ValueError(f"{acts} must be an array of acts; got {_short(given)}")
    made = [_act(each, f"{acts}[{n}]") for n, each in enumerate(given)]
    return _made(path, Script, made, **fields)


def _act(value: object, path: str) -> object:
    """An act, or a list of calls that are wanted at once."""
    if is_array(value):
        return [_call_of(each, f"{path}[{n}]") for n, each in enumerate(value)]
    kinds = sorted(value.keys() & _KINDS.keys()) if is_object(value) else []
    if len(kinds) != 1:
        allowed = ", ".join(_KINDS)
        raise ValueError(
            f"{path} must be an object with one of the keys {allowed}, or an array of calls; "
            f"got {_short(value)}"
        )
    kind = _KINDS[kinds[0]]
    fields = _fields(value, path, kinds[0], kind.others)
    return _made(path, kind.make, fields.pop(kinds[0]), **fields)


def _call_of(value: object, path: str) -> object:
    act = _act(value, path)
    if not isinstance(act, RawCall):
        raise ValueError(f"{path} must be a call; got {_short(value)}")  # noqa: TRY004
    return act


def _fields(value: object, path: str, key: str, others: tuple[str, ...]) -> dict[str, Any]:
    """The fields of an object that has *key*, and may have *others*."""
    if not is_object(value) or key not in value:
        raise ValueError(f"{path} must be an object with the key {key!r}; got {_short(value)}")
    unknown = value.keys() - {key, *others}
    if unknown:
        allowed = ", ".join((key, *others))
        raise ValueError(f"{path} has the unknown key {min(unknown)!r}; allowed are {allowed}")
    return {**value}


def _made(path: str, make: Callable[..., T], *values: object, **fields: object) -> T:
    try:
        return make(*values, **fields)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"{path}: {exc}") from None


def _call(name: object, **given: object) -> RawCall:
    arguments = given.get("arguments", {})
    if not isinstance(name, str):
        raise TypeError(f"call must be the name of a function; got {name!r}")
    if isinstance(arguments, str):
        return Call(name).raw(arguments)
    if not is_object(arguments):
        raise TypeError(f"arguments must be an object, or a text to send; got {arguments!r}")
    return Call(name, **arguments)


def _hang(value: object) -> Hang:
    if value is not True:
        raise ValueError(f"hang must be true; got {value!r}")
    return Hang()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError(f"an object has a key twice: {_short(pairs)}")
    return value


def _constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_KINDS: Final = {
    "say": _Kind(Say, ("annotations",)),
    "call": _Kind(_call, ("arguments",)),
    "code": _Kind(Code, ("logs",)),
    "fail": _Kind(Fail, ("message",)),
    "end": _Kind(End),
    "hang": _Kind(_hang),
}
