"""What a load has to make: the lines of a dump that are not done, put together by thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from portkey_async import AsyncPortkey

from ._errors import TransferError
from ._files import numbered_lines
from ._format import Record, read_line
from ._journal import Journal, Made
from ._reports import OnProgress, Progress


@attrs.define
class Work:
    """A load.

    Attributes:
        client: The client of the account.
        source: The dump.
        journal: What is begun and what is done.
        total: How many objects the dump has.
        progress: Called after each object.
        failed: What was not loaded in this pass, by line.
        failing: How many creates in a row have failed in a way that may pass.
    """

    client: AsyncPortkey
    source: Path
    journal: Journal
    total: int
    progress: OnProgress | None
    failed: dict[int, Exception] = attrs.field(factory=dict[int, Exception])
    failing: int = 0

    def fail(self, record: Record, error: Exception) -> None:
        """Note that an object is not loaded."""
        self.failed[record.line] = error
        self.tell(record.kind)

    def tell(self, kind: str) -> None:
        """Say how far it has come."""
        if self.progress is not None:
            done = len(self.journal.made) + len(self.failed)
            self.progress(Progress(min(done, self.total), self.total, kind))


@attrs.define
class Job:
    """What is made one after the other: an assistant; or a thread, with its messages.

    Attributes:
        line: The line of the assistant or the thread.
        record: The line itself; None where it is done.
        messages: The messages that are not done.
    """

    line: int
    record: Record | None
    messages: list[Record] = attrs.field(factory=list[Record])


def jobs(work: Work) -> Iterator[Job]:
    """Read what is to be made; what cannot be read has failed."""
    thread: Job | None = None
    of = ""  # the id that the thread has in the dump
    for line, found in _lines(work):
        record = found if isinstance(found, Record) else None
        if found.kind == "message":
            if record is None:
                continue
            if thread is None or record.payload.get("thread_id") != of:
                why = "the line of its thread is damaged, or not before it"
                work.fail(record, TransferError(why, line=line))
            else:
                thread.messages.append(record)
            continue
        if thread is not None:
            yield thread
            thread = None
        if found.kind == "thread":
            thread, of = Job(line, record), found.old
        elif record is not None:
            yield Job(line, record)
    if thread is not None:
        yield thread


def _lines(work: Work) -> Iterator[tuple[int, Record | Made]]:
    """Give what each line holds, or what was made of it."""
    first: dict[str, int] = {}
    for line, text in numbered_lines(work.source):
        if line == 1:
            continue
        try:
            found = work.journal.made.get(line) or read_line(text, line)
        except TransferError as error:
            work.failed[line] = error
            continue
        if first.setdefault(found.old, line) == line:
            yield line, found
        else:
            why = f"{found.old} stands in line {first[found.old]} already"
            work.failed[line] = TransferError(why, line=line)
