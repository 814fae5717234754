"""The benchmark server: answers built beforehand, looked up by a slice of the request.

`python -m benchmarks._server COUNT DELAY` prints its port on one line and serves until its standard
input ends, each answer after DELAY seconds.
A run on a thread streams what the id of the thread says, see `_streams`, and ends the connection.
`GET /usage` tells what it did: `{"requests": …, "cpu": …}`.
"""

import asyncio
import contextlib
import functools
import gc
import json
import re
import sys
import time

from typing_extensions import override

from benchmarks._dataset import encode, identifier, pages
from benchmarks._streams import events

_END_OF_HEADERS = b"\r\n\r\n"
_DELETED = b'{"id": "%b", "object": "assistant.deleted", "deleted": true}'
_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Answers:
    """Every response the server can give, as the bytes that go over the wire."""

    def __init__(self, count: int) -> None:
        """Build the pages of *count* assistants in both orders, and each assistant by itself."""
        encoded = encode(count)
        self.requests = 0
        self._answers = {
            b"/" + identifier(index).encode(): _response(body) for index, body in enumerate(encoded)
        }
        for order, indices in (("asc", range(count)), ("desc", range(count)[::-1])):
            after = ""
            for page in pages(encoded, indices):
                self._answers[f"{order}:{after}".encode()] = _response(page)
                after = json.loads(page)["last_id"]

    def find(self, request: bytes) -> bytes:
        """Return the answer to the request whose first line *request* starts with."""
        if request.startswith(b"GET /usage "):
            usage = {"requests": self.requests, "cpu": time.process_time()}
            return _response(json.dumps(usage).encode())
        self.requests += 1
        key = key_of(request)
        if request.startswith(b"DELETE ") and key in self._answers:
            return _response(_DELETED % key[1:])  # and keep it for the next contestant
        return self._answers.get(key, _NOT_FOUND)


def key_of(request: bytes) -> bytes:
    """Return what a request asks for: `/ID` for one assistant, `ORDER:AFTER` for a page."""
    _, target, _ = request.split(b" ", 2)
    path, question, query = target.partition(b"?")
    if not question:
        return path[path.rindex(b"/") :]
    order = b"asc" if b"order=asc" in query else b"desc"
    _, _, after = query.partition(b"after=")
    return order + b":" + after.partition(b"&")[0]


def _length(request: bytes) -> int:
    found = re.search(rb"content-length: (\d+)", request, re.IGNORECASE)
    return int(found[1]) if found else 0


def _response(body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._received = b""
        self._posted = b""
        self._streaming: asyncio.Task[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(_END_OF_HEADERS)
        for request in requests:
            if request.startswith(b"POST "):
                self._posted = request
                break
            answer = self._answers.find(request)
            if self._delay:
                loop = asyncio.get_running_loop()
                loop.call_later(self._delay, self._transport.write, answer)
            else:
                self._transport.write(answer)
        # To hang up before a body is read would reset the connection.
        if self._posted and len(self._received) >= _length(self._posted):
            self._answers.requests += 1
            self._streaming = asyncio.create_task(self._stream(self._posted))
            self._posted = b""

    async def _stream(self, request: bytes) -> None:
        """Send the events of a run, then hang up."""
        _, count, rate = request.split(b"/")[3].split(b"_")
        self._transport.write(_STREAM)
        pieces = events(int(count))
        if int(rate):
            for piece in pieces:
                self._transport.write(piece)
                await asyncio.sleep(1 / int(rate))
        else:
            self._transport.write(b"".join(pieces))
        self._transport.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._streaming is not None:
            self._streaming.cancel()


async def serve(count: int, delay: float) -> None:
    """Serve *count* assistants, each answer after *delay* seconds, until standard input ends."""
    answers = Answers(count)
    gc.freeze()
    make_connection = functools.partial(_Connection, answers, delay)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make_connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # the parent's Ctrl-C ends standard input too
        asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
