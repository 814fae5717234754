"""The one timer for all deadlines: it ends calls just as `asyncio.timeout` would."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.virtual_time import now, virtual_time

from portkey_async._transport.deadlines import Deadlines

Bound = Callable[[float | None, Callable[[], Awaitable[str]]], Awaitable[str]]


@attrs.frozen
class Plan:
    """What becomes of a call, in seconds from its start.

    Attributes:
        work: How long it would take.
        limit: Its deadline.
        cancels: When somebody else cancels the task.
        stubborn: Whether it takes a cancellation for an answer.
        tidies: How long it takes to go once it is cancelled.
    """

    work: float
    limit: float | None
    cancels: tuple[float, ...] = ()
    stubborn: bool = False
    tidies: float = 0.0


@attrs.frozen
class Ending:
    """How a call ended: with what, when, and how many cancellations its task still counts."""

    outcome: str
    at: float
    cancelling: int


async def _ours(seconds: float | None, call: Callable[[], Awaitable[str]]) -> str:
    return await Deadlines().within(asyncio.get_running_loop(), seconds, call)


async def _asyncios(seconds: float | None, call: Callable[[], Awaitable[str]]) -> str:
    async with asyncio.timeout(seconds):
        return await call()


async def _worked(plan: Plan) -> str:
    try:
        await asyncio.sleep(plan.work)
    except asyncio.CancelledError:
        await asyncio.sleep(plan.tidies)
        if not plan.stubborn:
            raise
        return "stubborn"
    return "done"


async def _ending(plan: Plan, bound: Bound) -> Ending:
    """Follow a plan to its end."""
    began = now()

    async def observed() -> Ending:
        task = asyncio.current_task()
        assert task is not None
        try:
            outcome = await bound(plan.limit, partial(_worked, plan))
        except (TimeoutError, asyncio.CancelledError) as error:
            outcome = type(error).__name__
        return Ending(outcome, now() - began, task.cancelling())

    task = asyncio.create_task(observed())
    for moment in plan.cancels:
        asyncio.get_running_loop().call_later(moment, task.cancel)
    return await task


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan in which no two things happen in the same turn of the loop: that is a toss-up."""
    moments = st.lists(st.integers(1, 1000), min_size=5, max_size=5, unique=True)
    work, limit, first, second, tidies = (moment / 8 for moment in draw(moments))
    return Plan(
        work,
        draw(st.sampled_from([limit, None])),
        draw(st.sampled_from([(), (first,), (first, second)])),
        stubborn=draw(st.booleans()),
        tidies=draw(st.sampled_from([0.0, tidies + 1 / 16])),
    )


@given(plans())
@example(Plan(work=3, limit=1, cancels=(2,), tidies=4))
@example(Plan(work=3, limit=1, stubborn=True))
def test_a_call_ends_as_it_would_under_asyncio_timeout(plan: Plan) -> None:
    """In the same way, at the same time, with the same cancellations left for others to heed."""

    @virtual_time
    async def run() -> None:
        assert await _ending(plan, _ours) == await _ending(plan, _asyncios)

    run()


@virtual_time
async def test_a_task_that_tidies_up_after_its_own_cancellation_has_deadlines_too() -> None:
    """Only what came after the call began counts against it."""

    async def tidying() -> int:
        task = asyncio.current_task()
        assert task is not None
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            with pytest.raises(TimeoutError):
                await _ours(2, partial(_worked, Plan(work=5, limit=2)))
        return task.cancelling()

    task = asyncio.create_task(tidying())
    await asyncio.sleep(1)
    task.cancel()

    assert await task == 1
    assert now() == 3


@pytest.mark.parametrize(
    ("outer", "inner", "outcome", "at"),
    [
        (2, 4, "TimeoutError", 2),  # the outer one ends them both
        (4, 2, "TimeoutError", 2),
        (3, 3, "TimeoutError", 3),
        (None, 2, "TimeoutError", 2),
        (2, None, "TimeoutError", 2),
        (6, 7, "done", 5),
    ],
)
@virtual_time
async def test_a_call_inside_a_call_has_a_deadline_of_its_own(
    outer: float | None, inner: float | None, outcome: str, at: float
) -> None:
    """As where a middleware of the caller's session calls the client, to fetch a token."""
    deadlines, loop = Deadlines(), asyncio.get_running_loop()

    async def nested() -> str:
        return await deadlines.within(loop, inner, partial(_worked, Plan(work=5, limit=inner)))

    try:
        ended = await deadlines.within(loop, outer, nested)
    except TimeoutError as error:
        ended = type(error).__name__
    task = asyncio.current_task()

    assert (ended, now()) == (outcome, at)
    assert task is not None
    assert task.cancelling() == 0


@virtual_time
async def test_after_a_call_inside_it_a_call_still_has_its_deadline() -> None:
    """The inner one takes only its own away."""
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    quick = partial(_worked, Plan(work=1, limit=None))

    async def twice() -> str:
        await deadlines.within(loop, 9, quick)
        return await _worked(Plan(work=5, limit=None))

    with pytest.raises(TimeoutError):
        await deadlines.within(loop, 3, twice)

    assert now() == 3


@virtual_time
async def test_outside_of_a_task_nothing_is_begun() -> None:
    """There would be nothing to cancel."""
    call = _ours(1, partial(_worked, Plan(work=0, limit=1)))
    seen: list[BaseException] = []

    def step() -> None:
        with pytest.raises(RuntimeError, match="inside a task") as raised:
            call.send(None)
        seen.append(raised.value)

    asyncio.get_running_loop().call_soon(step)
    await asyncio.sleep(0)

    assert len(seen) == 1
