"""Streams of a run as the API sends them, whole or in pieces, and a client that reads them."""

import asyncio
import json
from typing import Any

import pytest
from aioresponses import aioresponses

from portkey_async import AsyncPortkey, RetryPolicy, Run
from portkey_async._runs.stream import RunStream
from portkey_async._secrets import Redactor
from portkey_async._transport.call import Opened

from .credentials import API_KEY
from .runs import RUN, THREAD, run_payload, waiting
from .virtual_time import Chance, hand_clock, now
from .wire import Answer, Sent, one_by_one, reply, serve

PATH = f"/v1/threads/{THREAD}/runs/{RUN}"


def message(text: str = "", status: str = "in_progress") -> dict[str, Any]:
    """Make a message as the API has it."""
    part = {"type": "text", "text": {"value": text, "annotations": []}}
    return {
        "id": "msg_1",
        "object": "thread.message",
        "created_at": 1_700_000_000,
        "thread_id": THREAD,
        "run_id": RUN,
        "role": "assistant",
        "status": status,
        "content": [part] if text else [],
    }


def delta(text: str) -> tuple[str, Any]:
    """Make the event of a delta."""
    part = {"index": 0, "type": "text", "text": {"value": text}}
    data = {"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [part]}}
    return "thread.message.delta", data


def told(status: str) -> tuple[str, Any]:
    """Make the event of a status of the run."""
    return f"thread.run.{status}", run_payload(status)


CREATED = ("thread.run.created", run_payload("queued"))
BEGUN = ("thread.message.created", message())
SAID = ("thread.message.completed", message("Hello", "completed"))
DONE = ("done", None)
WHOLE = [CREATED, told("in_progress"), BEGUN, delta("Hel"), delta("lo"), SAID, told("completed")]


def wire(*events: tuple[str, Any]) -> bytes:
    """Encode events."""
    lines = [
        f"event: {name}\ndata: {'[DONE]' if data is None else json.dumps(data)}\n\n"
        for name, data in events
    ]
    return "".join(lines).encode()


def streaming(*events: tuple[str, Any]) -> Answer:
    """Answer with a stream of events."""
    return reply(200, body=wire(*events), headers={"content-type": "text/event-stream"})


def page(*items: Any) -> Answer:
    """Answer with a list."""
    return reply(200, {"object": "list", "data": [*items], "has_more": False})


def client_of(mocked: aioresponses, *answers: Answer) -> tuple[AsyncPortkey, list[Sent]]:
    """Make a client with the virtual clock, one attempt a request, and the server's answers."""
    client = AsyncPortkey(API_KEY, retry=RetryPolicy(attempts=1))
    hand_clock(client, Chance())
    return client, serve(mocked, one_by_one(*answers))


def stream_of(client: AsyncPortkey, **given: Any) -> RunStream:
    """Stream a run."""
    return client.threads.runs.stream(THREAD, assistant_id="asst_1", **given)


class Slow:
    """A stream of pieces: bytes, seconds of silence, or how it is lost."""

    def __init__(self, *pieces: "bytes | float | Exception") -> None:
        """Give them one by one."""
        self.pieces = [*pieces]
        self.closed = False
        self.until = 0.0

    async def read(self) -> bytes:
        """Give the next piece."""
        if not self.pieces:
            return b""
        piece = self.pieces[0]
        if isinstance(piece, float):
            self.until = self.until or now() + piece  # goes on where it was cancelled
            await asyncio.sleep(self.until - now())
            self.pieces.pop(0)
            self.until = 0.0
            return await self.read()
        self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece

    def close(self) -> None:
        """Be closed."""
        self.closed = True


def slowly(monkeypatch: pytest.MonkeyPatch, stream: Slow, after: float = 0.0) -> None:
    """Have every request for a stream get this one."""

    async def opened(*_: object) -> Opened[Run]:
        await asyncio.sleep(after)
        return Opened(stream, None, Redactor(()), lambda error: error)

    monkeypatch.setattr("portkey_async._runs.stream.open_stream", opened)


COMPLETE = (page(message("Hello", "completed")), page())
WANTS = ("thread.run.requires_action", waiting(("call_1", "add", '{"a": 2, "b": 2}')))
