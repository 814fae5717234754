"""Deleting many assistants while a tenth of the calls fail and a fifth are too many.

The tests do it with a few hundred, `python -m support.bad_day` in `tests` with 2,000.
"""

import asyncio
import sys
from collections import Counter

from portkey_async import AssistantDeleted, Outcome, RetryPolicy
from portkey_async.bulk import HasId
from portkey_async.testing import Fault, PortkeyServer

Outcomes = list[Outcome[str | HasId, AssistantDeleted]]
SIZE = 2_000


async def delete_on_a_bad_day(size: int) -> tuple[Outcomes, set[str]]:
    """Delete so many; give the outcomes, and the ids that are left."""
    retry = RetryPolicy(attempts=2, initial=0.001, maximum=0.001)
    async with PortkeyServer(size) as server, server.client(retry=retry) as client:
        ids = list(server.assistants)
        for number, name in enumerate(ids):
            path = f"/assistants/{name}"
            match number % 10:
                case 0:
                    server.inject(Fault.status(500), times=2, path=path)
                case 1:
                    server.inject(Fault.reset(), times=1, path=path, after_effect=True)
                case 2 | 3:
                    server.inject(Fault.status(429, retry_after=0.001), times=5, path=path)
        outcomes = [outcome async for outcome in client.assistants.delete_many(ids, 16)]
        return outcomes, set(server.assistants)


def assert_agreement(outcomes: Outcomes, left: set[str], size: int) -> None:
    """One outcome each; what succeeded is gone, and what failed is there."""
    assert Counter(outcome.index for outcome in outcomes) == Counter(range(size))
    assert {outcome.input for outcome in outcomes if not outcome.ok} == left
    assert len(left) == size // 10


def main() -> None:
    """Do it with as many as it takes to be sure."""
    outcomes, left = asyncio.run(delete_on_a_bad_day(SIZE))
    assert_agreement(outcomes, left, SIZE)
    sys.stdout.write(f"{SIZE} inputs, {len(outcomes)} outcomes, {len(left)} failed and are left\n")


if __name__ == "__main__":
    main()
