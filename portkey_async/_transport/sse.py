"""Server-sent events: bytes in whatever pieces they come, parsed into events.

By the rules of the HTML standard, section 9.2.6 "Interpreting an event stream", without what only
browsers use: `id` and `retry` are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from portkey_async._errors import APIResponseValidationError

_BOM = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event.

    Attributes:
        name: Its type; `message` where the stream names none.
        data: Its data lines, joined by LF.
    """

    name: bytes
    data: bytes


class EventParser:
    """Parses one stream, incrementally. It does no I/O.

    Args:
        limit: How many bytes the data of one event may have.
    """

    def __init__(self, limit: int) -> None:
        """Wait for the first byte."""
        self._limit = limit
        self._name = b""
        self._data: list[bytes] = []
        self._data_length = 0
        # A line that is not complete. In pieces: to join it with every chunk would be quadratic.
        self._tail: list[bytes] = []
        self._tail_length = 0
        self._start = b""  # the first bytes, as long as they may be part of a byte order mark
        self._started = False
        self._after_cr = False  # a LF that comes next belongs to the CR before it

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Parse the next piece of the stream. The iterator must be used up before the next piece.

        Args:
            chunk: Any number of bytes, cut anywhere.

        Returns:
            The events that this piece completes. An event that the end of the stream cuts is
            never complete.

        Raises:
            APIResponseValidationError: An event is longer than the limit.
        """
        lines = self._unified(chunk).split(b"\n")
        self._tail.append(lines[0])
        self._tail_length += len(lines[0])
        if len(lines) > 1:
            lines[0] = b"".join(self._tail)
            rest = lines.pop()
            self._tail, self._tail_length = [rest], len(rest)
            for line in lines:
                if line.startswith(b"data: "):  # nearly all of the bytes, so first
                    self._append(line[6:])
                elif not line:
                    if self._data:
                        yield ServerSentEvent(self._name or b"message", b"\n".join(self._data))
                    self._name, self._data, self._data_length = b"", [], 0
                else:
                    self._field(line)
        if self._tail_length > self._limit + len(b"data: "):
            raise self._too_long()

    def _unified(self, chunk: bytes) -> bytes:
        """Drop the byte order mark, and make every line end a LF."""
        if not self._started:
            self._start += chunk
            if len(self._start) < len(_BOM) and _BOM.startswith(self._start):
                return b""
            self._started = True
            chunk, self._start = self._start.removeprefix(_BOM), b""
        if self._after_cr and chunk:
            chunk, self._after_cr = chunk.removeprefix(b"\n"), False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")  # a comment is a field without a name
        value = value.removeprefix(b" ")
        if name == b"data":
            self._append(value)
        elif name == b"event":
            self._name = value
            self._check(len(value))

    def _append(self, value: bytes) -> None:
        self._data.append(value)
        self._data_length += len(value) + 1
        self._check(self._data_length - 1)

    def _check(self, length: int) -> None:
        if length > self._limit:
            raise self._too_long()

    def _too_long(self) -> APIResponseValidationError:
        self._tail, self._data = [], []
        return APIResponseValidationError(
            f"an event is longer than {self._limit} bytes, the limit that max_response_bytes sets"
        )
