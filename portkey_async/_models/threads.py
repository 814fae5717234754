"""A thread: a conversation that messages are added to and runs work on."""

from __future__ import annotations

from typing import Literal

import attrs

from portkey_async._types import JSONObject

from .base import Model
from .tools import ToolResources


@attrs.frozen(repr=False, eq=False, kw_only=True)
class Thread(Model):
    """A thread, as the API keeps it.

    `tool_resources` and `metadata` are required by the specification, but servers leave them out
    or send null: both give None here. A missing or null `id`, `object` or `created_at` is an
    `APIResponseValidationError`.

    Attributes:
        id: Its identifier.
        object: Always `thread`.
        created_at: Unix time in seconds.
        tool_resources: What the tools of runs on this thread work on.
        metadata: Up to 16 pairs of the caller's own.
    """

    id: str
    object: Literal["thread"] = "thread"
    created_at: int
    tool_resources: ToolResources | None = None
    metadata: JSONObject | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class ThreadDeleted(Model):
    """The response to deleting a thread.

    Attributes:
        id: The thread's identifier.
        object: Always `thread.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["thread.deleted"] = "thread.deleted"
    deleted: bool
