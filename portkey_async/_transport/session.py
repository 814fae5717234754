"""The session: the one place with aiohttp and I/O."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import warnings
from collections.abc import Generator
from io import BytesIO
from types import TracebackType
from typing import cast

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from portkey_async._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    PortkeyError,
)
from portkey_async._options.connections import Connections
from portkey_async._options.options import Options
from portkey_async._options.policies import Timeout
from portkey_async._secrets import Secret

from .proxies import Proxy, proxies
from .request import Request
from .response import Response, is_event_stream, is_success
from .tasks import Tasks
from .text import clean

# Shorter than the gateway's 5 s, so that it seldom closes a connection that we are about to use.
_KEEP_ALIVE = 4.0

#: aiohttp writes the headers and a body of up to so many bytes at once: all of it, or nothing.
_WRITTEN_AT_ONCE = 64 * 1024

#: How much of an error is read. More tells nobody more; to look for credentials in the worst of
#: 1 MiB, all of it escaped, takes a second.
_LONGEST_ERROR = 256 * 1024
#: aiohttp's own bounds, 8 KiB a header and 128 headers, are less than some gateways send.
_LONGEST_HEADER = 64 * 1024
_MOST_HEADERS = 1000

#: Errors from before a connection stands, where nothing else tells.
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
        tasks: The client's own, which go on until they end, though it be closed meanwhile.
    """

    def __init__(self, connections: Connections) -> None:
        """Keep the settings; a session can only be opened inside a running loop.

        Raises:
            ConfigurationError: The session is no `aiohttp.ClientSession`, or a proxy of the
                environment cannot be used.
        """
        self._session: aiohttp.ClientSession | None = None
        self.closed = True  # until the settings are known to be right
        session = connections.session
        if not isinstance(session, aiohttp.ClientSession | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
            kind = type(session).__name__
            raise ConfigurationError(f"session is of type {kind}; it must be a ClientSession")
        self._connections = connections
        self._proxies = proxies(connections.proxy, trust_env=connections.trust_env)
        self._session = session
        self._owned = session is None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False
        self._unlimited: aiohttp.ClientSession | None = None
        self._streams: set[_Stream] = set()  # those that are open
        self.deadlines: set[asyncio.Timeout] = set()
        self.tasks = Tasks()

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
        unlimited = request.streaming or request.urgent
        session = self._open_unlimited() if unlimited else self._open()
        tracker = aiohttp.UploadTracker()
        try:
            # In a frame of its own, as the response may echo a credential.
            return await self._exchange(session, request, options, tracker)
        except APIResponseValidationError as error:
            failure: PortkeyError = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001  # a caller's connector or middleware may raise anything
            if tracker.attempts == 0 and _is_plain_value_error(error):
                failure = _unfit_session(session, error)
            else:
                failure = _failure(error, options, written=_maybe_written(request, tracker, error))
        except BaseException as stopped:  # noqa: BLE001  # raised again, without its frames
            if isinstance(stopped, asyncio.CancelledError):
                stopped.may_have_executed = _maybe_written(request, tracker)  # type: ignore[attr-defined]
            stopped.__context__ = None  # aiohttp's frames hold the URL and the response
            raise stopped.with_traceback(None) from None
        raise failure  # outside the handler: its context would hold aiohttp's frames, and headers

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        options: Options,
        tracker: aiohttp.UploadTracker,
    ) -> Response:
        """Send a request and read the response; a stream of events is left to be read."""
        proxy = self._proxies.of(options.base_url)
        proxied = proxy is not None or _has_proxy(session)
        response = await session.request(
            request.method,
            URL(request.url(options), encoded=True),
            data=_data(request.body),
            headers=_headers(request, options, proxy),
            allow_redirects=False,  # aiohttp would hand x-portkey-api-key to another host
            raise_for_status=False,
            timeout=_client_timeout(options.timeout, tunnel=proxied, streaming=request.streaming),
            upload_tracker=tracker,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
            proxy=None if proxy is None else proxy.url,
            proxy_headers=_proxy_headers(proxy),
        )
        body, cut, stream = b"", False, None
        if request.streaming and is_success(response.status) and is_event_stream(response.headers):
            stream = _Stream(response, options, self._streams)
        else:
            async with response:
                body, cut = await _read(response, options.max_response_bytes)
        return Response(
            response.status,
            CIMultiDict(response.headers),  # of a kind that can be pickled, unlike theirs
            body,
            cut=cut,
            # aiohttp repeats a DELETE on a dropped connection by itself.
            resent=tracker.attempts > 1,
            proxied=proxied,
            stream=stream,
            redact=options.redact,
        )

    async def close(self) -> None:
        """End the calls under way, and close the session if it is our own. Idempotent.

        The tasks of the client's own are not ended: it waits for them.

        Raises:
            ConfigurationError: Another event loop, which has not ended, has used the session.
        """
        if self.closed:
            return
        ended = self._loop is not None and self._loop.is_closed()
        if self._loop is not None and not ended:
            self._bind_loop()
        self.closed = True
        try:
            if not ended:
                self._end_calls()
                await self.tasks.join()
        finally:
            with _quietly() if ended else contextlib.nullcontext():
                for stream in tuple(self._streams):
                    stream.close()
            own = self._own()
            self._session = self._unlimited = None
            while own:
                await own.pop().close()
            if ended:
                with _quietly():
                    gc.collect()

    def _own(self) -> list[aiohttp.ClientSession]:
        own = (self._session if self._owned else None, self._unlimited)
        return [session for session in own if session is not None]

    def _end_calls(self) -> None:
        now = asyncio.get_running_loop().time()
        for deadline in tuple(self.deadlines):
            if not deadline.expired():
                deadline.reschedule(now)

    def check_open(self) -> None:
        """Refuse to go on once this, or the session that it was given, is closed.

        Raises:
            ClientClosedError: It is closed.
        """
        closed = self.closed and not self.tasks.includes_current()
        if closed or (self._session is not None and self._session.closed):
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
        if self._loop is loop:
            return
        if self._loop is not None:
            raise ConfigurationError(
                "the client is bound to the event loop that used it first, and this is another "
                "one; make a client for each loop"
            )
        # aiohttp's own errors for this are many, and show the headers; its public name for the
        # loop is deprecated.
        if getattr(self._session, "_loop", loop) is not loop:
            raise ConfigurationError(
                "session was made in another event loop; make it in the one that uses it"
            )
        self._loop = loop

    def _open(self) -> aiohttp.ClientSession:
        self.check_open()  # the owner may have closed it between two attempts
        if self._session is None:
            self._session = self._new(self._connections.max_connections)
        return self._session

    def _open_unlimited(self) -> aiohttp.ClientSession:
        """Give a session of its own, as streams are not to take the connections of others."""
        self.check_open()
        if not self._owned:
            return self._open()
        if self._unlimited is None:
            self._unlimited = self._new(0)
        return self._unlimited

    def _new(self, limit: int) -> aiohttp.ClientSession:
        context = self._connections.ssl_context
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=limit, keepalive_timeout=_KEEP_ALIVE, ssl=True if context is None else context
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def __del__(self) -> None:
        """Warn about sessions of our own that were opened and never closed, and let go of them."""
        left = [] if self.closed else [one for one in self._own() if not one.closed]
        if not left:
            return
        warnings.warn(
            "unclosed AsyncPortkey: use it with `async with`, or `await client.close()` when "
            "nothing needs it any more",
            ResourceWarning,
            source=self,
            stacklevel=2,
        )
        for stream in tuple(self._streams):
            stream.close()
        for session in left:
            _abandon(session)


