"""At the edge of a deadline, nothing is cancelled by mistake and no cancellation is lost."""

import asyncio
import os
import sys

import pytest
from faults.deadline_edge import calls_at_the_edge, loop_factory

#: uvloop makes no eager tasks by a factory.
LOOPS = [
    ("asyncio", False),
    ("uvloop", False),
    pytest.param(
        "asyncio",
        True,
        marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks are eager since 3.12"),
    ),
]
#: `python -m faults.deadline_edge` tries 20,000.
CALLS = int(os.environ.get("DEADLINE_EDGE_CALLS", "600"))


@pytest.mark.parametrize(("loop", "eager"), LOOPS)
def test_calls_end_cleanly_at_the_edge_of_their_deadline(loop: str, *, eager: bool) -> None:
    """No stray cancellation, none swallowed, and a doubt exactly where a request was written."""
    with asyncio.Runner(loop_factory=loop_factory(loop, eager=eager)) as runner:
        seen = runner.run(calls_at_the_edge(CALLS))

    assert seen.wrong == []
    assert seen.outcomes["APITimeoutError"] > 0
    assert seen.outcomes["success"] + seen.outcomes["cancelled"] > 0
