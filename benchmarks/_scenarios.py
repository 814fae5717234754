"""What is run: for every comparison the servers it needs and one command for every contestant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from benchmarks._dataset import PAGE_SIZE
from benchmarks._sizes import Sizes

CONTESTANTS = ("floor", "portkey_async", "openai_aiohttp", "openai", "portkey_ai")
RAW_SOCKET = "raw socket"
BY_CHUNKS = "floor, by chunks"


@dataclass(frozen=True)
class Server:
    """A server to start: how many assistants it has, and the seconds each answer waits."""

    count: int
    delay: float = 0


@dataclass(frozen=True)
class Command:
    """`python -m benchmarks.MODULE ARGUMENTS…`; `{url[0]}` and `{port[0]}`: the first server's."""

    module: str
    arguments: Sequence[str]


@dataclass(frozen=True)
class Column:
    """A sample to show in the report: its key, a heading with the unit, the factor to it."""

    key: str
    heading: str
    factor: float = 1


@dataclass(frozen=True)
class Scenario:
    """One comparison.

    Attributes:
        name: What selects it on the command line.
        title: What the report calls it.
        commands: One for every contestant, by its label.
        columns: What the report shows of the samples; the first is also shown while it runs.
            Without columns, the plot shows the samples.
        rounds: How often each runs.
        servers: Those it needs, started before it and stopped after it.
        warm_ups: Rounds before the first that are not counted.
    """

    name: str
    title: str
    commands: Mapping[str, Command]
    columns: Sequence[Column]
    rounds: int
    servers: Sequence[Server] = ()
    warm_ups: int = 0


def scenarios(sizes: Sizes) -> list[Scenario]:
    """Return every comparison, in the order in which they run and are reported."""
    return [
        *_calls(sizes),
        *_ahead(sizes),
        *_streams(sizes),
        *_footprint(sizes),
        *_scaling(sizes),
    ]


