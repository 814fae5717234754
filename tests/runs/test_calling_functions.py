"""Functions of a run: called side by side, all answered or none called."""

import asyncio
import contextvars
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from portkey_async import (
    InvalidFunctionCallError,
    InvalidRequestError,
    NotFoundError,
    call_functions,
    current_call,
)
from portkey_async._models.runs import (
    FunctionCall,
    FunctionToolCall,
    RequiredAction,
    Run,
    SubmitToolOutputs,
    UnknownRequiredAction,
    UnknownToolCall,
)


def run_of(*calls: tuple[str, str], status: str = "requires_action") -> Run:
    """Make a run that waits for calls, of names and arguments."""
    held: list[FunctionToolCall | UnknownToolCall] = [
        FunctionToolCall(f"call_{index}", FunctionCall(name, arguments))
        for index, (name, arguments) in enumerate(calls)
    ]
    return Run(
        id="run_1",
        created_at=1,
        thread_id="thread_1",
        status=status,
        required_action=RequiredAction(SubmitToolOutputs(held)),
    )


async def outputs_of(function: Callable[..., Any], arguments: str = "", **settings: Any) -> str:
    """Call one function, and give its output."""
    (output,) = await call_functions(run_of(("f", arguments)), {"f": function}, **settings)
    assert output["tool_call_id"] == "call_0"
    return output["output"]


@attrs.frozen
class Point:
    """A result of the caller's own class."""

    x: int


@pytest.mark.parametrize(
    ("result", "output"),
    [
        ("as it is", "as it is"),
        ("", ""),
        ('{"a": 1}', '{"a": 1}'),
        (42, "42"),
        (True, "true"),
        (None, "null"),
        ({"a": [1, 2.5, None]}, '{"a":[1,2.5,null]}'),
        ("caf\u00e9", "caf\u00e9"),
        (["caf\u00e9"], '["caf\u00e9"]'),
        ((1, 2), "[1,2]"),
        ({1: 2}, '{"1":2}'),
        (Point(1), '{"x":1}'),
        (FunctionCall("f", "{}"), '{"name":"f","arguments":"{}"}'),
    ],
)
async def test_what_a_function_returns_is_sent_as_text(result: object, output: str) -> None:
    """A str as it is, all else as JSON, from any kind of function."""

    async def coroutine() -> object:
        await asyncio.sleep(0)
        return result

    assert await outputs_of(lambda: result) == output
    assert await outputs_of(coroutine) == output
    assert await outputs_of(functools.partial(asyncio.sleep, 0, result)) == output
    assert await outputs_of(lambda: asyncio.sleep(0, result)) == output


@pytest.mark.parametrize("result", [float("nan"), object(), "\ud800", {"a": {1, object()}}])
async def test_what_json_has_not_is_an_error_of_the_function(result: object) -> None:
    """Nothing is changed in silence; the model may be told."""
    with pytest.raises(InvalidRequestError, match="what f returned"):
        await outputs_of(lambda: result)
    reported = await outputs_of(lambda: result, on_function_error="report")
    assert reported == "f failed: InvalidRequestError"


async def test_functions_run_side_by_side_in_the_order_of_the_calls() -> None:
    """Async ones in tasks, others in threads, outputs in the order of the calls."""
    everyone = threading.Barrier(3)
    waiting = asyncio.Event()

    def sync(a: int) -> int:
        everyone.wait(30)
        return a

    async def slow(a: int) -> int:
        await waiting.wait()
        return a

    async def quick(a: int) -> int:
        waiting.set()
        await asyncio.to_thread(everyone.wait, 30)
        return a

    run = run_of(
        ("slow", '{"a": 1}'), ("sync", '{"a": 2}'), ("quick", '{"a": 3}'), ("sync", '{"a": 4}')
    )
    outputs = await call_functions(run, [sync, slow, quick])

    assert outputs == [{"tool_call_id": f"call_{at}", "output": str(at + 1)} for at in range(4)]


async def test_sixteen_run_at_once() -> None:
    """And no more, however many calls there are."""
    running, most = 0, 0

    async def f() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await call_functions(run_of(*[("f", "")] * 40), {"f": f})

    assert most == 16


async def test_a_function_knows_its_call_and_its_context() -> None:
    """In a thread and in a task alike; what it sets does not leak."""
    tenant = contextvars.ContextVar("tenant", default="nobody")
    tenant.set("acme")

    def sync() -> str:
        call = current_call()
        assert call is not None
        seen = tenant.get()
        tenant.set("other")
        return f"{call.id} {seen}"

    async def coroutine() -> str:
        return sync()

    run = run_of(("sync", ""), ("coroutine", ""), ("sync", ""))
    outputs = await call_functions(run, [sync, coroutine])

    assert [output["output"] for output in outputs] == ["call_0 acme", "call_1 acme", "call_2 acme"]
    assert tenant.get() == "acme"
    assert current_call() is None


async def test_an_object_with_an_async_call_runs_in_the_loop() -> None:
    """It is recognized by its method."""

    class Tool:
        async def __call__(self) -> bool:
            return asyncio.get_running_loop() is loop

    loop = asyncio.get_running_loop()
    assert await outputs_of(Tool()) == "true"


# --- What goes wrong --------------------------------------------------------------------------


async def test_an_exception_is_raised_as_it_is() -> None:
    """After the others are cancelled, with a note that names the run."""
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def broken() -> None:
        await asyncio.sleep(0)
        raise LookupError("secret")

    with pytest.raises(LookupError, match=r"^secret\n") as caught:
        await call_functions(run_of(("forever", ""), ("broken", "")), [forever, broken])

    assert caught.value.__notes__ == ["raised by broken, called by run run_1 (call_1)"]
    assert caught.value.__cause__ is None
    assert ended == ["cancelled"]


