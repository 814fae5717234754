"""What a client may believe about the server's assistants, going by nothing but its own calls."""

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from portkey_async import APIError


class Gone(Enum):
    """The state of an assistant that was deleted."""

    GONE = "gone"


GONE = Gone.GONE
State = str | Gone  # the assistant's name, or that there is none


@attrs.define
class Belief:
    """For every assistant the states it may be in; one state where all calls were certain.

    Attributes:
        states: By id, for the assistants whose creation was confirmed, and that may still exist.
        doubtful: Names of creates that failed and may have been executed; each name is used once.
    """

    states: dict[str, set[State]] = attrs.Factory(dict)
    doubtful: set[str] = attrs.Factory(set)

    def created(self, assistant_id: str, name: str) -> None:
        """A create was confirmed."""
        self.states[assistant_id] = {name}

    def create_failed(self, name: str, error: APIError) -> None:
        """A create failed, for sure or perhaps."""
        if error.may_have_executed:
            self.doubtful.add(name)

    def confirmed(self, assistant_id: str, state: State) -> None:
        """A change was confirmed, or the state was read."""
        if state is GONE:
            self.states.pop(assistant_id, None)
        else:
            self.states[assistant_id] = {state}

    def failed(self, assistant_id: str, state: State, error: APIError) -> None:
        """A change to *state* failed, for sure or perhaps."""
        if error.may_have_executed and assistant_id in self.states:
            self.states[assistant_id].add(state)

    def contradictions(self, store: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Where *store*, the truth, is in a state that the calls' outcomes rule out."""
        found = [
            f"{assistant_id} is {_state(store, assistant_id)}, believed {sorted(map(str, states))}"
            for assistant_id, states in self.states.items()
            if _state(store, assistant_id) not in states
        ]
        others = Counter(
            payload["name"] for name, payload in store.items() if name not in self.states
        )
        found += [f"{name} was made, and denied" for name in others if name not in self.doubtful]
        found += [f"{name} was made {count} times" for name, count in others.items() if count > 1]
        return found


def _state(store: Mapping[str, Mapping[str, Any]], assistant_id: str) -> State:
    payload = store.get(assistant_id)
    return GONE if payload is None else payload["name"]
