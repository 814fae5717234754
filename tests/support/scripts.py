"""Scripts for the raw server, and clients of it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from support.credentials import API_KEY
from support.raw_server import Connection, RawRequest, RawServer, Script

from portkey_async import AsyncPortkey

#: Answers one request on its connection.
Respond = Callable[[Connection, RawRequest], Awaitable[None]]


def client_of(server: RawServer, **options: Any) -> AsyncPortkey:
    """Make a client of a raw server."""
    url = f"http://127.0.0.1:{server.port}/v1"
    return AsyncPortkey(**{"api_key": API_KEY, "base_url": url} | options)


def each(respond: Respond, received: list[RawRequest] | None = None) -> Script:
    """Have every request answered by *respond*, and noted in *received*."""
    return partial(_serve, respond, [] if received is None else received)


def always(answer: bytes, received: list[RawRequest] | None = None) -> Script:
    """Answer every request with the same bytes."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(answer)

    return each(respond, received)


async def _serve(respond: Respond, received: list[RawRequest], connection: Connection) -> None:
    while (request := await connection.receive()) is not None:
        received.append(request)
        await respond(connection, request)
