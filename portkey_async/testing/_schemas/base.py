"""What the schemas of all objects are built from."""

from typing import Any, Final

from portkey_async._params import limits
from portkey_async._params.limits import Items, Number, Text

Schema = dict[str, Any]


def object_(
    properties: Schema, *, required: tuple[str, ...] = (), closed: bool = False, **rest: Any
) -> Schema:
    """An object schema; a *closed* one takes no other properties."""
    schema = {"type": "object", "properties": properties} | rest
    if required:
        schema["required"] = list(required)
    if closed:
        schema["additionalProperties"] = False
    return schema


def array(items: Schema, most: int | None = None, **rest: Any) -> Schema:
    """An array of *items*, at most so many."""
    return {"type": "array", "items": items} | ({"maxItems": most} if most else {}) | rest


def text(limit: Text) -> Schema:
    """A string, within a limit of the specification."""
    pattern = {} if limit.pattern is None else {"pattern": f"^{limit.pattern}$"}
    return STRING | ({} if limit.most is None else {"maxLength": limit.most}) | pattern


def number(limit: Number) -> Schema:
    """A number, within limits of the specification."""
    kind: Schema = {"type": "integer" if limit.whole else "number", "minimum": limit.least}
    return kind if limit.most is None else kind | {"maximum": limit.most}


def items(limit: Items, each: Schema, **rest: Any) -> Schema:
    """An array, within a limit of the specification."""
    return array(each, limit.most, **rest)


def one_of(*values: str) -> Schema:
    """One of these strings."""
    return {"type": "string", "enum": list(values)}


def or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    kind = schema["type"]
    nullable = schema | {"type": [kind, "null"]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def ref(name: str) -> Schema:
    """The schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def refs(*names: str) -> Schema:
    """One of the schemas of these names."""
    return {"oneOf": [ref(name) for name in names]}


def ref_or_null(name: str) -> Schema:
    """The schema of this name, or null."""
    return {"oneOf": [ref(name), {"type": "null"}]}


def tagged(kind: str, key: str, inner: Schema, *, required: bool = True) -> Schema:
    """An object whose `type` is *kind*, and which has *inner* under *key*."""
    properties = {"type": one_of(kind), key: inner}
    return object_(properties, required=("type", key) if required else ("type",))


def list_of(name: str) -> Schema:
    """A page of a list."""
    return object_(
        {
            "object": one_of("list"),
            "data": array(ref(name)),
            "first_id": STRING,
            "last_id": STRING,
            "has_more": BOOLEAN,
        },
        required=("object", "data", "first_id", "last_id", "has_more"),
    )


def deleted(name: str) -> Schema:
    """The response to a delete."""
    return object_(
        {"id": STRING, "object": one_of(f"{name}.deleted"), "deleted": BOOLEAN},
        required=("id", "object", "deleted"),
    )


STRING: Final[Schema] = {"type": "string"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
INTEGER: Final[Schema] = {"type": "integer"}
TIME: Final[Schema] = {"type": "integer", "description": "Unix time in seconds."}
METADATA: Final = or_null(
    {
        "type": "object",
        "maxProperties": limits.METADATA.most,
        "propertyNames": {"maxLength": limits.METADATA.key},
        "additionalProperties": {"maxLength": limits.METADATA.value},
        "description": "Up to 16 pairs; keys of up to 64, text values of up to 512 characters.",
    }
)
TOOL_KINDS: Final = refs("AssistantToolsCode", "AssistantToolsFileSearch", "AssistantToolsFunction")
SAMPLING: Final[Schema] = {
    "temperature": or_null(number(limits.TEMPERATURE) | {"default": 1}),
    "top_p": or_null(number(limits.TOP_P) | {"default": 1}),
}
REASONING: Final[Schema] = {
    "reasoning_effort": or_null(
        one_of("none", "minimal", "low", "medium", "high", "xhigh", "max") | {"default": "medium"}
    )
}

_CHUNKING: Final = {
    "type": "object",
    "description": "The API also refuses an overlap of over half a chunk; this server does not.",
    "oneOf": [
        object_({"type": one_of("auto")}, required=("type",), closed=True),
        object_(
            {
                "type": one_of("static"),
                "static": object_(
                    {
                        "max_chunk_size_tokens": number(limits.CHUNK_SIZE),
                        "chunk_overlap_tokens": INTEGER,
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
_VECTOR_STORE: Final = object_(
    {
        "file_ids": items(limits.STORE_FILES, STRING),
        "chunking_strategy": _CHUNKING,
        "metadata": METADATA | {"type": "object"},
    }
)
_VECTOR_STORE_IDS: Final = {"vector_store_ids": items(limits.STORE_IDS, STRING)}


def _tool_resources(file_search: Schema) -> Schema:
    code_interpreter = object_({"file_ids": items(limits.CODE_FILES, STRING, default=[])})
    return or_null(object_({"code_interpreter": code_interpreter, "file_search": file_search}))


TOOL_RESOURCES: Final = _tool_resources(object_(_VECTOR_STORE_IDS))
TOOL_RESOURCES_TO_CREATE: Final = _tool_resources(
    object_(
        _VECTOR_STORE_IDS | {"vector_stores": items(limits.STORES, _VECTOR_STORE)},
        oneOf=[{"required": ["vector_store_ids"]}, {"required": ["vector_stores"]}],
    )
)
