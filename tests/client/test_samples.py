"""The API's own sample calls, as its documentation writes them, with `await` added."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from support.credentials import API_KEY, VIRTUAL_KEY

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer, mock_assistant

HR_INSTRUCTIONS = (
    "You are an HR bot, and you have access to files to answer employee questions about "
    "company policies. Always response with info from either of the files."
)
TUTOR_INSTRUCTIONS = (
    "You are a personal math tutor. When asked a question, write and run Python code to answer "
    "the question."
)


@pytest.fixture
async def server() -> AsyncIterator[PortkeyServer]:
    """A server that holds the assistant of the samples, and some more."""
    others = [mock_assistant() for _ in range(30)]
    async with PortkeyServer([*others, mock_assistant(id="asst_abc123")], api_key=API_KEY) as made:
        yield made


@pytest.fixture
async def client(server: PortkeyServer) -> AsyncIterator[AsyncPortkey]:
    """The client as the samples make it."""
    async with AsyncPortkey(
        api_key=API_KEY, virtual_key=VIRTUAL_KEY, base_url=server.base_url
    ) as made:
        yield made


def body_of(server: PortkeyServer) -> Mapping[str, Any]:
    """Give the body of the last request."""
    body: Mapping[str, Any] = server.requests[-1].body
    return body


async def test_list(server: PortkeyServer, client: AsyncPortkey) -> None:
    """The limit is a string there."""
    my_assistants = await client.beta.assistants.list(
        order="desc",
        limit="20",
    )

    assert len(my_assistants.data) == 20
    assert my_assistants.data[0].id == "asst_abc123"
    assert server.requests[-1].query == {"limit": "20", "order": "desc"}


async def test_create(server: PortkeyServer, client: AsyncPortkey) -> None:
    """Tools are plain dicts."""
    my_assistant = await client.beta.assistants.create(
        instructions=TUTOR_INSTRUCTIONS,
        name="Math Tutor",
        tools=[{"type": "code_interpreter"}],
        model="gpt-4-turbo",
    )

    assert server.assistants[my_assistant.id] == my_assistant.to_dict()
    assert body_of(server) == {
        "instructions": TUTOR_INSTRUCTIONS,
        "name": "Math Tutor",
        "tools": [{"type": "code_interpreter"}],
        "model": "gpt-4-turbo",
    }


async def test_retrieve(client: AsyncPortkey) -> None:
    """The id is the one argument."""
    my_assistant = await client.beta.assistants.retrieve("asst_abc123")

    assert my_assistant.id == "asst_abc123"


async def test_update(server: PortkeyServer, client: AsyncPortkey) -> None:
    """Several fields at once, the tools as dicts."""
    my_updated_assistant = await client.beta.assistants.update(
        "asst_abc123",
        instructions=HR_INSTRUCTIONS,
        name="HR Helper",
        tools=[{"type": "file_search"}],
        model="gpt-4-turbo",
    )

    assert my_updated_assistant.instructions == HR_INSTRUCTIONS
    assert body_of(server) == {
        "instructions": HR_INSTRUCTIONS,
        "name": "HR Helper",
        "tools": [{"type": "file_search"}],
        "model": "gpt-4-turbo",
    }


async def test_delete(server: PortkeyServer, client: AsyncPortkey) -> None:
    """The answer says so."""
    response = await client.beta.assistants.delete("asst_abc123")

    assert (response.id, response.deleted) == ("asst_abc123", True)
    assert "asst_abc123" not in server.assistants
