"""What commands print on terminals of 80 and 160 columns is what stands in the files beside."""

import re

import pytest
from command_line.snapshots import CASES, FOLDER, WIDTHS, gateway, progress, taken
from rich.cells import cell_len


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_a_command_prints_what_it_printed(name: str, width: int) -> None:
    """`python -m command_line.snapshots` writes them anew; look at the difference."""
    with gateway() as server:
        printed = taken(CASES[name], width, server)

    assert printed == (FOLDER / f"{name}-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_progress_bar(width: int) -> None:
    """Half way, at its end, and where the end is not known."""
    assert progress(width) == (FOLDER / f"progress-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*CASES, "progress"])
def test_results_fit_the_terminal(name: str, width: int) -> None:
    """No line of help, tables and progress is longer; errors are one line, however long."""
    text = (FOLDER / f"{name}-{width}.txt").read_text(encoding="utf-8")
    shown = text.partition("--- stderr")[0] if not name.startswith("convert") else ""

    for line in shown.splitlines():
        assert cell_len(re.sub(r"␛\[[0-9;?]*[a-zA-Z]", "", line)) <= width


def test_there_is_no_other_file() -> None:
    """One that no test looks at would be wrong soon."""
    names = {f"{name}-{width}.txt" for name in [*CASES, "progress"] for width in WIDTHS}

    assert {path.name for path in FOLDER.iterdir()} == names


@pytest.mark.parametrize("name", ["list-no-color", "list-piped"])
def test_no_colours_where_they_are_not_wanted(name: str) -> None:
    """Piped, there is no escape at all; with NO_COLOR, bold at most."""
    for width in WIDTHS:
        text = (FOLDER / f"{name}-{width}.txt").read_text(encoding="utf-8")
        assert set(re.findall(r"␛\[([0-9;?]*[a-zA-Z])", text.partition("--- stderr")[0])) <= (
            {"1m", "0m"} if name == "list-no-color" else set()
        )
