"""Fetching ahead: the same walk, with the next pages under way, and nothing left behind."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.list_server import Item, LawlessServer, ListServer, honest, lawless
from support.walks import Outcome, other_tasks, settle, walk, walk_pages

from portkey_async import APIConnectionError, Page, Pager, PaginationError
from portkey_async._pagination.cursors import ListQuery
from portkey_async._pagination.prefetch import Ahead

TWENTY = [f"id_{number:02}" for number in range(20)]
ASCENDING = ListQuery(2, "asc")


@attrs.define
class StuckServer:
    """Answers so many requests, and then no more.

    Attributes:
        server: What it has to give.
        answers: How many requests it answers.
        stuck: How many requests wait for an answer.
    """

    server: ListServer
    answers: int
    stuck: int = 0

    async def fetch(self, query: ListQuery) -> Page[Item]:
        """Answer, or hang until cancelled."""
        if len(self.server.asked) < self.answers:
            return await self.server.fetch(query)
        self.server.asked.append(query)
        self.stuck += 1
        try:
            return await asyncio.Future[Page[Item]]()
        finally:
            self.stuck -= 1


@pytest.fixture
def stuck() -> StuckServer:
    """A server that answers one request, and no more."""
    return StuckServer(ListServer(TWENTY), answers=1)


@pytest.fixture(autouse=True)
async def quiet() -> Iterator[None]:
    """Nothing is left to the loop's exception handler: no error that nobody fetched."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: unhandled.append(what))
    yield
    await settle()
    assert unhandled == []
    assert other_tasks() == set()


@given(honest(), st.integers(1, 4), st.integers(0, 2))
async def test_it_gives_what_a_plain_walk_gives(
    drawn: tuple[ListServer, ListQuery], pages: int, turns: int
) -> None:
    """On a server that follows the rules, however slow, with the same requests."""
    server, query = drawn
    plain = await walk(server.pager(query))
    asked, server.asked, server.turns = server.asked, [], turns

    assert await walk(server.pager(query).prefetch(pages)) == plain
    assert server.asked == asked


@given(lawless(), st.integers(1, 4))
async def test_it_ends_as_a_plain_walk_ends(
    drawn: tuple[LawlessServer, Pager[Item]], pages: int
) -> None:
    """On any server: the same objects, then the same error with the same cursor."""
    server, pager = drawn
    for walked in (walk, walk_pages):
        server.asked.clear()
        plain = await walked(pager)
        server.asked.clear()

        assert await walked(pager.prefetch(pages)) == plain


@pytest.mark.parametrize("pages", [1, 2, 5])
async def test_it_fetches_so_far_ahead_and_no_further(pages: int) -> None:
    """While the caller works on a page, so many more are fetched, and then it waits."""
    server = ListServer(TWENTY)
    ahead = []
    async with aclosing(server.pager(ASCENDING).prefetch(pages).by_page()) as walked:
        async for _page in walked:
            handed = len(ahead) + 1
            await settle()
            # The page that is handed out is the one before the newest: it was held back.
            ahead.append(len(server.asked) - handed - 1)

    assert ahead[0] == pages
    assert max(ahead) == pages


async def test_it_fetches_ahead_for_collect_too() -> None:
    """With the same result."""
    server = ListServer(TWENTY, turns=1)

    assert [item.id for item in await server.pager(ASCENDING).prefetch(2).collect()] == TWENTY


async def test_an_error_comes_after_the_objects_before_it() -> None:
    """Though the failed request was made long before."""
    server = ListServer(TWENTY, fails=frozenset([2]))
    walked = aiter(server.pager(ASCENDING).prefetch(5))
    handed = []
    for _ in range(4):
        handed.append((await anext(walked)).id)
        await settle()
    with pytest.raises(APIConnectionError) as raised:
        await anext(walked)

    assert handed == TWENTY[:4]
    assert raised.value.cursor == TWENTY[3]
    assert len(server.asked) == 3


async def test_an_error_is_not_heard_of_by_one_who_leaves_before_it() -> None:
    """A walk that ended early raises nothing, now or later."""
    server = ListServer(TWENTY, fails=frozenset([1]))
    async with aclosing(aiter(server.pager(ASCENDING).prefetch())) as walked:
        first = await anext(walked)
        await settle()

    assert first.id == TWENTY[0]
    assert len(server.asked) == 2


async def test_a_loop_of_pages_is_noticed_in_its_place() -> None:
    """The pages before it are handed out first."""
    server = ListServer(TWENTY)
    server.alter = lambda _page, _query: server.page(ASCENDING)

    assert await walk(server.pager(ASCENDING).prefetch(3)) == Outcome(
        TWENTY[:2], PaginationError, TWENTY[1]
    )


