"""The pager: a list that is fetched while it is iterated."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Generic, Literal, TypeVar

import attrs

from portkey_async._errors import InvalidRequestError, PortkeyError
from portkey_async._models.page import Page, T

from .both_ends import collect_both_ends
from .cursors import ListQuery, Step, split
from .prefetch import Ahead
from .walk import Fetch, Walk

X = TypeVar("X")


@attrs.frozen(eq=False, repr=False)  # asyncio.gather awaits equal awaitables only once
class Pager(Generic[T]):
    """A list that is fetched while it is iterated. Making one does no I/O.

    `async for item in pager` gives every object; `await pager` gives the first page. A pager
    starts over each time. Every error raised while iterating carries `.cursor`.
    """

    _fetch: Fetch[T]
    _query: ListQuery
    _exhaustive: bool = False
    _pages_ahead: int = 0
    #: The server's, where none is asked for.
    _default_order: Literal["asc", "desc"] = attrs.field(
        default="desc", kw_only=True, alias="default_order"
    )

    def __repr__(self) -> str:
        """Say what to do with it."""
        asked = attrs.asdict(self._query).items()
        given = [f"{name}={value!r}" for name, value in asked if value is not None]
        given += ["exhaustive"] if self._exhaustive else []
        given += [f"prefetch={self._pages_ahead}"] if self._pages_ahead else []
        return (
            f"<{' '.join(['Pager', *given])}: nothing is fetched yet; `async for item in pager` "
            "gives every object, `await pager` the first page, `await pager.collect()` a list>"
        )

    def __await__(self) -> Generator[Any, None, Page[T]]:
        """Fetch the first page only, as served.

        Raises:
            PaginationError: The server ignores the cursor.
            APIError: The page could not be fetched.
            ClientClosedError: The client is closed.
        """
        return self._first().__await__()

    def __aiter__(self) -> AsyncGenerator[T]:
        """Give all objects, page after page.

        Going backward, the objects nearest to the cursor come first. An object is not handed out
        again where the next page repeats it.

        Raises:
            PaginationError: The server's pages would never end, or repeat what came before.
            APIError: A page could not be fetched.
            ClientClosedError: The client is closed.
        """
        return self._handed_out(lambda step: split(step, backward=self._query.backward))

    def by_page(self) -> AsyncGenerator[Page[T]]:
        """Give the pages, as served. Each is handed out when the next is here.

        Only objects that were on the page before are left out.

        Raises:
            PaginationError: The server's pages would never end, or repeat what came before.
            APIError: A page could not be fetched.
            ClientClosedError: The client is closed.
        """
        return self._handed_out(lambda step: ([], [_once(step)]))

    def exhaustive(self) -> Pager[T]:
        """Give a pager that goes on to the first empty page, for servers that always say no more.

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
            both_ends: Iterate the list from both its ends at once, which halves the time. It
                needs a list without a cursor; with one, and on a server that ignores `order` or
                whose two orders do not fit together, this changes nothing. Default False.

        Returns:
            The objects, in the order of `async for`.

        Raises:
            InvalidRequestError: *max_items* is not a whole number, 0 or more.
            PaginationError: The server's pages would never end, or repeat what came before.
            APIError: A page could not be fetched. As nothing was handed out, `.cursor` is where
                it began.
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
                return await self._collect_both_ends(max_items)
            return await self._collect(max_items)
        except PortkeyError as error:
            error.cursor = query.cursor
            raise

    async def _collect(self, max_items: int | None) -> list[T]:
        items: list[T] = []
        walk = self._walk(self._query)
        try:
            while (step := await walk.next()) is not None:
                items += step.new[::-1] if self._query.backward else step.new
                if max_items is not None and len(items) >= max_items:
                    break
        finally:
            await walk.stop()
        return items[:max_items]

    async def _collect_both_ends(self, max_items: int | None) -> list[T]:
        descending = (self._query.order or self._default_order) != "asc"
        opposite = attrs.evolve(self._query, order="asc" if descending else "desc")
        near, far = self._walk(self._query), self._walk(opposite)
        try:
            return await collect_both_ends(near, far, descending=descending, max_items=max_items)
        finally:
            await near.stop()
            await far.stop()

    async def _first(self) -> Page[T]:
        step = await Walk(self._fetch, self._query, self._exhaustive).next()
        assert step is not None  # noqa: S101  # there is always a first page
        return step.page

    async def _handed_out(
        self, parts: Callable[[Step[T]], tuple[list[X], list[X]]]
    ) -> AsyncGenerator[X]:
        """Give the parts of page after page, the second when the next page is here.

        This is the only async generator there is, so that a walk that is dropped can be closed
        by the event loop at any time.
        """
        held: list[X] = []
        failure: PortkeyError | None = None
        walk = self._walk(self._query)
        try:
            step: Step[T] | None
            while True:
                try:
                    step = await walk.next()
                except PortkeyError as error:
                    step, failure = None, error
                ready, kept = parts(step) if step is not None else ([], [])
                # Where it is resumed, what follows the cursor comes again.
                for item in (*(held[:1] if failure else held), *ready):
                    yield item
                if step is None:
                    break
                held = kept
        finally:
            await walk.stop()
        if failure is not None:
            raise failure

    def _walk(self, query: ListQuery) -> Walk[T] | Ahead[Step[T]]:
        walk = Walk(self._fetch, query, self._exhaustive)
        return Ahead(walk.next, self._pages_ahead) if self._pages_ahead else walk


def _once(step: Step[T]) -> Page[T]:
    """Give a page without the objects that came before."""
    return attrs.evolve(step.page, data=step.new) if step.repeats else step.page
