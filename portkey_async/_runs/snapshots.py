"""Events folded into the objects that they tell of: pure, and independent of their order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import attrs

from portkey_async._codec.decode import from_payload
from portkey_async._errors import APIResponseValidationError, RunStreamError
from portkey_async._models.events import (
    MessageDeltaEvent,
    MessageEvent,
    RunEvent,
    RunStepDeltaEvent,
    RunStepEvent,
    StreamEvent,
    ThreadEvent,
)
from portkey_async._models.messages import Message, MessageDelta, TextContent, TextContentDelta
from portkey_async._models.run_steps import RunStep
from portkey_async._models.runs import Run
from portkey_async._models.threads import Thread
from portkey_async._types import JSONObject, JSONValue, is_array, is_object

from .statuses import ENDED, has_ended
from .texts import Text

M = TypeVar("M", Message, RunStep)

#: Strings that deltas go on with; any other comes whole.
_APPENDED = frozenset({"value", "refusal", "input", "logs", "arguments"})


@attrs.define(eq=False)
class _MessageFold:
    """What is known of a message.

    Attributes:
        latest: The message as the last event or call had it; None before its `created`.
        parts: What deltas have added to its content, by index.
        texts: The texts of *parts*, as they grow.
    """

    latest: Message | None = None
    parts: dict[int, JSONObject] = attrs.field(factory=dict[int, JSONObject])
    texts: dict[int, Text] = attrs.field(factory=dict[int, Text])
    _built: Message | None = None

    def renew(self, latest: Message) -> None:
        """Take over the message as an event has it, unless what is known is complete."""
        if self.latest is not None and self.latest.status in ENDED:
            return
        self.latest, self._built = latest, None
        if not self.parts and latest.status not in ENDED:
            self._begin_with(latest)

    def replace(self, latest: Message) -> None:
        """Take over the message as the API has it: more deltas go on from there."""
        self.latest, self._built = latest, None
        self.parts, self.texts = {}, {}
        self._begin_with(latest)

    def _begin_with(self, latest: Message) -> None:
        for index, part in enumerate(latest.content):
            self._merge({"index": index, **part.to_dict()})

    def add(self, delta: MessageDelta) -> None:
        """Add a delta."""
        self._built = None
        for part in delta.delta.content or ():
            if type(part) is TextContentDelta and (added := part.text) is not None:
                text = self.texts.get(part.index)
                if text is not None and not added.annotations and added.value:
                    text.write(added.value)  # nearly always
                    continue
            self._merge(part.to_dict())

    def _merge(self, change: JSONObject) -> None:
        index = change.pop("index", len(self.parts))
        part = self.parts.setdefault(index, {})
        _merge(part, change)
        held = part.get("text")
        if is_object(held):
            self.texts[index] = held.setdefault("value", Text())

    def built(self) -> Message | None:
        """Give the message with what deltas have added; None before its `created`."""
        latest = self.latest
        if self._built is None and latest is not None:
            self._built = latest
            if self.parts and not (latest.status in ENDED and latest.content):
                content = [_finished(self.parts[index]) for index in sorted(self.parts)]
                self._built = _changed(latest, content=content)
        return self._built


@attrs.define(eq=False)
class _StepFold:
    """What is known of a step.

    Attributes:
        latest: The step as the last event or call had it; None before its `created`.
        details: What deltas have added to its details.
    """

    latest: RunStep | None = None
    details: JSONObject = attrs.field(factory=dict[str, JSONValue])

    def renew(self, latest: RunStep) -> None:
        """Take over the step as an event has it, unless what is known is complete."""
        if self.latest is None or self.latest.status not in ENDED:
            self.latest = latest

    def built(self) -> RunStep | None:
        """Give the step with what deltas have added; None before its `created`."""
        latest = self.latest
        if latest is None or not self.details or latest.status in ENDED:
            return latest
        details = latest.step_details.to_dict() | _finished(self.details)
        return _changed(latest, step_details=details)


@attrs.define(eq=False)
class Snapshots:
    """What the events of a run have told so far.

    Attributes:
        thread: The thread, where the stream has told of it.
        run: The run.
    """

    thread: Thread | None = None
    run: Run | None = None
    _messages: dict[str, _MessageFold] = attrs.field(factory=dict[str, _MessageFold])
    _steps: dict[str, _StepFold] = attrs.field(factory=dict[str, _StepFold])

    @property
    def messages(self) -> list[Message]:
        """The messages, in the order in which they were created."""
        return [known for fold in self._messages.values() if (known := fold.built())]

    @property
    def run_steps(self) -> list[RunStep]:
        """The steps, in the order in which they were created."""
        return [known for fold in self._steps.values() if (known := fold.built())]

    def add(self, event: StreamEvent) -> None:
        """Fold one event. Events may come twice, and in any order."""
        if type(event) is MessageDeltaEvent:  # nearly all of them, so first
            self._message(event.data.id).add(event.data)
        elif isinstance(event, RunStepDeltaEvent):
            if event.data.delta.step_details is not None:
                step = self._step(event.data.id)
                _merge(step.details, event.data.delta.step_details.to_dict())
        elif isinstance(event, MessageEvent):
            self._message(event.data.id).renew(event.data)
        elif isinstance(event, RunStepEvent):
            self._step(event.data.id).renew(event.data)
        elif isinstance(event, RunEvent):
            self.add_run(event.data, created=event.event == "thread.run.created")
        elif isinstance(event, ThreadEvent):
            self.thread = event.data

    def add_run(self, run: Run, *, created: bool = False) -> None:
        """Take over the run, unless what is known is later.

        Args:
            run: The run as an event or a call has it.
            created: Whether this is how it was created, which is never the later state.
        """
        if self.run is None or not (created or has_ended(self.run.status)):
            self.run = run

    def complete(
        self, messages: Iterable[Message], steps: Iterable[RunStep]
    ) -> tuple[str, RunStreamError | None]:
        """Take over what the API has of a run whose stream broke.

        Args:
            messages: The messages of the thread, oldest first.
            steps: The steps of the run, oldest first.

        Returns:
            The text that no delta has given, and the error where a text does not go on from what
            deltas have given.
        """
        missing: list[str] = []
        error: RunStreamError | None = None
        for message in messages:
            # Some servers give all messages of the thread.
            own = self.run is not None and message.run_id == self.run.id
            if not own and message.id not in self._messages:
                continue
            fold = self._messages.pop(message.id, None) or _MessageFold()
            try:
                missing += _missing(fold, message)
            except RunStreamError as failed:
                error = failed
            fold.replace(message)
            self._messages[message.id] = fold  # at the end: into the order of the API
        for step in steps:
            known = self._steps.pop(step.id, None) or _StepFold()
            known.latest = step
            self._steps[step.id] = known
        return "".join(missing), error

    def _message(self, message_id: str) -> _MessageFold:
        fold = self._messages.get(message_id)
        if fold is None:
            fold = self._messages[message_id] = _MessageFold()
        return fold

    def _step(self, step_id: str) -> _StepFold:
        return self._steps.setdefault(step_id, _StepFold())


def _missing(fold: _MessageFold, message: Message) -> Iterable[str]:
    """Give what deltas have not given of each text of a message."""
    for index, part in enumerate(message.content):
        if isinstance(part, TextContent):
            given = fold.texts[index].getvalue() if index in fold.texts else ""
            if not part.text.value.startswith(given):
                raise RunStreamError(
                    f"the stream broke, and the text of message {message.id} does not go on from "
                    "what it gave; the message itself is in the snapshots"
                )
            yield part.text.value[len(given) :]


def _changed(latest: M, **changes: JSONValue) -> M:
    """Give a model with other fields; as it was, where the deltas do not make any."""
    try:
        changed: M = from_payload({**latest.to_dict(), **changes}, type(latest))
    except APIResponseValidationError:
        return latest
    return changed


# --- Deltas -----------------------------------------------------------------------------------


def _merge(whole: JSONObject, change: JSONObject) -> None:
    """Add a delta to what there is, in place. Texts that grow are kept as `Text`."""
    for key, value in change.items():
        held = whole.get(key)
        if key in _APPENDED and isinstance(value, str):
            if not isinstance(held, Text):
                held = whole[key] = Text()
            held.write(value)
        elif is_object(value):
            if not is_object(held):
                held = whole[key] = {}
            _merge(held, value)
        elif is_array(value) and all(is_object(item) and "index" in item for item in value):
            if not is_array(held):
                held = whole[key] = []
            _merge_items(held, value)
        elif value is not None or key not in whole:
            whole[key] = value


def _merge_items(whole: list[JSONValue], changes: list[JSONValue]) -> None:
    for change in changes:
        index = change["index"]
        held: JSONObject | None = next(
            (item for item in reversed(whole) if item["index"] == index), None
        )
        if held is None:
            held = {}
            whole.append(held)
        _merge(held, change)


def _finished(value: JSONValue) -> JSONValue:
    """Give what deltas have added as it is in a whole object: texts as str, items in order."""
    if isinstance(value, Text):
        return value.getvalue()
    if is_object(value):
        return {key: _finished(inner) for key, inner in value.items()}
    if is_array(value) and all(is_object(item) and "index" in item for item in value):
        ordered = sorted(value, key=lambda item: item["index"])
        return [
            {key: _finished(inner) for key, inner in item.items() if key != "index"}
            for item in ordered
        ]
    return value
