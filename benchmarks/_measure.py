"""From samples to figures: computed within each round, then the median of the rounds is taken.

Contestants alternate within a round, so what disturbs the machine for a while disturbs both sides
of a ratio.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Sample = Mapping[str, float]
"""What one process measured, by name: `{"cpu": 0.06, "wall": 0.07}`."""

Round = Mapping[str, Sample]
"""The samples of one round, by contestant; one that failed is missing."""

Measure = Callable[[Round], float]
"""A figure of one round; `KeyError` where a contestant is missing."""


@dataclass(frozen=True)
class Figure:
    """A median over the rounds, and the range the rounds span."""

    median: float
    low: float
    high: float


def single(key: str, label: str) -> Measure:
    """Return the measure that is the sample *key* of one contestant."""
    return lambda samples: samples[label][key]


def quotient(key: str, over: str, under: str) -> Measure:
    """Return the measure *over* / *under*, two contestants compared by the sample *key*."""
    return lambda samples: samples[over][key] / samples[under][key]


def difference(key: str, more: str, less: str) -> Measure:
    """Return the measure *more* - *less*, two contestants compared by the sample *key*."""
    return lambda samples: samples[more][key] - samples[less][key]


def figure(rounds: Sequence[Round], measure: Measure) -> Figure | None:
    """Return the median of *measure* over the rounds, or None where no round has all it takes."""
    values = []
    for samples in rounds:
        try:
            values.append(measure(samples))
        except KeyError:
            continue
    if not values:
        return None
    return Figure(statistics.median(values), min(values), max(values))


def rotated(labels: Sequence[str], number: int) -> Sequence[str]:
    """Return the order of the contestants in round *number*: each round starts with another one."""
    start = number % len(labels)
    return [*labels[start:], *labels[:start]]
