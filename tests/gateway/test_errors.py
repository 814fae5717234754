"""What the gateway itself refuses or fails at, and what the client makes of it."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest
from support.gateway import Gateway

from portkey_async import (
    APIError,
    APIStatusError,
    AsyncPortkey,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RetryPolicy,
)
from portkey_async.testing import Fault, PortkeyServer


async def test_no_provider(gateway: Gateway) -> None:
    """The gateway's own refusal is readable, and nothing was done."""
    async with AsyncPortkey(base_url=gateway.base_url) as client:
        with pytest.raises(BadRequestError) as caught:
            await client.assistants.create(model="gpt-4o")

    assert caught.value.message == (
        "Either x-portkey-config or x-portkey-provider header is required"
    )
    assert not caught.value.may_have_executed


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("pc-abc123", "Invalid config passed. You need to pass a valid json"),
        ({"provider": "openai"}, "It must have either 'provider' and 'api_key'"),
        ({"provider": "nobody", "api_key": "k"}, "path: provider, message: Invalid 'provider'"),
        (
            {"provider": "openai", "api_key": "k", "retry": {}},
            "path: retry,attempts, message: Required",
        ),
    ],
)
async def test_an_invalid_config(
    gateway: Gateway, config: str | Mapping[str, Any], says: str
) -> None:
    """What is wrong with the config is in the message, details included."""
    async with AsyncPortkey(base_url=gateway.base_url, config=config) as client:
        with pytest.raises(BadRequestError) as caught:
            await client.assistants.retrieve("asst_1")

    assert says in caught.value.message


async def test_a_host_that_the_gateway_does_not_dial(client: AsyncPortkey) -> None:
    """A private address is refused by the gateway, and its words reach the caller."""
    elsewhere = client.with_options(custom_host="http://10.0.0.1/v1")

    with pytest.raises(BadRequestError, match="Invalid custom host"):
        await elsewhere.assistants.retrieve("asst_1")


async def test_its_timeout(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """The gateway's 408 is no success, and a create that it gave up on may have been made."""
    upstream.inject(Fault.delay(1.0))

    with pytest.raises(APIStatusError, match=r"exceeded the timeout .* 200ms") as caught:
        await client.with_options(request_timeout=200).assistants.create(model="gpt-4o")

    assert caught.value.status == 408
    assert caught.value.type == "timeout_error"
    assert caught.value.may_have_executed
    assert caught.value.attempts == 1


async def test_a_read_is_repeated_after_its_timeout(
    client: AsyncPortkey, upstream: PortkeyServer
) -> None:
    """The second attempt finds the upstream awake again."""
    name = next(iter(upstream.assistants))
    upstream.inject(Fault.delay(1.0))
    impatient = client.with_options(request_timeout=200, retry=RetryPolicy(initial=0.001))

    assert (await impatient.assistants.retrieve(name)).id == name
    assert len(upstream.requests) == 2


async def test_an_upstream_that_is_down(client: AsyncPortkey) -> None:
    """The gateway's plain text for a refused connection is readable, and repeated for a read."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        down = client.with_options(
            custom_host=f"http://127.0.0.1:{held.getsockname()[1]}/v1",
            retry=RetryPolicy(attempts=2, initial=0.001),
        )
        with pytest.raises(InternalServerError, match=r"fetch failed.*ECONNREFUSED") as caught:
            await down.assistants.retrieve("asst_1")
        assert caught.value.attempts == 2
        with pytest.raises(InternalServerError) as caught:
            await down.assistants.create(model="gpt-4o")
        # A status alone does not say whether the upstream acted before it failed.
        assert (caught.value.attempts, caught.value.may_have_executed) == (1, True)


@pytest.mark.parametrize("fault", [Fault.reset(), Fault.truncate()], ids=lambda fault: fault.name)
async def test_an_answer_lost_behind_the_gateway(
    client: AsyncPortkey, upstream: PortkeyServer, fault: Fault
) -> None:
    """A lost update is repeated; a lost create is not, and says that it may have been made."""
    patient = client.with_options(retry=RetryPolicy(initial=0.001))
    name = next(iter(upstream.assistants))
    upstream.inject(fault, after_effect=True)
    assert (await patient.assistants.update(name, name="new")).name == "new"

    upstream.inject(fault, after_effect=True)
    with pytest.raises(APIError) as caught:
        await patient.assistants.create(model="gpt-4o")
    assert caught.value.may_have_executed
    assert len(upstream.assistants) == 6


async def test_a_delete_whose_answer_was_lost(
    client: AsyncPortkey, upstream: PortkeyServer
) -> None:
    """The repeated delete finds nothing left, which is what was wanted."""
    name = next(iter(upstream.assistants))
    upstream.inject(Fault.reset(), after_effect=True)

    deleted = await client.with_options(retry=RetryPolicy(initial=0.001)).assistants.delete(name)

    assert deleted.deleted
    assert [request.method for request in upstream.requests] == ["DELETE", "DELETE"]


async def test_a_base_url_without_its_version(gateway: Gateway, upstream: PortkeyServer) -> None:
    """The gateway's 404 for an unknown route is told apart from an object that is missing."""
    async with AsyncPortkey(
        base_url=gateway.url,
        provider="openai",
        authorization=upstream.api_key,
        custom_host=upstream.base_url,
    ) as client:
        with pytest.raises(NotFoundError, match="base_url"):
            await client.assistants.list()
    assert upstream.requests == []


async def test_a_wrong_credential(client: AsyncPortkey) -> None:
    """The upstream's refusal comes through, and the credential is not in it."""
    with pytest.raises(APIStatusError) as caught:
        await client.with_options(authorization="sk-wrong-secret").assistants.list()

    assert caught.value.status == 401
    assert "sk-wrong-secret" not in repr(caught.value) + str(caught.value)


async def test_headers_that_the_gateway_finds_too_large(client: AsyncPortkey) -> None:
    """Node's empty 431 still gives a message that says what to do."""
    large = client.with_options(metadata={"key": "x" * 20_000})

    with pytest.raises(APIStatusError, match="16 KiB") as caught:
        await large.assistants.list()
    assert caught.value.status == 431


async def test_the_collection_is_gone_upstream(
    client: AsyncPortkey, upstream: PortkeyServer
) -> None:
    """A 404 on the collection says that this upstream serves no Assistants."""
    upstream.inject(Fault.status(404))

    with pytest.raises(NotFoundError, match="does not serve the Assistants API"):
        await client.assistants.list()
