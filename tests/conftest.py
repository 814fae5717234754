"""What holds for every test: no settings from outside, and no credential in sight."""

import logging
import os
from collections.abc import Iterator

import pytest
from aioresponses import aioresponses
from support.secrecy import Watch
from support.wire import mocked_wire

from portkey_async import PortkeyError

_logger = logging.getLogger("portkey_async")


@pytest.fixture
def mocked() -> Iterator[aioresponses]:
    """Sessions of aiohttp answer what the test says; nothing goes over a network."""
    with mocked_wire() as mock:
        yield mock


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own PORTKEY_* variables change nothing."""
    for name in [name for name in os.environ if name.startswith("PORTKEY_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """Sees every log record and every error of the package, in the whole session."""
    watch = Watch()

    def made(error: PortkeyError, *args: object) -> None:
        super(PortkeyError, error).__init__(*args)
        watch.saw(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PortkeyError, "__init__", made)
        _logger.addFilter(watch)
        yield watch
        _logger.removeFilter(watch)


@pytest.fixture(autouse=True)
def _no_credential_shows(watch: Watch, request: pytest.FixtureRequest) -> Iterator[None]:
    """No log record and no error of the test holds a credential, nor does a frame's local."""
    level = _logger.level
    _logger.setLevel("DEBUG")
    watch.passing = "caplog" in request.fixturenames
    yield
    _logger.setLevel(level)
    assert watch.leaks() == []
