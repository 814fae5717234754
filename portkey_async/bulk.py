"""Many calls at once: a bounded number of them, with an outcome for each input."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
)
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import attrs

from ._errors import (
    APIError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
    RateLimitError,
)

In = TypeVar("In")
Out = TypeVar("Out")

#: The longest wait in seconds that a server may ask for; a call that is to wait longer has failed.
LONGEST_WAIT = 600.0

#: Codes and types of 429s that waiting does not help.
_EXHAUSTED = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_UNKNOWN_WAIT = 1.0
_END: Any = object()


class HasId(Protocol):
    """What has an id, such as an assistant."""

    @property
    def id(self) -> str:
        """The id."""
        ...


Inputs: TypeAlias = Iterable[In] | AsyncIterable[In]
Ids: TypeAlias = Inputs[str | HasId]


@attrs.frozen
class Outcome(Generic[In, Out]):
    """What became of one input.

    Attributes:
        index: The place of the input, from 0.
        input: The input.
        result: What the call returned; None if it failed.
        error: What the call raised; None if it succeeded.
    """

    index: int
    input: In
    result: Out | None = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.error is None


class Outcomes(AsyncIterator[Outcome[In, Out]]):
    """Outcomes as they come, in any order. Nothing is begun before the first is asked for.

    Leaving by `break`, or dropping it, cancels what has begun. In an `async with aclosing(…)`,
    leaving waits for what has begun and begins nothing more.
    """

    def __init__(self, work: _Work[In, Out]) -> None:
        """Begin nothing yet."""
        self._work = work
        self._outcomes = work.outcomes()

    def __anext__(self) -> Awaitable[Outcome[In, Out]]:
        """Give the next outcome.

        Raises:
            Exception: What reading the inputs raised, after the outcomes of what had begun.
        """
        return self._outcomes.__anext__()

    async def aclose(self) -> None:
        """Wait for the calls that have begun, and begin no more."""
        self._work.closing = True
        await self._outcomes.aclose()


def map_many(
    call: Callable[..., Awaitable[Out]],
    inputs: Inputs[In],
    concurrency: int = 8,
) -> Outcomes[In, Out]:
    """Make many calls, several at once.

    One failure stops nothing, but an `AuthenticationError` (401) stops what has not begun. A 429
    that asks for a wait is waited out, and counts as no attempt. Inputs are read no faster than
    they are used.

    Args:
        call: Any call of a client, such as `client.assistants.create`.
        inputs: What to call it with: a mapping gives keyword arguments, anything else is the only
            argument. An iterable or an async iterable, such as a pager.
        concurrency: How many calls may be under way at once, at least 1. Default 8.

    Returns:
        An async iterator of outcomes, as they finish.

    Raises:
        InvalidRequestError: An argument cannot be used; nothing was called.
    """
    if not callable(call):
        raise InvalidRequestError(f"call is of type {_kind(call)}; it must be a call of a client")
    if isinstance(inputs, Mapping):
        raise InvalidRequestError(
            "inputs is a mapping; it must be an iterable of inputs, such as a list of mappings"
        )
    _check(inputs, "inputs")

    def call_with(item: In) -> Awaitable[Out]:
        return call(**item) if isinstance(item, Mapping) else call(item)

    return Outcomes(_Work(call_with, inputs, _positive(concurrency)))


def delete_many(
    delete: Callable[[str], Awaitable[Out]], ids: Ids, concurrency: int
) -> Outcomes[str | HasId, Out]:
    """Delete many objects, several at once.

    Args:
        delete: Deletes one by its id.
        ids: Ids, or objects with an `.id`.
        concurrency: How many calls may be under way at once, at least 1.

    Raises:
        InvalidRequestError: An argument cannot be used; nothing was deleted.
    """

    def delete_one(item: str | HasId) -> Awaitable[Out]:
        return delete(_id_of(item))

    _check(ids, "ids")
    return Outcomes(_Work(delete_one, ids, _positive(concurrency), idempotent=True))


@attrs.define(eq=False)
class _Work(Generic[In, Out]):
    """The state of many calls.

    Attributes:
        call: What is called with each input.
        inputs: The inputs.
        concurrency: How many outcomes may be under way, or waiting to be handed out.
        idempotent: Whether a call that may have been carried out may be made again.
        closing: Whether to wait for what has begun when the outcomes are left.
    """

    call: Callable[[In], Awaitable[Out]]
    inputs: Inputs[In]
    concurrency: int
    idempotent: bool = False
    closing: bool = False

    _room: asyncio.Semaphore = attrs.field(init=False)
    _news: asyncio.Event = attrs.field(init=False, factory=asyncio.Event)
    _begun: int = attrs.field(init=False, default=0)
    _stopped: bool = attrs.field(init=False, default=False)
    _cancelled: bool = attrs.field(init=False, default=False)
    _failure: BaseException | None = attrs.field(init=False, default=None)
    _finished: deque[Outcome[In, Out]] = attrs.field(init=False, factory=deque[Outcome[In, Out]])
    # That which reads, and those that call.
    _tasks: set[asyncio.Task[None]] = attrs.field(init=False, factory=set[asyncio.Task[None]])
    _waiting: set[asyncio.Task[Any]] = attrs.field(init=False, factory=set[asyncio.Task[Any]])

    def __attrs_post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.concurrency)

    async def outcomes(self) -> AsyncGenerator[Outcome[In, Out]]:
        """Give the outcomes as they come."""
        _open.add(self)
        reader = self._start(self._read())
        try:
            while True:
                while self._finished:
                    yield self._finished.popleft()
                    self._room.release()
                if self._cancelled:
                    raise asyncio.CancelledError
                if self._tasks <= ({reader} if self._stopped else set()):
                    break
                self._news.clear()
                await self._news.wait()
            if self._failure is not None:
                raise self._failure
        finally:
            self._stopped = True
            await self._end({reader, *self._waiting} if self.closing else self._tasks)
            _open.discard(self)

    # --- Tasks --------------------------------------------------------------------------------

    def _start(self, coroutine: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # Whoever cancels all tasks must not leave the consumer waiting.
        self._cancelled |= task.cancelled()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = error  # of closing the inputs: the caller's own code
        self._news.set()

    async def _end(self, unwanted: Iterable[asyncio.Task[None]]) -> None:
        """Cancel tasks, and wait until all have ended."""
        for task in tuple(unwanted):
            task.cancel()
        try:
            while self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            await self._end(self._tasks)
            raise

    async def _read(self) -> None:
        """Begin a call for each input, as soon as there is room."""
        following, close = _reader(self.inputs)
        try:
            while True:
                await self._room.acquire()
                item = await following()
                if item is _END or self._stopped:
                    return
                self._start(self._handle(self._begun, item))
                self._begun += 1
        except Exception as error:  # noqa: BLE001  # the caller's own code; raised to the caller
            self._failure = error
        finally:
            await close()

    # --- One input ------------------------------------------------------------------------------

    async def _handle(self, index: int, item: In) -> None:
        outcome: Outcome[In, Out]
        try:
            outcome = Outcome(index, item, result=await self._result(item))
        except Exception as error:  # noqa: BLE001  # whatever it is, it stops nothing else
            outcome = Outcome(index, item, error=error)
            self._stopped |= isinstance(error, AuthenticationError)
        self._finished.append(outcome)

    async def _result(self, item: In) -> Out:
        """Make the call until it succeeds, or fails for another reason than too many calls."""
        in_doubt = False
        while True:
            try:
                return await self.call(item)
            except APIError as error:
                in_doubt |= error.may_have_executed
                error.may_have_executed = in_doubt
                wait = wait_before_next(error)
                if wait is None or self.closing or (in_doubt and not self.idempotent):
                    raise
            await self._wait(wait)

    async def _wait(self, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # this is a coroutine
        self._waiting.add(task)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting.discard(task)


# The event loop holds tasks by weak references only: whoever drops the outcomes must not take
# running tasks along before they are cancelled.
_open: set[_Work[Any, Any]] = set()


def wait_before_next(error: APIError, unasked: float | None = None) -> float | None:
    """Tell how long to wait until a call that met too many others may be made again.

    Args:
        error: What the call raised.
        unasked: Seconds to wait where too many calls were met, and no wait is asked for.

    Returns:
        Seconds, up to a quarter more than the server asks for, so that not all calls come back at
        once. None where the call has failed: no wait was asked for, or it would not help.
    """
    jitter = 1 + random.random() / 4  # noqa: S311  # no secret
    if isinstance(error, APITimeoutError):
        # Without an attempt: the client holds calls back, as another one was asked to wait.
        return None if error.attempts or error.may_have_executed else _UNKNOWN_WAIT * jitter
    if not isinstance(error, RateLimitError):
        return None
    asked = unasked if error.retry_after is None else error.retry_after
    if asked is None or asked > LONGEST_WAIT or error.headers.get("x-should-retry") == "false":
        return None
    return None if {error.code, error.type} & _EXHAUSTED else asked * jitter


def _id_of(item: Any) -> str:
    if isinstance(item, str):
        return item
    try:
        return item.id  # type: ignore[no-any-return]  # the call checks it
    except AttributeError:
        raise InvalidRequestError(
            f"an id is of type {_kind(item)}; it must be a str, or an object with an .id"
        ) from None


def _reader(
    inputs: Inputs[In],
) -> tuple[Callable[[], Awaitable[In]], Callable[[], Awaitable[None]]]:
    """Give what reads the next input, which is `_END` after the last, and what ends reading."""

    async def nothing() -> None:
        pass

    if isinstance(inputs, AsyncIterable):
        source = aiter(inputs)
        # An iterator that the caller has made is the caller's to close.
        close = nothing if source is inputs else getattr(source, "aclose", nothing)
        return lambda: anext(source, _END), close
    iterator = iter(inputs)

    async def following() -> In:
        return next(iterator, _END)  # the end, or an input

    return following, nothing


def _check(inputs: object, name: str) -> None:
    """Refuse what is no collection of inputs."""
    if isinstance(inputs, str | bytes | bytearray):
        raise InvalidRequestError(
            f"{name} is a single {_kind(inputs)}; it must be an iterable: put it into a list"
        )
    if not isinstance(inputs, Iterable | AsyncIterable):
        raise InvalidRequestError(
            f"{name} is of type {_kind(inputs)}; it must be an iterable or an async iterable"
        )


def _positive(concurrency: Any) -> int:
    if type(concurrency) is not int or concurrency < 1:
        raise InvalidRequestError(
            f"concurrency is {concurrency!r}; it must be a whole number, at least 1"
        )
    return concurrency


def _kind(value: object) -> str:
    return type(value).__name__
