"""Reading a dump without an account."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from portkey_async import Assistant, Message, Thread

from ._content import model_of, named, references
from ._errors import TransferError
from ._files import numbered_lines
from ._format import read_header, read_line


def read(
    path: str | os.PathLike[str], *, damaged: Callable[[TransferError], object] | None = None
) -> Iterator[Assistant | Thread | Message]:
    """Give the objects in a dump, in order: assistants, then each thread before its messages.

    Args:
        path: The dump; it is read as it is used.
        damaged: Called with the error of a line that is damaged, and the others are given. None
            has it raised, the default.

    Returns:
        An iterator of models.

    Raises:
        TransferError: The file is no dump, or a line is damaged; `.line` is its number.
        TransferFileError: It cannot be read.
    """
    lines = numbered_lines(Path(path))
    read_header(next((line for _, line in lines), b""))
    for number, line in lines:
        try:
            model = model_of(read_line(line, number))
        except TransferError as error:
            if damaged is None:
                raise
            damaged(error)
        else:
            yield model


def named_in(path: Path) -> dict[str, tuple[str, ...]]:
    """Give the ids that the objects in a dump name, by what they are of.

    Raises:
        TransferFileError: It cannot be read.
    """
    return named(found for _, line in numbered_lines(path) for found in references(line))
