"""The pictures in the documents; `python -m command_line.pictures` draws them.

They are what rich draws on terminals of 80 columns, a dark one and a light one.
"""

import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, Final

from command_line.snapshots import half_way, payloads
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME, TerminalTheme

from portkey_async import Assistant
from portkey_async.cli import _output
from portkey_async.testing import mock_assistant

FOLDER: Final = Path(__file__).parents[2] / "docs" / "_static"

_TUTORS: Final = [
    ("Physics Tutor", "gpt-4o", 1_757_000_000),
    ("東京の家庭教師", "gpt-4.1", 1_752_000_000),
    ("Support, with a name longer than its column", "gpt-4o-mini-2024-07-18", 1_748_000_000),
    ("Math Tutor", "gpt-4o", 1_741_000_000),
]
#: rich names a font on a server of others, which a page of documents must not fetch.
_FONT: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def _list(console: Console) -> None:
    shown = [
        Assistant.from_dict(
            mock_assistant(id=str(like["id"]), name=name, model=model, created_at=created_at)
        )
        for like, (name, model, created_at) in zip(payloads(), _TUTORS, strict=True)
    ]
    console.print("[bold]$[/] portkey-async list")
    console.print(_output.table(shown, console.width))


def _delete(console: Console) -> None:
    console.print("[bold]$[/] portkey-async delete --all --older-than 90d")
    console.print("Delete 250 assistants at https://api.portkey.ai/v1? [bold]\\[y/N][/] y")
    console.print(half_way("Deleting", 120, 250, console))


PICTURES: Final[dict[str, tuple[Callable[[Console], None], TerminalTheme]]] = {
    "list": (_list, SVG_EXPORT_THEME),
    "delete": (_delete, DEFAULT_TERMINAL_THEME),
}


def picture(name: str) -> str:
    """Draw a picture."""
    draw, theme = PICTURES[name]
    screen: dict[str, Any] = {"width": 80, "record": True, "force_terminal": True}
    # The color system of the snapshots: rich keeps the first escapes that it makes of a style.
    console = Console(file=StringIO(), color_system="256", highlight=False, **screen)
    draw(console)
    console.print()  # what hangs below the last line would be cut
    svg = console.export_svg(title="portkey-async", theme=theme, unique_id=f"portkey-{name}")
    return _FONT.sub("", svg)


def main(folder: Path = FOLDER) -> None:
    """Write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        (folder / f"command-line-{name}.svg").write_text(picture(name), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
