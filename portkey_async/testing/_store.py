"""What a server holds: objects by id in the API's order, and the windows that cursors open."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, ItemsView, Iterator, MutableMapping, MutableSet, ValuesView
from threading import RLock
from typing import Any, Literal, NamedTuple

from attrs import field, frozen

Payload = dict[str, Any]
Order = Literal["asc", "desc"]


class Window(NamedTuple):
    """One page of a list: its ids and payloads in the list's order, and whether more follow."""

    ids: list[str]
    data: list[Payload]
    has_more: bool


class UnknownCursorError(KeyError):
    """A cursor that names no object of the list."""


class _Place(NamedTuple):
    """Where an object stands: by creation time, and by arrival among those of one second."""

    created_at: int
    arrival: int
    id: str
    parent: str


class Store(MutableMapping[str, Payload]):
    """Objects by id: a mapping to read and change, sorted by `created_at` with stable ties.

    An object's place is taken when it is assigned; assign it anew after changing `created_at`.
    Safe to use from another thread than the server's: every method is one step.

    Args:
        parent: The key of a payload that names the object it belongs to, such as `thread_id`;
            each parent then has a list of its own.
    """

    def __init__(self, parent: str | None = None) -> None:
        self._parent = parent
        self._payloads: dict[str, Payload] = {}
        self._lists: dict[str, list[_Place]] = {}
        self._place_of: dict[str, _Place] = {}
        self._arrivals = 0
        self._lock = RLock()

    def __getitem__(self, object_id: str) -> Payload:
        return self._payloads[object_id]

    def __setitem__(self, object_id: str, payload: Payload) -> None:
        created_at = payload.get("created_at")
        # A test may want to serve nonsense; that comes first.
        created_at = created_at if isinstance(created_at, int) else 0
        parent = str(payload.get(self._parent)) if self._parent else ""
        with self._lock:
            present = object_id in self._payloads
            self._payloads[object_id] = payload
            if present:
                place = self._place_of[object_id]
                if (place.created_at, place.parent) == (created_at, parent):
                    return
                self._leave(object_id)
            self._arrivals += 1
            place = _Place(created_at, self._arrivals, object_id, parent)
            self._place_of[object_id] = place
            insort(self._lists.setdefault(parent, []), place)

    def __delitem__(self, object_id: str) -> None:
        with self._lock:
            del self._payloads[object_id]
            self._leave(object_id)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._payloads))

    def __len__(self) -> int:
        return len(self._payloads)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._payloads.copy()!r})"

    # The mixin's versions of these look first and act later, which two threads can do at once.

    def values(self) -> ValuesView[Payload]:
        """The payloads held at this moment."""
        return self._payloads.copy().values()

    def items(self) -> ItemsView[str, Payload]:
        """The ids and payloads held at this moment."""
        return self._payloads.copy().items()

    def pop(self, object_id: str, *default: Any) -> Any:
        """Remove an object and return it; without it, the default, or a KeyError."""
        with self._lock:
            return super().pop(object_id, *default)

    def popitem(self) -> tuple[str, Payload]:
        """Remove the first object that was put in, and return its id and payload."""
        with self._lock:
            return super().popitem()

    def clear(self) -> None:
        """Remove every object."""
        with self._lock:
            super().clear()

    def setdefault(self, object_id: str, default: Any = None) -> Any:
        """The object of this id; put in as *default* where there is none."""
        with self._lock:
            return super().setdefault(object_id, default)

    def _leave(self, object_id: str) -> None:
        """Leave the order; the place stays known, so that cursors of deleted objects work."""
        place = self._place_of[object_id]
        places = self._lists[place.parent]
        del places[bisect_left(places, place)]

    def children(self, parent: str) -> list[Payload]:
        """The objects of one parent, oldest first."""
        with self._lock:
            return [self._payloads[place.id] for place in self._lists.get(parent, ())]

    def window(  # noqa: PLR0913  # what a list request says
        self,
        *,
        limit: int,
        order: Order,
        after: str | None = None,
        before: str | None = None,
        deleted_cursors: bool = True,
        parent: str = "",
        where: Callable[[Payload], bool] | None = None,
    ) -> Window:
        """The objects next to a cursor, or the first ones of the list.

        Args:
            limit: The most objects to give, at least 1.
            order: Direction of `created_at`.
            after: Start behind this object.
            before: End ahead of this one, as close to it as *limit* allows.
            deleted_cursors: Whether a deleted object may serve as a cursor.
            parent: Whose objects.
            where: Leaves out the others.

        Raises:
            UnknownCursorError: The cursor was never an id of this list, or no longer is.
        """
        with self._lock:
            places = self._lists.get(parent, [])
            if where is not None:
                places = [place for place in places if where(self._payloads[place.id])]
            ascending = order == "asc"
            lower, upper = (after, before) if ascending else (before, after)
            start = 0
            end = len(places)
            if lower is not None:
                cursor = self._cursor(lower, parent, deleted=deleted_cursors)
                start = bisect_right(places, cursor)
            if upper is not None:
                end = bisect_left(places, self._cursor(upper, parent, deleted=deleted_cursors))
            end = max(start, end)
            more = end - start > limit
            # `before` alone is answered from its own side; everything else from the list's head.
            backward = before is not None and after is None
            if ascending != backward:
                end = min(end, start + limit)
            else:
                start = max(start, end - limit)
            ids = [place.id for place in places[start:end]]
            if not ascending:
                ids.reverse()
            return Window(ids, [self._payloads[name] for name in ids], more)

    def _cursor(self, object_id: str, parent: str, *, deleted: bool) -> _Place:
        place = self._place_of.get(object_id)
        if place is None or place.parent != parent:
            raise UnknownCursorError(object_id)
        if not deleted and object_id not in self._payloads:
            raise UnknownCursorError(object_id)
        return place


class IdSet(MutableSet[str]):
    """The ids of a store, as a set; an id that is added gets the payload that *make* gives."""

    def __init__(self, store: Store, make: Callable[[str], Payload]) -> None:
        self._store = store
        self._make = make

    def __contains__(self, object_id: object) -> bool:
        return object_id in self._store

    def __iter__(self) -> Iterator[str]:
        return iter(self._store)

    def __len__(self) -> int:
        return len(self._store)

    def __repr__(self) -> str:
        return repr(set(self))

    def add(self, value: str) -> None:
        """Hold an object of this id."""
        self._store.setdefault(value, self._make(value))

    def discard(self, value: str) -> None:
        """Hold none of this id."""
        self._store.pop(value, None)


@frozen
class Stores:
    """Everything that a server holds, one store for each kind of object."""

    assistants: Store = field(factory=Store)
    threads: Store = field(factory=Store)
    messages: Store = field(factory=lambda: Store("thread_id"))
    runs: Store = field(factory=lambda: Store("thread_id"))
    run_steps: Store = field(factory=lambda: Store("run_id"))
    admin_api_keys: Store = field(factory=Store)
