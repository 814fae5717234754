"""One call from start to end: its deadline, its attempts, and what its error says."""

from __future__ import annotations

import asyncio
import functools
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import attrs

from portkey_async._codec.mismatch import Mismatch
from portkey_async._errors import APIError, APIResponseValidationError, APITimeoutError
from portkey_async._models.base import Model
from portkey_async._options.options import Options
from portkey_async._secrets import Sealed

from .capture import record
from .logging import log_request, log_response, log_retry
from .request import Request
from .response import Response
from .retry import may_repeat, must_stop, wait_seconds
from .session import SessionManager
from .status_errors import status_error

M = TypeVar("M", bound=Model)


@attrs.frozen
class Clock:
    """Time and chance, handed in so that tests need neither wait nor luck."""

    monotonic: Callable[[], float] = time.monotonic
    unix: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


@attrs.define(eq=False)
class Pool:
    """What a client and all those derived from it share.

    Attributes:
        manager: The connections.
        clock: Time and chance.
        cool_until: When calls may go on, after the server asked for a pause.
    """

    manager: SessionManager
    clock: Clock = attrs.field(factory=Clock)
    cool_until: float = -math.inf


async def call(pool: Pool, options: Options, request: Request, cls: type[M]) -> M:
    """Carry out one call.

    Args:
        pool: The connections, and what they have learned of the server.
        options: The client's.
        request: What to send.
        cls: What comes back.

    Returns:
        The answer as a *cls*.

    Raises:
        APIError: The call went wrong; the error carries the facts of the call.
        ClientClosedError: The client was closed, before or meanwhile.
        ConfigurationError: Another event loop has used the client before, or the caller's session
            cannot send the request.
    """
    work = _Call(pool, options, request)
    try:
        response = await pool.manager.run(work.repeated, options.timeout.total)
        return work.decoded(response, cls)
    except APIError as failed:
        error = failed
    except TimeoutError as expired:
        error = work.expired(str(expired))
    finally:
        if work.response is not None:
            record(work.response, work.attempts, work.elapsed())
    raise work.completed(error)  # outside the handlers: no context with frames of others


