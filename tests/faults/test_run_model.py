"""Random threads, messages and runs under random faults: what the client says is in the store."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from faults.machine import UnderFaults, weather
from faults.run_verdict import ACTIVE
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, rule

from portkey_async import (
    ActiveRunError,
    APIError,
    BadRequestError,
    NotFoundError,
    Run,
)
from portkey_async.testing import Call, Fail, Fault, Say

SCRIPTS = ([Say("4")], [Call("add", a=2, b=2), Say("4")], [Call("unknown"), Say("5")], [Fail()])


async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class RunsAgainstStore(UnderFaults):
    """Calls on threads, messages and runs, checked against the server's own store."""

    threads = Bundle("threads")
    runs = Bundle("runs")

    @initialize()
    def begin(self) -> None:
        """Make the assistant that runs."""
        made = self.run(lambda: self.client.assistants.create(model="gpt-4o"))
        self.assistant_id = made.id

    def created(
        self,
        faults: list[Fault],
        store: Mapping[str, Any],
        call: Callable[[], Awaitable[Any]],
    ) -> Any:
        """Make a create: it makes one at most, and none where the error denies it."""
        before = set(store)
        made = self.attempt(faults, call)
        # A run that goes on meanwhile says something too.
        added = sum(store[one].get("role") != "assistant" for one in store.keys() - before)
        if isinstance(made, APIError):
            assert added <= made.may_have_executed
        else:
            assert added == 1
            assert made.id in store
        return made

    def active(self, thread_id: str) -> bool:
        """Whether the thread has an active run."""
        runs = self.server.runs.values()
        return any(one["thread_id"] == thread_id and one["status"] in ACTIVE for one in runs)

    @rule(target=threads, faults=weather)
    def create_thread(self, faults: list[Fault]) -> object:
        """One at most."""
        made = self.created(faults, self.server.threads, self.client.threads.create)
        return multiple() if isinstance(made, APIError) else made.id

    @rule(thread_id=threads, faults=weather)
    def create_message(self, thread_id: str, faults: list[Fault]) -> None:
        """One at most; a thread with an active run refuses it."""
        active = self.active(thread_id)
        messages = self.client.threads.messages
        made = self.created(
            faults,
            self.server.messages,
            lambda: messages.create(thread_id, role="user", content="2 + 2?"),
        )
        if isinstance(made, ActiveRunError):
            assert active

    @rule(target=runs, thread_id=threads, acts=st.sampled_from(SCRIPTS), faults=weather)
    def create_run(self, thread_id: str, acts: list[Any], faults: list[Fault]) -> object:
        """One at most, and one at a time; the error names the run that is in the way."""
        active = self.active(thread_id)
        self.server.script(*acts, thread_id=thread_id)
        runs = self.client.threads.runs
        made = self.created(
            faults,
            self.server.runs,
            lambda: runs.create(thread_id, assistant_id=self.assistant_id),
        )
        if isinstance(made, ActiveRunError):
            assert active
            cut = any(fault.name == "truncate" for fault in faults)
            assert made.run_id in self.server.runs or (cut and made.run_id is None)
        return multiple() if isinstance(made, APIError) else (thread_id, made.id)

    @rule(target=runs, faults=weather)
    def create_thread_and_run(self, faults: list[Fault]) -> object:
        """Both, or neither."""
        threads = len(self.server.threads)
        made = self.created(
            faults,
            self.server.runs,
            lambda: self.client.threads.create_and_run(assistant_id=self.assistant_id),
        )
        if isinstance(made, APIError):
            return multiple()
        assert len(self.server.threads) == threads + 1
        return made.thread_id, made.id

    @rule(one=runs, faults=weather, answers=st.booleans())
    def poll(self, one: tuple[str, str], faults: list[Fault], *, answers: bool) -> None:
        """To its end, or to what the functions cannot give."""
        thread_id, run_id = one
        functions = [add] if answers else []
        found = self.attempt(
            faults,
            lambda: self.client.threads.runs.poll(
                run_id, thread_id=thread_id, functions=functions, poll_interval=0.0001
            ),
        )
        if isinstance(found, Run):
            assert found.to_dict() == self.server.runs[run_id]
            assert found.status == "requires_action" or found.status not in ACTIVE
        elif isinstance(found, NotFoundError):
            assert run_id not in self.server.runs

    @rule(one=runs, faults=weather)
    def submit(self, one: tuple[str, str], faults: list[Fault]) -> None:
        """Once; a run that waits for nothing refuses it."""
        thread_id, run_id = one
        before = self.server.runs.get(run_id, {})
        action = before.get("required_action") or {}
        calls = action.get("submit_tool_outputs", {}).get("tool_calls", [])
        outputs: Any = [{"tool_call_id": each["id"], "output": "4"} for each in calls]
        found = self.attempt(
            faults,
            lambda: self.client.threads.runs.submit_tool_outputs(
                run_id, thread_id=thread_id, tool_outputs=outputs
            ),
        )
        waits = self.server.runs.get(run_id, {}).get("status") == "requires_action"
        if isinstance(found, Run):
            assert calls or faults  # in doubt, a run that does not want them is a success
            assert not waits or found.required_action != before["required_action"]
        elif not found.may_have_executed:
            assert waits == (before.get("status") == "requires_action")

    @rule(one=runs, faults=weather)
    def cancel(self, one: tuple[str, str], faults: list[Fault]) -> None:
        """A run that is active; one that has ended refuses it."""
        thread_id, run_id = one
        before = self.server.runs.get(run_id, {}).get("status")
        runs = self.client.threads.runs
        found = self.attempt(faults, lambda: runs.cancel(run_id, thread_id=thread_id))
        after = self.server.runs.get(run_id, {}).get("status")
        if isinstance(found, Run):
            assert after in {"cancelling", "cancelled"}
        elif isinstance(found, BadRequestError) and not faults:
            assert before not in ACTIVE - {"cancelling"}
        elif not found.may_have_executed and after in {"cancelling", "cancelled"}:
            assert before in {"cancelling", "cancelled"}

    @rule(thread_id=threads, faults=weather)
    def delete_thread(self, thread_id: str, faults: list[Fault]) -> None:
        """It is confirmed, denied, or in doubt; deleting what is gone says so."""
        was_there = thread_id in self.server.threads
        deleted = self.attempt(faults, lambda: self.client.threads.delete(thread_id))
        if not isinstance(deleted, APIError):
            assert thread_id not in self.server.threads
        elif not deleted.may_have_executed:
            assert (thread_id in self.server.threads) == was_there

    @invariant()
    def one_run_at_a_time(self) -> None:
        """In each thread."""
        active = Counter(
            run["thread_id"] for run in self.server.runs.values() if run["status"] in ACTIVE
        )
        assert not active or max(active.values()) == 1

    @invariant()
    def every_call_is_answered_once(self) -> None:
        """However often its outputs were sent."""
        answered = Counter(
            output["tool_call_id"]
            for request in self.server.requests
            if request.acted and request.path.endswith("/submit_tool_outputs")
            for output in request.body["tool_outputs"]
        )
        assert not answered or max(answered.values()) == 1


TestRunsAgainstStore = RunsAgainstStore.TestCase
TestRunsAgainstStore.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
