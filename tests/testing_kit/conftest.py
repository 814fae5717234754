"""Fixtures of the kit's own tests."""

import socket
from collections.abc import AsyncGenerator

import pytest

from portkey_async.testing import PortkeyServer


@pytest.fixture
async def server() -> AsyncGenerator[PortkeyServer]:
    """A running server that holds nothing, with a clock that stands still."""
    async with PortkeyServer(clock=lambda: 1_700_000_000.9) as running:
        yield running


@pytest.fixture
def unused_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
