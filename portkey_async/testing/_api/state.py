"""What the operations work on: the objects held, the clock, the source of ids."""

from collections.abc import Callable
from random import Random
from string import ascii_letters, digits
from typing import Final

from attrs import define, field, frozen

from portkey_async.testing._dialects import Dialect
from portkey_async.testing._scripts.queue import ScriptQueue
from portkey_async.testing._store import Payload, Stores

_ALPHABET: Final = ascii_letters + digits


@define
class Clock:
    """A clock that can be moved forward."""

    source: Callable[[], float]
    ahead: float = 0.0

    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.source() + self.ahead)


@frozen
class State:
    """Everything that the operations share.

    Args:
        stores: The objects it holds.
        api_key: The credential it accepts; empty for any or none.
        dialect: Where it departs from the specification.
        clock: For `created_at` and the like.
        random: Source of new ids.
        scripts: What the runs to come do.
        created: The assistants that creates with an idempotency key have made.
    """

    stores: Stores
    api_key: str
    dialect: Dialect
    clock: Clock
    random: Random
    scripts: ScriptQueue = field(factory=ScriptQueue)
    created: dict[str, Payload] = field(factory=dict[str, Payload])

    def new_id(self, prefix: str) -> str:
        """An id as the API makes them."""
        return new_id(prefix, self.random)


def new_id(prefix: str, random: Random) -> str:
    """An id as the API makes them: the prefix and 24 letters and digits."""
    return f"{prefix}_{''.join(random.choices(_ALPHABET, k=24))}"
