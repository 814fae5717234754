"""What a dump file holds, and which threads are to be in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import click

from portkey_async._types import JSONObject

from ._input import read_text


def chosen_threads(
    given: Iterable[str], read: Callable[[str], str] = read_text
) -> list[str] | Literal["all"] | None:
    """Tell which threads are meant.

    Args:
        given: Ids; `@FILE` for a file with one id a line; or `all`.
        read: Reads a file.

    Raises:
        click.UsageError: `all` is given beside others, or a file holds no id.
    """
    values = list(given)
    if "all" in values:
        if values != ["all"]:
            raise click.UsageError("--threads all stands for all of them; give no other beside it")
        return "all"
    ids: list[str] = []
    for value in values:
        if not value.startswith("@"):
            ids.append(value)
            continue
        found = read(value[1:]).split()
        if not found:
            raise click.UsageError(f"{value[1:]} holds no id")
        ids += found
    return ids or None


def dumped_assistants(path: str, failed: Callable[[Exception], None]) -> Iterator[JSONObject]:
    """Give the assistants of a dump, as the API gave them.

    Args:
        path: The dump.
        failed: Called with the error of a line that cannot be read; the others are given.

    Raises:
        TransferError: The file is no dump.
        TransferFileError: It cannot be read.
    """
    # They need the client, which is slow to import.
    from portkey_async.transfer import TransferError  # noqa: PLC0415
    from portkey_async.transfer._files import numbered_lines  # noqa: PLC0415
    from portkey_async.transfer._format import read_header, read_line  # noqa: PLC0415

    lines = numbered_lines(Path(path))
    read_header(next((line for _, line in lines), b""))
    for number, line in lines:
        try:
            record = read_line(line, number)
        except TransferError as error:
            failed(error)
        else:
            if record.kind == "assistant":
                yield record.payload
