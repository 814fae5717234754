"""A page of a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

import attrs

from .base import Model


class Listed(Protocol):
    """What the objects of a list have: the id, which is the cursor, and what it is ordered by."""

    @property
    def id(self) -> str: ...

    @property
    def created_at(self) -> int: ...


T = TypeVar("T", bound=Listed)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class Page(Model, Generic[T]):
    """One page of a list, in the order in which the server sent it. Iterable and sized.

    Attributes:
        data: The objects.
        object: `list`, on a server that follows the specification.
        first_id: The id of the first object; None where the server gave none.
        last_id: The id of the last object; None where the server gave none.
        has_more: Whether more follows; None where the server did not say.
    """

    data: list[T]
    object: str | None = None
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool | None = None

    def __iter__(self) -> Iterator[T]:
        """Go through the objects of this page."""
        return iter(self.data)

    def __len__(self) -> int:
        """Count the objects of this page."""
        return len(self.data)
