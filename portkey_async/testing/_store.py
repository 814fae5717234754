"""The assistants a server holds, in the API's order, and the windows its cursors open on them."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, MutableMapping
from threading import Lock
from typing import Any, Literal, NamedTuple

Payload = dict[str, Any]
Order = Literal["asc", "desc"]


class Window(NamedTuple):
    """One page of a list: its ids and payloads in the list's order, and whether more follow."""

    ids: list[str]
    data: list[Payload]
    has_more: bool


class UnknownCursorError(KeyError):
    """A cursor that names no assistant."""


class _Place(NamedTuple):
    """Where an assistant stands: by creation time, and by arrival among those of one second."""

    created_at: int
    arrival: int
    id: str


class AssistantStore(MutableMapping[str, Payload]):
    """Assistants by id: a mapping to read and change, sorted by `created_at` with stable ties.

    An assistant's place is taken when it is assigned; assign it anew after changing `created_at`.
    Safe to use from another thread than the server's.
    """

    def __init__(self) -> None:
        self._payloads: dict[str, Payload] = {}
        self._places: list[_Place] = []
        self._place_of: dict[str, _Place] = {}
        self._arrivals = 0
        self._lock = Lock()

    def __getitem__(self, assistant_id: str) -> Payload:
        return self._payloads[assistant_id]

    def __setitem__(self, assistant_id: str, payload: Payload) -> None:
        created_at = payload.get("created_at")
        # A test may want to serve nonsense; that comes first.
        created_at = created_at if isinstance(created_at, int) else 0
        with self._lock:
            present = assistant_id in self._payloads
            self._payloads[assistant_id] = payload
            if present and self._place_of[assistant_id].created_at == created_at:
                return
            if present:
                self._leave(assistant_id)
            self._arrivals += 1
            place = _Place(created_at, self._arrivals, assistant_id)
            self._place_of[assistant_id] = place
            insort(self._places, place)

    def __delitem__(self, assistant_id: str) -> None:
        with self._lock:
            del self._payloads[assistant_id]
            self._leave(assistant_id)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._payloads))

    def __len__(self) -> int:
        return len(self._payloads)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._payloads!r})"

    def _leave(self, assistant_id: str) -> None:
        """Leave the order; the place stays known, so that cursors of deleted assistants work."""
        del self._places[bisect_left(self._places, self._place_of[assistant_id])]

    def window(
        self,
        *,
        limit: int,
        order: Order,
        after: str | None = None,
        before: str | None = None,
        deleted_cursors: bool = True,
    ) -> Window:
        """The assistants next to a cursor, or the first ones of the list.

        Args:
            limit: The most assistants to give, at least 1.
            order: Direction of `created_at`.
            after: Start behind this assistant.
            before: End ahead of this one, as close to it as *limit* allows.
            deleted_cursors: Whether a deleted assistant may serve as a cursor.

        Raises:
            UnknownCursorError: The cursor was never an assistant's id, or no longer is.
        """
        with self._lock:
            ascending = order == "asc"
            lower, upper = (after, before) if ascending else (before, after)
            start = 0
            end = len(self._places)
            if lower is not None:
                start = bisect_right(self._places, self._cursor(lower, deleted=deleted_cursors))
            if upper is not None:
                end = bisect_left(self._places, self._cursor(upper, deleted=deleted_cursors))
            end = max(start, end)
            more = end - start > limit
            # `before` alone is answered from its own side; everything else from the list's head.
            backward = before is not None and after is None
            if ascending != backward:
                end = min(end, start + limit)
            else:
                start = max(start, end - limit)
            ids = [place.id for place in self._places[start:end]]
            if not ascending:
                ids.reverse()
            return Window(ids, [self._payloads[name] for name in ids], more)

    def _cursor(self, assistant_id: str, *, deleted: bool) -> _Place:
        place = self._place_of.get(assistant_id)
        if place is None or not (deleted or assistant_id in self._payloads):
            raise UnknownCursorError(assistant_id)
        return place
