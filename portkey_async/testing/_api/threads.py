"""Threads: the operations on them."""

from collections.abc import Callable
from functools import partial

from portkey_async.testing._exchange import Received, Response
from portkey_async.testing._store import Payload

from . import messages, response
from .assistants import merged_resources
from .request import body, found
from .state import State


def list_threads(state: State, received: Received) -> Response:
    """`GET /threads`, which Azure AI Foundry has and OpenAI has not."""
    return response.page(state, received, state.stores.threads, "thread")


def create(state: State, received: Received) -> Response:
    """`POST /threads`."""
    settings = body(state, received, "CreateThreadRequest", optional=True)
    thread, commit = created(state, settings)
    return response.one(state, thread, commit)


def retrieve(state: State, _received: Received, thread_id: str) -> Response:
    """`GET /threads/{thread_id}`."""
    return response.one(state, found(state.stores.threads, "thread", thread_id))


def update(state: State, received: Received, thread_id: str) -> Response:
    """`POST /threads/{thread_id}`."""
    thread = found(state.stores.threads, "thread", thread_id)
    changes = body(state, received, "ModifyThreadRequest")
    thread = _updated(state, thread, changes)
    return response.one(state, thread, partial(state.stores.threads.__setitem__, thread_id, thread))


def delete(state: State, _received: Received, thread_id: str) -> Response:
    """`DELETE /threads/{thread_id}`; all that belongs to it goes with it."""
    found(state.stores.threads, "thread", thread_id)

    def commit() -> None:
        stores = state.stores
        state.engine.forget(thread_id)
        stores.threads.pop(thread_id, None)
        for message in stores.messages.children(thread_id):
            stores.messages.pop(message["id"], None)
        for run in stores.runs.children(thread_id):
            stores.runs.pop(run["id"], None)
            for step in stores.run_steps.children(run["id"]):
                stores.run_steps.pop(step["id"], None)

    return response.deletion(thread_id, "thread", commit)


def created(state: State, settings: Payload) -> tuple[Payload, Callable[[], None]]:
    """The thread that a create request makes, and what puts it and its messages in."""
    thread_id = state.new_id("thread")
    thread = _updated(
        state,
        thread_payload(thread_id, state.clock.now()),
        {name: value for name, value in settings.items() if name != "messages"},
    )
    first = [messages.created(state, thread_id, each) for each in settings.get("messages") or ()]

    def commit() -> None:
        state.stores.threads[thread_id] = thread
        for message in first:
            state.stores.messages[message["id"]] = message

    return thread, commit


def thread_payload(thread_id: str, created_at: int) -> Payload:
    """A thread that was given nothing."""
    return {"id": thread_id, "object": "thread", "created_at": created_at} | _defaults()


def _defaults() -> Payload:
    return {"metadata": {}, "tool_resources": {}}


def _updated(state: State, thread: Payload, changes: Payload) -> Payload:
    """A new payload with *changes* merged in; null resets, `tool_resources` merge by tool."""
    result = thread | changes
    for name, value in changes.items():
        if value is None:
            result[name] = _defaults().get(name)
        elif name == "tool_resources":
            result[name] = merged_resources(thread.get(name), value, state.random)
    return result
