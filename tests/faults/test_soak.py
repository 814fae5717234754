"""The soak, shortened: what its command runs for minutes, for a second or two."""

from faults.soak import soak

MEBIBYTE = 1024 * 1024


async def test_nothing_is_lost_doubled_or_leaked() -> None:
    """With a fifth of the calls failing, what the client was told is what the store holds."""
    seen = await soak(calls=2_000, concurrency=50)

    assert seen.contradictions == []
    assert seen.calls >= 2_000
    assert seen.requests > seen.calls  # some were repeated,
    assert 0 < seen.failed.total() < seen.calls / 10  # a few could not be,
    assert seen.belief.doubtful  # and some of those were creates
    assert seen.grown < 10 * MEBIBYTE
