"""Many runs side by side, fewer than their command has: what it tries with 500."""

import pytest
from faults.many_runs import many_runs


@pytest.mark.usefixtures("caplog")  # which lets the log through
async def test_runs_side_by_side_keep_every_promise() -> None:
    """Answered once and rightly, none left active in silence, nothing left behind."""
    seen = await many_runs(60, seed=7)

    assert seen.verdict.wrong == []
    assert all(job.outcome is not None for job in seen.jobs)
    assert any(job.cancelled for job in seen.jobs)
    assert any(job.stream is not None and job.stream.interrupted for job in seen.jobs)
    assert seen.calls > 20
