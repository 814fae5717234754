"""A client that goes through the real gateway to a server of ours."""

from collections.abc import AsyncIterator

import pytest
from support.gateway import Gateway

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer


@pytest.fixture
async def upstream() -> AsyncIterator[PortkeyServer]:
    """The server that the gateway passes requests on to."""
    async with PortkeyServer(assistants=5) as server:
        yield server


@pytest.fixture
async def client(gateway: Gateway, upstream: PortkeyServer) -> AsyncIterator[AsyncPortkey]:
    """A client of the gateway that names the upstream in its headers."""
    async with AsyncPortkey(
        base_url=gateway.base_url,
        provider="openai",
        authorization=upstream.api_key,
        custom_host=upstream.base_url,
    ) as through:
        yield through
