"""Spans by the GenAI conventions: what there is, what they say, and what they never say."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
from aioresponses import aioresponses
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from support.credentials import API_KEY, CREDENTIALS, HEADER_SECRET, PROVIDER_TOKEN, VIRTUAL_KEY
from support.runs import THREAD
from support.virtual_time import virtual_time
from support.wire import reply, serve
from telemetry.seen import Spans, nothing_is_current, text_of

from portkey_async import (
    AsyncPortkey,
    MessageDeltaEvent,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    Run,
    RunStreamError,
    RunTimeoutError,
    Timeout,
)
from portkey_async.telemetry import instrument, uninstrument
from portkey_async.testing import Call, End, Fail, Fault, Hang, PortkeyServer, Say

QUESTION = "What is the name of my cat?"
ANSWER = "It is Xanthippe."


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


async def ask(client: AsyncPortkey) -> tuple[str, str]:
    """Make an assistant, and a thread with a question; give their ids."""
    assistant = await client.assistants.create(model="gpt-4o", name="Tutor", instructions=QUESTION)
    thread = await client.threads.create(messages=[{"role": "user", "content": QUESTION}])
    return assistant.id, thread.id


async def poll(client: AsyncPortkey, thread: str, assistant: str, **settings: Any) -> Run:
    """Run by polling."""
    return await client.threads.runs.create_and_poll(thread, assistant_id=assistant, **settings)


async def stream(client: AsyncPortkey, thread: str, assistant: str, **settings: Any) -> Run:
    """Run by streaming."""
    async with client.threads.runs.stream(thread, assistant_id=assistant, **settings) as events:
        return await events.get_final_run()


WAYS = pytest.mark.parametrize("follow", [poll, stream])
Follow = Callable[..., Awaitable[Run]]


def facts(span: ReadableSpan) -> dict[str, Any]:
    """Give the attributes of a span."""
    return dict(span.attributes or {})


async def test_creating_an_assistant_is_a_span(client: AsyncPortkey, spans: Spans) -> None:
    """Of kind CLIENT, named by the assistant, with the HTTP request below it."""
    assistant = await client.assistants.create(model="gpt-4o", name="Tutor")
    span = spans.only("create_agent Tutor")

    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    address, port = "127.0.0.1", facts(span)["server.port"]
    assert facts(span) == {
        "gen_ai.operation.name": "create_agent",
        "gen_ai.provider.name": "openai",
        "server.address": address,
        "server.port": port,
        "gen_ai.agent.name": "Tutor",
        "gen_ai.agent.id": assistant.id,
        "gen_ai.request.model": "gpt-4o",
    }
    assert spans.below(span) == ["POST"]
    assert nothing_is_current()


async def test_an_assistant_without_a_name_is_a_span_too(
    client: AsyncPortkey, spans: Spans
) -> None:
    """Named by the operation alone."""
    await client.assistants.create(model="gpt-4o", name=None)

    assert "gen_ai.agent.name" not in facts(spans.only("create_agent"))


async def test_an_assistant_that_is_refused_is_an_error(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """The span says of which kind, and nothing of its text."""
    portkey_server.inject(Fault.status(429), times=3)
    with pytest.raises(RateLimitError):
        await client.with_options(retry=RetryPolicy(attempts=1)).assistants.create(model="gpt-4o")
    span = spans.only("create_agent")

    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert facts(span)["error.type"] == "RateLimitError"
    assert span.events == ()


@WAYS
async def test_a_run_is_one_span_with_all_its_rounds(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer, follow: Follow
) -> None:
    """Polls, streams and functions are below it; it says ids, usage and status."""
    assistant, thread = await ask(client)
    portkey_server.script(
        [Call("add", a=2, b=2), Call("add", a=3, b=3)], Call("add", a=5, b=5), Say(ANSWER)
    )
    run = await follow(client, thread, assistant, functions=[add])
    span = spans.only("invoke_agent")
    usage = run.usage

    assert usage is not None
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    assert facts(span) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "openai",
        "server.address": "127.0.0.1",
        "server.port": facts(span)["server.port"],
        "gen_ai.agent.id": assistant,
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.conversation.id": thread,
        "gen_ai.response.id": run.id,
        "gen_ai.thread.run.status": "completed",
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
    }
    below = spans.below(span)
    assert below.count("execute_tool add") == 3
    assert below[0] == "POST"
    assert below.count("POST") == 3  # the run, and two submissions
    assert nothing_is_current()


@WAYS
async def test_each_function_is_a_span(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer, follow: Follow
) -> None:
    """It is current in the function, in a thread too, and says which call it serves."""
    current: list[str] = []

    def blocking() -> str:
        with trace.get_tracer("mine", tracer_provider=spans.provider).start_as_current_span("mine"):
            return ""

    async def waiting() -> str:
        current.append(getattr(trace.get_current_span(), "name", ""))
        return ""

    assistant, thread = await ask(client)
    portkey_server.script([Call("blocking"), Call("waiting")], Say(ANSWER))
    run = await follow(client, thread, assistant, functions=[blocking, waiting])
    span = spans.only("execute_tool blocking")

    assert span.kind is SpanKind.INTERNAL
    assert spans.below(span) == ["mine"]
    assert current == ["execute_tool waiting"]
    told = facts(span)
    assert str(told.pop("gen_ai.tool.call.id")).startswith("call_")
    assert told == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.provider.name": "openai",
        "server.address": "127.0.0.1",
        "server.port": told["server.port"],
        "gen_ai.tool.name": "blocking",
        "gen_ai.tool.type": "function",
    }
    assert run.status == "completed"


async def test_every_way_of_waiting_for_a_run_is_a_span(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """Those that create, poll, and submit; one that was handed back is a span each time."""
    assistant, thread = await ask(client)
    runs = client.threads.runs
    said: Any = {"messages": [{"role": "user", "content": QUESTION}]}
    portkey_server.script(Call("add", a=1, b=1), Say(ANSWER), times=2)

    first = await client.threads.create_and_run_poll(assistant_id=assistant, thread=said)
    outputs: Any = [{"tool_call_id": call_id(first), "output": "2"}]
    await runs.submit_tool_outputs_and_poll(
        first.id, thread_id=first.thread_id, tool_outputs=outputs
    )
    async with client.threads.create_and_run_stream(assistant_id=assistant, thread=said) as events:
        second = await events.get_final_run()
    outputs = [{"tool_call_id": call_id(second), "output": "2"}]
    async with runs.submit_tool_outputs_stream(
        second.id, thread_id=second.thread_id, tool_outputs=outputs
    ) as events:
        await events.get_final_run()
    third = await runs.create(thread, assistant_id=assistant)
    await runs.poll(third.id, thread_id=thread)

    told = [facts(span) for span in spans.named("invoke_agent")]
    assert [one["gen_ai.response.id"] for one in told] == [
        *[first.id] * 2, *[second.id] * 2, third.id
    ]  # fmt: skip
    assert [one["gen_ai.thread.run.status"] for one in told] == [
        *["requires_action", "completed"] * 2, "completed"
    ]  # fmt: skip
    assert not any("error.type" in one for one in told)


def call_id(run: Run) -> str:
    """Give the id of the call that a run waits for."""
    action: Any = run.required_action
    found: str = action.submit_tool_outputs.tool_calls[0].id
    return found


async def test_nothing_is_current_while_the_caller_goes_on(
    client: AsyncPortkey, spans: Spans
) -> None:
    """In the body of a stream the caller's own span is, and ours begins below it."""
    assistant, thread = await ask(client)
    tracer = trace.get_tracer("mine", tracer_provider=spans.provider)
    with tracer.start_as_current_span("mine") as mine:
        async with client.threads.runs.stream(thread, assistant_id=assistant) as events:
            assert trace.get_current_span() is mine
            async for event in events:
                assert trace.get_current_span() is mine
                if isinstance(event, MessageDeltaEvent):
                    break
            async for _ in events.text_deltas:
                assert trace.get_current_span() is mine
            with tracer.start_as_current_span("afterwards"):
                pass
        assert trace.get_current_span() is mine

    invoked, mine_ended = spans.only("invoke_agent"), spans.only("mine")
    assert spans.below(mine_ended) == ["invoke_agent", "afterwards"]
    assert spans.below(invoked) == ["POST"]
    # What is done after the end of the run, inside of the block, is no part of it.
    assert (invoked.end_time or 0) <= (spans.only("afterwards").start_time or 0)


