"""Reading what a command is given by a file, or by standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import click


def read_text(path: str) -> str:
    """Read a text.

    Args:
        path: The file; `-` is standard input.

    Raises:
        click.UsageError: It cannot be read.
    """
    try:
        if path == "-":
            return (sys.stdin.buffer.read() if sys.stdin else b"").decode()
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"cannot read {path}: it is not UTF-8") from None
