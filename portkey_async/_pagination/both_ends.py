"""Collecting a list from both its ends at once, until the two walks have met."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import TypeVar

from portkey_async._models.page import Page, T

X = TypeVar("X")


async def collect_both_ends(
    near: AsyncGenerator[Page[T]],
    far: AsyncGenerator[Page[T]],
    *,
    descending: bool,
    max_items: int | None,
) -> list[T]:
    """Collect a list by two walks, one from each end.

    Args:
        near: The walk in the order that is asked for.
        far: The walk in the opposite order, from the other end.
        descending: Whether the newest come first in the order that is asked for.
        max_items: Stop after so many; None means all.

    Returns:
        The objects in the order that is asked for, none twice; all of those that existed from
        the first page to the last. Where the server turns out to ignore the order, what *near*
        gives alone.

    Raises:
        Exception: What either walk raises.
    """
    start: list[T] = []
    end: list[T] = []
    walk_far, enough = True, False
    async with aclosing(near), aclosing(far):
        while True:
            if walk_far:
                near_page, far_page = await _together(near, far)
            else:
                near_page, far_page = await anext(near, None), None
            if near_page is None:
                return start[:max_items]
            start += near_page.data
            if max_items is not None and len(start) >= max_items:
                return start[:max_items]
            if walk_far:
                end += far_page.data if far_page else ()
                latest = start[-len(near_page) - 1 :], end[-len(far_page or ()) - 1 :]
                if far_page and not opposed(*latest, descending=descending):
                    end.clear()
                    walk_far = False
                elif far_page is None or met(start, end, descending=descending):
                    walk_far, enough = False, True
            if enough and (whole := joined(start, end, descending=descending)) is not None:
                return whole[:max_items]


def met(start: Sequence[T], end: Sequence[T], *, descending: bool) -> bool:
    """Tell whether nothing can be missing between the two ends.

    A shared object is not enough: servers order objects of the same second as they like, and
    some of those may be in neither. So the creation times must have passed each other.
    """
    if not start or not end:
        return False
    last, first = start[-1].created_at, end[-1].created_at
    passed = last < first if descending else last > first
    return passed and not {item.id for item in end}.isdisjoint(item.id for item in start)


def joined(start: Sequence[T], end: Sequence[T], *, descending: bool) -> list[T] | None:
    """Join the two ends, in order and without repeats.

    Objects of the same second come from the far end either turned round, like all others, or in
    the order of the near end. What both walks have seen shows which.

    Returns:
        The whole list; None while the order of a second is open: the near walk will show it.
    """
    places = {item.id: place for place, item in enumerate(start)}
    shared = [item for item in end if item.id in places]
    turned = {
        places[a.id] > places[b.id] for a, b in pairwise(shared) if a.created_at == b.created_at
    }
    kept = turned == {False}
    rest = [item for item in (end if kept else reversed(end)) if item.id not in places]
    # Objects made meanwhile may have come with the far end; the sort is stable.
    rest.sort(key=lambda item: item.created_at, reverse=descending)
    times = [item.created_at for item in (*start[-1:], *rest)]
    if len(turned) != 1 and len(set(times)) < len(times):
        return None
    return sorted((*start, *rest), key=lambda item: item.created_at, reverse=descending)


def opposed(near: Sequence[T], far: Sequence[T], *, descending: bool) -> bool:
    """Tell whether objects came in the opposite orders that were asked for."""
    same = [item.id for item in near] == [item.id for item in far]
    return (
        not same
        and _in_order(near, descending=descending)
        and _in_order(far, descending=not descending)
    )


def _in_order(items: Sequence[T], *, descending: bool) -> bool:
    times = [item.created_at for item in items]
    return all((a >= b) if descending else (a <= b) for a, b in pairwise(times))


async def _together(
    first: AsyncGenerator[X], second: AsyncGenerator[X]
) -> tuple[X | None, X | None]:
    """Take the next item of both at once; None from one that has ended."""

    async def next_of(source: AsyncGenerator[X]) -> X | None:
        return await anext(source, None)

    task = asyncio.create_task(next_of(second))
    try:
        return await anext(first, None), await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
