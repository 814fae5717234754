# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""The public API as type checkers see it: checked by mypy and pyright, never run.

A line with an ignore comment is a mistake that both must find: an ignore that ignores nothing is
an error itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, assert_type

import aiohttp

from portkey_async import (
    UNSET,
    AdminApiKey,
    AdminApiKeyDeleted,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    Assistant,
    AssistantDeleted,
    AssistantParams,
    AsyncPortkey,
    ClientOptions,
    CodeInterpreterResources,
    CodeInterpreterTool,
    FileSearchOptions,
    FileSearchResources,
    FileSearchTool,
    FunctionDefinition,
    Functions,
    FunctionTool,
    FunctionToolCall,
    JsonObjectFormat,
    JsonSchemaFormat,
    JSONValue,
    Message,
    MessageDeleted,
    MessageDeltaEvent,
    MessageEvent,
    MessageParam,
    Outcome,
    Page,
    Pager,
    PortkeyError,
    RankingOptions,
    RateLimitError,
    RequiredAction,
    ResponseFormatParam,
    ResponseInfo,
    RetryPolicy,
    Run,
    RunEvent,
    RunParams,
    RunStep,
    RunStepDelta,
    RunStepDeltaEvent,
    RunStepEvent,
    RunStream,
    StreamEvent,
    TextFormat,
    Thread,
    ThreadDeleted,
    ThreadEvent,
    Timeout,
    ToolOutput,
    ToolOutputParam,
    ToolParam,
    ToolResources,
    UnknownEvent,
    UnknownFormat,
    UnknownTool,
    UnknownToolCall,
    Unset,
    VectorStoreSpec,
    __version__,
    call_functions,
    capture_responses,
    current_call,
    function_tools,
    map_many,
)


async def token() -> str:
    """Give a credential."""
    return "sk"


async def clients(session: aiohttp.ClientSession) -> None:
    """A client, and those derived from it."""
    async with AsyncPortkey("pk", virtual_key="vk") as client:
        assert_type(client, AsyncPortkey)
    AsyncPortkey(
        api_key=None,
        provider="@slug",
        authorization="sk",
        config={"retry": {"attempts": 1}},
        custom_host="https://up.test/v1",
        base_url="https://gw.test/v1",
        trace_id="t",
        metadata={"user": "u", "n": 1},
        forward_headers=("x-tenant",),
        request_timeout=timedelta(seconds=1),
        cache_force_refresh=True,
        cache_namespace="n",
        strict_open_ai_compliance=False,
        headers={"x": "1"},
        timeout=Timeout(total=None, connect=1, read=0.5),
        retry=RetryPolicy(attempts=1, initial=1, maximum=2.5, max_retry_after=0),
        max_connections=1,
        max_response_bytes=1,
        validate_requests=False,
        session=session,
    )
    AsyncPortkey(config="pc-1", request_timeout=5, timeout=None)
    AsyncPortkey(authorization=lambda: "sk", query={"api-version": "1"}, trust_env=True)
    AsyncPortkey(proxy="http://proxy.test:3128", ssl_context=ssl.create_default_context())
    AsyncPortkey(authorization=token).with_options(headers={"x": None}, query={"y": None})
    AsyncPortkey(authorization=lambda: 5)  # type: ignore[arg-type, return-value]
    AsyncPortkey("pk", "vk")  # type: ignore[call-arg]
    AsyncPortkey(api_key=5)  # type: ignore[arg-type]
    AsyncPortkey(timeout="5")  # type: ignore[arg-type]
    AsyncPortkey(retries=5)  # type: ignore[call-arg]

    assert_type(client.with_options(timeout=5, trace_id="t"), AsyncPortkey)
    assert_type(client.with_options(timeout=None, api_key=None).beta, AsyncPortkey)
    options: ClientOptions = {"retry": RetryPolicy(), "request_timeout": 5}
    client.with_options(**options)
    client.with_options(retry=3)  # type: ignore[arg-type]
    client.with_options(session=session)  # type: ignore[call-arg]
    assert_type(await client.close(), None)


