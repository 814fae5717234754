"""A server for the commands, and an environment in which they find it."""

from collections.abc import Iterator

import pytest
from command_line.calling import settings

from portkey_async.testing import PortkeyServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PortkeyServer]:
    """A server with five assistants, which the environment leads to."""
    with PortkeyServer(assistants=5) as running:
        for name, value in settings(running).items():
            monkeypatch.setenv(name, value)
        yield running
