"""`portkey_ai.AsyncPortkey`, which has no paging of its own: the pages are walked by hand."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from portkey_ai import AsyncPortkey
from portkey_ai.api_resources.types.assistant_type import Assistant, AssistantList

from benchmarks._contestants._jobs import Clock, Contestant, Pair, Sample, run


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[AsyncPortkey]:
    """Open a client."""
    client = AsyncPortkey(api_key="pk-benchmark", virtual_key="openai-prod", base_url=url)
    try:
        yield client
    finally:
        await client.close()


async def first_page(client: AsyncPortkey) -> object:
    """Fetch one page."""
    return await client.beta.assistants.list(limit=100, order="asc")


async def walk(client: AsyncPortkey, see: Callable[[Pair], object]) -> None:
    """List every assistant."""
    page = await client.beta.assistants.list(limit=100, order="asc")
    while True:
        for assistant in page.data or ():
            see((assistant.id or "", assistant.name or ""))
        listing = page.model_extra or {}  # the model declares neither has_more nor last_id
        if not listing["has_more"]:
            return
        page = await client.beta.assistants.list(limit=100, order="asc", after=listing["last_id"])


async def retrieve(client: AsyncPortkey, identifier: str) -> Assistant:
    """Get one assistant."""
    return await client.beta.assistants.retrieve(identifier)


def decoder() -> Callable[[bytes], Sequence[Assistant]]:
    """Return the decoder of a page, as the package's `list` has it."""

    def decode(body: bytes) -> Sequence[Assistant]:
        return AssistantList(**json.loads(body)).data or []

    return decode


def pair(item: Assistant) -> Pair:
    """Return (id, name)."""
    return item.id or "", item.name or ""


async def with_options(url: str, count: str) -> Sample:
    """Derive clients; the result is CPU time a call."""
    async with connect(url) as client:
        clock = Clock()
        for _ in range(int(count)):
            client.with_options(trace_id="t-1")
        return {"cpu": clock.read()["cpu"] / int(count)}


if __name__ == "__main__":
    run(
        Contestant(connect, first_page, walk, retrieve, decoder, pair),
        {"with-options": with_options},
    )
