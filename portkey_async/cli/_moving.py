"""The commands that move assistants elsewhere: dump, load, convert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

import portkey_async
from portkey_async import APIError, PortkeyError
from portkey_async.migration import to_foundry_agent, to_responses

from . import _output
from ._assistants import CONCURRENCY, IDS, JSON, needed, retrieved, tell
from ._code import python
from ._command import command
from ._connect import connected
from ._failures import SOME_FAILED, SUCCESS, reason, status_of_many
from ._text import one_line
from ._threads import chosen_threads

if TYPE_CHECKING:
    from portkey_async.transfer import DumpSummary, LoadReport

_FILE = click.argument("path", metavar="FILE")


# --- dump ---------------------------------------------------------------------------------------


@command(
    "dump",
    _FILE,
    click.option(
        "--threads",
        metavar="ID|@FILE|all",
        multiple=True,
        help="These threads too, with their messages; repeatable. @FILE holds an id a line; all "
        "are those that the server lists, if it does.",
    ),
    JSON,
    click.pass_obj,
    example="portkey-async dump backup.jsonl\n"
    "portkey-async dump backup.jsonl --threads @threads.txt",
)
def dump(settings: Mapping[str, Any], *, path: str, threads: tuple[str, ...], as_json: bool) -> int:
    """Write all assistants into a file, and threads if wanted.

    Interrupted, the same command goes on where it stopped, within a day. The file is readable by
    its owner alone; files and vector stores are not in it, and are named.
    """
    _refuse_standard(path)
    chosen = chosen_threads(threads)

    async def work(client: portkey_async.AsyncPortkey) -> DumpSummary:
        from portkey_async import transfer  # noqa: PLC0415  # slow to import

        with _output.progress("Dumping") as bar:
            return await transfer.dump(
                client, path, threads=chosen, progress=lambda now: bar.show(now.done, now.total)
            )

    with _told(path):
        summary = connected(settings, work)
    if as_json:
        _output.json(summary.to_dict())
    else:
        _output.note(f"Dumped {_counts(summary)} to {path}.")
        for what in ("files", "vector_stores", "connections"):
            if ids := getattr(summary, what):
                _output.note(f"Not in it: {what.replace('_', ' ')} {', '.join(ids)}")
    for missing in summary.missing_threads:
        _output.note(f"Error: {missing}: there is no such thread")
    asked = summary.threads + len(summary.missing_threads)
    return status_of_many(asked + summary.assistants, summary.threads + summary.assistants)


def _counts(counted: DumpSummary | LoadReport) -> str:
    assistants, threads, messages = (
        f"{count:,} {noun if count == 1 else noun + 's'}"
        for noun, count in (
            ("assistant", counted.assistants),
            ("thread", counted.threads),
            ("message", counted.messages),
        )
    )
    return f"{assistants}, {threads} and {messages}"


@contextmanager
def _told(path: str) -> Generator[None]:
    """Say of what ends a transfer how to go on, or which file is wrong."""
    try:
        yield
    except (KeyboardInterrupt, APIError) as error:
        error.add_note("the same command goes on from here")
        raise
    except PortkeyError as error:
        if getattr(error, "line", None) is not None:
            error.add_note(f"that is in {path}")
        raise


def _refuse_standard(path: str) -> None:
    if path == "-":
        raise click.UsageError("a dump is a file that can be gone on with, and no stream; name one")


# --- load ---------------------------------------------------------------------------------------


@command(
    "load",
    _FILE,
    click.option("--restart", is_flag=True, help="Make everything again, though it may be there."),
    CONCURRENCY,
    JSON,
    click.pass_obj,
    example="portkey-async load backup.jsonl\nportkey-async load backup.jsonl --json > ids.jsonl",
)
def load(
    settings: Mapping[str, Any], *, path: str, restart: bool, concurrency: int, as_json: bool
) -> int:
    """Make again all that a dump holds.

    Interrupted, the same command goes on where it stopped, and makes nothing twice: FILE.journal
    says what is done. With --json, a line for each object gives its old id and its new one.
    """
    _refuse_standard(path)

    async def work(client: portkey_async.AsyncPortkey) -> LoadReport:
        from portkey_async import transfer  # noqa: PLC0415  # slow to import

        with _output.progress("Loading", 0) as bar:
            return await transfer.load(
                client,
                path,
                restart=restart,
                concurrency=concurrency,
                progress=lambda now: bar.show(now.done, now.total),
            )

    with _told(path):
        report = connected(settings, work)
    if as_json:
        for old, new in report.ids.items():
            _output.json({"id": old, "new_id": new})
    _tell(report)
    done = report.assistants + report.threads + report.messages
    return status_of_many(done + len(report.failed), done)


def _tell(report: LoadReport) -> None:
    """Say what was loaded, and what was not, or otherwise."""
    for number, error in sorted(report.failed.items()):
        said = reason(error)
        where = f"line {number}: "
        _output.note(f"Error: {where if not said.startswith(where) else ''}{said}")
    for old, why in report.in_doubt.items():
        _output.note(f"In doubt: {old}: {why}")
    for what, fields in (
        ("Kept otherwise by the server", report.differences),
        ("Not taken by the server", report.not_carried),
    ):
        if fields:
            _output.note(f"{what}: {_by_field(fields.values())}")
    _output.note(f"Loaded {_counts(report)} from {report.path}.")


def _by_field(fields: Iterable[Iterable[str]]) -> str:
    """Count in how many objects each field is."""
    counts = Counter(name for names in fields for name in names)
    return ", ".join(f"{name} of {count:,}" for name, count in counts.most_common())


# --- convert ------------------------------------------------------------------------------------


@command(
    "convert",
    IDS,
    click.option("--from-dump", metavar="FILE", help="From a dump, by ids or all of it."),
    click.option(
        "--to",
        type=click.Choice(["responses", "foundry"]),
        default="responses",
        help="Responses, the default, or Foundry's new agents.",
    ),
    click.option("--python", "as_python", is_flag=True, help="As a call in Python."),
    JSON,
    click.pass_obj,
    example="portkey-async convert asst_abc123 > tutor.json\n"
    "portkey-async convert --from-dump backup.jsonl --json",
)
def convert(  # noqa: PLR0913  # its options
    settings: Mapping[str, Any],
    *,
    ids: tuple[str, ...],
    from_dump: str | None,
    to: str,
    as_python: bool,
    as_json: bool,
) -> int:
    """Turn assistants into arguments for the APIs that take over.

    Those for Responses are given to `client.responses.create(**arguments, input=…)` of OpenAI's
    SDK, those for Foundry to `agents.create_version(**arguments)` of azure-ai-projects. They are
    printed as JSON, one document after the other, and what has no equivalent is told on stderr.
    With --json, an assistant is one line, with its id, the arguments and what is lost.
    """
    if from_dump is not None:
        with _told(from_dump):
            return _convert_dump(from_dump, ids, to, as_python=as_python, as_json=as_json)
    needed(ids)

    async def work(client: portkey_async.AsyncPortkey) -> int:
        found = await retrieved(client, ids)
        for assistant in found:
            _show(assistant, to, as_python=as_python, as_json=as_json)
        return status_of_many(len(ids), len(found))

    return connected(settings, work)


def _convert_dump(
    path: str, ids: tuple[str, ...], to: str, *, as_python: bool, as_json: bool
) -> int:
    """Convert what a file holds; no server is asked."""
    from portkey_async import transfer  # noqa: PLC0415  # slow to import

    damaged: list[Exception] = []
    missing = dict.fromkeys(ids)
    for found in transfer.read(path, damaged=damaged.append):
        if isinstance(found, portkey_async.Assistant) and (not ids or found.id in missing):
            missing.pop(found.id, None)
            _show(found, to, as_python=as_python, as_json=as_json)
    for error in damaged:
        _output.note(f"Error: {path}: {reason(error)}")
    for one in missing:
        tell(one, click.UsageError(f"{path} holds no such assistant"))
    return SOME_FAILED if damaged or missing else SUCCESS


def _show(assistant: portkey_async.Assistant, to: str, *, as_python: bool, as_json: bool) -> None:
    made = to_responses(assistant) if to == "responses" else to_foundry_agent(assistant)
    losses = [{"field": loss.field, "reason": loss.reason} for loss in made.losses]
    if as_json:
        _output.json({"id": assistant.id, "arguments": made.arguments, "losses": losses})
        return
    told = [one_line(f"Lost: {loss.field}: {loss.reason}") for loss in made.losses]
    if as_python:
        title = one_line(f"{assistant.name or 'An assistant'} ({assistant.id})")
        _output.line(python(to, title, made.arguments, told))
        return
    _output.json(made.arguments, indent=2)
    for line in told:
        _output.note(f"{assistant.id}: {line}")
