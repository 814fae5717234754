"""The one module that prints: results on stdout; questions, progress and errors on stderr.

rich is imported when something is drawn: most commands, and `--help`, do without.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import attrs

import portkey_async

from ._rows import columns, details, row
from ._text import as_json, counted, one_line, printable, time_left

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

#: As wide as it has to be: what is piped is not cut.
_UNBOUNDED = 1_000_000


def prepare() -> None:
    """Have what cannot be encoded shown as a question mark, and be no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether somebody looks at a stream."""
    return stream is not None and stream.isatty()


# --- Results ------------------------------------------------------------------------------------


def line(text: str) -> None:
    """Print a line of a result."""
    write(f"{text}\n")


def json(value: object, *, indent: int | None = None) -> None:
    """Print a value as JSON, on one line unless it is indented."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    ascii_only = codecs.lookup(encoding).name != "utf-8"
    line(as_json(value, ascii_only=ascii_only, indent=indent))


def speech(text: str) -> None:
    """Print a piece of what a model says: to a terminal without escapes, else as it is."""
    write(printable(text) if is_terminal(sys.stdout) else text)


def write(text: str) -> None:
    """Write to stdout at once, so that whoever reads it need not wait.

    Raises:
        OSError: It is closed, or full.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, "standard output is closed")
    sys.stdout.write(text)
    sys.stdout.flush()


def assistants(shown: Sequence[portkey_async.Assistant]) -> None:
    """Print a table."""
    console = _console(sys.stdout)
    _draw(table(shown, console.width), console)


def one(assistant: portkey_async.Assistant) -> None:
    """Print all that an assistant has."""
    from rich.table import Table  # noqa: PLC0415  # see above
    from rich.text import Text  # noqa: PLC0415

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, value in details(assistant):
        grid.add_row(Text(name), Text(value))
    _draw(grid, _console(sys.stdout))


def table(shown: Iterable[portkey_async.Assistant], width: int) -> Table:
    """Draw a table of assistants, without printing it."""
    from rich.table import Table  # noqa: PLC0415  # see above
    from rich.text import Text  # noqa: PLC0415

    chosen = columns(width)
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in chosen:
        drawn.add_column(column.title, no_wrap=column.whole)
    for assistant in shown:
        cells = row(assistant, chosen)
        drawn.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells))
    return drawn


def _draw(drawn: Table, console: Console) -> None:
    # By itself, rich ends the process where a pipe is closed.
    with console.capture() as captured:
        console.print(drawn)
    write(captured.get())


def _console(stream: TextIO | None) -> Console:
    from rich.console import Console  # noqa: PLC0415  # see above

    # What is piped is not cut, unless somebody says how wide it may be.
    unbounded = not is_terminal(stream) and not os.environ.get("COLUMNS")
    return Console(
        file=stream,
        width=_UNBOUNDED if unbounded else None,
        highlight=False,
        markup=False,
        emoji=False,
    )


# --- What stands beside them --------------------------------------------------------------------


def note(text: str) -> None:
    """Print a line on stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"{one_line(text)}\n")
        sys.stderr.flush()


def trace(error: BaseException) -> None:
    """Print a traceback on stderr; it shows no locals, and so no credentials."""
    note_lines = traceback.format_exception(error)
    for text in "".join(note_lines).splitlines():
        sys.stderr.write(f"{printable(text)}\n")


def can_ask() -> bool:
    """Tell whether there is somebody to be asked."""
    return is_terminal(sys.stdin)


def agrees(question: str) -> bool:
    """Ask a question; only `y` and `yes` are a yes."""
    sys.stderr.write(f"{one_line(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


@attrs.frozen
class Bar:
    """A progress bar; nothing where nobody looks.

    Attributes:
        show: Takes how much is done, and how much there is to do, or None where that is unknown.
        note: Prints a line above it.
    """

    show: Callable[[int, int | None], None]
    note: Callable[[str], None]


@contextmanager
def progress(what: str, total: int | None = None, *, quiet: bool = False) -> Generator[Bar]:
    """Show how far long work has come, while the block runs.

    Args:
        what: What is being done, such as `Deleting`.
        total: How much there is to do, 0 if that is told later; None if it is never known.
        quiet: Whether nothing is shown.
    """
    if quiet or not is_terminal(sys.stderr):
        yield Bar(lambda _done, _total: None, note)
        return
    shown, show = bar(what, total, _console(sys.stderr))
    with shown:
        yield Bar(show, lambda text: shown.console.print(one_line(text), soft_wrap=True))


def bar(
    what: str, total: int | None, console: Console, clock: Callable[[], float] = time.monotonic
) -> tuple[Progress, Callable[[int, int | None], None]]:
    """Draw a progress bar with counts and the time left, without showing it.

    Args:
        what: What is being done.
        total: How much there is to do, 0 if that is told later; None if it is never known.
        console: Where it is to be shown.
        clock: Gives the time in seconds.

    Returns:
        The bar, and what moves it: a function of how much is done, and how much there is to do.
    """
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415  # see above

    drawn = Progress(
        TextColumn("{task.description}"),
        *(() if total is None else (BarColumn(),)),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[left]}"),
        console=console,
        transient=True,
        # They would move what is piped to where the bar is.
        redirect_stdout=False,
        redirect_stderr=False,
        get_time=clock,
    )
    task = drawn.add_task(what, total=total, count="", left="")

    def show(done: int, total: int | None) -> None:
        drawn.update(task, completed=done, total=total, count=counted(done, total))
        drawn.update(task, left=time_left(drawn.tasks[0].time_remaining))

    return drawn, show


# --- The end ------------------------------------------------------------------------------------


def give_up() -> None:
    """Drop what could not be written, so that the interpreter does not try again at its end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
