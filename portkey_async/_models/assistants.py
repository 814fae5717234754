"""An assistant, as the API keeps it."""

from __future__ import annotations

from typing import Literal

import attrs

from portkey_async._types import JSONObject

from .base import Model
from .formats import ResponseFormat
from .tools import Tool, ToolResources

#: The fields that `create` takes.
_CREATED_WITH = frozenset(
    {
        "model",
        "name",
        "description",
        "instructions",
        "tools",
        "tool_resources",
        "metadata",
        "temperature",
        "top_p",
        "response_format",
        "reasoning_effort",
    }
)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class Assistant(Model):
    """An assistant, as the API keeps it.

    `name`, `description`, `instructions`, `tools` and `metadata` are required by the
    specification, but servers leave them out or send null: both give None here, and
    `to_dict()` still tells them apart. A missing or null `id`, `object`, `created_at` or
    `model` is an `APIResponseValidationError`.

    Attributes:
        id: Its identifier.
        object: Always `assistant`.
        created_at: Unix time in seconds.
        name: At most 256 characters.
        description: At most 512 characters.
        model: The model it uses.
        instructions: Its system instructions.
        tools: Its tools; one of an unknown type is an `UnknownTool`.
        tool_resources: What the tools work on.
        metadata: Up to 16 pairs of the caller's own.
        temperature: Sampling temperature, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        response_format: `auto`, `none`, or a format.
        reasoning_effort: How much a reasoning model thinks. Servers send it; the specification has
            it in requests alone.
    """

    id: str
    object: Literal["assistant"] = "assistant"
    created_at: int
    name: str | None = None
    description: str | None = None
    model: str
    instructions: str | None = None
    tools: list[Tool] | None = None
    tool_resources: ToolResources | None = None
    metadata: JSONObject | None = None
    temperature: float | None = None
    top_p: float | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None

    def to_create(self) -> JSONObject:
        """Give the arguments that make the assistant again: `create(**assistant.to_create())`.

        Returns:
            Every field that `create` takes, as plain JSON, without those that are null or missing:
            a new assistant has the server's default there. What only the server gives, the id
            and undeclared keys for instance, is not among them.
        """
        return {
            name: value
            for name, value in self.to_dict().items()
            if name in _CREATED_WITH and value is not None
        }


@attrs.frozen(repr=False, eq=False, kw_only=True)
class AssistantDeleted(Model):
    """The response to deleting an assistant.

    Attributes:
        id: The assistant's identifier.
        object: Always `assistant.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["assistant.deleted"] = "assistant.deleted"
    deleted: bool
