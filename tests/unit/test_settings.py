"""The settings of retries and timeouts: what they are, and what is refused."""

import math
from typing import Any

import attrs
import pytest

from portkey_async import (
    ConfigurationError,
    RetryPolicy,
    Timeout,
)


def test_the_defaults_are_the_documented_ones() -> None:
    """Users rely on them without naming them."""
    assert attrs.asdict(Timeout()) == {"total": 60, "connect": 5, "read": 30}
    assert attrs.asdict(RetryPolicy()) == {
        "attempts": 3,
        "initial": 0.5,
        "maximum": 8.0,
        "max_retry_after": 60.0,
        "repeat_creates": False,
        "statuses": frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530}),
        "after_gateway": False,
    }


NUMBERLESS: list[Any] = ["5", True, False, b"5", [5], math.nan, math.inf, -math.inf, 1j]


@pytest.mark.parametrize("name", ["total", "connect", "read"])
def test_a_timeout_is_more_than_nothing_or_none(name: str) -> None:
    """The error names the class, the field, what was given and what is allowed."""
    for good in (None, 1, 0.001, 86_400):
        assert getattr(Timeout(**{name: good}), name) == good
    for bad in (0, -1, -0.5, *NUMBERLESS):
        with pytest.raises(ConfigurationError) as caught:
            Timeout(**{name: bad})
        assert str(caught.value) == (
            f"Timeout.{name} is {bad!r}; it must be more than 0 seconds, or None for no limit"
        )


@pytest.mark.parametrize("name", ["initial", "maximum", "max_retry_after"])
def test_a_wait_is_nothing_or_more(name: str) -> None:
    """The error names the class, the field, what was given and what is allowed."""
    goods: list[Any] = [0, 0.5, 86_400]
    for good in goods:
        assert getattr(RetryPolicy(**{name: good}), name) == good
    for bad in (-1, -0.001, None, *NUMBERLESS):
        with pytest.raises(ConfigurationError) as caught:
            RetryPolicy(**{name: bad})
        assert str(caught.value) == f"RetryPolicy.{name} is {bad!r}; it must be 0 or more seconds"


@pytest.mark.parametrize("bad", [0, -1, 1.0, None, *NUMBERLESS])
def test_attempts_are_a_whole_number_from_one(bad: Any) -> None:
    """The error names the class, the field, what was given and what is allowed."""
    with pytest.raises(ConfigurationError) as caught:
        RetryPolicy(attempts=bad)

    assert str(caught.value) == (
        f"RetryPolicy.attempts is {bad!r}; it must be a whole number, at least 1"
    )


@pytest.mark.parametrize("name", ["repeat_creates", "after_gateway"])
@pytest.mark.parametrize("bad", [None, 1, "no"])
def test_switches_are_true_or_false(name: str, bad: Any) -> None:
    """A text such as "no", which is true, must not turn on what makes duplicates."""
    with pytest.raises(ConfigurationError, match=f"RetryPolicy.{name}"):
        RetryPolicy(**{name: bad})


def test_settings_are_frozen_values() -> None:
    """They can be shared by clients: nobody can change them, and equal ones are equal."""
    for settings in (Timeout(), RetryPolicy()):
        for field in attrs.fields(type(settings)):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(settings, field.name, 1)
    assert Timeout(total=5) == Timeout(total=5)
    assert hash(RetryPolicy()) == hash(RetryPolicy())


def test_statuses_are_a_setting() -> None:
    """Any collection of statuses of errors; they are kept as a set."""
    assert RetryPolicy(statuses=[503, 503, 418]).statuses == frozenset({503, 418})
    assert RetryPolicy(statuses=()).statuses == frozenset()
    assert RetryPolicy(statuses=[503]) == RetryPolicy(statuses={503})
    for bad in (503, None, "503", [503.0], [True], ["503"], [200], [600], [399], {503: 1, "a": 2}):
        with pytest.raises(ConfigurationError, match=r"RetryPolicy\.statuses "):
            RetryPolicy(statuses=bad)  # type: ignore[arg-type]  # on purpose
