"""What the commands print, in files beside; `python -m command_line.snapshots` writes them.

Escapes are written as `␛`, so that styles can be read in a review.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import attrs
from command_line.calling import call, settings
from rich.console import Console, RenderableType

from portkey_async.cli import _output
from portkey_async.testing import Fault, PortkeyServer

FOLDER: Final = Path(__file__).parent / "snapshots"
WIDTHS: Final = (80, 160)

_TOOLS = [
    {"type": "code_interpreter"},
    {"type": "file_search"},
    {"type": "function", "function": {"name": "get_weather", "description": "The weather."}},
]
_NAMES = {
    "Math Tutor": ("gpt-4o", "Explain every step.\nBe patient.", _TOOLS[:1], {"team": "maths"}),
    "A name that is so long that it does not fit on eighty columns, nor nearly": (
        "gpt-4o-mini-2024-07-18",
        "Answer.",
        _TOOLS,
        {"team": "search", "owner": "anna", "cost-centre": "4711"},
    ),
    "東京の家庭教師 \U0001f469\u200d\U0001f3eb": ("gpt-4.1", None, [], {}),
    "evil \x1b[31mred\x07": ("gpt-4o", None, [], {"key": "\x1b]0;owned\x07"}),
}
_WHEN = 1_750_000_000


def payloads() -> list[Mapping[str, Any]]:
    """Make the assistants that the pictures and snapshots show."""
    given = enumerate(_NAMES.items())
    return [
        {
            "id": f"asst_{'abcdefghijklmnopqrstuvw'[number:]}{'xyz'[:number]}1",
            "object": "assistant",
            "created_at": _WHEN + 86_400 * number,
            "name": name,
            "description": None,
            "model": model,
            "instructions": instructions,
            "tools": tools,
            "tool_resources": {},
            "metadata": metadata,
            "temperature": 1.0,
            "top_p": 1.0,
            "response_format": "auto",
        }
        for number, (name, (model, instructions, tools, metadata)) in given
    ]


@attrs.frozen
class Case:
    """What is typed, and where.

    Attributes:
        arguments: The command.
        terminal: Whether it prints on a terminal.
        environment: What is set.
        fault: What the server does.
        typed: What is answered.
    """

    arguments: tuple[str, ...]
    terminal: bool = True
    environment: Mapping[str, str] = attrs.field(factory=dict[str, str])
    fault: Fault | None = None
    typed: str = ""


#: What a progress bar has drawn, and has erased at its end.
_DRAWN = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h(\x1b\[1A\x1b\[2K|\r|\n)*", re.DOTALL)
_FIRST = str(payloads()[0]["id"])
CASES: Final = {
    "help": Case(("--help",)),
    **{
        f"help-{name}": Case((name, "--help"))
        for name in (
            *("list", "get", "create", "update", "delete"),
            *("dump", "load", "convert", "run", "completion"),
        )
    },
    "list": Case(("list",)),
    "list-piped": Case(("list",), terminal=False),
    "list-no-color": Case(("list",), environment={"NO_COLOR": "1"}),
    "list-empty": Case(("list", "--name", "nothing")),
    "get": Case(("get", _FIRST)),
    "delete-question": Case(("delete", "--all"), typed="n\n"),
    "delete-dry-run": Case(("delete", "--all", "--model", "gpt-4o", "--dry-run")),
    "convert": Case(("convert", _FIRST)),
    "convert-python": Case(("convert", _FIRST, "--python")),
    "error-usage": Case(("list", "--colour")),
    "error-unknown-id": Case(("get", "asst_none")),
    "error-wrong-key": Case(("list",), environment={"PORTKEY_API_KEY": "wrong-one"}),
    "error-no-key": Case(("list",), environment={"PORTKEY_BASE_URL": "", "PORTKEY_API_KEY": ""}),
    "error-server": Case(("list", "--attempts", "1"), fault=Fault.status(503)),
}


@contextmanager
def gateway() -> Iterator[PortkeyServer]:
    """Run the server that the commands ask."""
    with PortkeyServer(assistants=payloads()) as server:
        yield server


def taken(case: Case, width: int, server: PortkeyServer) -> str:
    """Give what a command prints: its output, its errors, its exit code."""
    if case.fault is not None:
        server.inject(case.fault)
    with patch.dict(os.environ, settings(server)):
        os.environ.pop("NO_COLOR", None)
        os.environ.update(case.environment)
        done = call(*case.arguments, terminal=case.terminal, typed=case.typed, columns=width)
    command = " ".join(("portkey-async", *case.arguments))
    err = _DRAWN.sub("", done.err)
    parts = (f"$ {command}", done.out, err and f"--- stderr\n{err}", f"=> {done.status}")
    text = "\n".join(part.rstrip("\n") for part in parts if part) + "\n"
    return readable(text.replace(server.base_url, "https://gateway.example/v1"))


def progress(width: int) -> str:
    """Give what a progress bar shows half way, at its end, and where the end is not known."""
    shown: list[str] = []
    for done, total in ((120, 250), (250, 250), (1200, None)):
        console = Console(width=width, force_terminal=True, color_system="256", file=StringIO())
        drawn = half_way("Deleting", done, total, console)
        with console.capture() as captured:
            console.print(drawn)
        shown.append(captured.get())
    return readable("".join(shown))


def half_way(what: str, done: int, total: int | None, console: Console) -> RenderableType:
    """Draw a progress bar as it is when so much is done, a thing every tenth of a second."""
    now = 0.0
    bar, show = _output.bar(what, total, console, lambda: now)
    for step in range(done + 1):
        now = step / 10
        show(step, total)
    return bar.get_renderable()


def readable(text: str) -> str:
    """Write escapes so that they can be read, and no spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.replace("\x1b", "␛").split("\n"))


def every() -> Iterator[tuple[Path, str]]:
    """Give all snapshots: the file, and what should stand in it."""
    for width in WIDTHS:
        yield FOLDER / f"progress-{width}.txt", progress(width)
        for name, case in CASES.items():
            with gateway() as server:
                yield FOLDER / f"{name}-{width}.txt", taken(case, width, server)


def main() -> None:
    """Write the files."""
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for path, text in every():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
