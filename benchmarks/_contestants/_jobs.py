"""The jobs that every contestant does, measured and checked in the contestant's own process.

`python -m benchmarks._contestants.NAME JOB ARGUMENTS…` prints one JSON object of numbers. Times are
seconds. A result that is not what was asked for is an error, not a measurement.
"""

import asyncio
import gc
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from benchmarks._dataset import PAGE_SIZE, Checksum, encode, expected, identifier, pages
from benchmarks._memory import peak
from benchmarks._streams import Told, thread

ClientT = TypeVar("ClientT")
ItemT = TypeVar("ItemT")

Pair = tuple[str, str]
Sample = dict[str, float]
Job = Callable[..., Coroutine[Any, Any, Sample]]


@dataclass(frozen=True)
class Contestant(Generic[ClientT, ItemT]):
    """One way to talk to the server.

    Attributes:
        connect: Open a client for a base URL.
        first_page: Fetch one page, so that the connection and what a client builds at its first
            call are there before the clock starts.
        walk: List every assistant, oldest first, 100 a page, and hand (id, name) of each to the
            given function.
        retrieve: Get one assistant.
        decoder: Return the function that turns the bytes of a page into its items.
        pair: Return (id, name) of an item.
    """

    connect: Callable[[str], AbstractAsyncContextManager[ClientT]]
    first_page: Callable[[ClientT], Awaitable[object]]
    walk: Callable[[ClientT, Callable[[Pair], object]], Awaitable[None]]
    retrieve: Callable[[ClientT, str], Awaitable[ItemT]]
    decoder: Callable[[], Callable[[bytes], Sequence[ItemT]]]
    pair: Callable[[ItemT], Pair]


class Clock:
    """CPU time of this process and wall time, from the moment it is made."""

    def __init__(self) -> None:
        """Start, with the garbage of what came before out of the way."""
        gc.collect()
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def read(self) -> Sample:
        """Return `{"cpu": …, "wall": …}` since the start."""
        return {
            "cpu": time.process_time() - self._cpu,
            "wall": time.perf_counter() - self._wall,
        }


def check(found: Checksum, indices: Iterable[int]) -> None:
    """Raise `AssertionError` unless *found* are the assistants of *indices*, in this order."""
    wanted = expected(indices)
    assert found == wanted, f"wrong result: {found}, not {wanted}"


def run(contestant: Contestant[ClientT, ItemT], more: Mapping[str, Job] | None = None) -> None:
    """Do the job that the command line names and print what it took.

    Args:
        contestant: Who does it.
        more: Further jobs, that only this contestant can do.
    """
    jobs: dict[str, Job] = {
        "list": _list,
        "memory": _memory,
        "decode": _decode,
        "retrieve": _retrieve,
        "retrieve-unwarmed": _retrieve,
        "scale-pages": _scale_pages,
        "scale-calls": _scale_calls,
        "scale-concurrency": _scale_concurrency,
    }
    name, *arguments = sys.argv[1:]
    if not name.endswith("-unwarmed"):
        _warm_allocator()
    special = more or {}
    job = special[name](*arguments) if name in special else jobs[name](contestant, *arguments)
    print(json.dumps(asyncio.run(job)))


def _warm_allocator() -> None:
    """Allocate and free a large block, so that smaller ones are reused from here on.

    asyncio reads into blocks of 256 KiB. glibc maps each of them anew until a larger one was freed
    (M_MMAP_THRESHOLD in mallopt(3)), which costs about a tenth of a call. In a service that has
    run for a while it has happened, so it happens to every contestant.
    """
    bytes(2**20)


async def _list(contestant: Contestant[ClientT, ItemT], url: str, count: str) -> Sample:
    async with contestant.connect(url) as client:
        await contestant.first_page(client)
        seen: list[str] = []  # flat: ten thousand tuples would be work for the garbage collector
        clock = Clock()
        await contestant.walk(client, seen.extend)
        taken = clock.read()
    check(Checksum.of(zip(seen[::2], seen[1::2], strict=True)), range(int(count)))
    return taken


