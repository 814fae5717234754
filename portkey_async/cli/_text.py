"""Texts made fit for a terminal, and values as JSON: nothing that a server says is printed raw."""

from __future__ import annotations

import json
import re

#: Zero-width joiners: emoji and several scripts are made with them, and they move no cursor.
_JOINERS = "\u200c\u200d"
_REPLACEMENT = "\ufffd"
_OTHER_SPACE = re.compile(r"[^\S\n\t]")


def printable(text: str) -> str:
    """Give a text without control characters and escapes; lines and tabs stay."""
    if text.isprintable():
        return text
    text = _OTHER_SPACE.sub(" ", text.replace("\r", ""))
    return "".join(
        char if char.isprintable() or char in f"\n\t{_JOINERS}" else _REPLACEMENT for char in text
    )


def one_line(text: str) -> str:
    """Give a text on one line, without control characters and escapes."""
    return " ".join(printable(text.replace("\r", " ")).split())


def as_json(value: object, *, ascii_only: bool = False, indent: int | None = None) -> str:
    """Encode a value as JSON in which whatever is not printable is escaped.

    Args:
        value: Plain JSON.
        ascii_only: Whether everything beyond ASCII is escaped too.
        indent: How far to indent; None for one line.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text
    )


def counted(done: int, total: int | None) -> str:
    """Say how much is done, and of how much."""
    return f"{done:,}" if total is None else f"{done:,} of {total:,}"


def time_left(seconds: float | None) -> str:
    """Say how long it will take; nothing where that is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left" if hours else f"{minutes}:{rest:02} left"


def assistants(count: int) -> str:
    """Say how many assistants."""
    return "1 assistant" if count == 1 else f"{count:,} assistants"
