"""Moves a whole account while processes are killed and requests fail, and writes what came of it.

Run by `python -m support.moving_house`, with `tests` on the path: 5,000 assistants and 200 threads.
What it saw is written into docs/reliability.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import attrs
from support.documents import ROOT, replaced
from support.moving import furnish, household

from portkey_async.testing import PortkeyServer

DOCUMENT = ROOT / "docs" / "reliability.md"
#: A move that needs more runs than this does not get on.
MOST_RUNS = 40


@attrs.define
class Move:
    """A move, and what was seen of it.

    Attributes:
        assistants: How many there are.
        threads: How many there are.
        messages: How many each thread has.
        kills: How often the dump, and how often the load, is killed.
        fail_rate: The share of requests that fail.
        grace: Seconds that the load gives the server.
        seed: Decides when it is killed, and what fails.
        runs: How often either was run.
        killed: How often either was killed.
        requests: Requests that both servers received.
        report: What the last load told.
        lost: Objects that are not there.
        double: Objects that are there twice.
        empty: Empty threads that nobody knows of.
        wrong: What else is not as it was promised.
        seconds: How long it took.
    """

    assistants: int = 5_000
    threads: int = 200
    messages: int = 10
    kills: int = 3
    fail_rate: float = 0.1
    grace: float = 1.0
    seed: int = 0
    runs: int = 0
    killed: int = 0
    requests: int = 0
    report: dict[str, Any] = attrs.field(factory=dict)
    lost: int = 0
    double: int = 0
    empty: int = 0
    wrong: list[str] = attrs.field(factory=list)
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """The figures, as rows of a table."""
        yield "| | |"
        yield "|---|---|"
        messages = self.threads * self.messages
        yield (
            f"| assistants, threads, messages | {self.assistants:,}, {self.threads:,}, "
            f"{messages:,} |"
        )
        yield f"| requests, repetitions included | {self.requests:,} |"
        yield f"| of these failed | {self.fail_rate:.0%} |"
        yield f"| SIGKILLs, dump and load together | {self.killed} |"
        yield f"| runs of dump and load until all was done | {self.runs} |"
        yield f"| creates in doubt that had been carried out, and were adopted | {self.adopted:,} |"
        yield f"| objects lost | {self.lost} |"
        yield f"| objects there twice | {self.double} |"
        yield f"| empty threads left over | {self.empty} |"
        yield f"| threads that the report names as in doubt | {len(self.report['in_doubt'])} |"
        yield f"| seconds | {self.seconds:.0f} |"

    @property
    def adopted(self) -> int:
        """How many creates were adopted."""
        return int(self.report["adopted"])


def move(chosen: Move) -> Move:
    """Dump and load an account, and compare the two."""
    started = time.monotonic()
    killer = _Killer(Random(chosen.seed))  # noqa: S311  # repeatable, not secret
    rate, seed = chosen.fail_rate, chosen.seed
    with (
        tempfile.TemporaryDirectory() as folder,
        PortkeyServer(
            chosen.assistants, fail_rate=rate, seed=seed, on_answer=killer.answered
        ) as old,
        PortkeyServer(fail_rate=rate, seed=seed + 1, on_answer=killer.answered) as new,
    ):
        path = Path(folder) / "backup.jsonl"
        threads = furnish(old, chosen.threads, chosen.messages)
        path.with_name("threads.json").write_text(json.dumps(threads))
        pages = chosen.assistants // 100 + 3 * chosen.threads
        _run(chosen, killer, "dump", old.base_url, path, pages)
        total = chosen.assistants + chosen.threads * (1 + chosen.messages)
        chosen.report = _run(chosen, killer, "load", new.base_url, path, total)
        chosen.requests = len(old.requests) + len(new.requests)
        _compare(chosen, old, new)
    chosen.seconds = time.monotonic() - started
    return chosen


@attrs.define
class _Killer:
    """Kills a process when a server has answered so many requests."""

    random: Random
    process: "subprocess.Popen[str] | None" = None
    left: int = 0

    def answered(self, _received: object) -> None:
        """Count an answer."""
        self.left -= 1
        if self.left == 0 and self.process is not None:
            self.process.kill()


def _run(  # noqa: PLR0913, PLR0917  # a run is that much
    chosen: Move, killer: _Killer, what: str, url: str, path: Path, requests: int
) -> dict[str, Any]:
    """Run a process until it has done all, and kill it now and then."""
    command = [sys.executable, "-m", "support.mover", what, url, str(path), str(chosen.grace)]
    for number in range(MOST_RUNS):
        chosen.runs += 1
        span = max(2, requests // (chosen.kills + 1))
        killer.left = killer.random.randint(1, span) if number < chosen.kills else -1
        with subprocess.Popen(  # noqa: S603  # our own text
            command,
            env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as killer.process:
            said, complaint = killer.process.communicate(timeout=600)
        if killer.process.returncode < 0:
            chosen.killed += 1
        elif killer.process.returncode:
            if "Traceback" in complaint or "Error: 40" in complaint:
                raise AssertionError(complaint)
        else:
            told: dict[str, Any] = json.loads(said)
            if not told.get("failed"):
                return told
    raise AssertionError(f"{what} does not get on: {complaint}{said[:1000]}")


def _compare(chosen: Move, old: PortkeyServer, new: PortkeyServer) -> None:
    known = {*chosen.report["ids"].values()}
    for thread in {*new.threads} - known:
        if not new.messages.children(thread):
            chosen.empty += 1
            del new.threads[thread]
    wanted, got = household(old), household(new)
    chosen.lost = (wanted[0] - got[0]).total() + sum(t not in got[1] for t in wanted[1])
    chosen.double = (got[0] - wanted[0]).total() + sum(t not in wanted[1] for t in got[1])
    chosen.double += max(0, len(got[1]) - len(wanted[1]))
    if chosen.empty > len(chosen.report["in_doubt"]):
        chosen.wrong.append("empty threads that the report does not name")
    if {*new.assistants, *new.threads, *new.messages} != known:
        chosen.wrong.append("ids that the report does not know")
    if len(chosen.report["ids"]) != len(old.assistants) + len(old.threads) + len(old.messages):
        chosen.wrong.append("objects that the report does not know")


def main() -> None:
    """Move the account, write the document, and fail where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assistants", type=int, default=Move().assistants)
    parser.add_argument("--threads", type=int, default=Move().threads)
    parser.add_argument("--kills", type=int, default=Move().kills, help="of dump, and of load")
    parser.add_argument("--fail-rate", type=float, default=Move().fail_rate)
    parser.add_argument("--seed", type=int, default=0)
    seen = move(Move(**vars(parser.parse_args())))
    sys.stdout.write("\n".join([*seen.lines(), *seen.wrong]) + "\n")
    document = replaced(DOCUMENT.read_text(encoding="utf-8"), "moving", seen.lines())
    DOCUMENT.write_text(document, encoding="utf-8")
    sys.exit(bool(seen.lost or seen.double or seen.wrong))


if __name__ == "__main__":
    main()
