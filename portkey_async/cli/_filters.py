"""Which assistants a command is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

import attrs
import click

import portkey_async

from ._text import as_json

_AGE = re.compile(r"([0-9]{1,9})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@attrs.frozen
class Filters:
    """What an assistant must have, all of it at once.

    Attributes:
        name: A pattern, as in a shell, for the whole name; None for any. One without a name has
            an empty one.
        model: The same for the model.
        metadata: Pairs that its metadata must hold.
        older_than: Seconds since it was made, at least; None for any time.
    """

    name: str | None = None
    model: str | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    older_than: int | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is filtered out."""
        return self != Filters()


def matches(assistant: portkey_async.Assistant, filters: Filters, now: float) -> bool:
    """Tell whether an assistant is one of those that are meant.

    Args:
        assistant: The assistant.
        filters: What it must have.
        now: Unix time in seconds.
    """
    if filters.name is not None and not fnmatchcase(assistant.name or "", filters.name):
        return False
    if filters.model is not None and not fnmatchcase(assistant.model, filters.model):
        return False
    held = assistant.metadata or {}
    if any(key not in held or _as_text(held[key]) != value for key, value in filters.metadata):
        return False
    if filters.older_than is None:
        return True
    # Some servers say 0 where they do not know when it was made.
    return 0 < assistant.created_at < now - filters.older_than


def age(text: str) -> int:
    """Read an age such as `90d`.

    Returns:
        Seconds.

    Raises:
        click.BadParameter: It is none.
    """
    found = _AGE.fullmatch(text)
    if found is None:
        raise click.BadParameter(
            f"{text!r} is no age: give a whole number and s, m, h, d or w, such as 90d"
        )
    return int(found[1]) * _SECONDS[found[2]]


def pairs(texts: Iterable[str], separator: str = "=") -> tuple[tuple[str, str], ...]:
    """Read pairs such as `team=search`.

    Raises:
        click.BadParameter: One is none, or two have the same key.
    """
    found: dict[str, str] = {}
    for text in texts:
        key, parted, value = text.partition(separator)
        if not parted or not key.strip():
            raise click.BadParameter(f"{text!r} is no pair: write it as key{separator}value")
        if key in found:
            raise click.BadParameter(f"{key!r} is given twice")
        found[key] = value
    return tuple(found.items())


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else as_json(value)
