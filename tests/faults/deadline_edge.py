"""Calls whose responses come within a millisecond of their deadline, a third of them cancelled.

`python -m faults.deadline_edge --calls 20000 --loop uvloop --eager` tries so many, with tests/ on
the path, and says what went wrong.
"""

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
from support.raw_server import Connection, RawServer
from support.scripts import client_of

from portkey_async import AsyncPortkey, PortkeyError, RetryPolicy
from portkey_async.testing import mock_assistant

from .exchange import json_bytes, message

#: The deadline of each call, in seconds.
DEADLINE = 0.06
#: How many calls are under way at once, and over how many connections: some never leave the queue.
AT_ONCE, CONNECTIONS = 60, 40
ASSISTANT = message(200, json_bytes(mock_assistant(id="asst_1")))


@attrs.define
class Seen:
    """What came of the calls.

    Attributes:
        outcomes: How many ended in what.
        received: The keys of the requests that the server has received.
        wrong: What must not have happened.
        lead: How many seconds before its deadline a call's response is sent: as many as this
            machine needs, so that about half of them come in time.
    """

    outcomes: Counter[str] = attrs.field(factory=Counter[str])
    received: set[str] = attrs.field(factory=set[str])
    doubts: dict[str, bool] = attrs.field(factory=dict[str, bool])
    wrong: list[str] = attrs.field(factory=list[str])
    lead: float = 0.005

    def completed(self) -> "Seen":
        """Compare what the errors say with what the server has received."""
        for key, doubt in self.doubts.items():
            if doubt != (key in self.received):
                self.wrong.append(f"{key}: may_have_executed is {doubt}")
        return self


async def calls_at_the_edge(calls: int, seed: int = 0) -> Seen:
    """Make so many creates whose responses come when their time is up."""
    seen, chance = Seen(), random.Random(seed)  # noqa: S311  # repeatable, not secret

    async def serve(connection: Connection) -> None:
        while (request := await connection.receive()) is not None:
            seen.received.add(request.headers["x-call"])
            await asyncio.sleep(DEADLINE - seen.lead + chance.uniform(-0.001, 0.001))
            await connection.send(ASSISTANT)

    async with (
        RawServer(serve) as server,
        client_of(
            server,
            max_connections=CONNECTIONS,
            timeout=DEADLINE,
            retry=RetryPolicy(attempts=1),
        ) as client,
    ):
        for first in range(0, calls, AT_ONCE):
            keys = [f"call-{number}" for number in range(first, min(first + AT_ONCE, calls))]
            tasks = {key: asyncio.create_task(_one(client, key, seen)) for key in keys}
            cancelled = [key for number, key in enumerate(keys) if number % 3 == 0]
            for key in cancelled:
                moment = DEADLINE + chance.uniform(-0.001, 0.001)
                asyncio.get_running_loop().call_later(moment, _cancel, key, tasks[key], seen)
            before = seen.outcomes.copy()
            await asyncio.wait(tasks.values())
            new = seen.outcomes - before
            late = new["APITimeoutError"] > new["success"]
            seen.lead = min(max(seen.lead + (0.002 if late else -0.002), 0.0), DEADLINE - 0.002)
            for key, task in tasks.items():
                _judge(key, task, seen)
        await asyncio.sleep(0.1)  # until the server has read what was written
    return seen.completed()


async def _one(client: AsyncPortkey, key: str, seen: Seen) -> int:
    """Make a call, go on for a while, and give how many cancellations were felt."""
    task = asyncio.current_task()
    assert task is not None
    felt = 0
    try:
        await client.with_options(headers={"x-call": key}).assistants.create(model="gpt-4o")
        seen.outcomes["success"] += 1
    except PortkeyError as error:
        seen.outcomes[type(error).__name__] += 1
        seen.doubts[key] = error.may_have_executed
    except asyncio.CancelledError:
        seen.outcomes["cancelled"] += 1
        felt += 1
        task.uncancel()
    try:
        await asyncio.sleep(0.01)  # innocent code: who cancels it was told to, from outside
    except asyncio.CancelledError:
        seen.outcomes["cancelled afterwards"] += 1
        felt += 1
        task.uncancel()
    if task.cancelling():
        seen.wrong.append(f"{key}: cancelling() is {task.cancelling()}")
    return felt


_CANCELLED = "was cancelled"


def _cancel(key: str, task: asyncio.Task[int], seen: Seen) -> None:
    if task.cancel():
        seen.outcomes[_CANCELLED] += 1
        seen.doubts.pop(key, None)
        task.set_name(_CANCELLED)


def _judge(key: str, task: asyncio.Task[int], seen: Seen) -> None:
    """Every cancellation from outside is felt once, and no other is."""
    if task.cancelled() or task.exception() is not None:
        seen.wrong.append(f"{key}: {task!r}")
    elif task.result() != (task.get_name() == _CANCELLED):
        seen.wrong.append(f"{key}: felt {task.result()} cancellations, named {task.get_name()}")


def loop_factory(name: str, *, eager: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """Give what makes a loop: asyncio's or uvloop's, with eager tasks or without."""

    def make() -> asyncio.AbstractEventLoop:
        if name == "uvloop":
            import uvloop  # noqa: PLC0415  # Windows has none

            loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        else:
            loop = asyncio.SelectorEventLoop()
        if eager:
            factory: Any = asyncio.eager_task_factory  # type: ignore[attr-defined]  # since 3.12
            loop.set_task_factory(factory)
        return loop

    return make


def main() -> int:
    """Try it, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    parser.add_argument("--eager", action="store_true", help="eager tasks; since Python 3.12")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    factory = loop_factory(chosen.loop, eager=chosen.eager)
    with asyncio.Runner(loop_factory=factory) as runner:
        seen = runner.run(calls_at_the_edge(chosen.calls, chosen.seed))
    sys.stdout.write(f"{dict(seen.outcomes)}\n{len(seen.wrong)} wrong\n")
    sys.stdout.writelines(f"{line}\n" for line in seen.wrong[:20])
    return bool(seen.wrong)


if __name__ == "__main__":
    sys.exit(main())
