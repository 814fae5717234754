"""Clients of all kinds against the server: ours, OpenAI's and Portkey's own."""

from collections.abc import AsyncGenerator

import aiohttp
import openai
import portkey_ai
import pytest
from support.gateway import Gateway

from portkey_async import RetryPolicy
from portkey_async.testing import Fault, Hang, PortkeyServer, Say

# The Assistants API is marked so in OpenAI's client, and it says so at every call.
deprecated = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


@pytest.fixture
async def full_server() -> AsyncGenerator[PortkeyServer]:
    """A running server that holds 250 assistants."""
    async with PortkeyServer(assistants=250) as running:
        yield running


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


async def test_our_client_runs_assistants(server: PortkeyServer) -> None:
    """Polled, streamed and cancelled."""
    server.script(Say("polled"))
    server.script(Say("streamed"))
    server.script(Hang())
    async with server.client() as client:
        runs = client.threads.runs
        assistant = await client.assistants.create(model="gpt-4o")
        thread = await client.threads.create()
        await runs.create_and_poll(thread.id, assistant_id=assistant.id)
        async with runs.stream(thread.id, assistant_id=assistant.id) as stream:
            await stream.get_final_run()
        run = await runs.create(thread.id, assistant_id=assistant.id)
        await runs.cancel(run.id, thread_id=thread.id)
        run = await runs.poll(run.id, thread_id=thread.id)
        said = [message.text async for message in client.threads.messages.list(thread.id)]

    assert run.status == "cancelled"
    assert said == ["streamed", "polled"]


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


async def openai_passes(server: PortkeyServer, base_url: str, headers: dict[str, str]) -> None:
    """All five operations with OpenAI's client, and its own pagination over 250 assistants."""
    async with openai.AsyncOpenAI(
        api_key=server.api_key,
        admin_api_key=server.api_key,
        base_url=base_url,
        default_headers=headers,
    ) as client:
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


async def portkey_passes(server: PortkeyServer, client: portkey_ai.AsyncPortkey) -> None:
    """All five operations with Portkey's own client."""
    assistants = client.beta.assistants
    try:
        page = await assistants.list(limit="20", order="asc")
        assert [each.id for each in page.data] == list(server.assistants)[:20]
        created = await assistants.create(model="gpt-4o", name="n")
        changed = await assistants.update(created.id, model="gpt-4o", name="other")
        assert changed.name == "other"
        assert (await assistants.retrieve(created.id)).name == "other"
        assert (await assistants.delete(created.id)).deleted
        assert created.id not in server.assistants
    finally:
        # It cannot be closed itself, only the client within.
        await client.openai_client.close()


@deprecated
async def test_openais_client_passes(full_server: PortkeyServer) -> None:
    """Called as OpenAI would be."""
    await openai_passes(full_server, full_server.base_url, {})


@deprecated
async def test_openais_client_passes_through_the_gateway(
    full_server: PortkeyServer, gateway: Gateway
) -> None:
    """The server is the custom host behind it."""
    headers = {
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": full_server.base_url,
    }
    await openai_passes(full_server, gateway.base_url, headers)


@deprecated
async def test_portkeys_client_passes(full_server: PortkeyServer) -> None:
    """Called as the hosted gateway would be."""
    await portkey_passes(
        full_server,
        portkey_ai.AsyncPortkey(
            api_key=full_server.api_key,
            virtual_key="openai-prod",
            base_url=full_server.base_url,
        ),
    )


@deprecated
async def test_portkeys_client_passes_through_the_gateway(
    full_server: PortkeyServer, gateway: Gateway
) -> None:
    """The server is the custom host behind it."""
    await portkey_passes(
        full_server,
        portkey_ai.AsyncPortkey(
            Authorization=full_server.api_key,
            provider="openai",
            custom_host=full_server.base_url,
            base_url=gateway.base_url,
        ),
    )