async def resources(client: AsyncPortkey, payload: Mapping[str, object]) -> None:
    """Every operation, with classes, dicts, and both."""
    created = await client.beta.assistants.create(
        model="gpt-4o",
        name=None,
        description=UNSET,
        tools=[CodeInterpreterTool(), {"type": "file_search"}, UnknownTool({"type": "x"})],
        tool_resources={"code_interpreter": {"file_ids": []}},
        metadata={"a": 1},
        temperature=1,
        top_p=0.5,
        response_format="auto",
        reasoning_effort="low",
        extra_body={"new": [1]},
    )
    assert_type(created, Assistant)
    await client.assistants.create(
        model="gpt-4o", tools=(), tool_resources=ToolResources(), response_format=TextFormat()
    )
    await client.assistants.create(
        model="gpt-4o", tools=created.tools, response_format=created.response_format
    )
    await client.assistants.create(
        model="gpt-4o",
        tools=[
            FunctionTool(FunctionDefinition("f")),
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
            {"type": "function", "function": FunctionDefinition("g")},
            {"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 0.5}}},
        ],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": ("file_1",)}]}},
        response_format={"type": "json_schema", "json_schema": payload},
        metadata=payload,
    )
    params: AssistantParams = {"model": "gpt-4o", "temperature": 1}
    await client.assistants.create(**params)
    tools: list[ToolParam] = [{"type": "code_interpreter"}]
    await client.assistants.create(model="gpt-4o", tools=tools)
    response_format: ResponseFormatParam = {"type": "json_object"}
    await client.assistants.create(model="gpt-4o", response_format=response_format)
    await client.assistants.create()  # type: ignore[call-arg]
    await client.assistants.create(model="gpt-4o", tools=[{"tpye": "function"}])  # type: ignore[list-item]
    await client.assistants.create(model="gpt-4o", tools=[{"type": "function"}])  # type: ignore[list-item]
    await client.assistants.create(model="gpt-4o", tools=[{"type": "retrieval"}])  # type: ignore[list-item]
    await client.assistants.create(model="gpt-4o", response_format="json")  # type: ignore[arg-type]
    await client.assistants.create(model="gpt-4o", response_format={"type": "json"})  # type: ignore[arg-type]
    await client.assistants.create(model="gpt-4o", timeout=5)  # type: ignore[call-arg]
    await client.assistants.retrieve("asst_1", timeout=5)  # type: ignore[call-arg]
    await client.assistants.create(
        model=None,  # type: ignore[arg-type]
        name=5,  # type: ignore[arg-type]
        temperature="1",  # type: ignore[arg-type]
        tools=[5],  # type: ignore[list-item]
    )

    assert_type(await client.assistants.retrieve("asst_1"), Assistant)
    await client.assistants.retrieve(5)  # type: ignore[arg-type]

    assert_type(await client.assistants.retrieve(assistant_id="asst_1"), Assistant)
    assert_type(await client.assistants.update("asst_1"), Assistant)
    await client.assistants.update(
        "asst_1", name=None, instructions="Be kind.", tools=[{"type": "file_search"}], model="m"
    )
    await client.assistants.update("asst_1", nam="x")  # type: ignore[call-arg]

    assert_type(await client.assistants.delete("asst_1"), AssistantDeleted)
    assert_type(await client.admin_api_keys.delete("key_1"), AdminApiKeyDeleted)


async def threads(client: AsyncPortkey, tools: list[ToolParam]) -> None:
    """Threads, messages, runs and steps, each id by position or by name."""
    message: MessageParam = {"role": "user", "content": "Hello"}
    thread = await client.threads.create(messages=[message], metadata=None)
    assert_type(thread, Thread)
    assert_type(await client.beta.threads.retrieve(thread_id="t"), Thread)
    assert_type(await client.threads.update("t", metadata={}), Thread)
    assert_type(await client.threads.delete("t"), ThreadDeleted)
    assert_type(
        await client.threads.create_and_run(
            assistant_id="a", thread={"messages": [message]}, tools=tools
        ),
        Run,
    )
    said = await client.threads.messages.create(
        "t",
        role="user",
        content=[
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "https://up.test/cat.png"}},
        ],
        attachments=[{"file_id": "f", "tools": [{"type": "file_search"}]}],
    )
    assert_type(said, Message)
    assert_type(await client.threads.messages.retrieve("m", thread_id="t"), Message)
    assert_type(await client.threads.messages.update("m", thread_id="t", metadata={}), Message)
    assert_type(client.threads.messages.list("t", run_id="r"), Pager[Message])
    assert_type(await client.threads.messages.delete("m", thread_id="t"), MessageDeleted)
    params: RunParams = {"assistant_id": "a", "max_prompt_tokens": 1000, "tool_choice": "auto"}
    run = await client.threads.runs.create("t", **params)
    assert_type(run, Run)
    await client.threads.runs.create(
        "t",
        assistant_id="a",
        tool_choice={"type": "function", "function": {"name": "f"}},
        truncation_strategy={"type": "last_messages", "last_messages": 5},
        response_format=run.response_format,
        additional_messages=[message],
    )
    assert_type(await client.threads.runs.retrieve(run_id="r", thread_id="t"), Run)
    assert_type(await client.threads.runs.update("r", thread_id="t", metadata=None), Run)
    assert_type(client.threads.runs.list("t", order="asc"), Pager[Run])
    assert_type(await client.threads.runs.cancel("r", thread_id="t"), Run)
    outputs: list[ToolOutputParam] = [{"tool_call_id": "c", "output": "4"}]
    answered = await client.threads.runs.submit_tool_outputs(
        "r", thread_id="t", tool_outputs=outputs
    )
    assert_type(answered, Run)
    assert_type(client.threads.runs.steps.list("r", thread_id="t"), Pager[RunStep])
    assert_type(await client.threads.runs.steps.retrieve("s", thread_id="t", run_id="r"), RunStep)
    assert_type(await client.admin_api_keys.create(name="deploy"), AdminApiKey)
    assert_type(client.admin_api_keys.list(after="k"), Pager[AdminApiKey])
    assert_type(await client.admin_api_keys.retrieve("k"), AdminApiKey)

    await client.threads.runs.create("t")  # type: ignore[call-arg]
    await client.threads.runs.create("t", assistant_id="a", tool_choice="any")  # type: ignore[arg-type]
    await client.threads.runs.create("t", assistant_id="a", stream=True)  # type: ignore[call-arg]
    await client.threads.messages.create("t", role="system", content="x")  # type: ignore[arg-type]
    await client.threads.messages.create("t", role="user")  # type: ignore[call-arg]
    await client.threads.runs.cancel("r", "t")  # type: ignore[call-arg]


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


