"""Collecting from both ends at once: the same list, in half the time."""

import asyncio
from contextlib import suppress
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.list_family import KINDS, Kind, Server
from support.list_server import Item, ListServer, names, never_more, page_of
from support.walks import other_tasks, settle

from portkey_async import APIConnectionError, Page, Pager, PaginationError
from portkey_async._pagination.cursors import ListQuery

ORDERS = st.sampled_from([None, "asc", "desc"])
LIMITS = st.none() | st.integers(1, 7)


@st.composite
def timed(draw: st.DrawFn) -> ListServer:
    """Draw a list with creation times, many of them equal."""
    times = sorted(draw(st.lists(st.integers(0, 8), max_size=30)))
    created = {f"id_{number}": time for number, time in enumerate(times)}
    return ListServer(list(created), created)


def hundred() -> ListServer:
    """Make a list of a hundred, one second apart."""
    created = {f"id_{number}": number for number in range(100)}
    return ListServer(list(created), created)


@given(timed(), LIMITS, ORDERS, st.none() | st.integers(0, 35))
async def test_it_gives_what_one_walk_gives(
    server: ListServer, limit: int | None, order: str | None, most: int | None
) -> None:
    """Whatever the page size, the order and the ties, and cut at max_items."""
    pager = server.pager(ListQuery(limit, order))

    assert await pager.collect(most, both_ends=True) == await pager.collect(most)


@given(timed(), LIMITS, ORDERS)
async def test_ties_may_come_in_one_order_from_both_ends(
    server: ListServer, limit: int | None, order: str | None
) -> None:
    """On a server whose sort is stable: the objects of one second are not turned round."""
    newest_first = server.ids[::-1]
    other = ListServer(sorted(newest_first, key=server.created.__getitem__), server.created)
    server.alter = lambda page, query: other.page(query) if query.order == "asc" else page
    pager = server.pager(ListQuery(limit, order))

    assert await pager.collect(None, True) == await pager.collect()  # noqa: FBT003  # as documented


@given(timed(), LIMITS, ORDERS, st.randoms(use_true_random=False))
async def test_ties_may_come_in_any_order(
    server: ListServer, limit: int | None, order: str | None, random: Random
) -> None:
    """On a server that orders objects of one second anew each time, there is no right order."""
    shuffled = sorted(server.ids, key=lambda name: (server.created[name], random.random()))
    other = ListServer(shuffled, server.created)
    server.alter = lambda page, query: other.page(query) if query.order == "asc" else page
    items = await server.pager(ListQuery(limit, order)).collect(both_ends=True)
    times = [item.created_at for item in items]

    assert sorted(names(items)) == sorted(server.ids)
    assert times == sorted(times, reverse=order != "asc")


@given(timed(), LIMITS, ORDERS, st.data())
async def test_changes_meanwhile_lose_and_repeat_nothing(
    server: ListServer, limit: int | None, order: str | None, data: st.DataObject
) -> None:
    """What existed throughout is there, once and in order; the rest may be."""
    throughout = set(server.ids)

    def changing(page: Page[Item], _query: ListQuery) -> Page[Item]:
        match data.draw(st.sampled_from(["nothing", "create", "delete"])):
            case "create":
                name = f"id_{len(server.ids)}"
                server.created[name] = max(server.created.values(), default=0) + 1
                server.ids.append(name)
            case "delete" if left := sorted(throughout):
                throughout.discard(gone := data.draw(st.sampled_from(left)))
                server.deleted.add(gone)
        return page

    server.alter = changing
    items = await server.pager(ListQuery(limit, order)).collect(both_ends=True)
    found, times = names(items), [item.created_at for item in items]

    assert throughout <= set(found) <= set(server.ids)
    assert len(found) == len(set(found))
    assert times == sorted(times, reverse=order != "asc")


