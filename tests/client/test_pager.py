"""The pager: what a walk gives, on servers that follow the rules and on those that break them."""

import asyncio
from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.list_server import (
    Item,
    LawlessServer,
    ListServer,
    always_more,
    honest,
    lawless,
    names,
    never_more,
    no_has_more,
    null_ids,
    page_of,
)
from support.walks import Outcome, walk, walk_pages

from portkey_async import (
    APIConnectionError,
    InvalidRequestError,
    NotFoundError,
    Page,
    Pager,
    PaginationError,
)
from portkey_async._pagination.cursors import MAX_EMPTY_PAGES, ListQuery

Drawn = tuple[ListServer, ListQuery]
Alter = Callable[[Page[Item], ListQuery], Page[Item]]

FIVE = ["a", "b", "c", "d", "e"]
ASCENDING = ListQuery(2, "asc")


# --- Servers that follow the rules, or nearly ---------------------------------------------------


@given(honest(), st.sampled_from([no_has_more, always_more, null_ids, ListServer([]).alter]))
async def test_a_walk_gives_everything_once_in_order(drawn: Drawn, alter: Alter) -> None:
    """From any cursor, in both directions and orders, for any page size."""
    server, query = drawn
    server.alter = alter

    assert await walk(server.pager(query)) == Outcome(server.whole(query))


@given(honest())
async def test_a_walk_backward_heeds_no_has_more(drawn: Drawn) -> None:
    """Servers disagree on what it means there."""
    server, query = drawn
    server.alter = never_more
    expected = server.whole(query)
    if not query.backward:
        expected = expected[: query.limit or 20]

    assert (await walk(server.pager(query))).ids == expected


@given(honest())
async def test_an_exhaustive_walk_gives_everything_anyway(drawn: Drawn) -> None:
    """On a server that always says that nothing follows, it goes on to the first empty page."""
    server, query = drawn
    server.alter = never_more

    assert await walk(server.pager(query).exhaustive()) == Outcome(server.whole(query))
    assert server.page(server.asked[-1]).data == []


@given(honest())
async def test_pages_come_as_served(drawn: Drawn) -> None:
    """Each page is the server's own, in its own order, the backward ones too."""
    server, query = drawn
    pages = [page async for page in server.pager(query).by_page()]

    assert pages == [server.page(asked) for asked in server.asked]


@given(honest())
async def test_every_page_is_asked_for_alike(drawn: Drawn) -> None:
    """Limit, order and direction stay; only the cursor moves, and never to the same place."""
    server, query = drawn
    await walk(server.pager(query))

    assert server.asked[0] == query
    assert all(asked == query.at(asked.cursor or "") for asked in server.asked[1:])
    assert len({asked.cursor for asked in server.asked}) == len(server.asked)


@given(honest(), st.none() | st.integers(0, 30))
async def test_collect_gives_what_a_walk_gives(drawn: Drawn, most: int | None) -> None:
    """As a list, in the same order, cut at max_items."""
    server, query = drawn

    assert names(await server.pager(query).collect(most)) == server.whole(query)[:most]


@given(honest(), st.integers(0, 30))
async def test_collect_fetches_no_page_too_many(drawn: Drawn, most: int) -> None:
    """Before each request, something was missing; for max_items=0 there is none."""
    server, query = drawn
    await server.pager(query).collect(most)
    before_the_last = [server.page(asked) for asked in server.asked[:-1]]

    assert bool(server.asked) == (most > 0)
    assert sum(map(len, before_the_last)) < max(1, most)


async def test_awaiting_gives_the_first_page_only() -> None:
    """One request, whatever follows; the page is sized and iterable."""
    server = ListServer(FIVE)
    page = await server.pager(ASCENDING)

    assert names(page) == ["a", "b"]
    assert len(page) == 2
    assert (page.first_id, page.last_id, page.has_more) == ("a", "b", True)
    assert server.asked == [ASCENDING]


async def test_making_a_pager_asks_for_nothing() -> None:
    """Nor does deriving one, nor a walk that nobody takes a step of."""
    server = ListServer(FIVE)
    pager = server.pager(ASCENDING).exhaustive().prefetch(2)
    aiter(pager)
    pager.by_page()

    assert server.asked == []


