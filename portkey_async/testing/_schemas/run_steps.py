"""Run steps, and their deltas."""

from typing import Final

from .base import (
    INTEGER,
    METADATA,
    STRING,
    TIME,
    Schema,
    array,
    list_of,
    object_,
    one_of,
    or_null,
    ref,
    refs,
    tagged,
)

_USAGE: Final = or_null(
    object_(
        {"completion_tokens": INTEGER, "prompt_tokens": INTEGER, "total_tokens": INTEGER},
        required=("prompt_tokens", "completion_tokens", "total_tokens"),
    )
)
_MAP: Final[Schema] = {"type": "object"}
_FUNCTION: Final[Schema] = {"name": STRING, "arguments": STRING, "output": or_null(STRING)}


def _call(kind: str, inner: Schema) -> Schema:
    properties = {"id": STRING, "type": one_of(kind), kind: inner}
    return object_(properties, required=("id", "type", kind))


def _call_delta(kind: str, inner: Schema, *more: str) -> Schema:
    properties = {"index": INTEGER, "id": STRING, "type": one_of(kind), kind: inner}
    return object_(properties, required=("index", "type", *more))


def _output_delta(kind: str, inner: Schema) -> Schema:
    properties = {"index": INTEGER, "type": one_of(kind), kind: inner}
    return object_(properties, required=("index", "type"))


def _code(prefix: str, *, required: tuple[str, ...] = ()) -> Schema:
    outputs = refs(f"{prefix}OutputLogsObject", f"{prefix}OutputImageObject")
    return object_(
        {"input": STRING, "outputs": array({"type": "object"} | outputs)}, required=required
    )


_DETAILS: Final = "RunStepDetailsToolCalls"
_DELTA_DETAILS: Final = "RunStepDeltaStepDetailsToolCalls"

SCHEMAS: Final[dict[str, Schema]] = {
    "RunStepCompletionUsage": _USAGE,
    "RunStepObject": object_(
        {
            "id": STRING,
            "object": one_of("thread.run.step"),
            "created_at": TIME,
            "assistant_id": STRING,
            "thread_id": STRING,
            "run_id": STRING,
            "type": one_of("message_creation", "tool_calls"),
            "status": one_of("in_progress", "cancelled", "failed", "completed", "expired"),
            "step_details": {"type": "object"}
            | refs("RunStepDetailsMessageCreationObject", "RunStepDetailsToolCallsObject"),
            "last_error": or_null(
                object_(
                    {"code": one_of("server_error", "rate_limit_exceeded"), "message": STRING},
                    required=("code", "message"),
                )
            ),
            **{
                f"{name}_at": or_null(TIME)
                for name in ("expired", "cancelled", "failed", "completed")
            },
            "metadata": METADATA,
            "usage": ref("RunStepCompletionUsage"),
        },
        required=(
            *("id", "object", "created_at", "assistant_id", "thread_id", "run_id", "type"),
            *("status", "step_details", "last_error", "expired_at", "cancelled_at"),
            *("failed_at", "completed_at", "metadata", "usage"),
        ),
    ),
    "RunStepDeltaObject": object_(
        {
            "id": STRING,
            "object": one_of("thread.run.step.delta"),
            "delta": object_(
                {
                    "step_details": {"type": "object"}
                    | refs(
                        "RunStepDeltaStepDetailsMessageCreationObject",
                        "RunStepDeltaStepDetailsToolCallsObject",
                    )
                }
            ),
        },
        required=("id", "object", "delta"),
    ),
    "ListRunStepsResponse": list_of("RunStepObject"),
    "RunStepDetailsMessageCreationObject": tagged(
        "message_creation",
        "message_creation",
        object_({"message_id": STRING}, required=("message_id",)),
    ),
    "RunStepDeltaStepDetailsMessageCreationObject": tagged(
        "message_creation", "message_creation", object_({"message_id": STRING}), required=False
    ),
    f"{_DETAILS}Object": tagged(
        "tool_calls",
        "tool_calls",
        array(
            refs(
                f"{_DETAILS}CodeObject",
                f"{_DETAILS}FileSearchObject",
                f"{_DETAILS}FunctionObject",
            )
        ),
    ),
    f"{_DELTA_DETAILS}Object": tagged(
        "tool_calls",
        "tool_calls",
        array(
            refs(
                f"{_DELTA_DETAILS}CodeObject",
                f"{_DELTA_DETAILS}FileSearchObject",
                f"{_DELTA_DETAILS}FunctionObject",
            )
        ),
        required=False,
    ),
    f"{_DETAILS}CodeObject": _call(
        "code_interpreter", _code(f"{_DETAILS}Code", required=("input", "outputs"))
    ),
    f"{_DELTA_DETAILS}CodeObject": _call_delta("code_interpreter", _code(f"{_DELTA_DETAILS}Code")),
    f"{_DETAILS}CodeOutputLogsObject": tagged("logs", "logs", STRING),
    f"{_DELTA_DETAILS}CodeOutputLogsObject": _output_delta("logs", STRING),
    f"{_DETAILS}CodeOutputImageObject": tagged(
        "image", "image", object_({"file_id": STRING}, required=("file_id",))
    ),
    f"{_DELTA_DETAILS}CodeOutputImageObject": _output_delta("image", object_({"file_id": STRING})),
    f"{_DETAILS}FileSearchObject": _call("file_search", _MAP),
    f"{_DELTA_DETAILS}FileSearchObject": _call_delta("file_search", _MAP, "file_search"),
    f"{_DETAILS}FunctionObject": _call(
        "function", object_(_FUNCTION, required=("name", "arguments", "output"))
    ),
    f"{_DELTA_DETAILS}FunctionObject": _call_delta("function", object_(_FUNCTION)),
}
