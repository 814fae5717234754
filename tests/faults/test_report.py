"""The document says what the matrix saw, and is not older than the list of faults."""

from itertools import product

import pytest
from faults.catalog import FAULTS
from faults.cell import Cell
from faults.fault import Fault, Mode
from faults.operations import OPERATIONS
from faults.report import DOCUMENT, counts, entry, stream_table, table
from faults.stream_cell import WAYS, StreamCell
from faults.stream_faults import stream_faults
from support.documents import replaced

from portkey_async import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    InternalServerError,
)

CREATE, RETRIEVE, *_ = OPERATIONS
PIPED = Fault("Group", "one|two", FAULTS[0].act, APIConnectionError)


def _cell(error: APIError | None, operation: object = CREATE, *broken: str) -> Cell:
    chosen = RETRIEVE if operation is RETRIEVE else CREATE
    return Cell(PIPED, chosen, Mode.FIRST, error, 0.1, broken)


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (_cell(None), "✓"),
        (_cell(APIConnectionError("", may_have_executed=False)), "C"),
        (_cell(APIConnectionError("", may_have_executed=True)), "C?"),
        (_cell(APITimeoutError("", may_have_executed=True)), "T?"),
        (_cell(APIResponseValidationError("")), "V?"),
        (_cell(InternalServerError("", status=503)), "503?"),
        (_cell(InternalServerError("", status=503), RETRIEVE), "503"),
        (_cell(None, CREATE, "created twice"), "**✗**"),
    ],
)
def test_entries(cell: Cell, says: str) -> None:
    """Each outcome has its own entry; doubt is shown for what changes something."""
    assert entry(cell) == says


def test_a_table_has_a_row_for_each_fault_and_a_column_for_each_sort_of_operation() -> None:
    """Two entries that differ are both shown, and a bar in a name does not open a column."""
    errors = {Mode.FIRST: None, Mode.EVERY: APIConnectionError()}
    cells = [
        Cell(PIPED, operation, mode, errors[mode], 0.1, ())
        for operation, mode in product(OPERATIONS, Mode)
    ]

    rows = "\n".join(table(cells)).splitlines()

    assert rows[-1] == "| one\\|two | ✓ / C? | ✓ / C |"
    sorts = [row for row in rows if row.startswith(f"| {CREATE.name} | ")]
    assert len(sorts) == 1
    assert sorts[0].count(",") == sum(operation.writes for operation in OPERATIONS) - 1


def test_a_stream_fault_has_a_row_that_tells_all_outcomes() -> None:
    """Each once, in the order of the places; a broken promise is shown."""
    fault = next(stream_faults())
    cells = [
        StreamCell(fault, at, way, outcome, ("bad",) if outcome == "bad" else ())
        for at, outcome in enumerate(("APIConnectionError", "mended", "mended", "bad"))
        for way in WAYS
    ]

    rows = [*stream_table(cells)]

    assert rows[-2] == f"| {fault.name} |{' APIConnectionError, mended, **✗** |' * len(WAYS)}"


def test_counts_tell_results_errors_and_broken_promises_apart() -> None:
    """Every cell is counted once."""
    lines = "\n".join(counts([_cell(None), _cell(APIError()), _cell(None, CREATE, "bad")], 1.0))

    assert "| cells | 3 |" in lines
    assert "| the right result | 1 |" in lines
    assert "| the right error, in time | 1 |" in lines
    assert "followed redirects | 1 |" in lines


def test_only_what_lies_between_the_markers_is_replaced() -> None:
    """The prose around stays, and a second run changes nothing more."""
    document = "before <!-- soak: generated -->old<!-- soak: end --> after"

    once = replaced(document, "soak", iter(["new", ""]))

    assert once == "before <!-- soak: generated -->\n\nnew\n\n<!-- soak: end --> after"
    assert replaced(once, "soak", iter(["new"])) == once
    with pytest.raises(ValueError, match="lacks <!-- other: generated -->"):
        replaced(document, "other", iter(()))


def test_the_document_shows_every_fault_and_no_broken_promise() -> None:
    """A fault that was added without running `nox -s matrix` is missed here."""
    document = DOCUMENT.read_text(encoding="utf-8")

    missing = [fault.name for fault in FAULTS if f"\n| {fault.name} |" not in document]
    assert missing == []
    assert "✗**" not in document.partition("| **✗** | a promise was broken |")[2]
