"""Streaming a run: its events, what they add up to, its functions, and how it is mended."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from portkey_async._codec.events import decode_event
from portkey_async._codec.mismatch import Mismatch
from portkey_async._errors import (
    APIConnectionError,
    APIError,
    ClientClosedError,
    PortkeyError,
    RunStreamError,
)
from portkey_async._models.events import MessageDeltaEvent, RunEvent, StreamEvent
from portkey_async._models.messages import Message
from portkey_async._models.run_steps import RunStep
from portkey_async._models.runs import Run
from portkey_async._models.threads import Thread
from portkey_async._transport.call import Opened, call, open_stream
from portkey_async._transport.request import Request
from portkey_async._transport.status_errors import stream_error

from .follower import Follower
from .listening import Listening
from .mending import settled, told
from .requests import is_outdated, retrieving, streamed, submitted_ids, wants
from .snapshots import Snapshots
from .statuses import has_ended
from .waits import may_pass

R = TypeVar("R")

#: How long no event may come where `Timeout.read` sets no limit.
_SILENCE = 30.0
#: How long more events are waited for after the one that settles the run: its `done`, as a rule.
_REST = 1.0
_INSIDE = "a stream can be iterated only inside of its `async with`"


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
        self._entered = self._inside = self._iterating = self._calling = self._over = False
        self._listening = self._listening_to(None)
        self._broken = False
        # Work that a cancelled `anext()` leaves to the next one.
        self._asking: asyncio.Task[bool] | None = None
        self._step: asyncio.Task[None] | None = None
        self._made: deque[StreamEvent] = deque()  # by us, not by the server
        self._reported: RunStreamError | None = None
        self._failure: Exception | None = None
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
            APIError: As iterating does; the same again where iterating has failed before.
        """
        if not self._over:
            async for _ in self:
                pass
        if self._failure is not None:
            raise self._failure
        run = self.run
        assert run is not None  # noqa: S101  # else there was a failure
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
        self._entered = self._inside = True
        follower = self._follower
        follower.begin(self._request.body)
        follower.pool.session.tasks.open.add(self._start_leaving)
        with follower.working():
            try:
                async with follower.bounded():
                    if self._creates:
                        self._begin(await follower.create(self._request, self._send))
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
        with self._follower.working():
            self._start_leaving()
            await self._follower.leave(reason)

    def _start_leaving(self) -> None:
        """Stop what goes on, and start to cancel the run where that is wanted."""
        if not self._inside:
            return
        self._inside = False
        follower = self._follower
        follower.pool.session.tasks.open.discard(self._start_leaving)
        self._stop()
        if not follower.start_leaving():  # else it reads on, to find out which run this is
            self._listening.close()

    def _stop(self) -> None:
        for task in (self._asking, self._step):
            if task is not None:
                task.cancel()
        self._asking = self._step = None

    async def _send(self, request: Request) -> Opened[Run]:
        follower = self._follower
        return await open_stream(follower.pool, follower.options, request, Run)

    def _listening_to(self, opened: Opened[Run] | None) -> Listening:
        options = self._follower.options
        return Listening(opened, options.max_response_bytes, options.redact)

    def _begin(self, opened: Opened[Run]) -> None:
        """Take the events of a response from now on."""
        self._listening = self._listening_to(opened)
        self._broken = opened.whole is not None  # the server has not streamed
        if opened.whole is not None:
            self._snapshots.add_run(self._follower.see(opened.whole))

    async def _identify(self, opening: asyncio.Task[Opened[Run]]) -> tuple[str, str]:
        """Read on until the stream has told of its run."""
        follower = self._follower
        opened = await opening
        if not self._listening.opened:
            self._begin(opened)
        listening = self._listening
        try:
            while True:
                while self._next() is not None:
                    pass
                if follower.ids is not None:
                    return follower.ids
                if listening.ended or not await listening.read_on():
                    raise self._unheard_of()
        finally:
            listening.close()

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
            ClientClosedError: The client is closed.
            Exception: What a function raised, as it is.
        """
        if not self._inside or self._iterating:
            raise self._misused()
        try:
            while (event := self._next()) is None and not self._over:
                await self._advance()
        except Exception as error:
            self._fail(error)
            raise
        if event is None:
            self._follower.observer.end(self.run, None)
            raise StopAsyncIteration
        return event

    def _misused(self) -> Exception:
        if self._iterating:
            return RuntimeError("a stream is iterated by one task at a time")
        if self._entered and self._follower.pool.session.closed:
            return ClientClosedError(f"{_INSIDE}, and the client is closed")
        return RuntimeError(_INSIDE)

    def _fail(self, error: Exception) -> None:
        """Take in an error that is raised out of the stream: it is over then."""
        self._over, self._failure = True, error
        self._listening.end()
        self._made.clear()
        self._stop()
        self._follower.complete(error)
        self._follower.observer.end(self.run, error)

    def _next(self) -> StreamEvent | None:
        """Take in the next event of those that have come; None where there is none left."""
        listening = self._listening
        for name, data in listening.events:
            listening.heard = True
            if name == b"done":
                listening.end()
                break
            if name == b"error":
                # Not raised here: the frame holds what the server says, credentials and all.
                self._reported = stream_error(data, listening.redact)
                listening.end()
                break
            try:
                event = decode_event(name, data)
            except Mismatch as mismatch:  # as good as broken
                self._follower.learn(mismatch.payload)
                self._broken = True
                listening.end()
                break
            self._snapshots.add(event)
            if type(event) is not MessageDeltaEvent:
                self._follower.learn(event.data)
                if type(event) is RunEvent and self._snapshots.run is not None:
                    self._follower.see(self._snapshots.run)
            return event
        return self._made.popleft() if self._made else None

    async def _advance(self) -> None:
        """Wait for more, or do what is due at the end of a response."""
        follower = self._follower
        self._iterating = True
        try:
            if not self._listening.ended:
                await self._listen()
                return
            with follower.working():
                async with follower.bounded():
                    await self._go_on()
        except asyncio.CancelledError as error:
            if self._calling:
                await self._leave(error)
            raise
        finally:
            self._iterating = False

    def _start(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Start work that a cancelled `anext()` leaves to the next one."""
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen
        return task

    async def _listen(self) -> None:
        """Wait for the next bytes, and ask for the run where no event has come for long."""
        listening, asking = self._listening, self._asking
        if asking is not None and listening.heard:
            asking.cancel()
            asking = self._asking = None
        if asking is not None and asking.done():
            self._asking = None
            listening.heard = True  # as good as an event
            if not asking.result():
                listening.end()
            return
        follower = self._follower
        session, deadline = follower.pool.session, follower.deadline
        session.bind()
        silent = listening.silent_at(self._patience()) if asking is None else None
        limit = min((at for at in (silent, deadline) if at is not None), default=None)
        try:
            # One timer for both, as it is set for every piece of a stream.
            async with asyncio.timeout_at(limit) as waiting:
                session.deadlines.add(waiting)
                try:
                    await listening.wait(asking, waiting)
                finally:
                    session.deadlines.discard(waiting)
        except TimeoutError:
            asked = asking is not None and asking.done()
            follower.refuse_more(late=limit == deadline and not asked)
            if asking is None:
                self._heed_silence()

    def _patience(self) -> float:
        follower = self._follower
        if follower.run is not None and follower.is_settled(follower.run):
            return _REST
        return follower.options.timeout.read or _SILENCE

    def _heed_silence(self) -> None:
        follower, run = self._follower, self._follower.run
        if follower.ids is None or (run is not None and follower.is_settled(run)):
            self._listening.end()
        else:
            self._asking = self._start(self._is_active(*follower.ids))

    async def _is_active(self, thread_id: str, run_id: str) -> bool:
        """Ask whether there is more to come."""
        follower = self._follower
        request = retrieving(thread_id, run_id)
        try:
            run = await call(follower.pool, follower.options, request, Run)
        except APIError as error:
            if not may_pass(error):
                raise
            return True
        return not follower.is_settled(run)

    async def _go_on(self) -> None:
        """Do what is due at the end of a response: mend, call functions, or end.

        A cancelled `anext()` leaves it to the next one, but for functions.
        """
        follower, run = self._follower, self._follower.run
        if self._reported is not None:
            raise self._listening.completed(self._reported)
        if self._step is None:
            self._listening.close()
            if run is None or self._broken or not follower.is_settled(run):
                self._step = self._start(self._mend())
            elif has_ended(run.status):
                self._over = True
                return
            else:
                self._calling = True
                outputs = await follower.outputs(run)
                self._calling = False
                if outputs is None:
                    self._over = True
                    return
                request = streamed(follower.submission(run, outputs))
                self._step = self._start(self._submit(request, run))
        step = self._step
        await asyncio.wait({step})
        self._step = None
        step.result()

    async def _submit(self, request: Request, run: Run | None) -> None:
        """Submit outputs, and listen to what comes of them."""
        follower = self._follower
        ids = submitted_ids(request.body or b"{}")
        while True:
            try:
                self._begin(await self._send(request))
                break
            except APIError as error:
                if not may_pass(error) and not is_outdated(error):
                    raise
                failure = error
            await follower.wait(run, getattr(failure, "retry_after", None))
            run = await follower.look()
            if not wants(run, ids):  # they have arrived, or came too late
                self._broken = True
                self._listening.end()
                break
            if is_outdated(failure):
                raise failure
        follower.answered(ids)

    async def _mend(self) -> None:
        """Poll a run whose stream broke until it is settled, and complete what is known of it.

        Raises:
            APIConnectionError: Not even the id of the run is known.
        """
        follower = self._follower
        if follower.ids is None:
            raise self._unheard_of()
        self.interrupted = True
        run = await settled(follower)
        self._snapshots.add_run(run)
        missing, mismatch = self._snapshots.complete(*await told(follower, run))
        self._missing += missing
        self._mismatch = mismatch or self._mismatch
        self._broken = False
        self._made.append(RunEvent(f"thread.run.{run.status}", run))

    def _unheard_of(self) -> PortkeyError:
        error = APIConnectionError("the stream ended before it told of its run")
        return self._listening.completed(error)

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
