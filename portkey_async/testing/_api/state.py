"""What the operations work on: the objects held, the clock, the runs that go on."""

from random import Random

from attrs import field, frozen

from portkey_async.testing._dialects import Dialect
from portkey_async.testing._store import Payload, Stores

from .clock import Clock, new_id
from .engine import Engine


@frozen
class State:
    """Everything that the operations share.

    Args:
        stores: The objects it holds.
        engine: Makes runs go on.
        api_key: The credential it accepts; empty for any or none.
        dialect: Where it departs from the specification.
        clock: For `created_at` and the like.
        random: Source of new ids.
        created: The assistants that creates with an idempotency key have made.
    """

    stores: Stores
    engine: Engine
    api_key: str
    dialect: Dialect
    clock: Clock
    random: Random
    created: dict[str, Payload] = field(factory=dict[str, Payload])

    def new_id(self, prefix: str) -> str:
        """An id as the API makes them."""
        return new_id(prefix, self.random)
