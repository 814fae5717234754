"""Creates that were begun and not confirmed: looked for by their content, and adopted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TypeVar

import attrs

from portkey_async import (
    APIStatusError,
    Assistant,
    AsyncPortkey,
    Message,
    Pager,
    Thread,
)
from portkey_async._errors import APIResponseValidationError, InvalidRequestError
from portkey_async._types import JSONObject

from ._content import Content, content, content_of, differences, digest
from ._files import numbered_lines
from ._format import Kind, Record, read_line
from ._journal import Journal, Made
from ._listing import NOT_LISTED, Trust, pages
from ._patience import patiently

Object = TypeVar("Object", Assistant, Thread)

#: Seconds that a server is given to carry out what it was sent.
GRACE = 1.0
#: Seconds by which the clocks of one server may differ.
SLACK = 60


#: What a server has a value for where none is sent.
_DEFAULTED = frozenset({"temperature", "top_p", "response_format", "reasoning_effort"})
#: What tells one object from another.
_TELLING = frozenset({"model", "name", "instructions", "metadata", "role", "content"})


@attrs.frozen
class _Sought:
    """A create in doubt.

    Attributes:
        record: The line of the dump.
        content: What was sent.
    """

    record: Record
    content: Content


@attrs.frozen(eq=False)
class _Candidate:
    """An object that nothing is known of.

    Attributes:
        made: The object.
        arguments: What would make it again.
    """

    made: Assistant | Thread | Message
    arguments: JSONObject


async def settle(client: AsyncPortkey, journal: Journal, source: Path) -> None:
    """Adopt what was made of the assistants and threads in doubt; the others are to be made again.

    Where the server does not list threads, those in doubt are noted as such.
    """
    sought = _sought(journal, source)
    if not any(sought.values()):
        return
    await asyncio.sleep(GRACE)
    if assistants := sought["assistant"]:
        since = _since(journal, assistants)
        found = await _made_since(client.assistants.list, journal, since)
        _adopt(journal, assistants, found)
    if threads := sought["thread"]:
        since = _since(journal, threads)
        try:
            listed = await _made_since(client.threads.list, journal, since)
        except APIStatusError as error:
            if error.status not in NOT_LISTED:
                raise
            for one in threads:
                journal.doubt(one.record.line, one.record.old)
        else:
            _adopt(journal, threads, [one for one in listed if await _is_empty(client, one)])
    for one in (*assistants, *threads):
        if one.record.line in journal.begun:
            journal.undo(one.record.line)


async def adopt_messages(
    client: AsyncPortkey, journal: Journal, thread_id: str, record: Record
) -> None:
    """Find out whether a message in doubt was added to its thread, and adopt it.

    A thread is filled in order, so that there is one in doubt at most.
    """
    await asyncio.sleep(GRACE)

    listed = partial(client.threads.messages.list, thread_id)
    found = [
        message
        async for page in pages(listed, Trust())
        for message in page
        if message.id not in journal.ids
    ]
    _adopt(journal, [_Sought(record, content_of(record))], found)
    if record.line in journal.begun:
        journal.undo(record.line)


def add_made(
    journal: Journal,
    record: Record,
    sent: Content,
    made: Assistant | Thread | Message,
    *,
    adopted: bool = False,
) -> None:
    """Note an object that was made, and in what it differs from what was sent."""
    differs = differences(sent.arguments, _arguments(record.kind, made))
    noted = Made(record.kind, record.old, made.id, differs, sent.left)
    journal.done(record.line, noted, made.created_at, adopted=adopted)


def _sought(journal: Journal, source: Path) -> dict[Kind, list[_Sought]]:
    sought: dict[Kind, list[_Sought]] = {"assistant": [], "thread": [], "message": []}
    if journal.begun:
        for line, text in numbered_lines(source):
            if line in journal.begun:
                record = read_line(text, line)  # it was read before it was begun
                sought[record.kind].append(_Sought(record, content_of(record)))
    # A message is looked for when its thread is filled.
    return {**sought, "message": []}


def _since(journal: Journal, sought: Iterable[_Sought]) -> int | None:
    """Give a time, by the server's clock, before which none of these was made; None for any."""
    times = [journal.begun[one.record.line] for one in sought]
    known = [time for time in times if time is not None]
    return min(known) - SLACK if len(known) == len(times) else None


async def _made_since(
    listed: Callable[..., Pager[Object]], journal: Journal, since: int | None
) -> list[Object]:
    """List what was made since a time and is not known yet, oldest first."""
    found: list[Object] = []
    async with aclosing(pages(listed, Trust(), order="desc")) as walk:
        async for page in walk:
            found += [item for item in page if item.id not in journal.ids]
            if since is not None and page[-1].created_at < since:
                break
    return [item for item in reversed(found) if since is None or item.created_at >= since]


async def _is_empty(client: AsyncPortkey, thread: Thread) -> bool:
    page = await patiently(lambda: _some_messages(client, thread.id))
    return not page


async def _some_messages(client: AsyncPortkey, thread_id: str) -> list[Message]:
    return (await client.threads.messages.list(thread_id, limit=1)).data


def _adopt(
    journal: Journal, sought: list[_Sought], found: Iterable[Assistant | Thread | Message]
) -> None:
    """Give each create in doubt the object that is like it, if there is one.

    First those that are equal, then those that show all that was sent, last those that leave
    some of it out, so that none takes what is more like another.
    """
    kind = sought[0].record.kind
    candidates = [_Candidate(one, _arguments(kind, one)) for one in found]
    equal: dict[bytes, list[_Candidate]] = {}
    for candidate in reversed(candidates):
        equal.setdefault(digest(candidate.arguments), []).append(candidate)
    waiting: list[_Sought] = []
    for one in sought:
        if same := equal.get(digest(one.content.arguments)):
            _take(journal, one, same.pop(), candidates)
        else:
            waiting.append(one)
    for is_like in (_shows_all, _shows_most):
        for one in tuple(waiting):
            for candidate in candidates:
                if is_like(one.content.arguments, candidate.arguments):
                    _take(journal, one, candidate, candidates)
                    waiting.remove(one)
                    break


def _take(
    journal: Journal, one: _Sought, candidate: _Candidate, candidates: list[_Candidate]
) -> None:
    add_made(journal, one.record, one.content, candidate.made, adopted=True)
    candidates.remove(candidate)


def _shows_all(sent: JSONObject, seen: JSONObject) -> bool:
    """Tell whether an object shows what was sent, and a server's defaults at most besides."""
    more = {name for name, value in seen.items() if value and name not in sent}
    return not differences(sent, seen) and more <= _DEFAULTED


def _shows_most(sent: JSONObject, seen: JSONObject) -> bool:
    """Tell whether an object shows what tells one from another, and a server left out the rest."""
    missing = differences(sent, seen)
    return not _TELLING & {*missing} and not any(seen.get(name) for name in missing)


def _arguments(kind: Kind, made: Assistant | Thread | Message) -> JSONObject:
    try:
        return content(kind, made.to_dict()).arguments
    except (APIResponseValidationError, InvalidRequestError):
        return {}  # nothing that was sent
