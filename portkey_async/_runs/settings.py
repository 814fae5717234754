"""What polling and streaming take besides the fields of a run: checked before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict

import attrs

from portkey_async._errors import InvalidRequestError
from portkey_async._params.runs import RunParams, ThreadRunParams, ToolOutputsParams

from .calls import OnFunctionError, check_on_function_error
from .functions import Function, Functions, known_functions

#: A minute more than a run lives.
DEFAULT_TIMEOUT: Final = 660.0

#: What users of other clients type, and what to use here.
_USE: Final[Mapping[str, str]] = {
    "timeout": "run_timeout for the whole run, or client.with_options(timeout=…) for each request",
    "poll_interval_ms": "poll_interval, in seconds",
    "event_handler": "async for over the stream that stream(…) gives",
    "toolset": "functions=[…], and tools=function_tools(functions) for the assistant",
}


class FollowParams(TypedDict, total=False):
    """What every way of waiting for a run takes.

    Attributes:
        functions: Functions that the model may call, or a mapping of names to functions. They
            define no tools: `function_tools` does.
        run_timeout: Seconds for the run with all its rounds, the caller's own time included;
            more than 0, or None for no limit. Default 660, a minute more than a run lives.
        on_exit: `"cancel"` or `"leave"` a run that has not ended when it is no longer waited for.
        on_function_error: `"raise"` what a function raises, `"report"` to the model that it
            failed, or a function of the call and the error that gives the text to report.
    """

    functions: Functions | None
    run_timeout: float | None
    on_exit: Literal["cancel", "leave"]
    on_function_error: OnFunctionError


class PollParams(FollowParams, total=False):
    """What every way of polling takes.

    Attributes:
        poll_interval: Seconds between two polls, more than 0; None for what the server asks for
            by `openai-poll-after-ms`, else 1 growing to 5, with jitter.
    """

    poll_interval: float | None


class WaitParams(PollParams, total=False):
    """With what only a run on an existing thread takes.

    Attributes:
        if_active: Where the thread has an active run: `"raise"`, or `"wait"` for its end.
    """

    if_active: Literal["raise", "wait"]


class StreamWaitParams(FollowParams, total=False):
    """What streaming a run on an existing thread takes.

    Attributes:
        if_active: Where the thread has an active run: `"raise"`, or `"wait"` for its end.
    """

    if_active: Literal["raise", "wait"]


class StreamParams(RunParams, StreamWaitParams):
    """What `runs.stream` takes."""


class ThreadRunStreamParams(ThreadRunParams, FollowParams):
    """What `threads.create_and_run_stream` takes."""


class SubmitStreamParams(ToolOutputsParams, FollowParams):
    """What `runs.submit_tool_outputs_stream` takes."""


class CreateAndPollParams(RunParams, WaitParams):
    """What `runs.create_and_poll` takes."""


class ThreadRunPollParams(ThreadRunParams, PollParams):
    """What `threads.create_and_run_poll` takes."""


class SubmitAndPollParams(ToolOutputsParams, PollParams):
    """What `runs.submit_tool_outputs_and_poll` takes."""


@attrs.frozen
class Settings:
    """How a run is waited for; see `PollParams`.

    Attributes:
        functions: What the model may call, by name.
        run_timeout: Seconds, or None.
        on_exit: What becomes of a run that is left.
        on_function_error: What becomes of an exception of a function.
        poll_interval: Seconds, or None.
        if_active: What to do where the thread has an active run: `raise`, or `wait` for its end.
    """

    functions: Mapping[str, Function] = attrs.field(factory=dict[str, Function])
    run_timeout: float | None = DEFAULT_TIMEOUT
    on_exit: str = "leave"
    on_function_error: OnFunctionError = "raise"
    poll_interval: float | None = None
    if_active: str = "raise"


def settings(  # noqa: PLR0913  # all that there is to set
    *,
    functions: Functions | None = None,
    run_timeout: float | None = DEFAULT_TIMEOUT,
    on_exit: str = "leave",
    on_function_error: OnFunctionError = "raise",
    poll_interval: float | None = None,
    if_active: str = "raise",
) -> Settings:
    """Check how a run is to be waited for.

    Raises:
        InvalidRequestError: An argument is out of its range, or *functions* cannot be called.
    """
    known = known_functions(functions)
    check_on_function_error(on_function_error)
    _check_seconds("run_timeout", run_timeout, "None for no limit")
    _check_seconds("poll_interval", poll_interval, "None for what the server asks for")
    _check_word("on_exit", on_exit, ("cancel", "leave"))
    _check_word("if_active", if_active, ("raise", "wait"))
    return Settings(known, run_timeout, on_exit, on_function_error, poll_interval, if_active)


def split(
    name: str, given: Mapping[str, object], takes: type, on_exit: str
) -> tuple[dict[str, object], Settings]:
    """Part the arguments of a call into the fields of its request and how the run is waited for.

    Args:
        name: The call, for errors.
        given: Its keyword arguments.
        takes: The TypedDict of those that are no fields.
        on_exit: What becomes of a run that is left, where that is not among them.

    Returns:
        The fields, and the settings.

    Raises:
        TypeError: An argument belongs to another client; the message says what to use.
        InvalidRequestError: An argument is out of its range, or *functions* cannot be called.
    """
    for argument, use in _USE.items():
        if argument in given:
            raise TypeError(f"{name}() takes no {argument}; use {use}")
    own: dict[str, Any] = {"on_exit": on_exit}
    own |= {key: given[key] for key in takes.__annotations__ if key in given}
    fields = {key: given[key] for key in given if key not in takes.__annotations__}
    return fields, settings(**own)


def _check_seconds(name: str, value: object, none: str) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and 0 < value < math.inf):  # type: ignore[operator]  # a number by then
        raise InvalidRequestError(f"{name} is {value!r}; it must be more than 0 seconds, or {none}")


def _check_word(name: str, value: object, words: tuple[str, str]) -> None:
    if value not in words:
        raise InvalidRequestError(f"{name} is {value!r}; it must be {words[0]!r} or {words[1]!r}")
