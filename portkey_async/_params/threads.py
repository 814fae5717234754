"""What the calls on threads take, as type checkers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from portkey_async._models.tools import ToolResources
from portkey_async._types import JSONValue, Unset

from .assistants import Metadata, ToolResourcesParam
from .messages import MessageParam


class ThreadParam(TypedDict, total=False):
    """A thread to be made together with a run.

    Attributes:
        messages: The messages it begins with.
        tool_resources: What the tools work on.
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
    """

    messages: Sequence[MessageParam] | None
    tool_resources: ToolResources | ToolResourcesParam | None
    metadata: Metadata | None


class ThreadUpdateParams(TypedDict, total=False):
    """What `threads.update` takes: what is left out stays as it is, and None clears a field.

    Attributes:
        tool_resources: What the tools work on.
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
        extra_body: Keys that this version does not know, put into the body as they are.
    """

    tool_resources: ToolResources | ToolResourcesParam | Unset | None
    metadata: Metadata | Unset | None
    extra_body: Mapping[str, JSONValue] | Unset | None


class ThreadParams(ThreadUpdateParams, total=False):
    """What `threads.create` takes.

    Attributes:
        messages: The messages it begins with.
    """

    messages: Sequence[MessageParam] | Unset | None