async def test_the_far_walk_may_end_first() -> None:
    """Where what it has still to come to is deleted, it has seen the whole rest."""
    server = ListServer(list("abcdef"))

    def deleting(page: Page[Item], _query: ListQuery) -> Page[Item]:
        if len(server.asked) == 4:
            server.deleted |= set("def")
        return page

    server.alter = deleting
    items = await server.pager(ListQuery(1, "desc")).collect(both_ends=True)

    assert names(items) == ["f", "e", "c", "b", "a"]


@pytest.mark.parametrize("order", [None, "asc", "desc"])
async def test_each_walk_does_half(order: str | None) -> None:
    """The two go on together, and stop when they have met."""
    server = hundred()
    items = await server.pager(ListQuery(10, order)).collect(both_ends=True)
    asked = [query.order for query in server.asked]

    assert names(items) == (server.ids if order == "asc" else server.ids[::-1])
    assert sorted(map(asked.count, set(asked))) == [6, 6]


async def test_both_are_under_way_at_once() -> None:
    """The second request does not wait for the answer to the first."""
    server = hundred()
    server.turns = 50
    collecting = asyncio.create_task(server.pager(ListQuery(10)).collect(both_ends=True))
    await settle()

    assert [query.order for query in server.asked] == [None, "asc"]
    assert len(await collecting) == 100


@given(timed(), LIMITS, ORDERS)
async def test_a_server_that_ignores_the_order_is_noticed(
    server: ListServer, limit: int | None, order: str | None
) -> None:
    """By the first pair of pages; from then on there is one walk, and its result."""
    server.alter = lambda _page, query: server.page(attrs.evolve(query, order="desc"))
    pager = server.pager(ListQuery(limit, order))
    expected = await pager.collect()
    server.asked.clear()

    assert await pager.collect(both_ends=True) == expected
    assert len([asked for asked in server.asked if asked.order != order]) == 1


@pytest.mark.parametrize("query", [ListQuery(10, after="id_20"), ListQuery(10, before="id_20")])
async def test_with_a_cursor_there_is_one_walk(query: ListQuery) -> None:
    """The other end of such a list is not the list's."""
    server = hundred()
    pager = server.pager(query)

    assert await pager.collect(both_ends=True) == await pager.collect()
    assert {asked.order for asked in server.asked} == {None}


async def test_it_combines_with_the_other_ways_of_walking() -> None:
    """An exhaustive walk, and one that fetches ahead."""
    server = hundred()
    server.alter = never_more
    pager = server.pager(ListQuery(10, "asc")).exhaustive()

    assert names(await pager.collect(both_ends=True)) == server.ids
    assert names(await pager.prefetch(2).collect(both_ends=True)) == server.ids


@pytest.mark.parametrize("failing", [0, 1, 4, 5])
@pytest.mark.parametrize("turns", [0, 3])
async def test_a_failed_page_fails_it(failing: int, turns: int) -> None:
    """Of either walk; nothing was handed out, so the cursor is the start, and no task is left."""
    server = hundred()
    server.fails, server.turns = frozenset([failing]), turns
    with pytest.raises(APIConnectionError) as raised:
        await server.pager(ListQuery(10)).prefetch().collect(both_ends=True)

    assert raised.value.cursor is None
    assert other_tasks() == set()


async def test_cancelling_it_ends_both_walks() -> None:
    """At any point; no task is left, and none of the requests goes on."""
    server = hundred()
    server.turns = 2
    for steps in range(40):
        collecting = asyncio.create_task(server.pager(ListQuery(10)).collect(both_ends=True))
        await settle(steps)
        collecting.cancel()
        await asyncio.wait([collecting])

        assert collecting.cancelled() or len(collecting.result()) == 100
        assert other_tasks() == set()


async def test_max_items_stops_it() -> None:
    """Not many pages are fetched for few objects."""
    server = hundred()

    assert names(await server.pager(ListQuery(10)).collect(5, both_ends=True)) == server.ids[:-6:-1]
    assert len(server.asked) == 2
    assert await server.pager(ListQuery(10)).collect(0, both_ends=True) == []
    assert len(server.asked) == 2


