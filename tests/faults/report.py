"""Runs the whole matrix, all streams, a soak and many runs, and writes docs/reliability.md.

Run by `python -m faults.report`, with `tests` on the path.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, product
from pathlib import Path

from faults.catalog import FAULTS
from faults.cell import Cell, run_cell
from faults.fault import Fault, Mode
from faults.many_runs import many_runs
from faults.operations import OPERATIONS, Operation
from faults.soak import soak
from faults.stream_cell import WAYS, StreamCell, run_all, streaming_server
from faults.stream_faults import stream_faults
from support.documents import replaced
from support.leaks import nothing_leaks

from portkey_async import APIConnectionError, APIStatusError, APITimeoutError, PaginationError

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
CELLS_AT_ONCE = 16
LEGEND = """\
Each cell says what the caller gets where the fault strikes the first attempt / every attempt of a
call; one entry stands for both where they are the same.

| entry | meaning |
|---|---|
| ✓ | the right result |
| C | `APIConnectionError` |
| T | `APITimeoutError` |
| V | `APIResponseValidationError` |
| P | `PaginationError`: the server's pages turn back |
| 400 … 599 | `APIStatusError`, or its subclass for the status |
| ? | `.may_have_executed` is set: ask the server before doing it again |
| **✗** | a promise was broken |
"""


async def run_matrix() -> list[Cell]:
    """Run every cell, several at once.

    Raises:
        AssertionError: A task or a descriptor was left behind.
    """
    gate = asyncio.Semaphore(CELLS_AT_ONCE)

    async def run(fault: Fault, operation: Operation, mode: Mode) -> Cell:
        async with gate:
            return await run_cell(fault, operation, mode)

    async with nothing_leaks():
        return await asyncio.gather(*(run(*cell) for cell in product(FAULTS, OPERATIONS, Mode)))


def table(cells: Sequence[Cell]) -> Iterator[str]:
    """The lines of the table: a part for each group, a row for each fault.

    A column stands for all operations whose entries are the same in every row.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for cell in cells:
        row = rows.setdefault((cell.fault.group, cell.fault.name), {})
        seen, first = entry(cell), row.get(cell.operation.name)
        row[cell.operation.name] = seen if first in {None, seen} else f"{first} / {seen}"
    columns: dict[tuple[str, ...], list[str]] = {}
    for name in dict.fromkeys(cell.operation.name for cell in cells):
        columns.setdefault(tuple(row[name] for row in rows.values()), []).append(name)
    names = [column[0] for column in columns.values()]
    yield LEGEND
    yield "Operations that fare alike stand in one column:\n"
    yield "| column | stands for |"
    yield "|---|---|"
    yield from (f"| {column[0]} | {', '.join(column)} |" for column in columns.values())
    yield ""
    for group, of_group in groupby(rows.items(), lambda row: row[0][0]):
        yield f"| {group} | {' | '.join(names)} |"
        yield "|---" * (len(names) + 1) + "|"
        for (_, fault), row in of_group:
            entries = " | ".join(row[name] for name in names)
            yield f"| {fault.replace('|', chr(92) + '|')} | {entries} |"
        yield ""


def stream_table(cells: Iterable[StreamCell]) -> Iterator[str]:
    """The lines of the table of streams: a row for each fault, a column for each way of reading."""
    rows: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        row = rows.setdefault(cell.fault.name, {way.__name__: [] for way in WAYS})
        row[cell.way.__name__].append("**✗**" if cell.broken else cell.outcome)
    yield f"| the stream | {' | '.join(way.__name__.replace('_', ' ') for way in WAYS)} |"
    yield "|---" * (len(WAYS) + 1) + "|"
    for name, row in rows.items():
        columns = (", ".join(dict.fromkeys(outcomes)) for outcomes in row.values())
        yield f"| {name} | {' | '.join(columns)} |"
    yield ""


async def run_streams() -> list[StreamCell]:
    """Run every fault of streams, at every event, in every way."""
    async with nothing_leaks(), streaming_server() as server:
        return await run_all(server, [*stream_faults()], WAYS)


def entry(cell: Cell) -> str:
    """What a cell of the table says."""
    if cell.broken:
        return "**✗**"
    error = cell.error
    if error is None:
        return "✓"
    match error:
        case APIStatusError():
            name = str(error.status)
        case APITimeoutError():
            name = "T"
        case APIConnectionError():
            name = "C"
        case PaginationError():
            name = "P"
        case _:
            name = "V"
    return f"{name}?" if cell.operation.writes and error.may_have_executed else name


def counts(cells: Sequence[Cell], seconds: float) -> Iterator[str]:
    """The figures of a whole run, as rows of a table."""
    broken = [cell for cell in cells if cell.broken]
    yield "| | |"
    yield "|---|---|"
    yield f"| faults x operations x attempts | {len(FAULTS)} x {len(OPERATIONS)} x {len(Mode)} |"
    yield f"| cells | {len(cells):,} |"
    yield f"| the right result | {sum(not (cell.error or cell.broken) for cell in cells):,} |"
    errors = sum(bool(cell.error) and not cell.broken for cell in cells)
    yield f"| the right error, in time | {errors:,} |"
    yield f"| broken promises, double creates, followed redirects | {len(broken):,} |"
    yield "| tasks and descriptors left behind | 0 |"
    yield f"| seconds | {seconds:.0f} |"
    yield ""


def main() -> None:
    """Run all, write the document, and fail where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000, help="calls of the soak")
    parser.add_argument("--runs", type=int, default=500, help="runs side by side")
    options = parser.parse_args()
    started = time.monotonic()
    cells = asyncio.run(run_matrix())
    seconds = time.monotonic() - started
    streams = asyncio.run(run_streams())
    broken = [str(cell) for cell in (*cells, *streams) if cell.broken]
    sys.stdout.write(
        "\n".join([*broken, f"{len(cells) + len(streams)} cells, {len(broken)} broken\n"])
    )
    seen = asyncio.run(soak(options.calls, concurrency=50))
    sys.stdout.write("\n".join([*seen.contradictions, *seen.lines()]) + "\n")
    runs = asyncio.run(many_runs(options.runs))
    sys.stdout.write("\n".join([*runs.verdict.wrong, *runs.lines()]) + "\n")
    document = DOCUMENT.read_text(encoding="utf-8")
    document = replaced(document, "counts", counts(cells, seconds))
    document = replaced(document, "matrix", table(cells))
    document = replaced(document, "streams", stream_table(streams))
    document = replaced(document, "soak", seen.lines())
    document = replaced(document, "runs", runs.lines())
    DOCUMENT.write_text(document, encoding="utf-8")
    sys.exit(1 if broken or seen.contradictions or runs.verdict.wrong else 0)


if __name__ == "__main__":
    main()
