"""Runs, and what they are given."""

from typing import Final

from portkey_async._params import limits

from .base import (
    BOOLEAN,
    INTEGER,
    METADATA,
    REASONING,
    SAMPLING,
    STRING,
    TIME,
    TOOL_KINDS,
    TOOL_RESOURCES,
    Schema,
    array,
    items,
    list_of,
    number,
    object_,
    one_of,
    or_null,
    ref,
    ref_or_null,
)

_USAGE: Final = or_null(
    object_(
        {"completion_tokens": INTEGER, "prompt_tokens": INTEGER, "total_tokens": INTEGER},
        required=("prompt_tokens", "completion_tokens", "total_tokens"),
    )
)
_TOKENS: Final = or_null(number(limits.RUN_TOKENS))
_SETTINGS: Final[Schema] = {
    "max_prompt_tokens": _TOKENS,
    "max_completion_tokens": _TOKENS,
    "truncation_strategy": ref_or_null("TruncationObject"),
    "tool_choice": ref("AssistantsApiToolChoiceOption"),
    "parallel_tool_calls": ref("ParallelToolCalls"),
    "response_format": ref("AssistantsApiResponseFormatOption"),
}
_CREATE: Final[Schema] = {
    "assistant_id": STRING,
    "model": or_null(STRING),
    "instructions": or_null(STRING),
    "tools": or_null(items(limits.RUN_TOOLS, TOOL_KINDS)),
    "metadata": METADATA,
    **SAMPLING,
    "stream": or_null(BOOLEAN),
    **_SETTINGS,
    **REASONING,
}

SCHEMAS: Final[dict[str, Schema]] = {
    "ParallelToolCalls": {"type": "boolean", "default": True},
    "RunCompletionUsage": _USAGE,
    "TruncationObject": object_(
        {
            "type": one_of("auto", "last_messages"),
            "last_messages": or_null(number(limits.LAST_MESSAGES)),
        },
        required=("type",),
    ),
    "AssistantsApiToolChoiceOption": {
        "oneOf": [
            one_of("none", "auto", "required"),
            ref("AssistantsNamedToolChoice"),
            {"type": "null"},
        ]
    },
    "AssistantsNamedToolChoice": object_(
        {
            "type": one_of("function", "code_interpreter", "file_search"),
            "function": object_({"name": STRING}, required=("name",)),
        },
        required=("type",),
    ),
    "RunObject": object_(
        {
            "id": STRING,
            "object": one_of("thread.run"),
            "created_at": TIME,
            "thread_id": STRING,
            "assistant_id": STRING,
            "status": one_of(
                *("queued", "in_progress", "requires_action", "cancelling", "cancelled"),
                *("failed", "completed", "incomplete", "expired"),
            ),
            "required_action": or_null(
                object_(
                    {
                        "type": one_of("submit_tool_outputs"),
                        "submit_tool_outputs": object_(
                            {"tool_calls": array(ref("RunToolCallObject"))},
                            required=("tool_calls",),
                        ),
                    },
                    required=("type", "submit_tool_outputs"),
                )
            ),
            "last_error": or_null(
                object_(
                    {
                        "code": one_of("server_error", "rate_limit_exceeded", "invalid_prompt"),
                        "message": STRING,
                    },
                    required=("code", "message"),
                )
            ),
            **{
                f"{name}_at": or_null(TIME)
                for name in ("expires", "started", "cancelled", "failed", "completed")
            },
            "incomplete_details": or_null(
                object_({"reason": one_of("max_completion_tokens", "max_prompt_tokens")})
            ),
            "model": STRING,
            "instructions": STRING,
            "tools": items(limits.RUN_TOOLS, TOOL_KINDS, default=[]),
            "metadata": METADATA,
            "usage": ref("RunCompletionUsage"),
            "temperature": or_null({"type": "number"}),
            "top_p": or_null({"type": "number"}),
            **_SETTINGS,
        },
        required=(
            *("id", "object", "created_at", "thread_id", "assistant_id", "status"),
            *("required_action", "last_error", "expires_at", "started_at", "cancelled_at"),
            *("failed_at", "completed_at", "model", "instructions", "tools", "metadata", "usage"),
            *("incomplete_details", "max_prompt_tokens", "max_completion_tokens"),
            *("truncation_strategy", "tool_choice", "parallel_tool_calls", "response_format"),
        ),
    ),
    "RunToolCallObject": object_(
        {
            "id": STRING,
            "type": one_of("function"),
            "function": object_(
                {"name": STRING, "arguments": STRING}, required=("name", "arguments")
            ),
        },
        required=("id", "type", "function"),
    ),
    "CreateRunRequest": object_(
        _CREATE
        | {
            "additional_instructions": or_null(STRING),
            "additional_messages": or_null(array(ref("CreateMessageRequest"))),
        },
        required=("assistant_id",),
        closed=True,
    ),
    "CreateThreadAndRunRequest": object_(
        _CREATE | {"thread": ref("CreateThreadRequest"), "tool_resources": TOOL_RESOURCES},
        required=("assistant_id",),
        closed=True,
    ),
    "ModifyRunRequest": object_({"metadata": METADATA}, closed=True),
    "SubmitToolOutputsRunRequest": object_(
        {
            "tool_outputs": array(object_({"tool_call_id": STRING, "output": STRING})),
            "stream": or_null(BOOLEAN),
        },
        required=("tool_outputs",),
        closed=True,
    ),
    "ListRunsResponse": list_of("RunObject"),
}
