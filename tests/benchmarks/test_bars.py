"""The bars and the scenarios that decide them."""

import pytest

from benchmarks._bars import Bar, bars, judge
from benchmarks._measure import Figure, single
from benchmarks._scenarios import BY_CHUNKS, scenarios
from benchmarks._sizes import QUICK, Sizes


def _bar(sense: str, limit: float) -> Bar:
    assert sense in {"≤", "≥"}
    return Bar("it", "", "s", single("x", "us"), "≤" if sense == "≤" else "≥", limit)


@pytest.mark.parametrize(
    ("sense", "measured", "met"),
    [
        ("≤", 1.9, True),
        ("≤", 2.0, True),
        ("≤", 2.1, False),
        ("≥", 2.1, True),
        ("≥", 2.0, True),
        ("≥", 1.9, False),
    ],
)
def test_a_bar_is_met_at_its_limit_and_on_the_right_side_of_it(
    sense: str, measured: float, *, met: bool
) -> None:
    """The limit itself counts as met, one step beyond it as missed."""
    assert judge(_bar(sense, 2.0), {"s": [{"us": {"x": measured}}]}).met is met


def test_a_bar_without_a_measurement_is_neither_met_nor_missed() -> None:
    """A contestant that failed is not a pass."""
    assert judge(_bar("≤", 2.0), {"s": [{}]}).met is None
    assert judge(_bar("≤", 2.0), {}).met is None


@pytest.mark.parametrize("sizes", [Sizes(), QUICK], ids=["full", "quick"])
def test_every_bar_can_be_decided_by_its_scenario(sizes: Sizes) -> None:
    """Every bar names a scenario that exists, and contestants and samples that it has."""
    by_name = {scenario.name: scenario for scenario in scenarios(sizes)}

    for bar in bars(sizes):
        scenario = by_name[bar.scenario]
        keys = [column.key for column in scenario.columns]
        samples = {label: dict.fromkeys(keys, 1.0) for label in scenario.commands}
        assert judge(bar, {bar.scenario: [samples]}).measured is not None, bar.what


def test_the_bars_are_those_that_were_promised() -> None:
    """The limits are written down a second time here, so that none is moved by accident."""
    assert [(bar.sense, bar.limit, bar.unit) for bar in bars(Sizes())] == [
        ("≤", 1.9, "x"),
        ("≥", 10, "x"),
        ("≥", 6, "x"),
        ("≤", 1.4, "x"),
        ("≥", 6, "x"),
        ("≥", 10, "x"),
        ("≥", 0.7, "x"),
        ("≤", 2.6, "x"),
        ("≤", 9, "x"),
        ("≥", 3, "x"),
        ("≤", 0.55, "x"),
        ("≤", 0.55, "x"),
        ("≤", 1.2, "x"),
        ("≤", 4, "x"),
        ("≥", 5, "x"),
        ("≤", 30, "%"),
        ("≤", 2, "MiB"),
        ("≤", 1.25, "x"),
        ("≤", 8, "MiB"),
        ("≤", 5, "MiB"),
        ("≤", 8, "MiB"),
        ("≤", 1.6, "x"),
        ("≤", 8, "MiB"),
        ("≤", 20, "µs"),
    ]


@pytest.mark.parametrize(("cpu", "met"), [(1.0, True), (100.0, False)])
def test_a_client_that_is_faster_passes_and_one_that_is_slower_does_not(
    cpu: float, *, met: bool
) -> None:
    """Every ratio is the right way round, against the floor and against the other clients."""
    others = {
        "floor": 1.0,
        BY_CHUNKS: 0.5,
        "openai": 50.0,
        "openai_aiohttp": 50.0,
        "portkey_ai": 50.0,
    }
    samples = {name: {"cpu": taken} for name, taken in (others | {"portkey_async": cpu}).items()}
    compared = [bar for bar in bars(Sizes()) if bar.against in others]

    assert len(compared) == 12
    for bar in compared:
        assert judge(bar, {bar.scenario: [samples]}).met is met, bar.what


def test_the_unwarmed_figure_stands_beside_the_warmed_one() -> None:
    """Both are figures of the same measure; the verdict is that of the warmed one."""
    verdict = judge(_bar("≤", 2.0), {"s": [{"us": {"x": 1.5}}], "s-unwarmed": [{"us": {"x": 2.5}}]})

    assert verdict.met
    assert verdict.unwarmed == Figure(2.5, 2.5, 2.5)


@pytest.mark.parametrize("sizes", [Sizes(), QUICK], ids=["full", "quick"])
def test_every_command_finds_the_servers_it_asks_for(sizes: Sizes) -> None:
    """Scenario names are unique, and each placeholder refers to a server of its scenario."""
    everything = scenarios(sizes)

    assert len({scenario.name for scenario in everything}) == len(everything)
    for scenario in everything:
        ports = list(range(len(scenario.servers)))
        for command in scenario.commands.values():
            for argument in command.arguments:
                assert "{" not in argument.format(url=list(map(str, ports)), port=ports)


def test_the_full_run_has_seven_rounds_of_every_comparison() -> None:
    """Only the plot, which decides nothing, has fewer."""
    assert all(scenario.rounds >= 7 for scenario in scenarios(Sizes()) if scenario.columns)
