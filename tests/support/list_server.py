"""A model of a server's list, without a network: honest, or breaking a rule."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import attrs
from hypothesis import strategies as st

from portkey_async import APIConnectionError, NotFoundError, Page, Pager
from portkey_async._pagination.cursors import ListQuery

#: What a server serves where no limit is asked for.
DEFAULT_LIMIT = 20


@attrs.frozen
class Item:
    """An object of the list."""

    id: str
    created_at: int = 0


@attrs.define
class ListServer:
    """Serves a list by the rules of the specification.

    Attributes:
        ids: The ids in ascending order.
        created: When each was created; 0 where it says nothing.
        alter: Makes of a right page what this server sends; see the rules below.
        refuses_deleted: Whether the cursor of a deleted object is refused, as some servers do.
        fails: The numbers, from 0, of the requests that fail.
        turns: How many turns of the loop an answer takes.
        asked: What was asked for.
        deleted: The ids that are gone.
    """

    ids: list[str]
    created: dict[str, int] = attrs.Factory(dict)
    alter: Callable[[Page[Item], ListQuery], Page[Item]] = lambda page, _query: page
    refuses_deleted: bool = False
    fails: frozenset[int] = frozenset()
    turns: int = 0
    asked: list[ListQuery] = attrs.Factory(list)
    deleted: set[str] = attrs.Factory(set)

    def delete(self, item: Item) -> None:
        """Delete an object."""
        assert item.id not in self.deleted, f"{item} was handed out twice"
        self.deleted.add(item.id)

    def whole(self, query: ListQuery) -> list[str]:
        """Give the ids that a walk has to give: all that follow the cursor, nearest first."""
        ids = self.ids if query.order == "asc" else self.ids[::-1]
        if query.before is not None:
            return ids[: ids.index(query.before)][::-1]
        return ids[ids.index(query.after) + 1 :] if query.after is not None else ids

    def page(self, query: ListQuery) -> Page[Item]:
        """Give the right page."""
        if self.refuses_deleted and query.cursor in self.deleted:
            raise NotFoundError(f"no object {query.cursor}", status=404)
        left = [name for name in self.whole(query) if name not in self.deleted]
        limit = query.limit or DEFAULT_LIMIT
        ids = left[:limit][::-1] if query.backward else left[:limit]
        return page_of(ids, has_more=len(left) > limit, created=self.created)

    async def fetch(self, query: ListQuery) -> Page[Item]:
        """Answer a request, as a pager makes it."""
        number = len(self.asked)
        self.asked.append(query)
        for _ in range(self.turns):
            await asyncio.sleep(0)
        if number in self.fails:
            raise APIConnectionError("the connection was lost")
        return self.alter(self.page(query), query)

    def pager(self, query: ListQuery) -> Pager[Item]:
        """Make a pager of this server."""
        return Pager(self.fetch, query)


def page_of(
    ids: Iterable[str], *, has_more: bool | None = True, created: Mapping[str, int] | None = None
) -> Page[Item]:
    """Make a page that follows the rules."""
    items = [Item(name, (created or {}).get(name, 0)) for name in ids]
    return Page(
        data=items,
        first_id=items[0].id if items else None,
        last_id=items[-1].id if items else None,
        has_more=has_more,
    )


def names(items: Iterable[Item]) -> list[str]:
    """Give the ids."""
    return [item.id for item in items]


# --- Servers to draw ----------------------------------------------------------------------------


@st.composite
def honest(draw: st.DrawFn) -> tuple[ListServer, ListQuery]:
    """Draw a server that follows the rules, and what to ask it for."""
    size = draw(st.integers(0, 25))
    server = ListServer([f"id_{number}" for number in range(size)])
    limit = draw(st.none() | st.integers(1, 8))
    order = draw(st.sampled_from(["asc", "desc"]))
    cursor = draw(st.none() | st.sampled_from(server.ids)) if size else None
    if cursor is not None and draw(st.booleans()):
        return server, ListQuery(limit, order, before=cursor)
    return server, ListQuery(limit, order, after=cursor)


@attrs.define
class LawlessServer:
    """Serves to each cursor a page of its own, right or not; an unknown one gets the first.

    Attributes:
        pages: The pages by cursor.
        asked: What was asked for.
    """

    pages: dict[str | None, Page[Item]]
    fails: frozenset[int] = frozenset()
    asked: list[ListQuery] = attrs.Factory(list)

    async def fetch(self, query: ListQuery) -> Page[Item]:
        """Answer a request, as a pager makes it."""
        number = len(self.asked)
        self.asked.append(query)
        if number in self.fails:
            raise APIConnectionError("the connection was lost")
        return self.page(query)

    def page(self, query: ListQuery) -> Page[Item]:
        """Give the page for a cursor."""
        return self.pages.get(query.cursor, self.pages[None])


_IDS = st.sampled_from("abcdef")
_PAGES = st.builds(
    Page[Item],
    data=st.lists(st.builds(Item, _IDS), max_size=4),
    first_id=st.none() | _IDS,
    last_id=st.none() | _IDS,
    has_more=st.none() | st.booleans(),
)


@st.composite
def lawless(draw: st.DrawFn) -> tuple[LawlessServer, Pager[Item]]:
    """Draw a server that follows no rule, and a walk over it."""
    pages = {None: draw(_PAGES), **draw(st.dictionaries(_IDS, _PAGES))}
    fails = draw(st.frozensets(st.integers(0, 8), max_size=1))
    server = LawlessServer(pages, fails)
    limit = draw(st.none() | st.integers(1, 4))
    cursor = draw(st.none() | _IDS)
    backward = cursor is not None and draw(st.booleans())
    query = ListQuery(limit, before=cursor) if backward else ListQuery(limit, after=cursor)
    pager = Pager(server.fetch, query)
    return server, pager.exhaustive() if draw(st.booleans()) else pager


# --- Rules to break ------------------------------------------------------------------------------


def no_has_more(page: Page[Item], _query: ListQuery) -> Page[Item]:
    """Leave has_more out."""
    return attrs.evolve(page, has_more=None)


def always_more(page: Page[Item], _query: ListQuery) -> Page[Item]:
    """Say that more follows, at the end too."""
    return attrs.evolve(page, has_more=True)


def never_more(page: Page[Item], _query: ListQuery) -> Page[Item]:
    """Say that nothing follows, from the first page on."""
    return attrs.evolve(page, has_more=False)


def null_ids(page: Page[Item], _query: ListQuery) -> Page[Item]:
    """Name neither end of the page."""
    return attrs.evolve(page, first_id=None, last_id=None)
