"""A move with kills and failures loses nothing and doubles nothing."""

import pytest
from support.moving_house import Move, move


@pytest.mark.parametrize("seed", [1, 2])
def test_a_move_outlives_kills_and_failures(seed: int) -> None:
    """Two SIGKILLs of the dump, two of the load, a tenth of the requests failing."""
    seen = move(
        Move(assistants=150, threads=6, messages=5, kills=2, fail_rate=0.1, grace=0.05, seed=seed)
    )

    assert seen.killed > 0
    assert (seen.lost, seen.double, seen.wrong) == (0, 0, [])
    assert seen.report["failed"] == {}
