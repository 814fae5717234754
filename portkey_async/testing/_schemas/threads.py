"""Threads."""

from typing import Final

from .base import (
    METADATA,
    STRING,
    TIME,
    TOOL_RESOURCES,
    TOOL_RESOURCES_TO_CREATE,
    Schema,
    array,
    deleted,
    object_,
    one_of,
    ref,
)

_SETTINGS: Final[Schema] = {"tool_resources": TOOL_RESOURCES, "metadata": METADATA}

SCHEMAS: Final[dict[str, Schema]] = {
    "ThreadObject": object_(
        {"id": STRING, "object": one_of("thread"), "created_at": TIME, **_SETTINGS},
        required=("id", "object", "created_at", "tool_resources", "metadata"),
    ),
    "CreateThreadRequest": object_(
        {
            "messages": array(ref("CreateMessageRequest")),
            "tool_resources": TOOL_RESOURCES_TO_CREATE,
            "metadata": METADATA,
        },
        closed=True,
    ),
    "ModifyThreadRequest": object_(_SETTINGS, closed=True),
    "DeleteThreadResponse": deleted("thread"),
}
