"""The API's schemas, as data: requests are checked against them, `/openapi.json` serves them.

They say what Portkey's published specification says, and beyond it only what later versions of
the API accept: `reasoning_effort`, the `json_schema` format, ranking options, and the limits that
the specification gives in prose alone.
"""

from typing import Any, Final

Schema = dict[str, Any]


def _object(
    properties: Schema, *, required: tuple[str, ...] = (), closed: bool = False, **rest: Any
) -> Schema:
    """An object schema; a *closed* one takes no other properties."""
    schema = {"type": "object", "properties": properties} | rest
    if required:
        schema["required"] = list(required)
    if closed:
        schema["additionalProperties"] = False
    return schema


def _array(items: Schema, most: int, **rest: Any) -> Schema:
    return {"type": "array", "items": items, "maxItems": most} | rest


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _or_null(schema: Schema) -> Schema:
    kind = schema["type"]
    nullable = schema | {"type": [kind, "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


STRING: Final[Schema] = {"type": "string"}
_METADATA: Final = _or_null(
    {
        "type": "object",
        "maxProperties": 16,
        "propertyNames": {"maxLength": 64},
        "additionalProperties": {"maxLength": 512},
        "description": "Up to 16 pairs; keys of up to 64, text values of up to 512 characters.",
    }
)
_TOOLS: Final = _array(
    {
        "oneOf": [
            _ref("AssistantToolsCode"),
            _ref("AssistantToolsFileSearch"),
            _ref("AssistantToolsFunction"),
        ]
    },
    128,
    default=[],
)
_CHUNKING: Final = {
    "type": "object",
    "description": "The API also refuses an overlap of over half a chunk; this server does not.",
    "oneOf": [
        _object({"type": _one_of("auto")}, required=("type",), closed=True),
        _object(
            {
                "type": _one_of("static"),
                "static": _object(
                    {
                        "max_chunk_size_tokens": {
                            "type": "integer",
                            "minimum": 100,
                            "maximum": 4096,
                        },
                        "chunk_overlap_tokens": {"type": "integer"},
                    },
                    required=("max_chunk_size_tokens", "chunk_overlap_tokens"),
                    closed=True,
                ),
            },
            required=("type", "static"),
            closed=True,
        ),
    ],
}
_VECTOR_STORE: Final = _object(
    {
        "file_ids": _array(STRING, 10_000),
        "chunking_strategy": _CHUNKING,
        "metadata": _METADATA | {"type": "object"},
    }
)
_VECTOR_STORE_IDS: Final = {"vector_store_ids": _array(STRING, 1)}


def _tool_resources(file_search: Schema) -> Schema:
    code_interpreter = _object({"file_ids": _array(STRING, 20, default=[])})
    return _or_null(_object({"code_interpreter": code_interpreter, "file_search": file_search}))


_SETTINGS: Final[Schema] = {
    "model": STRING,
    "name": _or_null({"type": "string", "maxLength": 256}),
    "description": _or_null({"type": "string", "maxLength": 512}),
    "instructions": _or_null({"type": "string", "maxLength": 256_000}),
    "tools": _TOOLS,
    "tool_resources": _tool_resources(_object(_VECTOR_STORE_IDS)),
    "metadata": _METADATA,
    "temperature": _or_null({"type": "number", "minimum": 0, "maximum": 2, "default": 1}),
    "top_p": _or_null({"type": "number", "minimum": 0, "maximum": 1, "default": 1}),
    "response_format": _ref("AssistantsApiResponseFormatOption"),
}
_REASONING: Final = {
    "reasoning_effort": _or_null(
        _one_of("none", "minimal", "low", "medium", "high", "xhigh", "max") | {"default": "medium"}
    )
}
_CREATED_FILE_SEARCH: Final = _object(
    _VECTOR_STORE_IDS | {"vector_stores": _array(_VECTOR_STORE, 1)},
    oneOf=[{"required": ["vector_store_ids"]}, {"required": ["vector_stores"]}],
)

SCHEMAS: Final[dict[str, Schema]] = {
    "AssistantObject": _object(
        {
            "id": STRING,
            "object": _one_of("assistant"),
            "created_at": {"type": "integer", "description": "Unix time in seconds."},
            **_SETTINGS,
        },
        required=(
            *("id", "object", "created_at", "name", "description", "model"),
            *("instructions", "tools", "metadata"),
        ),
    ),
    "AssistantToolsCode": _object({"type": _one_of("code_interpreter")}, required=("type",)),
    "AssistantToolsFileSearch": _object(
        {
            "type": _one_of("file_search"),
            "file_search": _object(
                {
                    "max_num_results": {"type": "integer", "minimum": 1, "maximum": 50},
                    "ranking_options": _object(
                        {
                            "ranker": _one_of("auto", "default_2024_08_21"),
                            "score_threshold": {"type": "number", "minimum": 0, "maximum": 1},
                        },
                        required=("score_threshold",),
                    ),
                }
            ),
        },
        required=("type",),
    ),
    "AssistantToolsFunction": _object(
        {"type": _one_of("function"), "function": _ref("FunctionObject")},
        required=("type", "function"),
    ),
    "FunctionObject": _object(
        {
            "name": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
            "description": STRING,
            "parameters": _ref("FunctionParameters"),
            "strict": {"type": ["boolean", "null"], "default": False},
        },
        required=("name",),
    ),
    "FunctionParameters": {"type": "object", "additionalProperties": True},
    "AssistantsApiResponseFormatOption": {
        "oneOf": [
            _one_of("none", "auto"),
            _ref("AssistantsApiResponseFormat"),
            _ref("ResponseFormatJsonSchema"),
            {"type": "null"},
        ]
    },
    "AssistantsApiResponseFormat": _object(
        {"type": _one_of("text", "json_object") | {"default": "text"}}
    ),
    "ResponseFormatJsonSchema": _object(
        {
            "type": _one_of("json_schema"),
            "json_schema": _object(
                {
                    "name": {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"},
                    "description": STRING,
                    "schema": {"type": "object", "additionalProperties": True},
                    "strict": {"type": ["boolean", "null"], "default": False},
                },
                required=("name",),
            ),
        },
        required=("type", "json_schema"),
    ),
    "CreateAssistantRequest": _object(
        _SETTINGS | {"tool_resources": _tool_resources(_CREATED_FILE_SEARCH)} | _REASONING,
        required=("model",),
        closed=True,
    ),
    "ModifyAssistantRequest": _object(_SETTINGS | _REASONING, closed=True),
    "ListAssistantsResponse": _object(
        {
            "object": _one_of("list"),
            "data": {"type": "array", "items": _ref("AssistantObject")},
            "first_id": STRING,
            "last_id": STRING,
            "has_more": {"type": "boolean"},
        },
        required=("object", "data", "first_id", "last_id", "has_more"),
    ),
    "DeleteAssistantResponse": _object(
        {"id": STRING, "object": _one_of("assistant.deleted"), "deleted": {"type": "boolean"}},
        required=("id", "object", "deleted"),
    ),
    "DeleteAdminApiKeyResponse": _object(
        {
            "id": STRING,
            "object": _one_of("organization.admin_api_key.deleted"),
            "deleted": {"type": "boolean"},
        },
        required=("id", "object", "deleted"),
    ),
}
