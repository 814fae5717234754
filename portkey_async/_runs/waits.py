"""How long to wait between two polls: one decision over plain values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from portkey_async._errors import APIConnectionError, APIError, APIStatusError

_FIRST, _GROWTH, _LONGEST = 1.0, 1.5, 5.0
#: How many polls a minute a client keeps to in all: the API is said to take 1,000.
_A_MINUTE = 800
#: A server that asks to be polled sooner than this has no such limit: one for tests, for instance.
_UNLIMITED = 0.1
#: So long after it should have expired, a run is asked for.
_GRACE = 0.5


def poll_delay(  # noqa: PLR0913  # all that the decision depends on
    polls: int,
    *,
    interval: float | None,
    asked: float | None,
    expires_in: float | None,
    beside: int,
    random: Callable[[], float],
) -> float:
    """Decide how long to wait before the next poll.

    Args:
        polls: How many there were since the run last went on.
        interval: The caller's `poll_interval`.
        asked: The seconds that the server has asked for.
        expires_in: The seconds until the run expires, as far as it says so.
        beside: How many runs the client polls side by side, this one included.
        random: Gives a number from 0 to 1, for the jitter.

    Returns:
        Seconds: the caller's own; else what the server asks for, else from 1 growing to 5, and up
        to a quarter more, but so long that all polls together stay within the API's rate. No
        further than to the run's expiry.
    """
    share = beside * 60 / _A_MINUTE
    if interval is not None:
        delay = interval
    elif asked is not None:
        delay = asked if asked < _UNLIMITED else max(asked, share)
    else:
        growing = min(_LONGEST, _FIRST * _GROWTH ** min(polls, 64))
        delay = max(growing, share) * (1 + random() / 4)
    if expires_in is not None and expires_in > 0:
        delay = min(delay, expires_in + _GRACE)
    return delay


def poll_after(headers: Mapping[str, str]) -> float | None:
    """Read the seconds that a response asks to wait before the next poll; None if it does not."""
    try:
        milliseconds = float(headers.get("openai-poll-after-ms", ""))
    except ValueError:
        return None
    return max(milliseconds, 1.0) / 1000 if math.isfinite(milliseconds) else None


def may_pass(error: APIError) -> bool:
    """Tell whether polling outlives an error: it says nothing about the run."""
    if isinstance(error, APIStatusError):
        return error.status in {408, 429} or error.status >= 500
    # A proxy that wants other credentials will want them again.
    return isinstance(error, APIConnectionError) and error.proxy_status in {None, 429, 502, 503}
