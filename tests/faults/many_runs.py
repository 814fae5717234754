"""Hundreds of runs side by side with functions, faults and cancellations: nothing goes astray.

Run by `python -m faults.many_runs --runs 500 --seed 0`, with `tests` on the path.
"""

import argparse
import asyncio
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from random import Random
from typing import Self

import attrs
from faults.deadline_edge import loop_factory
from faults.run_jobs import Desk, Functions, Job, jobs
from faults.run_verdict import ACTIVE, Verdict, judge
from support.leaks import nothing_leaks

from portkey_async import AsyncPortkey, RetryPolicy
from portkey_async.testing import Fault, PortkeyServer

FAILING = 0.2
FAILING_STREAMS = 0.4
#: A turn of so many jobs takes longer: at all stages there is somebody to be cancelled.
CANCEL_WITHIN = 3.0
STUCK_SECONDS = 120
#: The server ends a run that is cancelled a moment later, or that nobody listens to any more.
SETTLE_SECONDS = 1.0

STREAM_FAULTS = (
    *(Fault.cut_stream(events) for events in range(9)),
    *(Fault.cut_stream(events, clean=True) for events in range(9)),
    *(Fault.duplicate_event(events) for events in range(3)),  # no deltas yet
    Fault.unknown_event(4),
    Fault.stall_stream(4, 0.2),
    Fault.error_event(5),
)

_LEFT = re.compile(r"(?:run (\S+)|a run that was being created) was left")
_job: ContextVar[str] = ContextVar("job", default="")


@attrs.define
class ManyRuns:
    """What was seen.

    Attributes:
        jobs: The runs, and what came of them.
        verdict: What is wrong.
        requests: How many the server received.
        calls: How often a function was called.
        seconds: How long it took.
    """

    jobs: Sequence[Job]
    verdict: Verdict
    requests: int
    calls: int
    seconds: float

    def lines(self) -> Iterator[str]:
        """The figures, as rows of a table."""
        outcomes = Counter(
            getattr(job.outcome, "status", None) or type(job.outcome).__name__
            if not isinstance(job.outcome, BaseException)
            else type(job.outcome).__name__
            for job in self.jobs
        )
        told = ", ".join(f"{name} {number:,}" for name, number in outcomes.most_common())
        mended = sum(job.stream is not None and job.stream.interrupted for job in self.jobs)
        yield "| | |"
        yield "|---|---|"
        yield f"| runs side by side | {len(self.jobs):,} ({told}) |"
        yield f"| requests | {self.requests:,} |"
        yield f"| functions called | {self.calls:,} |"
        yield f"| streams that broke and were mended | {mended:,} |"
        yield f"| callers that were cancelled | {sum(job.cancelled for job in self.jobs):,} |"
        yield "| call ids answered twice, or wrongly | 0 |"
        for why, number in sorted(self.verdict.told.items()):
            yield f"| runs left active: {why} | {number} |"
        yield "| runs left active of which nothing tells | 0 |"
        yield f"| broken promises | {len(self.verdict.wrong)} |"
        yield "| tasks and descriptors left | 0 |"
        yield f"| seconds | {self.seconds:.0f} |"


async def many_runs(runs: int, seed: int = 0) -> ManyRuns:
    """Run so many side by side, with faults in a fifth of all requests, and cancel a third.

    Raises:
        AssertionError: A task or a descriptor was left behind.
        TimeoutError: A job never ended.
    """
    started = time.monotonic()
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    todo, functions = jobs(runs, random), Functions()
    async with nothing_leaks():
        with _Log() as log:
            async with _server(seed) as server:
                for job in todo:
                    _script(server, job)
                await _run_all(server, todo, functions, random)
                await _settled(server)
        verdict = judge(server, todo, functions, log.told)
    seconds = time.monotonic() - started
    return ManyRuns(todo, verdict, len(server.requests), functions.called.total(), seconds)


def _server(seed: int) -> PortkeyServer:
    random = Random(seed)  # noqa: S311 - as above

    def prepare_next(answered: object) -> None:
        if getattr(answered, "streams", False) and random.random() < FAILING_STREAMS:
            server.inject(random.choice(STREAM_FAULTS))

    server = PortkeyServer(assistants=1, fail_rate=FAILING, seed=seed, on_answer=prepare_next)
    return server


def _script(server: PortkeyServer, job: Job) -> None:
    server.script(*job.acts, when=lambda run: run["metadata"]["job"] == job.name, times=None)


async def _run_all(
    server: PortkeyServer, todo: Sequence[Job], functions: Functions, random: Random
) -> None:
    [assistant_id] = server.assistants
    retry = RetryPolicy(initial=0.001, maximum=0.01)
    async with server.client(retry=retry) as client:
        threads = await asyncio.gather(*(_thread(client) for _ in todo))
        desks = [Desk(client, functions, assistant_id, thread_id) for thread_id in threads]
        tasks = [asyncio.create_task(_run(*each)) for each in zip(desks, todo, strict=True)]
        victims = [job for job in todo if job.victim]
        random.shuffle(victims)
        async with asyncio.timeout(STUCK_SECONDS):
            for job in victims:
                await asyncio.sleep(random.random() * CANCEL_WITHIN / len(victims))
                job.cancelled = tasks[job.number].cancel()
            await asyncio.wait(tasks)


async def _thread(client: AsyncPortkey) -> str:
    """Make a thread, however many attempts that takes."""
    patient = client.with_options(retry=RetryPolicy(attempts=50, initial=0.0, repeat_creates=True))
    return (await patient.threads.create()).id


async def _run(desk: Desk, job: Job) -> None:
    _job.set(job.name)
    try:
        job.outcome = await job.way(desk, job)
    except BaseException as error:  # noqa: BLE001 - whatever comes is judged
        job.outcome = error


async def _settled(server: PortkeyServer) -> None:
    """Wait until the server has ended what it ends by itself."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline and any(  # noqa: ASYNC110 - nothing tells
        run["status"] in ACTIVE for run in [*server.runs.values()]
    ):
        await asyncio.sleep(0.01)


class _Log(logging.Handler):
    """Notes the runs, or the jobs of runs without an id, that the client's log says to go on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note one."""
        if found := _LEFT.match(record.getMessage()):
            self.told.add(found[1] or _job.get())

    def __enter__(self) -> Self:
        """Listen."""
        logging.getLogger("portkey_async").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        logging.getLogger("portkey_async").removeHandler(self)


def main() -> None:
    """Run as many as the command line asks for, and print the figures."""
    parser = argparse.ArgumentParser(description="Many runs of portkey_async, side by side")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=loop_factory(options.loop, eager=False)) as runner:
        seen = runner.run(many_runs(options.runs, options.seed))
    sys.stdout.write("\n".join([*seen.verdict.wrong, *seen.lines()]) + "\n")
    sys.exit(1 if seen.verdict.wrong else 0)


if __name__ == "__main__":
    main()
