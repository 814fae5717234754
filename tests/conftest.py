"""What holds for every test: no settings from outside, and no credential in sight."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Callable, Generator, Iterator, Mapping

import pytest
from aioresponses import aioresponses
from hypothesis import HealthCheck, settings
from support.gateway import Gateway, missing_tools, running_gateway
from support.secrecy import Watch
from support.wire import mocked_wire

from portkey_async import PortkeyError

# No example may fail for being slow: a busy machine is no fault of the code.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# By `--hypothesis-profile brief`: for one run more, on another Python or event loop.
settings.register_profile("brief", settings.get_profile("suite"), max_examples=20)
settings.load_profile("suite")

_logger = logging.getLogger("portkey_async")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which event loop the tests run on."""
    parser.addoption("--event-loop", choices=["asyncio", "uvloop"], default="asyncio")


def pytest_configure(config: pytest.Config) -> None:
    """Have every test on that loop, and what tests start by `asyncio.run`."""
    # A shell has its jobs in the background ignore it, and so would the commands that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--event-loop") == "uvloop":
        config.pluginmanager.register(_Uvloop(), "uvloop")


class _Uvloop:
    """Makes the event loops of the suite; those in virtual time stay as they are."""

    def __init__(self) -> None:
        import uvloop  # noqa: PLC0415  # Windows has none

        self._factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
        # What `asyncio.run` and `asyncio.Runner` call; a policy would be deprecated in Python 3.14.
        asyncio.events.new_event_loop = self._factory
        asyncio.runners.events.new_event_loop = self._factory  # type: ignore[attr-defined]

    def pytest_asyncio_loop_factories(
        self,
    ) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
        """Tell pytest-asyncio."""
        return {"uvloop": self._factory}


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


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """A running gateway; skips where Node is missing, and fails there under CI."""
    if missing := missing_tools():
        reason = f"the real gateway needs {' and '.join(missing)}, not installed here"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running_gateway() as running:
        yield running


@pytest.hookimpl(tryfirst=True)  # pytest-xdist looks for the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Send all tests that use the gateway to one worker, so that it is installed once."""
    for item in items:
        if "gateway" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("gateway"))


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: many tests ask it for a whole collection."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the gateway printed where a test of it failed."""
    report = yield
    running = getattr(item, "funcargs", {}).get("gateway")
    if report.failed and running is not None:
        report.sections.append(("gateway output", running.output()[-4000:]))
    return report