async def test_a_pager_may_be_walked_again() -> None:
    """It starts over, and walks at the same time do not disturb each other."""
    pager = ListServer(FIVE).pager(ASCENDING)
    pairs = [(one.id, [other.id async for other in pager]) async for one in pager]

    assert pairs == [(name, FIVE) for name in FIVE]


async def test_equal_pagers_are_two_requests() -> None:
    """Awaited together they are not taken for one."""
    server = ListServer(FIVE)
    pages = await asyncio.gather(*(server.pager(ASCENDING) for _ in range(3)))

    assert len(server.asked) == len(pages) == 3


async def test_deriving_leaves_a_pager_as_it_is() -> None:
    """`exhaustive` and `prefetch` give new pagers, which keep each other's settings."""
    server = ListServer(FIVE, alter=never_more)
    pager = server.pager(ASCENDING)

    assert await walk(pager.exhaustive().prefetch()) == Outcome(FIVE)
    assert await walk(pager.prefetch().exhaustive()) == Outcome(FIVE)
    assert await walk(pager) == Outcome(["a", "b"])


@pytest.mark.parametrize("pages", [0, -1, 1.0, True, "1", None])
async def test_prefetch_wants_a_number_of_pages(pages: int) -> None:
    """A whole number, at least 1; the error says what was given."""
    with pytest.raises(InvalidRequestError, match=rf"pages is {pages!r}.*at least 1"):
        ListServer(FIVE).pager(ASCENDING).prefetch(pages)


@pytest.mark.parametrize("most", [-1, 1.0, True, "1"])
async def test_collect_wants_a_number_of_items(most: int) -> None:
    """A whole number, 0 or more, or None; the error says what was given."""
    server = ListServer(FIVE)
    with pytest.raises(InvalidRequestError, match=rf"max_items is {most!r}.*0 or more, or None"):
        await server.pager(ASCENDING).collect(most)

    assert server.asked == []


# --- What was handed out may be deleted ---------------------------------------------------------


@given(honest(), st.integers(0, 3))
async def test_everything_handed_out_may_be_deleted(drawn: Drawn, ahead: int) -> None:
    """On a server that refuses the cursor of a deleted object, nothing is lost or repeated."""
    server, query = drawn
    server.refuses_deleted = True
    pager = server.pager(query)
    handed = []
    async for item in pager.prefetch(ahead) if ahead else pager:
        server.delete(item)
        handed.append(item.id)

    assert handed == server.whole(query)


@given(honest(), st.integers(0, 3))
async def test_every_page_handed_out_may_be_deleted(drawn: Drawn, ahead: int) -> None:
    """The same for whole pages."""
    server, query = drawn
    server.refuses_deleted = True
    pager = server.pager(query)
    handed = []
    async for page in (pager.prefetch(ahead) if ahead else pager).by_page():
        for item in page:
            server.delete(item)
            handed.append(item.id)

    assert sorted(handed) == sorted(server.whole(query))


# --- Pages that fail ----------------------------------------------------------------------------


@given(honest(), st.integers(0, 6), st.sampled_from([walk, walk_pages]), st.integers(0, 2))
async def test_a_walk_resumes_where_it_failed(
    drawn: Drawn, number: int, walked: Callable[[Pager[Item]], Outcome], ahead: int
) -> None:
    """All that came before is handed out, then the error; its cursor loses and repeats nothing."""
    server, query = drawn
    server.fails = frozenset([number])
    pager = server.pager(query)
    outcome = await walked(pager.prefetch(ahead) if ahead else pager)
    if outcome.error is None:
        assert len(server.asked) <= number
        return
    assert outcome.error is APIConnectionError
    rest = query if outcome.cursor is None else query.at(outcome.cursor)
    handed = [*outcome.ids, *(await walked(ListServer(server.ids).pager(rest))).ids]

    assert (handed if walked is walk else sorted(handed)) == (
        server.whole(query) if walked is walk else sorted(server.whole(query))
    )


