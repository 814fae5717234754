"""A family of servers as they are met in the field, and the ways of iterating on them."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import product
from typing import TypeAlias

import attrs
from support.list_server import Item, page_of

from portkey_async import APIConnectionError, NotFoundError, Page, Pager, PaginationError
from portkey_async._pagination.cursors import ListQuery

#: What a server serves where no limit is asked for.
DEFAULT_LIMIT = 4
#: So many objects some servers serve at most, whatever limit is asked for.
CAP = 2

Items: TypeAlias = Sequence[Item]
Serve: TypeAlias = Callable[[Items, ListQuery], Page[Item]]
Collect: TypeAlias = Callable[[Pager[Item], list[str]], Awaitable[list[str]]]


@attrs.frozen
class Kind:
    """One kind of server.

    Attributes:
        name: What it does.
        serve: Gives a page, of all objects in ascending order.
        shows: Tells whether it ever shows an object.
        unseen: Why something may be missing though no page shows it, and what to do.
        deletes: Whether somebody else deletes the object of every cursor.
    """

    name: str
    serve: Serve
    shows: Callable[[Item], bool] = lambda _item: True
    unseen: str = ""
    deletes: bool = False


# --- What servers do --------------------------------------------------------------------------


def ordered(items: Items, query: ListQuery) -> list[Item]:
    """Give the list in the order that is asked for, the newest first by default."""
    return list(items) if query.order == "asc" else list(items)[::-1]


def rest(items: Items, query: ListQuery) -> list[Item]:
    """Give what follows the cursor, or precedes it, in the order of the list."""
    ids = [item.id for item in items]
    if query.before is not None:
        return list(items[: ids.index(query.before)])
    return list(items[ids.index(query.after) + 1 :]) if query.after is not None else list(items)


def cut(left: Items, query: ListQuery) -> Page[Item]:
    """Give the page nearest to the cursor."""
    limit = DEFAULT_LIMIT if query.limit is None else query.limit
    page = left[-limit:] if query.backward else left[:limit]
    return page_of_items(page, has_more=len(left) > limit)


def page_of_items(items: Items, *, has_more: bool | None) -> Page[Item]:
    """Make a page that names its ends."""
    page = page_of([item.id for item in items], has_more=has_more)
    return attrs.evolve(page, data=list(items))


def specified(items: Items, query: ListQuery) -> Page[Item]:
    """Serve as specified."""
    return cut(rest(ordered(items, query), query), query)


def capped(items: Items, query: ListQuery) -> Page[Item]:
    """Serve no large page."""
    return specified(items, attrs.evolve(query, limit=min(query.limit or DEFAULT_LIMIT, CAP)))


def deaf(*names: str) -> Serve:
    """Ignore parameters."""
    return lambda items, query: specified(items, attrs.evolve(query, **dict.fromkeys(names)))


def saying(*, has_more: bool | None) -> Serve:
    """Say the same of every page."""
    return lambda items, query: attrs.evolve(specified(items, query), has_more=has_more)


def shown(item: Item) -> bool:
    """Tell whether an object passes the filter; most do not."""
    return int(item.id) % 3 == 0


def filtering(items: Items, query: ListQuery) -> Page[Item]:
    """Filter after the cut, and name the ends of what was cut."""
    page = specified(items, query)
    return attrs.evolve(page, data=[item for item in page if shown(item)])


def turning_back(items: Items, query: ListQuery) -> Page[Item]:
    """Go the wrong way under `desc`: what is newer than the cursor follows it."""
    if query.order == "asc" or query.cursor is None:
        return specified(items, query)
    flipped = attrs.evolve(query, after=query.before, before=query.after)
    left = rest(ordered(items, query), flipped)
    limit = query.limit or DEFAULT_LIMIT
    return page_of_items(left[:limit], has_more=len(left) > limit)


def by_the_second(items: Items, query: ListQuery) -> Page[Item]:
    """Cut by id, then order by the second, then take the first: as open-assistant-api does."""
    ascending = query.order == "asc"
    lower, upper = (query.after, query.before) if ascending else (query.before, query.after)
    left = [
        item
        for item in sorted(items, key=lambda item: item.id)
        if (lower is None or item.id > lower) and (upper is None or item.id < upper)
    ]
    left.sort(key=lambda item: item.created_at, reverse=not ascending)
    limit = query.limit or DEFAULT_LIMIT
    return page_of_items(left[:limit], has_more=len(left) > limit)


def repeating_ties(items: Items, query: ListQuery) -> Page[Item]:
    """Give what precedes the cursor in its second once more; only `after` does."""
    whole = ordered(items, query)
    left = rest(whole, query)
    ties = {item.created_at for item in whole if item.id == query.cursor}
    again = [item for item in whole if item.created_at in ties and item.id != query.cursor]
    again = [] if query.backward else [item for item in again if item not in left]
    return cut([*again, *left], query)


KINDS = (
    Kind("follows the specification", specified),
    Kind("leaves out `has_more`", saying(has_more=None)),
    Kind("always says `has_more: true`", saying(has_more=True)),
    Kind(
        "always says `has_more: false`",
        saying(has_more=False),
        unseen="it says that there is no more: use `exhaustive()`",
    ),
    Kind("serves smaller pages than asked for", capped),
    Kind("ignores `limit`", deaf("limit")),
    Kind("filters after cutting the page", filtering, shown),
    Kind("ignores `after`", deaf("after")),
    Kind("ignores `before`", deaf("before")),
    Kind("ignores `order`", deaf("order")),
    Kind(
        "goes the wrong way under `desc`",
        turning_back,
        unseen="with a `limit` of 1, or by `before`, a page may look like the last one: use "
        "`order='asc'`",
    ),
    Kind(
        "orders by the second, cuts by id (open-assistant-api)",
        by_the_second,
        unseen="an object of the same second as a cursor, with an id on the other side of it, is "
        "on no page; a `limit` of 100 meets fewer of them",
    ),
    Kind(
        "repeats objects of the same second",
        repeating_ties,
        unseen="awaiting the pages by hand, one sees neither",
    ),
    Kind("refuses cursors of deleted objects", specified, deletes=True),
)


@attrs.define
class Server:
    """A server of one kind.

    Attributes:
        kind: Which.
        items: What it has, in ascending order.
        fails: The number, from 0, of the request that fails.
        deleted: The ids that are gone; their cursors are refused.
        requests: How many requests came.
    """

    kind: Kind
    items: Items
    fails: int | None = None
    deleted: set[str] = attrs.Factory(set)
    requests: int = 0

    async def fetch(self, query: ListQuery) -> Page[Item]:
        """Serve a page, as a pager asks for it."""
        self.requests += 1
        if self.requests - 1 == self.fails:
            raise APIConnectionError("the connection was lost")
        if query.cursor in self.deleted:
            raise NotFoundError(f"no object {query.cursor}", status=404)
        left = [item for item in self.items if item.id not in self.deleted]
        page = self.kind.serve(left, query)
        if self.kind.deletes and page.has_more:
            self.deleted.add(page.data[0 if query.backward else -1].id)
        return page

    def pager(self, query: ListQuery) -> Pager[Item]:
        """Make a pager of this server."""
        return Pager(self.fetch, query)

    def whole(self, query: ListQuery) -> set[str]:
        """Give the ids that have to come."""
        order = "desc" if self.kind.name == "ignores `order`" else query.order
        asked = attrs.evolve(query, order=order)
        return {
            item.id for item in rest(ordered(self.items, asked), asked) if self.kind.shows(item)
        }


# --- Ways of iterating ------------------------------------------------------------------------


async def _items(pager: Pager[Item], ids: list[str]) -> list[str]:
    async for item in pager:
        ids.append(item.id)  # noqa: PERF401  # they are wanted on an error too
    return ids


async def _pages(pager: Pager[Item], ids: list[str]) -> list[str]:
    async for page in pager.by_page():
        ids += [item.id for item in page]
    return ids


async def _both_ends(pager: Pager[Item], _ids: list[str]) -> list[str]:
    return [item.id for item in await pager.collect(both_ends=True)]


async def _by_await(pager: Pager[Item], ids: list[str]) -> list[str]:
    """Await page after page, as one does by hand."""
    for _ in range(100):
        page = await pager
        ids += [item.id for item in page if item.id not in ids]
        if page.has_more is False or page.last_id is None:
            break
        pager = attrs.evolve(pager, query=pager._query.at(page.last_id))  # noqa: SLF001
    return ids


#: By name: how it collects the ids, into a list that has those that came before an error.
WAYS: dict[str, Collect] = {
    "async for": _items,
    "backward": _items,
    "by_page": _pages,
    "exhaustive": lambda pager, ids: _items(pager.exhaustive(), ids),
    "prefetch": lambda pager, ids: _items(pager.prefetch(2), ids),
    "both_ends": _both_ends,
    "await": _by_await,
}


ORDERS = ("asc", "desc")


def scenarios(way: str) -> Iterator[tuple[Items, ListQuery]]:
    """Give lists to serve, with what to ask for."""
    for size, ties, limit, order in product((0, 1, 2, 3, 5, 8), (1, 2, 9), (None, 1, 2, 5), ORDERS):
        items = [Item(str(number), number // ties) for number in range(size)]
        if way == "backward":
            for item in items[:: max(1, size // 3)]:
                yield items, ListQuery(limit, order, before=item.id)
        else:
            yield items, ListQuery(limit, order)


@attrs.frozen
class Findings:
    """What came of one way of iterating on one kind of server, over all scenarios.

    Attributes:
        entries: `all`, `error`, `lost`: what happened at least once.
        reasons: What the errors say of the server.
    """

    entries: frozenset[str]
    reasons: frozenset[str]


async def explore(kind: Kind, way: str) -> Findings:
    """Try one way on one kind of server.

    Raises:
        AssertionError: An object came twice.
    """
    entries, reasons = set[str](), set[str]()
    for items, query in scenarios(way):
        server = Server(kind, items)
        try:
            ids = await resumed(server, query, way)
        except (PaginationError, NotFoundError) as error:
            entries.add("error")
            reasons.add(str(error).rpartition(": ")[2])
            continue
        assert len(ids) == len(set(ids)), (kind.name, way, items, query, ids)
        whole = server.whole(query)
        entries.add("all" if whole - server.deleted <= set(ids) <= whole else "lost")
    return Findings(frozenset(entries), frozenset(reasons))


async def resumed(server: Server, query: ListQuery, way: str) -> list[str]:
    """Collect the ids, and go on at its cursor after every error that may pass."""
    ids: list[str] = []
    try:
        return await WAYS[way](server.pager(query), ids)
    except NotFoundError as error:
        if way == "await":
            raise
        at = query if error.cursor is None else query.at(error.cursor)
        return ids + await resumed(server, at, way)


async def explore_all() -> dict[tuple[str, str], Findings]:
    """Try every way on every kind of server."""
    return {(kind.name, way): await explore(kind, way) for kind, way in product(KINDS, WAYS)}
