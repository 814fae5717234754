"""The commands on assistants: list, get, create, update, delete."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Literal

import click

import portkey_async
from portkey_async import PortkeyError

from . import _output
from ._command import command
from ._connect import connected
from ._failures import FAILED, SUCCESS, reason, status_of_many
from ._fields import Fields, fields, parse_object
from ._filters import Filters, age, matches, pairs
from ._input import read_text
from ._text import assistants, counted, one_line

_PAGE = 100


def _pairs(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> Any:
    return pairs(value)


def _age(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    return None if value is None else age(value)


IDS = click.argument("ids", nargs=-1, metavar="[ID]...")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON Lines on stdout, for programs.")
CONCURRENCY = click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=8,
    metavar="N",
    help="How many calls at once. Default: 8.",
)
FILTERS = (
    click.option(
        "--name",
        metavar="PATTERN",
        help="Only those whose whole name fits, as in a shell: 'Tutor*'. "
        "'' finds those without a name.",
    ),
    click.option("--model", metavar="PATTERN", help="The same for the model: 'gpt-4o*'."),
    click.option(
        "--metadata",
        metavar="KEY=VALUE",
        multiple=True,
        callback=_pairs,
        help="Only those with this in their metadata; repeatable.",
    ),
    click.option(
        "--older-than",
        metavar="AGE",
        callback=_age,
        help="Only those made longer ago, in s, m, h, d or w: 90d. "
        "Never one whose time of creation is not known.",
    ),
)


# --- Looking --------------------------------------------------------------------------------------


@command(
    "list",
    *FILTERS,
    click.option(
        "--limit", "--max", type=click.IntRange(min=1), metavar="N", help="At most so many."
    ),
    click.option(
        "--order",
        type=click.Choice(["asc", "desc"]),
        default="desc",
        help="By creation; desc, the default, is newest first.",
    ),
    click.option("--after", metavar="ID", help="Go on behind this one."),
    JSON,
    click.pass_obj,
    example="portkey-async list --name 'Tutor*' --older-than 90d\n"
    "portkey-async list --json | jq -r .id",
)
def list_(  # its options
    settings: Mapping[str, Any],
    *,
    limit: int | None,
    order: Literal["asc", "desc"],
    after: str | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """List assistants, the newest first."""
    chosen = Filters(**filters)

    async def work(client: portkey_async.AsyncPortkey) -> None:
        found = _found(client, chosen, limit, order, after)
        try:
            await _show(found, chosen, limit, as_json=as_json)
        except PortkeyError as error:
            if as_json and error.cursor:
                error.add_note(f"--after {error.cursor} goes on from there")
            raise

    connected(settings, work)


async def _show(
    found: AsyncGenerator[portkey_async.Assistant],
    filters: Filters,
    limit: int | None = None,
    *,
    as_json: bool,
) -> int:
    """Print assistants as they come, or as a table; give how many there were."""
    shown: list[portkey_async.Assistant] = []
    count = 0
    with _output.progress("Listing", limit, quiet=as_json) as bar:
        async with aclosing(found):
            async for assistant in found:
                count += 1
                if as_json:
                    _output.json(assistant.to_dict())
                else:
                    shown.append(assistant)
                    bar.show(count, limit)
    if shown:
        _output.assistants(shown)
    elif not count:
        _output.note(_none(filters))
    return count


async def _found(
    client: portkey_async.AsyncPortkey,
    filters: Filters,
    limit: int | None = None,
    order: Literal["asc", "desc"] = "desc",
    after: str | None = None,
) -> AsyncGenerator[portkey_async.Assistant]:
    """Give the assistants that are meant, at most *limit*."""
    now = time.time()
    size = _PAGE if filters or limit is None else min(limit, _PAGE)
    left = limit
    async with aclosing(
        aiter(client.assistants.list(limit=size, order=order, after=after))
    ) as all_:
        async for assistant in all_:
            if matches(assistant, filters, now):
                yield assistant
                left = None if left is None else left - 1
                if left == 0:
                    return


@command(
    "get",
    click.argument("ids", nargs=-1, metavar="ID..."),
    JSON,
    click.pass_obj,
    example="portkey-async get asst_abc123\n"
    "portkey-async get asst_abc123 --json | portkey-async create --from-file -",
)
def get(settings: Mapping[str, Any], *, ids: tuple[str, ...], as_json: bool) -> int:
    """Show assistants, with all that they have."""
    needed(ids)

    async def work(client: portkey_async.AsyncPortkey) -> int:
        found = await retrieved(client, ids)
        for assistant in found:
            if as_json:
                _output.json(assistant.to_dict())
            else:
                _output.one(assistant)
                if assistant is not found[-1]:
                    _output.line("")
        return status_of_many(len(ids), len(found))

    return connected(settings, work)


def needed(ids: Sequence[str]) -> None:
    """Refuse a command that names nothing."""
    if not ids:
        raise click.UsageError("give the id of an assistant, or several; `list` shows them")


async def retrieved(
    client: portkey_async.AsyncPortkey, ids: Sequence[str]
) -> list[portkey_async.Assistant]:
    """Retrieve assistants, in order; those that cannot be are told on stderr."""
    outcomes = [
        outcome async for outcome in portkey_async.map_many(client.assistants.retrieve, ids)
    ]
    for outcome in outcomes:
        if outcome.error is not None:
            tell(outcome.input, outcome.error)
    outcomes.sort(key=lambda outcome: outcome.index)
    return [outcome.result for outcome in outcomes if outcome.result is not None]


def tell(assistant_id: str, error: Exception, note: Callable[[str], None] = _output.note) -> None:
    """Say on stderr what went wrong with one of many."""
    note(f"Error: {assistant_id}: {reason(error)}")


# --- Making and changing --------------------------------------------------------------------------

#: What stands for a tool or a format where its type says all.
_TOOLS = ("code_interpreter", "file_search")
_FORMATS = ("auto", "text", "json_object")

FIELDS = (
    click.option("--model", metavar="MODEL", help="The model to use."),
    click.option("--name", metavar="TEXT", help="Its name."),
    click.option("--description", metavar="TEXT", help="Its description."),
    click.option("--instructions", metavar="TEXT", help="Its system instructions."),
    click.option(
        "--instructions-file", metavar="FILE", help="The same from a file; - is standard input."
    ),
    click.option(
        "--tool",
        "tools",
        type=click.Choice(_TOOLS),
        multiple=True,
        help="A tool; repeatable. Functions go into --from-file.",
    ),
    click.option(
        "--metadata",
        metavar="KEY=VALUE",
        multiple=True,
        callback=_pairs,
        help="Its metadata, all of it; repeatable.",
    ),
    click.option("--temperature", type=float, metavar="0-2", help="Sampling temperature."),
    click.option("--top-p", type=float, metavar="0-1", help="Nucleus sampling."),
    click.option("--response-format", type=click.Choice(_FORMATS), help="What it answers in."),
    click.option("--reasoning-effort", metavar="TEXT", help="low, medium, high, …"),
    click.option(
        "--from-file",
        metavar="FILE",
        help="The fields as a JSON object, such as `get --json` prints; - is standard input. "
        "Flags win.",
    ),
)


@command(
    "create",
    *FIELDS,
    JSON,
    click.pass_obj,
    example="portkey-async create --model gpt-4o --name Tutor --tool code_interpreter\n"
    "portkey-async create --from-file tutor.json --name 'Second Tutor'",
)
def create(settings: Mapping[str, Any], *, as_json: bool, **flags: Any) -> None:
    """Create an assistant, and print its id."""
    chosen = _chosen(flags)
    if "model" not in chosen.values:
        raise click.UsageError("an assistant needs a --model")

    async def work(client: portkey_async.AsyncPortkey) -> portkey_async.Assistant:
        return await client.assistants.create(**chosen.values)

    _show_id(connected(settings, work), as_json=as_json)


@command(
    "update",
    click.argument("assistant_id", metavar="ID"),
    *FIELDS,
    click.option("--clear", metavar="FIELD", multiple=True, help="Empty a field; repeatable."),
    JSON,
    click.pass_obj,
    example="portkey-async update asst_abc123 --name 'Second Tutor' --clear description",
)
def update(
    settings: Mapping[str, Any],
    *,
    assistant_id: str,
    clear: tuple[str, ...],
    as_json: bool,
    **flags: Any,
) -> None:
    """Change an assistant; what is not given stays as it is."""
    chosen = _chosen(flags, clear)
    if not chosen.values:
        raise click.UsageError("nothing is to be changed; give a field, --clear or --from-file")

    async def work(client: portkey_async.AsyncPortkey) -> portkey_async.Assistant:
        return await client.assistants.update(assistant_id, **chosen.values)

    _show_id(connected(settings, work), as_json=as_json)


def _chosen(flags: dict[str, Any], clear: Sequence[str] = ()) -> Fields:
    """Put together the fields that flags and files give."""
    path, instructions = flags.pop("from_file"), flags.pop("instructions_file")
    if instructions is not None:
        if flags["instructions"] is not None or path == instructions == "-":
            raise click.UsageError("give the instructions once: as a text, or from a file")
        flags["instructions"] = read_text(instructions)
    given = {} if path is None else parse_object(read_text(path), path)
    chosen = fields(flags, given, clear, portkey_async.AssistantParams.__annotations__)
    if chosen.left_out:
        _output.note(f"Left out, as only the server gives it: {', '.join(chosen.left_out)}")
    return chosen


def _show_id(assistant: portkey_async.Assistant, *, as_json: bool) -> None:
    if as_json:
        _output.json(assistant.to_dict())
    else:
        _output.line(one_line(assistant.id))


# --- Deleting -------------------------------------------------------------------------------------


@command(
    "delete",
    IDS,
    click.option("--all", "all_", is_flag=True, help="Delete all, or all that fit the filters."),
    *FILTERS,
    click.option("--dry-run", is_flag=True, help="Only show what would be deleted."),
    click.option("--yes", is_flag=True, help="Do not ask."),
    CONCURRENCY,
    JSON,
    click.pass_obj,
    example="portkey-async delete asst_abc123\n"
    "portkey-async delete --all --older-than 90d --dry-run",
)
def delete(  # noqa: PLR0913  # its options
    settings: Mapping[str, Any],
    *,
    ids: tuple[str, ...],
    all_: bool,
    dry_run: bool,
    yes: bool,
    concurrency: int,
    as_json: bool,
    **filters: Any,
) -> int:
    """Delete assistants by their ids, or all that fit.

    With --all, those that fit the filters are deleted, or all there are without. It asks before it
    deletes. Where there is no terminal to ask on, --all needs --yes.
    """
    chosen = Filters(**filters)
    if all_ and ids:
        raise click.UsageError("give ids, or --all, but not both")
    if chosen and not all_:
        raise click.UsageError("filters choose among all assistants; give --all with them")
    if not all_:
        needed(ids)
    if all_ and not (dry_run or yes or _output.can_ask()):
        raise click.UsageError("there is no terminal to ask on; give --yes to delete without")

    if dry_run:
        return connected(settings, partial(_would_delete, ids, chosen, as_json=as_json))
    where = ""
    if all_:
        ids, base_url = connected(settings, partial(_count, chosen))
        if not ids:
            return SUCCESS
        where = f" at {base_url}"
    ids = tuple(dict.fromkeys(ids))
    question = f"Delete {assistants(len(ids))}{where}?"
    if not yes and _output.can_ask() and not _output.agrees(question):
        _output.note("Nothing was deleted.")
        return FAILED
    deleted: list[str] = []
    work = partial(_delete, ids, deleted, concurrency=concurrency, as_json=as_json)
    try:
        connected(settings, work)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"at least {len(deleted)} of {assistants(len(ids))} are deleted")
        raise
    _output.note(f"Deleted {counted(len(deleted), len(ids))}.")
    return status_of_many(len(ids), len(deleted))


async def _would_delete(
    ids: Sequence[str], filters: Filters, client: portkey_async.AsyncPortkey, *, as_json: bool
) -> int:
    """Show what would be deleted."""
    found = _those(client, ids) if ids else _found(client, filters)
    count = await _show(found, filters, as_json=as_json)
    if count:
        _output.note(f"{assistants(count)} would be deleted.")
    return status_of_many(len(ids), count)


async def _those(
    client: portkey_async.AsyncPortkey, ids: Sequence[str]
) -> AsyncGenerator[portkey_async.Assistant]:
    for assistant in await retrieved(client, ids):
        yield assistant


async def _count(
    filters: Filters, client: portkey_async.AsyncPortkey
) -> tuple[tuple[str, ...], str]:
    """Give the ids of all that is to be deleted, and where that is."""
    ids: list[str] = []
    with _output.progress("Counting") as bar:
        async with aclosing(_found(client, filters)) as found:
            async for assistant in found:
                ids.append(assistant.id)
                bar.show(len(ids), None)
    if not ids:
        _output.note(_none(filters))
    return tuple(ids), client.base_url


async def _delete(
    ids: Sequence[str],
    deleted: list[str],
    client: portkey_async.AsyncPortkey,
    *,
    concurrency: int,
    as_json: bool,
) -> None:
    """Delete assistants, adding to *deleted* those that are gone."""
    finished = 0
    with _output.progress("Deleting", len(ids), quiet=as_json) as bar:
        async with aclosing(client.assistants.delete_many(ids, concurrency)) as outcomes:
            async for outcome in outcomes:
                finished += 1
                said: dict[str, object] = {"id": ids[outcome.index], "deleted": outcome.ok}
                if outcome.error is None:
                    deleted.append(ids[outcome.index])
                else:
                    said["error"] = one_line(str(outcome.error))
                    tell(ids[outcome.index], outcome.error, bar.note)
                if as_json:
                    _output.json(said)
                bar.show(finished, len(ids))


def _none(filters: Filters) -> str:
    return "No assistant fits the filters." if filters else "There are no assistants."
