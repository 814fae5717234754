"""The report."""

from benchmarks._bars import Bar, judge
from benchmarks._measure import Round, quotient
from benchmarks._report import render
from benchmarks._run import Outcome
from benchmarks._scenarios import Column, Command, Scenario

LISTING = Scenario(
    "list",
    "List 10 assistants",
    {
        name: Command(name, ())
        for name in ("floor", "portkey_async", "openai", "portkey_ai", "raw socket")
    },
    (Column("wall", "wall time, ms", 1e3),),
    1,
)
SAMPLES: Round = {
    "floor": {"wall": 0.1, "server": 0.01},
    "portkey_async": {"wall": 0.21, "server": 0.01},
    "openai": {"wall": 12.345, "server": 0.01},
    "raw socket": {"wall": 0.02},
}
UNWARMED: Round = {"floor": {"wall": 0.1}, "portkey_async": {"wall": 0.32}}
MET = Bar("list", "bare", "list", quotient("wall", "portkey_async", "floor"), "≤", 2.5)
MISSED = Bar("list fast", "bare", "list", quotient("wall", "portkey_async", "floor"), "≤", 2.0)
UNKNOWN = Bar("list, less", "portkey_ai", "list", quotient("wall", "portkey_ai", "floor"), "≥", 6)


def _report(*bars: Bar, plot: str | None = None) -> str:
    outcome = Outcome(LISTING, [SAMPLES], {"portkey_ai": "ImportError: no portkey_ai"})
    verdicts = [judge(bar, {"list": outcome.rounds, "list-unwarmed": [UNWARMED]}) for bar in bars]
    return render([outcome], verdicts, {"machine": "this one"}, plot)


def test_losses_stand_as_plainly_as_wins() -> None:
    """Each bar has a row with limit, figure, range and verdict; a miss is named at the top too."""
    report = _report(MET, MISSED, UNKNOWN)

    assert "**1 of 3 met, 1 missed, 1 not measured.**" in report
    assert "- Missed by 5%: list fast, against bare: 2.1 x." in report
    assert "| list, against bare | ≤ 2.5 x | 2.1 x | 2.1 to 2.1 | 3.2 x | met |" in report
    assert "| list fast, against bare | ≤ 2 x | 2.1 x | 2.1 to 2.1 | 3.2 x | **missed** |" in report
    assert (
        "| list, less, against portkey-ai | ≥ 6 x | not measured |  |  | not measured |" in report
    )


def test_a_contestant_that_failed_is_named_with_its_reason() -> None:
    """Nobody is left out silently."""
    assert "- portkey-ai, in list: `ImportError: no portkey_ai`" in _report(MET)


def test_the_medians_of_every_contestant_are_shown_in_the_unit_of_the_heading() -> None:
    """Seconds become milliseconds, thousands are grouped; who has no sample gets a dash."""
    report = _report(MET)

    assert "### List 10 assistants\n\n|  | wall time, ms |\n| --- | --- |\n" in report
    assert "| **portkey_async** | 210 |" in report
    assert "| openai | 12,345 |" in report
    assert "| portkey-ai | - |" in report


def test_the_server_is_cleared_or_accused() -> None:
    """The check of the server is part of the report."""
    assert "| List 10 assistants | aiohttp + orjson (floor) | 20% | 10% | no |" in _report(MET)


def test_the_plot_is_shown_only_if_there_is_one() -> None:
    """A run without a plot does not point to one."""
    assert "](benchmarks.svg)" in _report(MET, plot="benchmarks.svg")
    assert ".svg" not in _report(MET)


def test_where_and_with_what_it_ran_comes_last() -> None:
    """Figures without a machine mean nothing."""
    assert _report(MET).endswith("## Where and with what\n\n- machine: this one\n")
