"""Making what a job is about, so that at any moment the journal knows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from portkey_async import (
    APIConnectionError,
    Assistant,
    AuthenticationError,
    InternalServerError,
    InvalidRequestError,
    Message,
    RateLimitError,
    Thread,
)
from portkey_async._errors import APIError, PortkeyError

from ._content import Content, content_of
from ._doubts import add_made, adopt_messages
from ._errors import TransferError
from ._format import Record
from ._jobs import Job, Work
from ._patience import patiently

Create: TypeAlias = Callable[..., Awaitable[Assistant | Thread | Message]]

#: How often a message is tried before its thread is left for the next pass.
MOST_TRIES = 4
#: Seconds between tries; they grow.
PAUSE = 0.25


def may_pass(error: Exception) -> bool:
    """Tell whether trying again may help."""
    return isinstance(error, APIConnectionError | InternalServerError | RateLimitError)


async def make_job(work: Work, job: Job) -> None:
    """Make what a job is about. What fails is noted, but for what stops the load."""
    record = job.record
    if record is not None:
        create = (
            work.client.assistants.create
            if record.kind == "assistant"
            else work.client.threads.create
        )
        error = await _create(work, record, create)
        if error is not None:
            work.fail(record, error)
            for message in job.messages:
                what = f"its thread, line {job.line}, was not made"
                work.fail(message, _kept_from(error, what, message.line))
            return
    if job.messages:
        await _fill(work, work.journal.made[job.line].id, job.messages)


async def _fill(work: Work, thread_id: str, messages: list[Record]) -> None:
    """Add messages to a thread, in order."""

    async def create(**arguments: object) -> Message:
        return await work.client.threads.messages.create(thread_id, **arguments)  # type: ignore[arg-type]  # checked there

    for index, record in enumerate(messages):
        error = await _add(work, thread_id, record, create)
        if error is None:
            continue
        work.fail(record, error)
        if may_pass(error):  # what follows must not come before it
            for later in messages[index + 1 :]:
                what = f"line {record.line}, before it in its thread, was not made"
                work.fail(later, _kept_from(error, what, later.line))
            return


async def _add(work: Work, thread_id: str, record: Record, create: Create) -> Exception | None:
    """Add a message, several times if need be."""
    error: Exception | None = None
    for number in range(MOST_TRIES):
        if record.line in work.journal.begun:
            try:
                await adopt_messages(work.client, work.journal, thread_id, record)
            except AuthenticationError:
                raise
            except APIError as failed:
                return failed
            if record.line in work.journal.made:
                work.tell(record.kind)
                return None
        if number:
            await asyncio.sleep(PAUSE * 2**number)
        error = await _create(work, record, create)
        if error is None or not may_pass(error):
            break
    return error


async def _create(work: Work, record: Record, create: Create) -> Exception | None:
    """Make an object. What is known of it then is in the journal.

    Returns:
        Why it was not made; None if it was.

    Raises:
        AuthenticationError: A credential is missing or wrong.
        TransferFileError: The journal cannot be written.
    """
    try:
        content = content_of(record)
    except TransferError as error:
        return error
    try:
        made = await _send(work, record, content, create)
    except PortkeyError as error:
        if not error.may_have_executed:
            work.journal.undo(record.line)
        about_it = isinstance(error, APIError | InvalidRequestError)
        if isinstance(error, AuthenticationError) or not about_it:
            raise
        work.failing = work.failing + 1 if may_pass(error) else 0
        return error
    work.failing = 0
    add_made(work.journal, record, content, made)
    work.tell(record.kind)
    return None


async def _send(
    work: Work,
    record: Record,
    content: Content,
    create: Create,
) -> Assistant | Thread | Message:
    work.journal.begin(record.line)
    return await patiently(lambda: create(**content.arguments))


def _kept_from(error: Exception, what: str, line: int) -> Exception:
    kept = TransferError(what, line=line)
    kept.__cause__ = error
    return kept