async def look_up(city: str) -> dict[str, str]:
    """Look up a city."""
    return {"city": city}


async def explain(call: FunctionToolCall, error: Exception) -> str:
    """Explain an error to the model."""
    return f"{call.function.name}: {error}"


async def polls(client: AsyncPortkey, message: MessageParam) -> None:
    """Every way of polling a run."""
    threads, runs = client.threads, client.threads.runs
    functions: Functions = [add, look_up]
    assert_type(
        await runs.create_and_poll(
            "t",
            assistant_id="a",
            temperature=0.5,
            functions=functions,
            run_timeout=None,
            poll_interval=0.5,
            on_exit="leave",
            on_function_error=explain,
            if_active="wait",
        ),
        Run,
    )
    await runs.create_and_poll("t", assistant_id="a", functions={"plus": add, "len": len})
    await runs.create_and_poll("t", assistant_id="a", functions=None, on_function_error="report")
    assert_type(
        await threads.create_and_run_poll(
            assistant_id="a", thread={"messages": [message]}, functions=[add], run_timeout=60
        ),
        Run,
    )
    assert_type(await runs.poll("r", thread_id="t", functions=[add], on_exit="cancel"), Run)
    outputs: list[ToolOutputParam] = [{"tool_call_id": "c", "output": "4"}]
    assert_type(
        await runs.submit_tool_outputs_and_poll(
            "r", thread_id="t", tool_outputs=outputs, poll_interval=1
        ),
        Run,
    )
    await runs.create_and_poll("t")  # type: ignore[call-arg]
    await runs.create_and_poll("t", assistant_id="a", timeout=5)  # type: ignore[call-arg]
    await runs.create_and_poll("t", assistant_id="a", poll_interval_ms=5)  # type: ignore[call-arg]
    await runs.create_and_poll("t", assistant_id="a", functions=[5])  # type: ignore[list-item]
    await runs.create_and_poll("t", assistant_id="a", functions=add)  # type: ignore[arg-type]
    await runs.create_and_poll("t", assistant_id="a", on_exit="stop")  # type: ignore[arg-type]
    await runs.create_and_poll("t", assistant_id="a", on_function_error="log")  # type: ignore[arg-type]
    await runs.create_and_poll("t", assistant_id="a", if_active="queue")  # type: ignore[arg-type]
    await runs.create_and_poll("t", assistant_id="a", run_timeout="5")  # type: ignore[arg-type]
    await runs.poll("r", "t")  # type: ignore[call-arg]
    await runs.poll("r", thread_id="t", if_active="wait")  # type: ignore[call-arg]
    await threads.create_and_run_poll(assistant_id="a", if_active="wait")  # type: ignore[call-arg]


