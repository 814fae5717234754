"""Messages as the API gives them: their parts, and the deltas in which they are streamed."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portkey_async.testing._store import Payload


def message_payload(message_id: str, created_at: int, thread_id: str, **fields: Any) -> Payload:
    """A message with these fields, and the API's defaults for the others."""
    payload: Payload = {
        "id": message_id,
        "object": "thread.message",
        "created_at": created_at,
        "thread_id": thread_id,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": created_at,
        "incomplete_at": None,
        "role": "user",
        "content": [],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
    }
    return payload | fields


def text_part(text: str, annotations: Sequence[Mapping[str, Any]] = ()) -> Payload:
    """A part of a message's content."""
    return {"type": "text", "text": {"value": text, "annotations": [dict(a) for a in annotations]}}


def text_of(message: Payload) -> str:
    """What a message says in words."""
    parts = [part["text"]["value"] for part in message["content"] if part["type"] == "text"]
    return "\n".join(parts)


def deltas(
    message_id: str, text: str, annotations: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Payload]]:
    """The pieces in which a text is streamed, a word each, and the deltas that carry them.

    An annotation comes with the piece that reaches its end, or with the last one. The first piece
    says that there are none so far, as the API's does.
    """
    pieces = re.findall(r"\s*\S+|\s+$", text) or [text]
    waiting = list(enumerate(annotations))
    said = 0
    for number, piece in enumerate(pieces):
        said += len(piece)
        is_last = number == len(pieces) - 1
        due = [(n, a) for n, a in waiting if is_last or _end(a) <= said]
        waiting = [pair for pair in waiting if pair not in due]
        content: Payload = {"value": piece}
        if due or not number:
            content["annotations"] = [{"index": index} | dict(each) for index, each in due]
        part = {"index": 0, "type": "text", "text": content}
        delta = {"id": message_id, "object": "thread.message.delta", "delta": {"content": [part]}}
        yield piece, delta


def _end(annotation: Mapping[str, Any]) -> float:
    end = annotation.get("end_index")
    return end if isinstance(end, int) else math.inf
