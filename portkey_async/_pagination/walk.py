"""Fetching page after page by the rules of `cursors`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias

import attrs

from portkey_async._errors import PortkeyError
from portkey_async._models.page import Page, T

from .cursors import ListQuery, Step, Trail, earlier_cursors, is_refusal, judge

Fetch: TypeAlias = Callable[[ListQuery], Awaitable[Page[T]]]


@attrs.define
class Walk(Generic[T]):
    """One way through a list, page after page.

    Attributes:
        fetch: Fetches a page.
        start: What the first page is asked for with.
        exhaustive: Whether to go on to the first empty page, whatever the server says.
    """

    fetch: Fetch[T]
    start: ListQuery
    exhaustive: bool = False
    _trail: Trail = attrs.field(init=False, factory=Trail)
    _query: ListQuery | None = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.start, takes_self=True)
    )
    # What the last page that had objects was asked for with.
    _asked: ListQuery | None = attrs.field(init=False, default=None)

    async def next(self) -> Step[T] | None:
        """Fetch and judge the next page.

        Returns:
            The page, what of it is new, and where the next one is; None after the last.

        Raises:
            PaginationError: The server's pages would never end, or repeat what came before.
            PortkeyError: The page could not be fetched. As on every error, `.cursor` says from
                where nothing is lost or repeated.
        """
        if self._query is None:
            return None
        page, query = await self._page(self._query)
        self._trail.enter(query)
        try:
            step = judge(page, query, self._trail, exhaustive=self.exhaustive)
        except PortkeyError as error:
            error.cursor = query.cursor
            raise
        self._trail.leave(step, query)
        self._query = None if step.cursor is None else query.at(step.cursor)
        if page.data:
            self._asked = query
        return step

    async def stop(self) -> None:
        """Do nothing: between two pages nothing is under way."""

    async def _page(self, query: ListQuery) -> tuple[Page[T], ListQuery]:
        """Fetch a page, from an earlier object where the cursor's has been deleted."""
        try:
            return await self._fetched(query), query
        except PortkeyError as error:
            if self._asked is None or not is_refusal(error):
                raise
            refusal, asked = error, self._asked
        for cursor in earlier_cursors(self._trail.latest, query):
            earlier = query.at(cursor)
            if (page := await self._accepted(earlier)) is not None:
                return page, earlier
        # Nothing of the page is left, so nothing of it would be repeated from where it began.
        whole = asked if await self._accepted(asked) is not None else self.start
        refusal.cursor = whole.cursor
        raise refusal

    async def _accepted(self, query: ListQuery) -> Page[T] | None:
        """Fetch a page; None where the server refuses the cursor."""
        try:
            return await self._fetched(query)
        except PortkeyError as error:
            if is_refusal(error):
                return None
            raise

    async def _fetched(self, query: ListQuery) -> Page[T]:
        try:
            return await self.fetch(query)
        except PortkeyError as error:
            error.cursor = query.cursor
            raise