async def streams(client: AsyncPortkey, message: MessageParam) -> None:
    """Every way of streaming a run, and what a stream gives."""
    threads, runs = client.threads, client.threads.runs
    async with runs.stream(
        "t", assistant_id="a", functions=[look_up], run_timeout=60, if_active="wait"
    ) as stream:
        assert_type(stream, RunStream)
        async for text in stream.text_deltas:
            assert_type(text, str)
        assert_type(await stream.get_final_run(), Run)
        assert_type(await stream.get_final_messages(), list[Message])
        assert_type(stream.interrupted, bool)
    assert_type(stream.thread, Thread | None)
    assert_type(stream.run, Run | None)
    assert_type(stream.messages, list[Message])
    assert_type(stream.run_steps, list[RunStep])
    assert_type(
        threads.create_and_run_stream(assistant_id="a", thread={"messages": [message]}), RunStream
    )
    assert_type(
        runs.submit_tool_outputs_stream(
            "r", thread_id="t", tool_outputs=[{"tool_call_id": "c", "output": "4"}], on_exit="leave"
        ),
        RunStream,
    )
    runs.stream("t")  # type: ignore[call-arg]
    runs.stream("t", assistant_id="a", poll_interval=1)  # type: ignore[call-arg]
    runs.stream("t", assistant_id="a", event_handler=None)  # type: ignore[call-arg]
    stream.run = None  # type: ignore[misc]
    for _ in stream:  # type: ignore[attr-defined]
        pass


async def events(stream: RunStream) -> None:
    """What an event of a stream holds, by its class."""
    async for event in stream:
        assert_type(event, StreamEvent)
        assert_type(event.event, str)
        match event:
            case ThreadEvent():
                assert_type(event.data, Thread)
            case RunEvent():
                assert_type(event.data, Run)
            case RunStepEvent():
                assert_type(event.data, RunStep)
            case RunStepDeltaEvent():
                assert_type(event.data, RunStepDelta)
            case MessageEvent():
                assert_type(event.data, Message)
            case MessageDeltaEvent():
                assert_type(event.data.text, str)
            case UnknownEvent():
                assert_type(event.data, JSONValue)


