"""What a load has begun and what it has done, kept so that nothing is made twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import attrs
import msgspec

from portkey_async._types import JSONObject

from ._errors import TransferError
from ._files import Appended
from ._format import Kind

FORMAT: Final = "portkey_async.journal"


@attrs.frozen
class Made:
    """An object that was made.

    Attributes:
        kind: What it is.
        old: The id that it had.
        id: The id that it has.
        differs: The fields that the server keeps otherwise than they were sent.
        left: What the call that made it does not take.
    """

    kind: Kind
    old: str
    id: str
    differs: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@attrs.define
class Journal:
    """A file that says what was begun and what is done, and what that amounts to.

    Each entry is with the system before the call that it announces is sent, so that a process
    that is killed loses none. Only a loss of power may lose the last ones.

    Attributes:
        file: The file.
        head: What it is bound to: `dump`, `target` and `account`; and `since`, when the newest
            object was made that was there before, by the server's clock.
        made: The objects that were made, by the line of the dump.
        ids: The ids that these have.
        begun: The lines whose create was sent and is not known to have been carried out or not,
            each with a time, by the server's clock, before which it surely was not.
        doubtful: The lines of the threads that may be there twice.
        adopted: How many creates turned out to have been carried out.
        finished: Whether everything is made.
    """

    file: Appended
    head: dict[str, Any] = attrs.field(factory=dict[str, Any])
    made: dict[int, Made] = attrs.field(factory=dict[int, Made])
    ids: set[str] = attrs.field(factory=set[str])
    begun: dict[int, int | None] = attrs.field(factory=dict[int, int | None])
    doubtful: dict[int, str] = attrs.field(factory=dict[int, str])
    adopted: int = 0
    finished: bool = False
    _latest: int | None = None
    _shared: dict[tuple[str, ...], tuple[str, ...]] = attrs.field(
        factory=dict[tuple[str, ...], tuple[str, ...]]
    )

    def begin(self, line: int) -> None:
        """Say that a create is about to be sent."""
        self._write({"begun": line})

    def undo(self, line: int) -> None:
        """Say that a create surely was not carried out."""
        self._write({"undone": line})

    def doubt(self, line: int, old: str) -> None:
        """Say that an object may be there twice from now on."""
        self._write({"doubt": line, "old": old})

    def done(self, line: int, made: Made, created_at: int, *, adopted: bool = False) -> None:
        """Say that an object was made."""
        entry: JSONObject = {"done": line, "kind": made.kind, "old": made.old, "id": made.id}
        entry["at"] = created_at
        if made.differs:
            entry["differs"] = list(made.differs)
        if made.left:
            entry["left"] = list(made.left)
        if adopted:
            entry["adopted"] = True
        self._write(entry)

    def finish(self) -> None:
        """Say that everything is made."""
        self._write({"finished": True})
        self.file.sync()

    def start(self, head: Mapping[str, object]) -> None:
        """Forget everything, and bind it anew."""
        self.file.cut(0)
        self.made, self.ids, self.begun, self.doubtful = {}, set(), {}, {}
        self.adopted, self.finished, self._latest = 0, False, None
        self._write({"format": FORMAT, "version": 1, **head})

    def rebind(self, head: Mapping[str, object]) -> None:
        """Say that the same account has another URL, or other credentials, from now on."""
        self._write({**head})

    def _write(self, entry: JSONObject) -> None:
        self.file.append(msgspec.json.encode(entry) + b"\n")
        self.take(entry)

    def take(self, entry: JSONObject) -> None:
        """Take in an entry."""
        if "begun" in entry:
            self.begun.setdefault(entry["begun"], self._latest)
        elif "undone" in entry:
            self.begun.pop(entry["undone"], None)
        elif "doubt" in entry:
            self.doubtful[entry["doubt"]] = entry["old"]
        elif "done" in entry:
            line, at = entry["done"], entry["at"]
            self.begun.pop(line, None)
            self._latest = at if self._latest is None else max(self._latest, at)
            self.adopted += entry.get("adopted", False)
            kind = cast("Kind", entry["kind"])
            differs, left = (self._tuple(entry.get(name)) for name in ("differs", "left"))
            self.ids.add(entry["id"])
            self.made[line] = Made(kind, entry["old"], entry["id"], differs, left)
        elif "finished" in entry:
            self.finished = True
        else:
            self.head.update(entry)
            self._latest = entry.get("since", self._latest)

    def _tuple(self, names: list[str] | None) -> tuple[str, ...]:
        found = tuple(names or ())
        return self._shared.setdefault(found, found)  # a hundred thousand are much the same


def read(file: Appended) -> Journal:
    """Read the journal in a file; an empty one has no head.

    Raises:
        TransferError: It is no journal, or is damaged.
    """
    journal = Journal(file)
    for number, (_, line) in enumerate(file.lines(), 1):
        try:
            _take_line(journal, line)
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
            raise TransferError(
                f"the journal {file.path} is damaged in line {number} ({error}); restart=True "
                "forgets it, and makes everything again"
            ) from None
    return journal


def _take_line(journal: Journal, line: bytes) -> None:
    entry = msgspec.json.decode(line, type=dict[str, Any])
    if not journal.head and (entry.get("format"), entry.get("version")) != (FORMAT, 1):
        raise ValueError(f"this is no {FORMAT} of version 1")
    journal.take(entry)
