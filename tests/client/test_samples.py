"""The API's own sample calls, as its documentation writes them, with `await` added."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aioresponses import aioresponses
from support.credentials import API_KEY, VIRTUAL_KEY
from support.wire import one_by_one, reply, serve

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


async def test_threads(server: PortkeyServer, client: AsyncPortkey) -> None:
    """Made with messages or without, and all that is done with them."""
    empty_thread = await client.beta.threads.create()
    message_thread = await client.beta.threads.create(
        messages=[
            {"role": "user", "content": "Hello, what is AI?"},
            {"role": "user", "content": "How does AI work? Explain it in simple terms."},
        ]
    )
    my_thread = await client.beta.threads.retrieve(message_thread.id)
    my_updated_thread = await client.beta.threads.update(
        message_thread.id, metadata={"modified": "true", "user": "abc123"}
    )
    response = await client.beta.threads.delete(empty_thread.id)

    assert my_thread == message_thread
    assert my_updated_thread.metadata == {"modified": "true", "user": "abc123"}
    assert (response.id, response.deleted) == (empty_thread.id, True)
    assert list(server.threads) == [message_thread.id]


async def test_messages(server: PortkeyServer, client: AsyncPortkey) -> None:
    """Ids are given by position or by name."""
    thread = await client.beta.threads.create()
    thread_message = await client.beta.threads.messages.create(
        thread.id, role="user", content="How does AI work? Explain it in simple terms."
    )
    thread_messages = await client.beta.threads.messages.list(thread.id)
    message = await client.beta.threads.messages.retrieve(
        message_id=thread_message.id, thread_id=thread.id
    )
    updated = await client.beta.threads.messages.update(
        message_id=thread_message.id,
        thread_id=thread.id,
        metadata={"modified": "true", "user": "abc123"},
    )
    deleted_message = await client.beta.threads.messages.delete(
        message_id=thread_message.id, thread_id=thread.id
    )

    assert thread_messages.data == [thread_message] == [message]
    assert message.text == "How does AI work? Explain it in simple terms."
    assert updated.metadata == {"modified": "true", "user": "abc123"}
    assert deleted_message.deleted
    assert server.messages == {}


RUN = {
    "id": "run_abc123",
    "object": "thread.run",
    "created_at": 1699063290,
    "thread_id": "thread_abc123",
    "status": "queued",
}


async def test_runs(mocked: aioresponses) -> None:
    """Every id by its name; the outputs of functions are plain dicts."""
    page = {"object": "list", "data": [RUN], "has_more": False}
    sent = serve(mocked, one_by_one(*[reply(200, RUN)] * 5, reply(200, page), reply(200, RUN)))
    async with AsyncPortkey(api_key=API_KEY, virtual_key=VIRTUAL_KEY) as client:
        await client.beta.threads.runs.create(thread_id="thread_abc123", assistant_id="asst_abc123")
        await client.beta.threads.create_and_run(
            assistant_id="asst_abc123",
            thread={
                "messages": [{"role": "user", "content": "Explain deep learning to a 5 year old."}]
            },
        )
        await client.beta.threads.runs.retrieve(thread_id="thread_abc123", run_id="run_abc123")
        await client.beta.threads.runs.update(
            thread_id="thread_abc123", run_id="run_abc123", metadata={"user_id": "user_abc123"}
        )
        await client.beta.threads.runs.submit_tool_outputs(
            thread_id="thread_abc123",
            run_id="run_abc123",
            tool_outputs=[{"tool_call_id": "call_001", "output": "70 degrees and sunny."}],
        )
        runs = await client.beta.threads.runs.list("thread_abc123")
        await client.beta.threads.runs.cancel(thread_id="thread_abc123", run_id="run_abc123")

    assert runs.data[0].id == "run_abc123"
    root = "/v1/threads/thread_abc123/runs"
    assert [request.path for request in sent] == [
        root,
        "/v1/threads/runs",
        f"{root}/run_abc123",
        f"{root}/run_abc123",
        f"{root}/run_abc123/submit_tool_outputs",
        root,
        f"{root}/run_abc123/cancel",
    ]


async def test_run_steps(mocked: aioresponses) -> None:
    """By the three ids."""
    step = {
        "id": "step_abc123",
        "object": "thread.run.step",
        "created_at": 1699063291,
        "run_id": "run_abc123",
        "thread_id": "thread_abc123",
        "assistant_id": "asst_abc123",
        "type": "message_creation",
        "status": "completed",
        "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
    }
    page = {"object": "list", "data": [step], "has_more": False}
    serve(mocked, one_by_one(reply(200, page), reply(200, step)))
    async with AsyncPortkey(api_key=API_KEY, virtual_key=VIRTUAL_KEY) as client:
        run_steps = await client.beta.threads.runs.steps.list(
            thread_id="thread_abc123", run_id="run_abc123"
        )
        run_step = await client.beta.threads.runs.steps.retrieve(
            thread_id="thread_abc123", run_id="run_abc123", step_id="step_abc123"
        )

    assert run_steps.data == [run_step]
