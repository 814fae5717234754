"""Runs: the operations on them."""

from collections.abc import Callable
from functools import partial
from typing import Final

from attrs import evolve

from portkey_async.testing._exchange import Event, Received, Response, refusal
from portkey_async.testing._store import Payload

from . import messages, response, threads
from .engine import RunStream
from .request import Refused, body, found
from .run_payloads import ACTIVE, run_payload
from .state import State

_POLL: Final = {"openai-poll-after-ms": "1"}
_SETTINGS: Final = (
    *("tools", "metadata", "temperature", "top_p", "max_prompt_tokens", "max_completion_tokens"),
    *("truncation_strategy", "tool_choice", "parallel_tool_calls", "response_format"),
)


def create(state: State, received: Received, thread_id: str) -> Response:
    """`POST /threads/{thread_id}/runs`."""
    found(state.stores.threads, "thread", thread_id)
    settings = body(state, received, "CreateRunRequest")
    run = _created(state, thread_id, settings)
    active = state.engine.active(thread_id)
    if active is not None:
        state.engine.look(thread_id)
        said = f"Thread {thread_id} already has an active run {active['id']}."
        raise Refused(refusal(400, said))
    additional = [
        messages.created(state, thread_id, each)
        for each in settings.get("additional_messages") or ()
    ]
    stream = RunStream(state.engine, thread_id) if received.streams else None

    def commit() -> None:
        for message in additional:
            state.stores.messages[message["id"]] = message
        state.engine.begin(run, stream=stream)

    return _showing(state, run, commit, stream)


def create_with_thread(state: State, received: Received) -> Response:
    """`POST /threads/runs`."""
    settings = body(state, received, "CreateThreadAndRunRequest")
    resources = settings.get("tool_resources")
    given: Payload = settings.get("thread") or {}
    thread, put = threads.created(
        state, given if resources is None else {"tool_resources": resources} | given
    )
    run = _created(state, thread["id"], settings)
    stream = RunStream(state.engine, thread["id"]) if received.streams else None

    def commit() -> None:
        put()
        state.engine.begin(run, first=Event("thread.created", thread), stream=stream)

    return _showing(state, run, commit, stream)


def list_runs(state: State, received: Received, thread_id: str) -> Response:
    """`GET /threads/{thread_id}/runs`."""
    found(state.stores.threads, "thread", thread_id)
    state.engine.look(thread_id)
    return response.page(state, received, state.stores.runs, "run", parent=thread_id)


def retrieve(state: State, _received: Received, thread_id: str, run_id: str) -> Response:
    """`GET /threads/{thread_id}/runs/{run_id}`."""
    found_run(state, thread_id, run_id)
    state.engine.look(thread_id)
    return _showing(state, found_run(state, thread_id, run_id))


def update(state: State, received: Received, thread_id: str, run_id: str) -> Response:
    """`POST /threads/{thread_id}/runs/{run_id}`."""
    run = found_run(state, thread_id, run_id)
    changes = body(state, received, "ModifyRunRequest")
    metadata: Payload | None = changes.get("metadata", run["metadata"])
    run = run | {"metadata": metadata or {}}
    return _showing(state, run, partial(state.stores.runs.__setitem__, run_id, run))


def submit_tool_outputs(state: State, received: Received, thread_id: str, run_id: str) -> Response:
    """`POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`."""
    run = found_run(state, thread_id, run_id)
    settings = body(state, received, "SubmitToolOutputsRunRequest")
    state.engine.active(thread_id)
    run = found_run(state, thread_id, run_id)
    if run["status"] != "requires_action":
        said = f'Runs in status "{run["status"]}" do not accept tool outputs.'
        raise Refused(refusal(400, said))
    expected = _called(run)
    got = [output.get("tool_call_id") for output in settings["tool_outputs"]]
    if sorted(map(str, got)) != sorted(expected):
        said = f"Expected tool outputs for call_ids {expected}, got {got}"
        raise Refused(refusal(400, said))
    outputs = {each["tool_call_id"]: each.get("output", "") for each in settings["tool_outputs"]}
    stream = RunStream(state.engine, thread_id) if received.streams else None
    shown = run | {"status": "queued", "required_action": None}
    return _showing(state, shown, partial(state.engine.submit, run, outputs, stream), stream)


def cancel(state: State, _received: Received, thread_id: str, run_id: str) -> Response:
    """`POST /threads/{thread_id}/runs/{run_id}/cancel`."""
    state.engine.active(thread_id)
    run = found_run(state, thread_id, run_id)
    if run["status"] not in ACTIVE or run["status"] == "cancelling":
        raise Refused(refusal(400, f"Cannot cancel run with status '{run['status']}'."))
    shown = run | {"status": "cancelling", "required_action": None}
    cancelling = _showing(state, shown, partial(state.engine.cancel, run))
    return evolve(cancelling, later=partial(state.engine.settle, thread_id))


def _called(run: Payload) -> list[str]:
    """The ids of the calls that a run wants the outputs of."""
    match run["required_action"]:
        case {"submit_tool_outputs": {"tool_calls": [*calls]}}:
            return [call["id"] for call in calls]
        case _:  # a test has put in an action of another kind
            return []


def found_run(state: State, thread_id: str, run_id: str) -> Payload:
    """The run of this thread.

    Raises:
        Refused: There is none.
    """
    found(state.stores.threads, "thread", thread_id)
    return found(state.stores.runs, "run", run_id, thread_id=thread_id)


def _created(state: State, thread_id: str, settings: Payload) -> Payload:
    """The run that a create request makes; what it leaves out is the assistant's, or default."""
    assistant = found(state.stores.assistants, "assistant", settings["assistant_id"])
    own = {name: assistant.get(name) for name in ("tools", "temperature", "top_p")}
    own["response_format"] = assistant.get("response_format")
    asked = {name: settings.get(name) for name in _SETTINGS}
    given = {name: value for name, value in (own | _given(asked)).items() if value is not None}
    instructions = settings.get("instructions") or assistant.get("instructions") or ""
    additional = settings.get("additional_instructions")
    return run_payload(
        state.new_id("run"),
        state.clock.now(),
        thread_id,
        assistant_id=settings["assistant_id"],
        model=settings.get("model") or assistant.get("model") or "gpt-4o",
        instructions="\n".join(filter(None, (instructions, additional))),
        **given,
    )


def _given(settings: Payload) -> Payload:
    return {name: value for name, value in settings.items() if value is not None}


def _showing(
    state: State,
    run: Payload,
    commit: Callable[[], object] | None = None,
    stream: RunStream | None = None,
) -> Response:
    """The run, or a stream of its events."""
    shown = response.one(state, run, commit)
    headers = {} if stream is not None else _POLL
    return evolve(shown, headers=headers, events=stream)
