"""The real gateway, one for the whole session; its output goes into the report of a failed test."""

import os
from collections.abc import AsyncIterator, Generator, Iterator

import pytest
from support.gateway import Gateway, missing_tools, running_gateway

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer


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
