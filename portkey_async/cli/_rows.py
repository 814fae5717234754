"""What a table of assistants shows, as plain texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

import attrs

import portkey_async

from ._text import as_json, one_line, printable

#: From this width on, a table shows more.
WIDE = 120


@attrs.frozen
class Column:
    """A column of a table.

    Attributes:
        title: What stands above it.
        text: Gives what it shows of an assistant.
        whole: Whether it is never cut.
        wide: Whether it is shown only where there is room.
    """

    title: str
    text: Callable[[portkey_async.Assistant], str]
    whole: bool = False
    wide: bool = False


def _date(seconds: int, form: str) -> str:
    if seconds <= 0:
        return ""
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime(form)
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _pairs(values: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{key}={_plain(value)}" for key, value in values)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else as_json(value)


def _tools(assistant: portkey_async.Assistant) -> str:
    """Name the tools, functions by their own names."""
    names = (
        tool.function.name if isinstance(tool, portkey_async.FunctionTool) else tool.type
        for tool in assistant.tools or ()
    )
    return ", ".join(name or "?" for name in names)


COLUMNS = (
    Column("ID", lambda one: one.id, whole=True),
    Column("Name", lambda one: one.name or ""),
    Column("Model", lambda one: one.model),
    Column("Created", lambda one: _date(one.created_at, "%Y-%m-%d"), whole=True),
    Column("Tools", _tools, wide=True),
    Column("Metadata", lambda one: _pairs((one.metadata or {}).items()), wide=True),
)


def columns(width: int) -> tuple[Column, ...]:
    """Give the columns of a table that may be so wide."""
    return tuple(column for column in COLUMNS if width >= WIDE or not column.wide)


def row(assistant: portkey_async.Assistant, shown: Iterable[Column]) -> list[str]:
    """Give what a table shows of an assistant, each on one line."""
    return [one_line(column.text(assistant)) for column in shown]


def details(assistant: portkey_async.Assistant) -> Iterator[tuple[str, str]]:
    """Give all that an assistant has, as names and texts; what is null or empty is left out."""
    for name, value in assistant.to_dict().items():
        if name == "object" or value in (None, "", [], {}):
            continue
        if name == "created_at":
            text = _date(assistant.created_at, "%Y-%m-%d %H:%M:%S UTC")
        else:
            text = _plain(value)
        yield one_line(name), printable(text)
