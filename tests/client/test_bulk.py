"""Many calls at once: one outcome for each input, whatever happens, and nothing left behind."""

import asyncio
import gc
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import Progress
from support.bad_day import assert_agreement, delete_on_a_bad_day
from support.virtual_time import now, virtual_time
from support.walks import other_tasks, settle
from tqdm.asyncio import tqdm

from portkey_async import (
    APIConnectionError,
    APITimeoutError,
    AssistantDeleted,
    AsyncPortkey,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    Outcome,
    PermissionDeniedError,
    RateLimitError,
    map_many,
)
from portkey_async.bulk import LONGEST_WAIT, delete_many, wait_before_next
from portkey_async.testing import Dialect, PortkeyServer


@attrs.define
class Calls:
    """A call that takes its time, and knows how it was used.

    Attributes:
        errors: What the call with an input raises, one after the other, before it succeeds.
        turns: How many turns of the loop it takes.
        begun: The inputs of the calls that began.
        ended: Those of the calls that ended by themselves.
        under_way: How many are under way; `most` is the largest number.
    """

    errors: dict[Any, list[Exception]] = attrs.Factory(dict)
    turns: int = 1
    begun: list[Any] = attrs.Factory(list)
    ended: list[Any] = attrs.Factory(list)
    under_way: int = 0
    most: int = 0

    async def __call__(self, item: Any) -> str:
        """Do it."""
        self.begun.append(item)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            for _ in range(self.turns):
                await asyncio.sleep(0)
            if errors := self.errors.get(item):
                raise errors.pop(0)
            self.ended.append(item)
            return f"done {item}"
        finally:
            self.under_way -= 1


@attrs.define
class Inputs:
    """Inputs that know how many of them were read.

    Attributes:
        size: How many there are.
        read: How many were read.
        closed: Whether reading was ended.
    """

    size: int
    failure: Exception | None = None
    read: int = 0
    closed: bool = False

    def __iter__(self) -> Iterator[int]:
        """Give them at once."""
        for number in range(self.size):
            self.read += 1
            yield number
        if self.failure is not None:
            raise self.failure

    async def __aiter__(self) -> AsyncIterator[int]:
        """Give them one after the other."""
        try:
            for number in self:
                await asyncio.sleep(0)
                yield number
        finally:
            self.closed = True


class Plain:
    """The same inputs, without `__aiter__`."""

    def __init__(self, inputs: Inputs) -> None:
        """Wrap them."""
        self.inputs = inputs

    def __iter__(self) -> Iterator[int]:
        """Give them at once."""
        return iter(self.inputs)


