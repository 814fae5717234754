"""One call from start to end: its deadline, its attempts, and what its error says."""

from __future__ import annotations

import asyncio
import functools
import json
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Generic, TypeVar

import attrs

from portkey_async._codec.mismatch import Mismatch
from portkey_async._errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    PortkeyError,
)
from portkey_async._json import encode
from portkey_async._models.base import Model
from portkey_async._options.checks import TokenFunction
from portkey_async._options.options import Options, authorized
from portkey_async._secrets import Redactor
from portkey_async._types import JSONValue

from .capture import listeners, record
from .cool_down import CoolDowns
from .executor import Executor
from .logging import log_request, log_response, log_retry
from .observer import UNOBSERVED, Observer
from .request import Request
from .response import Response, Stream
from .retry import next_delay, with_jitter
from .session import Session
from .status_errors import redacted_json, says_gone, status_error
from .text import clean

M = TypeVar("M", bound=Model)
R = TypeVar("R")

#: Statuses whose requested wait holds for all calls with the same `cool_down_key`.
_PAUSES = frozenset({429, 503})


@attrs.frozen
class Clock:
    """Injectable clock and randomness."""

    monotonic: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


@attrs.define(eq=False)
class Pool:
    """What a client and all those derived from it share.

    Attributes:
        session: The connections.
        clock: Time and randomness.
        cool_downs: The waits that servers have asked for.
        executor: Where the caller's functions run that are not async.
        observer: Who is told of what the clients do.
        polls: How many runs are polled side by side.
    """

    session: Session
    clock: Clock = attrs.field(factory=Clock)
    cool_downs: CoolDowns = attrs.field(factory=CoolDowns)
    executor: Executor = attrs.field(factory=Executor)
    observer: Observer = UNOBSERVED
    polls: int = 0

    async def close(self) -> None:
        """End the calls under way, and let go of all that was opened. Idempotent.

        Raises:
            ConfigurationError: Another event loop, which has not ended, has used it.
        """
        await self.session.close()
        self.executor.close()


@attrs.define(eq=False)
class _Progress:
    """What has happened in a call so far.

    Attributes:
        options: The client's options; of the last attempt, with what `authorization` gave for it.
        started: When the call began, by the monotonic clock.
        attempts: How many were begun.
        may_have_executed: Whether one of them may have been carried out.
        response: The last response.
        error_of_caller: What the caller's function for `authorization` has raised.
    """

    options: Options = attrs.field(repr=False)
    started: float
    attempts: int = 0
    may_have_executed: bool = False
    response: Response | None = None
    error_of_caller: Exception | None = None


async def call(pool: Pool, options: Options, request: Request, cls: type[M]) -> M:
    """Carry out one call: attempts until one succeeds or no more are due, within one deadline.

    Args:
        pool: The connections, and what they have learned of the server.
        options: The client's options.
        request: What to send.
        cls: What comes back.

    Returns:
        The response as a *cls*.

    Raises:
        APIError: The call went wrong; the error carries the facts of the call.
        ClientClosedError: The client was closed, before or meanwhile.
        ConfigurationError: Another event loop has used the client before, or the caller's session
            cannot send the request.
    """
    return await _respond(
        pool, options, request, lambda response, sent: _decoded(response, cls, sent.options)
    )


@attrs.frozen(eq=False)
class Opened(Generic[M]):
    """What a stream of events was asked for has come back as.

    Attributes:
        stream: The events, which are to be closed; None where the server gave no stream.
        whole: What it gave instead.
        redact: Takes the credentials out of what the server says.
        complete: Puts the facts of the call into an error.
    """

    stream: Stream | None
    whole: M | None
    redact: Redactor = attrs.field(repr=False)
    complete: Callable[[PortkeyError], PortkeyError] = attrs.field(repr=False)


