"""What all tests of moving house share: no waits, and an account that has everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.moving import FAST, furnish

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer
from portkey_async.transfer import _doubts, _make, _patience


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of this machine need no grace."""
    monkeypatch.setattr(_doubts, "GRACE", 0.0)
    monkeypatch.setattr(_make, "PAUSE", 0.0)
    monkeypatch.setattr(_patience, "FIRST_WAIT", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the dump goes."""
    return tmp_path / "backup.jsonl"


@pytest.fixture
async def old() -> AsyncIterator[PortkeyServer]:
    """The account that is left: 250 assistants, 3 threads with messages, and it lists threads."""
    async with PortkeyServer(assistants=250, dialect="threads-listed") as server:
        furnish(server)
        yield server


@pytest.fixture
async def source(old: PortkeyServer) -> AsyncIterator[AsyncPortkey]:
    """Its client."""
    async with old.client(retry=FAST) as client:
        yield client


@pytest.fixture
async def new() -> AsyncIterator[PortkeyServer]:
    """The account that is moved to: it is empty."""
    async with PortkeyServer(seed=1) as server:
        yield server


@pytest.fixture
async def target(new: PortkeyServer) -> AsyncIterator[AsyncPortkey]:
    """Its client."""
    async with new.client(retry=FAST) as client:
        yield client
