"""A function that gives the provider's credential, asked for every attempt."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from aioresponses import aioresponses
from support.calls import CALLS, ID, right
from support.credentials import API_KEY, PROVIDER_TOKEN
from support.virtual_time import Chance, hand_clock, virtual_time
from support.wire import failing, one_by_one, reply, serve

from portkey_async import (
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncPortkey,
    ConfigurationError,
    NotFoundError,
)

Token = Callable[[], str | Awaitable[str]]


def client_with(token: Token, **options: Any) -> AsyncPortkey:
    """Make a client whose credential a function gives."""
    return AsyncPortkey(API_KEY, provider="openai", authorization=token, **options)


def plain() -> str:
    """Give a credential."""
    return PROVIDER_TOKEN


async def awaited() -> str:
    """Give a credential, after a turn of the loop."""
    await asyncio.sleep(0)
    return f"Bearer {PROVIDER_TOKEN}"


def wrapped() -> Awaitable[str]:
    """Give what gives a credential once it is awaited."""
    return awaited()


class Credential:
    """An object that gives one."""

    async def __call__(self) -> str:
        """Give it."""
        return PROVIDER_TOKEN

    def bound(self) -> str:
        """Give it too."""
        return PROVIDER_TOKEN


FUNCTIONS: list[Token] = [
    plain,
    awaited,
    wrapped,
    partial(awaited),
    Credential(),
    Credential().bound,
]


@pytest.mark.parametrize("token", FUNCTIONS)
async def test_any_function_may_give_it(mocked: aioresponses, token: Token) -> None:
    """Async or not, an object that can be called, or one that gives what is awaited."""
    sent = serve(mocked, right)
    async with client_with(token) as client:
        await client.assistants.retrieve(ID)

    assert str(sent[0].headers["authorization"]) == f"Bearer {PROVIDER_TOKEN}"


@pytest.mark.parametrize("name", CALLS)
@virtual_time
async def test_it_is_asked_for_every_attempt(mocked: aioresponses, name: str) -> None:
    """A credential may have expired in the meantime."""
    sent = serve(mocked, one_by_one(failing(429), failing(429), right))
    given = iter(["sk-first-token", "sk-second-token", "sk-third-token"])

    async def token() -> str:
        return next(given)

    async with client_with(token) as client:
        hand_clock(client, Chance())
        await CALLS[name](client)

    values = [str(request.headers["authorization"]) for request in sent]
    assert values == ["Bearer sk-first-token", "Bearer sk-second-token", "Bearer sk-third-token"]


async def test_a_function_that_is_not_async_does_not_block_the_loop(mocked: aioresponses) -> None:
    """It runs in a thread of the client's own, with the context of the call."""
    serve(mocked, right)
    tenant = contextvars.ContextVar("tenant", default="")
    going_on = threading.Event()
    seen: list[tuple[str, str]] = []

    def token() -> str:
        assert going_on.wait(10)
        seen.append((tenant.get(), threading.current_thread().name))
        return PROVIDER_TOKEN

    tenant.set("one")
    async with client_with(token) as client:
        call = asyncio.create_task(client.assistants.retrieve(ID))
        await asyncio.sleep(0.01)
        going_on.set()
        await call
    ((context, thread),) = seen

    assert context == "one"
    assert thread.startswith("portkey_async")


async def test_the_deadline_counts_for_it(mocked: aioresponses) -> None:
    """Nothing was sent, so nothing was executed; the thread is not waited for."""
    sent = serve(mocked, right)
    released = threading.Event()

    def slow() -> str:
        released.wait(10)
        return PROVIDER_TOKEN

    async def slower() -> str:
        await asyncio.sleep(1000)
        return PROVIDER_TOKEN

    for token in (slow, slower):
        async with client_with(token, timeout=0.1) as client:
            with pytest.raises(APITimeoutError, match=r"no response within 0\.1 s") as raised:
                await client.assistants.create(model="gpt-4o")
        assert raised.value.may_have_executed is False
        assert raised.value.attempts == 0
    released.set()

    assert sent == []


