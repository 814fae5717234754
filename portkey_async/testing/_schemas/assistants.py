"""Assistants, their tools and formats."""

from typing import Final

from portkey_async._params import limits

from .base import (
    METADATA,
    REASONING,
    SAMPLING,
    STRING,
    TIME,
    TOOL_KINDS,
    TOOL_RESOURCES,
    TOOL_RESOURCES_TO_CREATE,
    Schema,
    deleted,
    items,
    list_of,
    number,
    object_,
    one_of,
    or_null,
    ref,
    text,
)

_NAME: Final = text(limits.FUNCTION_NAME)
_STRICT: Final[Schema] = {"type": ["boolean", "null"], "default": False}
_SETTINGS: Final[Schema] = {
    "model": STRING,
    "name": or_null(text(limits.NAME)),
    "description": or_null(text(limits.DESCRIPTION)),
    "instructions": or_null(text(limits.INSTRUCTIONS)),
    "tools": items(limits.ASSISTANT_TOOLS, TOOL_KINDS, default=[]),
    "tool_resources": TOOL_RESOURCES,
    "metadata": METADATA,
    **SAMPLING,
    "response_format": ref("AssistantsApiResponseFormatOption"),
}

SCHEMAS: Final[dict[str, Schema]] = {
    "AssistantObject": object_(
        {"id": STRING, "object": one_of("assistant"), "created_at": TIME, **_SETTINGS},
        required=(
            *("id", "object", "created_at", "name", "description", "model"),
            *("instructions", "tools", "metadata"),
        ),
    ),
    "AssistantToolsCode": object_({"type": one_of("code_interpreter")}, required=("type",)),
    "AssistantToolsFileSearch": object_(
        {
            "type": one_of("file_search"),
            "file_search": object_(
                {
                    "max_num_results": number(limits.MAX_NUM_RESULTS),
                    "ranking_options": object_(
                        {
                            "ranker": one_of("auto", "default_2024_08_21"),
                            "score_threshold": number(limits.SCORE_THRESHOLD),
                        },
                        required=("score_threshold",),
                    ),
                }
            ),
        },
        required=("type",),
    ),
    "AssistantToolsFileSearchTypeOnly": object_(
        {"type": one_of("file_search")}, required=("type",)
    ),
    "AssistantToolsFunction": object_(
        {"type": one_of("function"), "function": ref("FunctionObject")},
        required=("type", "function"),
    ),
    "FunctionObject": object_(
        {
            "name": _NAME,
            "description": STRING,
            "parameters": ref("FunctionParameters"),
            "strict": _STRICT,
        },
        required=("name",),
    ),
    "FunctionParameters": {"type": "object", "additionalProperties": True},
    "AssistantsApiResponseFormatOption": {
        "oneOf": [
            one_of("none", "auto"),
            ref("AssistantsApiResponseFormat"),
            ref("ResponseFormatJsonSchema"),
            {"type": "null"},
        ]
    },
    "AssistantsApiResponseFormat": object_(
        {"type": one_of("text", "json_object") | {"default": "text"}}
    ),
    "ResponseFormatJsonSchema": object_(
        {
            "type": one_of("json_schema"),
            "json_schema": object_(
                {
                    "name": _NAME,
                    "description": STRING,
                    "schema": {"type": "object", "additionalProperties": True},
                    "strict": _STRICT,
                },
                required=("name",),
            ),
        },
        required=("type", "json_schema"),
    ),
    "CreateAssistantRequest": object_(
        _SETTINGS | {"tool_resources": TOOL_RESOURCES_TO_CREATE} | REASONING,
        required=("model",),
        closed=True,
    ),
    "ModifyAssistantRequest": object_(_SETTINGS | REASONING, closed=True),
    "ListAssistantsResponse": list_of("AssistantObject"),
    "DeleteAssistantResponse": deleted("assistant"),
}
