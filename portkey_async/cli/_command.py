"""What all commands have in common: their options, their help, an example."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import click

from ._connection import connection_options

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

Callback = Callable[..., int | None]


def command(
    name: str, *options: Callable[[Any], Any], example: str
) -> Callable[[Callback], click.Command]:
    """Make a command of a function that gives the exit code, or None for success.

    Args:
        name: Of the command.
        *options: Its own options and arguments, in order.
        example: For its help.
    """

    def made(callback: Callback) -> click.Command:
        given: Any = callback
        for option in reversed(options):
            given = option(given)
        own = click.command(
            name,
            help=inspect.getdoc(callback),
            epilog=_epilog(example),
            context_settings=CONTEXT,
        )(given)
        own.params += shared_options(hidden=True)
        return own

    return made


def shared_options(*, hidden: bool = False) -> list[click.Parameter]:
    """Make the options that may stand before a command and after it."""
    debug = click.Option(
        ["--debug"],
        is_flag=True,
        expose_value=False,
        hidden=hidden,
        help="Show the traceback of an error.",
    )
    return [debug, *connection_options(hidden=hidden)]


class Commands(click.Group):
    """A group whose help shows commands in their order, and then the options of the connection."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Give the commands as they were added."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options in two sections."""
        self.format_commands(ctx, formatter)
        own = {param.name for param in self.params if param.expose_value} | {
            "help",
            "version",
            "debug",
        }
        params = self.get_params(ctx)
        for title, of_own in (("Options", True), ("Connection", False)):
            shown = (
                param.get_help_record(ctx) for param in params if (param.name in own) is of_own
            )
            with formatter.section(title):
                formatter.write_dl([*filter(None, shown)])  # None is for a hidden one


def _epilog(example: str) -> str:
    lines = "\n".join(f"  {line}" for line in inspect.cleandoc(example).splitlines())
    return (
        f"\b\nExample:\n{lines}\n\n"
        "The options of the connection, such as --base-url and --api-key-file, may be given here "
        "too: `portkey-async --help` lists them."
    )
