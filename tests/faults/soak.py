"""The soak: tens of thousands of calls at once, a fifth of them failing, and nothing lost.

Run by `python -m faults.soak --calls 50000 --concurrency 50`, with `tests` on the path.
"""

import argparse
import asyncio
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Self, TypeVar

import attrs
from faults.belief import GONE, Belief
from support.leaks import nothing_leaks

from portkey_async import APIError, AsyncPortkey, NotFoundError, RetryPolicy

T = TypeVar("T")

#: Memory is compared from here on, as a share of the calls: until then pools and caches fill.
WARM = 0.2
CREATING = 0.25
MOST_EACH = 10
STOP_SECONDS = 30


@attrs.define
class Soak:
    """What a soak has seen.

    Attributes:
        calls: Calls made.
        requests: Requests that the server received: more, for what was repeated.
        failed: Calls that ended in an error, by its class.
        belief: What the outcomes of the calls allow.
        contradictions: Where the store denies what the client was told.
        grown: Growth of the peak memory after the warm-up, in bytes.
        seconds: How long it took.
    """

    calls: int = 0
    requests: int = 0
    failed: Counter[str] = attrs.Factory(Counter)
    belief: Belief = attrs.Factory(Belief)
    contradictions: list[str] = attrs.Factory(list)
    grown: int = 0
    seconds: float = 0.0

    def judged(self, truth: dict[str, Any], seconds: float) -> Self:
        """Hold the belief against the *truth*, as the server told it in the end."""
        self.requests, self.seconds = truth["requests"], seconds
        self.contradictions += self.belief.contradictions(truth["assistants"])
        return self

    def lines(self) -> Iterator[str]:
        """The figures, as rows of a table."""
        failed = ", ".join(f"{name} {number:,}" for name, number in sorted(self.failed.items()))
        yield "| | |"
        yield "|---|---|"
        yield f"| calls | {self.calls:,} |"
        yield f"| requests, repetitions included | {self.requests:,} |"
        yield f"| calls that ended in an error | {self.failed.total():,} ({failed}) |"
        yield f"| creates in doubt, flagged `may_have_executed` | {len(self.belief.doubtful):,} |"
        yield f"| lost updates, duplicates, denied changes | {len(self.contradictions)} |"
        yield "| tasks and descriptors left | 0 |"
        yield f"| growth of the peak memory after the warm-up | {self.grown / 2**20:.1f} MiB |"
        yield f"| seconds | {self.seconds:.0f} |"


async def soak(calls: int, concurrency: int, seed: int = 0) -> Soak:
    """Make *calls* calls, *concurrency* at a time, and check the store against their outcomes.

    Raises:
        AssertionError: A task or a descriptor was left behind.
    """
    started = time.monotonic()
    async with nothing_leaks():
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "faults.soak_server", str(seed)),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert server.stdout is not None
        try:
            base_url = (await server.stdout.readline()).decode().strip()
            seen = await _soak(base_url, calls, concurrency, seed)
        finally:
            truth = await _stop(server)
    return seen.judged(json.loads(truth), time.monotonic() - started)


async def _stop(server: asyncio.subprocess.Process) -> bytes:
    """End the server's standard input, which it waits for; what it says then."""
    try:
        truth, _ = await asyncio.wait_for(server.communicate(b""), STOP_SECONDS)
    except TimeoutError:
        server.kill()
        await server.wait()
        raise
    return truth


async def _soak(base_url: str, calls: int, concurrency: int, seed: int) -> Soak:
    client = AsyncPortkey(
        api_key="pk-test",
        virtual_key="vk-soak",
        base_url=base_url,
        retry=RetryPolicy(initial=0.001, maximum=0.01),
        max_connections=concurrency,
    )
    async with client, asyncio.TaskGroup() as group:
        shared = _Shared(client, calls)
        for number in range(concurrency):
            group.create_task(_work(shared, Random(f"{seed}/{number}")))  # noqa: S311 - repeatable
    shared.seen.grown = _peak_memory() - shared.memory_when_warm
    return shared.seen


@attrs.define
class _Shared:
    client: AsyncPortkey
    calls: int
    seen: Soak = attrs.Factory(Soak)
    names: Iterator[str] = attrs.Factory(lambda: (f"name {number}" for number in count()))
    memory_when_warm: int = 0

    @property
    def belief(self) -> Belief:
        """What the outcomes so far allow."""
        return self.seen.belief

    async def attempt(self, call: Awaitable[T]) -> T | APIError:
        """Make one call; what came of it."""
        self.seen.calls += 1
        if self.seen.calls == int(self.calls * WARM):
            self.memory_when_warm = _peak_memory()
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
            made = await _create(shared)
            mine += [made] if made else []
            continue
        chosen = random.choice(mine)
        step = random.choice((_update, _update, _retrieve, _retrieve, _delete))
        await step(shared, chosen)
        if chosen not in shared.belief.states:
            mine.remove(chosen)


async def _create(shared: _Shared) -> str | None:
    name = next(shared.names)
    call = shared.client.assistants.create(model="gpt-4o", name=name)
    made = await shared.attempt(call)
    if isinstance(made, APIError):
        shared.belief.create_failed(name, made)
        return None
    shared.belief.created(made.id, name)
    return made.id


async def _update(shared: _Shared, chosen: str) -> None:
    name = next(shared.names)
    changed = await shared.attempt(shared.client.assistants.update(chosen, name=name))
    if isinstance(changed, NotFoundError):
        _must_be_gone(shared, chosen)
    elif isinstance(changed, APIError):
        shared.belief.failed(chosen, name, changed)
    else:
        shared.belief.confirmed(chosen, name)


async def _retrieve(shared: _Shared, chosen: str) -> None:
    found = await shared.attempt(shared.client.assistants.retrieve(chosen))
    if isinstance(found, NotFoundError):
        _must_be_gone(shared, chosen)
    elif not isinstance(found, APIError):
        if found.name not in shared.belief.states[chosen]:
            shared.seen.contradictions.append(f"{chosen} was read as {found.name}")
        shared.belief.confirmed(chosen, found.name or "")


async def _delete(shared: _Shared, chosen: str) -> None:
    deleted = await shared.attempt(shared.client.assistants.delete(chosen))
    # In doubt, it is a 404 of a repetition whose body was cut: nobody says that it is the API's.
    if isinstance(deleted, NotFoundError) and not deleted.may_have_executed:
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
    sys.stdout.write("\n".join([*seen.contradictions, *seen.lines()]) + "\n")
    sys.exit(1 if seen.contradictions else 0)


if __name__ == "__main__":
    main()
