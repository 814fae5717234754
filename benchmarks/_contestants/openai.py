"""`openai.AsyncOpenAI`, as its documentation uses it."""

import functools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from openai.types.beta import Assistant

from benchmarks._contestants._jobs import Clock, Contestant, Pair, Sample, run, stream


@asynccontextmanager
async def connect(
    url: str, transport: Callable[[], DefaultAsyncHttpxClient] | None = None
) -> AsyncIterator[AsyncOpenAI]:
    """Open a client, over its default transport or another one."""
    http_client = transport() if transport else None
    async with AsyncOpenAI(api_key="sk-benchmark", base_url=url, http_client=http_client) as client:
        yield client


async def first_page(client: AsyncOpenAI) -> object:
    """Fetch one page."""
    return await client.beta.assistants.list(limit=100, order="asc")


async def walk(client: AsyncOpenAI, see: Callable[[Pair], object]) -> None:
    """List every assistant."""
    async for assistant in client.beta.assistants.list(limit=100, order="asc"):
        see((assistant.id, assistant.name or ""))


async def retrieve(client: AsyncOpenAI, identifier: str) -> Assistant:
    """Get one assistant."""
    return await client.beta.assistants.retrieve(identifier)


def decoder() -> Callable[[bytes], Sequence[Assistant]]:
    """Return the decoder of a page: `json.loads`, then what openai constructs of it."""
    from openai._models import construct_type_unchecked  # noqa: PLC0415  # private
    from openai.pagination import AsyncCursorPage  # noqa: PLC0415

    def decode(body: bytes) -> Sequence[Assistant]:
        page = construct_type_unchecked(value=json.loads(body), type_=AsyncCursorPage[Assistant])
        return page.data

    return decode


def pair(item: Assistant) -> Pair:
    """Return (id, name)."""
    return item.id, item.name or ""


async def with_options(url: str, count: str) -> Sample:
    """Derive clients; the result is CPU time a call."""
    async with connect(url) as client:
        clock = Clock()
        for _ in range(int(count)):
            client.with_options(timeout=5, default_headers={"x-trace": "t-1"})
        return {"cpu": clock.read()["cpu"] / int(count)}


async def read(client: AsyncOpenAI, thread: str, see: Callable[[str], object]) -> None:
    """Stream a run."""
    runs = client.beta.threads.runs
    async with runs.stream(thread_id=thread, assistant_id="asst_1") as events:
        async for event in events:
            if event.event == "thread.message.delta":
                for block in event.data.delta.content or ():
                    if block.type == "text" and block.text and block.text.value:
                        see(block.text.value)


if __name__ == "__main__":
    run(
        Contestant(connect, first_page, walk, retrieve, decoder, pair),
        {"with-options": with_options, "stream": functools.partial(stream, connect, read)},
    )
