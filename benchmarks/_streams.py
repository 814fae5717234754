"""The streams that the server sends: a run whose message comes in so many pieces of text."""

import functools
import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

_RUN: Final = {
    "id": "run_1",
    "object": "thread.run",
    "created_at": 1_700_000_000,
    "thread_id": "thread_1",
    "assistant_id": "asst_1",
    "status": "in_progress",
}
_MESSAGE: Final = {
    "id": "msg_1",
    "object": "thread.message",
    "created_at": 1_700_000_000,
    "thread_id": "thread_1",
    "run_id": "run_1",
    "role": "assistant",
    "status": "in_progress",
    "content": [],
}


def thread(count: int, rate: int = 0) -> str:
    """Return the id of the thread on which a run streams so many pieces, *rate* a second.

    At a rate of 0, all of them at once.
    """
    return f"thread_{count}_{rate}"


def piece(index: int) -> str:
    """Return the piece of text of this index."""
    return f" word{index % 1000}"


@functools.cache
def events(count: int) -> Sequence[bytes]:
    """Return the events of a stream, each as the chunk of HTTP that servers make of it."""
    deltas = (
        {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [_part(index)]}}
        for index in range(count)
    )
    return [
        _chunk("thread.run.created", _RUN),
        _chunk("thread.message.created", _MESSAGE),
        *(_chunk("thread.message.delta", delta) for delta in deltas),
        _chunk("thread.run.completed", {**_RUN, "status": "completed"}),
        _chunk("done", None),
        b"0\r\n\r\n",
    ]


def _part(index: int) -> dict[str, Any]:
    return {"index": 0, "type": "text", "text": {"value": piece(index)}}


def _chunk(name: str, data: dict[str, Any] | None) -> bytes:
    text = "[DONE]" if data is None else json.dumps(data, separators=(",", ":"))
    event = f"event: {name}\ndata: {text}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


class Told:
    """What a contestant was told: a count and a CRC, in order. Keeps no text."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.count = self.crc = self.length = 0

    def see(self, text: str) -> None:
        """Take in one more piece."""
        self.count += 1
        self.length += len(text)
        self.crc = zlib.crc32(text.encode(), self.crc)

    def see_all(self, pieces: Iterable[str]) -> "Told":
        """Take in more pieces."""
        for one in pieces:
            self.see(one)
        return self

    def check(self, count: int) -> None:
        """Raise `AssertionError` unless it is the text of a stream of so many pieces."""
        wanted = Told().see_all(map(piece, range(count)))
        assert (self.count, self.crc) == (wanted.count, wanted.crc), f"{self.count} of {count}"
