"""Runs one scenario: its servers, its contestants in turn, round after round; shows progress."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from benchmarks._measure import Round, Sample, rotated
from benchmarks._processes import ContestantError, measure, serving, usage
from benchmarks._scenarios import Command, Scenario


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        scenario: Which one.
        rounds: The samples, round by round.
        failures: Why a contestant has none, by its label.
    """

    scenario: Scenario
    rounds: list[Round] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def play(scenario: Scenario) -> Outcome:
    """Run every contestant of *scenario* in every round; one that failed is not started again."""
    outcome = Outcome(scenario)
    with ExitStack() as stack:
        ports = [
            stack.enter_context(serving(server.count, server.delay)) for server in scenario.servers
        ]
        for number in range(-scenario.warm_ups, scenario.rounds):
            which = f"round {number + 1}/{scenario.rounds}" if number >= 0 else "warm-up"
            _tell(f"{scenario.name}, {which}:")
            samples: dict[str, Sample] = {}
            for label in rotated(list(scenario.commands), number):
                if label in outcome.failures:
                    continue
                try:
                    samples[label] = _sample(scenario.commands[label], ports)
                except ContestantError as error:
                    outcome.failures[label] = str(error)
                    _tell(f" {label} FAILED ({error});")
                else:
                    _tell(f" {label} {_brief(scenario, samples[label])};")
            _tell("\n")
            if number >= 0:
                outcome.rounds.append(samples)
    return outcome


def _sample(command: Command, ports: Sequence[int]) -> Sample:
    """Run one contestant; what the (only) server did for it is added to its sample."""
    urls = [f"http://127.0.0.1:{port}/v1" for port in ports]
    arguments = [argument.format(url=urls, port=ports) for argument in command.arguments]
    if len(ports) != 1:
        return measure(command.module, arguments)
    before = usage(ports[0])
    sample = measure(command.module, arguments)
    after = usage(ports[0])
    return {
        **sample,
        "served": after["requests"] - before["requests"],
        "server": after["cpu"] - before["cpu"],
    }


def _brief(scenario: Scenario, sample: Sample) -> str:
    for column in scenario.columns:
        if column.key in sample:
            return f"{sample[column.key] * column.factor:.4g}"
    return f"{sum(value for key, value in sample.items() if key.isdigit()):.3g} s"


def _tell(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
