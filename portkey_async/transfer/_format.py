"""The lines of a dump: a header, then one object a line. Pure functions over bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import attrs
import msgspec

from portkey_async._codec.writer import encodable
from portkey_async._json import encode
from portkey_async._models.base import Model
from portkey_async._types import JSONObject, JSONValue, is_object

from ._errors import TransferError

Kind: TypeAlias = Literal["assistant", "thread", "message"]

FORMAT: Final = "portkey_async.dump"
VERSION: Final = 1
KINDS: Final[tuple[Kind, ...]] = ("assistant", "thread", "message")
#: A header is written anew when the dump is complete, in the room that it had.
_ROOM: Final = 160
#: Longer than any response that a client takes.
LONGEST_LINE: Final = 64 * 1024 * 1024

_encoder: Final = msgspec.json.Encoder()


@attrs.frozen
class Header:
    """The first line of a dump.

    Attributes:
        time: When the dump was begun, ISO 8601 in UTC.
        source: The URL of the gateway.
        asked: While the dump is not complete, what it was asked for; None once it is.
        counts: Once it is complete, how many objects of each kind it has.
    """

    time: str
    source: str
    asked: Mapping[str, JSONValue] | None = None
    counts: Mapping[str, int] | None = None


@attrs.frozen
class Record:
    """A line of a dump: one object.

    Attributes:
        line: Its number, from 1.
        kind: What it is.
        payload: The object, as the API gave it.
    """

    line: int
    kind: Kind
    payload: JSONObject

    @property
    def old(self) -> str:
        """The id that it had."""
        return str(self.payload["id"])


class _Line(msgspec.Struct, gc=False):
    """A line as it is encoded."""

    kind: Kind
    payload: Any


def now() -> str:
    """Give the time for a header."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def age(header: Header) -> float:
    """Give the seconds since a header was written; infinity where it does not say when."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(header.time)).total_seconds()
    except (ValueError, TypeError):
        return float("inf")


def header_line(header: Header) -> bytes:
    """Write a header; complete or not, it is of the same length."""
    start: JSONObject = {
        "format": FORMAT,
        "version": VERSION,
        "time": header.time,
        "source": header.source,
    }
    rest = {"asked": header.asked} if header.counts is None else {"counts": header.counts}
    width = len(encode(start)) + _ROOM
    return encode({**start, **rest}).ljust(width) + b"\n"


def read_header(line: bytes) -> Header:
    """Read the first line.

    Raises:
        TransferError: It is not that of a dump, or of one that this version cannot read.
    """
    found = _object(line, 1)
    if found.get("format") != FORMAT:
        raise TransferError(
            f"this is no dump: its format is {_short(found.get('format'))}, not {FORMAT!r}", line=1
        )
    version = found.get("version")
    if type(version) is int and version > VERSION:
        raise TransferError(
            f"the dump is of version {version}, and this package reads {VERSION}; update it", line=1
        )
    time, source, asked, counts = (found.get(n) for n in ("time", "source", "asked", "counts"))
    if version != VERSION or not isinstance(time, str) or not isinstance(source, str):
        raise TransferError("version, time or source is missing or wrong", line=1)
    if not (asked is None or is_object(asked)) or not (counts is None or is_object(counts)):
        raise TransferError("asked or counts is no object", line=1)
    return Header(time, source, asked, counts)


def lines(kind: Kind, models: Sequence[Model]) -> bytes:
    """Write objects, one a line.

    Raises:
        TransferError: One is nested more deeply than can be written.
    """
    try:
        return _encoder.encode_lines([_Line(kind, encodable(model)) for model in models])
    except RecursionError:
        ids = [str(getattr(model, "id", "")) for model in models]
        raise TransferError(
            f"an object from {ids[0]} to {ids[-1]} is nested too deeply to be written"
        ) from None


def read_line(line: bytes, number: int) -> Record:
    """Read a line after the first.

    Raises:
        TransferError: It is damaged, or of a kind that this version does not know.
    """
    if not line.endswith(b"\n"):
        what = "is longer than any object" if len(line) > LONGEST_LINE else "is cut off"
        raise TransferError(f"the line {what}", line=number)
    found = _object(line, number)
    kind, payload = found.get("kind"), found.get("payload")
    for known in KINDS:
        if kind == known:
            break
    else:
        raise TransferError(f"the kind is {_short(kind)}, and not one of {KINDS}", line=number)
    if not is_object(payload):
        raise TransferError(f"the payload is {_short(payload)}, and no object", line=number)
    identifier = payload.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise TransferError(f"the id is {_short(identifier)}, and no text", line=number)
    return Record(number, known, payload)


def _object(line: bytes, number: int) -> JSONObject:
    try:
        found: JSONValue = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TransferError(f"this is no JSON: {error}", line=number) from None
    if not is_object(found):
        raise TransferError(f"this is {_short(found)}, and no object", line=number)
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
