"""What a walk gave, and what it left behind."""

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
from support.list_server import Item

from portkey_async import Pager, PortkeyError


@attrs.frozen
class Outcome:
    """How a walk went.

    Attributes:
        ids: What was handed out, in order.
        error: The class of the error that ended it, if one did.
        cursor: That error's cursor.
        message: That error's message.
    """

    ids: list[str]
    error: type[PortkeyError] | None = None
    cursor: str | None = None
    message: str = attrs.field(default="", eq=False)


async def walk(pager: Pager[Item]) -> Outcome:
    """Walk to the end, or to the error."""
    ids: list[str] = []
    try:
        async for item in pager:
            ids.append(item.id)  # noqa: PERF401  # they are wanted on an error too
    except PortkeyError as error:
        return Outcome(ids, type(error), error.cursor, str(error))
    return Outcome(ids)


async def walk_pages(pager: Pager[Item]) -> Outcome:
    """Walk page by page to the end, or to the error."""
    ids: list[str] = []
    try:
        async for page in pager.by_page():
            ids += [item.id for item in page]
    except PortkeyError as error:
        return Outcome(ids, type(error), error.cursor, str(error))
    return Outcome(ids)


def other_tasks() -> set[asyncio.Task[Any]]:
    """Give the tasks of this loop besides the one that asks."""
    return asyncio.all_tasks() - {asyncio.current_task()}


async def settle(turns: int = 20) -> None:
    """Let the loop turn until nothing more happens by itself."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def until(happened: Callable[[], bool]) -> None:
    """Let the loop turn until something has happened, which must be soon."""
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(0)
