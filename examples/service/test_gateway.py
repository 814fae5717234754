"""The third size: the service in front of the real gateway, in front of the stand-alone server.

Start both first, and say where they are:

    python -m portkey_async.testing --port 9000
    node node_modules/@portkey-ai/gateway/build/start-server.js --headless --port=8787
    GATEWAY_URL=http://127.0.0.1:8787/v1 UPSTREAM_URL=http://127.0.0.1:9000/v1 python -m pytest
"""

import os
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from portkey_async import AsyncPortkey

from tutors import make_app

GATEWAY_URL, UPSTREAM_URL = os.environ.get("GATEWAY_URL"), os.environ.get("UPSTREAM_URL")

pytestmark = pytest.mark.skipif(
    not (GATEWAY_URL and UPSTREAM_URL), reason="GATEWAY_URL and UPSTREAM_URL are not set"
)


@pytest.fixture
async def through_gateway() -> AsyncIterator[TestClient[Request, Application]]:
    """The service as it would be deployed: its client speaks to the gateway."""
    client = AsyncPortkey(
        base_url=GATEWAY_URL,
        provider="openai",
        authorization="pk-test",
        custom_host=UPSTREAM_URL,
    )
    async with TestClient(TestServer(make_app(client))) as service:
        yield service


async def test_the_life_of_a_tutor(through_gateway: TestClient[Request, Application]) -> None:
    """Made, changed, listed and deleted; a name that needs encoding arrives as written."""
    path = "/tutors/caf%C3%A9%2F%23101"
    made = await through_gateway.put(path, data="Sois bref.")
    changed = await through_gateway.put(path, data="Explique chaque étape.")
    listed = await (await through_gateway.get("/tutors")).json()
    deleted = await through_gateway.delete(path)

    assert (made.status, changed.status, deleted.status) == (201, 200, 204)
    assert {"course": "café/#101", "instructions": "Explique chaque étape."} in listed


async def test_what_the_gateway_refuses_is_a_502() -> None:
    """A self-hosted gateway knows no virtual keys; the service says that it is not the caller."""
    client = AsyncPortkey(base_url=GATEWAY_URL, api_key="pk-test", virtual_key="openai-prod")
    async with TestClient(TestServer(make_app(client))) as service:
        assert (await service.get("/tutors")).status == 502
