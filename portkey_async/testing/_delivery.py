"""How an answer goes out on the wire, properly or broken in one of the ways of real networks."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping

from aiohttp.web import BaseRequest, Response, StreamResponse
from attrs import frozen

_CHUNK = b" " * 65536
_NO_LINGER = struct.pack("ii", 1, 0)


@frozen
class Reply:
    """An answer in bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Deliver = Callable[[BaseRequest, Reply], Awaitable[StreamResponse]]


async def send(_request: BaseRequest, reply: Reply) -> StreamResponse:
    """Send the reply as it is."""
    return Response(status=reply.status, headers=reply.headers, body=reply.body)


async def send_reset(request: BaseRequest, reply: Reply) -> StreamResponse:
    """Reset the connection before a byte of the reply."""
    transport = _transport(request)
    # Without lingering, closing sends a TCP reset instead of an orderly end.
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    return Response(status=reply.status)


async def send_truncated(request: BaseRequest, reply: Reply) -> StreamResponse:
    """Announce the whole body, send half of it and close the connection."""
    response = await _begin(request, reply, len(reply.body))
    await response.write(reply.body[: len(reply.body) // 2])
    _transport(request).close()
    return response


async def send_malformed(request: BaseRequest, reply: Reply) -> StreamResponse:
    """Send, as a complete body, JSON that lacks its end."""
    return await send(request, Reply(reply.status, reply.headers, reply.body[:-1]))


async def send_slowly(request: BaseRequest, reply: Reply, seconds: float) -> StreamResponse:
    """Send headers and half the body at once, the rest *seconds* later."""
    half = len(reply.body) // 2
    response = await _begin(request, reply, len(reply.body))
    await response.write(reply.body[:half])
    await asyncio.sleep(seconds)
    await response.write(reply.body[half:])
    return response


async def send_oversized(request: BaseRequest, reply: Reply, size: int) -> StreamResponse:
    """Send the body filled up with spaces, which leaves it valid JSON, to *size* bytes."""
    missing = max(0, size - len(reply.body))
    response = await _begin(request, reply, len(reply.body) + missing)
    await response.write(reply.body)
    while missing:
        chunk = _CHUNK[:missing]
        await response.write(chunk)
        missing -= len(chunk)
    return response


def _transport(request: BaseRequest) -> asyncio.Transport:
    if request.transport is None:
        raise ConnectionResetError("the client has gone")
    return request.transport


async def _begin(request: BaseRequest, reply: Reply, length: int) -> StreamResponse:
    response = StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = length
    await response.prepare(request)
    return response
