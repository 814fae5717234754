"""What a stream of a run consists of: an event's name on the wire, and its data as a model."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from portkey_async._types import JSONValue

from .base import Model
from .messages import Message, MessageDelta
from .run_steps import RunStep, RunStepDelta
from .runs import Run
from .threads import Thread


@attrs.frozen(repr=False, eq=False)
class ThreadEvent(Model):
    """A thread was created.

    Attributes:
        event: `thread.created`.
        data: The thread.
    """

    event: str
    data: Thread


@attrs.frozen(repr=False, eq=False)
class RunEvent(Model):
    """A run was created, or its status has changed.

    Attributes:
        event: `thread.run.` and `created`, `queued`, `in_progress`, `requires_action`,
            `completed`, `incomplete`, `failed`, `cancelling`, `cancelled` or `expired`.
        data: The run.
    """

    event: str
    data: Run


@attrs.frozen(repr=False, eq=False)
class RunStepEvent(Model):
    """A step was created, or its status has changed.

    Attributes:
        event: `thread.run.step.` and `created`, `in_progress`, `completed`, `failed`,
            `cancelled` or `expired`.
        data: The step.
    """

    event: str
    data: RunStep


@attrs.frozen(repr=False, eq=False)
class RunStepDeltaEvent(Model):
    """A part of a step: code, arguments or outputs that are added.

    Attributes:
        event: `thread.run.step.delta`.
        data: The change.
    """

    event: str
    data: RunStepDelta


@attrs.frozen(repr=False, eq=False)
class MessageEvent(Model):
    """A message was created, or its status has changed.

    Attributes:
        event: `thread.message.` and `created`, `in_progress`, `completed` or `incomplete`.
        data: The message.
    """

    event: str
    data: Message


@attrs.frozen(repr=False, eq=False)
class MessageDeltaEvent(Model):
    """A part of a message: text that is added, for instance.

    Attributes:
        event: `thread.message.delta`.
        data: The change; `data.text` is the text that it adds.
    """

    event: str
    data: MessageDelta


@attrs.frozen(repr=False, eq=False)
class UnknownEvent(Model):
    """An event of a name that this version does not know.

    Attributes:
        event: The name.
        data: The data: parsed if it is JSON, else text.
    """

    event: str
    data: JSONValue


StreamEvent: TypeAlias = (
    ThreadEvent
    | RunEvent
    | RunStepEvent
    | RunStepDeltaEvent
    | MessageEvent
    | MessageDeltaEvent
    | UnknownEvent
)
