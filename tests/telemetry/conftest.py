"""A server, a client whose spans are looked at, and the HTTP spans of aiohttp's instrumentation."""

from collections.abc import AsyncIterator, Iterator

import pytest
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from telemetry.seen import Spans

from portkey_async import AsyncPortkey
from portkey_async.telemetry import instrument
from portkey_async.testing import PortkeyServer


@pytest.fixture
def provider(spans: Spans) -> TracerProvider:
    """Where spans go."""
    return spans.provider


@pytest.fixture
def spans() -> Iterator[Spans]:
    """The spans that have ended, of the client and of HTTP requests."""
    seen = Spans()
    instrumentor = AioHttpClientInstrumentor()
    instrumentor.instrument(tracer_provider=seen.provider)
    yield seen
    instrumentor.uninstrument()
    seen.provider.shutdown()


@pytest.fixture
async def client(portkey_server: PortkeyServer, spans: Spans) -> AsyncIterator[AsyncPortkey]:
    """A client that makes spans."""
    async with portkey_server.client() as client:
        yield instrument(client, tracer_provider=spans.provider)
