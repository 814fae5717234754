"""What `dump` and `load` tell: while they work, and at their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import attrs

from portkey_async._types import JSONObject

from ._read import named_in


@attrs.frozen
class Progress:
    """How far a dump or a load has come.

    Attributes:
        done: The objects that are in the file, or that are loaded or have failed.
        total: How many there are; None where that is not known, as in a dump.
        kind: What was written or made last: `assistant`, `thread` or `message`.
    """

    done: int
    total: int | None
    kind: str


OnProgress: TypeAlias = Callable[[Progress], object]


@attrs.frozen
class DumpSummary:
    """What is in a dump, and what cannot be carried in it.

    Attributes:
        path: The file.
        assistants: How many assistants are in it.
        threads: How many threads.
        messages: How many messages.
        resumed: How many of all these an interrupted dump had written already.
        missing_threads: The ids of threads that were asked for and are not there.
    """

    path: str
    assistants: int
    threads: int
    messages: int
    resumed: int = 0
    missing_threads: tuple[str, ...] = ()
    _named: Mapping[str, tuple[str, ...]] | None = attrs.field(default=None, alias="named")

    @property
    def files(self) -> tuple[str, ...]:
        """The ids of the files that the objects name. The files themselves are not in the dump."""
        return self._not_carried["files"]

    @property
    def vector_stores(self) -> tuple[str, ...]:
        """The ids of the vector stores that the objects name; neither are these in the dump."""
        return self._not_carried["vector_stores"]

    @property
    def connections(self) -> tuple[str, ...]:
        """The ids of the connections that tools of Azure's name; neither are these."""
        return self._not_carried["connections"]

    def to_dict(self) -> JSONObject:
        """Give all of it as plain JSON types."""
        fields = attrs.asdict(self, filter=lambda field, _: field.name != "_named")
        named = {what: list(ids) for what, ids in self._not_carried.items()}
        return {**fields, "missing_threads": list(self.missing_threads), **named}

    @property
    def _not_carried(self) -> Mapping[str, tuple[str, ...]]:
        # Where they are very many, they are not kept, but read from the file.
        return named_in(Path(self.path)) if self._named is None else self._named


@attrs.frozen
class LoadReport:
    """What has become of a dump, earlier runs of the same load included.

    Attributes:
        path: The file.
        assistants: How many assistants are loaded.
        threads: How many threads.
        messages: How many messages.
        ids: The new id of each object, by its old one.
        failed: What was not loaded: the error, by the number of the line, from 1. Running the
            load again tries these lines again, and no others.
        in_doubt: The old ids of threads that may be there twice, each with the reason: the server
            may have made one that nobody knows the id of. It is empty: it has no messages.
        adopted: How many creates that were in doubt turned out to have been carried out.
        differences: By old id, the fields that the server keeps otherwise than they were sent.
        not_carried: By old id, what the calls that create do not take, such as annotations.
    """

    path: str
    assistants: int
    threads: int
    messages: int
    ids: Mapping[str, str]
    failed: Mapping[int, Exception]
    in_doubt: Mapping[str, str]
    adopted: int
    differences: Mapping[str, tuple[str, ...]]
    not_carried: Mapping[str, tuple[str, ...]]

    @property
    def ok(self) -> bool:
        """Whether everything is loaded, once, and as it was sent."""
        return not (self.failed or self.in_doubt or self.differences)
