"""A response, and what its headers say about the call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol, cast

import attrs

from portkey_async._secrets import Redactor

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
    """A response; its body may be cut, or still to be read.

    Attributes:
        status: The HTTP status.
        raw_headers: The headers as they came, case-insensitive.
        body: The whole body, decompressed; of an error, perhaps cut.
        cut: Whether there was more of the body.
        resent: Whether the HTTP library sent the request twice by itself.
        stream: The body of a success that is a stream of events, read as it comes.
        proxied: Whether a proxy may be on the way: then the first sending may have reached only it.
        redact: Takes the credentials out of what is shown of it.
    """

    status: int
    raw_headers: Mapping[str, str] = attrs.field(repr=False)  # a server may echo credentials,
    body: bytes = attrs.field(repr=False)  # in either
    cut: bool = attrs.field(default=False, repr=False)
    resent: bool = False
    proxied: bool = attrs.field(default=False, repr=False)
    stream: Stream | None = attrs.field(default=None, repr=False)
    redact: Redactor = attrs.field(default=Redactor(()), repr=False)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers, case-insensitive, free of credentials.

        Looked through when they are asked for: it takes long, and few successes are asked.
        """
        together = " ".join(self.raw_headers.values())
        if self.redact(together) == together:
            return self.raw_headers
        # One of the same kind, which takes a name in any case, and several times.
        make = cast("type[dict[str, str]]", type(self.raw_headers))
        return make((name, self.redact(value)) for name, value in self.raw_headers.items())

    @property
    def ok(self) -> bool:
        """Whether the status is a success."""
        return is_success(self.status)

    @property
    def text(self) -> str:
        """The body as text."""
        return decoded(self.body, self.raw_headers.get("content-type", ""))

    @property
    def json(self) -> bytes:
        """The body as JSON in UTF-8, whatever its encoding."""
        return as_utf8(self.body, self.raw_headers.get("content-type", ""))

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


def gateway_attempts(headers: Mapping[str, str]) -> int | None:
    """Read how often the gateway repeated the request: -1 when it gave up, None if not said."""
    # A chain of gateways appends its counts, as in "3, 0"; any of them may have given up.
    counts = re.findall(r"-?[0-9]{1,9}", headers.get("x-portkey-retry-attempt-count", ""))
    return -1 if "-1" in counts else max(map(int, counts), default=None)