def _calls(sizes: Sizes) -> list[Scenario]:
    columns = (_CPU, _WALL, Column("served", "requests"))
    everything = (Server(sizes.listed),)
    return [
        Scenario(
            "list",
            f"List {sizes.listed:,} assistants, {PAGE_SIZE} a page",
            _everyone("list", "{url[0]}", sizes.listed)
            | _raw_socket("pages", sizes.listed // PAGE_SIZE, 1),
            columns,
            sizes.rounds,
            everything,
        ),
        Scenario(
            "retrieve",
            f"{sizes.calls:,} `retrieve`, {sizes.concurrency} at a time",
            _everyone("retrieve", "{url[0]}", sizes.calls, sizes.concurrency)
            | _raw_socket("calls", sizes.calls, sizes.concurrency),
            columns,
            sizes.rounds,
            everything,
        ),
        Scenario(
            "retrieve-unwarmed",
            "The same `retrieve`, in processes that have not been warmed",
            _everyone("retrieve-unwarmed", "{url[0]}", sizes.calls, sizes.concurrency),
            columns,
            sizes.rounds,
            everything,
        ),
        Scenario(
            "delete-many",
            f"Delete {sizes.calls:,}, {sizes.concurrency} at a time",
            _only(("floor", "portkey_async"), "delete-many", sizes.calls, sizes.concurrency)
            | _raw_socket("calls", sizes.calls, sizes.concurrency),
            (_WALL, _CPU, Column("served", "requests")),
            sizes.rounds,
            everything,
        ),
        Scenario(
            "dump",
            f"List {sizes.listed:,} assistants, or dump them into a file",
            {
                "list": _ours("list-kept", "{url[0]}", sizes.listed),
                "dump": _ours("dump", "{url[0]}", sizes.listed),
            },
            (_CPU, _WALL),
            sizes.rounds,
            everything,
        ),
        *(
            Scenario(
                name,
                f"Decode one page of {PAGE_SIZE} assistants, {which}",
                _everyone("decode", keys, sizes.decode_seconds),
                (Column("cpu", "CPU time a page, ms", 1e3),),
                sizes.rounds,
            )
            for name, keys, which in (
                ("decode", "declared", "with the specification's keys"),
                ("decode-undeclared", "undeclared", "each with two undeclared keys"),
            )
        ),
    ]


def _ahead(sizes: Sizes) -> list[Scenario]:
    count = sizes.pages * PAGE_SIZE
    return [
        Scenario(
            "prefetch",
            f"{sizes.pages} pages, 20 ms each at the server, then 20 ms of the caller's work",
            {
                "one by one": _ours("work-on-pages", "{url[0]}", count, 0),
                "prefetch": _ours("work-on-pages", "{url[0]}", count, 1),
            },
            (_WALL, _CPU),
            sizes.rounds,
            (Server(count, 0.020),),
        ),
        Scenario(
            "both-ends",
            f"`collect()` of {sizes.pages} pages, 50 ms each at the server",
            {
                "one end": _ours("collect", "{url[0]}", count, 1),
                "both ends": _ours("collect", "{url[0]}", count, 2),
            },
            (_WALL, _CPU),
            sizes.rounds,
            (Server(count, 0.050),),
        ),
    ]


def _streams(sizes: Sizes) -> list[Scenario]:
    line = ("{url[0]}", str(sizes.streamed))
    beside = (sizes.streams, sizes.stream_rate, sizes.stream_seconds)
    return [
        Scenario(
            "stream",
            f"Stream a run: {sizes.streamed:,} pieces of text",
            _everyone("stream", *line, but=("portkey_ai",))  # it raises a TypeError
            | {BY_CHUNKS: Command("_contestants.floor", ("stream-by-chunks", *line))},
            (_CPU, _WALL),
            sizes.rounds,
            (Server(1),),
        ),
        Scenario(
            "streams_beside",
            f"{sizes.streams} streams side by side, {sizes.stream_rate} events a second each, "
            "beside ordinary calls",
            {"portkey_async": _ours("streams-beside", "{url[0]}", *beside)},
            (
                Column("share", "CPU of one core, %", 100),
                Column("slowest", "slowest call, ms", 1e3),
            ),
            sizes.rounds,
            (Server(1),),
        ),
        Scenario(
            "stream_memory",
            "Stream and keep nothing",
            {
                f"{count:,}": _ours("stream-memory", "{url[0]}", count)
                for count in (sizes.streamed_few, sizes.streamed_many)
            },
            (Column("beside", "peak of the process beside the text, MiB"),),
            sizes.rounds,
            (Server(1),),
        ),
    ]


def _footprint(sizes: Sizes) -> list[Scenario]:
    return [
        Scenario(
            "import",
            "Import, in a fresh process",
            {label: Command("_imports", (line,)) for label, line in _IMPORTS.items()},
            (
                Column("import", "the statement, ms", 1e3),
                Column("process", "the whole process, ms", 1e3),
                Column("memory", "resident after it, MiB"),
            ),
            sizes.import_rounds,
            warm_ups=1,  # compiles what has no .pyc yet
        ),
        Scenario(
            "memory",
            "Iterate and keep nothing",
            {
                f"{count:,}": _ours("memory", f"{{url[{number}]}}", count)
                for number, count in enumerate((sizes.iterated_few, sizes.iterated))
            },
            (Column("peak", "peak of the process, MiB"),),
            sizes.rounds,
            (Server(sizes.iterated_few), Server(sizes.iterated)),
        ),
        Scenario(
            "delete-memory",
            "Delete, and keep nothing",
            {
                f"{count:,}": _ours("delete-memory", f"{{url[{number}]}}", count)
                for number, count in enumerate((sizes.iterated_few, sizes.iterated))
            },
            (Column("peak", "peak of the process, MiB"),),
            sizes.rounds,
            (Server(sizes.iterated_few), Server(sizes.iterated)),
        ),
        Scenario(
            "dump-memory",
            "Dump into a file",
            {
                f"{count:,}": _ours("dump-memory", f"{{url[{number}]}}", count)
                for number, count in enumerate((sizes.iterated_few, sizes.iterated))
            },
            (Column("peak", "peak of the process, MiB"),),
            sizes.rounds,
            (Server(sizes.iterated_few), Server(sizes.iterated)),
        ),
        Scenario(
            "with-options",
            "`with_options()`",
            _everyone("with-options", "http://127.0.0.1:9/v1", sizes.derived, but=_WITHOUT_OPTIONS),
            (Column("cpu", "CPU time a call, µs", 1e6),),
            sizes.rounds,
        ),
    ]


def _scaling(sizes: Sizes) -> list[Scenario]:
    counts = [pages * PAGE_SIZE for pages in sizes.scale_pages]
    listings = [
        part for number, count in enumerate(counts) for part in (f"{{url[{number}]}}", count)
    ]
    most = max(*sizes.scale_calls, sizes.scale_concurrency_calls)
    return [
        Scenario(
            "scale-pages",
            "pages, one after the other",
            _everyone("scale-pages", *listings),
            (),
            sizes.scale_rounds,
            tuple(map(Server, counts)),
        ),
        Scenario(
            "scale-calls",
            f"calls, {sizes.concurrency} at a time",
            _everyone("scale-calls", "{url[0]}", sizes.concurrency, *sizes.scale_calls),
            (),
            sizes.scale_rounds,
            (Server(most),),
        ),
        Scenario(
            "scale-concurrency",
            f"calls at a time ({sizes.scale_concurrency_calls} calls of 5 ms)",
            _everyone(
                "scale-concurrency",
                "{url[0]}",
                sizes.scale_concurrency_calls,
                *sizes.scale_concurrency,
            ),
            (),
            sizes.scale_rounds,
            (Server(most, 0.005),),
        ),
    ]


_CPU = Column("cpu", "CPU time, ms", 1e3)
_WALL = Column("wall", "wall time, ms", 1e3)
_IMPORTS = {
    "aiohttp": "import aiohttp",
    "portkey_async": "from portkey_async import AsyncPortkey",
    "openai": "from openai import AsyncOpenAI",
    "portkey_ai": "from portkey_ai import AsyncPortkey",
}


_WITHOUT_OPTIONS = ("floor", "openai_aiohttp")  # there are none; they are those of openai


def _everyone(*arguments: object, but: Collection[str] = ()) -> dict[str, Command]:
    line = tuple(map(str, arguments))
    return {name: Command(f"_contestants.{name}", line) for name in CONTESTANTS if name not in but}


def _only(names: Sequence[str], job: str, *arguments: object) -> dict[str, Command]:
    line = (job, "{url[0]}", *map(str, arguments))
    return {name: Command(f"_contestants.{name}", line) for name in names}


def _ours(*arguments: object) -> Command:
    return Command("_contestants.portkey_async", tuple(map(str, arguments)))


def _raw_socket(*arguments: object) -> dict[str, Command]:
    return {RAW_SOCKET: Command("_ceiling", ("{port[0]}", *map(str, arguments)))}
