"""The payload helpers with aioresponses, for unit tests that need no server."""

import pytest
from aioresponses import aioresponses

from portkey_async import AsyncPortkey, NotFoundError
from portkey_async.testing import mock_assistant, mock_page

URL = "https://api.portkey.ai/v1/assistants"


async def test_a_listing_can_be_mocked(mocked: aioresponses) -> None:
    """Pages made by `mock_page` decode, and lead from one to the next."""
    first = mock_page([mock_assistant(id="a"), mock_assistant(id="b")], has_more=True)
    mocked.get(URL, payload=first)
    mocked.get(f"{URL}?after=b", payload=mock_page([mock_assistant(id="c")]))

    async with AsyncPortkey("pk-test", virtual_key="openai") as client:
        assert [each.id async for each in client.assistants.list()] == ["a", "b", "c"]


async def test_an_assistant_and_an_error_can_be_mocked(mocked: aioresponses) -> None:
    """A payload made by `mock_assistant` is what comes out of the client."""
    payload = mock_assistant(name="n", tools=[{"type": "code_interpreter"}])
    mocked.post(URL, payload=payload)
    mocked.get(f"{URL}/nobody", status=404, payload={"error": {"message": "none"}})

    async with AsyncPortkey("pk-test", virtual_key="openai") as client:
        assert (await client.assistants.create(model="gpt-4o")).to_dict() == payload
        with pytest.raises(NotFoundError, match="none"):
            await client.assistants.retrieve("nobody")
