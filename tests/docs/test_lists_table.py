"""The table of docs/lists.md is what the servers of the tests do today."""

from support.documents import text_of
from support.list_family import Findings
from support.list_report import DOCUMENT, entry, main, written


def test_the_table_is_up_to_date() -> None:
    """Otherwise, `nox -s lists` writes it."""
    assert text_of(DOCUMENT) == written(text_of(DOCUMENT))


def test_the_command_writes_the_document() -> None:
    """And nothing but the table."""
    before = text_of(DOCUMENT)
    main()

    assert text_of(DOCUMENT) == before


def test_an_entry_says_all_that_happened() -> None:
    """In one order: the right list, an error, a loss that nobody sees."""
    assert entry(Findings(frozenset({"lost", "error", "all"}), frozenset())) == "✓ E ∅"
    assert entry(Findings(frozenset({"error"}), frozenset())) == "E"
