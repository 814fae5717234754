"""What holds for every test: no settings from outside, and no credential in sight."""

import logging
import os
from collections.abc import Iterator
from inspect import signature
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import ClientResponse
from aioresponses import aioresponses
from support.secrecy import Watch

from portkey_async import PortkeyError

_logger = logging.getLogger("portkey_async")


class _Response(ClientResponse):
    """A response as aioresponses makes it: since aiohttp 3.14, one needs a stream writer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0)} | kwargs)


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """Sessions of aiohttp answer what the test says; nothing goes over a network."""
    if "stream_writer" in signature(ClientResponse.__init__).parameters:
        monkeypatch.setattr("aioresponses.core.ClientResponse", _Response)
    with aioresponses() as mock:
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
