"""Collecting a list from both its ends at once, until the two have met."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

import attrs

from portkey_async._errors import PaginationError
from portkey_async._models.page import T

from .cursors import Step

T_co = TypeVar("T_co", covariant=True)


class Source(Protocol[T_co]):
    """What gives one thing after another, and None after the last."""

    async def next(self) -> T_co | None: ...


@attrs.define
class End(Generic[T]):
    """What has come from one end of a list.

    Attributes:
        descending: Whether the newest come first.
        items: The objects, in the order in which they came.
        ids: Their ids.
        orderly: Whether none came twice, and all in the order that was asked for.
        exhausted: Whether there are no more.
        failure: What ended it before its time.
    """

    descending: bool
    items: list[T] = attrs.Factory(list[T])
    ids: set[str] = attrs.Factory(set[str])
    orderly: bool = True
    exhausted: bool = False
    failure: PaginationError | None = None

    def take(self, outcome: Step[T] | PaginationError | None) -> None:
        """Add the objects of the next page, or what came instead of it."""
        if isinstance(outcome, Step):
            times = [item.created_at for item in (*self.items[-1:], *outcome.new)]
            self.items += outcome.new
            self.ids.update(item.id for item in outcome.new)
            twice = outcome.repeats or len(self.ids) < len(self.items)
            self.orderly &= not twice and in_order(times, descending=self.descending)
            return
        self.exhausted = True
        self.failure = outcome
        self.orderly &= outcome is None

    def has_passed(self, item: T) -> bool:
        """Tell whether all objects as old as this one, or as new, must have come."""
        if self.exhausted or not self.items:
            return self.exhausted
        last = self.items[-1].created_at
        return item.created_at > last if self.descending else item.created_at < last


async def collect_both_ends(
    near: Source[Step[T]],
    far: Source[Step[T]],
    *,
    descending: bool,
    max_items: int | None,
) -> list[T]:
    """Collect a list by iterating it from both ends.

    Args:
        near: Its pages in the order that is asked for.
        far: Its pages in the opposite order, from the other end.
        descending: Whether the newest come first in the order that is asked for.
        max_items: Stop after so many; None means all.

    Returns:
        The objects in the order that is asked for, none twice; all of those that existed from
        the first page to the last. Where the two do not fit together, what *near* gives alone,
        with what only *far* gave.

    Raises:
        PaginationError: Each end lacks what the other has, on a server whose order is broken.
        Exception: What either raises.
    """
    start, end = End[T](descending), End[T](not descending)
    fitting, meeting = True, False
    while not start.exhausted:
        if fitting and not meeting:
            near_step, far_step = await _together(near, far)
            first = not start.items and not end.items
            end.take(far_step)
            ignored = first and isinstance(far_step, Step) and _same(near_step, far_step)
            fitting = end.orderly and not ignored
        else:
            near_step = await near.next()
        start.take(near_step)
        if max_items is not None and len(start.items) >= max_items:
            return start.items[:max_items]
        if near_step is None or not (fitting := fitting and start.orderly):
            continue
        meeting = meeting or met(start, end)
        if meeting and (fitting := agree(start, end)):
            whole = joined(start.items, end.items, descending=descending)
            if whole is not None:
                return whole[:max_items]
    return (await _completed(start, end, far))[:max_items]


async def _completed(start: End[T], end: End[T], far: Source[Step[T]]) -> list[T]:
    """Give what the near end gave, and what it should have given but only the far end did."""
    if end.ids <= start.ids:
        return start.items
    while not end.exhausted:
        end.take(await far.next())
    if end.failure is not None:
        raise end.failure
    if not start.ids <= end.ids and not (start.orderly and end.orderly):
        raise PaginationError(
            "each order lacks objects that the other has: the server's cursors do not follow its "
            "order, and objects may be missing"
        )
    rest = [item for item in end.items if item.id not in start.ids]
    return _sorted((*start.items, *rest), descending=start.descending)


def met(start: End[T], end: End[T]) -> bool:
    """Tell whether nothing can be missing between the two ends.

    A shared object is not enough: servers order objects of the same second as they like, and
    some of those may be in neither. So the creation times must have passed each other.
    """
    if end.exhausted:
        return True
    if not start.items or not end.items:
        return False
    last, first = start.items[-1].created_at, end.items[-1].created_at
    passed = last < first if start.descending else last > first
    return passed and not start.ids.isdisjoint(end.ids)


def agree(start: End[T], end: End[T]) -> bool:
    """Tell whether each end has what the other gave of the seconds that it has passed."""
    passed_by_far = [item for item in start.items if end.has_passed(item)]
    passed_by_near = [item for item in end.items if start.has_passed(item)]
    return end.ids.issuperset(_ids(passed_by_far)) and start.ids.issuperset(_ids(passed_by_near))


def joined(start: Sequence[T], end: Sequence[T], *, descending: bool) -> list[T] | None:
    """Join the two ends, in order and without repeats.

    Objects of the same second come from the far end either turned round, like all others, or in
    the order of the near end. What both have given shows which.

    Returns:
        The whole list; None while the order of a second is open: the near end will show it.
    """
    places = {item.id: place for place, item in enumerate(start)}
    shared = [item for item in end if item.id in places]
    turned = {
        places[a.id] > places[b.id] for a, b in pairwise(shared) if a.created_at == b.created_at
    }
    kept = turned == {False}
    rest = [item for item in (end if kept else reversed(end)) if item.id not in places]
    # Objects made meanwhile may have come with the far end; the sort is stable.
    rest = _sorted(rest, descending=descending)
    times = [item.created_at for item in (*start[-1:], *rest)]
    if len(turned) != 1 and len(set(times)) < len(times):
        return None
    return _sorted((*start, *rest), descending=descending)


def in_order(times: Iterable[int], *, descending: bool) -> bool:
    """Tell whether creation times are in order."""
    return all((a >= b) if descending else (a <= b) for a, b in pairwise(times))


def _same(one: Step[T] | None, other: Step[T]) -> bool:
    """Tell whether two first pages are one: then the server ignores the order."""
    return one is not None and _ids(one.page) == _ids(other.page)


def _sorted(items: Iterable[T], *, descending: bool) -> list[T]:
    return sorted(items, key=lambda item: item.created_at, reverse=descending)


def _ids(items: Iterable[T]) -> list[str]:
    return [item.id for item in items]


async def _together(
    near: Source[Step[T]], far: Source[Step[T]]
) -> tuple[Step[T] | None, Step[T] | PaginationError | None]:
    """Take the next page of both at once; of the far one also that its pages make no sense."""

    async def next_of_far() -> Step[T] | PaginationError | None:
        try:
            return await far.next()
        except PaginationError as error:
            return error

    task = asyncio.create_task(next_of_far())
    try:
        return await near.next(), await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