@pytest.fixture(autouse=True)
async def quiet() -> AsyncIterator[None]:
    """Nothing is left to the loop's exception handler, and no task is left."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: unhandled.append(what))
    yield
    await settle()
    assert unhandled == []
    assert other_tasks() == set()


async def collected(outcomes: AsyncIterator[Outcome[Any, Any]]) -> list[Outcome[Any, Any]]:
    """Collect all outcomes."""
    return [outcome async for outcome in outcomes]


def too_many(seconds: float | None = 0.0, **details: Any) -> RateLimitError:
    """Make a 429 that surely was not carried out."""
    return RateLimitError(status=429, retry_after=seconds, may_have_executed=False, **details)


# --- Outcomes -----------------------------------------------------------------------------------


@given(st.integers(0, 30), st.integers(1, 9), st.integers(0, 3), st.sets(st.integers(0, 30)))
async def test_there_is_one_outcome_for_each_input(
    size: int, concurrency: int, turns: int, failing: set[int]
) -> None:
    """Whether its call succeeds or fails; never are more under way than allowed."""
    for inputs in (Inputs(size), Plain(Inputs(size)), list(range(size))):
        errors: dict[Any, list[Exception]] = {number: [ValueError(number)] for number in failing}
        calls = Calls(errors, turns)
        outcomes = await collected(map_many(calls, inputs, concurrency))

        assert sorted(outcome.index for outcome in outcomes) == list(range(size))
        assert calls.most <= concurrency
        for outcome in outcomes:
            assert outcome.input == outcome.index
            assert outcome.ok == (outcome.index not in failing)
            assert outcome.result == (f"done {outcome.input}" if outcome.ok else None)
            assert isinstance(outcome.error, ValueError | None)


async def test_outcomes_come_as_they_finish() -> None:
    """Not in the order of the inputs."""

    async def call(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    outcomes = await collected(map_many(call, [9, 1, 5]))

    assert [(outcome.index, outcome.result) for outcome in outcomes] == [(1, 1), (2, 5), (0, 9)]


async def test_a_mapping_gives_keyword_arguments() -> None:
    """Anything else is the only argument; a call that does not take it fails alone."""

    async def create(*, model: str, name: str = "") -> str:
        return f"{model}/{name}"

    outcomes = await collected(
        map_many(create, [{"model": "m"}, {"model": "m", "name": "n"}, "m", {"nme": "n"}], 1)
    )

    assert [outcome.result for outcome in outcomes] == ["m/", "m/n", None, None]
    assert [type(outcome.error) for outcome in outcomes[2:]] == [TypeError, TypeError]


async def test_eight_are_under_way_unless_another_number_is_given() -> None:
    """Enough for a start, too few to be told off by a server."""
    calls = Calls(turns=3)
    await collected(map_many(calls, range(50)))

    assert calls.most == 8


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((None, []), "call is of type NoneType"),
        ((print, "asst_1"), "inputs is a single str; it must be an iterable: put it into a list"),
        ((print, b"asst_1"), "inputs is a single bytes"),
        ((print, {"model": "m"}), "inputs is a mapping"),
        ((print, 5), "inputs is of type int; it must be an iterable or an async iterable"),
        ((print, [], 0), "concurrency is 0; it must be a whole number, at least 1"),
        ((print, [], True), "concurrency is True"),
        ((print, [], 1.5), "concurrency is 1.5"),
    ],
    ids=str,
)
async def test_bad_arguments_are_refused_at_once(arguments: tuple[Any, ...], told: str) -> None:
    """Before the first outcome is asked for."""
    with pytest.raises(InvalidRequestError) as raised:
        map_many(*arguments)

    assert told in str(raised.value)


# --- Inputs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [Plain, lambda inputs: inputs], ids=["iterable", "async"])
async def test_inputs_are_read_no_faster_than_they_are_used(wrap: Any) -> None:
    """Nothing before the first outcome is asked for, then one for each that was handed out."""
    inputs, calls = Inputs(10**9), Calls()
    outcomes = map_many(calls, wrap(inputs), 4)
    await settle()
    assert inputs.read == 0
    async with aclosing(outcomes):
        for taken in range(1, 20):
            await anext(outcomes)
            await settle()
            assert inputs.read <= 4 + taken


@pytest.mark.parametrize("wrap", [Plain, lambda inputs: inputs], ids=["iterable", "async"])
async def test_an_error_of_the_inputs_comes_after_what_had_begun(wrap: Any) -> None:
    """Nothing that was done is kept from the caller."""
    seen = list[Any]()

    async def consume() -> None:
        async for outcome in map_many(Calls(turns=9), wrap(Inputs(5, ZeroDivisionError())), 8):
            seen.append(outcome.result)

    with pytest.raises(ZeroDivisionError):
        await consume()

    assert sorted(seen) == [f"done {number}" for number in range(5)]


async def test_an_iterable_that_cannot_be_closed_is_an_error() -> None:
    """What the caller's own code raises at the end is raised to the caller."""

    class Unwilling:
        def __aiter__(self) -> AsyncIterator[int]:
            return self

        async def __anext__(self) -> int:
            raise StopAsyncIteration

        async def aclose(self) -> None:
            raise ZeroDivisionError

    class Inputs:
        def __aiter__(self) -> AsyncIterator[int]:
            return Unwilling()

    with pytest.raises(ZeroDivisionError):
        await collected(map_many(Calls(), Inputs()))


