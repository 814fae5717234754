"""Random operations under random faults: the client never believes what the store denies."""

from faults.belief import GONE, Belief
from faults.machine import UnderFaults, weather
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, multiple, rule

from portkey_async import APIError, NotFoundError
from portkey_async.testing import Fault


class ClientAgainstStore(UnderFaults):
    """Calls on a client, each under some faults, checked against the server's own store."""

    assistants = Bundle("assistants")

    def __init__(self) -> None:
        """Believe nothing yet."""
        super().__init__()
        self.belief = Belief()

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


TestClientAgainstStore = ClientAgainstStore.TestCase
TestClientAgainstStore.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
