"""The command: `python -m benchmarks [--quick] [--rounds N] [--output FOLDER] [SCENARIO …]`."""

import argparse
import dataclasses
import datetime as dt
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks._bars import bars, judge
from benchmarks._machine import load, machine, versions
from benchmarks._report import render
from benchmarks._run import Outcome, play
from benchmarks._scenarios import scenarios
from benchmarks._sizes import QUICK, Sizes

_DOCS = Path(__file__).parents[1] / "docs"
_NAMES = [scenario.name for scenario in scenarios(Sizes())]


def main() -> int:
    """Run what was asked for, print the report and write it; 1 if a contestant failed."""
    asked = _parser().parse_args()
    sizes = QUICK if asked.quick else Sizes()
    if asked.rounds:
        sizes = dataclasses.replace(
            sizes, rounds=asked.rounds, import_rounds=asked.rounds, scale_rounds=asked.rounds
        )
    started, load_before = time.monotonic(), load()
    outcomes = [
        play(scenario)
        for scenario in scenarios(sizes)
        if not asked.scenarios or scenario.name in asked.scenarios
    ]
    facts = {
        "run": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {time.monotonic() - started:.0f} s in all",
        "machine": machine(),
        "load before the run, which should be next to none": load_before,
        "sizes": "quick: the bars are stated for a full run" if asked.quick else "full",
        "rounds": _rounds(outcomes),
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
    complete = not (asked.quick or asked.scenarios)
    _report(outcomes, sizes, facts, asked.output or (_DOCS if complete else None))
    return int(any(outcome.failures for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        type=_scenario,
        help=f"which to run (default: all): {', '.join(_NAMES)}",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small sizes and two rounds: shows that everything runs, not how fast it is",
    )
    parser.add_argument(
        "--rounds", type=_positive, help="how often each contestant runs (default: 7)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="the folder for benchmarks.md and benchmarks.svg "
        "(default: docs for a complete run; only printed otherwise)",
    )
    return parser


def _scenario(text: str) -> str:
    if text in _NAMES:
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(_NAMES)}")


def _positive(text: str) -> int:
    if text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")


def _rounds(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(f"{outcome.scenario.name} {outcome.scenario.rounds}" for outcome in outcomes)


def _report(
    outcomes: Sequence[Outcome], sizes: Sizes, facts: dict[str, str], folder: Path | None
) -> None:
    """Print the report and, given a folder, write it there with its plot."""
    results = {outcome.scenario.name: outcome.rounds for outcome in outcomes}
    verdicts = [judge(bar, results) for bar in bars(sizes) if bar.scenario in results]
    plotted = [outcome for outcome in outcomes if not outcome.scenario.columns]
    plot = None
    if folder and plotted:
        from benchmarks._plot import draw  # noqa: PLC0415  # matplotlib, needed only here

        folder.mkdir(parents=True, exist_ok=True)
        plot = "benchmarks.svg"
        draw(plotted, folder / plot)
    report = render(outcomes, verdicts, facts, plot)
    print(report)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "benchmarks.md").write_text(report, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
