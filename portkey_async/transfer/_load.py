"""Making again what a dump holds."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path

from portkey_async import AsyncPortkey, InvalidRequestError, NotFoundError, map_many

from . import _journal, _make
from ._doubts import settle
from ._errors import TransferError
from ._files import Appended, numbered_lines, survey
from ._format import read_header
from ._jobs import Job, Work, jobs
from ._journal import Journal
from ._make import make_job, may_pass
from ._patience import patiently
from ._reports import LoadReport, OnProgress

#: How often what failed, and may pass, is tried in one load.
MOST_PASSES = 8
#: How many passes in a row may make nothing.
MOST_IN_VAIN = 2
#: How many creates in a row may fail as if the server were down.
MOST_FAILING = 100


async def load(
    client: AsyncPortkey,
    path: str | os.PathLike[str],
    *,
    progress: OnProgress | None = None,
    restart: bool = False,
    concurrency: int = 8,
) -> LoadReport:
    """Make again everything that a dump holds.

    Calls `POST /assistants` (createAssistant), `POST /threads` (createThread) and
    `POST /threads/{thread_id}/messages` (createMessage). Threads are made empty, and filled in
    order. What is made is identical in all that these calls take; the rest is in the report.

    A journal beside the file, `….journal`, says what was begun and what is done. Interrupted
    anywhere, even by a kill, the same call goes on where it stopped. A create that was begun and
    not confirmed is looked for among the objects made since, by its content, and adopted; a thread,
    where the server lists none, is made again and reported. A rate limit is waited out; an
    `AuthenticationError` stops the load, and any other failure only the object that it is about.

    Args:
        client: The client of the account. Its `validate_requests=False` leaves the limits of the
            specification to the server.
        path: The dump.
        progress: Called with a `Progress` after each object.
        restart: Forget the journal, and make everything, though it may be there. Default False.
        concurrency: How many calls may be under way at once, at least 1. Default 8.

    Returns:
        The new ids, and what failed, is in doubt, or differs.

    Raises:
        InvalidRequestError: An argument cannot be used.
        TransferError: The file is no dump or an unfinished one, was loaded already, or has changed
            since an interrupted load of it; or that was into another account.
        TransferFileError: The dump cannot be read, or the journal not be written.
        AuthenticationError: A credential is missing or wrong.
        APIError: The account cannot be read at all.
    """
    if type(concurrency) is not int or concurrency < 1:
        raise InvalidRequestError(
            f"concurrency is {concurrency!r}; it must be a whole number, at least 1"
        )
    source = Path(path)
    header = read_header(next((line for _, line in numbered_lines(source)), b""))
    if header.asked is not None:
        raise TransferError(f"{source} is an unfinished dump; run the dump again to its end")
    digest, full, last = await asyncio.to_thread(survey, source)
    with Appended(source.with_name(f"{source.name}.journal")) as file:
        try:
            journal = await _bound(client, source, file, digest, restart=restart)
            work = Work(client, source, journal, full - 1, progress)
            await _load_all(work, concurrency)
        finally:
            if not file.size:
                file.path.unlink()
        missing = sum((header.counts or {}).values()) - work.total
        if missing > 0:
            work.failed[last + 1] = TransferError(
                f"the file ends here, and {missing} more objects were written to it", line=last + 1
            )
        if not work.failed:
            journal.finish()
    return _report(work)


# --- The journal ------------------------------------------------------------------------------


async def _bound(
    client: AsyncPortkey, source: Path, file: Appended, digest: str, *, restart: bool
) -> Journal:
    """Read the journal, and see to it that it is of this dump and this account."""
    journal = Journal(file) if restart else _journal.read(file)
    place = {"target": client.base_url, "account": client.account}
    if restart or not journal.head:
        newest = await patiently(lambda: _first(client))
        journal.start({"dump": digest, **place, "since": newest})
        return journal
    if journal.head.get("dump") != digest:
        raise TransferError(
            f"{source} has changed since it was loaded in part, says {file.path}; restart=True "
            "makes everything in it, though it may be there"
        )
    if {name: journal.head.get(name) for name in place} != place:
        if not await _is_there(client, journal):
            raise TransferError(
                f"{source} was loaded in part into {journal.head.get('target')}, or with other "
                f"credentials, says {file.path}; and what was made is not in this account. "
                "restart=True makes everything here, and forgets what was made there"
            )
        journal.rebind(place)
    if journal.finished:
        raise TransferError(
            f"{source} is loaded already, says {file.path}; restart=True makes everything again"
        )
    return journal


async def _first(client: AsyncPortkey) -> int | None:
    """Give when the newest assistant was made."""
    page = await client.assistants.list(limit=1, order="desc")
    return page.data[0].created_at if page.data else None


async def _is_there(client: AsyncPortkey, journal: Journal) -> bool:
    """Tell whether an account has what was made: then it is the same."""
    retrieve: Mapping[str, Callable[[str], Awaitable[object]]] = {
        "assistant": client.assistants.retrieve,
        "thread": client.threads.retrieve,
    }
    for made in reversed(journal.made.values()):
        if made.kind in retrieve:
            call = retrieve[made.kind]
            try:
                await patiently(lambda: call(made.id))  # noqa: B023  # awaited here
            except NotFoundError:
                return False
            return True
    return False


# --- Passes over the dump -------------------------------------------------------------------------


async def _load_all(work: Work, concurrency: int) -> None:
    """Go over the dump until all is made, or what is not made would fail again."""
    await settle(work.client, work.journal, work.source)
    in_vain = 0
    for number in range(MOST_PASSES):
        before = len(work.journal.made)
        await _pass(work, concurrency)
        await settle(work.client, work.journal, work.source)
        in_vain = in_vain + 1 if len(work.journal.made) == before else 0
        if in_vain == MOST_IN_VAIN or not any(map(may_pass, work.failed.values())):
            break
        await asyncio.sleep(_make.PAUSE * 2**number)
    for line in work.journal.made:
        work.failed.pop(line, None)


async def _pass(work: Work, concurrency: int) -> None:
    """Make what is not made yet.

    Raises:
        APIError: So many creates have failed in a row that the server must be down.
    """
    work.failed.clear()

    def make(job: Job) -> Awaitable[None]:
        return make_job(work, job)

    async with aclosing(map_many(make, jobs(work), concurrency)) as outcomes:
        async for outcome in outcomes:
            if outcome.error is not None:
                raise outcome.error
            if work.failing >= MOST_FAILING:
                raise next(error for error in reversed(work.failed.values()) if may_pass(error))


# --- The report ---------------------------------------------------------------------------------


def _report(work: Work) -> LoadReport:
    journal = work.journal
    made = [journal.made[line] for line in sorted(journal.made)]
    reason = "it was made again, as the server does not list threads; an empty one may be left"
    count = Counter(each.kind for each in made)
    return LoadReport(
        str(work.source),
        assistants=count["assistant"],
        threads=count["thread"],
        messages=count["message"],
        ids={each.old: each.id for each in made},
        failed=dict(sorted(work.failed.items())),
        in_doubt=dict.fromkeys(journal.doubtful.values(), reason),
        adopted=journal.adopted,
        differences={each.old: each.differs for each in made if each.differs},
        not_carried={each.old: each.left for each in made if each.left},
    )
