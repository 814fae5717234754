"""Which page of a list is next, when a walk ends, and what it holds back: plain decisions."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from portkey_async._errors import PaginationError
from portkey_async._models.page import Page, T


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
        """Whether the walk goes towards the head of the list."""
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


def boundary(page: Page[T], *, backward: bool) -> str:
    """Give the cursor that leads from a page, which has objects, to the next."""
    if backward:
        return page.first_id or page.data[0].id
    return page.last_id or page.data[-1].id


def next_cursor(
    page: Page[T], query: ListQuery, used: Collection[str | None], *, exhaustive: bool = False
) -> str | None:
    """Decide where a walk goes on after a page.

    Args:
        page: The page that came.
        query: What it was asked for with.
        used: The cursors of the walk so far, that of *query* included.
        exhaustive: Go on to the first empty page, whatever the server says.

    Returns:
        The next cursor; None at the end of the list.

    Raises:
        PaginationError: The page holds its own cursor, or leads to one that was used: the walk
            would never end.
    """
    if not page.data:
        return None
    cursor = query.cursor
    where = f"the page {'before' if query.backward else 'after'} {cursor!r}"
    if cursor is not None and cursor in [item.id for item in page.data]:
        raise PaginationError(f"{where} holds that object itself: the server ignores the cursor")
    following = boundary(page, backward=query.backward)
    if following in used:
        raise PaginationError(f"{where} leads back to {following!r}: the server's pages go round")
    if exhaustive:
        return following
    if query.backward:
        # Servers disagree on what has_more means in this direction.
        return None if query.limit is not None and len(page) < query.limit else following
    return None if page.has_more is False else following


def split(page: Page[T], *, backward: bool) -> tuple[list[T], list[T]]:
    """Part a page's objects, in walking order, into those to hand out and those to hold back.

    The caller may delete what it is handed, and some servers refuse the cursor of a deleted
    object. So the object that is the next cursor, and what follows it, waits for the next page.
    """
    if not page.data:
        return [], []
    items = page.data[::-1] if backward else page.data
    cursor = boundary(page, backward=backward)
    ids = [item.id for item in items]
    at = ids.index(cursor) if cursor in ids else -1
    return items[:at], items[at:]
