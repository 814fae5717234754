"""Every call of OpenAI's clients, with every argument that they know, on the test server.

The arguments have the shapes of the examples that the clients are tested with. Those examples were
run against the server too; three of their kinds are refused here as the API refuses them: a `limit`
of 0, outputs without a `tool_call_id`, and `vector_store_ids` beside `vector_stores`.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from inspect import isawaitable
from typing import Any

import openai
import pytest
from openai.types.beta import Assistant, AssistantDeleted, Thread, ThreadDeleted
from openai.types.beta.threads import Message, MessageDeleted, Run
from openai.types.beta.threads.runs import RunStep
from pydantic import BaseModel

from portkey_async.testing import Call, Code, PortkeyServer, Say

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")

FUNCTION = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds.",
        "parameters": {"type": "object", "properties": {}},
        "strict": True,
    },
}
SEARCH = {
    "type": "file_search",
    "file_search": {
        "max_num_results": 1,
        "ranking_options": {"score_threshold": 0.5, "ranker": "auto"},
    },
}
TOOLS = [{"type": "code_interpreter"}, SEARCH, FUNCTION]
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "n", "description": "d", "schema": {"type": "object"}, "strict": True},
}
METADATA = {"foo": "string"}
STORE = {"chunking_strategy": {"type": "auto"}, "file_ids": ["file_1"], "metadata": METADATA}
STATIC = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}
RESOURCES = {
    "code_interpreter": {"file_ids": ["file_1"]},
    "file_search": {"vector_store_ids": ["vs_1"]},
}
NEW_RESOURCES = {
    "code_interpreter": {"file_ids": ["file_1"]},
    "file_search": {
        "vector_stores": [STORE | {"chunking_strategy": {"type": "static", "static": STATIC}}]
    },
}
MESSAGE = {
    "role": "user",
    "content": [
        {"type": "text", "text": "text"},
        {"type": "image_file", "image_file": {"file_id": "file_1", "detail": "auto"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
    ],
    "attachments": [
        {"file_id": "file_1", "tools": [{"type": "code_interpreter"}, {"type": "file_search"}]}
    ],
    "metadata": METADATA,
}
SAMPLING = {"temperature": 1, "top_p": 0.5}
ASSISTANT = {
    "model": "gpt-4o",
    "name": "name",
    "description": "d",
    "instructions": "i",
    "metadata": METADATA,
    "reasoning_effort": "low",
    "response_format": "auto",
    "tools": TOOLS,
    **SAMPLING,
}
RUN = {
    "model": "gpt-4o",
    "instructions": "i",
    "metadata": METADATA,
    "tools": TOOLS,
    "max_prompt_tokens": 256,
    "max_completion_tokens": 256,
    "parallel_tool_calls": True,
    "response_format": SCHEMA,
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "truncation_strategy": {"type": "last_messages", "last_messages": 1},
    **SAMPLING,
}
MORE = {
    "additional_instructions": "more",
    "additional_messages": [MESSAGE, MESSAGE | {"content": "x", "role": "assistant"}],
    "include": ["step_details.tool_calls[*].file_search.results[*].content"],
    "reasoning_effort": "low",
}
CITATION = {
    "type": "file_citation",
    "text": "[1]",
    "start_index": 6,
    "end_index": 9,
    "file_citation": {"file_id": "file_1"},
}
WALK = {"limit": 1, "order": "asc"}


class Known:
    """What the calls are about: an assistant, a thread that runs on, and one that is free."""

    def __init__(self, beta: Any) -> None:
        """Wait for them to be made."""
        self.beta = beta

    async def make(self) -> None:
        """Make them, by the client itself."""
        self.assistant: Any = await done(self.beta.assistants.create(model="gpt-4o"))
        self.busy: Any = await done(self.beta.threads.create(messages=[MESSAGE]))
        self.free: Any = await done(self.beta.threads.create(messages=[MESSAGE]))
        ids = {"thread_id": self.busy.id, "assistant_id": self.assistant.id}
        run: Any = await done(self.beta.threads.runs.create(**ids))
        self.run: Any = await done(self.beta.threads.runs.retrieve(run.id, thread_id=self.busy.id))
        while self.run.status != "requires_action":
            self.run = await done(self.beta.threads.runs.retrieve(run.id, thread_id=self.busy.id))
        page: Any = await done(self.beta.threads.messages.list(self.free.id))
        self.message = page.data[0]
        page = await done(self.beta.threads.runs.steps.list(run.id, thread_id=self.busy.id))
        self.step = page.data[0]
        (call,) = self.run.required_action.submit_tool_outputs.tool_calls
        self.outputs = [{"tool_call_id": call.id, "output": "output"}]


Make = Callable[[Known], Any]

CALLS: dict[str, tuple[Make, type[BaseModel]]] = {
    "assistants.create": (
        lambda k: k.beta.assistants.create(**ASSISTANT, tool_resources=NEW_RESOURCES),
        Assistant,
    ),
    "assistants.retrieve": (lambda k: k.beta.assistants.retrieve(k.assistant.id), Assistant),
    "assistants.update": (
        lambda k: k.beta.assistants.update(
            k.assistant.id, **ASSISTANT | {"response_format": SCHEMA}, tool_resources=RESOURCES
        ),
        Assistant,
    ),
    "assistants.list": (lambda k: k.beta.assistants.list(**WALK), Assistant),
    "assistants.list by cursor": (
        lambda k: k.beta.assistants.list(**WALK, before=k.assistant.id),
        Assistant,
    ),
    "assistants.delete": (lambda k: k.beta.assistants.delete(k.assistant.id), AssistantDeleted),
    "threads.create": (
        lambda k: k.beta.threads.create(
            messages=[MESSAGE], metadata=METADATA, tool_resources=NEW_RESOURCES
        ),
        Thread,
    ),
    "threads.retrieve": (lambda k: k.beta.threads.retrieve(k.free.id), Thread),
    "threads.update": (
        lambda k: k.beta.threads.update(k.free.id, metadata=METADATA, tool_resources=RESOURCES),
        Thread,
    ),
    "threads.delete": (lambda k: k.beta.threads.delete(k.free.id), ThreadDeleted),
    "threads.create_and_run": (
        lambda k: k.beta.threads.create_and_run(
            assistant_id=k.assistant.id,
            thread={"messages": [MESSAGE], "metadata": METADATA, "tool_resources": NEW_RESOURCES},
            tool_resources=RESOURCES,
            stream=False,
            **RUN,
        ),
        Run,
    ),
    "threads.messages.create": (
        lambda k: k.beta.threads.messages.create(k.free.id, **MESSAGE),
        Message,
    ),
    "threads.messages.retrieve": (
        lambda k: k.beta.threads.messages.retrieve(k.message.id, thread_id=k.free.id),
        Message,
    ),
    "threads.messages.update": (
        lambda k: k.beta.threads.messages.update(
            k.message.id, thread_id=k.free.id, metadata=METADATA
        ),
        Message,
    ),
    "threads.messages.list": (
        lambda k: k.beta.threads.messages.list(k.free.id, **WALK),
        Message,
    ),
    "threads.messages.list by cursor": (
        lambda k: k.beta.threads.messages.list(
            k.free.id, **WALK, after=k.message.id, run_id=k.run.id
        ),
        Message,
    ),
    "threads.messages.delete": (
        lambda k: k.beta.threads.messages.delete(k.message.id, thread_id=k.free.id),
        MessageDeleted,
    ),
    "threads.runs.create": (
        lambda k: k.beta.threads.runs.create(
            k.free.id, assistant_id=k.assistant.id, stream=False, **RUN, **MORE
        ),
        Run,
    ),
    "threads.runs.retrieve": (
        lambda k: k.beta.threads.runs.retrieve(k.run.id, thread_id=k.busy.id),
        Run,
    ),
    "threads.runs.update": (
        lambda k: k.beta.threads.runs.update(k.run.id, thread_id=k.busy.id, metadata=METADATA),
        Run,
    ),
    "threads.runs.list": (lambda k: k.beta.threads.runs.list(k.busy.id, **WALK), Run),
    "threads.runs.list by cursor": (
        lambda k: k.beta.threads.runs.list(k.busy.id, **WALK, after=k.run.id),
        Run,
    ),
    "threads.runs.cancel": (
        lambda k: k.beta.threads.runs.cancel(k.run.id, thread_id=k.busy.id),
        Run,
    ),
    "threads.runs.submit_tool_outputs": (
        lambda k: k.beta.threads.runs.submit_tool_outputs(
            k.run.id, thread_id=k.busy.id, tool_outputs=k.outputs, stream=False
        ),
        Run,
    ),
    "threads.runs.steps.list": (
        lambda k: k.beta.threads.runs.steps.list(
            k.run.id, thread_id=k.busy.id, **WALK, include=MORE["include"]
        ),
        RunStep,
    ),
    "threads.runs.steps.list by cursor": (
        lambda k: k.beta.threads.runs.steps.list(
            k.run.id, thread_id=k.busy.id, **WALK, before=k.step.id
        ),
        RunStep,
    ),
    "threads.runs.steps.retrieve": (
        lambda k: k.beta.threads.runs.steps.retrieve(
            k.step.id, thread_id=k.busy.id, run_id=k.run.id, include=MORE["include"]
        ),
        RunStep,
    ),
}


async def done(result: Any) -> Any:
    """Await a result, unless it is there already: the two clients differ in nothing else."""
    return await result if isawaitable(result) else result


def assert_strict(value: object, kind: object) -> None:
    """It is of openai's type, of which nothing was converted, left out or added."""
    assert isinstance(value, BaseModel)
    assert kind is None or isinstance(value, kind)  # type: ignore[arg-type]
    payload = value.to_dict() if hasattr(value, "to_dict") else value.model_dump()
    assert type(value).model_validate(payload, strict=True) == value
    assert [*_unknown(value)] == []