async def test_an_empty_list_is_collected() -> None:
    """There are no ends."""
    server = ListServer([], alter=lambda _page, _query: page_of("", has_more=None))

    assert await server.pager(ListQuery()).collect(both_ends=True) == []


# --- Servers whose two orders do not fit together -----------------------------------------------


def seven() -> Server:
    """Make the server of a report: seven assistants, some of one second, cut by their ids."""
    times = [1, 1, 1, 1, 2, 2, 2]
    items = [Item(name, time) for name, time in zip("abcdefg", times, strict=True)]
    return Server(BY_THE_SECOND, items)


@pytest.mark.parametrize("limit", [2, 3, 4, None])
async def test_an_order_that_is_not_that_of_the_cursors_is_noticed(limit: int | None) -> None:
    """The walk is the ordinary one, and has all that the ordinary one has."""
    pager = seven().pager(ListQuery(limit, "asc"))

    assert names(await pager.collect(both_ends=True)) == list("abcdefg")


async def test_what_only_the_far_end_has_is_not_lost() -> None:
    """Where the ordinary walk ends too early, the far one has seen it."""
    pager = seven().pager(ListQuery(2, "desc"))

    assert sorted(names(await pager.collect())) == ["a", "e", "f"]
    assert sorted(names(await pager.collect(both_ends=True))) == list("abcdefg")


async def test_two_ends_that_both_lack_something_are_an_error() -> None:
    """Then nobody knows what both lack."""
    pages = {
        "desc": {None: page(("f", 3), ("e", 2)), "e": page(("e2", 2), ("f", 3)), "f": END},
        "asc": {None: page(("a", 1), ("b", 1)), "b": page(("a", 1), ("c", 1)), "c": END},
    }

    async def fetch(query: ListQuery) -> Page[Item]:
        return pages[query.order or "desc"][query.after]

    with pytest.raises(PaginationError, match="each order lacks objects that the other has"):
        await Pager(fetch, ListQuery(2)).collect(both_ends=True)


async def test_a_far_end_that_makes_no_sense_is_done_without() -> None:
    """Where the near end has everything; else its error is the result."""
    near = {None: page(("a", 1), ("b", 2)), "b": page(("c", 3), ("d", 4)), "d": END}
    far = {None: page(("d", 4), ("c", 3)), "c": page(("d", 4), ("c", 3))}

    async def fetch(query: ListQuery) -> Page[Item]:
        return (near if query.order == "asc" else far)[query.after]

    pager = Pager(fetch, ListQuery(2, "asc"))

    assert names(await pager.collect(both_ends=True)) == ["a", "b", "c", "d"]
    near["b"] = END
    with pytest.raises(PaginationError, match="the server ignores the cursor"):
        await pager.collect(both_ends=True)


@given(st.sampled_from(KINDS), timed(), LIMITS, st.sampled_from(["asc", "desc"]))
async def test_both_ends_repeat_nothing_and_keep_the_order(
    kind: Kind, drawn: ListServer, limit: int | None, order: str
) -> None:
    """On any server: a list, or an error."""
    items = [Item(str(number), drawn.created[name]) for number, name in enumerate(drawn.ids)]
    server = Server(attrs.evolve(kind, deletes=False), items)
    with suppress(PaginationError):
        ids = names(await server.pager(ListQuery(limit, order)).collect(both_ends=True))

        assert len(ids) == len(set(ids))


async def test_the_order_of_a_list_may_be_ascending_by_default() -> None:
    """As that of the admin keys is."""
    server = hundred()
    server.alter = lambda _page, query: server.page(attrs.evolve(query, order=query.order or "asc"))
    pager = Pager(server.fetch, ListQuery(10), default_order="asc")

    assert names(await pager.collect(both_ends=True)) == server.ids
    assert {query.order for query in server.asked} == {None, "desc"}


END = page_of("", has_more=False)
BY_THE_SECOND = next(kind for kind in KINDS if kind.name.startswith("orders by the second"))


def page(*items: tuple[str, int]) -> Page[Item]:
    """Make a page of objects with their times."""
    created = dict(items)
    return page_of(created, created=created)
