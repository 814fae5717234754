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
    """Drawn anew, it reads the same, and fetches nothing from elsewhere."""
    main(tmp_path)

    drawn, kept = ((folder / f"command-line-{name}.svg").read_text() for folder in (tmp_path, FOLDER))
    assert texts(drawn) == texts(kept)
    assert "http" not in kept.replace("http://www.w3.org/", "").replace(
        "https://api.portkey.ai", ""
    ).replace("https://www.textualize.io", "")
