"""The fixtures of all three sizes of tests."""

from collections.abc import AsyncIterator, Iterator
from inspect import signature
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from aioresponses import aioresponses
from portkey_async import AsyncPortkey, RetryPolicy

from tutors import make_app


class MockedResponse(ClientResponse):
    """What aioresponses answers: since aiohttp 3.14 a response needs a stream writer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add one where it is missing."""
        super().__init__(*args, **{"stream_writer": Mock(output_size=0)} | kwargs)


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[aioresponses]:
    """Answers instead of a network."""
    if "stream_writer" in signature(ClientResponse.__init__).parameters:
        monkeypatch.setattr("aioresponses.core.ClientResponse", MockedResponse)
    with aioresponses() as mock:
        yield mock


@pytest.fixture
async def service(portkey_client: AsyncPortkey) -> AsyncIterator[TestClient[Request, Application]]:
    """The service, with its assistants on the test server. It does not wait long to retry."""
    quick = portkey_client.with_options(retry=RetryPolicy(initial=0.01), timeout=5)
    async with TestClient(TestServer(make_app(quick))) as client:
        yield client