async def test_the_held_object_is_handed_out_before_the_error() -> None:
    """It was fetched: the caller gets it first, and the cursor follows it."""
    server = ListServer(FIVE, fails=frozenset([1]))

    assert await walk(server.pager(ASCENDING)) == Outcome(["a", "b"], APIConnectionError, "b")
    assert len(server.asked) == 2


async def test_a_failed_collect_resumes_where_it_began() -> None:
    """Nothing was handed out, so the cursor is the one it started from."""
    for query in (ASCENDING, ASCENDING.at("a"), attrs.evolve(ASCENDING, before="e")):
        server = ListServer(FIVE, fails=frozenset([1]))
        with pytest.raises(APIConnectionError) as raised:
            await server.pager(query).collect()

        assert raised.value.cursor == query.cursor


async def test_a_failed_first_page_resumes_where_it_began() -> None:
    """Awaited alone, too."""
    server = ListServer(FIVE, fails=frozenset([0]))
    with pytest.raises(APIConnectionError) as raised:
        await server.pager(ASCENDING.at("b"))

    assert raised.value.cursor == "b"


async def test_an_error_of_the_callers_own_is_let_through() -> None:
    """Whatever else goes wrong while a page is fetched is not touched."""

    async def fetch(_query: ListQuery) -> Page[Item]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Pager(fetch, ASCENDING).collect()


# --- Servers that break the rules ---------------------------------------------------------------


@given(lawless())
async def test_every_walk_ends(drawn: tuple[LawlessServer, Pager[Item]]) -> None:
    """On any server with so many ids: an end, or an error with a cursor of the walk."""
    server, pager = drawn
    outcome = await walk(pager)
    asked = [query.cursor for query in server.asked]

    assert len(asked) == len(set(asked))
    assert outcome.error in {None, PaginationError, APIConnectionError}
    assert outcome.error is None or outcome.cursor == asked[-1]


@given(lawless())
async def test_a_page_that_holds_its_own_cursor_is_never_handed_out(
    drawn: tuple[LawlessServer, Pager[Item]],
) -> None:
    """What is handed out are the pages before it, whole."""
    server, pager = drawn
    outcome = await walk_pages(pager)
    asked = server.asked
    pages = [server.pages.get(query.cursor, server.pages[None]) for query in asked]
    if outcome.error is not None:
        pages = pages[:-1]

    assert set(outcome.ids) == {name for page in pages for name in names(page)}
    assert not any(query.cursor in names(page) for query, page in zip(asked, pages, strict=False))


async def test_a_server_that_ignores_the_cursor_is_noticed() -> None:
    """Its second page holds the cursor itself; the first was handed out once."""
    for query in (ASCENDING, attrs.evolve(ASCENDING, after="e")):
        server = ListServer(FIVE)
        server.alter = lambda _page, _query, server=server: server.page(ASCENDING)
        outcome = await walk(server.pager(query))

        assert outcome == Outcome(["a", "b"], PaginationError, "b")
        assert "holds that object itself" in outcome.message


async def test_a_server_that_ignores_the_cursor_backward_is_noticed() -> None:
    """The same in the other direction."""
    server = ListServer(FIVE)
    server.alter = lambda _page, _query: page_of("ab")
    outcome = await walk(server.pager(ListQuery(2, "asc", before="d")))

    assert outcome == Outcome(["b", "a"], PaginationError, "a")


async def test_a_server_that_gives_the_cursors_own_object_is_noticed() -> None:
    """Nothing is handed out twice."""
    server = ListServer(FIVE)

    def inclusive(page: Page[Item], query: ListQuery) -> Page[Item]:
        return page_of([query.cursor, *names(page)]) if query.cursor else page

    server.alter = inclusive

    assert await walk(server.pager(ASCENDING)) == Outcome(["a", "b"], PaginationError, "b")
    assert await walk(server.pager(ASCENDING.at("c"))) == Outcome([], PaginationError, "c")


async def test_a_server_that_repeats_a_cursor_is_noticed() -> None:
    """The page that leads back is not handed out."""
    server = ListServer(FIVE)
    server.alter = lambda page, _query: attrs.evolve(page, last_id="b")
    outcome = await walk(server.pager(ASCENDING))

    assert outcome == Outcome(["a", "b"], PaginationError, "b")
    assert "leads back to 'b'" in outcome.message