async def open_stream(pool: Pool, options: Options, request: Request, cls: type[M]) -> Opened[M]:
    """Carry out a call up to the headers of its response, whose body is read as it comes.

    Args:
        pool: The connections, and what they have learned of the server.
        options: The client's options; `timeout.total` bounds the call up to the headers.
        request: What to send, with `streaming`.
        cls: What comes back from a server that does not stream.

    Returns:
        The stream, or the whole.

    Raises:
        APIResponseValidationError: A success is neither.
        APIError: As `call`.
        ClientClosedError: As `call`.
        ConfigurationError: As `call`.
    """

    def opened(response: Response, progress: _Progress) -> Opened[M]:
        progress.may_have_executed = True
        whole: M | None = None
        if response.stream is None:
            try:
                whole = _decoded(response, cls, progress.options)
            except APIResponseValidationError as error:
                kind = response.headers.get("content-type", "")
                error.message = f"no stream of events came, but {kind}: {error.message}"
                raise
        complete = functools.partial(_completed, pool=pool, request=request, progress=progress)
        return Opened(response.stream, whole, progress.options.redact, complete)

    return await _respond(pool, options, request, opened)


async def _respond(
    pool: Pool, options: Options, request: Request, finish: Callable[[Response, _Progress], R]
) -> R:
    session, clock = pool.session, pool.clock
    session.bind()
    progress = _Progress(options, clock.monotonic())
    listening = listeners()
    error: PortkeyError
    try:
        async with asyncio.timeout(options.timeout.total) as deadline:
            if not session.tasks.includes_current():
                session.deadlines.add(deadline)
            try:
                response = await _attempts(pool, request, progress)
            finally:
                session.deadlines.discard(deadline)
        return finish(response, progress)
    except (PortkeyError, TimeoutError) as failed:
        if failed is progress.error_of_caller:
            raise
        if isinstance(failed, PortkeyError):
            error = failed
        else:
            error = APITimeoutError(f"no response within {options.timeout.total} s")
    finally:
        if progress.response is not None:
            elapsed = clock.monotonic() - progress.started
            record(listening, progress.response, progress.attempts, elapsed)
    if session.closed and isinstance(error, APIConnectionError):
        error = ClientClosedError("the client was closed while the call was under way")
    # Outside the handlers: without their context.
    raise _completed(error, pool, request, progress)


async def _attempts(pool: Pool, request: Request, progress: _Progress) -> Response:
    """Make attempts until one succeeds or no more are due."""
    clock, options = pool.clock, progress.options
    while True:
        if pool.cool_downs:
            await _cool_down(pool, progress)
        if options.token is not None:
            progress.options = await _authorized(options, options.token, pool, progress)
        progress.attempts += 1
        log_request(request, progress.options, progress.attempts)
        error: APIError
        try:
            response = await pool.session.send(request, progress.options)
        except APIError as failed:
            progress.may_have_executed |= failed.may_have_executed
            error = failed
        except asyncio.CancelledError as cancelled:
            # Perhaps by our own deadline, whose error tells.
            progress.may_have_executed |= getattr(cancelled, "may_have_executed", False)
            raise
        else:
            outcome = _outcome(response, pool, request, progress)
            if isinstance(outcome, Response):
                return outcome
            error = outcome
        delay = next_delay(
            error,
            progress.attempts,
            idempotent=request.idempotent,
            policy=options.retry,
            remaining=_remaining(pool, progress),
            random=clock.random,
        )
        if delay is None:
            raise error
        log_retry(request, progress.options, error, delay)
        await clock.sleep(delay)


async def _authorized(
    options: Options, token: TokenFunction, pool: Pool, progress: _Progress
) -> Options:
    """Ask the caller's function for the credential of an attempt."""
    try:
        return authorized(options, await pool.executor.call(token))
    except ConfigurationError:
        raise
    except Exception as error:
        progress.error_of_caller = error
        raise


