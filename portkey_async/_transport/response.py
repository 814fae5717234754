"""A response, and what its headers say about the call."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

import attrs


@attrs.define
class Response:
    """One answer.

    Attributes:
        status: The HTTP status.
        headers: The headers, case-insensitive.
        body: The whole body, decompressed; of an error, perhaps cut.
        resent: Whether the HTTP library sent the request twice by itself.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # a server may echo credentials
    body: bytes = attrs.field(repr=False)
    resent: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return is_success(self.status)

    @property
    def trace_id(self) -> str | None:
        """Portkey's trace id; a gateway that was sent none answers with an empty one."""
        return self.headers.get("x-portkey-trace-id") or None

    @property
    def request_id(self) -> str | None:
        """The upstream's id of the request, else Portkey's."""
        return self.headers.get("x-request-id") or self.headers.get("x-portkey-request-id") or None

    @property
    def gateway_attempts(self) -> int | None:
        """How often the gateway repeated the request; -1 when it gave up; None if not said."""
        return gateway_attempts(self.headers)


def is_success(status: int) -> bool:
    """Tell whether a status is a success."""
    return 200 <= status < 300


def may_have_executed(response: Response) -> bool:
    """Tell whether the server may have acted, going by its answer.

    A 4xx says that it did not, but for 408, which says that somebody stopped waiting, and for
    an answer that the gateway got only after repeating the request.
    """
    if response.gateway_attempts:
        return True
    rejected = 400 <= response.status < 500 and response.status != 408
    return not (rejected or response.status in {307, 308})


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
