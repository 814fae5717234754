"""The benchmark server: answers built beforehand, looked up by a slice of the request.

`python -m benchmarks._server COUNT DELAY` prints its port on one line and serves until its standard
input ends, each answer after DELAY seconds.
`GET /usage` tells what it did: `{"requests": …, "cpu": …}`.
"""

import asyncio
import contextlib
import functools
import gc
import json
import sys
import time

from typing_extensions import override

from benchmarks._dataset import encode, identifier, pages

_END_OF_HEADERS = b"\r\n\r\n"
_DELETED = b'{"id": "%b", "object": "assistant.deleted", "deleted": true}'
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

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(_END_OF_HEADERS)
        for request in requests:
            answer = self._answers.find(request)
            if self._delay:
                loop = asyncio.get_running_loop()
                loop.call_later(self._delay, self._transport.write, answer)
            else:
                self._transport.write(answer)


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
