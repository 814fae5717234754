"""The session: the one place with aiohttp and I/O."""

from __future__ import annotations

import asyncio
import functools

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
from portkey_async._options.connections import Connections
from portkey_async._options.options import Options
from portkey_async._options.policies import Timeout
from portkey_async._secrets import Redactor

from .request import Request
from .response import Response, is_success

# Shorter than the gateway's 5 s, so that it seldom closes a connection that we are about to use.
_KEEP_ALIVE = 4.0

#: aiohttp writes the headers and a body of up to so many bytes at once: all of it, or nothing.
_WRITTEN_AT_ONCE = 64 * 1024

#: How much of an error is read: more tells nobody more, and takes time and memory to look at.
_LONGEST_ERROR = 1024 * 1024
#: aiohttp's own bounds, 8 KiB a header and 128 headers, are less than some gateways send.
_LONGEST_HEADER = 64 * 1024
_MOST_HEADERS = 1000

_NEVER_SENT = (
    aiohttp.ClientConnectorError,  # refused, DNS, TLS
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.InvalidURL,
)


class Session:
    """Opens an `aiohttp.ClientSession` on first use, keeps it to one loop, and closes its own.

    Args:
        connections: How they are opened.

    Attributes:
        closed: Whether it was closed.
        deadlines: Those of the calls under way.
    """

    def __init__(self, connections: Connections) -> None:
        """Keep the settings; a session can only be opened inside a running loop.

        Raises:
            ConfigurationError: The session is no `aiohttp.ClientSession`.
        """
        session = connections.session
        if not isinstance(session, aiohttp.ClientSession | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
            kind = type(session).__name__
            raise ConfigurationError(f"session is of type {kind}; it must be a ClientSession")
        self._max_connections = connections.max_connections
        self._session = session
        self._owned = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False
        self.deadlines: set[asyncio.Timeout] = set()

    async def send(self, request: Request, options: Options) -> Response:
        """Send a request once and read the whole response.

        Args:
            request: What to send.
            options: Where to, with which headers, and within which limits; `timeout.total` is
                not heeded here.

        Returns:
            The response, whatever its status; a longer one that is no success is cut.

        Raises:
            APITimeoutError: Connecting, or waiting for the next piece of the response, took too
                long.
            APIConnectionError: There was no connection, or no whole response.
            APIResponseValidationError: A success is longer than `max_response_bytes`.
            ClientClosedError: The session was closed between two attempts.
            ConfigurationError: The caller's session cannot send the request.
            CancelledError: As asyncio raises it; `may_have_executed` is set on it.
        """
        session = self._open()
        tracker = aiohttp.UploadTracker()
        try:
            # In a frame of its own, as the response may echo a credential.
            return await _exchange(session, request, options, tracker)
        except asyncio.CancelledError as cancelled:
            cancelled.may_have_executed = _maybe_written(request, tracker)  # type: ignore[attr-defined]
            raise cancelled.with_traceback(None) from None
        except APIResponseValidationError as error:
            failure: Exception = error.with_traceback(None)
        except (aiohttp.ClientError, OSError) as error:
            written = _maybe_written(request, tracker, error)
            failure = _failure(error, options.timeout, written=written)
        except ValueError as error:  # a session's own auth= beside an Authorization header, say
            failure = ConfigurationError(f"session cannot send this request: {error}")
        raise failure  # outside the handler: its context would hold aiohttp's frames, and headers

    async def close(self) -> None:
        """End the calls under way, and close the session if it is our own. Idempotent.

        Raises:
            ConfigurationError: Another event loop has used the session.
        """
        if self.closed:
            return
        if self._loop is not None:
            self._bind_loop()
        self.closed = True
        now = asyncio.get_running_loop().time()
        for deadline in self.deadlines:
            if not deadline.expired():
                deadline.reschedule(now)
        if self._owned and self._session is not None:
            await self._session.close()

    def check_open(self) -> None:
        """Refuse to go on once this, or the session that it was given, is closed.

        Raises:
            ClientClosedError: It is closed.
        """
        if self.closed or (self._session is not None and self._session.closed):
            raise ClientClosedError("the client is closed; make a new one")

    def bind(self) -> None:
        """Keep to the running event loop, before a call begins.

        Raises:
            ClientClosedError: The session is closed.
            ConfigurationError: Another event loop has used it before.
        """
        self.check_open()
        self._bind_loop()

    def _bind_loop(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop and self._loop is not None:
            raise ConfigurationError(
                "the client is bound to the event loop that used it first, and this is another "
                "one; make a client for each loop"
            )
        self._loop = loop

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


async def _exchange(
    session: aiohttp.ClientSession,
    request: Request,
    options: Options,
    tracker: aiohttp.UploadTracker,
) -> Response:
    async with session.request(
        request.method,
        URL(f"{options.base_url}{request.target}", encoded=True),
        data=request.body,
        headers=_headers(request, options),
        allow_redirects=False,  # aiohttp would hand x-portkey-api-key to another host
        raise_for_status=False,
        timeout=_client_timeout(options.timeout),
        upload_tracker=tracker,
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
        max_headers=_MOST_HEADERS,
    ) as response:
        body = await _read(response, options.max_response_bytes)
        received = _received(response, options.redact)
        # aiohttp repeats a DELETE on a dropped connection by itself.
        return Response(response.status, received, body, resent=tracker.attempts > 1)


def _headers(request: Request, options: Options) -> CIMultiDict[str]:
    headers = CIMultiDict(request.headers)
    if request.body is not None:
        headers["content-type"] = "application/json"
    headers.update(options.headers)  # the caller's own win
    return headers


def _maybe_written(
    request: Request, tracker: aiohttp.UploadTracker, error: Exception | None = None
) -> bool:
    """Tell whether the server may have seen a request that got no response."""
    if tracker.attempts == 0:  # mocked, or refused before aiohttp came to it
        return not isinstance(error, _NEVER_SENT)
    upload = tracker.upload_complete
    finished = upload.done() and not upload.cancelled() and upload.exception() is None
    return tracker.attempts > 1 or finished or len(request.body or b"") > _WRITTEN_AT_ONCE


def _received(response: aiohttp.ClientResponse, redact: Redactor) -> CIMultiDict[str]:
    """Copy the response headers, without credentials that the server echoes."""
    headers = CIMultiDict(response.headers)  # of a kind that can be pickled, unlike theirs
    together = "\n".join(headers.values())
    if redact(together) == together:
        return headers
    return CIMultiDict((name, redact(value)) for name, value in headers.items())


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """Read a body of at most *most* bytes; of an error, what comes of it, up to a bound.

    What an error says is worth more than that it was cut, or too long.
    """
    success = is_success(response.status)
    most = most if success else min(most, _LONGEST_ERROR)
    pieces: list[bytes] = []
    length = 0
    try:
        while length <= most and not response.content.at_eof():
            # Not `read()`: it would inflate all of a gzip bomb before anything is counted.
            pieces.append(await response.content.readany())
            length += len(pieces[-1])
    except aiohttp.ClientError:
        if success:
            raise
    if length > most:
        response.close()
        if success:
            raise APIResponseValidationError(
                f"the answer is longer than {most} bytes, the limit that max_response_bytes sets",
                status=response.status,
            )
    return b"".join(pieces)[:most]


def _failure(error: Exception, timeout: Timeout, *, written: bool) -> APIConnectionError:
    """Say what went wrong on the way, and whether the request may have arrived."""
    failure: APIConnectionError
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        failure = APITimeoutError(
            f"no connection within {timeout.connect} s", may_have_executed=written
        )
    elif isinstance(error, TimeoutError):
        failure = APITimeoutError(f"nothing came for {timeout.read} s", may_have_executed=written)
    elif isinstance(error, aiohttp.ClientPayloadError):
        failure = APIConnectionError(f"the answer was cut or garbled: {error}")
    elif isinstance(error, aiohttp.ClientResponseError):
        # Without a cause: the repr of this one shows the headers that we sent.
        return APIConnectionError(f"the answer is not HTTP: {error.message}")
    else:
        reason = str(error) or type(error).__name__
        failure = APIConnectionError(
            f"the connection was lost: {reason}" if written else f"no connection: {reason}",
            may_have_executed=written,
        )
    failure.__cause__ = _without_frames(error)
    return failure


def _without_frames(error: BaseException) -> BaseException:
    """Drop the frames of an error and of its causes: their locals hold the headers we sent."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__, link = None, link.__cause__ or link.__context__
    return error
