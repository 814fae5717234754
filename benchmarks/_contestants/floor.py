"""The floor: aiohttp and `orjson.loads` to dicts, without checks, errors or types.

Not a client anyone would want.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from benchmarks._contestants._jobs import Clock, Contestant, Pair, Sample, run, stream
from benchmarks._dataset import identifier

Payload = dict[str, Any]


@dataclass(frozen=True)
class Client:
    """A session and where the assistants are."""

    session: aiohttp.ClientSession
    assistants: str


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Client]:
    """Open a session that sends what a gateway needs to answer at all."""
    headers = {
        "x-portkey-api-key": "pk-benchmark",
        "x-portkey-virtual-key": "openai-prod",
        "OpenAI-Beta": "assistants=v2",
    }
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Client(session, f"{url}/assistants")


async def page(client: Client, after: str | None) -> Payload:
    """Fetch the page after a cursor."""
    query = {"limit": "100", "order": "asc"}
    if after is not None:
        query["after"] = after
    async with client.session.get(client.assistants, params=query) as response:
        payload: Payload = orjson.loads(await response.read())
    return payload


async def first_page(client: Client) -> object:
    """Fetch one page."""
    return await page(client, None)


async def walk(client: Client, see: Callable[[Pair], object]) -> None:
    """List every assistant."""
    after = None
    while True:
        listing = await page(client, after)
        for item in listing["data"]:
            see((item["id"], item["name"]))
        if not listing["has_more"]:
            return
        after = listing["last_id"]


async def retrieve(client: Client, identifier: str) -> Payload:
    """Get one assistant."""
    async with client.session.get(f"{client.assistants}/{identifier}") as response:
        payload: Payload = orjson.loads(await response.read())
    return payload


def decoder() -> Callable[[bytes], Sequence[Payload]]:
    """Return the decoder of a page: to dicts."""

    def decode(body: bytes) -> Sequence[Payload]:
        data: list[Payload] = orjson.loads(body)["data"]
        return data

    return decode


def pair(item: Payload) -> Pair:
    """Return (id, name)."""
    return item["id"], item["name"]


async def delete_many(url: str, count: str, concurrency: str) -> Sample:
    """Delete that many, as one does by hand: a task for each, and a semaphore."""
    identifiers = [identifier(index) for index in range(int(count))]
    async with connect(url) as client:
        await first_page(client)
        room = asyncio.Semaphore(int(concurrency))

        async def delete(name: str) -> Payload:
            async with room, client.session.delete(f"{client.assistants}/{name}") as response:
                payload: Payload = orjson.loads(await response.read())
                return payload

        clock = Clock()
        deleted = await asyncio.gather(*map(delete, identifiers))
        taken = clock.read()
    assert [payload["id"] for payload in deleted] == identifiers
    return taken


def _post(client: Client, thread: str) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
    url = client.assistants.replace("/assistants", f"/threads/{thread}/runs")
    return client.session.post(url, json={"assistant_id": "asst_1", "stream": True})


def _text(data: bytes) -> str:
    text: str = orjson.loads(data)["delta"]["content"][0]["text"]["value"]
    return text


async def read_lines(client: Client, thread: str, see: Callable[[str], object]) -> None:
    """Read a stream line by line."""
    name = b""
    async with _post(client, thread) as response:
        async for line in response.content:
            if line.startswith(b"event: "):
                name = line[7:-1]
            elif line.startswith(b"data: ") and name == b"thread.message.delta":
                see(_text(line[6:]))


async def read_chunks(client: Client, thread: str, see: Callable[[str], object]) -> None:
    """Read a stream as it comes, and split it by hand."""
    tail = b""
    async with _post(client, thread) as response:
        async for chunk in response.content.iter_any():
            *blocks, tail = (tail + chunk).split(b"\n\n")
            for block in blocks:
                name, _, data = block.partition(b"\n")
                if name == b"event: thread.message.delta":
                    see(_text(data[6:]))


if __name__ == "__main__":
    run(
        Contestant(connect, first_page, walk, retrieve, decoder, pair),
        {
            "delete-many": delete_many,
            "stream": functools.partial(stream, connect, read_lines),
            "stream-by-chunks": functools.partial(stream, connect, read_chunks),
        },
    )
