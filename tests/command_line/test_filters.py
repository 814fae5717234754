"""Which assistants fit, and how ages and pairs are read."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async import Assistant
from portkey_async.cli._filters import Filters, age, matches, pairs
from portkey_async.testing import mock_assistant

NOW = 1_800_000_000
DAY = 86_400


def fits(filters: Filters, **fields: object) -> bool:
    """Tell whether an assistant with these fields is one of those that are meant."""
    payload = {"created_at": NOW - 100 * DAY, "name": "Math Tutor", "model": "gpt-4o", **fields}
    return matches(Assistant.from_dict(mock_assistant(**payload)), filters, NOW)


@pytest.mark.parametrize(
    ("pattern", "name", "fit"),
    [
        ("Math Tutor", "Math Tutor", True),
        ("Tutor", "Math Tutor", False),
        ("*Tutor", "Math Tutor", True),
        ("math*", "Math Tutor", False),
        ("M?th*", "Math Tutor", True),
        ("[[]old] *", "[old] Tutor", True),
        ("*", None, True),
        ("", None, True),
        ("", "", True),
        ("", "Math Tutor", False),
        ("?*", None, False),
    ],
)
def test_names_fit_as_in_a_shell(pattern: str, name: str | None, *, fit: bool) -> None:
    """The whole name, capitals told apart; no name is an empty one."""
    assert fits(Filters(name=pattern), name=name) == fit


def test_models_fit_as_names_do() -> None:
    """By a pattern for the whole of it."""
    assert fits(Filters(model="gpt-4*"))
    assert not fits(Filters(model="gpt-4"))


@pytest.mark.parametrize(
    ("metadata", "fit"),
    [
        ({"team": "search", "n": "5"}, True),
        ({"team": "search", "n": 5}, True),
        ({"team": "search"}, False),
        ({"team": "Search", "n": "5"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_metadata_must_hold_every_pair(metadata: dict[str, object] | None, *, fit: bool) -> None:
    """A value that is no text is compared as JSON."""
    assert fits(Filters(metadata=(("team", "search"), ("n", "5"))), metadata=metadata) == fit


@pytest.mark.parametrize(
    ("created_at", "fit"),
    [
        (NOW - 90 * DAY - 1, True),
        (NOW - 90 * DAY, False),
        (NOW, False),
        (NOW * 1000, False),
        (1, True),
        (0, False),
        (-5, False),
    ],
)
def test_an_age_fits_only_a_known_time(created_at: int, *, fit: bool) -> None:
    """Older means longer ago than that; 0 is how servers say that they do not know."""
    assert fits(Filters(older_than=90 * DAY), created_at=created_at) == fit


def test_all_filters_must_fit() -> None:
    """One that does not is enough."""
    both = Filters(name="Math*", older_than=90 * DAY)

    assert fits(both)
    assert not fits(both, name="Other")
    assert not fits(both, created_at=NOW)


def test_no_filter_is_none() -> None:
    """Which is how `--all` without filters is told from one with them."""
    assert not Filters()
    assert Filters(name="")
    assert Filters(older_than=0)


@given(st.integers(0, 999_999_999), st.sampled_from("smhdw"))
def test_ages(number: int, unit: str) -> None:
    """A whole number and a unit."""
    seconds = {"s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY}

    assert age(f"{number}{unit}") == number * seconds[unit]


@pytest.mark.parametrize(
    "text", ["", "90", "d", "90 d", "-1d", "1.5d", "90D", "1d2h", "٩d", "9" * 10]
)
def test_what_is_no_age_is_told(text: str) -> None:
    """With what would be one."""
    with pytest.raises(click.BadParameter, match="such as 90d"):
        age(text)


def test_pairs() -> None:
    """The first sign parts them; a value may hold more, or nothing."""
    assert pairs(["a=b=c", "d="]) == (("a", "b=c"), ("d", ""))


@pytest.mark.parametrize(
    ("texts", "said"), [(["a"], "'a' is no pair"), (["=b"], "no pair"), (["a=1", "a=2"], "twice")]
)
def test_what_is_no_pair_is_told(texts: list[str], said: str) -> None:
    """As is a key that is given twice."""
    with pytest.raises(click.BadParameter, match=said):
        pairs(texts)
