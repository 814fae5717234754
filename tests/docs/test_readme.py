"""What the README promises, and that all documents can be reached from it."""

from pathlib import Path

import pytest
from support.documents import DOCUMENTS, INDEX, README, ROOT, anchors, blocks, links

LINKING = [*DOCUMENTS, *(ROOT / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY"))]


def broken(document: Path) -> list[str]:
    """The links of a document that lead nowhere."""
    wrong: list[str] = []
    for link in links(document):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


def linked(document: Path) -> set[Path]:
    """The files that a document leads to."""
    return {(document.parent / link.partition("#")[0]).resolve() for link in links(document)}


def test_ci_runs_the_two_commands() -> None:
    """What the README tells a newcomer to type is what CI runs, to the letter."""
    commands = [block.source.strip() for block in blocks(README, "sh")]
    script = (ROOT / ".ci" / "run").read_text().splitlines()

    assert commands == [
        "python -m pip install . && python examples/quickstart.py",
        "python -m pip install -e '.[dev]' && python -m pytest",
    ]
    for command in commands:
        assert any(line == command or line.startswith(f"{command} |") for line in script), command


@pytest.mark.parametrize("document", LINKING, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every link inside the project leads to a file, and to a heading of it if it names one."""
    assert broken(document) == []


def test_every_document_is_listed() -> None:
    """The README leads to the index of the documents, and that one leaves none out."""
    assert INDEX in linked(README)
    assert {*DOCUMENTS} - {README, INDEX} <= linked(INDEX)


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    """A file or a heading that is not there counts, what is there does not, nor does the web."""
    document = tmp_path / "a.md"
    document.write_text(
        "# What is `UNSET`?\n[1](a.md#what-is-unset) [2](#what-is-unset) [3](https://portkey.ai/x)\n"
        "[4](b.md) [5](a.md#nothing) ![6](c.svg)\n```python\nx = [7](0)\n```\n"
    )

    assert broken(document) == ["b.md", "a.md#nothing", "c.svg"]
