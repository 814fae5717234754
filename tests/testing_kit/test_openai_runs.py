"""OpenAI's own client runs assistants on the test server, with its polls and event handlers."""

from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler
from openai.types.beta.threads import Run

from portkey_async.testing import Call, Code, End, Fail, Hang, PortkeyServer, Say

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")

ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
QUESTION = {"role": "user", "content": "What is 2 + 2?"}


@pytest.fixture
async def beta(server: PortkeyServer) -> AsyncIterator[Any]:
    """The client's Assistants API."""
    async with openai.AsyncOpenAI(api_key=server.api_key, base_url=server.base_url) as client:
        yield client.beta


@pytest.fixture
async def ids(beta: Any) -> dict[str, str]:
    """A thread with a question, and an assistant that knows a function."""
    assistant = await beta.assistants.create(model="gpt-4o", tools=[ADD])
    thread = await beta.threads.create(messages=[QUESTION])
    return {"thread_id": thread.id, "assistant_id": assistant.id}


def outputs_of(run: Run | None, *outputs: str) -> list[dict[str, str]]:
    """Outputs for the calls that a run waits for."""
    assert run is not None
    assert run.required_action is not None
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [
        {"tool_call_id": call.id, "output": output}
        for call, output in zip(calls, outputs, strict=True)
    ]


async def said(beta: Any, run: Run) -> list[str]:
    """What the run has said."""
    messages = beta.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
    return [each.content[0].text.value async for each in messages]


async def test_threads_and_messages(server: PortkeyServer, beta: Any) -> None:
    """Created, read, changed, listed and deleted."""
    threads, messages = beta.threads, beta.threads.messages
    thread = await threads.create(messages=[QUESTION], metadata={"k": "v"})
    thread = await threads.update(thread.id, metadata={"k": "w"})
    assert await threads.retrieve(thread.id) == thread
    assert server.threads[thread.id] == thread.to_dict()

    second = await messages.create(thread.id, role="assistant", content="4")
    second = await messages.update(second.id, thread_id=thread.id, metadata={"k": "v"})
    assert await messages.retrieve(second.id, thread_id=thread.id) == second
    listed = [each async for each in messages.list(thread.id, limit=1)]
    assert [each.content[0].text.value for each in listed] == ["4", "What is 2 + 2?"]
    assert (await messages.delete(second.id, thread_id=thread.id)).deleted
    assert (await threads.delete(thread.id)).deleted
    with pytest.raises(openai.NotFoundError, match="No thread found"):
        await threads.retrieve(thread.id)


async def test_create_and_poll(server: PortkeyServer, beta: Any, ids: dict[str, str]) -> None:
    """With outputs submitted and polled for, round after round; then the steps tell of it."""
    server.script([Call("add", a=2), Call("add", a=3)], Call("add"), Code("1", "2"), Say("4"))
    runs = beta.threads.runs

    run = await runs.create_and_poll(**ids)
    for outputs in (["4", "5"], ["6"]):
        assert run.status == "requires_action"
        run = await runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, *outputs)
        )

    assert run.status == "completed"
    assert await said(beta, run) == ["4"]
    steps = [each async for each in runs.steps.list(run.id, thread_id=run.thread_id, order="asc")]
    kinds = [step.step_details.type for step in steps]
    assert kinds == ["tool_calls", "tool_calls", "tool_calls", "message_creation"]
    first = await runs.steps.retrieve(steps[0].id, thread_id=run.thread_id, run_id=run.id)
    assert [call.function.output for call in first.step_details.tool_calls] == ["4", "5"]
    assert run.usage.total_tokens == sum(step.usage.total_tokens for step in steps)


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (Fail("rate_limit_exceeded", "Slow down."), "failed"),
        (End("incomplete"), "incomplete"),
        (End("expired"), "expired"),
        (End("cancelled"), "cancelled"),
    ],
)
async def test_every_other_end_is_polled_for(
    server: PortkeyServer, beta: Any, ids: dict[str, str], act: Any, status: str
) -> None:
    """The client takes it for one."""
    server.script(Say("Well"), act)

    run = await beta.threads.runs.create_and_poll(**ids)

    assert run.status == status
    assert (run.last_error and run.last_error.code) == getattr(act, "code", None)
    assert await said(beta, run) == ["Well"]


