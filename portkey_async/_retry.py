"""When to repeat a call, and how long to wait: plain decisions, the clock and chance handed in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import attrs

from ._errors import APIConnectionError, APIStatusError, ConfigurationError

#: Statuses after which a later attempt may succeed, though this one may have been executed.
_TRANSIENT = frozenset({408, 500, 502, 503, 504})
#: 429s that waiting does not help.
_EXHAUSTED = frozenset({"insufficient_quota", "billing_hard_limit_reached"})

_Number: TypeAlias = "attrs.Attribute[float] | attrs.Attribute[float | None]"


def _seconds(instance: object, field: _Number, value: float | None) -> None:
    _number(instance, field, value, 0.0, " seconds")


def _positive(instance: object, field: _Number, value: float | None) -> None:
    if value is not None:
        _number(instance, field, value, math.ulp(0.0), " seconds, or None for no limit")


def _switch(instance: object, field: attrs.Attribute[bool], value: bool) -> None:  # noqa: FBT001
    if type(value) is not bool:
        name = f"{type(instance).__name__}.{field.name}"
        raise ConfigurationError(f"{name} is {value!r}; it must be True or False")


def _count(instance: object, field: attrs.Attribute[int], value: int) -> None:
    if type(value) is not int or value < 1:
        name = f"{type(instance).__name__}.{field.name}"
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number, at least 1")


def _number(instance: object, field: _Number, value: object, least: float, unit: str) -> None:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not least <= value < math.inf:  # type: ignore[operator]  # a number by now
        name = f"{type(instance).__name__}.{field.name}"
        need = "more than 0" if least else "0 or more"
        raise ConfigurationError(f"{name} is {value!r}; it must be {need}{unit}")


@attrs.frozen(cache_hash=True)  # it is a key: every attempt looks up aiohttp's own by it
class Timeout:
    """How long a call may take, in seconds. None means no limit.

    Args:
        total: The whole call: all attempts, the waits between them and the body. Default 60.
        connect: Opening a connection once its name is looked up, in each attempt. Default 5.
        read: Between two pieces of the answer, in each attempt. Default 30.

    Raises:
        ConfigurationError: A limit is not a number above 0.
    """

    total: float | None = attrs.field(default=60.0, validator=_positive)
    connect: float | None = attrs.field(default=5.0, validator=_positive)
    read: float | None = attrs.field(default=30.0, validator=_positive)


@attrs.frozen
class RetryPolicy:
    """Which failures are repeated, and after how long. Waits are in seconds.

    A call that surely never reached the server, and one answered with 429, is repeated whatever
    it does. After 408, 500, 502, 503, 504 and after a lost or cut answer, `list`, `retrieve`,
    `update` and `delete` are repeated; `create` is not, as it could be done twice. Nothing else
    is repeated. The server's `Retry-After`, `retry-after-ms` and `x-should-retry` are heeded: after
    one that asks to wait, all calls of the client, and of all clients derived from it, wait.

    Args:
        attempts: How many times at most, the first included. 1 turns retries off. Default 3.
        initial: The longest wait after the first attempt; it doubles with each. Default 0.5.
        maximum: The longest wait of our own. Default 8.
        max_retry_after: A server that asks for a longer wait than this gets none: the call
            fails at once, with `.retry_after`. Default 60.
        repeat_creates: Repeat `create` like the others. Only for servers that heed
            `Idempotency-Key`. Default False.
        after_gateway: Repeat although the gateway says that it has spent its own retries
            (`x-portkey-retry-attempt-count: -1`). Default False.

    Raises:
        ConfigurationError: `attempts` is not a whole number from 1, or a wait is negative.
    """

    attempts: int = attrs.field(default=3, validator=_count)
    initial: float = attrs.field(default=0.5, validator=_seconds)
    maximum: float = attrs.field(default=8.0, validator=_seconds)
    max_retry_after: float = attrs.field(default=60.0, validator=_seconds)
    repeat_creates: bool = attrs.field(default=False, validator=_switch)
    after_gateway: bool = attrs.field(default=False, validator=_switch)


def may_repeat(error: BaseException, *, idempotent: bool, policy: RetryPolicy) -> bool:
    """Tell whether a call that failed with *error* may be repeated.

    Args:
        error: What the attempt raised.
        idempotent: Whether doing it twice is as good as doing it once.
        policy: The caller's.

    Returns:
        False too for everything that is not the outcome of an attempt, a cancellation for one.
    """
    if not isinstance(error, APIConnectionError | APIStatusError):
        return False
    harmless = idempotent or policy.repeat_creates or not error.may_have_executed
    if isinstance(error, APIConnectionError):
        return harmless
    if gateway_attempts(error.headers) == -1 and not policy.after_gateway:
        return False
    advice = error.headers.get("x-should-retry")
    if advice == "false" or not _EXHAUSTED.isdisjoint((error.code, error.type)):
        return False
    return harmless and (advice == "true" or error.status == 429 or error.status in _TRANSIENT)


def wait_seconds(
    error: BaseException | None, *, attempt: int, policy: RetryPolicy, chance: float
) -> float:
    """Tell how long to wait before the next attempt.

    Args:
        error: What the last attempt raised.
        attempt: Its number, from 1.
        policy: The caller's.
        chance: A random number from 0 to 1.

    Returns:
        At least what the server asked for, and up to a quarter more, so that not all come back
        at once; else an exponential wait with full jitter.
    """
    asked = asked_wait(error)
    if asked is not None:
        return asked * (1 + chance / 4)
    return min(policy.maximum, policy.initial * 2.0 ** min(attempt - 1, 64)) * chance


def must_stop(
    error: BaseException | None,
    *,
    attempt: int,
    wait: float,
    remaining: float,
    policy: RetryPolicy,
) -> bool:
    """Tell whether to give up instead of waiting *wait* of the *remaining* seconds."""
    asked = asked_wait(error) or 0.0
    return attempt >= policy.attempts or asked > policy.max_retry_after or wait >= remaining


def asked_wait(error: BaseException | None) -> float | None:
    """Give the seconds that the server asked to wait; None if it did not ask."""
    return error.retry_after if isinstance(error, APIStatusError) else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read how long the server asks to wait.

    Args:
        headers: The response headers.
        now: Unix time in seconds, for a date.

    Returns:
        Seconds from `retry-after-ms`, else from `Retry-After`, a number or an HTTP date; a date
        that has passed gives 0. None where neither can be read.
    """
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if 0 <= seconds < math.inf:
            return seconds
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def gateway_attempts(headers: Mapping[str, str]) -> int | None:
    """Read how often the gateway repeated the request: -1 when it gave up, None if not said."""
    # A chain of gateways appends its counts, as in "3, 0"; any of them may have given up.
    counts = re.findall(r"-?[0-9]{1,9}", headers.get("x-portkey-retry-attempt-count", ""))
    return -1 if "-1" in counts else max(map(int, counts), default=None)