async def test_an_iterator_of_the_callers_own_stays_open() -> None:
    """One that is made for the purpose is closed."""
    inputs = Inputs(9)
    iterator = aiter(inputs)
    async with aclosing(map_many(Calls(), iterator, 1)) as outcomes:
        await anext(outcomes)
    assert not inputs.closed
    await anext(iterator)
    await iterator.aclose()  # type: ignore[attr-defined]  # a generator
    another = Inputs(9)
    async with aclosing(map_many(Calls(), another, 1)) as outcomes:
        await anext(outcomes)

    assert another.closed


async def test_an_iterator_is_read_by_one_task() -> None:
    """One that holds a deadline or a task group open does not stand another task."""

    async def inputs() -> AsyncIterator[int]:
        async with asyncio.timeout(10), asyncio.TaskGroup():
            for number in range(9):
                yield number

    assert len(await collected(map_many(Calls(), inputs(), 3))) == 9


# --- Errors that stop, and errors that pass -------------------------------------------------------


async def test_a_401_stops_what_has_not_begun() -> None:
    """A wrong key stays wrong; what has begun is heard of."""
    calls = Calls({1: [AuthenticationError(status=401)]}, turns=3)
    outcomes = await collected(map_many(calls, Inputs(100), 4))

    assert len(outcomes) == len(calls.begun) <= 8
    assert [outcome.index for outcome in outcomes if not outcome.ok] == [1]


async def test_other_refusals_stop_nothing() -> None:
    """An object of another project, for one."""
    errors = [PermissionDeniedError(status=403), NotFoundError(status=404), APIConnectionError()]
    calls = Calls({number: [error] for number, error in enumerate(errors)})
    outcomes = await collected(map_many(calls, range(10)))

    assert [type(outcome.error) for outcome in outcomes if not outcome.ok] == list(
        map(type, errors)
    )
    assert len(outcomes) == 10


@virtual_time
async def test_a_wait_that_the_server_asks_for_spends_no_attempt() -> None:
    """However often it asks; each wait is as long as asked for, and up to a quarter longer."""
    calls = Calls({"a": [too_many(30) for _ in range(20)]})
    (outcome,) = await collected(map_many(calls, ["a"]))

    assert outcome.result == "done a"
    assert 20 * 30 <= now() <= 20 * 30 * 1.25
    assert len(calls.begun) == 21


@virtual_time
async def test_a_call_that_was_held_back_is_made_later() -> None:
    """Its deadline passed while the client waited because of another call."""
    held_back = APITimeoutError("the server wants no calls", may_have_executed=False)
    calls = Calls({"a": [held_back, held_back]})
    (outcome,) = await collected(map_many(calls, ["a"]))

    assert outcome.ok
    assert 2 <= now() <= 2.5


@pytest.mark.parametrize(
    "error",
    [
        too_many(None),
        too_many(LONGEST_WAIT + 1),
        too_many(1, code="insufficient_quota"),
        too_many(1, type="billing_hard_limit_reached"),
        too_many(1, headers={"x-should-retry": "false"}),
        APITimeoutError(),
        APIConnectionError(may_have_executed=False),
        NotFoundError(status=404),
    ],
    ids=repr,
)
def test_what_waiting_does_not_help_has_failed(error: Any) -> None:
    """A quota that is used up, a server that asks for no wait or for hours, anything else."""
    assert wait_before_next(error) is None


async def test_a_call_in_doubt_is_not_made_again() -> None:
    """An assistant that may have been created, before the 429, is not created twice."""
    doubtful = RateLimitError(status=429, retry_after=0.0, may_have_executed=True)
    calls = Calls({"a": [doubtful]})
    (outcome,) = await collected(map_many(calls, ["a"]))

    assert outcome.error is doubtful
    assert calls.begun == ["a"]


async def test_a_deletion_in_doubt_is_made_again_and_the_doubt_stays() -> None:
    """Deleting twice does no harm, but who has deleted it is not known."""
    doubtful = RateLimitError(status=429, retry_after=0.0, may_have_executed=True)
    gone = NotFoundError("no such assistant", status=404, may_have_executed=False)
    calls = Calls({"a": [doubtful, gone], "b": [doubtful]})
    first, second = sorted(
        await collected(delete_many(calls, ["a", "b"], 2)), key=lambda outcome: outcome.index
    )

    assert first.error is gone
    assert gone.may_have_executed
    assert second.ok


