"""Following one run: its deadline, its polls, its functions, and what its errors say."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import attrs

from portkey_async._errors import (
    ActiveRunError,
    APIError,
    ClientClosedError,
    NotFoundError,
    PortkeyError,
    RunTimeoutError,
)
from portkey_async._json import encode
from portkey_async._models.runs import FunctionToolCall, Run
from portkey_async._options.options import Options
from portkey_async._transport.call import Pool, call
from portkey_async._transport.capture import capture_responses
from portkey_async._transport.logging import log_left
from portkey_async._transport.observer import UNOBSERVED, RunObserver
from portkey_async._transport.request import Request
from portkey_async._types import is_object

from .calls import ToolOutput, call_all, plan
from .functions import Function
from .leaving import LITTLE_PATIENCE, cancel_by_itself
from .requests import again, is_outdated, retrieving, submit, submitted_ids, submitting, wants
from .settings import Settings
from .statuses import has_ended, required_calls
from .waits import may_pass, poll_after, poll_delay

R = TypeVar("R")


async def _created(task: asyncio.Task[Run]) -> tuple[str, str]:
    run = await task
    return run.thread_id, run.id


@attrs.define(eq=False)
class Follower:
    """Somebody who waits for a run.

    Attributes:
        pool: The connections.
        options: The client's options.
        settings: How the run is waited for.
        thread_id: Its thread; None until that is made.
        run_id: Its id; None until it is created.
        run: The run as it was last seen; None until it is created.
        creating: The task that creates it.
        identify: Gives the ids of the thread and the run that a task has created.
        started: When it began, by the loop's clock.
        deadline: Until when it waits, by the loop's clock; None for no limit.
        error_of_caller: What a function of the caller's has raised.
        observer: Who is told of it.
    """

    pool: Pool
    options: Options
    settings: Settings
    thread_id: str | None = None
    run_id: str | None = None
    run: Run | None = None
    creating: asyncio.Task[Any] | None = None
    identify: Callable[[asyncio.Task[Any]], Awaitable[tuple[str, str]]] = _created
    started: float = 0.0
    error_of_caller: BaseException | None = None
    observer: RunObserver = UNOBSERVED
    _leaving: asyncio.Task[None] | None = None
    _outputs: dict[str, ToolOutput] = attrs.field(factory=dict[str, ToolOutput])
    _answered: set[str] = attrs.field(factory=set[str])
    _polls: int = 0
    _asked: float | None = None

    @property
    def ids(self) -> tuple[str, str] | None:
        """The ids of the thread and the run; None until both are known."""
        if self.thread_id is None or self.run_id is None:
            return None
        return self.thread_id, self.run_id

    @property
    def deadline(self) -> float | None:
        """Until when it waits, by the loop's clock; None for no limit."""
        limit = self.settings.run_timeout
        return None if limit is None else self.started + limit

    # --- Bounds and errors --------------------------------------------------------------------

    def begin(self, body: bytes | None) -> None:
        """Begin: the deadline counts from now on."""
        self.started = asyncio.get_running_loop().time()
        self.observer = self.pool.observer.following(
            self.options, body, self.thread_id, self.run_id
        )

    @contextmanager
    def working(self) -> Generator[None]:
        """Mark a block that works on the run: closing the client waits for it."""
        with self.pool.session.tasks.awaited(), self.observer.working():
            yield

    @asynccontextmanager
    async def bounded(self) -> AsyncGenerator[None]:
        """Bound what is awaited in a block by the deadline, and put the run into its errors.

        Raises:
            RunTimeoutError: The deadline has passed.
            ClientClosedError: The client was closed meanwhile.
        """
        session = self.pool.session
        session.bind()
        deadline = asyncio.timeout_at(self.deadline)
        try:
            async with deadline:
                session.deadlines.add(deadline)
                try:
                    yield
                finally:
                    session.deadlines.discard(deadline)
        except TimeoutError as error:
            ours = deadline.expired() and isinstance(error.__cause__, asyncio.CancelledError)
            if not ours or error is self.error_of_caller:
                self.complete(error)
                raise
        except PortkeyError as error:
            self.complete(error)
            raise
        else:
            return
        raise self.complete(self._closed() if session.closed else self._late())

    def refuse_more(self, *, late: bool) -> None:
        """Raise what a wait that was ended has ended for, unless it was for nothing of these.

        Args:
            late: Whether the deadline has passed.

        Raises:
            ClientClosedError: The client was closed meanwhile.
            RunTimeoutError: The deadline has passed.
        """
        if self.pool.session.closed:
            raise self.complete(self._closed())
        if late:
            raise self.complete(self._late())

    def _late(self) -> RunTimeoutError:
        seen = f"run {self.run.id} is {self.run.status}" if self.run else "there is no run yet"
        error = RunTimeoutError(f"{seen} after {self.settings.run_timeout} s, the run_timeout")
        error.elapsed = asyncio.get_running_loop().time() - self.started
        return error

    def _closed(self) -> ClientClosedError:
        return ClientClosedError("the client was closed while a run was awaited")

    def complete(self, error: Exception) -> Exception:
        """Put the run into an error, unless it is the caller's own."""
        if isinstance(error, PortkeyError) and error is not self.error_of_caller:
            error.run = error.run or self.run
        return error

    def start_leaving(self) -> bool:
        """Start to cancel the run, where that is wanted and it has not ended or been handed back.

        It goes on in a task of the client's own.

        Returns:
            Whether that has to find out first which run it is.
        """
        known = self.ids
        wanted = self.settings.on_exit == "cancel" and (known or self.creating)
        if self._leaving is not None or not wanted or self._is_the_callers():
            return False

        async def identify() -> tuple[str, str]:
            if known is None and self.creating is not None:
                self.thread_id, self.run_id = await self.identify(self.creating)
            assert self.ids is not None  # noqa: S101  # known by now
            return self.ids

        self._leaving = cancel_by_itself(self.pool, self.options, identify)
        # Not by the task itself, which may be cancelled before it has begun.
        self._leaving.add_done_callback(self._log_failure)
        return known is None

    def _log_failure(self, leaving: asyncio.Task[None]) -> None:
        error = asyncio.CancelledError() if leaving.cancelled() else leaving.exception()
        if error is None:
            return
        if self.run_id or not isinstance(error, PortkeyError) or error.may_have_executed:
            log_left(self.run_id, error, self.options.redact)

    async def leave(self, reason: BaseException | None) -> None:
        """Leave the run, and await that until cancelled; with little patience after a deadline."""
        over = self._is_the_callers()
        try:
            self.start_leaving()
            await self._left(late=isinstance(reason, RunTimeoutError))
        finally:
            self.observer.end(self.run, None if over else reason)

    async def _left(self, *, late: bool) -> None:
        if self._leaving is not None:
            # A wait, not a shield in a loop: scopes of anyio cancel again and again.
            await asyncio.wait({self._leaving}, timeout=LITTLE_PATIENCE if late else None)

    def _is_the_callers(self) -> bool:
        """Tell whether the run is over, or handed back for an action that only the caller gives."""
        run = self.run
        return run is not None and (
            has_ended(run.status) or (self.is_settled(run) and self._plan(run) is None)
        )

    def _plan(self, run: Run) -> list[tuple[FunctionToolCall, Function]] | None:
        return plan(required_calls(run), self.settings.functions)

    @contextmanager
    def polling(self) -> Generator[None]:
        """Count as one of those that poll side by side, in a block."""
        self.pool.polls += 1
        try:
            yield
        finally:
            self.pool.polls -= 1

    # --- The run ------------------------------------------------------------------------------

    async def create(
        self, request: Request, send: Callable[[Request], Coroutine[Any, Any, R]]
    ) -> R:
        """Create the run, in a task that goes on where the caller is cancelled.

        Args:
            request: What creates it.
            send: Sends it.

        Returns:
            What *send* gives.

        Raises:
            ActiveRunError: The thread has an active run, and that is not to be waited for.
            APIError: The call went wrong.
        """
        while True:
            try:
                with self._heeding():
                    if self.settings.on_exit == "leave":
                        return await send(request)
                    creating = self.pool.session.tasks.start(send(request))
                    self.creating = creating
                    await asyncio.wait({creating})
                    return creating.result()
            except ActiveRunError as error:
                self.creating = None
                if self.settings.if_active == "raise":
                    raise
                active = error.run_id
            except Exception:
                self.creating = None
                raise
            await self._inactive(active)
            request = again(request)

    @contextmanager
    def _heeding(self) -> Generator[None]:
        """Heed what the response in a block asks for."""
        with capture_responses() as responses:
            yield
        self._asked = poll_after(responses[-1].headers) if responses else None

    async def _inactive(self, run_id: str | None) -> None:
        """Wait for the end of another run on the thread."""
        await self.wait(None)
        while run_id is not None and self.thread_id is not None:
            try:
                run = await self._ask(self.thread_id, run_id, None)
            except NotFoundError:
                return
            if has_ended(run.status):
                self._polls, self._asked = 0, None
                return
            await self.wait(run)

    def see(self, run: Run) -> Run:
        """Take in the run as a response has it."""
        if self.run is None or run.status != self.run.status:
            self._polls = 0
        self.run, self.run_id, self.thread_id = run, run.id, run.thread_id
        return run

    def learn(self, data: object) -> None:
        """Take the ids of the thread and the run from whatever tells them: a model, or JSON."""
        if self.ids is not None:
            return

        def field(name: str) -> str | None:
            value = data.get(name) if is_object(data) else getattr(data, name, None)
            return value if isinstance(value, str) else None

        kind = field("object")
        thread_id = field("id" if kind == "thread" else "thread_id")
        run_id = field("id" if kind == "thread.run" else "run_id")
        self.thread_id, self.run_id = self.thread_id or thread_id, self.run_id or run_id

    async def look(self) -> Run:
        """Ask for the run, whose ids are known, outliving what may pass."""
        assert self.ids is not None  # noqa: S101  # as said
        return self.see(await self._ask(*self.ids, self.run))

    async def _ask(self, thread_id: str, run_id: str, known: Run | None) -> Run:
        request = retrieving(thread_id, run_id)
        while True:
            try:
                with self._heeding():
                    return await call(self.pool, self.options, request, Run)
            except APIError as error:
                if not may_pass(error):
                    raise
                await self.wait(known, getattr(error, "retry_after", None))

    async def wait(self, run: Run | None, retry_after: float | None = None) -> None:
        """Wait until the next poll is due."""
        clock = self.pool.clock
        expires_at = None if run is None else run.expires_at
        delay = poll_delay(
            self._polls,
            interval=self.settings.poll_interval,
            asked=self._asked,
            expires_in=None if expires_at is None else expires_at - clock.unix(),
            beside=self.pool.polls,
            random=clock.random,
        )
        self._polls += 1
        await clock.sleep(max(delay, retry_after or 0.0))

    async def settle(self, run: Run) -> Run:
        """Poll a run until it has ended, or waits for what only the caller can give.

        Raises:
            APIError: A call went wrong, and that does not pass.
            Exception: What a function raised, as it is.
        """
        while not has_ended(run.status):
            if run.status == "requires_action":
                outputs = await self.outputs(run)
                if outputs is None:
                    return run
                if outputs:
                    run = await self.submit(run, self.submission(run, outputs))
                    continue
            await self.wait(run)
            run = await self.look()
        return run

    def is_settled(self, run: Run) -> bool:
        """Tell whether a run does not go on by itself: it has ended, or waits for outputs."""
        return has_ended(run.status) or (
            run.status == "requires_action" and not self._is_stale(run)
        )

    def _is_stale(self, run: Run) -> bool:
        """Tell whether a run is shown to wait for what was submitted already."""
        calls = required_calls(run)
        ids = [one.id for one in calls if isinstance(one, FunctionToolCall)]
        return bool(ids) and len(ids) == len(calls) and self._answered.issuperset(ids)

    def answered(self, ids: Collection[str]) -> None:
        """Note that outputs have arrived."""
        self._answered.update(ids)
        self._polls = 0

    async def outputs(self, run: Run) -> Sequence[ToolOutput] | None:
        """Give the outputs that a run waits for, calling its functions.

        Returns:
            The outputs; none of them where all were submitted, and None where the run waits for
            what *functions* cannot give: it is the caller's then.
        """
        if self._is_stale(run):
            return []
        planned = self._plan(run)
        if planned is None:
            return None
        new = [(one, function) for one, function in planned if one.id not in self._outputs]
        try:
            given = await call_all(
                run, new, self.settings.on_function_error, self.pool.executor, self.observer
            )
        except BaseException as error:
            self.error_of_caller = error
            raise
        self._outputs.update((output["tool_call_id"], output) for output in given)
        return [self._outputs[one.id] for one, _ in planned]

    def submission(self, run: Run, outputs: Sequence[ToolOutput]) -> Request:
        """Make the request that submits outputs."""
        return submitting(run.thread_id, run.id, encode({"tool_outputs": [*outputs]}))

    async def submit(self, run: Run | None, request: Request) -> Run:
        """Submit outputs, until they have arrived or the run does not want them any more.

        Returns:
            The run, as it goes on, or has ended meanwhile.

        Raises:
            APIError: They were refused, and the run still waits for them.
        """
        ids = submitted_ids(request.body or b"{}")
        while True:
            try:
                with self._heeding():
                    run = await submit(self.pool, self.options, request)
            except APIError as error:
                if not may_pass(error) and not is_outdated(error):
                    raise
                failure = error
            else:
                break
            await self.wait(run, getattr(failure, "retry_after", None))
            run = await self.look()
            if not wants(run, ids):
                break
            if is_outdated(failure):
                raise failure
        self.answered(ids)
        return self.see(run)