async def functions(run: Run) -> None:
    """Functions, the tools that tell a model of them, and calling them for a run."""
    assert_type(function_tools([add, look_up]), list[FunctionTool])
    assert_type(function_tools({"plus": add}), list[FunctionTool])
    outputs = await call_functions(run, [add], on_function_error="report")
    assert_type(outputs, list[ToolOutput])
    assert_type(outputs[0]["output"], str)
    assert_type(current_call(), FunctionToolCall | None)
    assert_type(run.raise_for_status(), None)
    if isinstance(run.required_action, RequiredAction):
        calls = run.required_action.submit_tool_outputs.tool_calls
        assert_type(calls, list[FunctionToolCall | UnknownToolCall])
    function_tools([add, "add"])  # type: ignore[list-item]
    await call_functions(run, [add], "report")  # type: ignore[call-arg]


async def pages(client: AsyncPortkey) -> None:
    """The pager and its pages know what they hold."""
    pager = client.assistants.list(limit="20", order="asc")
    assert_type(pager, Pager[Assistant])
    async for assistant in pager:
        assert_type(assistant, Assistant)
    async for served in pager.by_page():
        assert_type(served, Page[Assistant])
    page = await pager
    assert_type(page, Page[Assistant])
    assert_type(page.data, list[Assistant])
    assert_type(page.first_id, str | None)
    assert_type(page.last_id, str | None)
    assert_type(page.has_more, bool | None)
    assert_type([item.id for item in page], list[str])
    assert_type(len(page), int)
    assert_type(await pager.collect(max_items=5), list[Assistant])
    assert_type(await pager.collect(both_ends=True), list[Assistant])
    assert_type(pager.exhaustive(), Pager[Assistant])
    assert_type(pager.prefetch(pages=2), Pager[Assistant])
    client.assistants.list(limit=20, after=None, before="asst_9")
    client.assistants.list(order="up")  # type: ignore[arg-type]
    client.assistants.list(limit=1.5)  # type: ignore[arg-type]
    for _ in pager:  # type: ignore[attr-defined]
        pass


async def many(client: AsyncPortkey, ids: list[str], assistant: Assistant) -> None:
    """Many calls at once."""
    async for deleted in client.assistants.delete_many(client.assistants.list(), concurrency=4):
        assert_type(deleted.result, AssistantDeleted | None)
        assert_type(deleted.error, Exception | None)
        assert_type(deleted.ok, bool)
    client.assistants.delete_many(ids)
    client.assistants.delete_many([assistant])
    client.assistants.delete_many([assistant, "asst_1"])
    client.assistants.delete_many([5])  # type: ignore[list-item]
    async for fetched in map_many(client.assistants.retrieve, ids):
        assert_type(fetched, Outcome[str, Assistant])
    await map_many(client.assistants.retrieve, ids).aclose()


def models(assistant: Assistant) -> None:
    """What the fields of an assistant are."""
    assert_type(assistant.id, str)
    assert_type(assistant.object, Literal["assistant"])
    assert_type(assistant.created_at, int)
    assert_type(assistant.name, str | None)
    assert_type(assistant.description, str | None)
    assert_type(assistant.model, str)
    assert_type(assistant.instructions, str | None)
    assert_type(
        assistant.tools,
        list[CodeInterpreterTool | FileSearchTool | FunctionTool | UnknownTool] | None,
    )
    assert_type(assistant.tool_resources, ToolResources | None)
    assert_type(assistant.metadata, dict[str, Any] | None)
    assert_type(assistant.temperature, float | None)
    assert_type(assistant.top_p, float | None)
    assert_type(
        assistant.response_format,
        Literal["auto", "none"]
        | TextFormat
        | JsonObjectFormat
        | JsonSchemaFormat
        | UnknownFormat
        | None,
    )
    assert_type(assistant.extra, dict[str, Any])
    assert_type(assistant.to_dict(), dict[str, Any])
    assistant.name = "x"  # type: ignore[misc]

    for tool in assistant.tools or []:
        match tool:
            case CodeInterpreterTool():
                assert_type(tool.type, Literal["code_interpreter"])
            case FileSearchTool():
                assert_type(tool.file_search, FileSearchOptions | None)
            case FunctionTool():
                assert_type(tool.function, FunctionDefinition)
            case UnknownTool():
                assert_type(tool.type, str | None)
                assert_type(tool.raw, dict[str, Any])


