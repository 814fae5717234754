"""The bars: what this package has to reach, each a measure of one scenario and a limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks._measure import Figure, Measure, Round, difference, figure, quotient, single
from benchmarks._scenarios import BY_CHUNKS
from benchmarks._sizes import Sizes

US = "portkey_async"

Sense = Literal["≤", "≥"]


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
    sense: Sense
    limit: float
    unit: str = "x"


@dataclass(frozen=True)
class Verdict:
    """What became of a bar.

    Attributes:
        bar: The bar.
        measured: The figure, or None where it could not be measured.
        unwarmed: The same figure in processes that were not warmed, where that was measured too.
    """

    bar: Bar
    measured: Figure | None
    unwarmed: Figure | None = None

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
    calling = f"`retrieve` at concurrency {sizes.concurrency}: CPU time a call"
    decoding = "decode a page: CPU time"
    undeclared = "decode a page with undeclared keys: CPU time"
    ahead = f"{sizes.pages} pages, 20 ms at the server, 20 ms of work: `prefetch`, wall time"
    both = f"{sizes.pages} pages, 50 ms at the server: `both_ends`, wall time"
    streaming = f"stream {sizes.streamed:,} pieces of text: CPU time"
    shortest, longest = f"{sizes.streamed_few:,}", f"{sizes.streamed_many:,}"
    importing = "`from portkey_async import AsyncPortkey`"
    few, many = f"{sizes.iterated_few:,}", f"{sizes.iterated:,}"
    return [
        _ratio(listing, "list", "floor", 1.9),
        _less(listing, "list", "openai_aiohttp", 10),
        _less(listing, "list", "portkey_ai", 6),
        _ratio(calling, "retrieve", "floor", 1.4),
        _less(calling, "retrieve", "openai_aiohttp", 6),
        _less(calling, "retrieve", "portkey_ai", 10),
        Bar(
            f"`delete_many` of {sizes.calls:,} at concurrency {sizes.concurrency}: throughput",
            "bare aiohttp with a semaphore",
            "delete-many",
            quotient("wall", "floor", US),
            "≥",
            0.7,
        ),
        _ratio(decoding, "decode", "floor", 2.6),
        _ratio(undeclared, "decode-undeclared", "floor", 9),
        _less(undeclared, "decode-undeclared", "openai", 3),
        _share(ahead, "prefetch", "prefetch", "one by one", 0.55),
        _share(both, "both-ends", "both ends", "one end", 0.55),
        _ratio(streaming, "stream", "floor", 1.2),
        Bar(streaming, BY_CHUNKS, "stream", quotient("cpu", US, BY_CHUNKS), "≤", 4),
        _less(streaming, "stream", "openai", 5),
        Bar(
            f"{sizes.streams} streams at {sizes.stream_rate} events a second: CPU of one core",
            "",
            "streams_beside",
            _percent,
            "≤",
            30,
            "%",
        ),
        Bar(
            f"stream {longest} pieces of text: peak memory beside the text",
            f"{shortest} pieces",
            "stream_memory",
            difference("beside", longest, shortest),
            "≤",
            2,
            "MiB",
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
        Bar(
            f"`delete_many` of {many}: peak memory",
            f"of {few}",
            "delete-memory",
            difference("peak", many, few),
            "≤",
            8,
            "MiB",
        ),
        Bar(
            f"`dump` of {sizes.listed:,}: CPU time",
            "listing them",
            "dump",
            quotient("cpu", "dump", "list"),
            "≤",
            1.6,
        ),
        Bar(
            f"`dump` of {many}: peak memory",
            f"of {few}",
            "dump-memory",
            difference("peak", many, few),
            "≤",
            8,
            "MiB",
        ),
        Bar("`with_options()`", "", "with-options", _microseconds, "≤", 20, "µs"),
    ]


def judge(bar: Bar, results: Mapping[str, Sequence[Round]]) -> Verdict:
    """Return what became of *bar*, given the rounds of every scenario that ran."""
    measured, unwarmed = (
        figure(results.get(scenario, ()), bar.measure)
        for scenario in (bar.scenario, f"{bar.scenario}-unwarmed")
    )
    return Verdict(bar, measured, unwarmed)


def _ratio(what: str, scenario: str, floor: str, limit: float) -> Bar:
    """Return the bar: at most *limit* times the CPU time of the floor."""
    return Bar(what, floor, scenario, quotient("cpu", US, floor), "≤", limit)


def _less(what: str, scenario: str, peer: str, limit: float) -> Bar:
    """Return the bar: at least *limit* times less CPU time than a peer."""
    return Bar(f"{what}, less", peer, scenario, quotient("cpu", peer, US), "≥", limit)


def _share(what: str, scenario: str, ahead: str, plain: str, limit: float) -> Bar:
    """Return the bar: at most this share of the wall time that the plain way takes."""
    return Bar(what, plain, scenario, quotient("wall", ahead, plain), "≤", limit)


def _microseconds(samples: Round) -> float:
    return single("cpu", US)(samples) * 1e6


def _percent(samples: Round) -> float:
    return single("share", US)(samples) * 100
