"""One call from start to end: which failures are repeated, and after how long."""

from email.utils import formatdate

import aiohttp
import pytest
from aioresponses import aioresponses
from support.calls import ADMIN_KEY, CALLS, ID, REPEATABLE, outcome, right
from support.credentials import API_KEY
from support.virtual_time import UNIX_START, Chance, hand_clock, now, virtual_time
from support.wire import Answer, failing, gone, lost, one_by_one, reply, serve

from portkey_async import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    AsyncPortkey,
    NotFoundError,
    RateLimitError,
    RetryPolicy,
)

MOST = Chance(1.0)
LEAST = Chance(0.0)
#: After these, what may be done twice is repeated.
TRANSIENT = (408, 500, 502, 503, 504, 520, 524, 529, 530)
FINAL = (400, 401, 403, 404, 405, 409, 413, 418, 422, 451, 501, 505, 525, 302, 304)


# --- Which failures are repeated ----------------------------------------------------------------


@pytest.mark.parametrize("name", REPEATABLE)
@pytest.mark.parametrize("status", [0, *TRANSIENT, 429])
@virtual_time
async def test_what_may_be_done_twice_is_repeated(
    mocked: aioresponses, name: str, status: int
) -> None:
    """After a lost answer and a passing failure: three attempts, with the same request."""
    sent = serve(mocked, one_by_one(failing(status), failing(status), right))
    async with AsyncPortkey(API_KEY) as client:
        waits = hand_clock(client, MOST)

        assert await outcome(client, name) is None
    assert waits == [0.5, 1.0]
    assert [request.at for request in sent] == [0.0, 0.5, 1.5]
    assert len({(one.method, one.url, one.body, tuple(one.headers.items())) for one in sent}) == 1


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", [0, *TRANSIENT, 429])
@virtual_time
async def test_it_is_given_up_in_the_end(mocked: aioresponses, name: str, status: int) -> None:
    """The last attempt's error is raised; it says how many there were."""
    sent = serve(mocked, failing(status))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, MOST)
        error = await outcome(client, name)
    attempts = 1 if name == "create" and status != 429 else 3

    assert isinstance(error, APIStatusError if status else APIConnectionError)
    assert len(sent) == error.attempts == attempts
    assert error.may_have_executed is (status != 429)
    assert ("3 attempts" in str(error)) == (attempts == 3)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("status", FINAL)
@virtual_time
async def test_what_will_not_pass_fails_at_once(
    mocked: aioresponses, name: str, status: int
) -> None:
    """A refusal, a redirect, a status that nobody promised to be temporary."""
    sent = serve(mocked, failing(status))
    async with AsyncPortkey(API_KEY) as client:
        error = await outcome(client, name)

    assert isinstance(error, APIStatusError)
    assert (error.status, error.status_code, len(sent)) == (status, status, 1)


@pytest.mark.parametrize("name", CALLS)
@virtual_time
async def test_a_wrong_answer_fails_at_once(mocked: aioresponses, name: str) -> None:
    """Whoever answers a success that is none will do so again."""
    sent = serve(mocked, reply(body=b"<html>"))
    async with AsyncPortkey(API_KEY) as client:
        error = await outcome(client, name)

    assert isinstance(error, APIResponseValidationError)
    assert (error.status, error.path, len(sent)) == (200, "$", 1)
    assert "<html>" in str(error)


@virtual_time
async def test_a_call_that_was_never_sent_is_repeated(mocked: aioresponses) -> None:
    """Whatever it does: the server cannot have acted."""
    refused = lost(aiohttp.ConnectionTimeoutError())
    for name in CALLS:
        sent = serve(mocked, one_by_one(refused, refused, right))
        async with AsyncPortkey(API_KEY) as client:
            hand_clock(client, MOST)

            assert await outcome(client, name) is None
        assert len(sent) == 3
        mocked.clear()


@virtual_time
async def test_a_create_is_repeated_where_the_caller_says_so(mocked: aioresponses) -> None:
    """All attempts carry one key, by which the server can tell that they are one call."""
    sent = serve(mocked, one_by_one(failing(500), failing(), right, right))
    async with AsyncPortkey(API_KEY, retry=RetryPolicy(repeat_creates=True)) as client:
        hand_clock(client, MOST)
        await client.assistants.create(model="gpt-4o")
        await client.assistants.create(model="gpt-4o")
    keys = [request.headers["idempotency-key"] for request in sent]

    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert all(len(key) >= 32 for key in keys)


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
@virtual_time
async def test_a_used_up_quota_is_not_waited_for(mocked: aioresponses, code: str) -> None:
    """Waiting does not refill it."""
    sent = serve(mocked, failing(429, code=code))
    async with AsyncPortkey(API_KEY) as client:
        error = await outcome(client, "retrieve")

    assert isinstance(error, RateLimitError)
    assert (error.code, len(sent)) == (code, 1)


@pytest.mark.parametrize(
    ("status", "advice", "attempts"), [(503, "false", 1), (429, "false", 1), (409, "true", 3)]
)
@virtual_time
async def test_the_servers_advice_is_heeded(
    mocked: aioresponses, status: int, advice: str, attempts: int
) -> None:
    """`x-should-retry` overrules the status."""
    sent = serve(mocked, failing(status, {"x-should-retry": advice}))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, MOST)
        await outcome(client, "retrieve")

    assert len(sent) == attempts


