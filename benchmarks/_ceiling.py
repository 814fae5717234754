"""How fast the server can be: a raw socket client that neither parses HTTP nor decodes JSON.

`python -m benchmarks._ceiling PORT pages|calls COUNT CONNECTIONS` prints `{"wall": seconds}`. A
contestant that comes near this would be measuring the server.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator

from typing_extensions import override

from benchmarks._dataset import PAGE_SIZE, identifier


def requests(kind: str, count: int) -> Iterator[bytes]:
    """Yield *count* requests: for the pages of a listing, or for single assistants."""
    for number in range(count):
        if kind == "calls":
            target = f"/{identifier(number)}"
        else:
            after = f"&after={identifier(number * PAGE_SIZE - 1)}" if number else ""  # known ahead
            target = f"?limit={PAGE_SIZE}&order=asc{after}"
        yield f"GET /v1/assistants{target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class _Pump(asyncio.Protocol):
    """One connection: sends the next request as soon as the answer to the last one is complete."""

    def __init__(self, queue: Iterator[bytes]) -> None:
        self._queue = queue
        self._missing = 0
        self.done = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    @override
    def data_received(self, data: bytes) -> None:
        if not self._missing:  # the answer's first bytes; the server writes its head in one piece
            head, _, _ = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            self._missing = len(head) + 4 + int(head.rpartition(b" ")[2])
        self._missing -= len(data)
        if not self._missing:
            self._send()

    def _send(self) -> None:
        request = next(self._queue, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)


async def _pump(port: int, kind: str, count: int, connections: int) -> float:
    loop = asyncio.get_running_loop()
    queue = iter(list(requests(kind, count)))
    started = time.perf_counter()
    pumps = [
        (await loop.create_connection(lambda: _Pump(queue), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(pump.done for pump in pumps))
    return time.perf_counter() - started


if __name__ == "__main__":
    _port, _kind, _count, _connections = sys.argv[1:]
    wall = asyncio.run(_pump(int(_port), _kind, int(_count), int(_connections)))
    print(json.dumps({"wall": wall}))