async def test_a_server_whose_pages_go_round_is_noticed() -> None:
    """Between two cursors, of which neither page holds the other's."""
    server = LawlessServer({None: page_of("ab"), "b": page_of("cd"), "d": page_of("eb")})
    outcome = await walk(Pager(server.fetch, ASCENDING))

    assert outcome == Outcome(["a", "b", "c", "d"], PaginationError, "d")
    assert len(server.asked) == 3


@given(honest(), st.data())
async def test_a_last_id_that_disagrees_loses_nothing(drawn: Drawn, data: st.DataObject) -> None:
    """Where the server names another object of the page as its end, the walk goes on from there."""
    server, query = drawn

    def disagreeing(page: Page[Item], _query: ListQuery) -> Page[Item]:
        if not page.data:
            return page
        end = data.draw(st.sampled_from(names(page)))
        return attrs.evolve(page, first_id=end, last_id=end)

    server.alter = disagreeing
    outcome = await walk(server.pager(query))

    assert outcome.error is None
    assert set(outcome.ids) == set(server.whole(query))


async def test_objects_of_the_page_before_come_once() -> None:
    """Servers order objects of the same second as they like: by item, by page, or in a list."""
    server = LawlessServer(
        {None: page_of("ab"), "b": page_of("ac"), "c": page_of("d", has_more=False)}
    )
    pager = Pager(server.fetch, ASCENDING)

    assert await walk(pager) == Outcome(["a", "b", "c", "d"])
    assert names(await pager.collect()) == ["a", "b", "c", "d"]
    assert [names(page) async for page in pager.by_page()] == [["a", "b"], ["c"], ["d"]]


async def test_an_ignored_cursor_is_noticed_by_await_too() -> None:
    """One who asks for page after page by hand would never end."""
    server = ListServer(FIVE)
    server.alter = lambda _page, _query: server.page(ASCENDING)
    page = await server.pager(ASCENDING)
    with pytest.raises(PaginationError, match="holds that object itself") as raised:
        await server.pager(ASCENDING.at(page.last_id or ""))

    assert raised.value.cursor == "b"


async def test_a_page_that_leads_to_its_own_cursor_is_noticed_by_await_too() -> None:
    """Though the object is not on it."""
    server = ListServer(FIVE, alter=lambda page, _query: attrs.evolve(page, last_id="b"))
    with pytest.raises(PaginationError, match="leads back to 'b'"):
        await server.pager(ASCENDING.at("b"))


@pytest.mark.parametrize("backward", [False, True])
async def test_empty_pages_in_between_are_passed(*, backward: bool) -> None:
    """Servers that filter after cutting the page serve them; by page, they come as served."""

    async def fetch(query: ListQuery) -> Page[Item]:
        at = int(query.cursor or "0") + 1
        if at % 3 == 0 or at > 9:
            return page_of([str(at)] if at <= 9 else [], has_more=at < 9)
        return attrs.evolve(page_of(""), first_id=str(at), last_id=str(at))

    pager = Pager(fetch, ListQuery(before="0") if backward else ListQuery())
    for each in (pager, pager.exhaustive(), pager.prefetch()):
        assert (await walk(each)).ids == ["3", "6", "9"]
        sizes = [len(page) async for page in each.by_page()]
        assert sizes[:9] == [0, 0, 1] * 3


async def test_a_server_of_empty_pages_is_given_up() -> None:
    """After a thousand in a row; the error says so, and where to go on."""

    async def fetch(query: ListQuery) -> Page[Item]:
        return attrs.evolve(page_of(""), last_id=str(int(query.cursor or "0") + 1))

    outcome = await walk(Pager(fetch, ListQuery()))

    assert outcome == Outcome([], PaginationError, str(MAX_EMPTY_PAGES))
    assert "is empty and says that more follows" in outcome.message


async def test_a_short_page_that_promises_more_ends_nothing_backward() -> None:
    """Some servers serve smaller pages than they are asked for."""
    server = ListServer(FIVE)
    server.alter = lambda _page, query: server.page(attrs.evolve(query, limit=2))

    assert (await walk(server.pager(ListQuery(100, "asc", before="e")))).ids == FIVE[3::-1]


