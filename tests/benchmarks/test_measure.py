"""From samples to figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks._measure import Figure, difference, figure, quotient, rotated, single

ROUNDS = [
    {"a": {"cpu": 2.0}, "b": {"cpu": 1.0}},
    {"a": {"cpu": 9.0}, "b": {"cpu": 3.0}},
    {"a": {"cpu": 4.0}, "b": {"cpu": 4.0}},
]


def test_a_ratio_is_taken_in_each_round_before_the_median() -> None:
    """The median of the ratios is reported, which is not the ratio of the medians."""
    assert figure(ROUNDS, quotient("cpu", "a", "b")) == Figure(2.0, 1.0, 3.0)
    assert figure(ROUNDS, single("cpu", "a")) == Figure(4.0, 2.0, 9.0)
    assert figure(ROUNDS, single("cpu", "b")) == Figure(3.0, 1.0, 4.0)


def test_a_difference_is_taken_in_each_round() -> None:
    """What is measured in MiB is compared by subtraction, per round."""
    assert figure(ROUNDS, difference("cpu", "a", "b")) == Figure(1.0, 0.0, 6.0)


def test_a_round_in_which_a_contestant_is_missing_does_not_count() -> None:
    """One failed process takes its round out of the figure, not the figure out of the report."""
    rounds = [*ROUNDS, {"a": {"cpu": 1000.0}}]

    assert figure(rounds, quotient("cpu", "a", "b")) == figure(ROUNDS, quotient("cpu", "a", "b"))


@pytest.mark.parametrize("rounds", [[], [{"a": {"cpu": 1.0}}], [{"a": {}, "b": {"cpu": 1.0}}]])
def test_nothing_measured_is_no_figure(rounds: list[dict[str, dict[str, float]]]) -> None:
    """Where no round has both sides there is no figure, rather than a made-up one."""
    assert figure(rounds, quotient("cpu", "a", "b")) is None


@given(st.lists(st.text(), min_size=1, unique=True), st.integers(-3, 50))
def test_every_round_runs_everyone_once_and_starts_with_another(
    labels: list[str], number: int
) -> None:
    """No contestant always comes first, and none is left out."""
    order = rotated(labels, number)

    assert sorted(order) == sorted(labels)
    assert order[0] == labels[number % len(labels)]
