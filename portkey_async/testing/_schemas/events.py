"""The events of a run that is streamed."""

from typing import Final

from .base import STRING, Schema, object_, one_of, or_null, ref, refs

RUN_STATES: Final = (
    *("created", "queued", "in_progress", "requires_action", "completed", "incomplete"),
    *("failed", "cancelling", "cancelled", "expired"),
)
STEP_STATES: Final = (
    *("created", "in_progress", "delta", "completed", "failed", "cancelled", "expired"),
)
MESSAGE_STATES: Final = ("created", "in_progress", "delta", "completed", "incomplete")


def _event(name: str, data: Schema) -> Schema:
    return object_({"event": one_of(name), "data": data}, required=("event", "data"))


def _events(prefix: str, states: tuple[str, ...], kind: str) -> Schema:
    deltas = {"delta": kind.replace("Object", "DeltaObject")}
    return {
        "oneOf": [_event(f"{prefix}.{state}", ref(deltas.get(state, kind))) for state in states]
    }


SCHEMAS: Final[dict[str, Schema]] = {
    "Error": object_(
        {"code": or_null(STRING), "message": STRING, "param": or_null(STRING), "type": STRING},
        required=("type", "message", "param", "code"),
    ),
    "AssistantStreamEvent": refs(
        *("ThreadStreamEvent", "RunStreamEvent", "RunStepStreamEvent"),
        *("MessageStreamEvent", "ErrorEvent", "DoneEvent"),
    ),
    "ThreadStreamEvent": _events("thread", ("created",), "ThreadObject"),
    "RunStreamEvent": _events("thread.run", RUN_STATES, "RunObject"),
    "RunStepStreamEvent": _events("thread.run.step", STEP_STATES, "RunStepObject"),
    "MessageStreamEvent": _events("thread.message", MESSAGE_STATES, "MessageObject"),
    "ErrorEvent": _event("error", ref("Error")),
    "DoneEvent": _event("done", one_of("[DONE]")),
}