def _abandon(session: aiohttp.ClientSession) -> None:
    """Let go of a session that nobody closes any more."""
    # What aiohttp would say of its own classes would only repeat it. Its sockets are closed in
    # the first step of close(); nobody is left to await the others.
    connector = cast("aiohttp.TCPConnector", session.connector)  # as _new makes it
    session.detach()
    closing = connector.close()
    with contextlib.suppress(StopIteration, RuntimeError):
        closing.send(None)
    closing.close()


@functools.lru_cache
def _client_timeout(limits: Timeout, *, tunnel: bool, streaming: bool) -> aiohttp.ClientTimeout:
    # sock_connect ends where the proxy is reached. `connect` covers the tunnel, and the wait for a
    # free connection too.
    return aiohttp.ClientTimeout(
        total=None,
        connect=limits.connect if tunnel else None,
        sock_connect=limits.connect,
        # After it, aiohttp reads no more of a stream, which may only be silent.
        sock_read=None if streaming else limits.read,
    )


class _Stream:
    """The body of a response of aiohttp."""

    def __init__(
        self, response: aiohttp.ClientResponse, options: Options, open_ones: set[_Stream]
    ) -> None:
        self._response = response
        self._options = options
        self._open_ones = open_ones
        open_ones.add(self)

    async def read(self) -> bytes:
        content = self._response.content
        try:
            return b"" if content.at_eof() else await content.readany()
        except (aiohttp.ClientError, OSError) as error:
            # What came before the connection was lost; aiohttp raises first, and nothing public
            # gives it.
            buffer = getattr(content, "_buffer", None)
            if buffer:
                pieces = b"".join(bytes(piece) for piece in buffer)
                skipped = getattr(content, "_buffer_offset", 0)
                buffer.clear()
                return pieces[skipped:]
            failure = _failure(error, self._options, written=True)
        raise failure

    def close(self) -> None:
        if self in self._open_ones:
            self._open_ones.remove(self)
            self._response.close()
            del self._response  # where the loop has ended, only the collector closes its socket


