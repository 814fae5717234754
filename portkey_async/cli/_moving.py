"""The commands that move assistants elsewhere: convert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

import portkey_async
from portkey_async.migration import FoundryAgent, ResponsesRequest, to_foundry_agent, to_responses

from . import _output
from ._assistants import IDS, JSON, needed, retrieved
from ._code import python
from ._command import command
from ._connect import connected
from ._failures import status_of_many
from ._text import one_line


@command(
    "convert",
    IDS,
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
    "portkey-async convert asst_abc123 --python",
)
def convert(
    settings: Mapping[str, Any],
    *,
    ids: tuple[str, ...],
    to: str,
    as_python: bool,
    as_json: bool,
) -> int:
    """Turn assistants into arguments for the APIs that take over.

    Those for Responses are given to `client.responses.create(**arguments)` of OpenAI's SDK, those
    for Foundry to `agents.create_version(**arguments)` of azure-ai-projects. They are printed as
    JSON; what has no equivalent is told on stderr.
    """
    needed(ids)

    async def work(client: portkey_async.AsyncPortkey) -> int:
        found = await retrieved(client, ids)
        for assistant in found:
            made = to_responses(assistant) if to == "responses" else to_foundry_agent(assistant)
            _show(assistant, made, to, as_python=as_python, as_json=as_json)
        return status_of_many(len(ids), len(found))

    return connected(settings, work)


def _show(
    assistant: portkey_async.Assistant,
    made: ResponsesRequest | FoundryAgent,
    to: str,
    *,
    as_python: bool,
    as_json: bool,
) -> None:
    losses = [{"field": loss.field, "reason": loss.reason} for loss in made.losses]
    if as_json:
        _output.json({"id": assistant.id, "arguments": made.arguments, "losses": losses})
        return
    told = [f"Lost: {loss.field}: {loss.reason}" for loss in made.losses]
    if as_python:
        title = one_line(f"{assistant.name or 'An assistant'} ({assistant.id})")
        _output.line(python(to, title, made.arguments, [one_line(line) for line in told]))
        return
    _output.json(made.arguments, indent=2)
    for line in told:
        _output.note(f"{assistant.id}: {line}")