@pytest.mark.parametrize(("after_gateway", "attempts"), [(False, 1), (True, 3)])
@virtual_time
async def test_the_gateways_own_retries_are_enough(
    mocked: aioresponses, *, after_gateway: bool, attempts: int
) -> None:
    """Where it has spent them, ours would multiply them, unless the caller wants that."""
    sent = serve(mocked, failing(503, {"x-portkey-retry-attempt-count": "-1"}))
    retry = RetryPolicy(after_gateway=after_gateway)
    async with AsyncPortkey(API_KEY, retry=retry) as client:
        hand_clock(client, MOST)
        await outcome(client, "retrieve")

    assert len(sent) == attempts


@pytest.mark.parametrize("attempts", [1, 2, 7])
@virtual_time
async def test_the_policy_says_how_many(mocked: aioresponses, attempts: int) -> None:
    """One turns retries off. The waits double up to the policy's longest."""
    sent = serve(mocked, failing(503))
    retry = RetryPolicy(attempts=attempts, initial=1, maximum=5)
    async with AsyncPortkey(API_KEY, retry=retry) as client:
        waits = hand_clock(client, MOST)
        await outcome(client, "retrieve")

    assert len(sent) == attempts
    assert waits == [1, 2, 4, 5, 5, 5][: attempts - 1]


# --- How long is waited -------------------------------------------------------------------------


@pytest.mark.parametrize(("chance", "waits"), [(0.0, [0, 0]), (0.5, [0.25, 0.5]), (1.0, [0.5, 1])])
@virtual_time
async def test_waits_have_full_jitter(
    mocked: aioresponses, chance: float, waits: list[float]
) -> None:
    """Anything from nothing to the exponential wait."""
    serve(mocked, failing(503))
    async with AsyncPortkey(API_KEY) as client:
        waited = hand_clock(client, Chance(chance))
        await outcome(client, "retrieve")

    assert waited == waits


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "2"},
        {"Retry-After": formatdate(UNIX_START + 2, usegmt=True)},
        {"retry-after-ms": "2000"},
        {"retry-after-ms": "2000", "Retry-After": "9"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("chance", "wait"), [(0.0, 2.0), (1.0, 2.5)])
@virtual_time
async def test_the_server_says_how_long(
    mocked: aioresponses, status: int, headers: dict[str, str], chance: float, wait: float
) -> None:
    """In seconds, as a date, or in milliseconds; and up to a quarter more, never less."""
    sent = serve(mocked, one_by_one(failing(status, headers), right))
    async with AsyncPortkey(API_KEY) as client:
        waits = hand_clock(client, Chance(chance))
        await client.assistants.retrieve(ID)

    assert waits == [wait]
    assert sent[1].at == wait


@pytest.mark.parametrize("status", [429, 503])
@virtual_time
async def test_a_long_wait_is_the_callers_to_make(mocked: aioresponses, status: int) -> None:
    """Past max_retry_after the call fails at once, and the error says how long."""
    sent = serve(mocked, failing(status, {"Retry-After": "61"}))
    async with AsyncPortkey(API_KEY, timeout=None) as client:
        waits = hand_clock(client, LEAST)
        error = await outcome(client, "retrieve")
        other = await outcome(client, "retrieve")

    assert isinstance(error, APIStatusError)
    assert isinstance(other, APIStatusError)
    assert error.retry_after == 61
    assert (waits, len(sent), now()) == ([], 2, 0)


@virtual_time
async def test_the_longest_wait_allowed_is_made(mocked: aioresponses) -> None:
    """max_retry_after itself is not past it."""
    serve(mocked, one_by_one(failing(429, {"Retry-After": "60"}), right))
    async with AsyncPortkey(API_KEY, timeout=None) as client:
        waits = hand_clock(client, LEAST)
        await client.assistants.retrieve(ID)

    assert waits == [60]


# --- A delete that finds nothing ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["delete", "delete_key"])
@pytest.mark.parametrize("first", [failing(), failing(500), failing(408)])
@virtual_time
async def test_a_repeated_delete_that_finds_nothing_has_succeeded(
    mocked: aioresponses, name: str, first: Answer
) -> None:
    """The attempt before it may have been the one that deleted it."""
    serve(mocked, one_by_one(first, gone))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, LEAST)
        if name == "delete":
            deleted: object = await client.assistants.delete(ID)
            expected = {"id": ID, "object": "assistant.deleted"}
        else:
            deleted = await client.admin_api_keys.delete(ADMIN_KEY)
            expected = {"id": ADMIN_KEY, "object": "organization.admin_api_key.deleted"}

    assert deleted.to_dict() == {**expected, "deleted": True}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["delete", "delete_key"])
@pytest.mark.parametrize("first", [failing(429), lost(aiohttp.ConnectionTimeoutError())])
@virtual_time
async def test_a_delete_that_cannot_have_acted_before_has_failed(
    mocked: aioresponses, name: str, first: Answer
) -> None:
    """A 404 after a refusal means that it was never there."""
    serve(mocked, one_by_one(first, gone))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, LEAST)
        error = await outcome(client, name)

    assert isinstance(error, NotFoundError)
    assert (error.attempts, error.may_have_executed) == (2, False)


@pytest.mark.parametrize("name", ["retrieve", "update"])
@virtual_time
async def test_others_that_find_nothing_have_failed(mocked: aioresponses, name: str) -> None:
    """Whatever came before."""
    serve(mocked, one_by_one(failing(500), failing(404)))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, LEAST)

        assert isinstance(await outcome(client, name), NotFoundError)