def _data(body: bytes | None) -> bytes | BytesIO | None:
    # aiohttp warns of larger ones, as it writes bytes in one go.
    return body if body is None or len(body) <= 1024 * 1024 else BytesIO(body)


def _has_proxy(session: aiohttp.ClientSession) -> bool:
    # Nothing public tells of a caller's proxy. Without the name, it would only be less exact.
    return session.trust_env or getattr(session, "_default_proxy", None) is not None


def _headers(request: Request, options: Options, proxy: Proxy | None) -> CIMultiDict[str]:
    headers = CIMultiDict(request.headers)
    if request.body is not None:
        headers["content-type"] = "application/json"
    headers.update(options.headers)  # the caller's own win
    if proxy is not None and proxy.authorization and options.base_url.startswith("http:"):
        headers["proxy-authorization"] = proxy.authorization  # there is no tunnel to ask for
    return headers


def _proxy_headers(proxy: Proxy | None) -> CIMultiDict[str] | None:
    if proxy is None or proxy.authorization is None:
        return None
    return CIMultiDict({"proxy-authorization": proxy.authorization})


def _maybe_written(
    request: Request, tracker: aiohttp.UploadTracker, error: Exception | None = None
) -> bool:
    """Tell whether the server may have seen a request that got no response."""
    if tracker.attempts == 0:  # mocked, or refused before aiohttp came to it
        return not isinstance(error, _NEVER_SENT)
    upload = tracker.upload_complete
    finished = upload.done() and not upload.cancelled() and upload.exception() is None
    return tracker.attempts > 1 or finished or len(request.body or b"") > _WRITTEN_AT_ONCE