# --- Leaving ------------------------------------------------------------------------------------


async def test_closing_waits_for_what_has_begun() -> None:
    """Nothing is left in doubt, and nothing more begins."""
    inputs, calls = Inputs(100), Calls(turns=30)
    async with aclosing(map_many(calls, inputs, 4)) as outcomes:
        await anext(outcomes)
        await settle(3)
        begun = list(calls.begun)

    assert calls.begun == begun
    assert sorted(calls.ended) == sorted(begun)
    assert inputs.closed


@virtual_time
async def test_closing_waits_for_no_server() -> None:
    """A call that waits because the server asked for it is cancelled."""
    calls = Calls({"a": [too_many(500)]})
    async with aclosing(map_many(calls, ["a", "b"], 2)) as outcomes:
        await anext(outcomes)

    assert now() < 1
    assert calls.ended == ["b"]


async def test_a_call_that_would_wait_while_closing_fails() -> None:
    """It is not made again."""
    calls = Calls({"a": [too_many(0) for _ in range(9)]}, turns=5)
    async with aclosing(map_many(calls, ["a"], 1)) as outcomes:
        first = asyncio.ensure_future(anext(outcomes))
        await settle(3)
        first.cancel()
        await asyncio.wait([first])
    async with aclosing(map_many(calls, ["b", "a"], 2)) as outcomes:
        await anext(outcomes)

    assert calls.under_way == 0


async def test_breaking_cancels_what_has_begun() -> None:
    """Without `aclosing`, nobody waits."""
    calls = Calls(turns=1000)
    calls.errors = {0: [ValueError()]}

    async def call(item: int) -> str:
        return await calls(item) if item else "at once"

    async for _outcome in map_many(call, Inputs(100), 4):
        break
    await settle(50)

    assert calls.under_way == 0
    assert calls.ended == []


@pytest.mark.parametrize("steps", [0, 1, 3, 10])
async def test_cancelling_the_consumer_cancels_the_calls(steps: int) -> None:
    """Wherever it waits; no task is left."""
    calls = Calls(turns=5)

    async def consume() -> None:
        async for _outcome in map_many(calls, Inputs(1000), 4):
            await asyncio.sleep(0)

    task = asyncio.create_task(consume())
    await settle(steps)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle()

    assert calls.under_way == 0
    assert other_tasks() == set()


async def test_cancelling_one_who_closes_cancels_the_calls() -> None:
    """It waits no longer."""
    calls, stuck = Calls(turns=10**9), asyncio.Event()

    async def call(item: int) -> str:
        return await calls(item) if item else "at once"

    async def consume() -> None:
        async with aclosing(map_many(call, Inputs(1000), 4)) as outcomes:
            await anext(outcomes)
            stuck.set()

    task = asyncio.create_task(consume())
    await stuck.wait()
    await settle()
    assert calls.under_way > 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert calls.under_way == 0


async def test_calls_that_somebody_else_cancels_end_it() -> None:
    """Whoever cancels all tasks must not leave the consumer waiting."""
    task = asyncio.create_task(collected(map_many(Calls(turns=10**9), range(3))))
    await settle()
    for other in other_tasks() - {task}:
        other.cancel()
    done, _ = await asyncio.wait([task], timeout=10)

    assert done == {task}
    assert task.cancelled()


async def test_outcomes_in_a_cycle_leave_nothing() -> None:
    """Nobody but the garbage collector finds them; asyncio says nothing."""
    calls = Calls(turns=10**9)
    holder: dict[str, Any] = {"outcomes": map_many(calls, range(3))}
    holder["holder"] = holder
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await anext(map_many(calls, range(3)))
    first = asyncio.ensure_future(anext(holder["outcomes"]))
    await settle()
    first.cancel()
    await asyncio.wait([first])
    del first, holder
    gc.collect()
    await settle()

    assert calls.under_way == 0


def test_outcomes_that_the_end_of_the_loop_finds_open_are_closed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One who raises while holding them sees the error, and nothing of asyncio's."""

    async def raising() -> None:
        outcomes = map_many(Calls(), Inputs(100), 4)
        await anext(outcomes)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(raising())
    gc.collect()

    assert capfd.readouterr() == ("", "")


