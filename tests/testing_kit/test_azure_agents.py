"""Azure's own agents client runs assistants on the test server, over TLS as it insists on."""

import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import trustme
from azure.ai.agents import models
from azure.ai.agents.aio import AgentsClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from portkey_async.testing import Call, Code, Fail, Hang, PortkeyServer, Say


class Credential:
    """Gives the token that the server takes."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Give it."""
        return AccessToken("pk-test", 2**40)

    async def close(self) -> None:
        """Do nothing."""

    async def __aenter__(self) -> Self:
        """Enter."""
        return self

    async def __aexit__(self, *_reason: object) -> None:
        """Leave."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[PortkeyServer]:
    """A server that speaks https."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with PortkeyServer(ssl_context=context) as running:
        yield running


@pytest.fixture
async def client(
    server: PortkeyServer, authority: trustme.CA, tmp_path: Path
) -> AsyncIterator[AgentsClient]:
    """Azure's client, which trusts that authority."""
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    async with AgentsClient(
        server.base_url, Credential(), connection_verify=str(trusted), retry_total=0
    ) as client:
        yield client


def add(a: int, b: int) -> str:
    """Add two numbers.

    :param a: One.
    :param b: Another.
    """
    return f"{a + b}."  # what is a number in JSON, their client cannot send


async def agent_on_thread(client: AgentsClient, **settings: Any) -> dict[str, str]:
    """Make an agent, and a thread with a question."""
    agent = await client.create_agent(model="gpt-4o", name="Tutor", **settings)
    thread = await client.threads.create()
    await client.messages.create(thread.id, role="user", content="What is 2 + 2?")
    return {"thread_id": thread.id, "agent_id": agent.id}


async def said(client: AgentsClient, thread_id: str) -> list[str]:
    """What all messages say, oldest first."""
    messages = client.messages.list(thread_id, order=models.ListSortOrder.ASCENDING)
    return [message.text_messages[0].text.value async for message in messages]


async def test_agents_threads_and_messages(server: PortkeyServer, client: AgentsClient) -> None:
    """Created, read, changed, listed and deleted."""
    made = [await client.create_agent(model="gpt-4o", name=f"n{n}") for n in range(3)]
    await client.update_agent(made[0].id, instructions="Be brief.")
    agent = await client.get_agent(made[0].id)
    listed = [each.id async for each in client.list_agents(limit=2)]
    thread = await client.threads.create(metadata={"k": "v"})
    await client.threads.update(thread.id, metadata={"k": "w"})
    message = await client.messages.create(thread.id, role="user", content="Hello")
    await client.messages.update(thread.id, message.id, metadata={"k": "v"})

    assert agent.instructions == "Be brief."
    assert listed == [each.id for each in reversed(made)]
    assert (await client.threads.get(thread.id)).as_dict() == server.threads[thread.id]
    got = await client.messages.get(thread.id, message.id)
    assert got.as_dict() == server.messages[message.id]
    await client.threads.delete(thread.id)
    await client.delete_agent(agent.id)
    with pytest.raises(ResourceNotFoundError, match="No thread found"):
        await client.threads.get(thread.id)
    assert {request.query.get("api-version") for request in server.requests} == {"v1"}


async def test_a_run_is_created_and_processed(server: PortkeyServer, client: AgentsClient) -> None:
    """It is polled for, its function is called by the client, and its steps tell of it."""
    tools: Any = models.AsyncFunctionTool({add})
    client.enable_auto_function_calls({add})
    ids = await agent_on_thread(client, tools=tools.definitions)
    server.script(Call("add", a=2, b=2), Code("2 + 2", "4"), Say("It is 4."))

    run = await client.runs.create_and_process(**ids, polling_interval=0)

    assert run.status == models.RunStatus.COMPLETED
    assert await said(client, run.thread_id) == ["What is 2 + 2?", "It is 4."]
    outputs = [r.body["tool_outputs"] for r in server.requests if "submit_tool" in r.path]
    assert [each["output"] for each in outputs[0]] == ["4."]
    steps = [step async for step in client.run_steps.list(run.thread_id, run.id)]
    assert [step.type for step in steps] == ["message_creation", "tool_calls", "tool_calls"]
    step = await client.run_steps.get(run.thread_id, run.id, steps[0].id)
    assert step.as_dict() == server.run_steps[step.id]


