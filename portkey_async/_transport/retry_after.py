"""How long a server asks to wait: by header, date or text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: float, text: str = "") -> float | None:
    """Read how long the server asks to wait.

    Args:
        headers: The response headers.
        now: Unix time in seconds, for a date; the response's own `Date` is preferred to it.
        text: What the server says, where that may ask for a wait too.

    Returns:
        Seconds from `retry-after-ms` or `x-ms-retry-after-ms`, else from `Retry-After`, a number
        or a date (RFC 9110, section 10.2.3), else from the text. A date that has passed gives 0.
        None where no wait can be read.
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(headers.get(name, ""))
        if milliseconds is not None:
            return milliseconds / 1000
    value = headers.get("retry-after", "")
    # A proxy may have joined several: the longest is right for all.
    waits = [_duration(part) for part in value.split(",")]
    known = [wait for wait in waits if wait is not None]
    if known and len(known) == len(waits):
        return max(known)
    date = _date(value)
    if date is not None:
        sent = _date(headers.get("date", ""))
        return max(0.0, date - (now if sent is None else sent))
    said = _SAID.search(text)
    return _seconds(said[1]) if said else None


_PLAIN = re.compile(r"\s*(\d{1,15}(?:\.\d{0,15})?)\s*")
_COMPACT = re.compile(r"\s*(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h))+\s*", re.IGNORECASE)
_PART = r"(\d{1,9}(?:\.\d{1,9})?)\s{0,3}(ms|mil\w{0,9}|sec\w{0,4}|s|min\w{0,4}|m|h\w{0,4})"
_PARTS = re.compile(_PART, re.IGNORECASE)
#: "Please retry after 26 seconds.", "Please try again in 6m0s."
_SAID = re.compile(
    rf"\b(?:retry(?:ing)?|try again|wait)(?:\s(?:it|after|in|for)){{0,2}}"
    rf"\s((?:{_PART}\s{{0,3}})+)",
    re.IGNORECASE,
)


def _number(text: str) -> float | None:
    number = _PLAIN.fullmatch(text)
    return float(number[1]) if number else None


def _duration(text: str) -> float | None:
    """Read seconds, or a number with a unit: `2`, `2s`, `1500ms`, `6m0s`."""
    return _seconds(text) if _COMPACT.fullmatch(text) else _number(text)


def _seconds(text: str) -> float:
    """Add up parts such as `6m0s` or `1 minute 30 seconds`."""
    units = {"ms": 0.001, "mi": 60.0, "m": 60.0, "h": 3600.0}
    total = 0.0
    for number, unit in _PARTS.findall(text):
        known = "ms" if unit.lower().startswith("mil") else unit.lower()
        total += float(number) * units.get(known[:2], units.get(known[:1], 1.0))
    return total


def _date(text: str) -> float | None:
    """Read an HTTP date, or one of ISO 8601, as Unix time."""
    try:
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            date = datetime.fromisoformat(text.strip())
        return date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None
