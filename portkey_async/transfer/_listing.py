"""Lists to their real end, whatever a server says of it, and however often it asks for a pause."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Literal, TypeVar

import attrs

from portkey_async import Assistant, BadRequestError, Message, NotFoundError, Page, Pager, Thread
from portkey_async._errors import APIError

from ._patience import patiently, wait_out

Object = TypeVar("Object", Assistant, Thread, Message)

#: What a server answers that does not list threads.
NOT_LISTED = frozenset({400, 404, 405, 501})

_PAGE = 100
#: A page that is shorter is the last one, if the server says so: none has shorter ones.
_SHORTEST = 20


@attrs.define
class Trust:
    """What is known of a server.

    Attributes:
        honest: Whether it has said of a page that there is more: some never do.
        ordered: Whether it heeds the order that is asked for; None where that is not known.
    """

    honest: bool = False
    ordered: bool | None = None

    def see(self, page: Page[Object], order: Literal["asc", "desc"]) -> None:
        """Learn from a page of a list."""
        self.honest |= bool(page.has_more)
        if order == "asc" and page.data:
            first, last = page.data[0].created_at, page.data[-1].created_at
            if first != last:
                self.ordered = self.ordered or first < last


async def oldest_first(listed: Callable[..., Pager[Message]], found: list[Message]) -> bool:
    """Tell whether a list that was asked for so came oldest first, though all is of one second."""
    newest = await patiently(lambda: _one(listed, "desc", None))
    return not newest.data or newest.data[0].id != found[0].id


def recent_ids() -> deque[str]:
    """Make room for the last ids of a list: cursors, of which some may be deleted meanwhile."""
    return deque(maxlen=20)


async def pages(
    listed: Callable[..., Pager[Object]],
    trust: Trust,
    *,
    order: Literal["asc", "desc"] = "asc",
    recent: deque[str] | None = None,
) -> AsyncGenerator[list[Object]]:
    """Give the pages of a list, each with something on it.

    Args:
        listed: Makes the pager.
        trust: What is known of the server; it grows.
        order: By creation.
        recent: The last ids that are known of the list, after which it begins; they grow with it.

    Raises:
        APIError: A page could not be fetched, and waiting does not help.
    """
    recent = recent_ids() if recent is None else recent
    met, begun, lying = 0, False, False
    while True:
        pager = listed(limit=_PAGE, order=order, after=recent[-1] if recent else None).prefetch()
        last: Page[Object] | None = None
        try:
            walk = pager.exhaustive() if lying else pager
            async with aclosing(walk.by_page()) as walked:
                async for page in walked:
                    met, begun, last = 0, True, page
                    trust.see(page, order)
                    recent.extend(item.id for item in page)
                    if page.data:
                        yield page.data
        except (BadRequestError, NotFoundError):
            if begun or not recent:
                raise
            recent.pop()  # deleted meanwhile, and refused as a cursor
            if not recent:
                raise
        except APIError as error:
            await wait_out(error, met)
            met += 1
        else:
            if lying or trust.honest or not await _goes_on(listed, order, last):
                return
            lying = True


async def _goes_on(
    listed: Callable[..., Pager[Object]], order: Literal["asc", "desc"], last: Page[Object] | None
) -> bool:
    """Tell whether there is more after a page that is said to be the last."""
    if last is None or last.has_more is None or len(last.data) < _SHORTEST:
        return False
    after = last.data[-1].id
    try:
        return bool(len(await patiently(lambda: _one(listed, order, after))))
    except (BadRequestError, NotFoundError):
        return False  # nothing is after it


async def _one(
    listed: Callable[..., Pager[Object]], order: Literal["asc", "desc"], after: str | None
) -> Page[Object]:
    return await listed(limit=1, order=order, after=after)
