"""One HTTP call to a server of the kit, made without the client that the kit is to test."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import aiohttp

from portkey_async.testing import PortkeyServer

BEARER = {"Authorization": "Bearer pk-test", "OpenAI-Beta": "assistants=v2"}
ROUTED = {
    "x-portkey-api-key": "pk-test",
    "x-portkey-virtual-key": "openai-prod",
    "OpenAI-Beta": "assistants=v2",
}


class Got(NamedTuple):
    """What came back."""

    status: int
    payload: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """The error in OpenAI's shape."""
        return self.payload["error"]


async def call(  # noqa: PLR0913  # what a request consists of
    server: PortkeyServer,
    method: str,
    path: str,
    json: Any = None,
    *,
    headers: Mapping[str, str] = BEARER,
    data: Any = None,
) -> Got:
    """Make one call on a connection of its own; *path* is relative to the server's base URL."""
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(
            method, server.base_url + path, json=json, data=data, allow_redirects=False
        ) as response,
    ):
        payload = await response.json() if response.content_type == "application/json" else None
        return Got(response.status, payload, response.headers)


async def create(server: PortkeyServer, **settings: Any) -> dict[str, Any]:
    """Create an assistant and return its payload."""
    got = await call(server, "POST", "/assistants", {"model": "gpt-4o"} | settings)
    assert got.status == 200, got.payload
    payload: dict[str, Any] = got.payload
    return payload


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in the server
            await asyncio.sleep(0.001)
