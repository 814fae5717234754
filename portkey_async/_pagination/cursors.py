"""The rules of iterating a list, as plain functions: what of a page is new, and where to go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic

import attrs

from portkey_async._errors import APIStatusError, PaginationError, PortkeyError
from portkey_async._models.page import Page, T

#: So many empty pages in a row that promise more are one too many.
MAX_EMPTY_PAGES = 1_000

#: How servers refuse a cursor that they do not know, or know no longer.
_REFUSALS = frozenset({400, 404, 410, 422})


@attrs.frozen
class ListQuery:
    """What a page is asked for with.

    Attributes:
        limit: The page size; None leaves it to the server.
        order: `asc` or `desc` by creation; None leaves it to the server.
        after: The page follows this id.
        before: The page precedes this id.
    """

    limit: int | None = None
    order: str | None = None
    after: str | None = None
    before: str | None = None

    @property
    def backward(self) -> bool:
        """Whether the pages go towards the head of the list."""
        return self.before is not None

    @property
    def cursor(self) -> str | None:
        """The id at which the page begins."""
        return self.before if self.backward else self.after

    def at(self, cursor: str) -> ListQuery:
        """Ask for the page at another cursor, in the same direction."""
        if self.backward:
            return attrs.evolve(self, before=cursor)
        return attrs.evolve(self, after=cursor)


@attrs.define
class Trail:
    """What is remembered of the pages so far: the ids of one page, and two ids of each other.

    Attributes:
        used: The cursors that were used.
        ends: The first and last ids of the pages before the last one.
        latest: The ids of the last page that had objects.
        expected: Those of them that lie behind the cursor which that page named.
        empty_pages: How many pages in a row were empty.
    """

    used: set[str] = attrs.Factory(set[str])
    ends: set[str] = attrs.Factory(set[str])
    latest: Sequence[str] = ()
    expected: Sequence[str] = ()
    empty_pages: int = 0

    def enter(self, query: ListQuery) -> None:
        """Remember that a page was asked for."""
        if query.cursor is not None:
            self.used.add(query.cursor)

    def leave(self, step: Step[T], query: ListQuery) -> None:
        """Remember a page that was accepted."""
        if not step.page.data:
            self.empty_pages += 1
            return
        self.ends.update(self.latest[:1], self.latest[-1:])
        self.latest = [item.id for item in step.page.data]
        in_order = self.latest[::-1] if query.backward else self.latest
        behind = in_order.index(step.cursor) + 1 if step.cursor in in_order else len(in_order)
        self.expected = in_order[behind:]
        self.empty_pages = 0


@attrs.frozen
class Step(Generic[T]):
    """One page of an iteration.

    Attributes:
        page: The page as served.
        new: Its objects that were not on the page before, in its order.
        cursor: Where the next page is; None at the end of the list.
    """

    page: Page[T]
    new: list[T]
    cursor: str | None

    @property
    def repeats(self) -> bool:
        """Whether the page has objects that came before."""
        return len(self.new) < len(self.page)


def judge(page: Page[T], query: ListQuery, trail: Trail, *, exhaustive: bool = False) -> Step[T]:
    """Decide what of a page is new, and where to go on.

    Args:
        page: The page that came.
        query: What it was asked for with.
        trail: What is remembered of the pages so far, the cursor of *query* included.
        exhaustive: Go on to the first empty page, whatever the server says.

    Raises:
        PaginationError: The server's pages would never end, or repeat what came before.
    """
    return Step(
        page,
        new_objects(page, query, trail),
        next_cursor(page, query, trail, exhaustive=exhaustive),
    )


def new_objects(page: Page[T], query: ListQuery, trail: Trail) -> list[T]:
    """Give the objects that were not on the page before: servers order ties as they like.

    Raises:
        PaginationError: The page holds its own cursor, an object that older pages began or ended
            with, or nothing new.
    """
    ids = [item.id for item in page.data]
    if query.cursor in ids:
        raise PaginationError(
            f"{_name(query)} holds that object itself: the server ignores the cursor"
        )
    for name in ids:
        if (name in trail.ends or name in trail.used) and name not in trail.expected:
            raise PaginationError(
                f"{_name(query)} brings back {name!r} of an older page: the server's pages turn "
                "back"
            )
    known = set(trail.latest)
    new: list[T] = []
    for item in page.data:
        if item.id not in known:
            known.add(item.id)
            new.append(item)
    if not new and not set(ids).issubset(trail.expected):
        raise PaginationError(
            f"{_name(query)} holds only objects of the page that came before it: the server "
            "repeats itself"
        )
    return new


def next_cursor(
    page: Page[T], query: ListQuery, trail: Trail, *, exhaustive: bool = False
) -> str | None:
    """Decide where to go on after a page.

    Returns:
        The next cursor; None at the end of the list.

    Raises:
        PaginationError: The page leads to a cursor that was used, or is one empty page too many.
    """
    following = boundary(page, backward=query.backward)
    if not page.data and (page.has_more is not True or following in (None, query.cursor)):
        return None
    if following in trail.used:
        raise PaginationError(
            f"{_name(query)} leads back to {following!r}: the server's pages go round"
        )
    if not page.data and trail.empty_pages >= MAX_EMPTY_PAGES:
        raise PaginationError(
            f"{_name(query)} is empty and says that more follows, like the "
            f"{MAX_EMPTY_PAGES:,} pages that came before it"
        )
    if exhaustive or not page.data or page.has_more is True:
        return following
    if query.backward:
        # Servers disagree on what has_more means in this direction.
        return None if query.limit is not None and len(page) < query.limit else following
    return None if page.has_more is False else following


def boundary(page: Page[T], *, backward: bool) -> str | None:
    """Give the cursor that leads from a page to the next; None where nothing names one."""
    if not page.data:
        ends = (page.first_id, page.last_id) if backward else (page.last_id, page.first_id)
        return ends[0] or ends[1] or None
    if backward:
        return page.first_id or page.data[0].id
    return page.last_id or page.data[-1].id


def split(step: Step[T], *, backward: bool) -> tuple[list[T], list[T]]:
    """Part a page's new objects, as they are handed out, into those for now and for later.

    The caller may delete what it is handed, and some servers refuse the cursor of a deleted
    object. So the object that is the next cursor, and what follows it, waits for the next page.
    """
    items = step.new[::-1] if backward else step.new
    ids = [item.id for item in items]
    at = ids.index(step.cursor) if step.cursor in ids else max(len(ids) - 1, 0)
    return items[:at], items[at:]


def is_refusal(error: PortkeyError) -> bool:
    """Tell whether an error may be the refusal of a cursor whose object is gone."""
    return isinstance(error, APIStatusError) and error.status in _REFUSALS


def earlier_cursors(latest: Sequence[str], query: ListQuery) -> Iterable[str]:
    """Give the objects that come before a refused cursor on the page that led to it.

    Args:
        latest: The ids of that page.
        query: What was asked for with the cursor.

    Returns:
        Their ids, the nearest to the cursor first.
    """
    ids = latest[::-1] if query.backward else latest
    at = ids.index(query.cursor) if query.cursor in ids else len(ids)
    return reversed(ids[:at])


def _name(query: ListQuery) -> str:
    """Name a page, for an error."""
    return f"the page {'before' if query.backward else 'after'} {query.cursor!r}"
