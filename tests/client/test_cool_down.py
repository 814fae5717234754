"""The cool-down: when a server asks one call to wait, the others wait too."""

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from typing import Any

import aiohttp
import attrs
import pytest
from aioresponses import CallbackResult, aioresponses
from faults.exchange import json_bytes, message
from support.calls import CALLS, ID, right
from support.credentials import API_KEY
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import client_of, each
from support.virtual_time import Chance, hand_clock, now, virtual_time
from support.wire import Sent, mocked_wire, one_by_one, reply, serve

from portkey_async import (
    APIStatusError,
    APITimeoutError,
    AsyncPortkey,
    RateLimitError,
    RetryPolicy,
)
from portkey_async._transport.call import Clock
from portkey_async.testing import mock_assistant

ASSISTANT = json_bytes(mock_assistant(id=ID))
ONCE = RetryPolicy(attempts=1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", CALLS)
@virtual_time
async def test_all_calls_wait_when_one_is_asked_to(
    mocked: aioresponses, status: int, name: str
) -> None:
    """Those of the client and of all derived from it, before or after; whatever they do."""
    sent = serve(mocked, one_by_one(reply(status, headers={"Retry-After": "2"}), right, right))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance())
        before = client.with_options(trace_id="before")
        with pytest.raises(APIStatusError):
            await client.with_options(retry=ONCE).assistants.retrieve(ID)
        after = client.with_options(trace_id="after")
        await asyncio.gather(CALLS[name](before), CALLS[name](after))

    assert [request.at for request in sent] == [0, 2, 2]


@pytest.mark.parametrize("status", [301, 401, 404, 409, 500, 502])
@virtual_time
async def test_other_statuses_hold_up_nobody(mocked: aioresponses, status: int) -> None:
    """A redirect or a refusal of one request says nothing of the others."""
    sent = serve(mocked, one_by_one(reply(status, headers={"Retry-After": "2"}), right))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        hand_clock(client, Chance())
        with pytest.raises(APIStatusError):
            await client.assistants.retrieve(ID)
        await client.assistants.retrieve(ID)

    assert [request.at for request in sent] == [0, 0]


OTHERS: list[tuple[dict[str, Any], bool]] = [
    ({"base_url": "https://elsewhere.test/v1"}, False),
    ({"base_url": "https://gateway.test:8443/v1"}, False),
    ({"api_key": "pk-another-key"}, False),
    ({"virtual_key": "vk-another-key"}, False),
    ({"provider": "@other"}, False),
    ({"config": "pc-other"}, False),
    ({"provider": "openai", "custom_host": "https://elsewhere.test/v1"}, False),
    ({"authorization": "sk-another-key"}, False),
    ({"headers": {"x-portkey-api-key": "pk-another-key"}}, False),
    ({"base_url": "https://gateway.test/v2"}, True),
    ({"trace_id": "t", "timeout": 30}, True),
    ({"authorization": "Bearer sk-the-key"}, True),
]


@pytest.mark.parametrize(("changes", "waits"), OTHERS, ids=str)
@virtual_time
async def test_a_cool_down_is_for_one_server_and_one_credential(
    mocked: aioresponses, changes: dict[str, Any], *, waits: bool
) -> None:
    """Whoever asks another server, or with another credential, is not held up."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "2"}), right))
    async with AsyncPortkey(
        API_KEY, base_url="https://gateway.test/v1", authorization="sk-the-key", retry=ONCE
    ) as client:
        hand_clock(client, Chance())
        with pytest.raises(RateLimitError):
            await client.assistants.retrieve(ID)
        await client.with_options(**changes).assistants.retrieve(ID)

    assert [request.at for request in sent] == [0, 2 if waits else 0]


@virtual_time
async def test_cool_downs_expire(mocked: aioresponses) -> None:
    """However many credentials a program uses, few are remembered."""
    serve(mocked, reply(429, headers={"Retry-After": "2"}))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        hand_clock(client, Chance())
        for number in range(20):
            with pytest.raises(RateLimitError):
                await client.with_options(api_key=f"pk-{number}").assistants.retrieve(ID)
            await asyncio.sleep(1)

        assert len(client._pool.cool_downs) <= 2  # noqa: SLF001  # nothing else tells


@virtual_time
async def test_each_client_has_its_own_limit_for_a_pause(mocked: aioresponses) -> None:
    """What a patient one was asked for is not slept through by one that would not wait so long."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "300"}), right))
    patient = RetryPolicy(attempts=1, max_retry_after=600)
    async with AsyncPortkey(API_KEY, timeout=None) as client:
        hand_clock(client, Chance())
        with pytest.raises(RateLimitError):
            await client.with_options(retry=patient).assistants.retrieve(ID)
        with pytest.raises(APITimeoutError, match=r"more than max_retry_after, 60\.0 s") as raised:
            await client.assistants.create(model="gpt-4o")
        assert now() == 0
        await client.with_options(retry=patient).assistants.retrieve(ID)

    assert (raised.value.attempts, raised.value.may_have_executed) == (0, False)
    assert [request.at for request in sent] == [0, 300]


@virtual_time
async def test_clients_of_their_own_do_not_wait(mocked: aioresponses) -> None:
    """They may talk to another server."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "2"}), right))
    async with AsyncPortkey(API_KEY, retry=ONCE) as one, AsyncPortkey(API_KEY) as other:
        hand_clock(one, Chance())
        hand_clock(other, Chance())
        with pytest.raises(RateLimitError):
            await one.assistants.retrieve(ID)
        await other.assistants.retrieve(ID)

    assert [request.at for request in sent] == [0, 0]


@virtual_time
async def test_a_call_that_cannot_wait_so_long_fails_at_once(mocked: aioresponses) -> None:
    """Each waits within its own deadline only; nothing is sent, so nothing was executed."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "2"}), right))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        hand_clock(client, Chance())
        with pytest.raises(RateLimitError):
            await client.assistants.retrieve(ID)
        with pytest.raises(APITimeoutError, match=r"wants no calls for another 2\.0 s") as raised:
            await client.with_options(timeout=2).assistants.create(model="gpt-4o")
        await client.with_options(timeout=2.1).assistants.retrieve(ID)

    assert (raised.value.attempts, raised.value.elapsed) == (0, 0)
    assert raised.value.may_have_executed is False
    assert len(sent) == 2


