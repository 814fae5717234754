"""Inline configs, the gateway's own retries and fallbacks, and the headers that go through."""

import socket
from collections.abc import Mapping
from typing import Any

import pytest
from support.gateway import Gateway

from portkey_async import (
    AsyncPortkey,
    InternalServerError,
    RateLimitError,
    RetryPolicy,
    capture_responses,
)
from portkey_async.testing import Fault, PortkeyServer


def _target(server: PortkeyServer, **more: Any) -> dict[str, Any]:
    host = server.base_url
    return {"provider": "openai", "api_key": server.api_key, "custom_host": host, **more}


def _client(gateway: Gateway, config: Mapping[str, Any]) -> AsyncPortkey:
    return AsyncPortkey(
        base_url=gateway.base_url, config=config, retry=RetryPolicy(initial=0.001, maximum=0.002)
    )


async def test_a_config_carries_the_whole_route(gateway: Gateway, upstream: PortkeyServer) -> None:
    """A mapping is enough: provider, credential and host come from it, nothing is invented."""
    async with _client(gateway, _target(upstream)) as client:
        page = await client.assistants.list()

    assert len(page) == 5
    assert upstream.requests[0].headers["Authorization"] == f"Bearer {upstream.api_key}"


async def test_non_ascii_in_a_config_arrives(gateway: Gateway, upstream: PortkeyServer) -> None:
    """A config is sent so that every character survives the header."""
    config = _target(upstream, override_params={"name": "Größe ☃"})
    async with _client(gateway, config) as client:
        made = await client.assistants.create(model="gpt-4o", name="n")

    assert made.name == "Größe ☃"


async def test_the_gateway_retries_and_says_so(gateway: Gateway, upstream: PortkeyServer) -> None:
    """With `retry` in the config it is the gateway that repeats; the client sees one answer."""
    upstream.inject(Fault.status(503))
    async with _client(gateway, _target(upstream, retry={"attempts": 1})) as client:
        with capture_responses() as responses:
            await client.assistants.list()

    assert len(upstream.requests) == 2
    assert (responses[-1].gateway_attempts, responses[-1].attempts) == (1, 1)


async def test_retries_do_not_multiply(gateway: Gateway, upstream: PortkeyServer) -> None:
    """Once the gateway has spent its retries, the client does not start its own."""
    upstream.inject(Fault.status(503, times=None))
    async with _client(gateway, _target(upstream, retry={"attempts": 1})) as client:
        with capture_responses() as responses, pytest.raises(InternalServerError) as caught:
            await client.assistants.list()

    assert len(upstream.requests) == 2
    assert caught.value.attempts == 1
    assert responses[-1].gateway_attempts == -1


async def test_retries_after_the_gateway_can_be_asked_for(
    gateway: Gateway, upstream: PortkeyServer
) -> None:
    """`after_gateway=True` repeats all the same."""
    upstream.inject(Fault.status(503), times=2)
    policy = RetryPolicy(initial=0.001, maximum=0.002, after_gateway=True)
    async with _client(gateway, _target(upstream, retry={"attempts": 1})) as client:
        page = await client.with_options(retry=policy).assistants.list()

    assert len(page) == 5
    assert len(upstream.requests) == 3


async def test_a_create_that_the_gateway_repeated_may_have_been_made(
    gateway: Gateway, upstream: PortkeyServer
) -> None:
    """A 429 alone says that nothing was done; one after the gateway's own retries does not."""
    upstream.inject(Fault.status(503, after_effect=True))
    upstream.inject(Fault.status(429))
    async with _client(gateway, _target(upstream, retry={"attempts": 1})) as client:
        with pytest.raises(RateLimitError) as caught:
            await client.assistants.create(model="gpt-4o")

    assert len(upstream.assistants) == 6
    assert caught.value.may_have_executed


async def test_fallback_to_the_next_target(gateway: Gateway, upstream: PortkeyServer) -> None:
    """The first target is down, the second answers, each is asked with its own credential."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        down = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        config = {
            "strategy": {"mode": "fallback"},
            "targets": [{**_target(upstream), "custom_host": down}, _target(upstream)],
        }
        async with _client(gateway, config) as client:
            with capture_responses() as responses:
                made = await client.assistants.create(model="gpt-4o", name="second")

    assert upstream.assistants[made.id]["name"] == "second"
    assert responses[-1].headers["x-portkey-last-used-option-index"] == "config.targets[1]"


async def test_the_trace_id_comes_back(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """It is echoed into the captured response and into errors; without one there is none."""
    traced = client.with_options(trace_id="trace-1")
    with capture_responses() as responses:
        await traced.assistants.list()
        await client.assistants.list()
    assert [response.trace_id for response in responses] == ["trace-1", None]
    assert [response.provider for response in responses] == ["openai", "openai"]
    assert [response.cache_status for response in responses] == ["DISABLED", "DISABLED"]

    upstream.inject(Fault.status(400))
    with pytest.raises(Exception, match="trace-1") as caught:
        await traced.assistants.list()
    assert getattr(caught.value, "trace_id", None) == "trace-1"


async def test_what_reaches_the_upstream(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """The provider's credential and the beta header go through; Portkey's headers do not."""
    await client.with_options(trace_id="t", metadata={"user": "Zoë"}).assistants.list()

    headers = upstream.requests[0].headers
    assert headers["Authorization"] == f"Bearer {upstream.api_key}"
    assert headers["OpenAI-Beta"] == "assistants=v2"
    assert not [name for name in headers if name.lower().startswith("x-portkey")]


async def test_headers_are_forwarded_on_request(
    client: AsyncPortkey, upstream: PortkeyServer
) -> None:
    """`forward_headers` names what the gateway passes on, Portkey's own included."""
    forwarding = client.with_options(
        trace_id="trace-2",
        metadata={"user": "Zoë"},
        forward_headers=["x-portkey-trace-id", "x-own"],
        headers={"x-own": "kept"},
    )
    await forwarding.assistants.list()

    headers = upstream.requests[0].headers
    assert (headers["x-portkey-trace-id"], headers["x-own"]) == ("trace-2", "kept")


async def test_the_gateway_listens_on_loopback_alone(gateway: Gateway) -> None:
    """It is bound to 127.0.0.1, whatever the gateway itself would do."""
    assert gateway.url.startswith("http://127.0.0.1:")
    port = int(gateway.url.rpartition(":")[2])
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.2", port)) != 0
