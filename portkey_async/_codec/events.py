"""Events of a stream: a name and bytes to a model."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from portkey_async._models.base import Model
from portkey_async._models.events import (
    MessageDeltaEvent,
    MessageEvent,
    RunEvent,
    RunStepDeltaEvent,
    RunStepEvent,
    StreamEvent,
    ThreadEvent,
    UnknownEvent,
)
from portkey_async._models.messages import Message, MessageDelta
from portkey_async._models.run_steps import RunStep, RunStepDelta
from portkey_async._models.runs import Run
from portkey_async._models.threads import Thread
from portkey_async._types import JSONValue

from .decode import decode
from .text_deltas import NAME, decode_text_delta

_RUN = (
    "created",
    "queued",
    "in_progress",
    "requires_action",
    "completed",
    "incomplete",
    "failed",
    "cancelling",
    "cancelled",
    "expired",
)
_STEP = ("created", "in_progress", "completed", "failed", "cancelled", "expired")
_MESSAGE = ("created", "in_progress", "completed", "incomplete")
_TEXT_DELTA = NAME.encode()

#: The events of the specification, but for `error` and `done`, which end a stream.
_KNOWN: Mapping[str, tuple[type[StreamEvent], type[Model]]] = {
    "thread.created": (ThreadEvent, Thread),
    **{f"thread.run.{status}": (RunEvent, Run) for status in _RUN},
    **{f"thread.run.step.{status}": (RunStepEvent, RunStep) for status in _STEP},
    "thread.run.step.delta": (RunStepDeltaEvent, RunStepDelta),
    **{f"thread.message.{status}": (MessageEvent, Message) for status in _MESSAGE},
    NAME: (MessageDeltaEvent, MessageDelta),
}


_BY_WIRE: Mapping[bytes, tuple[str, type[StreamEvent], type[Model]]] = {
    name.encode(): (name, event, model) for name, (event, model) in _KNOWN.items()
}


def decode_event(name: bytes, data: bytes) -> StreamEvent:
    """Turn an event of a stream into a model.

    Args:
        name: The event's name: `thread.message.delta`.
        data: Its data.

    Returns:
        The event. One of a name that is not known, `error` and `done` included, is an
        `UnknownEvent`, its data parsed if they are JSON, else as text.

    Raises:
        Mismatch: The data of a known event are not JSON, or not of the types that its model
            declares.
    """
    if name == _TEXT_DELTA and (delta := decode_text_delta(data)) is not None:
        return delta
    known = _BY_WIRE.get(name)
    if known is None:
        return UnknownEvent(name.decode(errors="replace"), _parsed(data))
    text, made, model = known
    return made(text, decode(data, model))  # type: ignore[arg-type]  # the pairs of the table


def _parsed(data: bytes) -> JSONValue:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return data.decode(errors="replace")
