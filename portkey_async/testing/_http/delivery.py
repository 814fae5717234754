"""How a response goes out on the wire, whole or broken in one of the ways of real networks."""

import asyncio
import socket
import struct
from collections.abc import Mapping

from aiohttp.web import BaseRequest, Response, StreamResponse
from attrs import evolve, frozen

from portkey_async.testing._faults.fault import Fault

_CHUNK = b" " * 65536
_NO_LINGER = struct.pack("ii", 1, 0)


@frozen
class Reply:
    """A response in bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def send(request: BaseRequest, reply: Reply, fault: Fault | None) -> StreamResponse:
    """Send the reply, broken as the fault says."""
    match fault.name if fault else "":
        case "reset":
            return _reset(request, reply)
        case "truncate":
            return await _truncated(request, reply)
        case "malformed":
            return _whole(evolve(reply, body=reply.body[:-1]))
        case "slow_body" if fault:
            return await _slow(request, reply, fault.seconds)
        case "oversized" if fault:
            return await _oversized(request, reply, fault.size)
        case _:
            return _whole(reply)


def transport_of(request: BaseRequest) -> asyncio.Transport:
    """The request's connection.

    Raises:
        ConnectionResetError: It is closed.
    """
    if request.transport is None:
        raise ConnectionResetError("the client has gone")
    return request.transport


def _whole(reply: Reply) -> StreamResponse:
    return Response(status=reply.status, headers=reply.headers, body=reply.body)


def _reset(request: BaseRequest, reply: Reply) -> StreamResponse:
    """Reset the connection before a byte of the reply."""
    transport = transport_of(request)
    # Without lingering, closing sends a TCP reset instead of an orderly end.
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    return Response(status=reply.status)


async def _truncated(request: BaseRequest, reply: Reply) -> StreamResponse:
    """Announce the whole body, send half of it and close the connection."""
    response = await _begin(request, reply, len(reply.body))
    await response.write(reply.body[: len(reply.body) // 2])
    transport_of(request).close()
    return response


async def _slow(request: BaseRequest, reply: Reply, seconds: float) -> StreamResponse:
    """Send headers and half the body at once, the rest *seconds* later."""
    half = len(reply.body) // 2
    response = await _begin(request, reply, len(reply.body))
    await response.write(reply.body[:half])
    await asyncio.sleep(seconds)
    await response.write(reply.body[half:])
    return response


async def _oversized(request: BaseRequest, reply: Reply, size: int) -> StreamResponse:
    """Send the body filled up with spaces, which leaves it valid JSON, to *size* bytes."""
    missing = max(0, size - len(reply.body))
    response = await _begin(request, reply, len(reply.body) + missing)
    await response.write(reply.body)
    while missing:
        chunk = _CHUNK[:missing]
        await response.write(chunk)
        missing -= len(chunk)
    return response


async def _begin(request: BaseRequest, reply: Reply, length: int) -> StreamResponse:
    response = StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = length
    await response.prepare(request)
    return response
