"""The command that runs an assistant: run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import click

import portkey_async

from . import _output
from ._assistants import JSON
from ._command import command
from ._connect import connected
from ._input import read_text


@command(
    "run",
    click.argument("assistant_id", metavar="ID"),
    click.argument("message"),
    click.option("--thread", "thread_id", metavar="ID", help="Go on with this thread."),
    click.option(
        "--run-timeout",
        type=float,
        default=660.0,
        metavar="SECONDS",
        help="How long the run may take. Default: 660.",
    ),
    JSON,
    click.pass_obj,
    example="portkey-async run asst_abc123 'What is 2 + 2?'\n"
    "portkey-async run asst_abc123 - < question.txt",
)
def run(  # noqa: PLR0913  # its options
    settings: Mapping[str, Any],
    *,
    assistant_id: str,
    message: str,
    thread_id: str | None,
    run_timeout: float,
    as_json: bool,
) -> None:
    """Send a message, and print the answer as it comes.

    The assistant runs on a new thread, or on the one given. A MESSAGE of - is read from standard
    input. With --json, the events are printed. Interrupting it cancels the run, not the thread.
    """
    text = read_text("-") if message == "-" else message
    if not text.strip():
        raise click.UsageError("the message is empty")

    threads: list[str] = []

    async def work(client: portkey_async.AsyncPortkey) -> None:
        said: portkey_async.MessageParam = {"role": "user", "content": text}
        chosen: dict[str, Any] = {"assistant_id": assistant_id, "run_timeout": run_timeout}
        opened: AbstractAsyncContextManager[portkey_async.RunStream]
        if thread_id is None:
            opened = client.threads.create_and_run_stream(**chosen, thread={"messages": [said]})
        else:
            chosen["additional_messages"] = [said]
            opened = client.threads.runs.stream(thread_id, **chosen)
        async with opened as stream:
            try:
                await (_show_events(stream) if as_json else _speak(stream))
                run = await stream.get_final_run()
            finally:
                if stream.run is not None:
                    threads.append(stream.run.thread_id)
        if thread_id is None and not as_json:
            _output.note(f"--thread {run.thread_id} goes on from here")
        if run.status == "requires_action":
            await client.threads.runs.cancel(run.id, thread_id=run.thread_id)
            raise portkey_async.RunFailedError(
                f"run {run.id} wants functions called, which are not here; it was cancelled",
                run=run,
            )
        run.raise_for_status()

    try:
        connected(settings, work)
    except KeyboardInterrupt as interrupt:
        if threads:
            interrupt.add_note(f"--thread {threads[-1]} goes on from here")
        raise


async def _show_events(stream: portkey_async.RunStream) -> None:
    async for event in stream:
        _output.json(event.to_dict())


async def _speak(stream: portkey_async.RunStream) -> None:
    """Print what the model says, each message beginning a line."""
    ended, messages = True, 0
    try:
        async for text in stream.text_deltas:
            if messages != len(stream.messages):
                messages = len(stream.messages)
                _output.write("" if ended else "\n")
            _output.speech(text)
            ended = text.endswith("\n")
    finally:  # what is said on stderr after it begins a line too
        _output.write("" if ended else "\n")
