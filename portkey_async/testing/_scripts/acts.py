"""What a run can do, as values: `Say`, `Call`, `Code`, `Fail`, `End`, `Hang`."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Final, Literal, Protocol, get_args

import msgspec
from attrs import field, frozen

EndStatus = Literal["incomplete", "expired", "cancelled"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _check_text(instance: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, str):
        kind = type(instance).__name__
        raise TypeError(f"{kind}: {attribute.name} must be a str; got {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError:
        kind = type(instance).__name__
        raise ValueError(f"{kind}: {attribute.name} cannot be encoded: {value!r}") from None


def _annotations(given: Any) -> tuple[Mapping[str, Any], ...]:
    annotations: list[Any] = [*given] if isinstance(given, Iterable) else [given]
    if isinstance(given, Mapping | str) or not all(isinstance(a, Mapping) for a in annotations):
        raise TypeError(f"Say: annotations must be a list of mappings; got {given!r}")
    try:
        return tuple(msgspec.json.decode(msgspec.json.encode(annotations)))
    except (TypeError, ValueError, RecursionError) as exc:
        raise TypeError(f"Say: annotations must be JSON values: {exc}") from None


@frozen
class Say:
    """A message of the assistant.

    Args:
        text: What it says.
        annotations: Its annotations, as the API gives them: mappings such as
            `{"type": "file_citation", "text": "[1]", "start_index": 0, "end_index": 3,
            "file_citation": {"file_id": "file_1"}}`.
    """

    text: str = field(validator=_check_text)
    annotations: tuple[Mapping[str, Any], ...] = field(default=(), converter=_annotations)


def _check_name(_instance: object, _attribute: object, value: Any) -> None:
    if value is not None and not (isinstance(value, str) and _NAME.fullmatch(value)):
        raise ValueError(
            f"Call: name must be 1 to 64 letters, digits, underscores and dashes; got {value!r}"
        )


@frozen
class RawCall:
    """A call of a function, with any text for its arguments; made by `Call.raw`.

    Args:
        name: Of the function; None for the first among the run's tools.
        arguments: The text.
    """

    name: str | None = field(validator=_check_name)
    arguments: str = field(validator=_check_text)


def _raw(text: str, *, name: str | None = None) -> RawCall:
    return RawCall(name, text)


class _MakeRaw(Protocol):
    def __call__(self, text: str, *, name: str | None = ...) -> RawCall: ...


class _Raw:
    """`raw` of a call has the call's name, `raw` of the class that of the run's first function."""

    def __get__(self, call: RawCall | None, _owner: object) -> _MakeRaw:
        return partial(_raw, name=call.name if call else None)


@frozen(init=False)
class Call(RawCall):
    """A call of a function, which makes the run require an action.

    `Call("add", a=2, b=2)` sends the arguments as JSON. `Call("add").raw(text)` sends any text in
    their place; `Call.raw(text)` does so for the first function among the run's tools.

    Args:
        name: Of the function.
        **arguments: What it is called with: JSON values.
    """

    raw: ClassVar[_Raw] = _Raw()

    def __init__(self, name: str, /, **arguments: Any) -> None:
        try:
            text = msgspec.json.encode(arguments).decode()
        except (TypeError, ValueError, RecursionError) as exc:
            raise TypeError(f"Call: the arguments must be JSON values: {exc}") from None
        super().__init__(name, text)


@frozen
class Code:
    """A run of the code interpreter.

    Args:
        input: The code.
        logs: What it prints; nothing without.
    """

    input: str = field(validator=_check_text)
    logs: str = field(default="", validator=_check_text)


@frozen
class Fail:
    """The run fails.

    Args:
        code: Such as `server_error` or `rate_limit_exceeded`.
        message: What the error says.
    """

    code: str = field(default="server_error", validator=_check_text)
    message: str = field(default="Sorry, something went wrong.", validator=_check_text)


def _check_status(_instance: object, _attribute: object, value: Any) -> None:
    if value not in get_args(EndStatus):
        raise ValueError(f"End: status must be one of {get_args(EndStatus)}; got {value!r}")


@frozen
class End:
    """The run ends otherwise than completed.

    Args:
        status: `incomplete`, `expired` or `cancelled`.
    """

    status: EndStatus = field(validator=_check_status)


@frozen
class Hang:
    """The run goes on for ever, until it is cancelled or its time is over."""


Act = Say | Code | Fail | End | Hang | tuple[RawCall, ...]


def acts_of(given: Iterable[object]) -> tuple[Act, ...]:
    """The acts of a script; a call by itself, or a list of calls, is one round.

    Raises:
        TypeError: Something is no act.
        ValueError: There are none, or one comes after the end.
    """
    acts = tuple(map(_act, given))
    if not acts:
        raise ValueError("a script needs an act, such as Say('4')")
    early = [act for act in acts[:-1] if isinstance(act, Fail | End | Hang)]
    if early:
        raise ValueError(f"nothing can come after {early[0]!r}")
    return acts


def _act(value: Any) -> Act:
    if isinstance(value, Say | Code | Fail | End | Hang):
        return value
    calls: list[object] = [*value] if isinstance(value, list | tuple) else [value]
    found = tuple(call for call in calls if isinstance(call, RawCall))
    if not found or len(found) != len(calls):
        allowed = "Say, Call, a list of Calls, Code, Fail, End or Hang"
        raise TypeError(f"a script is made of {allowed}; got {value!r}")
    return found
