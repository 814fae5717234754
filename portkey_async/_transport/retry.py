"""When to repeat a call, and how long to wait: plain decisions, clock and randomness injected."""

from __future__ import annotations

from portkey_async._errors import APIConnectionError, APIStatusError
from portkey_async._options.policies import RetryPolicy

from .response import gateway_attempts

#: Statuses after which a later attempt may succeed, though this one may have been executed.
_TRANSIENT = frozenset({408, 500, 502, 503, 504})
#: 429s that waiting does not help.
_EXHAUSTED = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


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
