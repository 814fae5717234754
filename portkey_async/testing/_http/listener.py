"""Listens on a port and, when told to stop, leaves no connection and no task behind."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from attrs import define, field

RequestHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_GARBAGE: Final = (HttpProcessingError, web.RequestPayloadError)
_BACKLOG: Final = 1024
_PATIENCE: Final = 1.0


def _is_no_garbage(record: logging.LogRecord) -> bool:
    """Whether a log record is about anything else than bytes that are no HTTP."""
    return not (record.exc_info and isinstance(record.exc_info[1], _GARBAGE))


async def _turns() -> None:
    """Let three turns of the loop pass."""
    for _ in range(3):
        await asyncio.sleep(0)


@define
class Listener:
    """An HTTP server on one port, made by `listen`."""

    port: int
    _server: asyncio.Server
    _connections: web.Server
    _tasks: set[asyncio.Task[None]] = field(factory=set[asyncio.Task[None]])

    @classmethod
    async def listen(
        cls, handler: RequestHandler, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> Self:
        """Serve *handler* on *host* and *port*; 0 takes a free one, *tls* makes it https.

        Raises:
            OSError: The port is taken, or the host is not this machine's.
        """
        tasks: set[asyncio.Task[None]] = set()

        async def tracked(request: web.BaseRequest) -> web.StreamResponse:
            # Kept here: a request forgets its task when it ends.
            task = request.task
            tasks.add(task)
            try:
                return await handler(request)
            finally:
                tasks.discard(task)

        # A logger of its own: what clients send is no news for the log of their tests.
        logger = logging.Logger("portkey_async.testing")  # noqa: LOG001
        logger.addFilter(_is_no_garbage)
        connections = web.Server(tracked, access_log=None, logger=logger)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(connections, host, port, backlog=_BACKLOG, ssl=tls)
        return cls(server.sockets[0].getsockname()[1], server, connections, tasks)

    async def close(self) -> None:
        """Stop listening, end every request and connection, and wait for them."""
        loop = asyncio.get_running_loop()
        for listening in self._server.sockets:
            loop.remove_reader(listening)
        # A connection accepted a moment ago needs these turns of the loop to become known; to a
        # server that is closed it would be lost, open (python/cpython#109564).
        await _turns()
        self._server.close()
        transports = [connection.transport for connection in self._connections.connections]
        self._connections.pre_shutdown()
        for task in self._tasks:
            task.cancel()
        await self._connections.shutdown(timeout=_PATIENCE)
        for transport in filter(None, transports):
            # What is closed for good cannot be aborted any more.
            if transport.get_write_buffer_size() or not transport.is_closing():
                transport.abort()
        # An aborted transport closes its socket in the next turn, which may be the loop's last.
        await _turns()
        await self._server.wait_closed()
