"""A loopback server of raw bytes, for everything that a proper HTTP server refuses to do."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Self

import attrs

LARGEST_HEAD = 64 * 1024
#: Of the loop, that a connection takes from being accepted to being in a script's hands.
_TURNS = 5


@attrs.frozen
class RawRequest:
    """A request as it was received; the names of its headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One accepted connection, in the hands of a script."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold both directions of the connection."""
        self._reader = reader
        self._writer = writer
        self.requests = 0

    async def receive(self) -> RawRequest | None:
        """Read the next request whole, or None where the client sends no more."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            start, *lines = head.decode("latin-1").split("\r\n")[:-2]
            method, target, _ = start.split(" ")
            pairs = (line.split(":", 1) for line in lines)
            headers = {name.lower(): value.strip() for name, value in pairs}
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        self.requests += 1
        return RawRequest(method, target, headers, body)

    async def send(self, data: bytes) -> None:
        """Send *data* as it is; a client that is gone is no error."""
        if self._writer.is_closing():
            return
        with contextlib.suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def relay(self, port: int) -> None:
        """Hand everything on to a port of this machine, and back, until either side ends."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ways = [(self._reader, writer), (reader, self._writer)]
        tasks = [asyncio.create_task(_copy(source, target)) for source, target in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.transport.abort()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def gone(self) -> None:
        """Wait until the client has closed its side."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(65536):
                pass

    def reset(self) -> None:
        """End the connection with RST; what was not received yet is lost."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def abort(self) -> None:
        """End the connection at once, without sending what is still buffered."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """End the connection in order."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()


Script = Callable[[Connection], Awaitable[None]]


class RawServer:
    """Runs *script* for every connection and closes the connection when the script returns."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        """Nothing listens before ``async with``."""
        self._script = script
        self._tls = tls
        self._running: set[asyncio.Task[None]] = set()
        self._failed: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.port = 0
        self.accepted = 0

    async def all_closed(self) -> None:
        """Wait until no connection is open."""
        await self._idle.wait()

    async def __aenter__(self) -> Self:
        """Listen on a free loopback port."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, limit=LARGEST_HEAD, backlog=512, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening, end every connection still open, and raise what a script raised."""
        assert self._server is not None
        for _ in range(_TURNS):  # one that has just been accepted would outlive the server
            await asyncio.sleep(0)
        self._server.close()
        running = tuple(self._running)
        for task in running:
            task.cancel()
        outcomes = await asyncio.gather(*running, *self._failed, return_exceptions=True)
        await self._server.wait_closed()
        failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if failures:
            raise ExceptionGroup("a script of the raw server failed", failures)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        self.accepted += 1
        self._idle.clear()
        task = asyncio.create_task(self._run(connection))
        self._running.add(task)
        task.add_done_callback(partial(self._finish, connection))

    async def _run(self, connection: Connection) -> None:
        await self._script(connection)
        await connection.close()

    def _finish(self, connection: Connection, task: asyncio.Task[None]) -> None:
        connection.abort()  # here, since a task that is cancelled early never begins
        self._running.discard(task)
        if not self._running:
            self._idle.set()
        if not task.cancelled() and task.exception() is not None:
            self._failed.append(task)