async def _read(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """Read a body of at most *most* bytes; of an error, what comes of it, up to a bound.

    What an error says is worth more than that it was cut, or too long.

    Returns:
        The body, and whether it was cut.
    """
    success = is_success(response.status)
    most = most if success else min(most, _LONGEST_ERROR)
    pieces: list[bytes] = []
    length, cut = 0, False
    try:
        while length <= most and not response.content.at_eof():
            # Not `read()`: it would inflate all of a gzip bomb before anything is counted.
            pieces.append(await response.content.readany())
            length += len(pieces[-1])
    except aiohttp.ClientError:
        if success:
            raise
        cut = True
    if length > most:
        response.close()
        if success:
            raise APIResponseValidationError(
                f"the response is longer than {most} bytes, the limit that max_response_bytes sets",
                status=response.status,
            )
        cut = True
    return b"".join(pieces)[:most], cut


def _failure(error: Exception, options: Options, *, written: bool) -> APIConnectionError:
    """Say what went wrong on the way, and whether the request may have arrived."""
    failure: APIConnectionError
    timeout = options.timeout
    reason = clean(str(error)) or type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        failure = APITimeoutError(f"no connection within {timeout.connect} s")
    elif isinstance(error, aiohttp.ServerTimeoutError):
        failure = APITimeoutError(f"nothing came for {timeout.read} s")
    elif isinstance(error, TimeoutError):
        failure = APITimeoutError(f"no response in time: {reason}")
    elif isinstance(error, aiohttp.ClientPayloadError):
        failure = APIConnectionError(f"the response was cut or garbled: {reason}")
    elif isinstance(error, aiohttp.ClientHttpProxyError):
        failure = APIConnectionError(
            f"the proxy refused the tunnel: {error.status} {error.message}"
        )
        failure.proxy_status = error.status
    elif isinstance(error, aiohttp.ClientResponseError):
        failure = APIConnectionError(_unreadable(error))
    elif written:
        failure = APIConnectionError(f"the connection was lost: {reason}")
    else:
        failure = APIConnectionError(f"no connection: {reason}")
    failure.may_have_executed = written
    # aiohttp shows a URL as it is, in the arguments of a caller's hooks too.
    secret_url = any(isinstance(value, Secret) for value in options.query.values())
    failure.__cause__ = _cause(error, frames=not secret_url)
    return failure


def _unreadable(error: aiohttp.ClientResponseError) -> str:
    if error.message.startswith(("Got more than", "Too many headers")):
        return (
            f"the response headers are too large: more than {_LONGEST_HEADER} bytes in one, or "
            f"more than {_MOST_HEADERS} of them"
        )
    return f"the response is not HTTP: {error.message}"


def _cause(error: Exception, *, frames: bool) -> BaseException | None:
    """Give what may be shown of an error as the cause of ours."""
    if isinstance(error, aiohttp.ClientResponseError):
        return None  # its repr shows the headers that were sent
    cause: BaseException = error
    if isinstance(error, aiohttp.ClientConnectorError) and _has_proxy_key(error):
        cause = error.os_error  # the error itself shows the proxy's user and password
    link: BaseException | None = cause
    while link is not None:
        # aiohttp's frames hold headers and tell nothing; those of a caller's code do.
        shown = frames and not isinstance(link, aiohttp.ClientError | OSError)
        link.__traceback__ = _foreign(link.__traceback__) if shown else None
        link = link.__cause__ or link.__context__
    return cause


def _has_proxy_key(error: aiohttp.ClientConnectorError) -> bool:
    return any(getattr(part, "proxy", None) is not None for part in error.args)


def _foreign(frames: TracebackType | None) -> TracebackType | None:
    """Give the frames from the first one on that is neither ours nor aiohttp's."""
    while frames is not None:
        module = str(frames.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] not in {"aiohttp", "portkey_async"}:
            break
        frames = frames.tb_next
    return frames


def _is_plain_value_error(error: Exception) -> bool:
    return isinstance(error, ValueError) and not isinstance(error, aiohttp.ClientError | OSError)


def _unfit_session(session: aiohttp.ClientSession, error: Exception) -> ConfigurationError:
    """Say why a caller's session refuses a request, as one with auth= beside authorization does."""
    netrc = (
        "; with trust_env=True a session reads the netrc file, which has an entry for this host"
        if session.trust_env and "AUTH" in str(error)
        else ""
    )
    return ConfigurationError(f"session cannot send this request: {error}{netrc}")


@contextlib.contextmanager
def _quietly() -> Generator[None]:
    """Let the sockets of a loop that has ended go: only the garbage collector can close them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
