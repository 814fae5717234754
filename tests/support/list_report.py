"""Writes the table of servers and ways of iterating into docs/lists.md.

Run by `python -m support.list_report`, with `tests` on the path.
"""

import asyncio
from collections.abc import Iterator, Mapping

from support.documents import ROOT, replaced, text_of
from support.list_family import KINDS, WAYS, Findings, explore_all

DOCUMENT = ROOT / "docs" / "lists.md"
SYMBOLS = {"all": "✓", "error": "E", "lost": "∅"}
TITLES = {
    "async for": "`async for`",
    "backward": "by `before`",
    "by_page": "`by_page`",
    "exhaustive": "`exhaustive`",
    "prefetch": "`prefetch`",
    "both_ends": "`both_ends`",
    "await": "`await`, by hand",
}


def table(findings: Mapping[tuple[str, str], Findings]) -> Iterator[str]:
    """Give the lines of the table, a row for each kind of server."""
    yield f"| the server | {' | '.join(TITLES[way] for way in WAYS)} |"
    yield "|---" * (len(WAYS) + 1) + "|"
    for kind in KINDS:
        cells = [entry(findings[kind.name, way]) for way in WAYS]
        yield f"| {kind.name} | {' | '.join(cells)} |"
    yield ""
    for kind in KINDS:
        if kind.unseen:
            yield f"- ∅ where it {kind.name}: {kind.unseen}."


def entry(found: Findings) -> str:
    """Say what happened at least once."""
    return " ".join(symbol for name, symbol in SYMBOLS.items() if name in found.entries)


def written(document: str) -> str:
    """Put the table into the text of the document."""
    return replaced(document, "servers", table(asyncio.run(explore_all())))


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(written(text_of(DOCUMENT)), encoding="utf-8")


if __name__ == "__main__":
    main()
