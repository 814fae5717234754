"""One stream under one fault, read in one way: which promises were kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import attrs
from faults.exchange import head, message
from faults.stream_faults import EVENTS, SILENT, End, Spoiled, StreamFault
from support.raw_server import Connection, RawRequest, RawServer

from portkey_async import APIConnectionError, APIError, Run, RunEvent, RunStream, Timeout
from portkey_async.testing import Call, PortkeyServer, Say

CELLS_AT_ONCE = 24
SILENCE_SECONDS = 1.0
#: For what was sent to arrive: what is unread is lost in a reset.
ARRIVING_SECONDS = 0.1
TEXT = "Two and two is four [1], I think."
ANNOTATION = {
    "type": "file_citation",
    "text": "[1]",
    "start_index": 20,
    "end_index": 23,
    "file_citation": {"file_id": "file_1"},
}
ACTS = (Call("add", a=2, b=2), Say(TEXT, annotations=[ANNOTATION]))
_LAST = (b"event: thread.run.requires_action\n", b"event: thread.run.completed\n")
_NOT_RELAYED = {"host", "connection", "accept-encoding", "content-length"}

Way = Callable[[RunStream], Awaitable[str | None]]


async def by_events(stream: RunStream) -> None:
    """Read the events."""
    events = [event async for event in stream if isinstance(event, RunEvent)]
    assert events[-1].event == "thread.run.completed"


async def by_text(stream: RunStream) -> str:
    """Read the text."""
    return "".join([piece async for piece in stream.text_deltas])


async def by_final_run(stream: RunStream) -> None:
    """Ask for the final run."""
    assert (await stream.get_final_run()).status == "completed"


WAYS: tuple[Way, ...] = (by_events, by_text, by_final_run)


@attrs.frozen
class StreamCell:
    """What came of it.

    Attributes:
        fault: What happened.
        at: At which event, counted over all streams of the run.
        way: How it was read.
        outcome: The name of the error, or whether it was `mended`, or nothing was needed.
        broken: The promises that were not kept.
    """

    fault: StreamFault
    at: int
    way: Way
    outcome: str
    broken: tuple[str, ...]

    def __str__(self) -> str:
        """Which cell it is, and what is wrong with it."""
        where = f"{self.fault.name}, at {self.at}, {self.way.__name__}"
        return f"{where}: {'; '.join(self.broken) or self.outcome}"


@attrs.define
class _Relay:
    """Stands between the client and the server, and spoils streams.

    Attributes:
        expected: What must come of it, as in `StreamCell.outcome`.
        struck: Whether the fault has happened.
    """

    fault: StreamFault
    at: int
    upstream: str
    session: aiohttp.ClientSession
    expected: str = "whole"
    struck: bool = False
    _streams: int = 0

    async def serve(self, connection: Connection) -> None:
        """Serve one connection."""
        while request := await connection.receive():
            status, body, kind = await self._ask(request)
            if not kind.startswith("text/event-stream"):
                await connection.send(message(status, body, type_=kind))
                continue
            events = [event + b"\n\n" for event in body.split(b"\n\n")[:-1]]
            await _send(connection, self._spoiled(events))
            return

    async def _ask(self, request: RawRequest) -> tuple[int, bytes, str]:
        headers = {name: v for name, v in request.headers.items() if name not in _NOT_RELAYED}
        url = self.upstream + request.target
        body = request.body or None
        asking = self.session.request(request.method, url, headers=headers, data=body)
        async with asking as response:
            return response.status, await response.read(), response.headers["content-type"]

    def _spoiled(self, events: Sequence[bytes]) -> Spoiled:
        self._streams += 1
        if self.fault.anywhere and (self.struck or self.at >= len(events)):
            self.at -= 0 if self.struck else len(events)
            return Spoiled(events)
        self.struck = True
        at = self.at if self.fault.anywhere else 0
        if self.fault.error:
            self.expected = self.fault.error
        elif self.fault.breaks:
            if at == 0 and self._streams == 1 and self.fault.anywhere:
                self.expected = APIConnectionError.__name__  # not even the run's id has come
            elif self.fault.always or not any(one.startswith(_LAST) for one in events[:at]):
                self.expected = "mended"
        return self.fault.spoil(events, at)


async def _send(connection: Connection, spoiled: Spoiled) -> None:
    fields = (f"Content-Type: {spoiled.type}", "Transfer-Encoding: chunked", "Connection: close")
    await connection.send(head(200, *fields))
    for piece in spoiled.pieces:
        if isinstance(piece, float):
            await asyncio.sleep(piece)
        else:
            await connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
    match spoiled.end:
        case End.PROPER:
            await connection.send(b"0\r\n\r\n")
        case End.RESET:
            await asyncio.sleep(ARRIVING_SECONDS)
            connection.reset()
        case End.SILENT:
            await connection.gone()
        case End.CLOSED:
            pass


@asynccontextmanager
async def streaming_server() -> AsyncIterator[PortkeyServer]:
    """A server whose runs all call a function and say something."""
    async with PortkeyServer(assistants=1) as server:
        server.script(*ACTS, times=None)
        yield server


async def run_all(
    server: PortkeyServer, faults: Sequence[StreamFault], ways: Sequence[Way]
) -> list[StreamCell]:
    """Try every fault at every place, in all these ways, several at once."""
    gate = asyncio.Semaphore(CELLS_AT_ONCE)

    async def one(fault: StreamFault, at: int, way: Way) -> StreamCell:
        async with gate:
            return await run_stream(server, fault, at, way)

    return await asyncio.gather(
        *(
            one(fault, at, way)
            for fault in faults
            for at in range(EVENTS if fault.anywhere else 1)
            for way in ways
        )
    )


async def run_stream(server: PortkeyServer, fault: StreamFault, at: int, way: Way) -> StreamCell:
    """Stream a run of *server* under *fault*."""
    called: list[int] = []

    async def add(a: int, b: int) -> int:
        called.append(a)
        return a + b

    [assistant_id] = server.assistants
    upstream = server.base_url.removesuffix("/v1")
    async with aiohttp.ClientSession() as session:
        relay = _Relay(fault, at, upstream, session)
        async with RawServer(relay.serve) as spoiling:
            timeout = Timeout(total=30, read=SILENCE_SECONDS if fault.name == SILENT else 15)
            url = f"http://127.0.0.1:{spoiling.port}/v1"
            async with server.client(base_url=url, timeout=timeout) as client:
                thread_id = (await client.threads.create()).id
                runs = client.threads.runs
                made = runs.stream(thread_id, assistant_id=assistant_id, functions=[add])
                outcome, text = await _read(made, way)
            await spoiling.all_closed()
    broken = [] if relay.struck else ["there are not so many events"]
    if outcome != relay.expected:
        broken.append(f"{outcome}, not {relay.expected}")
    if outcome in {"whole", "mended"}:
        broken += _differences(server, made)
        if text not in {None, TEXT}:
            broken.append(f"the text was {text!r}")
        if called != [2]:
            broken.append(f"the function was called {len(called)} times")
    return StreamCell(fault, at, way, outcome, tuple(broken))


async def _read(made: RunStream, way: Way) -> tuple[str, str | None]:
    try:
        async with made as stream:
            text = await way(stream)
    except APIError as error:
        return type(error).__name__, None
    return "mended" if made.interrupted else "whole", text


def _differences(server: PortkeyServer, stream: RunStream) -> list[str]:
    """Where the snapshots are not what the API holds."""
    run = stream.run
    assert isinstance(run, Run)
    of_run = partial(_of_run, run.id)
    pairs: list[tuple[Any, Any]] = [
        (run.to_dict(), server.runs[run.id]),
        ([one.to_dict() for one in stream.messages], of_run(server.messages)),
        ([one.to_dict() for one in stream.run_steps], of_run(server.run_steps)),
    ]
    return [f"{seen} is not {held}" for seen, held in pairs if seen != held]


def _of_run(run_id: str, store: Any) -> list[dict[str, Any]]:
    return [one for one in store.values() if one.get("run_id") == run_id]