def _outcome(
    response: Response, pool: Pool, request: Request, progress: _Progress
) -> Response | APIError:
    """Take in a response: give it back if it is a success, else the error of its status."""
    options = progress.options
    elapsed = pool.clock.monotonic() - progress.started
    log_response(response, elapsed=elapsed, redact=options.redact)
    progress.response = response
    done_before = progress.may_have_executed or (response.resent and not response.proxied)
    progress.may_have_executed |= response.resent
    if response.ok:
        return response
    error = status_error(request, response, options, pool.clock.unix())
    if request.if_gone and done_before and says_gone(error, request):
        return attrs.evolve(response, body=encode(request.if_gone))
    progress.may_have_executed |= error.may_have_executed
    asked, policy = error.retry_after, options.retry
    if asked is not None and error.status in _PAUSES and asked <= policy.max_retry_after:
        pool.cool_downs.ask(options.cool_down_key, pool.clock.monotonic(), asked)
    return error


async def _cool_down(pool: Pool, progress: _Progress) -> None:
    """Wait while the server wants no calls; another call may learn of more meanwhile."""
    clock, options = pool.clock, progress.options
    key = options.cool_down_key
    while left := pool.cool_downs.left(key, clock.monotonic()):
        delay = with_jitter(left, clock.random)
        limit = ""
        if left > options.retry.max_retry_after:
            limit = f"more than max_retry_after, {options.retry.max_retry_after} s, allows"
        elif delay >= _remaining(pool, progress):
            limit = "which is past the deadline of this one"
        if limit:
            raise APITimeoutError(
                f"the server wants no calls for another {delay:.1f} s, {limit}",
                may_have_executed=False,
            )
        await clock.sleep(delay)


def _remaining(pool: Pool, progress: _Progress) -> float:
    total = progress.options.timeout.total
    return math.inf if total is None else total + progress.started - pool.clock.monotonic()


def _decoded(response: Response, cls: type[M], options: Options) -> M:
    """Make a model of a success, or raise the error for one that is not as specified."""
    try:
        return _decode()(response.json, cls)
    except Mismatch as mismatch:
        error = _validation_error(mismatch, response, options.redact)
    raise error  # outside the handler: as its context, the mismatch would show what a server echoes


def _validation_error(
    mismatch: Mismatch, response: Response, redact: Redactor
) -> APIResponseValidationError:
    """Say what is wrong with a success, without the credentials that it echoes or brings."""
    for secret in mismatch.secrets:
        redact = redact.including(secret)
    excerpt = _excerpt(mismatch.around, redact) or "nothing"
    return APIResponseValidationError(
        f"the response ({response.status}) is not what the specification says: "
        f"{redact(str(mismatch))}; it says {excerpt}",
        path=clean(redact(mismatch.path)),
        status=response.status,
        body=redacted_json(mismatch.payload, redact),
    )


def _excerpt(around: JSONValue, redact: Redactor, limit: int = 300) -> str:
    """Show what is around the place that is wrong; cut last, or half a credential would be left."""
    try:
        text = around if isinstance(around, str) else json.dumps(around, ensure_ascii=False)
    except RecursionError:
        return "something nested too deeply to be shown"
    text = clean(redact(text))
    return text if len(text) <= limit else f"{text[:limit]}…"


@functools.cache
def _decode() -> Callable[[bytes, type[M]], M]:
    """Import the decoder with the first response, and once: it is half of all our import time."""
    from portkey_async._codec.decode import decode  # noqa: PLC0415

    return decode


def _completed(
    error: PortkeyError, pool: Pool, request: Request, progress: _Progress
) -> PortkeyError:
    """Put the facts of the call into its error."""
    response, options = progress.response, progress.options
    redact = options.redact
    if not isinstance(error, APIResponseValidationError):
        error.may_have_executed = progress.may_have_executed
    if isinstance(error, APIError):
        error.method, error.url = request.method, redact(request.url(options))
        error.attempts = progress.attempts
        error.elapsed = pool.clock.monotonic() - progress.started
        error.trace_id = options.headers.get("x-portkey-trace-id")
        if response is not None:
            error.trace_id = response.trace_id or error.trace_id
            error.request_id = response.request_id
        error.message = clean(redact(error.message))
        error.args = (error.message,)
    if any(redact(repr(link)) != repr(link) for link in _causes(error)):
        error.__cause__ = None  # it quotes a response that echoes a credential
    return error


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
