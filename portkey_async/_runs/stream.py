"""Streaming a run: its events, what they add up to, its functions, and how it is mended."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import attrs

from portkey_async._codec.events import decode_event
from portkey_async._codec.mismatch import Mismatch
from portkey_async._errors import APIConnectionError, APIError, PortkeyError, RunStreamError
from portkey_async._models.events import MessageDeltaEvent, RunEvent, StreamEvent
from portkey_async._models.messages import Message
from portkey_async._models.page import Page
from portkey_async._models.run_steps import RunStep
from portkey_async._models.runs import Run
from portkey_async._models.threads import Thread
from portkey_async._pagination.cursors import ListQuery
from portkey_async._pagination.pager import Pager
from portkey_async._transport.call import call, open_stream
from portkey_async._transport.request import BETA, Request, query
from portkey_async._transport.response import Stream
from portkey_async._transport.sse import EventParser, ServerSentEvent
from portkey_async._types import is_object

from .follower import Follower
from .requests import is_outdated, retrieving, run_path, streamed, submitted_ids, wants
from .snapshots import Snapshots
from .statuses import has_ended
from .waits import may_pass

#: How long a stream may be silent where `Timeout.read` sets no limit.
_SILENCE = 30.0


class RunStream:
    """A run as it happens: an async context manager, and an async iterator of its events.

    The request is sent on entering it. Iterating may be broken off and taken up again; leaving
    the `async with` before the run has ended cancels it where `on_exit` says so.

    Attributes:
        interrupted: Whether the stream broke, so that events were missed; the snapshots are
            complete all the same.
    """

    def __init__(self, follower: Follower, request: Request, *, creates: bool) -> None:
        """Wait to be entered."""
        self._follower = follower
        follower.identify = self._identify
        self._request = streamed(request)
        self._creates = creates
        self._snapshots = Snapshots()
        self._entered = self._left = False
        self._stream: Stream = _Ended()
        self._parser = EventParser(follower.options.max_response_bytes)
        self._events: Iterator[ServerSentEvent] = iter(())
        self._made: deque[StreamEvent] = deque()  # by us, not by the server
        self._at_end = False  # of what one response gives
        self._broken = False
        self._over = False
        self._calling = False
        self._missing = ""
        self._mismatch: RunStreamError | None = None
        self.interrupted = False

    # --- What is known ------------------------------------------------------------------------

    @property
    def thread(self) -> Thread | None:
        """The thread, where the stream has told of it."""
        return self._snapshots.thread

    @property
    def run(self) -> Run | None:
        """The run as it was last seen."""
        return self._snapshots.run

    @property
    def messages(self) -> list[Message]:
        """The messages so far, as they were created."""
        return self._snapshots.messages

    @property
    def run_steps(self) -> list[RunStep]:
        """The steps so far, as they were created."""
        return self._snapshots.run_steps

    @property
    def text_deltas(self) -> AsyncIterator[str]:
        """The text of the messages, piece by piece as it comes."""
        return _TextDeltas(self)

    async def get_final_run(self) -> Run:
        """Iterate to the end, and give the run: ended, or waiting for an action.

        Raises:
            APIError: As iterating does.
        """
        async for _ in self:
            pass
        run = self.run
        if run is None:  # an error was raised before
            raise APIConnectionError("the stream ended before it told of its run")
        return run

    async def get_final_messages(self) -> list[Message]:
        """Iterate to the end, and give the messages of the run."""
        await self.get_final_run()
        return self.messages

    # --- Entering and leaving -----------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Send the request, and check the status of its response."""
        if self._entered:
            raise RuntimeError("a stream serves once; make another one")
        self._entered = True
        follower = self._follower
        follower.begin(self._request.body)
        with follower.working():
            try:
                async with follower.bounded():
                    if self._creates:
                        self._stream = await follower.create(self._request, self._send)
                    else:
                        await self._submit(self._request, None)
            except BaseException as error:
                await self._leave(error)
                raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the stream, and cancel a run that has not ended where `on_exit` says so."""
        await self._leave(error)

    async def _leave(self, reason: BaseException | None) -> None:
        if self._left:
            return
        self._left = True
        follower = self._follower
        if follower.run_id is not None:
            self._stream.close()
        with follower.working():
            await follower.leave(reason)
        if follower.settings.on_exit == "leave":
            self._stream.close()

    async def _send(self, request: Request) -> Stream:
        return await open_stream(self._follower.pool, self._follower.options, request)

    async def _identify(self, opening: asyncio.Task[Stream]) -> Run:
        """Read on until the stream has told of its run."""
        stream = await opening
        try:
            while True:
                for raw in self._events:
                    self._take(raw)
                if self._snapshots.run is not None:
                    return self._snapshots.run
                chunk = await stream.read()
                if not chunk:
                    raise APIConnectionError("the stream ended before it told of its run")
                self._events = self._parser.feed(chunk)
        finally:
            stream.close()

    # --- Iterating ----------------------------------------------------------------------------

    def __aiter__(self) -> Self:
        """Iterate from where one stopped."""
        return self

    async def __anext__(self) -> StreamEvent:
        """Give the next event.

        Raises:
            RunStreamError: The server has reported an error.
            RunTimeoutError: The run was not done within `run_timeout`.
            APIError: What a call has met, and what does not pass.
            Exception: What a function raised, as it is.
        """
        if self._left or not self._entered:
            raise RuntimeError("a stream can be iterated only inside of its `async with`")
        while True:
            try:
                for raw in self._events:
                    event = self._take(raw)
                    if event is not None:
                        return event
            except PortkeyError as error:
                self._over = True
                self._events = iter(())
                error.run = self.run
                self._follower.observer.end(self.run, error)
                raise
            if self._made:
                return self._made.popleft()
            if self._over:
                self._follower.observer.end(self.run, None)
                raise StopAsyncIteration
            await self._advance()

    def _take(self, raw: ServerSentEvent) -> StreamEvent | None:
        """Take in an event; None for one that only ends the stream."""
        name = raw.name
        if name == b"done":
            self._at_end = True
            return None
        if name == b"error":
            raise _reported(raw.data)
        try:
            event = decode_event(name.decode(errors="replace"), raw.data)
        except Mismatch:  # as good as broken
            self._at_end = self._broken = True
            self._events = iter(())
            return None
        self._snapshots.add(event)
        if type(event) is RunEvent and self._snapshots.run is not None:
            self._follower.see(self._snapshots.run)
        return event

    async def _advance(self) -> None:
        """Wait for more, or do what is due at the end of a response."""
        follower = self._follower
        with follower.working():
            try:
                async with follower.bounded():
                    await (self._go_on() if self._at_end else self._read())
            except asyncio.CancelledError as error:
                if self._calling:
                    self._over = True
                    await self._leave(error)
                raise

    async def _read(self) -> None:
        follower = self._follower
        silence = follower.options.timeout.read or _SILENCE
        chunk = b""
        try:
            async with asyncio.timeout(silence):
                chunk = await self._stream.read()
        except APIConnectionError:
            pass
        except TimeoutError:
            self._at_end = not await self._is_active()
            return
        self._events = self._parser.feed(chunk)
        self._at_end = not chunk

    async def _is_active(self) -> bool:
        """Ask a silent server whether there is more to come."""
        follower = self._follower
        run = follower.run
        if follower.thread_id is None or follower.run_id is None:
            return False
        if run is not None and follower.is_settled(run):
            return False
        request = retrieving(follower.thread_id, follower.run_id)
        try:
            run = await call(follower.pool, follower.options, request, Run)
        except APIError as error:
            if not may_pass(error):
                raise
            return True
        return not follower.is_settled(run)

    async def _go_on(self) -> None:
        """Do what is due at the end of a response: mend, call functions, or end."""
        follower = self._follower
        self._stream.close()
        run = follower.run
        if run is None or self._broken or not follower.is_settled(run):
            run = await self._mend()
        if has_ended(run.status):
            self._over = True
            return
        self._calling = True
        outputs = await follower.outputs(run)
        if outputs is None:
            self._over = True
        else:
            request = streamed(follower.submission(run, outputs))
            await self._submit(request, run)
        self._calling = False

    async def _submit(self, request: Request, run: Run | None) -> None:
        """Submit outputs, and listen to what comes of them."""
        follower = self._follower
        ids = submitted_ids(request.body or b"{}")
        while True:
            try:
                self._stream = await self._send(request)
                break
            except APIError as error:
                if not may_pass(error) and not is_outdated(error):
                    raise
                failure = error
            await follower.wait(run, getattr(failure, "retry_after", None))
            run = await follower.look(follower.thread_id or "", follower.run_id or "")
            if not wants(run, ids):
                follower.answered(ids)  # they have arrived, or came too late
                self._stream, self._broken, self._at_end = _Ended(), True, False
                return
            if is_outdated(failure):
                raise failure
        follower.answered(ids)
        self._parser = EventParser(follower.options.max_response_bytes)
        self._at_end = self._broken = False

    # --- Mending ------------------------------------------------------------------------------

    async def _mend(self) -> Run:
        """Poll a run whose stream broke until it is settled, and complete what is known of it.

        Raises:
            APIConnectionError: Not even the id of the run is known.
        """
        follower = self._follower
        thread_id, run_id = follower.thread_id, follower.run_id
        if thread_id is None or run_id is None:
            self._over = True
            raise APIConnectionError("the stream ended before it told of its run")
        self.interrupted = True
        run = await follower.look(thread_id, run_id)
        while not follower.is_settled(run):
            await follower.wait(run)
            run = await follower.look(thread_id, run_id)
        self._snapshots.add_run(run)
        await self._complete(thread_id, run_id)
        self._broken = False
        self._made.append(RunEvent(f"thread.run.{run.status}", run))
        return run

    async def _complete(self, thread_id: str, run_id: str) -> None:
        messages = self._listed(f"/threads/{thread_id}/messages", Page[Message], run_id)
        steps = self._listed(f"{run_path(thread_id, run_id)}/steps", Page[RunStep], None)
        while True:
            try:
                told = await messages.collect(), await steps.collect()
                break
            except APIError as error:
                if not may_pass(error):
                    raise
            await self._follower.wait(None)
        missing, mismatch = self._snapshots.complete(*told)
        self._missing += missing
        self._mismatch = mismatch or self._mismatch

    def _listed(self, path: str, page: type[Page[Any]], run_id: str | None) -> Pager[Any]:
        follower = self._follower

        async def fetch(asked: ListQuery) -> Page[Any]:
            pairs = {**attrs.asdict(asked), "run_id": run_id}
            request = Request("GET", path, query=query(pairs.items()), headers=BETA)
            return await call(follower.pool, follower.options, request, page)

        return Pager(fetch, ListQuery(100, "asc", None, None))

    def missing_text(self) -> str:
        """Give the text that the stream has not given, once.

        Raises:
            RunStreamError: A text does not go on from what the stream has given.
        """
        mismatch, self._mismatch = self._mismatch, None
        if mismatch is not None:
            mismatch.run = self.run
            raise mismatch
        missing, self._missing = self._missing, ""
        return missing


class _Ended:
    """A stream that has nothing to give."""

    async def read(self) -> bytes:
        return b""

    def close(self) -> None:
        pass


class _TextDeltas:
    """Iterates the text of a stream."""

    def __init__(self, stream: RunStream) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        stream = self._stream
        while True:
            if missing := stream.missing_text():
                return missing
            event = await anext(stream)
            if type(event) is MessageDeltaEvent and (text := event.data.text):
                return text


def _reported(data: bytes) -> RunStreamError:
    """Make the error that a stream reports."""
    body: Any = None
    with suppress(ValueError, RecursionError):
        body = json.loads(data)
    if is_object(body) and is_object(body.get("error")):
        body = body["error"]
    if not is_object(body):
        return RunStreamError(data.decode(errors="replace") or "the server gave no reason")
    code, message = body.get("code"), body.get("message")
    return RunStreamError(
        str(message or "the server gave no reason"), code=None if code is None else str(code)
    )
