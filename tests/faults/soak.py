"""The soak: tens of thousands of calls at once, a fifth of them failing, and nothing lost.

Run by `python -m faults.soak --calls 50000 --concurrency 50`, with `tests` on the path.
"""

import argparse
import asyncio
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from itertools import count
from random import Random
from typing import TypeVar

import attrs
from faults.belief import GONE, Belief
from support.leaks import nothing_leaks

from portkey_async import APIError, AsyncPortkey, NotFoundError, RetryPolicy
from portkey_async.testing import Fault, PortkeyServer

T = TypeVar("T")

FAILING = 0.2
#: Memory is compared from here on, as a share of the calls: until then pools and caches fill.
WARM = 0.2
HALF = 0.5
CREATING = 0.25
MOST_EACH = 10
KEPT_REQUESTS = 1000
#: A server that says 429 has not acted; one that fails in these ways may have.
REFUSAL = Fault.status(429, retry_after=0)
FAILURES = (
    Fault.reset(),
    Fault.truncate(),
    *(Fault.status(status) for status in (500, 502, 503, 504)),
)


@attrs.define
class Soak:
    """What a soak has seen.

    Attributes:
        calls: Calls made.
        requests: Requests that the server received: more, for what was repeated.
        failed: Calls that ended in an error, by its class.
        doubtful: Creates that failed and may have been executed.
        contradictions: Where the store denies what the client was told.
        grown: Growth of the peak memory after the warm-up, in bytes.
        seconds: How long it took.
    """

    calls: int = 0
    requests: int = 0
    failed: Counter[str] = attrs.Factory(Counter)
    doubtful: int = 0
    contradictions: list[str] = attrs.Factory(list)
    grown: int = 0
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """The figures, as rows of a table."""
        failed = ", ".join(f"{name} {number:,}" for name, number in sorted(self.failed.items()))
        yield "| | |"
        yield "|---|---|"
        yield f"| calls | {self.calls:,} |"
        yield f"| requests, repetitions included | {self.requests:,} |"
        yield f"| calls that ended in an error | {self.failed.total():,} ({failed}) |"
        yield f"| creates in doubt, flagged `may_have_executed` | {self.doubtful:,} |"
        yield f"| lost updates, duplicates, denied changes | {len(self.contradictions)} |"
        yield "| tasks and descriptors left | 0 |"
        yield f"| growth of the peak memory after the warm-up | {self.grown / 2**20:.1f} MiB |"
        yield f"| seconds | {self.seconds:.0f} |"


async def soak(calls: int, concurrency: int, seed: int = 0) -> Soak:
    """Make *calls* calls, *concurrency* at a time, and check the store against their outcomes.

    Raises:
        AssertionError: A task or a descriptor was left behind.
    """
    seen = Soak()
    started = time.monotonic()
    async with nothing_leaks(), PortkeyServer() as server:
        belief = Belief()
        retry = RetryPolicy(initial=0.001, maximum=0.01)
        async with server.client(retry=retry, max_connections=concurrency) as client:
            shared = _Shared(server, client, belief, seen, calls)
            async with asyncio.TaskGroup() as group:
                for number in range(concurrency):
                    group.create_task(_work(shared, Random(f"{seed}/{number}")))  # noqa: S311 - repeatable, not secret
        seen.grown = _peak_memory() - shared.memory_when_warm
        seen.requests += len(server.requests)
        seen.doubtful = len(belief.doubtful)
        seen.contradictions += belief.contradictions(server.assistants)
    seen.seconds = time.monotonic() - started
    return seen


@attrs.define
class _Shared:
    server: PortkeyServer
    client: AsyncPortkey
    belief: Belief
    seen: Soak
    calls: int
    names: Iterator[str] = attrs.Factory(lambda: (f"name {number}" for number in count()))
    memory_when_warm: int = 0

    async def attempt(self, random: Random, call: Awaitable[T]) -> T | APIError:
        """Make one call, while a fault may meet it, or one of those that run beside it."""
        self.seen.calls += 1
        if self.seen.calls == int(self.calls * WARM):
            self.memory_when_warm = _peak_memory()
        if random.random() < FAILING:
            fault = random.choice((REFUSAL, *FAILURES))
            acted = fault is not REFUSAL and random.random() < HALF
            self.server.inject(fault, after_effect=acted)
        if len(self.server.requests) > KEPT_REQUESTS:
            self.seen.requests += len(self.server.requests)
            self.server.requests.clear()
        try:
            return await call
        except APIError as error:
            self.seen.failed[type(error).__name__] += 1
            return error


async def _work(shared: _Shared, random: Random) -> None:
    """Create, read, change and delete assistants of one's own until the calls are used up."""
    mine: list[str] = []
    while shared.seen.calls < shared.calls:
        if not mine or (len(mine) < MOST_EACH and random.random() < CREATING):
            made = await _create(shared, random)
            mine += [made] if made else []
            continue
        chosen = random.choice(mine)
        step = random.choice((_update, _update, _retrieve, _retrieve, _delete))
        await step(shared, random, chosen)
        if shared.belief.states[chosen] == {GONE}:
            mine.remove(chosen)


async def _create(shared: _Shared, random: Random) -> str | None:
    name = next(shared.names)
    call = shared.client.assistants.create(model="gpt-4o", name=name)
    made = await shared.attempt(random, call)
    if isinstance(made, APIError):
        shared.belief.create_failed(name, made)
        return None
    shared.belief.created(made.id, name)
    return made.id


async def _update(shared: _Shared, random: Random, chosen: str) -> None:
    name = next(shared.names)
    changed = await shared.attempt(random, shared.client.assistants.update(chosen, name=name))
    if isinstance(changed, NotFoundError):
        _must_be_gone(shared, chosen)
    elif isinstance(changed, APIError):
        shared.belief.failed(chosen, name, changed)
    else:
        shared.belief.confirmed(chosen, name)


async def _retrieve(shared: _Shared, random: Random, chosen: str) -> None:
    found = await shared.attempt(random, shared.client.assistants.retrieve(chosen))
    if isinstance(found, NotFoundError):
        _must_be_gone(shared, chosen)
    elif not isinstance(found, APIError):
        if found.name not in shared.belief.states[chosen]:
            shared.seen.contradictions.append(f"{chosen} was read as {found.name}")
        shared.belief.confirmed(chosen, found.name or "")


async def _delete(shared: _Shared, random: Random, chosen: str) -> None:
    deleted = await shared.attempt(random, shared.client.assistants.delete(chosen))
    if isinstance(deleted, NotFoundError):
        _must_be_gone(shared, chosen)
    elif isinstance(deleted, APIError):
        shared.belief.failed(chosen, GONE, deleted)
    else:
        shared.belief.confirmed(chosen, GONE)


def _must_be_gone(shared: _Shared, chosen: str) -> None:
    """A 404 is the truth only where an earlier delete was in doubt."""
    if GONE not in shared.belief.states[chosen]:
        shared.seen.contradictions.append(f"{chosen} was lost")
    shared.belief.confirmed(chosen, GONE)


def _peak_memory() -> int:
    """The most memory this process has held so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Run the soak that the command line asks for, and print its figures."""
    parser = argparse.ArgumentParser(description="The soak of portkey_async")
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    seen = asyncio.run(soak(options.calls, options.concurrency, options.seed))
    sys.stdout.write("\n".join(seen.lines()) + "\n")
    sys.exit(1 if seen.contradictions else 0)


if __name__ == "__main__":
    main()
