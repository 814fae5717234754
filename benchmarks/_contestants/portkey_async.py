"""This package, as its documentation uses it."""

import asyncio
import functools
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from benchmarks._contestants._jobs import Clock, Contestant, Pair, Sample, check, run, stream
from benchmarks._dataset import Checksum, identifier
from benchmarks._memory import peak
from benchmarks._streams import Told, thread
from portkey_async import Assistant, AsyncPortkey, MessageDeltaEvent, Page
from portkey_async.transfer import dump

_WORK = 0.020  # seconds of the caller's own waiting on every page


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[AsyncPortkey]:
    """Open a client."""
    async with AsyncPortkey("pk-benchmark", virtual_key="openai-prod", base_url=url) as client:
        yield client


async def first_page(client: AsyncPortkey) -> object:
    """Fetch one page."""
    return await client.assistants.list(limit=100, order="asc")


async def walk(client: AsyncPortkey, see: Callable[[Pair], object]) -> None:
    """List every assistant."""
    async for assistant in client.assistants.list(limit=100, order="asc"):
        see((assistant.id, assistant.name or ""))


async def retrieve(client: AsyncPortkey, identifier: str) -> Assistant:
    """Get one assistant."""
    return await client.assistants.retrieve(identifier)


def decoder() -> Callable[[bytes], Sequence[Assistant]]:
    """Return the decoder of a page, as the client uses it."""
    from portkey_async._codec.decode import decode as decode_body  # noqa: PLC0415  # private

    def decode(body: bytes) -> Sequence[Assistant]:
        return decode_body(body, Page[Assistant]).data

    return decode


def pair(item: Assistant) -> Pair:
    """Return (id, name)."""
    return item.id, item.name or ""


async def work_on_pages(url: str, count: str, ahead: str) -> Sample:
    """Wait 20 ms on every page, with so many pages fetched ahead (0: without `prefetch`)."""
    seen: list[Pair] = []
    async with connect(url) as client:
        await first_page(client)
        pager = client.assistants.list(limit=100, order="asc")
        if int(ahead):
            pager = pager.prefetch(pages=int(ahead))
        clock = Clock()
        async for page in pager.by_page():
            seen.extend(map(pair, page))
            await asyncio.sleep(_WORK)
        taken = clock.read()
    check(Checksum.of(seen), range(int(count)))
    return taken


async def collect(url: str, count: str, ends: str) -> Sample:
    """Collect everything, from one end or from both."""
    async with connect(url) as client:
        await first_page(client)
        clock = Clock()
        everything = await client.assistants.list(limit=100, order="asc").collect(
            both_ends=ends == "2"
        )
        taken = clock.read()
    check(Checksum.of(map(pair, everything)), range(int(count)))
    return taken


async def with_options(url: str, count: str) -> Sample:
    """Derive clients; the result is CPU time a call."""
    async with connect(url) as client:
        clock = Clock()
        for _ in range(int(count)):
            client.with_options(timeout=5, trace_id="t-1")
        return {"cpu": clock.read()["cpu"] / int(count)}


async def delete_many(url: str, count: str, concurrency: str) -> Sample:
    """Delete that many."""
    identifiers = [identifier(index) for index in range(int(count))]
    async with connect(url) as client:
        await first_page(client)
        deleted = [""] * len(identifiers)
        clock = Clock()
        async for outcome in client.assistants.delete_many(identifiers, int(concurrency)):
            assert outcome.result
            deleted[outcome.index] = outcome.result.id
        taken = clock.read()
    assert deleted == identifiers
    return taken


async def delete_memory(url: str, count: str) -> Sample:
    """Delete that many without keeping anything; the peak (MiB) is that of the whole process."""
    done = 0
    async with connect(url) as client:
        async for outcome in client.assistants.delete_many(map(identifier, range(int(count)))):
            done += outcome.ok
    taken = {"peak": peak()}
    assert done == int(count)
    return taken


async def list_kept(url: str, count: str) -> Sample:
    """List everything into a list."""
    async with connect(url) as client:
        await first_page(client)
        clock = Clock()
        assistants = [assistant async for assistant in client.assistants.list(limit=100)]
        taken = clock.read()
    assert len(assistants) == int(count)
    return taken


async def dump_all(url: str, count: str) -> Sample:
    """Dump everything into a file."""
    with tempfile.TemporaryDirectory() as folder:
        async with connect(url) as client:
            await first_page(client)
            clock = Clock()
            summary = await dump(client, f"{folder}/dump.jsonl")
            taken = clock.read()
    assert summary.assistants == int(count)
    return taken


async def dump_memory(url: str, count: str) -> Sample:
    """Dump everything into a file; the peak (MiB) is that of the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        async with connect(url) as client:
            summary = await dump(client, f"{folder}/dump.jsonl")
        taken = {"peak": peak()}
    assert summary.assistants == int(count)
    return taken


async def read(client: AsyncPortkey, thread: str, see: Callable[[str], object]) -> None:
    """Stream a run."""
    async with client.threads.runs.stream(thread, assistant_id="asst_1") as events:
        async for event in events:
            if isinstance(event, MessageDeltaEvent):
                see(event.data.text)


async def streams_beside(url: str, streams: str, rate: str, seconds: str) -> Sample:
    """Read streams side by side, with ordinary calls beside them.

    Returns:
        `share`: the CPU time of all of it as a share of the wall time; `slowest`: the longest of
        the calls, in seconds.
    """
    count = int(rate) * int(seconds)
    told = [Told() for _ in range(int(streams))]
    slowest = 0.0
    async with connect(url) as client:
        await read(client, thread(100), Told().see)
        await first_page(client)
        clock = Clock()
        async with asyncio.TaskGroup() as group:
            for one in told:
                group.create_task(read(client, thread(count, int(rate)), one.see))
            for _ in range(int(seconds) * 10):
                started = time.perf_counter()
                await client.assistants.retrieve(identifier(0))
                slowest = max(slowest, time.perf_counter() - started)
                await asyncio.sleep(0.1)
        taken = clock.read()
    for one in told:
        one.check(count)
    return {"share": taken["cpu"] / taken["wall"], "slowest": slowest}


async def stream_memory(url: str, count: str) -> Sample:
    """Read a stream and keep nothing; the peak (MiB) is the process's, beside the text itself."""
    told = Told()
    async with connect(url) as client:
        await read(client, thread(int(count)), told.see)
    taken = {"beside": peak() - told.length / 2**20}
    told.check(int(count))
    return taken


if __name__ == "__main__":
    run(
        Contestant(connect, first_page, walk, retrieve, decoder, pair),
        {
            "work-on-pages": work_on_pages,
            "collect": collect,
            "with-options": with_options,
            "delete-many": delete_many,
            "delete-memory": delete_memory,
            "list-kept": list_kept,
            "dump": dump_all,
            "dump-memory": dump_memory,
            "stream": functools.partial(stream, connect, read),
            "streams-beside": streams_beside,
            "stream-memory": stream_memory,
        },
    )
