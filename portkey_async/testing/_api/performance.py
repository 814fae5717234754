"""What a run does, one event at a time: its states, steps and messages, as the API has them."""

from collections.abc import Generator, Iterable, Mapping
from random import Random
from typing import Any, Final

from attrs import define, field

from portkey_async.testing._exchange import Event
from portkey_async.testing._scripts.acts import Act, Code, End, Fail, Hang, RawCall, Say
from portkey_async.testing._store import Payload, Store, Stores

from .clock import Clock, new_id
from .message_payloads import deltas, message_payload, text_of, text_part
from .run_payloads import run_step_payload, tokens, usage

Acts = Generator[Event | None, None, None]

_WHY_INCOMPLETE: Final = {
    "failed": "run_failed",
    "cancelled": "run_cancelled",
    "expired": "run_expired",
}
_PIECE: Final = 12
"""Characters of arguments in a delta."""


@define
class Performance:
    """A run that goes on. Its generators make each change, then yield the event that tells of it.

    A None in place of an event says that the run waits for something from outside.

    Args:
        stores: The objects held, which it changes.
        clock: For the times in them.
        random: Source of new ids.
        run: Its payload, as it was made.
        outputs: By the ids of the calls, once they are submitted.
    """

    stores: Stores
    clock: Clock
    random: Random
    run: Payload
    outputs: Mapping[str, str] | None = None
    _step: Payload | None = field(default=None, init=False)
    _message: Payload | None = field(default=None, init=False)
    _said: list[str] = field(factory=list[str], init=False)

    def play(self, acts: Iterable[Act] | None) -> Acts:
        """The whole run; without acts it says what the last message of a user said."""
        yield Event("thread.run.created", self.run)
        yield from self.go_on(acts)

    def go_on(self, acts: Iterable[Act] | None) -> Acts:
        """The run from when it is queued."""
        yield from self._begin()
        for act in acts or (self._echo(),):
            match act:
                case Say():
                    yield from self._say(act)
                case Code():
                    yield from self._code(act)
                case Fail():
                    error = {"code": act.code, "message": act.message}
                    return (yield from self.end("failed", last_error=error))
                case End():
                    return (yield from self.end(act.status))
                case Hang():
                    while True:
                        yield None
                case _:
                    yield from self._call(act)
        yield from self.end("completed")

    def cancel(self) -> Acts:
        """The end of a run that is cancelled."""
        yield Event("thread.run.cancelling", self.run)
        yield None
        yield from self.end("cancelled")

    def end(self, status: str, **fields: Any) -> Acts:
        """The end of the run, with what was under way."""
        now = self.clock.now()
        if self._message is not None:
            reason = {"reason": _WHY_INCOMPLETE[status]}
            content = [text_part("".join(self._said))] if self._said else []
            changes = {"incomplete_details": reason, "incomplete_at": now, "content": content}
            yield self._end_message("incomplete", **changes)
        if self._step is not None:
            yield self._end_step(status, last_error=fields.get("last_error"))
        if status in {"completed", "failed", "cancelled"}:
            fields[f"{status}_at"] = now
        if status == "incomplete":
            fields["incomplete_details"] = {"reason": "max_completion_tokens"}
        if status != "expired":
            fields["expires_at"] = None
        used = [step["usage"] for step in self.stores.run_steps.children(self.run["id"])]
        total = usage(
            sum(each["prompt_tokens"] for each in used if each),
            sum(each["completion_tokens"] for each in used if each),
        )
        self.change(status=status, required_action=None, usage=total, **fields)
        yield Event(f"thread.run.{status}", self.run)

    def change(self, **fields: Any) -> None:
        """Change the run's payload."""
        self.run = _changed(self.stores.runs, self.run, fields)

    def _begin(self) -> Acts:
        yield Event("thread.run.queued", self.run)
        self.change(status="in_progress", started_at=self.run["started_at"] or self.clock.now())
        yield Event("thread.run.in_progress", self.run)

    def _echo(self) -> Say:
        messages = self.stores.messages.children(self.run["thread_id"])
        said = [text_of(message) for message in messages if message["role"] == "user"]
        return Say(said[-1] if said else "There is no message to respond to.")

    def _say(self, act: Say) -> Acts:
        message_id = new_id("msg", self.random)
        details = {"type": "message_creation", "message_creation": {"message_id": message_id}}
        yield from self._begin_step("message_creation", details)
        self._message = message_payload(
            message_id,
            self.clock.now(),
            self.run["thread_id"],
            status="in_progress",
            completed_at=None,
            role="assistant",
            assistant_id=self.run["assistant_id"],
            run_id=self.run["id"],
        )
        self.stores.messages[message_id] = self._message
        self._said = []
        yield Event("thread.message.created", self._message)
        yield Event("thread.message.in_progress", self._message)
        for piece, delta in deltas(message_id, act.text, act.annotations):
            self._said.append(piece)
            yield Event("thread.message.delta", delta)
        content = [text_part(act.text, act.annotations)]
        yield self._end_message("completed", content=content, completed_at=self.clock.now())
        yield self._end_step("completed", said=act.text)

    def _call(self, calls: tuple[RawCall, ...]) -> Acts:
        made: list[Payload] = [
            {
                "id": new_id("call", self.random),
                "type": "function",
                "function": {"name": call.name or self._function(), "arguments": call.arguments},
            }
            for call in calls
        ]
        yield from self._begin_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        for index, call in enumerate(made):
            head = call["function"] | {"arguments": "", "output": None}
            yield self._step_delta({"index": index} | call | {"function": head})
            for piece in _pieces(call["function"]["arguments"]):
                part = {"type": "function", "function": {"arguments": piece}}
                yield self._step_delta({"index": index} | part)
        self._change_step(step_details=_call_details(made, {}))
        action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": made}}
        self.outputs = None
        self.change(status="requires_action", required_action=action)
        yield Event("thread.run.requires_action", self.run)
        while self.outputs is None:
            yield None
        self._change_step(step_details=_call_details(made, self.outputs))
        yield self._end_step("completed", said="".join(c["function"]["arguments"] for c in made))
        yield from self._begin()

    def _code(self, act: Code) -> Acts:
        yield from self._begin_step("tool_calls", {"type": "tool_calls", "tool_calls": []})
        head = {"id": new_id("call", self.random), "type": "code_interpreter"}
        empty: Payload = {"code_interpreter": {"input": "", "outputs": []}}
        yield self._step_delta({"index": 0} | head | empty)
        for piece in _pieces(act.input):
            part = {"type": "code_interpreter", "code_interpreter": {"input": piece}}
            yield self._step_delta({"index": 0} | part)
        outputs = [{"type": "logs", "logs": act.logs}] if act.logs else []
        for output in outputs:
            inner = {"outputs": [{"index": 0} | output]}
            part = {"type": "code_interpreter", "code_interpreter": inner}
            yield self._step_delta({"index": 0} | part)
        call = head | {"code_interpreter": {"input": act.input, "outputs": outputs}}
        self._change_step(step_details={"type": "tool_calls", "tool_calls": [call]})
        yield self._end_step("completed", said=act.input)

    def _function(self) -> str:
        names = [t["function"]["name"] for t in self.run["tools"] if t["type"] == "function"]
        return names[0] if names else "function"

    def _begin_step(self, kind: str, details: Payload) -> Acts:
        now = self.clock.now()
        step_id = new_id("step", self.random)
        self._step = run_step_payload(step_id, now, self.run, type=kind, step_details=details)
        self.stores.run_steps[step_id] = self._step
        yield Event("thread.run.step.created", self._step)
        yield Event("thread.run.step.in_progress", self._step)

    def _step_delta(self, call: Payload) -> Event:
        details = {"type": "tool_calls", "tool_calls": [call]}
        delta = {"object": "thread.run.step.delta", "delta": {"step_details": details}}
        return Event("thread.run.step.delta", {"id": self._open_step()["id"]} | delta)

    def _open_step(self) -> Payload:
        assert self._step is not None  # noqa: S101  # an act begins its step before all else
        return self._step

    def _change_step(self, **fields: Any) -> None:
        self._step = _changed(self.stores.run_steps, self._open_step(), fields)

    def _end_step(self, status: str, *, said: str = "", **fields: Any) -> Event:
        messages = self.stores.messages.children(self.run["thread_id"])
        prompt = sum(tokens(text_of(message)) for message in messages)
        fields |= {
            "status": status,
            f"{status}_at": self.clock.now(),
            "usage": usage(prompt + tokens(self.run["instructions"]), tokens(said)),
        }
        self._change_step(**fields)
        step, self._step = self._step, None
        return Event(f"thread.run.step.{status}", step)

    def _end_message(self, status: str, **fields: Any) -> Event:
        assert self._message is not None  # noqa: S101  # it is what ends here
        message = _changed(self.stores.messages, self._message, fields | {"status": status})
        self._message = None
        return Event(f"thread.message.{status}", message)


def _changed(store: Store, payload: Payload, fields: Payload) -> Payload:
    """The payload with these fields, also in the store, unless a test has taken it out."""
    held = store.get(payload["id"])
    changed = (payload if held is None else held) | fields
    if held is not None:
        store[payload["id"]] = changed
    return changed


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _call_details(calls: Iterable[Payload], outputs: Mapping[str, str]) -> Payload:
    """The details of a step, with the outputs that are there."""
    return {
        "type": "tool_calls",
        "tool_calls": [
            call | {"function": call["function"] | {"output": outputs.get(call["id"])}}
            for call in calls
        ],
    }