async def test_outputs_are_submitted_by_hand(server: PortkeyServer, client: AgentsClient) -> None:
    """To a run that is polled for by hand."""
    ids = await agent_on_thread(client)
    server.script(Call("look_up", what="it"), Say("Found."))
    run = await client.runs.create(**ids)
    while run.status in {"queued", "in_progress"}:
        run = await client.runs.get(run.thread_id, run.id)
    action: Any = run.required_action
    (call,) = action.submit_tool_outputs.tool_calls

    output = models.ToolOutput(tool_call_id=call.id, output="here")
    await client.runs.submit_tool_outputs(run.thread_id, run.id, tool_outputs=[output])

    while run.status != models.RunStatus.COMPLETED:
        run = await client.runs.get(run.thread_id, run.id)
    assert (await said(client, run.thread_id))[-1] == "Found."


class Handler(models.AsyncAgentEventHandler[str]):
    """Notes what it is told."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.text = ""
        self.statuses: list[str] = []

    async def on_message_delta(self, delta: models.MessageDeltaChunk) -> None:
        """Note the text."""
        self.text += delta.text

    async def on_thread_run(self, run: models.ThreadRun) -> None:
        """Note the status."""
        self.statuses.append(run.status)

    async def on_error(self, data: str) -> None:
        """Have it seen by the test."""
        raise AssertionError(data)

    async def on_unhandled_event(self, event_type: str, event_data: Any) -> None:
        """Have it seen by the test."""
        raise AssertionError(event_type, event_data)


async def test_streams_with_an_event_handler(server: PortkeyServer, client: AgentsClient) -> None:
    """Through the function that the client calls meanwhile."""
    tools: Any = models.AsyncFunctionTool({add})
    client.enable_auto_function_calls({add})
    ids = await agent_on_thread(client, tools=tools.definitions)
    server.script(Call("add", a=2, b=2), Say("It is 4."))
    handler = Handler()

    async with await client.runs.stream(**ids, event_handler=handler) as stream:
        await stream.until_done()

    assert handler.text == "It is 4."
    assert handler.statuses[-1] == "completed"
    assert "requires_action" in handler.statuses


async def test_a_thread_is_made_and_processed(client: AgentsClient) -> None:
    """In one request."""
    agent = await client.create_agent(model="gpt-4o", name="Tutor")
    question = models.ThreadMessageOptions(role="user", content="Say this")

    run = await client.create_thread_and_process_run(
        agent_id=agent.id,
        thread=models.AgentThreadCreationOptions(messages=[question]),
        polling_interval=0,
    )

    assert run.status == models.RunStatus.COMPLETED
    assert await said(client, run.thread_id) == ["Say this", "Say this"]


async def test_runs_that_end_otherwise(server: PortkeyServer, client: AgentsClient) -> None:
    """A failure tells its error; an active run is cancelled, and is in the way until then."""
    ids = await agent_on_thread(client)
    server.script(Fail("rate_limit_exceeded", "Slow down."))
    server.script(Hang())

    failed = await client.runs.create_and_process(**ids, polling_interval=0)
    run = await client.runs.create(**ids)
    with pytest.raises(HttpResponseError, match="already has an active run"):
        await client.runs.create(**ids)
    cancelled = await client.runs.cancel(run.thread_id, run.id)

    assert failed.status == models.RunStatus.FAILED
    assert failed.last_error.code == "rate_limit_exceeded"
    assert cancelled.status == models.RunStatus.CANCELLING
    assert len([run async for run in client.runs.list(run.thread_id)]) == 2