async def test_outcomes_that_nobody_asks_for_begin_nothing() -> None:
    """Nor do they have to be closed."""
    inputs = Inputs(9)
    async with aclosing(map_many(Calls(), inputs)):
        pass

    assert inputs.read == 0


# --- Against a server ---------------------------------------------------------------------------


async def test_everything_is_deleted_through_the_pager_that_lists() -> None:
    """On a server that refuses the cursor of a deleted object."""
    async with (
        PortkeyServer(250, dialect=Dialect.DELETED_CURSORS_REFUSED) as server,
        server.client() as client,
    ):
        pager = client.assistants.list(limit=20)
        outcomes = await collected(client.assistants.delete_many(pager.prefetch(), 16))

        assert not server.assistants
    assert len({outcome.input.id for outcome in outcomes}) == 250
    assert all(isinstance(outcome.result, AssistantDeleted) for outcome in outcomes)


async def test_ids_objects_and_nonsense_are_told_apart() -> None:
    """What is no id fails alone, and is not sent."""
    async with PortkeyServer(3) as server, server.client() as client:
        first, second, third = list(server.assistants)
        made = await client.assistants.retrieve(second)
        inputs: list[Any] = [first, made, 5, {"id": third}, "", "asst_unknown"]
        outcomes = await collected(client.assistants.delete_many(inputs, 1))

        assert list(server.assistants) == [third]
    assert [outcome.ok for outcome in outcomes] == [True, True, False, False, False, False]
    assert "an id is of type int" in str(outcomes[2].error)
    assert [type(outcome.error) for outcome in outcomes[2:]] == [InvalidRequestError] * 3 + [
        NotFoundError
    ]


async def test_a_single_id_is_no_collection() -> None:
    """Its characters are no ids."""
    async with PortkeyServer(1) as server, server.client() as client:
        with pytest.raises(InvalidRequestError, match="ids is a single str"):
            client.assistants.delete_many("asst_1")

        assert server.requests == []


async def test_the_store_agrees_with_the_outcomes() -> None:
    """A tenth of the requests fail, and many are too many: each input has its outcome."""
    outcomes, left = await delete_on_a_bad_day(300)

    assert_agreement(outcomes, left, 300)


async def test_a_wrong_key_is_tried_no_more_often_than_needed() -> None:
    """By as many calls as are under way."""
    async with PortkeyServer(100, api_key="right") as server:
        async with AsyncPortkey("wrong", base_url=server.base_url) as client:
            outcomes = await collected(client.assistants.delete_many(list(server.assistants), 4))

        assert len(server.assistants) == 100
        assert len(server.requests) == len(outcomes) <= 8
    assert {type(outcome.error) for outcome in outcomes} == {AuthenticationError}


async def test_creating_many_makes_each_once() -> None:
    """By keyword arguments."""
    async with PortkeyServer() as server, server.client() as client:
        requests: list[Mapping[str, str]] = [
            {"model": "gpt-4o", "name": f"n{number}"} for number in range(40)
        ]
        outcomes = await collected(map_many(client.assistants.create, requests))

        assert len(server.assistants) == 40
    assert {outcome.result.name for outcome in outcomes} == {f"n{number}" for number in range(40)}


# --- Progress -----------------------------------------------------------------------------------


async def test_tqdm_counts_the_outcomes() -> None:
    """As it stands in the documentation."""
    shown = io.StringIO()
    ids = list(range(30))
    seen = [
        outcome.index async for outcome in tqdm(map_many(Calls(), ids), total=len(ids), file=shown)
    ]

    assert sorted(seen) == ids
    assert "30/30" in shown.getvalue()


async def test_rich_counts_the_outcomes() -> None:
    """One step for each."""
    console = Console(file=io.StringIO(), width=80)
    with Progress(console=console) as progress:
        task = progress.add_task("Deleting", total=30)
        async for _outcome in map_many(Calls(), range(30)):
            progress.advance(task)

        assert progress.finished
