"""What can befall a stream of events: its events as they should come, made into what does come."""

import json
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from functools import partial

import attrs
from support.runs import run_payload

#: How many events, with `done`, the two streams of the run have together that is streamed here.
EVENTS = 29
SILENT = "falls silent before an event"
HELD_BACK_SECONDS = 0.1
_DONE = b"event: done\ndata: [DONE]\n\n"


class End(Enum):
    """How a response ends."""

    PROPER = auto()
    CLOSED = auto()  # without the last chunk
    RESET = auto()
    SILENT = auto()  # it does not


@attrs.frozen
class Spoiled:
    """What comes in place of a stream.

    Attributes:
        pieces: Bytes, or seconds that pass.
        end: What comes after them.
        type: The content type.
    """

    pieces: Sequence[bytes | float]
    end: End = End.PROPER
    type: str = "text/event-stream"


@attrs.frozen
class StreamFault:
    """Something that befalls a stream.

    Attributes:
        name: What it is called in the table.
        spoil: Makes of the events of a stream, and a place among them, what comes.
        anywhere: Whether it strikes once, at some event; else every stream, as a whole.
        error: The class of the error, whatever place it strikes; "" for none.
        breaks: Whether the stream is as good as broken there.
        always: Whether it is even after the event that settles the run.
    """

    name: str
    spoil: Callable[[Sequence[bytes], int], Spoiled]
    anywhere: bool = True
    error: str = ""
    breaks: bool = False
    always: bool = False


def _cut(end: End, events: Sequence[bytes], at: int) -> Spoiled:
    return Spoiled(events[:at], end)


def _cut_inside(end: End, events: Sequence[bytes], at: int) -> Spoiled:
    return Spoiled([*events[:at], events[at][: len(events[at]) // 2]], end)


def _instead(piece: bytes, events: Sequence[bytes], at: int) -> Spoiled:
    return Spoiled([*events[:at], piece, *events[at:]])


def _is_delta(event: bytes) -> bool:
    return b".delta\n" in event.partition(b"data:")[0]


def _twice(events: Sequence[bytes], _at: int) -> Spoiled:
    """All but deltas, which nothing tells apart, and `done`."""
    return Spoiled(
        [one for event in events for one in [event] * (1 if _is_delta(event) else 2)][:-1]
    )


def _deltas_first(events: Sequence[bytes], _at: int) -> Spoiled:
    return Spoiled(sorted(events, key=_is_delta, reverse=True))


def _noisy(events: Sequence[bytes], _at: int) -> Spoiled:
    noise = b': beat\n\nid: 7\nretry: 10\n\nevent: unheard.of\ndata: {"a":\xff\n\ndata\n\n\n'
    return Spoiled([noise + event for event in events])


def _in_single_bytes(events: Sequence[bytes], _at: int) -> Spoiled:
    return Spoiled([bytes([byte]) for byte in b"".join(events)])


def _held_back(events: Sequence[bytes], _at: int) -> Spoiled:
    """As the gateway does with a stream whose lines end in CRLF."""
    return Spoiled([HELD_BACK_SECONDS, b"".join(events).replace(b"\n", b"\r\n")])


def _no_stream(events: Sequence[bytes], _at: int) -> Spoiled:
    """The run as it began, which a server says that does not stream."""
    run = next((event for event in events if b"thread.run.queued" in event), None)
    payload = json.dumps(run_payload()).encode() if run is None else run.partition(b"data: ")[2]
    return Spoiled([payload.strip()], type="application/json")


def _html(_events: Sequence[bytes], _at: int) -> Spoiled:
    return Spoiled([b"<html>Sign in</html>"], type="text/html")


def stream_faults() -> Iterator[StreamFault]:
    """All of them."""
    for end, how in ((End.PROPER, "ends"), (End.CLOSED, "is closed"), (End.RESET, "is reset")):
        yield StreamFault(f"{how} before an event", partial(_cut, end), breaks=True)
        yield StreamFault(f"{how} inside an event", partial(_cut_inside, end), breaks=True)
    yield StreamFault(SILENT, partial(_cut, End.SILENT), breaks=True)
    error = b'event: error\ndata: {"code": "server_error", "message": "It said no."}\n\n'
    yield StreamFault("an error event", partial(_instead, error), error="RunStreamError")
    garbage = b'event: thread.message.delta\ndata: {"id": 1}\n\n'
    yield StreamFault(
        "garbage in a known event", partial(_instead, garbage), breaks=True, always=True
    )
    yield StreamFault("`done` too early", partial(_instead, _DONE), breaks=True)
    whole = partial(StreamFault, anywhere=False)
    yield whole("nothing, to compare", lambda events, _: Spoiled(events))
    yield whole("every event twice but deltas", _twice)
    yield whole("deltas before all others", _deltas_first)
    yield whole("comments, unknown events, no text between", _noisy)
    yield whole("in single bytes", _in_single_bytes)
    yield whole("with CRLF, held back to its end", _held_back)
    yield whole("a run in JSON instead", _no_stream, breaks=True)
    yield whole("HTML instead", _html, error="APIResponseValidationError")
