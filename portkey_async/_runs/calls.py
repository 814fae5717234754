"""Calling functions for a run: side by side, all answered or none called."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Literal, TypeAlias, TypedDict

import msgspec

from portkey_async._codec.converter import unstructure
from portkey_async._errors import InvalidFunctionCallError, InvalidRequestError
from portkey_async._json import encode, plain
from portkey_async._models.runs import FunctionToolCall, RequiredToolCall, Run
from portkey_async._transport.executor import Executor
from portkey_async._transport.observer import UNOBSERVED, RunObserver

from .functions import Function, Functions, known_functions
from .statuses import required_calls

#: What becomes of an exception of a function: it is raised, reported to the model without its
#: text, or reported by the text that a function of the call and the error gives.
OnFunctionError: TypeAlias = (
    Literal["raise", "report"] | Callable[[FunctionToolCall, Exception], str | Awaitable[str]]
)

_AT_ONCE = 16

_current_call: ContextVar[FunctionToolCall | None] = ContextVar("current_call", default=None)


class ToolOutput(TypedDict):
    """What a function gave for a call: an item of `submit_tool_outputs(tool_outputs=…)`.

    Attributes:
        tool_call_id: The call's identifier.
        output: The output, as text.
    """

    tool_call_id: str
    output: str


def current_call() -> FunctionToolCall | None:
    """Tell a function which call it serves.

    Returns:
        The call, with its `.id` and `.function`; None outside of a function that is called for a
        run.
    """
    return _current_call.get()


async def call_functions(
    run: Run, functions: Functions, *, on_function_error: OnFunctionError = "raise"
) -> list[ToolOutput]:
    """Call the functions that a run waits for, without submitting what they give.

    For a run that was handed back: in another process, or after somebody has approved.

    Args:
        run: A run whose status is `requires_action`.
        functions: Functions, or a mapping of names to functions; every call must be of one of them.
        on_function_error: `"raise"` what a function raises, `"report"` to the model that it
            failed, or a function of the call and the error that gives the text to report.

    Returns:
        An output for every call, for `submit_tool_outputs`.

    Raises:
        InvalidRequestError: The run waits for no calls, or for one that is not among *functions*.
            Nothing was called.
        InvalidFunctionCallError: The model's arguments do not fit. Nothing was called.
        Exception: What a function raised, as it is, after the others were cancelled.
    """
    known = known_functions(functions)
    check_on_function_error(on_function_error)
    calls = required_calls(run)
    if not calls:
        raise InvalidRequestError(f"run {run.id} is {run.status} and waits for no function calls")
    planned = plan(calls, known)
    if planned is None:
        names = ", ".join(sorted(known)) or "none"
        raise InvalidRequestError(
            f"run {run.id} waits for calls that functions does not hold; it holds {names}"
        )
    executor = Executor()
    try:
        return await call_all(run, planned, on_function_error, executor)
    finally:
        executor.close()


def check_on_function_error(on_function_error: object) -> None:
    """Refuse what `on_function_error` cannot be.

    Raises:
        InvalidRequestError: It is neither of the two words, nor callable.
    """
    if on_function_error not in ("raise", "report") and not callable(on_function_error):
        raise InvalidRequestError(
            f"on_function_error is {on_function_error!r}; it must be 'raise', 'report' or a "
            "function of the call and the error"
        )


def plan(
    calls: Sequence[RequiredToolCall], known: Mapping[str, Function]
) -> list[tuple[FunctionToolCall, Function]] | None:
    """Put every call and its function together; None if there is one that is not known."""
    planned = [
        (call, known[call.function.name])
        for call in calls
        if isinstance(call, FunctionToolCall) and call.function.name in known
    ]
    return planned if planned and len(planned) == len(calls) else None


async def call_all(
    run: Run,
    planned: Sequence[tuple[FunctionToolCall, Function]],
    on_function_error: OnFunctionError,
    executor: Executor,
    observer: RunObserver = UNOBSERVED,
) -> list[ToolOutput]:
    """Call functions side by side.

    Args:
        run: The run that waits for them.
        planned: Every call, with its function.
        on_function_error: As in `call_functions`.
        executor: Where functions run that are not async.
        observer: Who is told of every function that is called.

    Returns:
        An output for every call.

    Raises:
        InvalidFunctionCallError: The model's arguments do not fit, and are not to be reported.
            Nothing was called.
        Exception: What a function raised, as it is, after the others were cancelled.
    """
    bound: list[inspect.BoundArguments | InvalidFunctionCallError] = []
    for call, function in planned:
        try:
            bound.append(function.bind(call))
        except InvalidFunctionCallError as error:
            if on_function_error == "raise":
                error.run = run
                raise
            bound.append(error)
    limit = asyncio.Semaphore(_AT_ONCE)
    outputs = [""] * len(planned)
    failures: list[BaseException] = []
    tasks: list[asyncio.Task[None]] = []

    async def answer(index: int) -> None:
        call, function = planned[index]
        _current_call.set(call)  # each task has a context of its own
        try:
            async with limit:
                outputs[index] = await _answer(
                    call, function, bound[index], on_function_error, executor, observer
                )
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            error.add_note(f"raised by {function.name}, called by run {run.id} ({call.id})")
            failures.append(error)
            # Kept from the group: before 3.13 it leaves its caller half cancelled after a failure
            # (python/cpython#94398), and hides a cancellation behind it.
            for task in tasks:
                task.cancel()

    async with asyncio.TaskGroup() as group:
        tasks += [group.create_task(answer(index)) for index in range(len(planned))]
    if failures:
        raise _raisable(failures[0])
    return [
        ToolOutput(tool_call_id=call.id, output=output)
        for (call, _), output in zip(planned, outputs, strict=True)
    ]


async def _answer(  # noqa: PLR0913, PLR0917  # all that a call needs
    call: FunctionToolCall,
    function: Function,
    bound: inspect.BoundArguments | InvalidFunctionCallError,
    on_function_error: OnFunctionError,
    executor: Executor,
    observer: RunObserver,
) -> str:
    """Call a function, and give its output or the report of its error."""
    if isinstance(bound, InvalidFunctionCallError):
        return await _reported(on_function_error, call, bound)
    try:
        work = functools.partial(function.target, *bound.args, **bound.kwargs)
        with observer.calling(call):
            result = await (work() if function.is_async else executor.call(work))
            return _text(result, function.name)
    except Exception as error:
        if on_function_error == "raise":
            raise
        return await _reported(on_function_error, call, error)


async def _reported(
    on_function_error: OnFunctionError, call: FunctionToolCall, error: Exception
) -> str:
    if callable(on_function_error):
        text = on_function_error(call, error)
        return _text(await text if inspect.isawaitable(text) else text, "on_function_error")
    if isinstance(error, InvalidFunctionCallError):
        return str(error)
    return f"{call.function.name} failed: {type(error).__name__}"


def _text(result: object, name: str) -> str:
    """Give what a function returned as text: a str as it is, all else as JSON."""
    where = f"what {name} returned"
    if isinstance(result, str):
        text: str = plain(result, where)
        return text
    try:
        value: Any = msgspec.to_builtins(unstructure(result), str_keys=True)
    except (TypeError, RecursionError) as error:
        raise InvalidRequestError(f"{where} cannot be sent as JSON: {error}") from None
    return encode(plain(value, where)).decode()


def _raisable(error: BaseException) -> BaseException:
    """Give an error that can be raised from any method."""
    if isinstance(error, StopAsyncIteration):  # it would end the caller's `async for`, see PEP 525
        replacement = RuntimeError("a function raised StopAsyncIteration")
        replacement.__cause__ = error
        return replacement
    return error


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