async def _memory(contestant: Contestant[ClientT, ItemT], url: str, count: str) -> Sample:
    """Iterate without keeping anything; the peak (MiB) is that of the whole process."""
    found = Checksum()
    async with contestant.connect(url) as client:
        await contestant.walk(client, found.see)
    taken = {"peak": peak()}
    check(found, range(int(count)))
    return taken


async def _decode(contestant: Contestant[ClientT, ItemT], undeclared: str, seconds: str) -> Sample:
    """Decode ten different pages in turn for *seconds*; the result is CPU time a page."""
    count = 10 * PAGE_SIZE
    bodies = list(pages(encode(count, undeclared=undeclared == "undeclared"), range(count)))
    decode = contestant.decoder()
    items = itertools.chain.from_iterable(map(decode, bodies))
    check(Checksum.of(map(contestant.pair, items)), range(count))
    rounds, clock = 0, Clock()
    while clock.read()["cpu"] < float(seconds):
        for body in bodies:
            decode(body)
        rounds += 1
    return {"cpu": clock.read()["cpu"] / (rounds * len(bodies))}


async def _retrieve(
    contestant: Contestant[ClientT, ItemT], url: str, count: str, concurrency: str
) -> Sample:
    async with contestant.connect(url) as client:
        await contestant.first_page(client)
        return await _retrieve_all(contestant, client, int(count), int(concurrency))


async def _retrieve_all(
    contestant: Contestant[ClientT, ItemT], client: ClientT, count: int, concurrency: int
) -> Sample:
    """Retrieve *count* assistants by *concurrency* workers that each take the next id."""
    identifiers = [identifier(index) for index in range(count)]
    todo = iter(range(count))
    ids, names = [""] * count, [""] * count

    async def work() -> None:
        for index in todo:
            item = await contestant.retrieve(client, identifiers[index])
            ids[index], names[index] = contestant.pair(item)

    clock = Clock()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    taken = clock.read()
    check(Checksum.of(zip(ids, names, strict=True)), range(count))
    return taken


async def _scale_pages(contestant: Contestant[ClientT, ItemT], *urls_and_counts: str) -> Sample:
    """Take the wall time of listing servers of several sizes; the keys are the numbers of pages."""
    taken = {}
    for url, count in zip(urls_and_counts[::2], urls_and_counts[1::2], strict=True):
        sample = await _list(contestant, url, count)
        taken[str(-(-int(count) // PAGE_SIZE))] = sample["wall"]
    return taken


async def _scale_calls(
    contestant: Contestant[ClientT, ItemT], url: str, concurrency: str, *counts: str
) -> Sample:
    """Take the wall time of several numbers of `retrieve`."""
    return {
        count: (await _retrieve(contestant, url, count, concurrency))["wall"] for count in counts
    }


async def _scale_concurrency(
    contestant: Contestant[ClientT, ItemT], url: str, count: str, *concurrencies: str
) -> Sample:
    """Take the wall time of one number of `retrieve` at several concurrencies."""
    return {
        concurrency: (await _retrieve(contestant, url, count, concurrency))["wall"]
        for concurrency in concurrencies
    }


async def stream(
    connect: Callable[[str], AbstractAsyncContextManager[ClientT]],
    read: Callable[[ClientT, str, Callable[[str], object]], Awaitable[None]],
    url: str,
    count: str,
) -> Sample:
    """Read a stream of *count* pieces of text.

    Args:
        connect: Opens a client for a base URL.
        read: Streams a run on a thread, and hands every piece to the given function.
        url: The server.
        count: How many pieces there are.
    """
    async with connect(url) as client:
        await read(client, thread(100), Told().see)  # what a client builds at its first call
        pieces: list[str] = []
        clock = Clock()
        await read(client, thread(int(count)), pieces.append)
        taken = clock.read()
    Told().see_all(pieces).check(int(count))
    return taken
