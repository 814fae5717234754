"""The log: one line a request, one a response, one a retry, and no credential in it."""

import logging

import aiohttp
import pytest
from aioresponses import aioresponses
from support.calls import CALLS, ID, right
from support.credentials import (
    API_KEY,
    CONFIG_SECRET,
    CREDENTIALS,
    HEADER_SECRET,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.virtual_time import Chance, hand_clock, virtual_time
from support.wire import lost, one_by_one, reply, serve

from portkey_async import AsyncPortkey, NotFoundError

URL = "https://api.portkey.ai/v1/assistants/asst_1"


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    """Give what was logged: by whom, how loud, and what."""
    return [(one.name, one.levelname, one.getMessage()) for one in caplog.records]


@virtual_time
async def test_a_call_is_two_lines(mocked: aioresponses, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG: the request, and the response."""
    caplog.set_level(logging.DEBUG, "portkey_async")
    serve(mocked, right)
    async with AsyncPortkey(API_KEY, trace_id="trace-1") as client:
        hand_clock(client, Chance())
        await client.assistants.retrieve(ID)

    assert lines(caplog) == [
        (
            "portkey_async",
            "DEBUG",
            f"GET {URL}, attempt 1, openai-beta: assistants=v2, x-portkey-trace-id: trace-1",
        ),
        ("portkey_async", "DEBUG", "200 after 0.000 s"),
    ]


@virtual_time
async def test_a_retry_is_a_line(mocked: aioresponses, caplog: pytest.LogCaptureFixture) -> None:
    """At INFO: when it comes, and why; a lost answer is no response."""
    caplog.set_level(logging.DEBUG, "portkey_async")
    busy = reply(503, {"error": {"message": "busy"}}, headers={"Retry-After": "2"})
    serve(mocked, one_by_one(busy, lost(aiohttp.ServerDisconnectedError()), right))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance(0.5))
        await client.assistants.retrieve(ID)

    assert [line[1:] for line in lines(caplog)] == [
        ("DEBUG", f"GET {URL}, attempt 1, openai-beta: assistants=v2"),
        ("DEBUG", "503 after 0.000 s, retry-after: 2"),
        ("INFO", f"GET {URL} again in 2.25 s: 503 busy"),
        ("DEBUG", f"GET {URL}, attempt 2, openai-beta: assistants=v2"),
        ("INFO", f"GET {URL} again in 0.50 s: the connection was lost: Server disconnected"),
        ("DEBUG", f"GET {URL}, attempt 3, openai-beta: assistants=v2"),
        ("DEBUG", "200 after 2.750 s"),
    ]


@pytest.mark.parametrize(
    ("level", "expected"), [(logging.INFO, ["INFO"] * 2), (logging.WARNING, [])]
)
@virtual_time
async def test_what_is_not_asked_for_is_not_logged(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture, level: int, expected: list[str]
) -> None:
    """Nothing is louder than INFO: errors are raised, not logged."""
    caplog.set_level(level, "portkey_async")
    serve(mocked, one_by_one(reply(503), reply(503), reply(404)))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance())
        with pytest.raises(NotFoundError):
            await client.assistants.retrieve(ID)

    assert [line[1] for line in lines(caplog)] == expected


@pytest.mark.parametrize("name", CALLS)
@virtual_time
async def test_only_harmless_headers_are_logged(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """An allow-list, of requests and responses: what nobody thought of is not shown."""
    caplog.set_level(logging.DEBUG, "portkey_async")
    headers = {
        "set-cookie": f"session={HEADER_SECRET}",
        "x-new": HEADER_SECRET,
        "x-portkey-cache-status": "HIT",
        "x-portkey-provider": "openai",
        "x-portkey-retry-attempt-count": "0",
        "x-portkey-trace-id": "trace-2",
        "x-request-id": "req_1",
    }
    serve(mocked, one_by_one(reply(429, headers=headers), right))
    async with AsyncPortkey(
        API_KEY,
        virtual_key=VIRTUAL_KEY,
        provider="openai",
        authorization=PROVIDER_TOKEN,
        config={"provider": "openai", "api_key": CONFIG_SECRET},
        metadata={"user": "someone"},
        headers={"x-tenant-token": HEADER_SECRET},
    ) as client:
        hand_clock(client, Chance())
        await CALLS[name](client)
    text = "\n".join(line[2] for line in lines(caplog))

    assert (
        "429 after 0.000 s, x-portkey-cache-status: HIT, x-portkey-provider: openai, "
        "x-portkey-retry-attempt-count: 0, x-portkey-trace-id: trace-2, x-request-id: req_1"
    ) in text
    assert not [secret for secret in (*CREDENTIALS, "someone", "session") if secret in text]


@virtual_time
async def test_a_credential_in_a_harmless_place_is_blotted_out(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture
) -> None:
    """In a URL, in an allowed header of either side, in the reason for a retry."""
    caplog.set_level(logging.DEBUG, "portkey_async")
    echo = reply(503, {"error": {"message": API_KEY}}, headers={"x-request-id": API_KEY})
    serve(mocked, one_by_one(echo, right))
    async with AsyncPortkey(API_KEY, trace_id=f"trace-{API_KEY}") as client:
        hand_clock(client, Chance())
        await client.assistants.retrieve(API_KEY)
    text = "\n".join(line[2] for line in lines(caplog))

    assert API_KEY not in text
    assert text.count("[redacted]") >= 6


async def test_no_handler_is_installed() -> None:
    """Whether and where it is logged is the application's choice."""
    logger = logging.getLogger("portkey_async")

    assert [one for one in logger.handlers if not type(one).__module__.startswith("_pytest")] == []
