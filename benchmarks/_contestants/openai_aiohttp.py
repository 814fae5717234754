"""`openai.AsyncOpenAI` over its aiohttp transport, the fastest way in which it can be used."""

import functools

from openai import DefaultAioHttpClient

from benchmarks._contestants._jobs import Contestant, run, stream
from benchmarks._contestants.openai import (
    connect,
    decoder,
    first_page,
    pair,
    read,
    retrieve,
    walk,
)

if __name__ == "__main__":
    connect_by_aiohttp = functools.partial(connect, transport=DefaultAioHttpClient)
    run(
        Contestant(connect_by_aiohttp, first_page, walk, retrieve, decoder, pair),
        {"stream": functools.partial(stream, connect_by_aiohttp, read)},
    )