class MineError(Exception):
    """Of the caller's own."""


ERRORS: list[Exception] = [
    MineError("x"),
    TimeoutError("slow"),
    NotFoundError("of another client", status=404),
    ValueError(""),
    OSError(1, "x"),
    ExceptionGroup("x", [ValueError()]),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("is_async", [True, False])
async def test_its_own_errors_are_raised_as_they_are(
    mocked: aioresponses, error: Exception, *, is_async: bool
) -> None:
    """Neither wrapped nor retried nor completed: they are the caller's."""
    sent = serve(mocked, right)
    asked = 0

    def token() -> str:
        nonlocal asked
        asked += 1
        raise error

    async def token_async() -> str:
        return token()

    before = str(error)
    async with client_with(token_async if is_async else token) as client:
        with pytest.raises(type(error)) as raised:
            await client.assistants.retrieve(ID)

    assert raised.value is error
    assert str(error) == before
    assert (asked, sent) == (1, [])


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_function_that_stops_an_iteration_does_not_hang(
    mocked: aioresponses, *, is_async: bool
) -> None:
    """Python turns it into a RuntimeError where it leaves a coroutine."""
    serve(mocked, right)

    def token() -> str:
        return next(iter([]))

    async def token_async() -> str:
        return token()

    async with client_with(token_async if is_async else token) as client:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await client.assistants.retrieve(ID)


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "Bearer",
        "sk-two\nsk-lines",
        "sk-two sk-words",
        "sk-\x00",
        "sk-pasted\u200b",
        None,
        5,
    ],
)
async def test_what_is_no_token_is_refused(mocked: aioresponses, token: Any) -> None:
    """Before anything is sent, by a message that does not show it."""
    sent = serve(mocked, right)
    async with client_with(lambda: token) as client:
        with pytest.raises(ConfigurationError, match=r"^authorization\(\) ") as raised:
            await client.assistants.retrieve(ID)

    assert "sk-" not in str(raised.value)
    assert raised.value.may_have_executed is False
    assert sent == []


@virtual_time
async def test_a_bad_token_after_a_lost_answer_leaves_the_doubt(mocked: aioresponses) -> None:
    """The first attempt may have been executed."""
    serve(mocked, one_by_one(failing(503), right))
    given = iter([PROVIDER_TOKEN, ""])

    async def token() -> str:
        return next(given)

    async with client_with(token) as client:
        hand_clock(client, Chance())
        with pytest.raises(ConfigurationError) as raised:
            await client.assistants.update(ID)

    assert raised.value.may_have_executed is True


@pytest.mark.parametrize("status", [400, 200])
async def test_what_it_gives_is_redacted(
    mocked: aioresponses, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever a server echoes it."""
    token = "tk-fresh-from-the-function"
    echo = {"error": {"message": f"wrong {token}", "code": token}}
    serve(mocked, reply(status, echo, headers={"x-request-id": token}))
    async with client_with(lambda: token) as client:
        with pytest.raises(APIError) as raised:
            await client.assistants.retrieve(ID)
    error = raised.value

    assert token not in str(error) + repr(vars(error)) + caplog.text
    assert "[redacted]" in str(error)
    assert error.request_id == "[redacted]"


async def test_another_token_does_not_end_a_cool_down(mocked: aioresponses) -> None:
    """A function counts by identity; what it gives changes."""
    serve(mocked, one_by_one(reply(429, headers={"Retry-After": "30"}), right))
    given = iter(["tk-the-first", "tk-the-second"])

    async def token() -> str:
        return next(given)

    async with client_with(token, timeout=5) as client:
        with pytest.raises(APIStatusError):
            await client.assistants.retrieve(ID)
        with pytest.raises(APITimeoutError, match="wants no calls"):
            await client.assistants.retrieve(ID)
        other = client.with_options(authorization=awaited)
        await other.assistants.retrieve(ID)
