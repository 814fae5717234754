"""Every way of iterating on every kind of server: everything once, or an error that says why."""

from contextlib import suppress

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.list_family import KINDS, ORDERS, WAYS, Item, Kind, Server, explore, resumed

from portkey_async import APIConnectionError, PaginationError
from portkey_async._pagination.cursors import ListQuery

#: What an error may say of a server.
REASONS = {
    "the server ignores the cursor",
    "the server repeats itself",
    "the server's pages turn back",
    "the server's pages go round",
}
ITERATING = [way for way in WAYS if way != "await"]
#: Servers that break no rule which a walk needs.
RIGHT = [kind for kind in KINDS if not kind.unseen and not kind.name.startswith("ignores `")]
RIGHT += [kind for kind in KINDS if kind.name == "ignores `limit`"]


@st.composite
def asked(draw: st.DrawFn, way: str) -> tuple[list[Item], ListQuery]:
    """Draw a list with creation times, many of them equal, and what to ask for."""
    times = sorted(draw(st.lists(st.integers(0, 6), max_size=9)))
    items = [Item(str(number), time) for number, time in enumerate(times)]
    query = ListQuery(draw(st.none() | st.integers(1, 5)), draw(st.sampled_from(ORDERS)))
    if items and way != "both_ends" and draw(st.booleans()):
        name = draw(st.sampled_from(items)).id
        return items, attrs.evolve(query, **{"before" if way == "backward" else "after": name})
    return items, query


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("way", WAYS)
async def test_everything_comes_once_or_there_is_an_error(kind: Kind, way: str) -> None:
    """Nothing comes twice; what is missing without an error, no page shows."""
    found = await explore(kind, way)

    assert found.entries
    assert "lost" not in found.entries or kind.unseen
    assert way == "await" or found.reasons <= REASONS


@pytest.mark.parametrize("way", ITERATING)
@given(kind=st.sampled_from(RIGHT), data=st.data())
async def test_servers_that_can_be_followed_are_followed(
    kind: Kind, way: str, data: st.DataObject
) -> None:
    """However large their pages are, whatever they say of more, and however they filter."""
    items, query = data.draw(asked(way))
    server = Server(kind, items)
    ids = await resumed(server, query, way)

    assert len(ids) == len(set(ids))
    assert server.whole(query) - server.deleted <= set(ids) <= server.whole(query)


@pytest.mark.parametrize("way", ITERATING)
@given(kind=st.sampled_from(KINDS), data=st.data())
async def test_no_server_makes_an_object_come_twice(
    kind: Kind, way: str, data: st.DataObject
) -> None:
    """Whatever it does, and whether it ends in an error or not."""
    items, query = data.draw(asked(way))
    ids: list[str] = []
    with suppress(PaginationError):
        ids = await WAYS[way](Server(attrs.evolve(kind, deletes=False), items).pager(query), ids)

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("way", ["async for", "backward", "by_page", "exhaustive", "prefetch"])
@given(kind=st.sampled_from(RIGHT), data=st.data(), number=st.integers(0, 6))
async def test_every_error_says_where_to_go_on(
    kind: Kind, way: str, data: st.DataObject, number: int
) -> None:
    """Nothing is lost or repeated where the list is resumed at its cursor."""
    items, query = data.draw(asked(way))
    server = Server(attrs.evolve(kind, deletes=False), items, fails=number)
    ids: list[str] = []
    try:
        await WAYS[way](server.pager(query), ids)
    except APIConnectionError as error:
        rest = query if error.cursor is None else query.at(error.cursor)
        await WAYS[way](server.pager(rest), ids)

    assert sorted(ids) == sorted(server.whole(query))
