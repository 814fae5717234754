"""What cannot be sent is refused with its name, before anything is sent."""

from typing import Any

import aiohttp
import pytest
from aioresponses import aioresponses
from support.credentials import API_KEY

from portkey_async import AsyncPortkey, ConfigurationError, InvalidRequestError


def endless() -> list[object]:
    """Make a list that contains itself."""
    items: list[object] = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"extra_body": [1]}, "extra_body is of type list; it must be a mapping"),
        ({"extra_body": endless()}, "extra_body is nested too deeply, or contains itself"),
        ({"metadata": {"a": endless()}}, "metadata is nested too deeply, or contains itself"),
        ({"metadata": {"a": 10**4300}}, "metadata.a has over 4,300 digits"),
        ({"extra_body": {"temperature": 9}}, "temperature is 9; it must be a number from 0 to 2"),
    ],
)
async def test_a_body_that_cannot_be_sent_is_refused(
    mocked: aioresponses, arguments: dict[str, Any], reason: str
) -> None:
    """As an error of ours that names the argument, whatever Python says of it."""
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(InvalidRequestError, match=reason):
            await client.assistants.create(model="m", **arguments)

    assert not mocked.requests


def test_a_session_that_is_none_is_refused() -> None:
    """When the client is made, not when it is first used."""
    with pytest.raises(ConfigurationError, match="session is of type int"):
        AsyncPortkey(API_KEY, session=3)  # type: ignore[arg-type]


async def test_a_session_that_cannot_send_our_headers_is_named() -> None:
    """Aiohttp's own refusal does not leak, nor do its frames, whose locals are headers."""

    async def refuse(*_: object) -> aiohttp.ClientResponse:
        raise ValueError("Cannot combine AUTHORIZATION header with AUTH argument")

    async with aiohttp.ClientSession(middlewares=[refuse]) as session:
        client = AsyncPortkey(API_KEY, session=session)
        with pytest.raises(ConfigurationError, match="session cannot send this") as raised:
            await client.assistants.retrieve("asst_1")

    assert raised.value.__context__ is None


@pytest.mark.parametrize("order", [5, "\ud800", endless(), {"order": "asc"}])
def test_an_order_that_is_no_text_is_refused_even_by_a_lenient_client(order: Any) -> None:
    """A lenient client leaves to the server only what can be sent."""
    client = AsyncPortkey(API_KEY, validate_requests=False)
    with pytest.raises(InvalidRequestError, match="order"):
        client.assistants.list(order=order)


@pytest.mark.parametrize("validate", [True, False])
def test_a_limit_of_too_many_digits_is_refused(*, validate: bool) -> None:
    """Python itself does not print such a number; the error is ours all the same."""
    client = AsyncPortkey(API_KEY, validate_requests=validate)
    with pytest.raises(InvalidRequestError, match=r"limit is a number of over 4,300 digits"):
        client.assistants.list(limit=10**4300)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"config": {"targets": endless()}}, "config is nested too deeply, or contains itself"),
        ({"metadata": {"a": endless()}}, "metadata is nested too deeply, or contains itself"),
        ({"request_timeout": 10**4300}, "at most 2147483647"),
    ],
)
def test_a_setting_that_no_header_can_carry_is_refused(
    arguments: dict[str, Any], reason: str
) -> None:
    """As an error of ours that names the argument, whatever Python says of it."""
    with pytest.raises(ConfigurationError, match=reason):
        AsyncPortkey(API_KEY, **arguments)
