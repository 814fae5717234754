"""The command `portkey-async`: its commands, and what becomes of what they raise."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from click.shell_completion import shell_complete

from portkey_async._version import __version__

from . import _output
from ._assistants import create, delete, get, list_, update
from ._command import CONTEXT, Commands, shared_options
from ._completion import PROGRAM, VARIABLE, completion
from ._connection import flag
from ._failures import SUCCESS, failure
from ._moving import convert, dump, load
from ._talking import run as run_

_HELP = """\
Manage, move and run assistants behind a Portkey gateway.

Credentials come from the environment (PORTKEY_API_KEY, PORTKEY_PROVIDER_VIRTUAL_KEY) or from files,
and are never arguments. Keys of the environment go to portkey.ai, to this machine, and to the host
of PORTKEY_BASE_URL, and nowhere else.
"""
_EPILOG = """\
\b
Example:
  portkey-async list --name 'Tutor*' --older-than 90d

\b
Exit codes: 0 success; 1 a call or a run failed; 2 wrong usage;
3 some of many failed; 130 interrupted."""


def _show_help(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        _output.line(context.get_help())


app = Commands(
    PROGRAM,
    commands=[list_, get, create, update, delete, dump, load, convert, run_, completion],
    callback=click.pass_context(_show_help),
    invoke_without_command=True,
    params=shared_options(),
    help=_HELP,
    epilog=_EPILOG,
    context_settings=CONTEXT,
)
click.version_option(__version__, prog_name=PROGRAM)(app)


def run(arguments: Sequence[str]) -> int:
    """Run a command by its arguments.

    Returns:
        The exit code.
    """
    _output.prepare()
    if instruction := os.environ.get(VARIABLE):
        return shell_complete(app, {}, PROGRAM, VARIABLE, instruction)
    try:
        with app.make_context(PROGRAM, [*arguments], obj={}) as context:
            return app.invoke(context) or SUCCESS
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except BrokenPipeError:  # whoever read has read enough
        _output.give_up()
        return SUCCESS
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # all are told here
        if "--debug" in arguments:
            _output.trace(error)
        said, status = failure(error, flag)
        _output.note(said)
        if isinstance(error, OSError):  # what could not be written is not tried again at the end
            _output.give_up()
        return status
