"""Fixtures of the kit's own tests."""

import os
import socket
from collections.abc import AsyncGenerator, Generator

import pytest
from support.gateway import Gateway, missing_tools, running_gateway

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


@pytest.fixture(scope="package")
def gateway() -> Generator[Gateway]:
    """The real gateway; skips where Node is missing, and fails there under CI."""
    if missing := missing_tools():
        reason = f"the real gateway needs {' and '.join(missing)}, not installed here"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_gateway() as running:
        yield running
