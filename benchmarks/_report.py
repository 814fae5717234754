"""The report, as Markdown: every bar with what was measured, then what everything took."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks._bars import Bar, Verdict
from benchmarks._measure import figure, single
from benchmarks._run import Outcome
from benchmarks._scenarios import BY_CHUNKS, RAW_SOCKET
from benchmarks._server_check import check_server

_NAMES = {
    "floor": "aiohttp + orjson (floor)",
    BY_CHUNKS: "aiohttp by chunks + orjson",
    "portkey_async": "**portkey_async**",
    "openai_aiohttp": "openai over aiohttp",
    "portkey_ai": "portkey-ai",
    RAW_SOCKET: "raw socket (server check)",
}
_WORDS = {True: "met", False: "**missed**"}

_HEAD = """\
# Benchmarks

Written by `python -m benchmarks`; edit nothing here. The contestants:

- **floor**: bare aiohttp and `orjson.loads` to dicts. No types, no checks, no errors, no retries:
  not a client anyone would want, but what there is to lose.
- **portkey_async**: this package, with its defaults.
- **openai**: `openai.AsyncOpenAI`, with its defaults.
- **openai over aiohttp**: the same with `http_client=DefaultAioHttpClient()`, the strongest peer.
- **portkey-ai**: `portkey_ai.AsyncPortkey`, with its defaults. It does not page by itself, so its
  pages are walked by hand.

## The bars"""

_SCALING = """\
## How it scales

![Wall time against the number of pages, of calls, and of calls at a time]({plot})

Both axes are logarithmic; every point is a median."""

_METHOD = """\
## How this is measured

- A ratio is computed within each round; the figure is the median of the rounds' ratios.
- Within a round the contestants run one after the other, each in a process of its own; each round
  starts with another one.
- Times are taken inside the process, around the work. One page is fetched before the clock starts,
  so that start-up, the first connection and what a client builds on first use count for nobody.
  CPU time is that of the whole process.
- Every contestant is warmed alike: before it starts, a block of 1 MiB is allocated and freed.
  asyncio reads into blocks of 256 KiB, and glibc maps each of them anew until a larger one was
  freed. In a service that has run for a while that has happened. Where *unwarmed* is given, nobody
  was warmed.
- Results are checked once the clock has stopped: how many assistants, and a checksum of their ids
  and names in order. A wrong result is an error, not a measurement.
- A page is 100 assistants in 83 kB, with keys of the specification only: three tools each (code
  interpreter, file search with options, a function with parameters), tool resources, metadata and
  response format. Where undeclared keys are measured there are two more on every assistant, one of
  them in a nested object.
- The server is one more process. It sends answers that were built beforehand, and of a request it
  looks at the path, the order and the cursor only.
- A stream's events come one to a chunk of HTTP, as servers write them, and as fast as they are
  read. The floor reads it by lines; by chunks, split by hand, is the least that can be done.
- An import is timed around the statement, in a fresh process. The start of the interpreter, which
  would flatter the ratio, is left out. Memory is what is resident after it.
- To repeat it: `python -m pip install -e '.[bench]'`, then `python -m benchmarks`. Name scenarios
  to run only those; `--quick` tries the harness, not the contestants."""


def render(
    outcomes: Sequence[Outcome],
    verdicts: Sequence[Verdict],
    facts: Mapping[str, str],
    plot: str | None = None,
) -> str:
    """Return the report.

    Args:
        outcomes: What came of each scenario, in the order of the report.
        verdicts: What became of the bars that these scenarios decide.
        facts: Where and with what it ran.
        plot: The file name of the scaling plot, if one was drawn.
    """
    parts = [
        _HEAD,
        _summary(verdicts),
        _bar_table(verdicts),
        _failures(outcomes),
        "## What everything took\n\nMedians over the rounds.",
        *(_times(outcome) for outcome in outcomes if outcome.scenario.columns),
        _server_section(outcomes),
        _SCALING.format(plot=plot) if plot else "",
        _METHOD,
        "## Where and with what",
        _items(f"{key}: {value}" for key, value in facts.items()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(verdicts: Sequence[Verdict]) -> str:
    """Say how many bars were met, and by how much the others were not."""
    met = sum(verdict.met is True for verdict in verdicts)
    missed = [verdict for verdict in verdicts if verdict.met is False]
    unmeasured = sum(verdict.met is None for verdict in verdicts)
    counts = f"**{met} of {len(verdicts)} met, {len(missed)} missed, {unmeasured} not measured.**"
    return "\n\n".join(filter(None, (counts, _items(map(_miss, missed)))))


def _miss(verdict: Verdict) -> str:
    bar, measured = verdict.bar, verdict.measured
    assert measured is not None
    off = abs(measured.median / bar.limit - 1)
    return f"Missed by {off:.0%}: {_row_title(bar)}: {measured.median:.3g} {bar.unit}."


def _row_title(bar: Bar) -> str:
    return (
        f"{bar.what}, against {_NAMES.get(bar.against, bar.against)}" if bar.against else bar.what
    )


def _bar_table(verdicts: Sequence[Verdict]) -> str:
    rows = []
    for verdict in verdicts:
        bar, measured = verdict.bar, verdict.measured
        limit = f"{bar.sense} {bar.limit:g} {bar.unit}"
        if measured is None:
            rows.append([_row_title(bar), limit, "not measured", "", "", "not measured"])
            continue
        result = f"{measured.median:.3g} {bar.unit}"
        spread = f"{measured.low:.3g} to {measured.high:.3g}"
        unwarmed = f"{verdict.unwarmed.median:.3g} {bar.unit}" if verdict.unwarmed else ""
        rows.append([_row_title(bar), limit, result, spread, unwarmed, _WORDS[verdict.met is True]])
    return _table(["what", "bar", "measured", "over the rounds", "unwarmed", "verdict"], rows)


def _failures(outcomes: Iterable[Outcome]) -> str:
    """Name the contestants that failed, and how."""
    lines = [
        f"{_name(label)}, in {outcome.scenario.name}: `{reason}`"
        for outcome in outcomes
        for label, reason in outcome.failures.items()
    ]
    return f"Failed, and so not measured:\n\n{_items(lines)}" if lines else ""


def _times(outcome: Outcome) -> str:
    """Tabulate the medians of a scenario, a line for every contestant."""
    scenario = outcome.scenario
    rows = []
    for label in scenario.commands:
        medians = [figure(outcome.rounds, single(column.key, label)) for column in scenario.columns]
        cells = [
            _number(median.median * column.factor) if median else "-"
            for median, column in zip(medians, scenario.columns, strict=True)
        ]
        rows.append([_name(label), *cells])
    heads = ["", *(column.heading for column in scenario.columns)]
    return f"### {scenario.title}\n\n{_table(heads, rows)}"


def _server_section(outcomes: Iterable[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        check = check_server(outcome.rounds)
        if check:
            rows.append(
                [
                    outcome.scenario.title,
                    _name(check.fastest),
                    f"{check.raw.median:.0%}",
                    f"{check.busy.median:.0%}",
                    "no" if check.clear else "**yes**",
                ]
            )
    heads = [
        "",
        "fastest contestant",
        "a raw socket client's time for the same requests, of its",
        "the server's CPU time, of its wall time",
        "server the bottleneck?",
    ]
    return f"## Was the server the bottleneck?\n\n{_table(heads, rows)}" if rows else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _items(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _name(label: str) -> str:
    return _NAMES.get(label, label)
