"""Completion of commands and options in a shell."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from . import _output
from ._command import command

PROGRAM: Final = "portkey-async"
#: Set by the shell when it asks what could follow.
VARIABLE: Final = "_PORTKEY_ASYNC_COMPLETE"


@command(
    "completion",
    click.argument("shell", type=click.Choice(["bash", "zsh", "fish"])),
    example="""
        eval "$(portkey-async completion bash)"    # in ~/.bashrc; zsh: in ~/.zshrc
        portkey-async completion fish | source     # in config.fish
    """,
)
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes commands in a shell."""
    made = get_completion_class(shell)
    assert made is not None  # noqa: S101  # click has all three
    _output.line(made(context.find_root().command, {}, PROGRAM, VARIABLE).source())
