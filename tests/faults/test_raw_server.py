"""The raw server does what its scripts say, seen through bare sockets."""

import asyncio
import socket

import pytest
from faults.exchange import End, Point, chunked, dribble, gzipped, head, message
from support.leaks import nothing_leaks
from support.raw_server import Connection, RawServer

ASK = b"POST /v1/x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
ANSWER = message(200, b'{"a":1}')


async def _ask(server: RawServer) -> bytes:
    """Everything that comes back for one request, up to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(ASK)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.transport.abort()


async def test_requests_are_read_whole_and_in_turn() -> None:
    """A script sees method, target, headers and body of each request on a connection."""
    seen = []

    async def script(connection: Connection) -> None:
        while request := await connection.receive():
            seen.append((request, connection.requests))
            await connection.send(ANSWER)

    async with RawServer(script) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ASK + ASK)
        assert await reader.readexactly(2 * len(ANSWER)) == 2 * ANSWER
        writer.close()
        await writer.wait_closed()
    (first, one), (second, two) = seen
    assert (first.method, first.target, first.body) == ("POST", "/v1/x", b"body")
    assert first.headers["host"] == "h"
    assert first == second
    assert (one, two) == (1, 2)
    assert server.accepted == 1


@pytest.mark.parametrize("point", Point)
async def test_a_cut_sends_its_part_and_no_more(point: Point) -> None:
    """Exactly the bytes before the point arrive, then the end of the stream."""

    async def script(connection: Connection) -> None:
        await connection.receive()
        await connection.send(point.of(ANSWER))
        await End.CLOSE.of(connection)

    async with RawServer(script) as server:
        got = await _ask(server)
    assert got == point.of(ANSWER)
    assert ANSWER.startswith(got)
    assert len(got) < len(ANSWER)


async def test_points_lie_in_order() -> None:
    """Each point keeps more of the answer than the one before."""
    lengths = [len(point.of(ANSWER)) for point in Point]

    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize("read_first", [True, False])
async def test_a_reset_is_a_reset(*, read_first: bool) -> None:
    """The client's socket reports ECONNRESET, whether or not its request was read."""

    async def script(connection: Connection) -> None:
        if read_first:
            await connection.receive()
        connection.reset()

    async with RawServer(script) as server:
        with pytest.raises(ConnectionResetError):
            await _ask(server)


async def test_a_stall_lasts_until_the_client_leaves() -> None:
    """Nothing more comes, and the server notices that the client has gone."""

    async def script(connection: Connection) -> None:
        await connection.receive()
        await End.STALL.of(connection)
        left.set()

    left = asyncio.Event()
    async with RawServer(script) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ASK)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.02)
        assert not left.is_set()
        writer.close()
        await writer.wait_closed()
        await asyncio.wait_for(left.wait(), 5)


async def test_dribbling_sends_single_bytes_and_stops_with_the_client() -> None:
    """Bytes come one at a time, and no task of the server outlives the client."""

    async def script(connection: Connection) -> None:
        await connection.receive()
        await dribble(connection, ANSWER, 0.001)

    async with RawServer(script) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ASK)
        assert await reader.readexactly(5) == ANSWER[:5]
        writer.close()
        await writer.wait_closed()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_sending_to_a_client_that_left_is_no_error() -> None:
    """A flood ends quietly when its reader goes away."""

    async def script(connection: Connection) -> None:
        await connection.receive()
        for _ in range(200):
            await connection.send(b"x" * 65536)
        done.set()

    done = asyncio.Event()
    async with RawServer(script) as server:
        _reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ASK)
        await writer.drain()
        writer.transport.abort()
        await asyncio.wait_for(done.wait(), 5)


async def test_a_script_that_fails_fails_the_test() -> None:
    """An exception in a script is raised when the server ends."""

    async def script(connection: Connection) -> None:
        await connection.receive()
        raise LookupError("a bug of the script")

    with pytest.raises(ExceptionGroup) as caught:
        async with RawServer(script) as server:
            assert await _ask(server) == b""
    assert caught.group_contains(LookupError, match="a bug of the script")


async def test_stopping_ends_what_is_open() -> None:
    """Connections that stall do not hold the server's end up, nor their descriptors."""

    async def script(connection: Connection) -> None:
        await connection.gone()

    async with nothing_leaks():
        async with RawServer(script) as server:
            opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(5)]
        for reader, writer in opened:
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            await writer.wait_closed()
        await asyncio.wait_for(server.all_closed(), 5)


async def test_stopping_ends_what_has_just_arrived() -> None:
    """A connection that no script has begun with is closed too: its descriptor does not stay."""

    async def script(connection: Connection) -> None:
        await connection.gone()

    async with nothing_leaks():
        for turns in range(8):
            async with RawServer(script) as server:
                clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
                for _ in range(turns):
                    await asyncio.sleep(0)
            for client in clients:
                client.close()


async def test_all_closed_waits_for_the_clients() -> None:
    """It returns when the last client has gone, and not before."""

    async def script(connection: Connection) -> None:
        await connection.gone()

    async with RawServer(script) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(server.all_closed(), 0.02)
        writer.write_eof()
        await asyncio.wait_for(server.all_closed(), 5)
        assert await reader.read() == b""
        writer.close()


def test_encodings_are_what_http_says() -> None:
    """Chunks and heads are laid out as RFC 9112 does it, gzip starts with its magic number."""
    assert chunked(b"abcde", 4) == b"4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n"
    assert head(503, "A: b") == b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n"
    assert gzipped(b"").startswith(b"\x1f\x8b")
