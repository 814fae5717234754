"""Which threads are to be in a dump."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import click

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