async def test_an_error_of_this_package_is_not_taken_for_the_runs_own() -> None:
    """A function may use a client itself; its error says nothing of this run."""

    async def f() -> None:
        raise NotFoundError("nothing there", status=404)

    with pytest.raises(NotFoundError) as caught:
        await outputs_of(f)
    assert caught.value.run is None


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (StopAsyncIteration, RuntimeError),
        (StopIteration, RuntimeError),
        (asyncio.CancelledError, asyncio.CancelledError),
        (KeyboardInterrupt, KeyboardInterrupt),
    ],
)
async def test_no_exception_is_lost(
    error: type[BaseException], raised: type[BaseException]
) -> None:
    """Not even one that means something to whoever awaits."""

    def f() -> None:
        raise error

    with pytest.raises(raised):
        await outputs_of(f)


async def test_a_thread_that_runs_on_is_dropped() -> None:
    """What it gives after the others were cancelled goes nowhere."""
    release, left = threading.Event(), threading.Event()

    def slow() -> str:
        release.wait(30)
        left.set()
        return "late"

    async def broken() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await call_functions(run_of(("slow", ""), ("broken", "")), [slow, broken])
    release.set()
    await asyncio.to_thread(left.wait, 30)
    await asyncio.sleep(0.01)


def test_a_thread_may_outlive_its_loop() -> None:
    """Nobody waits for it any more, and nothing is said."""
    release, left = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait(30)
        left.set()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outputs_of(slow), 0.01)

    asyncio.run(main())
    release.set()
    assert left.wait(30)
    time.sleep(0.01)  # it may still say what nobody hears


async def test_cancelling_cancels_the_functions() -> None:
    """The caller's cancellation goes through, even where a function fails at it."""
    started = asyncio.Event()

    async def f() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError

    task = asyncio.create_task(outputs_of(f))
    await started.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failure_leaves_its_caller_as_it_was() -> None:
    """Not half cancelled: a timeout around it, or after it, still works."""

    async def f() -> None:
        await asyncio.sleep(0)
        raise LookupError

    async with asyncio.timeout(30):
        with pytest.raises(LookupError):
            await outputs_of(f)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_arguments_are_read_before_anything_is_called() -> None:
    """One call that cannot be made: none is."""
    called: list[int] = []

    def f(a: int) -> None:
        called.append(a)

    run = run_of(("f", '{"a": 1}'), ("f", '{"a": "x"}'))
    with pytest.raises(InvalidFunctionCallError, match="call_1") as caught:
        await call_functions(run, [f])

    assert not called
    assert caught.value.run is run


async def test_errors_may_be_reported_to_the_model() -> None:
    """An exception without its text, arguments that do not fit with the reason."""

    def f(a: int) -> int:
        if a == 0:
            raise ZeroDivisionError("secret")
        return 1

    run = run_of(("f", '{"a": 1}'), ("f", '{"a": "x"}'), ("f", '{"a": 0}'))
    outputs = await call_functions(run, [f], on_function_error="report")

    good, misfit, failed = (output["output"] for output in outputs)
    assert good == "1"
    assert "Expected `int`, got `str`" in misfit
    assert failed == "f failed: ZeroDivisionError"


async def test_the_caller_may_word_the_report() -> None:
    """By a function or an async function of the call and the error."""

    def f(a: int) -> int:
        return 1 // a

    async def later(call: FunctionToolCall, error: Exception) -> str:
        await asyncio.sleep(0)
        return f"{call.id}: {error}"

    def at_once(call: FunctionToolCall, error: Exception) -> str:
        return f"{call.id}: {error}"

    for word in (later, at_once):
        assert (
            await outputs_of(f, '{"a": 0}', on_function_error=word)
            == "call_0: integer division or modulo by zero"
        )
        assert (await outputs_of(f, "[]", on_function_error=word)).startswith("call_0: the arg")


async def test_an_error_of_the_wording_is_raised() -> None:
    """It is the caller's own code, like a function."""

    def f() -> None:
        raise LookupError

    def word(call: FunctionToolCall, error: Exception) -> str:
        raise ValueError(f"{call.id} {type(error).__name__}")

    with pytest.raises(ValueError, match="call_0 LookupError"):
        await outputs_of(f, on_function_error=word)


async def test_a_run_that_wants_something_else_is_refused() -> None:
    """No calls, an unknown function, an unknown kind of call or action: nothing is called."""

    def f() -> None:
        raise AssertionError

    approval = UnknownRequiredAction({"type": "submit_tool_approval"})
    foreign = attrs.evolve(
        run_of(),
        required_action=RequiredAction(SubmitToolOutputs([UnknownToolCall({"type": "mcp"})])),
    )
    for run in (
        run_of(("f", ""), ("g", "")),
        run_of(),
        run_of(("f", ""), status="queued"),
        attrs.evolve(run_of(), required_action=approval),
        attrs.evolve(run_of(), required_action=None),
        foreign,
    ):
        with pytest.raises(InvalidRequestError, match="run run_1"):
            await call_functions(run, [f])


@pytest.mark.parametrize("wrong", ["ignore", None, 1])
async def test_on_function_error_is_checked(wrong: Any) -> None:
    """Before anything is called."""
    with pytest.raises(InvalidRequestError, match="on_function_error is"):
        await outputs_of(lambda: 1, on_function_error=wrong)
