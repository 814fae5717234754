"""Server-sent events: bytes in whatever pieces they come, parsed into events.

By the rules of the HTML standard, section 9.2.6 "Interpreting an event stream", without what only
browsers use: `id` and `retry` are dropped.
"""

from __future__ import annotations

from typing import TypeAlias

from portkey_async._errors import APIResponseValidationError

_BOM = b"\xef\xbb\xbf"

#: The type of an event, `message` where the stream names none; and its data lines, joined by LF.
ServerSentEvent: TypeAlias = tuple[bytes, bytes]


class EventParser:
    """Parses one stream, incrementally. It does no I/O.

    Args:
        limit: How many bytes the data of one event may have.

    Attributes:
        error: Why it parses no further: an event is longer than the limit.
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
        self.error: APIResponseValidationError | None = None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Parse the next piece of the stream.

        Args:
            chunk: Any number of bytes, cut anywhere.

        Returns:
            The events that this piece completes, up to one that is too long. An event that the
            end of the stream cuts is never complete.
        """
        events: list[ServerSentEvent] = []
        if self.error is not None:
            return events
        rest = self._unified(chunk)
        if self._tail_length or self._data or self._name:
            begun, blank, rest = rest.partition(b"\n\n")
            self._parse(begun + blank, events)
        if len(rest) <= self._limit:
            # An event begins here, and nearly every one is its name and a line of data.
            whole, blank, rest = rest.rpartition(b"\n\n")
            if whole[:7] == b"event: ":
                for block in whole[7:].split(b"\n\nevent: "):
                    name, found, data = block.partition(b"\ndata: ")
                    if found and b"\n" not in data and b"\n" not in name:
                        events.append((name or b"message", data))
                    else:
                        self._parse(b"event: %b\n\n" % block, events)
            else:
                self._parse(whole + blank, events)
        self._parse(rest, events)
        return events

    def _parse(self, piece: bytes, events: list[ServerSentEvent]) -> None:
        """Parse a piece line by line."""
        lines = piece.split(b"\n")
        self._tail.append(lines[0])
        self._tail_length += len(lines[0])
        if len(lines) > 1:
            lines[0] = b"".join(self._tail)
            rest = lines.pop()
            self._tail, self._tail_length = [rest], len(rest)
            for line in lines:
                if line:
                    self._field(line)
                else:
                    if self._data:
                        events.append((self._name or b"message", b"\n".join(self._data)))
                    self._name, self._data, self._data_length = b"", [], 0
                if self.error is not None:
                    return
        self._check(self._tail_length - len(b"data: "))

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
            self._data.append(value)
            self._data_length += len(value) + 1
            self._check(self._data_length - 1)
        elif name == b"event":
            self._name = value
            self._check(len(value))

    def _check(self, length: int) -> None:
        if length <= self._limit:
            return
        self._tail, self._data = [], []
        self.error = APIResponseValidationError(
            f"an event is longer than {self._limit} bytes, the limit that max_response_bytes sets"
        )
