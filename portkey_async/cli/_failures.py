"""What went wrong, as one line that says what to do, and the exit code."""

from __future__ import annotations

import re
from collections.abc import Callable

import click

from portkey_async._errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PortkeyError,
    RateLimitError,
    RunTimeoutError,
)

from ._text import one_line

SUCCESS, FAILED, USAGE, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130

#: Servers say it in their own words, which have this in common.
_NO_PROVIDER = "x-portkey-provider"
#: What to do about an error of a call; the first that fits.
_HINTS: tuple[tuple[type[PortkeyError], str], ...] = (
    (AuthenticationError, "check PORTKEY_API_KEY or --api-key-file, and the key of the provider"),
    (PermissionDeniedError, "the key does not allow it; use another one"),
    (NotFoundError, "check the id, and --base-url"),
    (RateLimitError, "try again later, or with a smaller --concurrency"),
    (InternalServerError, "try again later"),
    (RunTimeoutError, "--run-timeout gives a run more time"),
    (APITimeoutError, "check --base-url and the network; --timeout gives more time"),
    (APIConnectionError, "check --base-url and the network"),
)


def failure(error: BaseException, flag: Callable[[str], str | None]) -> tuple[str, int]:
    """Say what went wrong.

    Args:
        error: What was raised.
        flag: Gives the flag of an argument of the client; None where there is no such argument.

    Returns:
        One line, and the exit code.
    """
    if isinstance(error, KeyboardInterrupt):
        return "; ".join(("Interrupted", *_notes(error))), INTERRUPTED
    if isinstance(error, click.ClickException):
        return f"Error: {_usage(error)}", error.exit_code
    if isinstance(error, (ConfigurationError, InvalidRequestError)):
        return f"Error: {with_flags(one_line(str(error)), flag)}", USAGE
    if isinstance(error, PortkeyError) and isinstance(error, ValueError):  # a file cannot be used
        return f"Error: {reason(error)}", FAILED if isinstance(error, OSError) else USAGE
    return f"Error: {reason(error)}", FAILED


def reason(error: BaseException) -> str:
    """Say in one line why a call failed, and what to do."""
    if isinstance(error, PortkeyError):
        hints = [hint for kind, hint in _HINTS if isinstance(error, kind)][:1]
        if isinstance(error, BadRequestError) and _NO_PROVIDER in error.message:
            hints = ["set PORTKEY_PROVIDER_VIRTUAL_KEY, or give --provider or --config"]
        said = one_line(str(error)).replace("restart=True", "--restart")
        return "; ".join((said, *hints, *_notes(error)))
    if isinstance(error, click.ClickException):
        return one_line(error.format_message())
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return one_line(f"{where}{error.strerror or error}")
    kind = type(error).__name__
    return one_line(f"{kind}: {error}; this is a fault of portkey-async: report it with --debug")


def with_flags(message: str, flag: Callable[[str], str | None]) -> str:
    """Name flags in place of the arguments of the client.

    A word that is no argument for sure, such as "query", stays unless it begins the message.
    """

    def named(found: re.Match[str]) -> str:
        name, value = found["name"], found["value"]
        certain = (
            "_" in name
            or found.start() == 0
            or value
            or message[: found.start()].endswith(("pass ", "needs ", " or "))
        )
        known = flag(name) if certain else None
        if known is None:
            return found[0]
        return f"{known} {value}" if value else known

    return re.sub(r"(?P<name>\b[a-z][a-z_]*\b)(?!')(?:='(?P<value>[^']*)')?", named, message)


def status_of_many(asked: int, done: int) -> int:
    """Give the exit code of a command that was to do many things, and has done some."""
    if done >= asked:
        return SUCCESS
    return SOME_FAILED if done else FAILED


def _notes(error: BaseException) -> list[str]:
    return [one_line(note) for note in getattr(error, "__notes__", ())]


def _usage(error: click.ClickException) -> str:
    message = one_line(error.format_message()).removesuffix(".")
    if not isinstance(error, click.UsageError):
        return message
    command = error.ctx.command_path if error.ctx else "portkey-async"
    return f"{message}; see `{command} --help`"