async def test_cancelling(server: PortkeyServer, beta: Any, ids: dict[str, str]) -> None:
    """Its thread is busy until then."""
    server.script(Hang())
    runs = beta.threads.runs
    run = await runs.create(**ids)
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        await runs.create(**ids)

    assert (await runs.cancel(run.id, thread_id=run.thread_id)).status == "cancelling"
    assert (await runs.poll(run.id, thread_id=run.thread_id)).status == "cancelled"
    assert (await runs.create_and_poll(**ids)).status == "completed"


async def test_create_and_run_poll(beta: Any, ids: dict[str, str]) -> None:
    """Thread and run in one, until it is over."""
    run = await beta.threads.create_and_run_poll(
        assistant_id=ids["assistant_id"], thread={"messages": [QUESTION]}
    )

    assert run.status == "completed"
    assert await said(beta, run) == ["What is 2 + 2?"]


class Handler(AsyncAssistantEventHandler):
    """Notes what it is told."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.events: list[str] = []
        self.told: list[str] = []

    async def on_event(self, event: Any) -> None:
        """Note the event."""
        self.events.append(event.event)

    async def on_run_step_done(self, run_step: Any) -> None:
        """Note the step."""
        self.told.append(f"step {run_step.type}")

    async def on_tool_call_done(self, tool_call: Any) -> None:
        """Note the call."""
        self.told.append(f"call {tool_call.type}")

    async def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        """Note the text."""
        assert snapshot.value.endswith(delta.value)
        self.told.append(delta.value)

    async def on_message_done(self, message: Any) -> None:
        """Note the message."""
        self.told.append(f"message {message.content[0].text.value}")

    async def on_exception(self, exception: Exception) -> None:
        """Have it seen by the test."""
        raise exception


async def test_streams_with_an_event_handler(
    server: PortkeyServer, beta: Any, ids: dict[str, str]
) -> None:
    """Its callbacks come in order, through the outputs of functions, and add up."""
    server.script(Code("1 + 1", "2"), Call("add", a=2, b=2), Say("It is 4."))
    handler, after = Handler(), Handler()

    async with beta.threads.runs.stream(**ids, event_handler=handler) as stream:
        await stream.until_done()
    assert handler.told == [
        *("call code_interpreter", "step tool_calls"),
        "call function",
    ]
    assert handler.events[-1] == "thread.run.requires_action"
    calls = handler.current_run_step_snapshot.step_details.tool_calls
    assert calls[0].function.arguments == '{"a":2,"b":2}'
    async with beta.threads.runs.submit_tool_outputs_stream(
        run_id=handler.current_run.id,
        thread_id=ids["thread_id"],
        tool_outputs=outputs_of(handler.current_run, "4"),
        event_handler=after,
    ) as stream:
        await stream.until_done()
        run = await stream.get_final_run()
        messages = await stream.get_final_messages()
        steps = await stream.get_final_run_steps()

    assert after.told == [
        "step tool_calls",
        *("It", " is", " 4.", "message It is 4.", "step message_creation"),
    ]
    assert run.to_dict() == server.runs[run.id]
    assert [each.to_dict() for each in messages] == [server.messages[messages[0].id]]
    # Those that this stream has made; the client leaves them as they began.
    assert [each.id for each in steps] == list(server.run_steps)[2:]


async def test_a_thread_is_made_and_streamed(beta: Any, ids: dict[str, str]) -> None:
    """By its text alone."""
    async with beta.threads.create_and_run_stream(
        assistant_id=ids["assistant_id"], thread={"messages": [QUESTION]}
    ) as stream:
        assert "".join([piece async for piece in stream.text_deltas]) == "What is 2 + 2?"


def test_the_synchronous_client(ids: dict[str, str], server: PortkeyServer) -> None:
    """Polls and streams likewise."""
    server.script(Call("add"), Say("4"))
    server.script(Say("5"))
    with openai.OpenAI(api_key=server.api_key, base_url=server.base_url) as client:
        runs: Any = client.beta.threads.runs
        run = runs.create_and_poll(**ids)
        with runs.submit_tool_outputs_stream(
            run_id=run.id,
            thread_id=run.thread_id,
            tool_outputs=outputs_of(run, "4"),
            event_handler=AssistantEventHandler(),
        ) as stream:
            stream.until_done()
        assert stream.get_final_messages()[0].content[0].text.value == "4"
        with runs.stream(**ids) as stream:
            assert list(stream.text_deltas) == ["5"]