@attrs.define(eq=False, repr=False)
class _Call:
    """What is known of a call while it is under way."""

    pool: Pool
    options: Options
    request: Request
    url: str = attrs.field(init=False)
    started: float = attrs.field(init=False)
    attempts: int = 0
    in_flight: bool = False
    doubtful: bool = False  # an attempt so far may have been executed
    response: Response | None = None

    def __attrs_post_init__(self) -> None:
        question = f"?{self.request.query}" if self.request.query else ""
        self.url = f"{self.options.base_url}{self.request.path}{question}"
        self.started = self.pool.clock.monotonic()

    async def repeated(self) -> Response:
        """Make attempts until one succeeds or no more are due."""
        while True:
            if self.pool.cool_until > self.pool.clock.monotonic():
                await self._cool_down()
            try:
                return await self._attempt()
            except APIError as failed:
                error = failed
            wait = self._wait_before_next(error)
            if wait is None:
                raise error
            method, redact = self.request.method, self.options.redact
            log_retry(method, self.url, error, wait=wait, redact=redact)
            await self.pool.clock.sleep(wait)

    async def _attempt(self) -> Response:
        self.attempts += 1
        self.in_flight = True
        options, request = self.options, self.request
        headers = Sealed(request.headers)
        if request.body is not None:
            headers["content-type"] = "application/json"
        headers.update(options.all_headers)  # the caller's own win
        log_request(request.method, self.url, headers, attempt=self.attempts, redact=options.redact)
        try:
            response = await self.pool.manager.send(
                request, self.url, headers, options.timeout, options.max_response_bytes
            )
        except APIError as failed:
            self.in_flight = False
            self.doubtful |= failed.may_have_executed
            raise
        finally:
            del headers  # crash reporters walk through mappings, whatever their repr
        self.in_flight = False
        self.response = response
        self.doubtful |= response.resent
        elapsed = self.elapsed()
        log_response(response.status, response.headers, elapsed=elapsed, redact=options.redact)
        if response.ok:
            return response
        if response.status == 404 and request.if_gone and self.doubtful:
            return attrs.evolve(response, body=request.if_gone)
        text = options.redact(response.body.decode(errors="replace"))
        error = status_error(request, response, text, self.pool.clock.unix())
        if error.retry_after is not None and error.retry_after <= options.retry.max_retry_after:
            until = self.pool.clock.monotonic() + error.retry_after
            self.pool.cool_until = max(self.pool.cool_until, until)
        self.doubtful |= error.may_have_executed
        raise error

    async def _cool_down(self) -> None:
        """Wait while the server wants no calls; another call may learn of more meanwhile."""
        clock = self.pool.clock
        while (wait := self.pool.cool_until - clock.monotonic()) > 0:
            wait *= 1 + clock.random() / 4  # not all at once
            if wait >= self._remaining():
                raise TimeoutError(
                    f"the server wants no calls for another {wait:.1f} s, which is past the "
                    "deadline of this one"
                )
            await clock.sleep(wait)

    def decoded(self, response: Response, cls: type[M]) -> M:
        """Make a model of a success, or raise the error for one that is not as specified."""
        try:
            return _decode()(response.body, cls)
        except Mismatch as mismatch:
            path, reason, excerpt = mismatch.path, mismatch.reason, mismatch.excerpt
        # Outside the handler: as its context, the mismatch would show what a server echoes.
        excerpt = self.options.redact(excerpt) or "nothing"
        raise APIResponseValidationError(
            f"the answer ({response.status}) is not what the specification says: {reason} at "
            f"{path}; it says {excerpt}",
            path=path,
            status=response.status,
        )

    def elapsed(self) -> float:
        """Give the seconds since the call began."""
        return self.pool.clock.monotonic() - self.started

    def _remaining(self) -> float:
        total = self.options.timeout.total
        return math.inf if total is None else total - self.elapsed()

    def _wait_before_next(self, error: APIError) -> float | None:
        """Give the seconds until the next attempt; None if there is none."""
        policy = self.options.retry
        if not may_repeat(error, idempotent=self.request.idempotent, policy=policy):
            return None
        chance = self.pool.clock.random()
        wait = wait_seconds(error, attempt=self.attempts, policy=policy, chance=chance)
        remaining = self._remaining()
        if must_stop(error, attempt=self.attempts, wait=wait, remaining=remaining, policy=policy):
            return None
        return wait

    # --- What is said -------------------------------------------------------------------------

    def expired(self, reason: str) -> APIError:
        """Make the error for a deadline that has passed."""
        self.doubtful |= self.in_flight
        return APITimeoutError(reason or f"no answer within {self.options.timeout.total} s")

    def completed(self, error: APIError) -> APIError:
        """Put the facts of the call into its error."""
        response, redact = self.response, self.options.redact
        error.method, error.url = self.request.method, redact(self.url)
        error.attempts, error.elapsed = self.attempts, self.elapsed()
        error.trace_id = self.options.all_headers.get("x-portkey-trace-id")
        if response is not None:
            error.trace_id = response.trace_id or error.trace_id
            error.request_id = response.request_id
        if not isinstance(error, APIResponseValidationError):
            error.may_have_executed = self.doubtful
        error.message = redact(error.message)
        if any(redact(repr(link)) != repr(link) for link in _causes(error)):
            error.__cause__ = None  # it quotes an answer that echoes a credential
        error.args = (error.message,)
        return error


@functools.cache
def _decode() -> Callable[[bytes, type[M]], M]:
    """Import the decoder with the first answer, and once: it is half of all our import time."""
    from portkey_async._codec.converter import decode  # noqa: PLC0415

    return decode


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
