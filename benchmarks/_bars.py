"""The bars: what this package has to reach, each a measure of one scenario and a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks._measure import (
    Figure,
    Measure,
    Round,
    difference,
    figure,
    quotient,
    single,
)
from benchmarks._sizes import Sizes

US = "portkey_async"


@dataclass(frozen=True)
class Bar:
    """One row of the table of bars.

    Attributes:
        what: What is done.
        against: What it is compared with.
        scenario: Where it is measured.
        measure: The figure, in *unit*.
        sense: Whether the figure must stay under the limit or reach it.
        limit: The bar.
        unit: `x` for ratios.
    """

    what: str
    against: str
    scenario: str
    measure: Measure
    sense: Literal["≤", "≥"]
    limit: float
    unit: str = "x"


@dataclass(frozen=True)
class Verdict:
    """What became of a bar.

    Attributes:
        bar: The bar.
        measured: The figure, or None where it could not be measured.
    """

    bar: Bar
    measured: Figure | None

    @property
    def met(self) -> bool | None:
        """Whether the median meets the bar; None where nothing was measured."""
        if self.measured is None:
            return None
        if self.bar.sense == "≤":
            return self.measured.median <= self.bar.limit
        return self.measured.median >= self.bar.limit


def bars(sizes: Sizes) -> list[Bar]:
    """Return every bar; *sizes* only words them."""
    listing = f"list {sizes.listed:,}: CPU time"
    decoding = "decode one page, every promise kept: CPU time"
    calling = f"{sizes.calls:,} `retrieve` at concurrency {sizes.concurrency}: throughput"
    importing = "`from portkey_async import AsyncPortkey`"
    few, many = f"{sizes.iterated_few:,}", f"{sizes.iterated:,}"
    return [
        Bar(listing, "floor", "list", quotient("cpu", US, "floor"), "≤", 2.0),
        Bar(f"{listing}, less", "openai", "list", quotient("cpu", "openai", US), "≥", 10),
        Bar(f"{listing}, less", "portkey-ai", "list", quotient("cpu", "portkey_ai", US), "≥", 6),
        Bar(decoding, "`orjson.loads`", "decode", quotient("cpu", US, "floor"), "≤", 3.2),
        Bar(f"{decoding}, less", "openai", "decode", quotient("cpu", "openai", US), "≥", 10),
        Bar(calling, "floor", "retrieve", quotient("wall", "floor", US), "≥", 0.75),
        Bar(calling, "openai", "retrieve", quotient("wall", "openai", US), "≥", 4),
        Bar(calling, "portkey-ai", "retrieve", quotient("wall", "portkey_ai", US), "≥", 4),
        Bar(
            f"{sizes.pages} pages, 20 ms at the server, 20 ms of work: `prefetch`, wall time",
            "without",
            "prefetch",
            quotient("wall", "prefetch", "one by one"),
            "≤",
            0.55,
        ),
        Bar(
            f"{sizes.pages} pages, 50 ms at the server: `both_ends`, wall time",
            "without",
            "both-ends",
            quotient("wall", "both ends", "one end"),
            "≤",
            0.55,
        ),
        Bar(
            f"{importing}: time",
            "`import aiohttp`",
            "import",
            quotient("import", US, "aiohttp"),
            "≤",
            1.25,
        ),
        Bar(
            f"{importing}: memory",
            "`import aiohttp`",
            "import",
            difference("memory", US, "aiohttp"),
            "≤",
            8,
            "MiB",
        ),
        Bar(
            f"iterate {many}: peak memory",
            f"iterate {few}",
            "memory",
            difference("peak", many, few),
            "≤",
            5,
            "MiB",
        ),
        Bar("`with_options()`", "", "with-options", _microseconds, "≤", 20, "µs"),
    ]


def judge(bar: Bar, rounds: Sequence[Round]) -> Verdict:
    """Return what became of *bar*, given the rounds of its scenario."""
    return Verdict(bar, figure(rounds, bar.measure))


def _microseconds(samples: Round) -> float:
    return single("cpu", US)(samples) * 1e6
