"""The pager: a list that is fetched while it is walked."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Generator,
)
from contextlib import aclosing
from typing import Any, Generic, TypeVar

import attrs

from portkey_async._errors import InvalidRequestError, PaginationError, PortkeyError
from portkey_async._models.page import Page, T

from .both_ends import collect_both_ends
from .cursors import ListQuery, next_cursor, split
from .prefetch import ahead

X = TypeVar("X")


@attrs.frozen(eq=False)  # asyncio.gather awaits equal awaitables only once
class Pager(Generic[T]):
    """A list that is fetched while it is walked. Making one does no I/O.

    `async for item in pager` gives every object; `await pager` gives the first page. A pager
    starts over each time. Every error raised in a walk carries `.cursor`.
    """

    _fetch: Callable[[ListQuery], Awaitable[Page[T]]] = attrs.field(repr=False)
    _query: ListQuery
    _exhaustive: bool = False
    _pages_ahead: int = 0

    def __await__(self) -> Generator[Any, None, Page[T]]:
        """Fetch the first page only.

        Raises:
            APIError: The page could not be fetched.
            ClientClosedError: The client is closed.
        """
        return self._page(self._query).__await__()

    def __aiter__(self) -> AsyncGenerator[T]:
        """Walk all objects, page after page.

        Walking backward, the objects nearest to the cursor come first.

        Raises:
            PaginationError: The server's pages would never end.
            APIError: A page could not be fetched.
            ClientClosedError: The client is closed.
        """
        return self._handed_out(lambda page: split(page, backward=self._query.backward))

    def by_page(self) -> AsyncGenerator[Page[T]]:
        """Walk the pages, as served. Each is handed out when the next is here.

        Raises:
            PaginationError: The server's pages would never end.
            APIError: A page could not be fetched.
            ClientClosedError: The client is closed.
        """
        return self._handed_out(lambda page: ([], [page]))

    def exhaustive(self) -> Pager[T]:
        """Give a pager that walks to the first empty page, for servers that always say no more.

        Returns:
            A new pager; this one stays as it is.
        """
        return attrs.evolve(self, exhaustive=True)

    def prefetch(self, pages: int = 1) -> Pager[T]:
        """Give a pager that fetches the next pages while the caller works on this one.

        Args:
            pages: How many pages may be under way or waiting, at least 1. Default 1.

        Returns:
            A new pager; this one stays as it is.

        Raises:
            InvalidRequestError: *pages* is not a whole number, at least 1.
        """
        if type(pages) is not int or pages < 1:
            raise InvalidRequestError(f"pages is {pages!r}; it must be a whole number, at least 1")
        return attrs.evolve(self, pages_ahead=pages)

    async def collect(
        self,
        max_items: int | None = None,
        both_ends: bool = False,  # noqa: FBT001, FBT002  # may be given by position
    ) -> list[T]:
        """Put what `async for` gives into a list.

        Args:
            max_items: Stop after so many, 0 or more; no page is fetched that is not needed.
                None means all. Default None.
            both_ends: Walk the list from both its ends at once, which halves the time. It needs
                a list without a cursor; with one, and on a server that ignores `order`, the walk
                is the ordinary one. Default False.

        Returns:
            The objects, in walking order.

        Raises:
            InvalidRequestError: *max_items* is not a whole number, 0 or more.
            PaginationError: The server's pages would never end.
            APIError: A page could not be fetched. As nothing was handed out, `.cursor` is where
                the walk began.
        """
        if max_items is not None and (type(max_items) is not int or max_items < 0):
            raise InvalidRequestError(
                f"max_items is {max_items!r}; it must be a whole number, 0 or more, or None"
            )
        if max_items == 0:
            return []
        query = self._query
        try:
            if both_ends and query.cursor is None:
                descending = query.order != "asc"
                opposite = attrs.evolve(query, order="asc" if descending else "desc")
                return await collect_both_ends(
                    self._walk(query),
                    self._walk(opposite),
                    descending=descending,
                    max_items=max_items,
                )
            items: list[T] = []
            async with aclosing(self._walk(self._query)) as pages:
                async for page in pages:
                    items += page.data[::-1] if query.backward else page.data
                    if max_items is not None and len(items) >= max_items:
                        break
        except PortkeyError as error:
            error.cursor = query.cursor
            raise
        return items[:max_items]

    async def _handed_out(
        self, parts: Callable[[Page[T]], tuple[list[X], list[X]]]
    ) -> AsyncGenerator[X]:
        """Walk, holding back of each page what must wait until the next is here."""
        held: list[X] = []
        kept: list[X] = []
        failure: PortkeyError | None = None
        async with aclosing(self._walk(self._query)) as pages:
            while True:
                ready: list[X] = []
                try:
                    page = await anext(pages, None)
                except PortkeyError as error:
                    failure, page = error, None
                if page is not None:
                    ready, kept = parts(page)
                # Where the walk is resumed, what follows the cursor comes again.
                for item in held[:1] if failure else held:
                    yield item
                if page is None:
                    break
                for item in ready:
                    yield item
                held = kept
        if failure is not None:
            raise failure

    def _walk(self, query: ListQuery) -> AsyncGenerator[Page[T]]:
        pages = self._pages(query)
        return ahead(pages, self._pages_ahead) if self._pages_ahead else pages

    async def _pages(self, query: ListQuery) -> AsyncGenerator[Page[T]]:
        """Fetch page after page, each judged before it is given on."""
        used = {query.cursor}
        while True:
            page = await self._page(query)
            try:
                following = next_cursor(page, query, used, exhaustive=self._exhaustive)
            except PaginationError as error:
                error.cursor = query.cursor
                raise
            yield page
            if following is None:
                return
            used.add(following)
            query = query.at(following)

    async def _page(self, query: ListQuery) -> Page[T]:
        try:
            return await self._fetch(query)
        except PortkeyError as error:
            error.cursor = query.cursor
            raise
