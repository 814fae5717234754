"""Whether a call is retried, and after how long: one decision over plain values."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from portkey_async._errors import APIConnectionError, APIStatusError
from portkey_async._options.policies import RetryPolicy

from .response import gateway_attempts

#: 429s that waiting does not help.
_EXHAUSTED = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


def next_delay(  # noqa: PLR0913  # all that the decision depends on
    error: BaseException,
    attempt: int,
    *,
    idempotent: bool,
    policy: RetryPolicy,
    remaining: float = math.inf,
    random: Callable[[], float] = random.random,
) -> float | None:
    """Decide whether an attempt that failed is followed by another, and when.

    Args:
        error: What the attempt raised.
        attempt: Its number, from 1.
        idempotent: Whether doing it twice is as good as doing it once.
        policy: The client's policy.
        remaining: Seconds until the deadline of the call.
        random: Gives a number from 0 to 1, for the jitter.

    Returns:
        Seconds to wait: at least what the server asks for and up to a quarter more, so that not
        all clients come back at once; else an exponential backoff with full jitter. None where no
        attempt follows: the failure is final, the attempts or the time are used up, or the server
        asks for a longer wait than the policy allows.
    """
    if not _may_retry(error, idempotent=idempotent, policy=policy):
        return None
    asked = error.retry_after if isinstance(error, APIStatusError) else None
    if asked is None:
        delay = min(policy.maximum, policy.initial * 2.0 ** min(attempt - 1, 64)) * random()
    elif asked > policy.max_retry_after:
        return None
    else:
        delay = with_jitter(asked, random)
    return delay if attempt < policy.attempts and delay < remaining else None


def with_jitter(asked: float, random: Callable[[], float]) -> float:
    """Lengthen a wait that a server asks for by up to a quarter."""
    return asked * (1 + random() / 4)


def _may_retry(error: BaseException, *, idempotent: bool, policy: RetryPolicy) -> bool:
    """Tell whether a later attempt may succeed, and can do no harm."""
    if not isinstance(error, APIConnectionError | APIStatusError):
        return False  # no outcome of an attempt: a cancellation, for one
    harmless = idempotent or policy.repeat_creates or not error.may_have_executed
    if isinstance(error, APIConnectionError):
        # A proxy that wants other credentials will want them again.
        passing = error.proxy_status in {None, 429} or error.proxy_status in policy.statuses
        return harmless and passing
    if gateway_attempts(error.headers) == -1 and not policy.after_gateway:
        return False
    advice = error.headers.get("x-should-retry")
    if advice == "false" or not _EXHAUSTED.isdisjoint((error.code, error.type)):
        return False
    return harmless and (advice == "true" or error.status == 429 or error.status in policy.statuses)