async def test_leaving_the_loop_ends_the_request_under_way(stuck: StuckServer) -> None:
    """`break` needs no aclose: the walk is ended as soon as nobody holds it."""
    async for _item in Pager(stuck.fetch, ASCENDING).prefetch():
        await settle()
        assert stuck.stuck == 1
        break
    await settle()

    assert stuck.stuck == 0


async def test_an_exception_in_the_loop_ends_the_request_under_way(stuck: StuckServer) -> None:
    """The same for whatever the caller's own code raises."""

    async def failing() -> None:
        async for _item in Pager(stuck.fetch, ASCENDING).prefetch():
            await settle()
            assert stuck.stuck == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    await settle()

    assert stuck.stuck == 0


async def test_closing_a_walk_waits_until_the_request_has_ended(stuck: StuckServer) -> None:
    """When aclose returns, no task is left."""
    walked = aiter(Pager(stuck.fetch, ASCENDING).prefetch())
    await anext(walked)
    await settle()
    assert stuck.stuck == 1
    await walked.aclose()

    assert stuck.stuck == 0
    assert other_tasks() == set()


async def test_cancelling_a_walk_ends_the_request_under_way(stuck: StuckServer) -> None:
    """Wherever it waits: for a page, or in the caller's own code."""
    pager = Pager(stuck.fetch, ASCENDING).prefetch()

    async def waiting_inside() -> None:
        async for _item in pager:
            await asyncio.Future[None]()

    for walking in (pager.collect(), walk(pager), waiting_inside()):
        stuck.server.asked.clear()
        task = asyncio.create_task(walking)
        await settle()
        assert stuck.stuck == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await settle()
        assert stuck.stuck == 0


async def test_a_fetch_that_is_cancelled_from_outside_ends_the_walk(stuck: StuckServer) -> None:
    """Somebody who cancels every task cancels that one too; the walk must not wait for ever."""
    task = asyncio.create_task(walk(Pager(stuck.fetch, ASCENDING).prefetch()))
    await settle()
    for other in other_tasks() - {task}:
        other.cancel()
    done, _ = await asyncio.wait([task], timeout=1)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert done


# --- Walks that nobody holds any longer ---------------------------------------------------------


class Knot:
    """Something that refers to itself, so that only the garbage collector frees it."""

    def __init__(self, held: object) -> None:
        """Hold something."""
        self.held, self.itself = held, self


@pytest.mark.parametrize("turns", [0, 3])
@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_a_walk_in_a_cycle_leaves_nothing(turns: int, steps: int) -> None:
    """Neither a task nor a word of asyncio, which the fixture hears."""
    server = ListServer(TWENTY, turns=turns)
    walked = aiter(server.pager(ASCENDING).prefetch(2))
    for _ in range(steps):
        await anext(walked)
    Knot(walked)
    del walked
    gc.collect()
    await settle()

    assert other_tasks() == set()


async def test_a_stuck_walk_in_a_cycle_leaves_nothing(stuck: StuckServer) -> None:
    """Its request ends too."""
    walked = aiter(Pager(stuck.fetch, ASCENDING).prefetch())
    await anext(walked)
    await settle()
    assert stuck.stuck == 1
    Knot(walked)
    del walked
    gc.collect()
    await settle()

    assert stuck.stuck == 0


@pytest.mark.parametrize("answers", [1, 3, 20])
@pytest.mark.parametrize("ahead", [0, 1, 3])
@pytest.mark.parametrize("by_page", [False, True])
def test_a_walk_that_the_end_of_the_loop_finds_open_is_closed(
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    answers: int,
    ahead: int,
    *,
    by_page: bool,
) -> None:
    """One who raises while holding it sees the error, and nothing of asyncio's."""

    async def raising() -> None:
        pager = Pager(StuckServer(ListServer(TWENTY, turns=1), answers + 1).fetch, ASCENDING)
        pager = pager.prefetch(ahead) if ahead else pager
        walked = pager.by_page() if by_page else aiter(pager)
        await anext(walked)
        await settle(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(raising())
    gc.collect()

    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


async def test_a_failed_page_that_nobody_waits_for_is_no_news() -> None:
    """The walk is dropped while the page that fails is on its way."""
    server = ListServer(TWENTY, fails=frozenset([1]), turns=2)
    walked = aiter(server.pager(ASCENDING).prefetch())
    await anext(walked)
    await settle()
    del walked
    gc.collect()
    await settle()

    assert len(server.asked) == 2


async def test_after_the_end_there_is_nothing() -> None:
    """However often it is asked."""
    items = iter([1, 2, None])

    async def fetch() -> int | None:
        return next(items)

    ahead = Ahead(fetch, 1)

    assert [await ahead.next() for _ in range(4)] == [1, 2, None, None]
    await ahead.stop()
