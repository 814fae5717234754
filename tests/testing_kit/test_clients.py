"""Clients of all kinds against the server: ours, OpenAI's and Portkey's own."""

import contextlib

import aiohttp
import openai
import portkey_ai
import pytest

from portkey_async import RetryPolicy
from portkey_async.testing import Fault, PortkeyServer

# The Assistants API is marked so in OpenAI's client, and it says so at every call.
deprecated = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


async def test_our_client_is_pointed_at_the_server(server: PortkeyServer) -> None:
    """With its URL and credential, and a route of its own."""
    async with server.client() as client:
        created = await client.assistants.create(model="gpt-4o", name="n")
        changed = await client.assistants.update(created.id, name=None)
        listed = [each async for each in client.assistants.list()]
        deleted = await client.assistants.delete(created.id)
        key = await client.admin_api_keys.delete("key_abc")

    assert changed.name is None
    assert listed == [changed]
    assert deleted.deleted
    assert key.deleted
    assert server.requests[0].headers["x-portkey-virtual-key"] == "test-virtual-key"


async def test_our_clients_options_are_taken(server: PortkeyServer) -> None:
    """In place of the server's own, whatever the way in."""
    server.inject(Fault.status(503))
    async with (
        aiohttp.ClientSession() as session,
        server.client(
            provider="openai",
            authorization="sk-provider",
            trace_id="t-1",
            retry=RetryPolicy(attempts=1),
            session=session,
        ) as client,
    ):
        with pytest.raises(Exception, match="503"):
            await client.assistants.list()
        await client.assistants.list()

    assert len(server.requests) == 2
    headers = server.requests[1].headers
    assert headers["Authorization"] == "Bearer sk-provider"
    assert headers["x-portkey-trace-id"] == "t-1"
    assert "x-portkey-virtual-key" not in headers


async def test_an_unknown_option_of_our_client_is_refused(server: PortkeyServer) -> None:
    """As the client itself refuses it."""
    with pytest.raises(TypeError, match="tmieout"):
        server.client(tmieout=1)


async def test_our_client_walks_every_page_both_ways() -> None:
    """250 assistants, forward and backward, with limits that do and do not divide them."""
    async with PortkeyServer(assistants=250) as server, server.client() as client:
        ids = list(server.assistants)
        for limit in (7, 50, 100):
            forward = client.assistants.list(order="asc", limit=limit)
            backward = client.assistants.list(order="asc", limit=limit, before=ids[-1])

            assert [each.id async for each in forward] == ids
            assert [each.id async for each in backward] == ids[-2::-1]


@deprecated
async def test_openais_client_passes() -> None:
    """All five operations, and its own pagination over 250 assistants."""
    async with (
        PortkeyServer(assistants=250) as server,
        openai.AsyncOpenAI(
            api_key=server.api_key, admin_api_key=server.api_key, base_url=server.base_url
        ) as client,
    ):
        assistants = client.beta.assistants
        ids = [each.id async for each in assistants.list(order="asc", limit=30)]
        assert ids == list(server.assistants)

        created = await assistants.create(
            model="gpt-4o", name="n", tools=[{"type": "code_interpreter"}], metadata={"k": "v"}
        )
        assert created.to_dict() == server.assistants[created.id]
        changed = await assistants.update(created.id, instructions="i")
        assert (changed.name, changed.instructions) == ("n", "i")
        assert await assistants.retrieve(created.id) == changed
        assert (await assistants.delete(created.id)).deleted
        with pytest.raises(openai.NotFoundError, match="No assistant found"):
            await assistants.retrieve(created.id)
        with pytest.raises(openai.BadRequestError) as caught:
            await assistants.create(model="m", name="n" * 257)
        assert caught.value.param == "name"
        key = await client.admin.organization.admin_api_keys.delete("key_abc")
        assert key.deleted


@deprecated
async def test_portkeys_client_passes() -> None:
    """All five operations, with the gateway's headers in its answers."""
    async with PortkeyServer(assistants=25) as server, contextlib.AsyncExitStack() as stack:
        client = portkey_ai.AsyncPortkey(
            api_key=server.api_key, virtual_key="openai-prod", base_url=server.base_url
        )
        # It cannot be closed itself, only the client within.
        stack.push_async_callback(client.openai_client.close)
        assistants = client.beta.assistants
        page = await assistants.list(limit="20", order="asc")
        assert [each.id for each in page.data] == list(server.assistants)[:20]

        created = await assistants.create(model="gpt-4o", name="n")
        changed = await assistants.update(created.id, model="gpt-4o", name="other")
        assert changed.name == "other"
        assert (await assistants.retrieve(created.id)).name == "other"
        assert (await assistants.delete(created.id)).deleted
        assert created.id not in server.assistants