@virtual_time
async def test_a_longer_wait_that_is_learned_of_meanwhile_counts(mocked: aioresponses) -> None:
    """A shorter one does not take it back."""
    slow = reply(429, headers={"Retry-After": "5"}, after=1)
    short = reply(429, headers={"Retry-After": "1"}, after=1.5)
    sent = serve(mocked, one_by_one(slow, short, reply(429, headers={"Retry-After": "2"}), right))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        hand_clock(client, Chance())
        calls = [asyncio.create_task(client.assistants.retrieve(ID)) for _ in range(3)]
        await asyncio.sleep(0.5)
        waiting = asyncio.create_task(client.assistants.retrieve(ID))
        errors = await asyncio.gather(*calls, return_exceptions=True)
        await waiting

    assert [type(error) for error in errors] == [RateLimitError] * 3
    assert [request.at for request in sent] == [0, 0, 0, 6]


@virtual_time
async def test_they_do_not_all_come_back_at_once(mocked: aioresponses) -> None:
    """Up to a quarter of the wait is added, to each its own."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "4"}), *[right] * 3))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        hand_clock(client, iter([0.0, 0.0, 0.5, 1.0]).__next__)
        with pytest.raises(RateLimitError):
            await client.assistants.retrieve(ID)
        await asyncio.gather(*(client.assistants.retrieve(ID) for _ in range(3)))

    assert [request.at for request in sent] == [0, 4, 4.5, 5]


@virtual_time
async def test_a_wait_that_is_too_long_to_be_made_holds_up_nobody(mocked: aioresponses) -> None:
    """Past max_retry_after the one call fails; the others go on, never in a silent sleep."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "3600"}), right))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, Chance())
        with pytest.raises(RateLimitError) as raised:
            await client.assistants.retrieve(ID)
        await client.assistants.retrieve(ID)

    assert raised.value.retry_after == 3600
    assert [request.at for request in sent] == [0, 0]


@virtual_time
async def test_a_call_can_be_cancelled_while_it_cools_down(mocked: aioresponses) -> None:
    """It sends nothing, then or later."""
    sent = serve(mocked, one_by_one(reply(429, headers={"Retry-After": "4"})))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        hand_clock(client, Chance())
        with pytest.raises(RateLimitError):
            await client.assistants.retrieve(ID)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await client.assistants.retrieve(ID)

    assert (len(sent), now()) == (1, 1)


async def test_no_connection_is_held_while_waiting() -> None:
    """With a single one, another call is served while the first waits for its next attempt."""
    waiting, released = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await released.wait()

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(message(200 if waiting.is_set() else 503, ASSISTANT))

    async with (
        RawServer(each(respond)) as server,
        client_of(server, max_connections=1) as client,
        asyncio.TaskGroup() as group,
    ):
        client._pool.clock = Clock(sleep=sleep)  # noqa: SLF001  # the seam made for this
        first = group.create_task(client.assistants.retrieve(ID))
        await waiting.wait()
        second = await client.assistants.retrieve(ID)
        assert not first.done()
        released.set()

    assert first.result() == second
    assert server.accepted == 1


# --- A hundred tasks ----------------------------------------------------------------------------


@attrs.define
class LimitedServer:
    """Allows so many requests in any second, and asks the others to come back after one.

    Attributes:
        most: How many.
        refusals: How many it has refused.
    """

    most: int
    refusals: int = 0
    _served: deque[float] = attrs.Factory(deque)

    async def answer(self, _sent: Sent) -> CallbackResult:
        """Answer a request, a moment after it came."""
        await asyncio.sleep(0.005)
        while self._served and self._served[0] <= now() - 1:
            self._served.popleft()
        if len(self._served) < self.most:
            self._served.append(now())
            return CallbackResult(payload=mock_assistant(id=ID))
        self.refusals += 1
        return CallbackResult(status=429, headers={"Retry-After": "1"})


async def a_hundred_tasks(clients: Iterable[AsyncPortkey]) -> tuple[int, int]:
    """Have a hundred tasks make three calls each; give the failed ones and the refusals."""
    draws = random.Random(0)  # noqa: S311  # repeatable, not secret
    server = LimitedServer(50)

    async def work(client: AsyncPortkey) -> None:
        hand_clock(client, draws.random)
        for _ in range(3):
            await client.assistants.retrieve(ID)

    with mocked_wire() as mock:
        serve(mock, server.answer)
        outcomes = await asyncio.gather(*map(work, clients), return_exceptions=True)
    return sum(isinstance(outcome, RateLimitError) for outcome in outcomes), server.refusals


@virtual_time
async def test_a_hundred_tasks_share_a_limit() -> None:
    """All finish, with far fewer refusals than where each learns of the limit by itself."""
    retry = RetryPolicy(attempts=10)
    async with AsyncPortkey(API_KEY, retry=retry) as client, aiohttp.ClientSession() as session:
        failed, refusals = await a_hundred_tasks([client] * 100)
        apart = [AsyncPortkey(API_KEY, retry=retry, session=session) for _ in range(100)]
        _, refusals_apart = await a_hundred_tasks(apart)

    assert failed == 0
    assert refusals < 200
    assert refusals_apart > 1.5 * refusals
