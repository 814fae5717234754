"""Writing what an account has into a file."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import attrs
import msgspec

from portkey_async import (
    APIStatusError,
    AsyncPortkey,
    InvalidRequestError,
    Message,
    NotFoundError,
    Thread,
)
from portkey_async.bulk import HasId

from ._content import named, references
from ._errors import TransferError
from ._files import Appended, numbered_lines
from ._format import (
    KINDS,
    Header,
    Kind,
    age,
    header_line,
    lines,
    now,
    read_header,
    read_line,
)
from ._listing import NOT_LISTED, Object, Trust, oldest_first, pages, recent_ids
from ._patience import patiently
from ._reports import DumpSummary, OnProgress, Progress

Threads: TypeAlias = Iterable[str | HasId] | Literal["all"] | None

#: Until then, seconds, an interrupted dump is gone on with.
LONGEST_PAUSE = 24 * 3600.0
#: So many ids are remembered while a dump is written; where there are more, they are read from it.
REMEMBERED = 5_000


async def dump(
    client: AsyncPortkey,
    path: str | os.PathLike[str],
    *,
    threads: Threads = None,
    progress: OnProgress | None = None,
) -> DumpSummary:
    """Write all assistants, and threads with their messages, into a file.

    Calls `GET /assistants` (listAssistants) and, for threads, `GET /threads/{thread_id}`
    (getThread) and `GET /threads/{thread_id}/messages` (listMessages); `GET /threads` for `"all"`.

    The file is JSON Lines, readable by its owner alone: a first line with format, version, time
    and source, then one object a line, oldest first, each thread before its messages. It is
    written beside, as `….partial`, and renamed when it is complete. Interrupted anywhere, even by
    a kill, the same call goes on where it stopped: within a day, from the same source, with the
    same arguments. After a day it starts over. What is made or deleted meanwhile may or may not be
    in it; all else is, once. A rate limit is waited out.

    Args:
        client: The client of the account.
        path: The file. A dump that is there is replaced when the new one is complete.
        threads: The threads to write: ids, or objects with an `.id`; or `"all"` where the server
            lists threads, as Azure's Foundry does. None for no threads, the default.
        progress: Called with a `Progress` after each page.

    Returns:
        How much is in the file, and what cannot be in it, such as files, by their ids.

    Raises:
        InvalidRequestError: *threads* cannot be used.
        TransferError: The file that is there is no dump, an unfinished one is of another source
            or other arguments, or the server does not list threads.
        TransferFileError: The file cannot be written; what is there is kept.
        APIError: A call went wrong; what is written is kept.
    """
    chosen = _chosen(threads)
    target = Path(path)
    _check_replaceable(target)
    if chosen == "all":
        await _refuse_unlisted(client)
    asked = {"account": client.account, "threads": _digest(chosen)}
    with Appended(target.with_name(f"{target.name}.partial")) as file:
        work = _gone_on_with(file, Header(now(), client.base_url, asked))
        work.progress = progress
        resumed = sum(work.counts.values())
        if work.thread_at is None:
            async for assistants in pages(client.assistants.list, work.trust, recent=work.recent):
                work.write("assistant", assistants)
        if chosen == "all":
            await _dump_all_threads(client, work)
        elif chosen:
            await _dump_threads(client, work, chosen)
        file.replace_start(header_line(attrs.evolve(work.header, counts=work.counts)))
        file.become(target)
    return _summary(target, work, resumed)


@attrs.define
class _Work:
    """What is written, and how far it has come.

    Attributes:
        file: The file that grows.
        header: Its first line.
        counts: How many objects of each kind are in it.
        recent: The ids of the last assistants, or of the last threads.
        threads: The ids of the threads in it.
        thread_at: Where the last thread begins.
        references: What the objects name and is not in the file; None once that is too much.
        missing: The threads that are not there.
        progress: Called after each page.
        trust: What is known of the server.
    """

    file: Appended
    header: Header
    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(KINDS, 0))
    recent: deque[str] = attrs.field(factory=recent_ids)
    threads: set[str] = attrs.field(factory=set[str])
    thread_at: int | None = None
    references: dict[tuple[bytes, ...], None] | None = attrs.field(
        factory=dict[tuple[bytes, ...], None]
    )
    missing: list[str] = attrs.field(factory=list[str])
    progress: OnProgress | None = None
    trust: Trust = attrs.field(factory=Trust)

    def write(self, kind: Kind, objects: list[Object]) -> None:
        """Put objects into the file."""
        encoded = lines(kind, objects)
        self.file.append(encoded)
        self.counts[kind] += len(objects)
        self.note(encoded)
        if self.progress is not None:
            self.progress(Progress(sum(self.counts.values()), None, kind))

    def note(self, encoded: bytes) -> None:
        """Remember what the objects name."""
        if self.references is not None:
            self.references.update(dict.fromkeys(references(encoded)))
            if len(self.references) > REMEMBERED:
                self.references = None


# --- Going on ---------------------------------------------------------------------------------


def _gone_on_with(file: Appended, header: Header) -> _Work:
    """Find out how far an interrupted dump has come, and go on with it or start over.

    Raises:
        TransferError: It is of another source, or other arguments.
    """
    try:
        first = next((line for _, line in file.lines()), b"")
        begun = read_header(first)
    except TransferError:
        begun = None
    if begun is None or not 0 <= age(begun) < LONGEST_PAUSE:
        file.cut(0)
        file.append(header_line(header))
        return _Work(file, header)
    for what, old, new in (
        ("of " + begun.source, begun.source, header.source),
        ("made with other credentials", _asked(begun, "account"), _asked(header, "account")),
        ("of other threads", _asked(begun, "threads"), _asked(header, "threads")),
    ):
        if old != new:
            raise TransferError(
                f"{file.path} is an unfinished dump, begun {begun.time}, and it is {what}; run it "
                "again as it was, or remove the file to start over"
            )
    work = _Work(file, begun)
    _take_over(work)
    return work


def _take_over(work: _Work) -> None:
    """Read what an interrupted dump has written; its last thread is written anew."""
    before: tuple[dict[str, int], str] | None = None
    at = 0
    for number, (at, line) in enumerate(work.file.lines(), 1):
        if number == 1:
            continue
        try:
            record = read_line(line, number)
        except TransferError:  # not of our making, or the disk's
            work.file.cut(at)
            break
        if record.kind == "thread":
            before = {**work.counts}, record.old
            if work.thread_at is None:
                work.recent.clear()
            work.thread_at = at
            work.threads.add(record.old)
        if record.kind != "message":
            work.recent.append(record.old)
        work.counts[record.kind] += 1
        work.note(line)
    if before is not None and work.thread_at is not None:
        work.counts, last = before
        work.threads.discard(last)
        work.recent.remove(last)
        work.file.cut(work.thread_at)


def _asked(header: Header, name: str) -> object:
    return (header.asked or {}).get(name)


# --- Reading the account ------------------------------------------------------------------------


async def _dump_threads(client: AsyncPortkey, work: _Work, ids: list[str]) -> None:
    for identifier in ids:
        if identifier in work.threads:
            continue
        try:
            thread = await patiently(lambda: client.threads.retrieve(identifier))  # noqa: B023  # awaited here
        except NotFoundError:
            work.missing.append(identifier)
            continue
        await _dump_thread(client, work, thread)


async def _dump_all_threads(client: AsyncPortkey, work: _Work) -> None:
    recent = work.recent if work.threads else recent_ids()
    async for threads in pages(client.threads.list, work.trust, recent=recent):
        for thread in threads:
            await _dump_thread(client, work, thread)


async def _refuse_unlisted(client: AsyncPortkey) -> None:
    """Find out before anything is written whether the server lists threads."""
    try:
        await patiently(lambda: _some_threads(client))
    except APIStatusError as error:
        if error.status in NOT_LISTED:
            raise TransferError(
                f"the server does not list threads; give their ids ({error})"
            ) from error
        raise


async def _some_threads(client: AsyncPortkey) -> list[Thread]:
    return (await client.threads.list(limit=1)).data


async def _dump_thread(client: AsyncPortkey, work: _Work, thread: Thread) -> None:
    listed = partial(client.threads.messages.list, thread.id)
    held: list[Message] = []
    work.threads.add(thread.id)
    work.write("thread", [thread])
    with suppress(NotFoundError):  # deleted meanwhile
        async for page in pages(listed, work.trust):
            held += page
            if work.trust.ordered:
                work.write("message", held)
                held = []
        if work.trust.ordered is None and len(held) > 1 and not await oldest_first(listed, held):
            work.trust.ordered = False
    if held:
        work.write("message", held if work.trust.ordered is not False else held[::-1])


# --- Arguments, and the end -----------------------------------------------------------------------


def _chosen(threads: Any) -> list[str] | Literal["all"] | None:
    if threads is None or threads == "all":
        return None if threads is None else "all"
    if isinstance(threads, str | bytes) or not isinstance(threads, Iterable):
        raise InvalidRequestError(
            f"threads is {threads!r}; it must be a list of ids, 'all', or None"
        )
    ids = [getattr(item, "id", item) for item in cast("Iterable[object]", threads)]
    for identifier in ids:
        if not isinstance(identifier, str) or not identifier:
            raise InvalidRequestError(
                f"threads holds {identifier!r}; it must hold ids, or objects with an .id"
            )
    return list(dict.fromkeys(map(str, ids)))


def _digest(chosen: list[str] | Literal["all"] | None) -> str | None:
    if isinstance(chosen, list):
        return hashlib.sha256(msgspec.json.encode(chosen)).hexdigest()[:32]
    return chosen


def _check_replaceable(path: Path) -> None:
    """Refuse to replace what is no dump."""
    if not path.exists():
        return
    try:
        read_header(next((line for _, line in numbered_lines(path)), b""))
    except TransferError as error:
        raise TransferError(f"{path} is there, and would be replaced: {error}") from None


def _summary(path: Path, work: _Work, resumed: int) -> DumpSummary:
    return DumpSummary(
        str(path),
        assistants=work.counts["assistant"],
        threads=work.counts["thread"],
        messages=work.counts["message"],
        resumed=resumed,
        missing_threads=tuple(work.missing),
        named=None if work.references is None else named(work.references),
    )
