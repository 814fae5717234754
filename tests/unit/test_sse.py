"""Server-sent events: what they mean, however the bytes are cut."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async import APIResponseValidationError
from portkey_async._transport.sse import EventParser, ServerSentEvent

LIMIT = 1000


def parsed(*chunks: bytes, limit: int = LIMIT) -> list[ServerSentEvent]:
    """Parse a stream that comes in these pieces."""
    parser = EventParser(limit)
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    if parser.error is not None:
        raise parser.error
    return events


def event(data: str, name: str = "message") -> ServerSentEvent:
    """Make the event that is expected."""
    return name.encode(), data.encode()


#: What the standard says of each stream, its own examples among them.
STREAMS = [
    ("data: a\n\n", [event("a")]),
    ("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
     [event("73857293", "add"), event("2153", "remove")]),
    ("data: YHOO\ndata: +2\ndata: 10\n\n", [event("YHOO\n+2\n10")]),
    (": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
     [event("first event"), event("second event"), event(" third event")]),
    ("data\n\ndata\ndata\n\ndata:\n\n", [event(""), event("\n"), event("")]),
    ("data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]),
    ("data:test\n\ndata: test\n\n", [event("test"), event("test")]),
    ("event: x\n\ndata: a\n\n", [event("a")]),
    ("event: x\nevent: y\ndata: a\n\n", [event("a", "y")]),
    ("event\ndata: a\n\n", [event("a")]),
    ("data: a\r\n\r\ndata: b\r\n\r\n", [event("a"), event("b")]),
    ("data: a\r\rdata: b\r\r", [event("a"), event("b")]),
    ("data: a\rdata: b\r\ndata: c\n\n", [event("a\nb\nc")]),
    ("data: a\n\r\ndata: b\r\n\r", [event("a"), event("b")]),
    ("\ufeffdata: a\n\n", [event("a")]),
    ("\ufeff\ufeffdata: a\ndata: b\n\n", [event("b")]),
    ("data: \ufeffa\n\n", [event("\ufeffa")]),
    ("retry: 10\nunknown: x\nDATA: x\n data: x\ndata: a: b\n\n", [event("a: b")]),
    ("data: caf\u00e9 \U0001f600 \u2028 \u0085\n\n", [event("caf\u00e9 \U0001f600 \u2028 \u0085")]),
    ("", []),
    ("\n\n\n", []),
    ("data: never ended\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("stream", "events"), STREAMS)
def test_the_rules_of_the_standard(stream: str, events: list[ServerSentEvent]) -> None:
    """Line ends, comments, several data lines, fields without a value, a byte order mark."""
    assert parsed(stream.encode()) == events


@pytest.mark.parametrize(("stream", "events"), STREAMS)
def test_it_does_not_matter_where_a_stream_is_cut(
    stream: str, events: list[ServerSentEvent]
) -> None:
    """Into two at any byte, into three at any two, or into single bytes, with empty pieces too."""
    data = stream.encode()
    for cuts in itertools.combinations_with_replacement(range(len(data) + 1), 2):
        pieces = [data[start:end] for start, end in itertools.pairwise((0, *cuts, len(data)))]
        assert parsed(*pieces) == events
    assert parsed(*(data[at : at + 1] for at in range(len(data)))) == events


_TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)


@given(st.data())
def test_what_was_written_is_read(data: st.DataObject) -> None:
    """Any events, with any line ends, comments between, and any cuts."""
    events = data.draw(st.lists(st.tuples(_TEXT, st.lists(_TEXT, min_size=1, max_size=3))))
    end = st.sampled_from(["\n", "\r", "\r\n"])
    stream = data.draw(st.sampled_from(["", "\ufeff"]))
    for name, lines in events:
        stream += f":{data.draw(_TEXT)}{data.draw(end)}event: {name}{data.draw(end)}"
        stream += "".join(f"data: {line}{data.draw(end)}" for line in lines)
        # A LF after a CR would be one line end together with it.
        stream += "\n" if stream.endswith("\n") else "\r"
    written = stream.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=8)))
    pieces = [written[a:b] for a, b in itertools.pairwise((0, *cuts, len(written)))]

    assert parsed(*pieces) == [event("\n".join(lines), name or "message") for name, lines in events]


@given(st.lists(st.binary(max_size=30)))
def test_any_bytes_are_parsed_in_one_way(pieces: list[bytes]) -> None:
    """Whatever a server sends, it is no crash, and the cuts make no difference."""
    assert parsed(*pieces) == parsed(b"".join(pieces))


@pytest.mark.parametrize(
    "stream",
    [
        b"data: " + b"x" * 21,
        b": " + b"x" * 25,
        b"data: " + b"x" * 21 + b"\n\n",
        b"data: xxxxxxxxxx\ndata: xxxxxxxxxx\n\n",
        b"data\n" * 22,
        b"event: " + b"x" * 21 + b"\n\n",
    ],
    ids=["open line", "open comment", "line", "two lines", "empty lines", "name"],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_has_a_limit(stream: bytes, size: int) -> None:
    """One that is longer is refused as soon as it is, after the events before it."""
    stream = b"data: " + b"y" * 14 + b"\n\n" + stream
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]

    with pytest.raises(APIResponseValidationError, match="longer than 20 bytes"):
        parsed(*pieces, limit=20)


def test_events_come_before_the_error_in_the_same_piece() -> None:
    """What was complete is not lost because the next event is too long."""
    parser = EventParser(20)

    assert parser.feed(b"data: a\n\ndata: " + b"x" * 21) == [event("a")]
    assert parser.error is not None
    assert parser.feed(b"\n\ndata: b\n\n") == []


def test_single_bytes_take_linear_time() -> None:
    """A mebibyte in single bytes is a matter of a second, not of minutes."""
    data = b"data: " + b"x" * 2**20 + b"\n\n"
    started = time.process_time()

    (whole,) = parsed(*(data[at : at + 1] for at in range(len(data))), limit=2**21)

    assert len(whole[1]) == 2**20
    assert time.process_time() - started < 30  # generous: quadratic, it takes minutes