# --- Objects that somebody else deletes ---------------------------------------------------------


@given(honest(), st.integers(1, 5), st.integers(0, 2), st.data())
async def test_a_deleted_cursor_loses_nothing(
    drawn: Drawn, number: int, ahead: int, data: st.DataObject
) -> None:
    """The walk goes on from an earlier object, or the error says from where to go on."""
    server, query = drawn
    server.refuses_deleted = True

    def deleting(page: Page[Item], _query: ListQuery) -> Page[Item]:
        if len(server.asked) == number and page.data:
            server.deleted |= set(data.draw(st.lists(st.sampled_from(names(page)))))
        return page

    server.alter = deleting
    pager = server.pager(query)
    outcome = await walk(pager.prefetch(ahead) if ahead else pager)
    ids = outcome.ids
    if outcome.error is not None:
        assert outcome.error is NotFoundError
        rest = query if outcome.cursor is None else query.at(outcome.cursor)
        ids = ids + (await walk(server.pager(rest))).ids

    assert ids == server.whole(query)


async def test_the_nearest_object_that_is_left_stands_in_for_the_cursor() -> None:
    """It is asked for first, and costs one request."""
    server = ListServer(list("abcdefgh"), refuses_deleted=True)
    ids = []
    async for item in server.pager(ListQuery(4, "asc")):
        ids.append(item.id)
        if item.id == "b":
            server.deleted |= {"c", "d"}

    assert ids == list("abcdefgh")
    assert [query.after for query in server.asked] == [None, "d", "c", "b"]


async def test_where_a_whole_page_is_deleted_its_beginning_is_where_to_go_on() -> None:
    """If that is still there."""
    server = ListServer(list("abcdefgh"), refuses_deleted=True)
    server.alter = lambda page, query: (
        server.deleted.update(names(page)) or page if query.after == "b" else page
    )

    assert await walk(server.pager(ListQuery(2, "asc"))) == Outcome(
        list("abcd"), NotFoundError, "b"
    )


async def test_where_all_is_deleted_the_start_is_where_to_go_on() -> None:
    """Nothing can come twice."""
    server = ListServer(list("abcdefgh"), refuses_deleted=True)
    server.alter = lambda page, query: (
        server.deleted.update("abcd") or page if query.after == "b" else page
    )
    outcome = await walk(server.pager(ListQuery(2, "asc")))

    assert outcome == Outcome(list("abcd"), NotFoundError, None)
    assert (await walk(server.pager(ListQuery(2, "asc")))).ids == list("efgh")


async def test_a_start_that_is_refused_is_an_error() -> None:
    """There is no earlier object."""
    server = ListServer(FIVE, refuses_deleted=True, deleted={"b"})

    assert await walk(server.pager(ASCENDING.at("b"))) == Outcome([], NotFoundError, "b")
    assert len(server.asked) == 1


async def test_another_error_ends_the_search_for_an_earlier_object() -> None:
    """Its cursor is the object that was tried."""
    server = ListServer(list("abcdef"), refuses_deleted=True, fails=frozenset([2]))
    server.alter = lambda page, _query: server.deleted.add("c") or page
    outcome = await walk(server.pager(ListQuery(3, "asc")))

    assert outcome == Outcome(["a", "b", "c"], APIConnectionError, "b")


# --- What a pager says of itself ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("pager", "says"),
    [
        (ListServer([]).pager(ListQuery()), "<Pager: nothing is fetched yet; `async for item in"),
        (ListServer([]).pager(ASCENDING.at("x")), "<Pager limit=2 order='asc' after='x': nothing"),
        (
            ListServer([]).pager(ListQuery()).exhaustive().prefetch(),
            "<Pager exhaustive prefetch=1:",
        ),
    ],
)
def test_a_pager_says_what_to_do_with_it(pager: Pager[Item], says: str) -> None:
    """Whoever types `client.assistants.list()` into a shell sees no page."""
    assert repr(pager).startswith(says)
    assert "`await pager` the first page" in repr(pager)
