"""The pictures in the documents are those that the commands draw now."""

import html
import re
from pathlib import Path

import pytest
from command_line.pictures import FOLDER, PICTURES, main


def texts(svg: str) -> str:
    """What can be read in a picture."""
    return html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg)))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_is_printed(name: str, tmp_path: Path) -> None:
    """Drawn anew, it reads the same; it fetches no font from elsewhere."""
    main(tmp_path)

    file = f"command-line-{name}.svg"
    drawn, kept = ((folder / file).read_text(encoding="utf-8") for folder in (tmp_path, FOLDER))
    assert texts(drawn) == texts(kept)
    assert "@font-face" not in kept
