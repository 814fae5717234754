"""Reading a dump without an account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from portkey_async import Assistant, Message, Thread

from ._content import model_of, named, references
from ._files import numbered_lines
from ._format import read_header, read_line


def read(path: str | os.PathLike[str]) -> Iterator[Assistant | Thread | Message]:
    """Give the objects in a dump, in order: assistants, then each thread before its messages.

    Args:
        path: The dump; it is read as it is used.

    Returns:
        An iterator of models.

    Raises:
        TransferError: The file is no dump, or a line is damaged; `.line` is its number.
        TransferFileError: It cannot be read.
    """
    lines = numbered_lines(Path(path))
    read_header(next((line for _, line in lines), b""))
    for number, line in lines:
        yield model_of(read_line(line, number))


def named_in(path: Path) -> dict[str, tuple[str, ...]]:
    """Give the ids that the objects in a dump name, by what they are of.

    Raises:
        TransferFileError: It cannot be read.
    """
    return named(found for _, line in numbered_lines(path) for found in references(line))