def made_by_hand() -> None:
    """The classes are made with their fields, in their order or by name, and with no others."""
    FunctionTool(FunctionDefinition("f", "F.", {"type": "object"}, strict=True))
    FunctionTool(function=FunctionDefinition(name="f"), extra={"new": 1})
    FileSearchTool(FileSearchOptions(5, RankingOptions(score_threshold=0.5, ranker="auto")))
    ToolResources(
        code_interpreter=CodeInterpreterResources(["file_1"]),
        file_search=FileSearchResources(
            vector_store_ids=None, vector_stores=[VectorStoreSpec(["f"], {"type": "auto"}, {})]
        ),
    )
    JsonSchemaFormat({"name": "n"})
    JsonObjectFormat()
    UnknownFormat({"type": "grammar"})
    Assistant(id="a", created_at=1, model="m", name="n")
    AssistantDeleted(id="a", deleted=True)
    AdminApiKeyDeleted(id="k", deleted=True)

    FunctionTool()  # type: ignore[call-arg]
    FunctionTool("f")  # type: ignore[arg-type]
    FunctionDefinition(5)  # type: ignore[arg-type]
    FunctionDefinition("f", nam="g")  # type: ignore[call-arg]
    FileSearchOptions("5")  # type: ignore[arg-type]
    Assistant(id="a")  # type: ignore[call-arg]
    CodeInterpreterTool().type = "x"  # type: ignore[assignment, misc]
    RetryPolicy(attempts="3")  # type: ignore[arg-type]
    Timeout(total="5")  # type: ignore[arg-type]


def errors(error: PortkeyError) -> None:
    """What can be read off an error, by its class."""
    assert_type(error.cursor, str | None)
    if isinstance(error, APIError):
        assert_type(error.message, str)
        assert_type(error.method, str)
        assert_type(error.url, str)
        assert_type(error.trace_id, str | None)
        assert_type(error.request_id, str | None)
        assert_type(error.attempts, int)
        assert_type(error.elapsed, float)
        assert_type(error.may_have_executed, bool)
    if isinstance(error, APIStatusError):
        assert_type(error.status, int)
        assert_type(error.status_code, int)
        assert_type(error.code, str | None)
        assert_type(error.type, str | None)
        assert_type(error.param, str | None)
        assert_type(error.body, Any)
        assert_type(error.headers, Mapping[str, str])
    if isinstance(error, RateLimitError):
        assert_type(error.retry_after, float | None)
    if isinstance(error, APIResponseValidationError):
        assert_type(error.path, str)
    if isinstance(error, APITimeoutError):
        is_a_connection_error: APIConnectionError = error
        is_a_timeout: TimeoutError = error
        raise is_a_connection_error from is_a_timeout
    try:
        raise error
    except (ValueError, RuntimeError):
        pass


def captured() -> None:
    """What an answer says about itself."""
    with capture_responses() as responses:
        assert_type(responses, list[ResponseInfo])
    info = responses[-1]
    assert_type(info.status, int)
    assert_type(info.headers, Mapping[str, str])
    assert_type(info.trace_id, str | None)
    assert_type(info.request_id, str | None)
    assert_type(info.cache_status, str | None)
    assert_type(info.provider, str | None)
    assert_type(info.gateway_attempts, int | None)
    assert_type(info.attempts, int)
    assert_type(info.elapsed, float)


def unset(value: str | Unset | None) -> None:
    """`UNSET` can be told from a value by identity."""
    version: str = __version__
    assert version
    if value is not UNSET:
        assert_type(value, str | None)
