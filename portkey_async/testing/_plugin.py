"""The pytest plugin: a server and a client for each test that asks for them.

It is loaded in every test suite of an environment that has this package, so it imports nothing
but pytest until one of its fixtures is used.
"""

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from portkey_async import AsyncPortkey
    from portkey_async.testing import PortkeyServer

_SETTINGS = ("assistants", "dialect", "fail_rate", "latency", "seed")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"portkey({', '.join(_SETTINGS)}): settings of the portkey_server fixture; all by keyword.",
    )


@pytest.fixture
def portkey_server(request: pytest.FixtureRequest) -> Generator["PortkeyServer"]:
    """A running `PortkeyServer`, set up by `@pytest.mark.portkey(assistants=250, dialect=...)`.

    It runs in a thread of its own, so that synchronous and asynchronous tests can use it alike.
    """
    from portkey_async.testing import PortkeyServer  # noqa: PLC0415  # only for tests that use it

    try:
        server = PortkeyServer(**_settings(request))
    except (TypeError, ValueError) as exc:
        pytest.fail(f"@pytest.mark.portkey: {exc}", pytrace=False)
    yield from _running(server)


@pytest.fixture(scope="session")
def portkey_session_server() -> Generator["PortkeyServer"]:
    """A running `PortkeyServer` for the whole session; it serves the event loop of every test.

    What it holds and has received is shared by the tests. For other settings, make a fixture like
    it: `with PortkeyServer(assistants=250) as server: yield server`.
    """
    from portkey_async.testing import PortkeyServer  # noqa: PLC0415  # only for tests that use it

    yield from _running(PortkeyServer())


def _running(server: "PortkeyServer") -> Generator["PortkeyServer"]:
    """Run the server; a script that no run has taken fails the fixture at its end."""
    with server:
        yield server
    if unused := server.unused_scripts:
        acts = "; ".join(", ".join(map(repr, script.acts)) for script in unused)
        pytest.fail(f"no run has taken the script: {acts}", pytrace=False)


@pytest.fixture
def portkey_client(
    request: pytest.FixtureRequest, portkey_server: "PortkeyServer"
) -> "AsyncPortkey":
    """An `AsyncPortkey` pointed at `portkey_server`.

    The plugin that runs the test's coroutine, pytest-asyncio or anyio, closes it in the test's
    own event loop. Without either the test closes it: `async with portkey_client: ...`.
    """
    if "anyio_backend" in request.fixturenames:
        if request.getfixturevalue("anyio_backend_name") != "asyncio":
            pytest.fail("portkey_client needs anyio's asyncio backend", pytrace=False)
        name = "_portkey_client_anyio"
    elif request.config.pluginmanager.hasplugin("asyncio"):
        _register_asyncio_fixtures(request.config.pluginmanager)
        name = f"_portkey_client_{_loop_scope(request)}"
    else:
        return portkey_server.client()
    client: AsyncPortkey = request.getfixturevalue(name)
    return client


@pytest.fixture
async def _portkey_client_anyio(portkey_server: "PortkeyServer") -> AsyncGenerator["AsyncPortkey"]:
    async with portkey_server.client() as client:
        yield client


def _register_asyncio_fixtures(plugins: pytest.PytestPluginManager) -> None:
    # Not before they are needed: they need pytest-asyncio, and a version of it that knows scopes.
    from . import _plugin_asyncio  # noqa: PLC0415

    if not plugins.is_registered(_plugin_asyncio):
        plugins.register(_plugin_asyncio)


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings of all `portkey` markers, those nearest to the test last."""
    settings: dict[str, Any] = {}
    for marker in reversed([*request.node.iter_markers("portkey")]):
        unknown = [*map(repr, marker.args), *sorted(marker.kwargs.keys() - {*_SETTINGS})]
        if unknown:
            allowed = ", ".join(f"{name}=..." for name in _SETTINGS)
            raise TypeError(f"unknown argument {unknown[0]}; allowed are {allowed}")
        settings |= marker.kwargs
    return settings


def _loop_scope(request: pytest.FixtureRequest) -> str:
    """The scope of the event loop in which pytest-asyncio runs the test."""
    marker = request.node.get_closest_marker("asyncio")
    chosen = marker.kwargs.get("loop_scope") if marker is not None else None
    return chosen or request.config.getini("asyncio_default_test_loop_scope") or "function"