async def test_a_stream_may_be_left_from_another_task(
    client: AsyncPortkey,
    spans: Spans,
    portkey_server: PortkeyServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No context is left behind in either, and OpenTelemetry logs nothing of one."""
    assistant, thread = await ask(client)
    portkey_server.script(Hang())
    events = client.threads.runs.stream(thread, assistant_id=assistant)
    await asyncio.create_task(events.__aenter__())
    await asyncio.wait_for(anext(events), 30)
    await asyncio.create_task(events.__aexit__(None, None, None))

    assert nothing_is_current()
    assert spans.below(spans.only("invoke_agent")) == ["POST", "POST"]  # created, cancelled
    assert [one for one in caplog.records if one.name.startswith("opentelemetry")] == []


async def test_a_stream_that_breaks_is_mended_below_the_same_span(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """Its polls, and what completes its snapshots."""
    assistant, thread = await ask(client)
    portkey_server.inject(Fault.cut_stream(3))
    await stream(client, thread, assistant)

    span = spans.only("invoke_agent")
    assert set(spans.below(span)) == {"POST", "GET"}
    assert facts(span)["gen_ai.thread.run.status"] == "completed"


@WAYS
@pytest.mark.parametrize(
    ("act", "status", "kind"),
    [
        (Fail("rate_limit_exceeded", QUESTION), "failed", "rate_limit_exceeded"),
        (End("expired"), "expired", "expired"),
        (End("cancelled"), "cancelled", "cancelled"),
        (End("incomplete"), "incomplete", "incomplete"),
    ],
    ids=["failed", "expired", "cancelled", "incomplete"],
)
async def test_a_run_that_is_not_completed_is_an_error(  # noqa: PLR0913, PLR0917  # fixtures, and three facts
    client: AsyncPortkey,
    spans: Spans,
    portkey_server: PortkeyServer,
    follow: Follow,
    act: Any,
    status: str,
    kind: str,
) -> None:
    """By the server's code where there is one, else by its status; without the server's text."""
    assistant, thread = await ask(client)
    portkey_server.script(act)
    await follow(client, thread, assistant)

    span = spans.only("invoke_agent")
    assert span.status.status_code is StatusCode.ERROR
    assert facts(span)["error.type"] == kind
    assert facts(span)["gen_ai.thread.run.status"] == status
    assert QUESTION not in text_of(span)


@WAYS
async def test_a_function_that_raises_is_an_error_of_both(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer, follow: Follow
) -> None:
    """Of its own span and of the run's, which was left for it; neither says its text."""

    async def fails() -> None:
        raise LookupError(QUESTION)

    assistant, thread = await ask(client)
    portkey_server.script(Call("fails"), Say(ANSWER))
    with pytest.raises(LookupError):
        await follow(client, thread, assistant, functions=[fails])

    for name in ("execute_tool fails", "invoke_agent"):
        span = spans.only(name)
        assert span.status.status_code is StatusCode.ERROR
        assert facts(span)["error.type"] == "LookupError"
        assert QUESTION not in text_of(span)


async def test_a_function_whose_error_is_reported_is_an_error_of_its_own(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """The run goes on, and is none."""

    async def fails() -> None:
        raise LookupError(QUESTION)

    assistant, thread = await ask(client)
    portkey_server.script(Call("fails"), Say(ANSWER))
    await poll(client, thread, assistant, functions=[fails], on_function_error="report")

    assert facts(spans.only("execute_tool fails"))["error.type"] == "LookupError"
    assert "error.type" not in facts(spans.only("invoke_agent"))


async def test_a_run_that_is_not_there_is_an_error(client: AsyncPortkey, spans: Spans) -> None:
    """The ids that were given are those of the span."""
    with pytest.raises(NotFoundError):
        await client.threads.runs.poll("run_none", thread_id="thread_none")

    told = facts(spans.only("invoke_agent"))
    assert told["error.type"] == "NotFoundError"
    assert (told["gen_ai.conversation.id"], told["gen_ai.response.id"]) == (
        "thread_none", "run_none"
    )  # fmt: skip


@WAYS
async def test_a_deadline_is_an_error(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer, follow: Follow
) -> None:
    """With what is known of the run."""
    assistant, thread = await ask(client)
    portkey_server.script(Hang())
    with pytest.raises(RunTimeoutError):
        await follow(client, thread, assistant, run_timeout=0.2)

    told = facts(spans.only("invoke_agent"))
    assert told["error.type"] == "RunTimeoutError"
    assert told["gen_ai.conversation.id"] == thread


@WAYS
async def test_a_cancellation_is_an_error(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer, follow: Follow
) -> None:
    """The run is cancelled below the span, which ends with it."""
    assistant, thread = await ask(client)
    portkey_server.script(Hang())
    task = asyncio.create_task(follow(client, thread, assistant))
    while not portkey_server.runs:  # noqa: ASYNC110  # nothing tells of it
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    span = spans.only("invoke_agent")
    assert span.status.status_code is StatusCode.ERROR
    assert facts(span)["error.type"] == "CancelledError"
    assert spans.below(span)[-1] == "POST"
    assert [run["status"] for run in portkey_server.runs.values()] == ["cancelling"]


async def test_an_error_that_is_caught_inside_of_a_stream_is_told(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """Though the block is left without one."""
    assistant, thread = await ask(client)
    portkey_server.inject(Fault.cut_stream(2))
    portkey_server.inject(Fault.status(403), method="GET")
    async with client.threads.runs.stream(thread, assistant_id=assistant) as events:
        with pytest.raises(PermissionDeniedError):
            await events.get_final_run()

    assert facts(spans.only("invoke_agent"))["error.type"] == "PermissionDeniedError"


@virtual_time
async def test_an_error_event_is_told(mocked: aioresponses) -> None:
    """The server's report of an error, wherever it is caught."""
    spans = Spans()
    said = b'event: error\ndata: {"code": "server_error", "message": "no"}\n\n'
    serve(mocked, reply(200, body=said, headers={"content-type": "text/event-stream"}))
    async with AsyncPortkey(API_KEY) as client:
        instrument(client, tracer_provider=spans.provider)
        async with client.threads.runs.stream(THREAD, assistant_id="asst_1") as events:
            with pytest.raises(RunStreamError):
                await events.get_final_run()

    assert facts(spans.only("invoke_agent"))["error.type"] == "RunStreamError"


async def test_a_cancelled_wait_for_an_event_is_no_error(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """A heartbeat: the stream goes on, and so does its span."""
    assistant, thread = await ask(client)
    portkey_server.inject(Fault.stall_stream(1, 0.2))
    async with client.threads.runs.stream(thread, assistant_id=assistant) as events:
        await anext(events)
        with suppress(TimeoutError):
            await asyncio.wait_for(anext(events), 0.05)
        await events.get_final_run()

    assert "error.type" not in facts(spans.only("invoke_agent"))


async def test_a_failure_that_is_outlived_is_no_error(
    client: AsyncPortkey, spans: Spans, portkey_server: PortkeyServer
) -> None:
    """Polling goes on, and so does the span."""
    assistant, thread = await ask(client)
    portkey_server.inject(Fault.status(500), times=2, method="GET")
    await poll(client, thread, assistant)

    assert "error.type" not in facts(spans.only("invoke_agent"))


async def test_a_span_has_no_content_and_no_credential(
    spans: Spans, portkey_server: PortkeyServer
) -> None:
    """Neither what is said, called and answered, nor a key, though the server echoes it."""

    def echo(payload: Any) -> Any:
        if payload.get("object") == "thread.run":
            return payload | {"model": API_KEY, "last_error": {"code": API_KEY, "message": API_KEY}}
        return payload

    def secret(word: str) -> str:
        return f"{word} of {ANSWER}"

    plain = AsyncPortkey(
        portkey_server.api_key,
        virtual_key=VIRTUAL_KEY,
        base_url=portkey_server.base_url,
        headers={"x-secret-token": API_KEY, "api-key": HEADER_SECRET},
    )
    async with instrument(plain, tracer_provider=spans.provider) as client:
        assistant = await client.assistants.create(
            model="gpt-4o", name=f"with {HEADER_SECRET}", description=QUESTION
        )
        said: Any = [{"role": "user", "content": QUESTION}]
        thread = await client.threads.create(messages=said)
        portkey_server.script(Call("secret", word=QUESTION), Fail("server_error", ANSWER))
        portkey_server.inject(Fault.payload(echo), times=99, method="GET")
        run = await client.threads.runs.create_and_poll(
            thread.id, assistant_id=assistant.id, functions=[secret]
        )

    assert run.model == API_KEY
    assert len(spans.all()) > 5
    for span in spans.all():
        text = text_of(span)
        for hidden in (*CREDENTIALS, QUESTION, ANSWER):
            assert hidden not in text
    told = facts(spans.only("invoke_agent"))
    assert (told["gen_ai.request.model"], told["error.type"]) == ("[redacted]", "[redacted]")


@pytest.mark.parametrize(
    "told",
    [
        {"provider": "azure-openai", "authorization": PROVIDER_TOKEN},
        {"config": {"provider": "azure-openai", "api_key": PROVIDER_TOKEN}},
        {
            "provider": "openai",
            "custom_host": "https://made-up.services.ai.azure.com/api",
            "authorization": PROVIDER_TOKEN,
        },
    ],
    ids=["provider", "config", "host"],
)
async def test_azure_is_named(spans: Spans, portkey_server: PortkeyServer, told: Any) -> None:
    """As far as the client was told of it."""
    async with portkey_server.client() as made:
        instrument(made, tracer_provider=spans.provider)
        await made.with_options(**told).assistants.create(model="gpt-4o")

    assert facts(spans.only("create_agent"))["gen_ai.provider.name"] == "azure.ai.openai"


@pytest.mark.parametrize(
    ("url", "port"), [("https://gateway.example/v1", 443), ("http://localhost/v1", 80)]
)
async def test_the_port_is_the_schemes_where_none_is_given(
    spans: Spans, url: str, port: int
) -> None:
    """The conventions want one beside every address."""
    async with AsyncPortkey(API_KEY, base_url=url, retry=RetryPolicy(attempts=1)) as client:
        instrument(client, tracer_provider=spans.provider)
        with suppress(Exception):
            await client.with_options(timeout=Timeout(total=0.001)).assistants.create(model="m")

    assert facts(spans.only("create_agent"))["server.port"] == port


async def test_derived_clients_share_it(client: AsyncPortkey, spans: Spans) -> None:
    """Those made before and after, and the client that they are derived from."""
    uninstrument(client)
    before = client.with_options(trace_id="before")
    instrument(before, tracer_provider=spans.provider)
    after = client.with_options(trace_id="after")
    for one in (client, before, after):
        await one.assistants.create(model="gpt-4o")

    assert len(spans.named("create_agent")) == 3


async def test_instrumenting_twice_is_instrumenting_once(
    client: AsyncPortkey, spans: Spans
) -> None:
    """There is one span a piece of work; the last provider counts."""
    other = Spans()
    assert instrument(client, tracer_provider=other.provider) is client
    assert instrument(client, tracer_provider=spans.provider) is client
    await client.assistants.create(model="gpt-4o")

    assert len(spans.named("create_agent")) == 1
    assert other.all() == []


async def test_nothing_is_made_unless_asked_for(client: AsyncPortkey, spans: Spans) -> None:
    """Nor after it was taken back, which may be done at any time."""
    assert uninstrument(client) is client
    assistant, thread = await ask(client)
    await poll(client, thread, assistant)
    uninstrument(client)

    assert {span.name for span in spans.all()} == {"GET", "POST"}


async def test_the_global_provider_is_the_default(client: AsyncPortkey) -> None:
    """Without one, nothing is recorded, and nothing goes wrong."""
    instrument(client)
    assistant, thread = await ask(client)

    assert (await stream(client, thread, assistant)).status == "completed"


def test_only_a_client_can_be_instrumented() -> None:
    """Anything else is a clear error."""
    session: Any = object()
    for function in (instrument, uninstrument):
        with pytest.raises(TypeError, match="client is a object; it must be an AsyncPortkey"):
            function(session)


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of the import says what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "portkey_async.telemetry")

    with pytest.raises(ImportError, match=r"install portkey-async\[otel\]"):
        import_module("portkey_async.telemetry")


def test_the_client_alone_imports_nothing_of_it() -> None:
    """Nor does the pytest plugin, or the server."""
    code = (
        "import sys, portkey_async, portkey_async.testing, portkey_async.testing._plugin\n"
        "portkey_async.AsyncPortkey, portkey_async.RunStream\n"
        "assert not any(name.partition('.')[0] == 'opentelemetry' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own code