def _unknown(value: object, path: str = "$") -> Iterable[str]:
    """The keys that openai's types do not have."""
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _unknown(each, f"{path}[{number}]")


@pytest.fixture(params=["async", "sync"])
async def known(request: pytest.FixtureRequest, server: PortkeyServer) -> AsyncIterator[Known]:
    """What the calls are about, and a client that converts nothing."""
    server.script(
        *(Call("add", a=1), Code("1 + 1", "2"), Say("Cited [1].", annotations=[CITATION]))
    )
    kind = openai.AsyncOpenAI if request.param == "async" else openai.OpenAI
    options: Any = {"_strict_response_validation": True, "max_retries": 0}
    client = kind(api_key=server.api_key, base_url=server.base_url, **options)
    made = Known(client.beta)
    await made.make()
    yield made
    await done(client.close())


@pytest.mark.parametrize("name", CALLS)
async def test_every_call_with_every_argument(
    server: PortkeyServer, known: Known, name: str
) -> None:
    """The response is of openai's type, to the last key, and is what the server has sent."""
    make, kind = CALLS[name]

    result = await done(make(known))

    sent = server.requests[-1]
    assert sent.status == 200
    if ".list" in name:
        assert [each.to_dict() for each in result.data] == sent.answer["data"]
        assert bool(result.data) is not name.endswith("by cursor")
        for each in result.data:
            assert_strict(each, kind)
    else:
        assert result.to_dict() == sent.answer
        assert_strict(result, kind)


STREAMS: dict[str, Make] = {
    "threads.create_and_run": lambda k: k.beta.threads.create_and_run(
        assistant_id=k.assistant.id, thread={"messages": [MESSAGE]}, stream=True, **RUN
    ),
    "threads.runs.create": lambda k: k.beta.threads.runs.create(
        k.free.id, assistant_id=k.assistant.id, stream=True, **RUN, **MORE
    ),
    "threads.runs.submit_tool_outputs": lambda k: k.beta.threads.runs.submit_tool_outputs(
        k.run.id, thread_id=k.busy.id, tool_outputs=k.outputs, stream=True
    ),
}


@pytest.mark.parametrize("name", STREAMS)
async def test_every_stream_with_every_argument(known: Known, name: str) -> None:
    """Each of its events is of openai's types, to the last key."""
    events: list[Any] = []
    stream = await done(STREAMS[name](known))
    if isinstance(stream, openai.AsyncStream):
        events = [event async for event in stream]
    else:
        events = list(stream)

    for event in events:
        assert_strict(event, None)
    assert events[-1].event == "thread.run.completed"
