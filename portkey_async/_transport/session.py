"""The session manager: the one place with aiohttp and I/O."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from portkey_async._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
)
from portkey_async._options.policies import Timeout

from .deadlines import Deadlines
from .request import Request
from .response import Response, is_success

R = TypeVar("R")

# Shorter than the gateway's 5 s, so that it seldom closes a connection that we are about to use.
_KEEP_ALIVE = 4.0

_NEVER_SENT = (
    aiohttp.ClientConnectorError,  # refused, DNS, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
)


class SessionManager:
    """Opens an `aiohttp.ClientSession` on first use, keeps it to one loop, and closes its own.

    Args:
        max_connections: How many connections may be open at once.
        session: A session that somebody else owns: used, never closed. None for one of our own.
    """

    def __init__(self, max_connections: int, session: aiohttp.ClientSession | None = None) -> None:
        """Keep the settings; a session can only be opened inside a running loop.

        Raises:
            ConfigurationError: *session* is no `aiohttp.ClientSession`.
        """
        if not isinstance(session, aiohttp.ClientSession | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
            kind = type(session).__name__
            raise ConfigurationError(f"session is of type {kind}; it must be a ClientSession")
        # asyncio reads into blocks of 256 KiB. glibc maps each of them anew, which is a seventh of
        # what a call costs, until a larger one was freed. So make one, and free it.
        bytes(2**20)
        self._max_connections = max_connections
        self._session = session
        self._owned = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deadlines = Deadlines()
        self.closed = False

    async def run(self, call: Callable[[], Awaitable[R]], seconds: float | None) -> R:
        """Await *call*, bounded by *seconds*, and end it when the manager is closed.

        Raises:
            TimeoutError: The seconds are over.
            ClientClosedError: The manager was closed, before or meanwhile.
            ConfigurationError: Another event loop has used the manager before.
        """
        self.check_open()
        loop = self._bound_loop()
        try:
            return await self._deadlines.within(loop, seconds, call)
        except Exception:
            if not self.closed:
                raise
        raise ClientClosedError("the client was closed while the call was under way")

    async def send(
        self, request: Request, url: str, headers: Mapping[str, str], limits: Timeout, most: int
    ) -> Response:
        """Send a request once and read the whole answer.

        Args:
            request: What to send.
            url: Where to, percent-encoded.
            headers: All headers.
            limits: `connect` and `read` are heeded here, `total` is not.
            most: How many bytes the answer may have, decompressed.

        Returns:
            The answer, whatever its status; a longer one that is no success is cut.

        Raises:
            APITimeoutError: Connecting, or waiting for the next piece of the answer, took too
                long.
            APIConnectionError: There was no connection, or no whole answer.
            APIResponseValidationError: A success is longer than *most*.
            ClientClosedError: The manager, or its session, was closed between two attempts.
            ConfigurationError: The caller's session cannot send it.
        """
        session = self._open()
        # aiohttp repeats a delete on a dropped connection by itself, and tells only a tracker.
        tracker = aiohttp.UploadTracker() if request.method == "DELETE" else None
        try:
            # In a frame of its own, as the answer may echo a credential.
            return await _exchange(session, request, url, headers, limits, most, tracker)
        except (aiohttp.ClientError, OSError) as error:
            failure: Exception = _failure(error, limits, resent=_resent(tracker))
        except ValueError as error:  # a session's own auth= beside an Authorization header, say
            failure = ConfigurationError(f"session cannot send this request: {error}")
        finally:
            del headers  # crash reporters walk through mappings, whatever their repr
        raise failure  # outside the handler: its context would hold aiohttp's frames, and headers

    async def close(self) -> None:
        """End the calls under way, and close the session if it is our own. Idempotent.

        Raises:
            ConfigurationError: Another event loop has used the manager.
        """
        if self.closed:
            return
        if self._loop is not None:
            self._bound_loop()
        self.closed = True
        self._deadlines.end_all()
        if self._owned and self._session is not None:
            await self._session.close()

    def check_open(self) -> None:
        """Refuse to go on once the manager, or the session that it was given, is closed.

        Raises:
            ClientClosedError: It is closed.
        """
        if self.closed or (self._session is not None and self._session.closed):
            raise ClientClosedError("the client is closed; make a new one")

    def _bound_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        if self._loop is not loop and self._loop is not None:
            raise ConfigurationError(
                "the client is bound to the event loop that used it first, and this is another "
                "one; make a client for each loop"
            )
        self._loop = loop
        return loop

    def _open(self) -> aiohttp.ClientSession:
        self.check_open()  # the owner may have closed it between two attempts
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._max_connections, keepalive_timeout=_KEEP_ALIVE
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


@functools.lru_cache
def _client_timeout(limits: Timeout) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=limits.connect, sock_read=limits.read)


async def _exchange(  # noqa: PLR0913, PLR0917  # all that one exchange consists of
    session: aiohttp.ClientSession,
    request: Request,
    url: str,
    headers: Mapping[str, str],
    limits: Timeout,
    most: int,
    tracker: aiohttp.UploadTracker | None,
) -> Response:
    async with session.request(
        request.method,
        URL(url, encoded=True),
        data=request.body,
        headers=CIMultiDict(headers),
        allow_redirects=False,  # aiohttp would hand x-portkey-api-key to another host
        raise_for_status=False,
        timeout=_client_timeout(limits),
        upload_tracker=tracker,
    ) as response:
        del headers
        body = await _read(response, most)
        # Headers of a kind that can be pickled, unlike the proxy that they are.
        received = CIMultiDict(response.headers)
        return Response(response.status, received, body, resent=_resent(tracker))


def _resent(tracker: aiohttp.UploadTracker | None) -> bool:
    return tracker is not None and tracker.attempts > 1


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read a body; of an error, what comes of it, at most *most* bytes.

    What an error says is worth more than that it was cut, or too long.
    """
    pieces: list[bytes] = []
    length = 0
    try:
        while length <= most and not response.content.at_eof():
            # Not `read()`: it would inflate all of a gzip bomb before anything is counted.
            pieces.append(await response.content.readany())
            length += len(pieces[-1])
    except aiohttp.ClientError:
        if is_success(response.status):
            raise
    if length > most:
        response.close()
        if is_success(response.status):
            pieces.clear()  # of no use, and they may echo a credential
            raise APIResponseValidationError(
                f"the answer is longer than {most} bytes, the limit that max_response_bytes sets",
                status=response.status,
            )
    return b"".join(pieces)[:most]


def _failure(error: Exception, timeout: Timeout, *, resent: bool) -> APIConnectionError:
    """Say what went wrong on the way, and whether the request may have arrived."""
    sent = resent or not isinstance(error, _NEVER_SENT)
    failure: APIConnectionError
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        failure = APITimeoutError(
            f"no connection within {timeout.connect} s", may_have_executed=sent
        )
    elif isinstance(error, TimeoutError):
        failure = APITimeoutError(f"nothing came for {timeout.read} s")
    elif isinstance(error, aiohttp.ClientPayloadError):
        failure = APIConnectionError(f"the answer was cut or garbled: {error}")
    elif isinstance(error, aiohttp.ClientResponseError):
        # Without a cause: the repr of this one shows the headers that we sent.
        return APIConnectionError(f"the answer is not HTTP: {error.message}")
    else:
        reason = str(error) or type(error).__name__
        failure = APIConnectionError(
            f"the connection was lost: {reason}" if sent else f"no connection: {reason}",
            may_have_executed=sent,
        )
    failure.__cause__ = _without_frames(error)
    return failure


def _without_frames(error: BaseException) -> BaseException:
    """Drop the frames of an error and of its causes: their locals hold the headers we sent."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__, link = None, link.__cause__ or link.__context__
    return error
