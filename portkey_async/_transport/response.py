"""A response, and what its headers say about the call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import attrs

from .text import as_utf8, clean, decoded


class Stream(Protocol):
    """A body that is read as it comes."""

    async def read(self) -> bytes:
        """Give the next piece, as soon as there is one; nothing at the end.

        Cancelled, it loses nothing.

        Raises:
            APIConnectionError: The connection was lost.
        """
        ...

    def close(self) -> None:
        """Let go of the connection. Idempotent."""
        ...


@attrs.define
class Response:
    """A whole response.

    Attributes:
        status: The HTTP status.
        headers: The headers, case-insensitive, free of credentials.
        body: The whole body, decompressed; of an error, perhaps cut.
        cut: Whether there was more of the body.
        resent: Whether the HTTP library sent the request twice by itself.
        stream: The body of a success that is a stream of events, read as it comes.
        proxied: Whether a proxy may be on the way: then the first sending may have reached only it.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)  # a server may echo credentials
    cut: bool = attrs.field(default=False, repr=False)
    resent: bool = False
    proxied: bool = attrs.field(default=False, repr=False)
    stream: Stream | None = attrs.field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return is_success(self.status)

    @property
    def text(self) -> str:
        """The body as text."""
        return decoded(self.body, self.headers.get("content-type", ""))

    @property
    def json(self) -> bytes:
        """The body as JSON in UTF-8, whatever its encoding."""
        return as_utf8(self.body, self.headers.get("content-type", ""))

    @property
    def trace_id(self) -> str | None:
        """Portkey's trace id; a gateway that was sent none answers with an empty one."""
        return clean(self.headers.get("x-portkey-trace-id", "")) or None

    @property
    def request_id(self) -> str | None:
        """The upstream's id of the request, else Portkey's."""
        names = ("x-request-id", "x-portkey-request-id")
        return next((clean(self.headers[name]) for name in names if self.headers.get(name)), None)

    @property
    def gateway_attempts(self) -> int | None:
        """How often the gateway repeated the request; -1 when it gave up; None if not said."""
        return gateway_attempts(self.headers)


def is_event_stream(headers: Mapping[str, str]) -> bool:
    """Tell whether a body is a stream of events. One that has no type is taken for one."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in {"", "text/event-stream"}


def is_success(status: int) -> bool:
    """Tell whether a status is a success."""
    return 200 <= status < 300


def may_have_executed(response: Response) -> bool:
    """Tell whether the server may have acted, going by its response.

    A 4xx says that it did not, but for 408, which says that somebody stopped waiting, and for
    a response that the gateway got only after repeating the request.
    """
    if response.gateway_attempts:
        return True
    rejected = 400 <= response.status < 500 and response.status != 408
    return not (rejected or response.status in {307, 308})


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


def gateway_attempts(headers: Mapping[str, str]) -> int | None:
    """Read how often the gateway repeated the request: -1 when it gave up, None if not said."""
    # A chain of gateways appends its counts, as in "3, 0"; any of them may have given up.
    counts = re.findall(r"-?[0-9]{1,9}", headers.get("x-portkey-retry-attempt-count", ""))
    return -1 if "-1" in counts else max(map(int, counts), default=None)
