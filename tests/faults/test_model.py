"""Random operations under random faults: the client never believes what the store denies."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import TypeVar

from faults.belief import GONE, Belief
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from portkey_async import APIError, AsyncPortkey, NotFoundError, RetryPolicy
from portkey_async.testing import Fault, PortkeyServer

T = TypeVar("T")

#: Answers that deny having acted come from servers that have not; the others, from either sort.
HONEST_REFUSALS = [
    *(Fault.status(status) for status in (400, 401, 403, 409, 422, 429)),
    Fault.status(429, retry_after=0),
    Fault.redirect("http://127.0.0.1:9/v1/assistants"),
]
FAILURES = [
    *(Fault.status(status) for status in (408, 500, 502, 503, 504, 529)),
    Fault.status(503, retry_after=0),
    Fault.status(503, headers={"x-portkey-retry-attempt-count": "-1"}),
    Fault.redirect("http://127.0.0.1:9/v1/assistants", code=303),
    Fault.reset(),
    Fault.truncate(),
    Fault.malformed(),
]
FAULTS = [
    *HONEST_REFUSALS,
    *FAILURES,
    *(fault.aimed(after_effect=True) for fault in FAILURES),
    Fault.payload(lambda payload: payload.update(id=None)),
    Fault.slow_body(0.001),
]
weather = st.lists(st.sampled_from(FAULTS), max_size=4)


class ClientAgainstStore(RuleBasedStateMachine):
    """Calls on a client, each under some faults, checked against the server's own store."""

    assistants = Bundle("assistants")

    def __init__(self) -> None:
        """Start a server and a client on a loop of their own."""
        super().__init__()
        # With a factory it leaves the thread's current loop, which is pytest-asyncio's, alone.
        self.runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.names = (f"name {number}" for number in count())
        self.belief = Belief()
        self.server = PortkeyServer()
        self.run(self.server.start)
        self.client: AsyncPortkey = self.server.client(
            retry=RetryPolicy(initial=0.0001, maximum=0.0002)
        )

    def teardown(self) -> None:
        """Close the client, stop the server; a task still running then is a leak."""
        self.run(self.client.close)
        self.run(self.server.stop)
        self.run(_assert_alone)
        self.runner.close()

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Wait for *call* on this machine's loop."""

        async def waiting() -> T:
            return await call()

        return self.runner.run(waiting())

    def attempt(self, faults: Sequence[Fault], call: Callable[[], Awaitable[T]]) -> T | APIError:
        """Make *call* while its requests meet *faults*, one each; what came of it."""
        for fault in faults:
            self.server.inject(fault)
        try:
            return self.run(call)
        except APIError as error:
            if not (faults or isinstance(error, NotFoundError)):
                raise
            return error
        finally:
            self.server.clear_faults()

    @rule(target=assistants, faults=weather)
    def create(self, faults: list[Fault]) -> object:
        """A create is confirmed, denied, or in doubt."""
        name = next(self.names)
        made = self.attempt(
            faults, lambda: self.client.assistants.create(model="gpt-4o", name=name)
        )
        if isinstance(made, APIError):
            self.belief.create_failed(name, made)
            return multiple()
        assert made.to_dict() == self.server.assistants[made.id]
        self.belief.created(made.id, name)
        return made.id

    @rule(target_id=assistants, faults=weather)
    def update(self, target_id: str, faults: list[Fault]) -> None:
        """An update is confirmed, denied, or in doubt."""
        name = next(self.names)
        changed = self.attempt(faults, lambda: self.client.assistants.update(target_id, name=name))
        if isinstance(changed, APIError):
            self.belief.failed(target_id, name, changed)
        else:
            assert changed.to_dict() == self.server.assistants[target_id]
            self.belief.confirmed(target_id, name)

    @rule(target_id=assistants, faults=weather)
    def delete(self, target_id: str, faults: list[Fault]) -> None:
        """A delete is confirmed, denied, or in doubt; deleting what is gone says so."""
        was_there = target_id in self.server.assistants
        deleted = self.attempt(faults, lambda: self.client.assistants.delete(target_id))
        if not isinstance(deleted, APIError):
            assert deleted.deleted
            self.belief.confirmed(target_id, GONE)
        elif isinstance(deleted, NotFoundError) and not deleted.may_have_executed:
            assert not was_there
        else:
            self.belief.failed(target_id, GONE, deleted)

    @rule(target_id=assistants, faults=weather)
    def retrieve(self, target_id: str, faults: list[Fault]) -> None:
        """What is read is what the store holds."""
        found = self.attempt(faults, lambda: self.client.assistants.retrieve(target_id))
        if not isinstance(found, APIError):
            assert found.to_dict() == self.server.assistants[target_id]
        elif isinstance(found, NotFoundError):
            assert target_id not in self.server.assistants

    @rule(faults=weather, limit=st.integers(1, 3))
    def walk(self, faults: list[Fault], limit: int) -> None:
        """A walk that ends gave everything once, in order."""
        walked = self.attempt(
            faults, lambda: self.client.assistants.list(limit=limit, order="asc").collect()
        )
        if not isinstance(walked, APIError):
            window = self.server.assistants.window(limit=1000, order="asc")
            assert [item.to_dict() for item in walked] == window.data

    @invariant()
    def nothing_believed_is_denied(self) -> None:
        """The store is in one of the states that the outcomes of all calls allow."""
        assert self.belief.contradictions(self.server.assistants) == []


async def _assert_alone() -> None:
    assert asyncio.all_tasks() == {asyncio.current_task()}


TestClientAgainstStore = ClientAgainstStore.TestCase
TestClientAgainstStore.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
