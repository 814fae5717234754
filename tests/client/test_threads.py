"""Threads, messages, runs and steps: what each call sends, what it gives, and what is repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import signature
from typing import Any

import attrs
import pytest
from aioresponses import aioresponses
from support.credentials import API_KEY
from support.virtual_time import Chance, hand_clock, virtual_time
from support.wire import Answer, failing, lost, one_by_one, reply, serve

from portkey_async import (
    ActiveRunError,
    APIConnectionError,
    AsyncPortkey,
    BadRequestError,
    ConflictError,
    InternalServerError,
    InvalidRequestError,
    Message,
    MessageDeleted,
    NotFoundError,
    RetryPolicy,
    Run,
    RunStep,
    Thread,
    ThreadDeleted,
)

THREAD: dict[str, Any] = {
    "id": "thread_1",
    "object": "thread",
    "created_at": 1,
    "metadata": {},
    "tool_resources": {},
}
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "object": "thread.message",
    "created_at": 1,
    "thread_id": "thread_1",
    "role": "user",
    "content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}],
    "metadata": {},
}
RUN: dict[str, Any] = {
    "id": "run_1",
    "object": "thread.run",
    "created_at": 1,
    "thread_id": "thread_1",
    "assistant_id": "asst_1",
    "status": "queued",
}
STEP: dict[str, Any] = {
    "id": "step_1",
    "object": "thread.run.step",
    "created_at": 1,
    "run_id": "run_1",
    "assistant_id": "asst_1",
    "thread_id": "thread_1",
    "type": "message_creation",
    "status": "completed",
    "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
}
USER = {"role": "user", "content": "Hello"}
OUTPUT = {"tool_call_id": "call_1", "output": "4"}


def deleted(name: str, kind: str) -> dict[str, Any]:
    """Make the response to a delete."""
    return {"id": name, "object": f"{kind}.deleted", "deleted": True}


def page_of(item: dict[str, Any]) -> dict[str, Any]:
    """Make a page of one object."""
    one = {"first_id": item["id"], "last_id": item["id"], "has_more": False}
    return {"object": "list", "data": [item], **one}


@attrs.frozen
class Operation:
    """An operation: how it is called, what must be sent, and what comes back."""

    make: Callable[[AsyncPortkey], Awaitable[object]]
    method: str
    path: str
    body: Any
    payload: dict[str, Any]
    model: type
    creates: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return "data" in self.payload


T1, R1 = {"thread_id": "thread_1"}, {"thread_id": "thread_1", "run_id": "run_1"}
ALL = "/threads/thread_1"
OPERATIONS: dict[str, Operation] = {
    "threads.create": Operation(
        lambda c: c.threads.create(messages=[{"role": "user", "content": "Hello"}]),
        *("POST", "/threads", {"messages": [USER]}, THREAD, Thread),
        creates=True,
    ),
    "threads.retrieve": Operation(
        lambda c: c.threads.retrieve("thread_1"), "GET", ALL, None, THREAD, Thread
    ),
    "threads.update": Operation(
        lambda c: c.threads.update("thread_1", metadata={"a": "b"}),
        *("POST", ALL, {"metadata": {"a": "b"}}, THREAD, Thread),
    ),
    "threads.delete": Operation(
        lambda c: c.threads.delete("thread_1"),
        *("DELETE", ALL, None, deleted("thread_1", "thread"), ThreadDeleted),
    ),
    "threads.create_and_run": Operation(
        lambda c: c.threads.create_and_run(
            assistant_id="asst_1", thread={"messages": [{"role": "user", "content": "Hello"}]}
        ),
        *("POST", "/threads/runs"),
        *({"assistant_id": "asst_1", "thread": {"messages": [USER]}}, RUN, Run),
        creates=True,
    ),
    "messages.create": Operation(
        lambda c: c.threads.messages.create("thread_1", role="user", content="Hello"),
        *("POST", f"{ALL}/messages", USER, MESSAGE, Message),
        creates=True,
    ),
    "messages.retrieve": Operation(
        lambda c: c.threads.messages.retrieve("msg_1", **T1),
        *("GET", f"{ALL}/messages/msg_1", None, MESSAGE, Message),
    ),
    "messages.update": Operation(
        lambda c: c.threads.messages.update("msg_1", **T1, metadata=None),
        *("POST", f"{ALL}/messages/msg_1", {"metadata": None}, MESSAGE, Message),
    ),
    "messages.list": Operation(
        lambda c: c.threads.messages.list("thread_1"),
        *("GET", f"{ALL}/messages", None, page_of(MESSAGE), Message),
    ),
    "messages.delete": Operation(
        lambda c: c.threads.messages.delete("msg_1", **T1),
        *("DELETE", f"{ALL}/messages/msg_1", None),
        *(deleted("msg_1", "thread.message"), MessageDeleted),
    ),
    "runs.create": Operation(
        lambda c: c.threads.runs.create(
            "thread_1", assistant_id="asst_1", parallel_tool_calls=True
        ),
        *("POST", f"{ALL}/runs", {"assistant_id": "asst_1", "parallel_tool_calls": True}),
        *(RUN, Run),
        creates=True,
    ),
    "runs.retrieve": Operation(
        lambda c: c.threads.runs.retrieve("run_1", **T1),
        *("GET", f"{ALL}/runs/run_1", None, RUN, Run),
    ),
    "runs.update": Operation(
        lambda c: c.threads.runs.update("run_1", **T1, metadata={}),
        *("POST", f"{ALL}/runs/run_1", {"metadata": {}}, RUN, Run),
    ),
    "runs.list": Operation(
        lambda c: c.threads.runs.list("thread_1"),
        *("GET", f"{ALL}/runs", None, page_of(RUN), Run),
    ),
    "runs.cancel": Operation(
        lambda c: c.threads.runs.cancel("run_1", **T1),
        *("POST", f"{ALL}/runs/run_1/cancel", {}, RUN, Run),
    ),
    "runs.submit_tool_outputs": Operation(
        lambda c: c.threads.runs.submit_tool_outputs(
            "run_1", **T1, tool_outputs=[{"tool_call_id": "call_1", "output": "4"}]
        ),
        *("POST", f"{ALL}/runs/run_1/submit_tool_outputs", {"tool_outputs": [OUTPUT]}, RUN, Run),
        creates=True,
    ),
    "steps.list": Operation(
        lambda c: c.threads.runs.steps.list("run_1", **T1),
        *("GET", f"{ALL}/runs/run_1/steps", None, page_of(STEP), RunStep),
    ),
    "steps.retrieve": Operation(
        lambda c: c.threads.runs.steps.retrieve("step_1", **R1),
        *("GET", f"{ALL}/runs/run_1/steps/step_1", None, STEP, RunStep),
    ),
}
CREATES = [name for name, operation in OPERATIONS.items() if operation.creates]
OTHERS = [name for name, operation in OPERATIONS.items() if not operation.creates]


@pytest.mark.parametrize("name", OPERATIONS)
@virtual_time
async def test_a_call_sends_what_the_specification_says(mocked: aioresponses, name: str) -> None:
    """Method, path, body, the header of the API; and gives the model of the response."""
    operation = OPERATIONS[name]
    sent = serve(mocked, reply(200, operation.payload))
    async with AsyncPortkey(API_KEY) as client:
        result = await operation.make(client)

    (request,) = sent
    assert (request.method, request.path) == (operation.method, f"/v1{operation.path}")
    assert (request.json if request.body else None) == operation.body
    assert request.headers["openai-beta"] == "assistants=v2"
    assert ("idempotency-key" in request.headers) is operation.creates
    item: Any = next(iter(result)) if operation.is_list else result  # type: ignore[call-overload]
    assert type(item) is operation.model
    assert item.to_dict() in (operation.payload, operation.payload.get("data", [None])[0])


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("failure", [failing(), failing(503)], ids=["lost", "503"])
@virtual_time
async def test_creating_is_never_repeated_in_doubt(
    mocked: aioresponses, name: str, failure: Answer
) -> None:
    """All else is; a create is repeated only where the policy says so, under one key.

    Of outputs that were submitted, the run knows whether they have arrived: it is asked.
    """
    operation = OPERATIONS[name]
    sent = serve(mocked, one_by_one(failure, *[reply(200, operation.payload)] * 2))
    async with AsyncPortkey(API_KEY) as client:
        if operation.creates and name != "runs.submit_tool_outputs":
            with pytest.raises((APIConnectionError, InternalServerError)) as caught:
                await operation.make(client)
            assert caught.value.may_have_executed
        await operation.make(client.with_options(retry=RetryPolicy(repeat_creates=True)))

    assert len(sent) == 2


@pytest.mark.parametrize("name", CREATES)
@virtual_time
async def test_a_create_that_was_refused_is_repeated_under_one_key(
    mocked: aioresponses, name: str
) -> None:
    """After a 429 nothing was done; the server may know the request again."""
    operation = OPERATIONS[name]
    sent = serve(mocked, one_by_one(failing(429), reply(200, operation.payload)))
    async with AsyncPortkey(API_KEY) as client:
        await operation.make(client)

    first, second = (request.headers["idempotency-key"] for request in sent)
    assert first == second


@pytest.mark.parametrize(
    ("name", "kind"), [("threads.delete", "thread"), ("messages.delete", "message")]
)
@virtual_time
async def test_a_repeated_delete_that_finds_nothing_has_succeeded(
    mocked: aioresponses, name: str, kind: str
) -> None:
    """Where the API says so of this object; the first time it is an error."""
    operation = OPERATIONS[name]
    error = {"message": f"No {kind} found with id '{operation.path.rpartition('/')[2]}'."}
    gone = reply(404, {"error": error})
    serve(mocked, one_by_one(failing(), gone, gone))
    async with AsyncPortkey(API_KEY) as client:
        assert (await operation.make(client)).to_dict() == operation.payload  # type: ignore[attr-defined]
        with pytest.raises(NotFoundError):
            await operation.make(client)


@virtual_time
async def test_lists_take_what_the_specification_says(mocked: aioresponses) -> None:
    """The same of all, and messages the run that made them, on every page."""
    first = page_of(MESSAGE) | {"has_more": True}
    second = page_of(MESSAGE | {"id": "msg_2"})
    sent = serve(mocked, one_by_one(reply(200, first), reply(200, second)))
    async with AsyncPortkey(API_KEY) as client:
        pager = client.threads.messages.list("thread_1", limit="1", order="asc", run_id="run_1")
        assert [message.id async for message in pager] == ["msg_1", "msg_2"]
        for call in (
            client.threads.messages.list,
            client.threads.runs.list,
            lambda *_, **asked: client.threads.runs.steps.list("r", thread_id="t", **asked),
        ):
            with pytest.raises(InvalidRequestError, match="limit is 101"):
                call("thread_1", limit=101)
            with pytest.raises(InvalidRequestError, match="both given"):
                call("thread_1", after="a", before="b")

    assert [request.query for request in sent] == [
        {"limit": "1", "order": "asc", "run_id": "run_1"},
        {"limit": "1", "order": "asc", "after": "msg_1", "run_id": "run_1"},
    ]


#: What a call needs besides ids.
REQUIRED: dict[str, dict[str, Any]] = {
    "messages.create": {"role": "user", "content": "Hello"},
    "runs.create": {"assistant_id": "asst_1"},
    "threads.create_and_run": {"assistant_id": "asst_1"},
}


def method_of(client: AsyncPortkey, name: str) -> Callable[..., Awaitable[object]]:
    """Give the method of an operation."""
    resource, _, method = name.rpartition(".")
    resources = {
        "threads": client.threads,
        "messages": client.threads.messages,
        "runs": client.threads.runs,
        "steps": client.threads.runs.steps,
    }
    found: Callable[..., Awaitable[object]] = getattr(resources[resource], method)
    return found


def ids_of(method: Callable[..., object]) -> list[str]:
    """Name the ids that a method needs."""
    parameters = signature(method).parameters.values()
    return [one.name for one in parameters if one.name.endswith("_id") and one.default is one.empty]


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("bad", ["", ".", "..", "a\nb", "\ud800", 5, None])
async def test_an_id_that_reaches_another_endpoint_is_refused(
    mocked: aioresponses, name: str, bad: Any
) -> None:
    """Each of them, with its name, by a lenient client too; nothing is sent."""
    async with AsyncPortkey(API_KEY, validate_requests=False) as client:
        method = method_of(client, name)
        right = dict.fromkeys(ids_of(method), "x") | REQUIRED.get(name, {})
        for one in ids_of(method):
            with pytest.raises(InvalidRequestError, match=f"^{one} is"):
                await method(**right | {one: bad})

    assert not mocked.requests


ASK: dict[str, Any] = {"thread_id": "t", "assistant_id": "a"}
SAY: dict[str, Any] = {"thread_id": "t", "role": "user", "content": "x"}
LONG_KEY = {"role": "user", "content": "x", "metadata": {"k" * 65: ""}}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "threads.create",
        {"messages": [{"role": "system", "content": "x"}]},
        "messages[0].role is 'system'; it must be 'user' or 'assistant'",
    ),
    ("messages.create", SAY | {"content": []}, "content is empty; at least 1 must be given"),
    (
        "messages.create",
        SAY | {"content": 5},
        "content is 5; it must be a str or a list of parts",
    ),
    (
        "messages.create",
        SAY | {"content": [{"text": "x"}]},
        "content[0].type is missing; it must be a str",
    ),
    (
        "messages.create",
        SAY | {"attachments": [{"file_id": 5}]},
        "attachments[0].file_id is 5; it must be a str",
    ),
    (
        "runs.create",
        ASK | {"max_prompt_tokens": 255},
        "max_prompt_tokens is 255; it must be a number of at least 256",
    ),
    (
        "runs.create",
        ASK | {"max_completion_tokens": 256.5},
        "max_completion_tokens is 256.5; it must be a whole number",
    ),
    (
        "runs.create",
        ASK | {"tools": [{"type": "code_interpreter"}] * 21},
        "tools has 21 items; at most 20 are allowed",
    ),
    (
        "runs.create",
        ASK | {"truncation_strategy": {"type": "last_messages", "last_messages": 0}},
        "truncation_strategy.last_messages is 0; it must be a number of at least 1",
    ),
    (
        "runs.create",
        ASK | {"tool_choice": "any"},
        "tool_choice is 'any'; it must be 'none', 'auto', 'required' or a tool",
    ),
    (
        "runs.create",
        ASK | {"parallel_tool_calls": 1},
        "parallel_tool_calls is 1; it must be True or False",
    ),
    (
        "runs.create",
        ASK | {"additional_messages": [LONG_KEY]},
        "additional_messages[0].metadata has a key of 65 characters",
    ),
    (
        "threads.create_and_run",
        {"assistant_id": "a", "thread": {"messages": [{"role": "user"}]}},
        "thread.messages[0].content is missing; it must be a str or a list of parts",
    ),
    ("runs.create", ASK | {"assistant_id": None}, "assistant_id is missing; it must be a str"),
    (
        "runs.submit_tool_outputs",
        R1 | {"tool_outputs": [{"tool_call_id": "c", "output": 42}]},
        "tool_outputs[0].output is 42; it must be a str",
    ),
    (
        "runs.submit_tool_outputs",
        R1 | {"tool_outputs": [{}]},
        "tool_outputs[0].tool_call_id is missing; it must be a str",
    ),
]


@pytest.mark.parametrize(
    ("name", "arguments", "reason"), REFUSED, ids=[row[2][:40] for row in REFUSED]
)
async def test_a_limit_is_checked_before_anything_is_sent(
    mocked: aioresponses, name: str, arguments: dict[str, Any], reason: str
) -> None:
    """The error names the field, the limit and what was given; a lenient client leaves it."""
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(InvalidRequestError) as caught:
            await method_of(client, name)(**arguments)
        assert str(caught.value).startswith(reason)
        assert not mocked.requests
        sent = serve(mocked, reply(400, {"error": {"message": "no"}}))
        with pytest.raises(BadRequestError):
            await method_of(client.with_options(validate_requests=False), name)(**arguments)
        assert len(sent) == 1


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize(
    ("keyword", "instead"),
    [("timeout", r"client\.with_options\(timeout"), ("stream", r"runs\.stream\(")],
)
async def test_an_unknown_keyword_of_any_call_says_what_to_use(
    mocked: aioresponses, name: str, keyword: str, instead: str
) -> None:
    """Here a timeout, which is set by `with_options`; for streams there are other methods."""
    told = rf"^{name}\(\) does not take '{keyword}'; use {instead}"
    async with AsyncPortkey(API_KEY) as client:
        method = method_of(client, name)
        arguments = dict.fromkeys(ids_of(method), "x") | REQUIRED.get(name, {}) | {keyword: 5}
        with pytest.raises(TypeError, match=told):
            await method(**arguments)

    assert not mocked.requests


# --- A thread with an active run ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "run_id"),
    [
        ("Thread thread_1 already has an active run run_9Xb.", "run_9Xb"),
        ("Can't add messages to thread_1 while a run run_9Xb is active.", "run_9Xb"),
        ("openai error: Thread thread_1 already has an active run run_9Xb.", "run_9Xb"),
        ("Thread already has an active run", None),
        ("Cannot do that while a run is active", None),
    ],
)
@pytest.mark.parametrize("name", ["runs.create", "messages.create"])
async def test_a_thread_with_an_active_run_says_which(
    mocked: aioresponses, name: str, message: str, run_id: str | None
) -> None:
    """As an error of its own, which is a `BadRequestError` as well."""
    serve(mocked, reply(400, {"error": {"message": message, "type": "invalid_request_error"}}))
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(ActiveRunError) as caught:
            await OPERATIONS[name].make(client)

    assert isinstance(caught.value, BadRequestError)
    assert (caught.value.run_id, caught.value.may_have_executed) == (run_id, False)


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "Invalid 'role'."), (409, "Thread thread_1 already has an active run run_9Xb.")],
)
async def test_another_error_is_none_of_an_active_run(
    mocked: aioresponses, status: int, message: str
) -> None:
    """Neither another message, nor another status."""
    serve(mocked, reply(status, {"error": {"message": message}}))
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises((BadRequestError, ConflictError)) as caught:
            await OPERATIONS["runs.create"].make(client)

    assert not isinstance(caught.value, ActiveRunError)


# --- Cancelling ---------------------------------------------------------------------------------

REFUSAL = reply(400, {"error": {"message": "Cannot cancel run with status 'cancelled'."}})


@pytest.mark.parametrize("status", ["cancelled", "cancelling"])
@virtual_time
async def test_a_repeated_cancel_of_a_run_that_is_cancelled_is_a_success(
    mocked: aioresponses, status: str
) -> None:
    """The first attempt, whose response was lost, has done it; the run is fetched."""
    cancelled = reply(200, RUN | {"status": status})
    sent = serve(mocked, one_by_one(failing(), REFUSAL, cancelled))
    async with AsyncPortkey(API_KEY) as client:
        run = await client.threads.runs.cancel("run_1", thread_id="thread_1")

    assert run.status == status
    assert [request.method for request in sent] == ["POST", "POST", "GET"]


@virtual_time
async def test_a_cancel_of_a_run_that_has_ended_is_refused(mocked: aioresponses) -> None:
    """At the first attempt as it is; at a later one too, unless the run is cancelled."""
    ended = reply(200, RUN | {"status": "completed"})
    sent = serve(mocked, one_by_one(REFUSAL, failing(), REFUSAL, ended, failing(), failing(404)))
    async with AsyncPortkey(API_KEY) as client:
        for _ in range(2):
            with pytest.raises(BadRequestError, match="Cannot cancel"):
                await client.threads.runs.cancel("run_1", thread_id="thread_1")
        with pytest.raises(NotFoundError):
            await client.threads.runs.cancel("run_1", thread_id="thread_1")

    assert len(sent) == 6


@pytest.mark.parametrize("total", [5, None])
@virtual_time
async def test_a_cancel_keeps_its_deadline(mocked: aioresponses, total: float | None) -> None:
    """Fetching the run is a part of the call; if it is not told in time, the refusal counts."""
    cancelled = reply(200, RUN | {"status": "cancelled"}, after=4)
    serve(mocked, one_by_one(lost(ConnectionResetError(), after=2), REFUSAL, cancelled))
    async with AsyncPortkey(API_KEY, timeout=total) as client:
        hand_clock(client, Chance())
        if total is None:
            assert await client.threads.runs.cancel("run_1", thread_id="thread_1")
        else:
            started = asyncio.get_running_loop().time()
            with pytest.raises(BadRequestError):
                await client.threads.runs.cancel("run_1", thread_id="thread_1")
            assert asyncio.get_running_loop().time() - started <= total


# --- Where they are found -----------------------------------------------------------------------


def test_beta_spells_them_as_the_samples_do() -> None:
    """Each resource is made once."""
    client = AsyncPortkey(API_KEY)

    assert client.beta.threads is client.threads
    assert client.threads.messages is client.threads.messages
    assert client.threads.runs.steps is client.threads.runs.steps


@virtual_time
async def test_many_threads_are_deleted_with_an_outcome_each(mocked: aioresponses) -> None:
    """Several at once, whether each was there or not."""
    gone = reply(404, {"error": {"message": "No thread found with id 'thread_2'."}})
    serve(mocked, one_by_one(reply(200, deleted("thread_1", "thread")), gone))
    async with AsyncPortkey(API_KEY) as client:
        outcomes = [one async for one in client.threads.delete_many(["thread_1", "thread_2"])]

    assert {outcome.input: outcome.ok for outcome in outcomes} == {
        "thread_1": True,
        "thread_2": False,
    }
