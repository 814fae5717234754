"""What the status of a run means, and what the run waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from portkey_async._models.runs import RequiredAction, RequiredToolCall, Run

#: The statuses of a run that is over. Any other, one that is not known too, is of an active run.
ENDED: Final = frozenset({"completed", "failed", "incomplete", "cancelled", "expired"})


def has_ended(status: str) -> bool:
    """Tell whether a run with this status is over."""
    return status in ENDED


def required_calls(run: Run) -> Sequence[RequiredToolCall]:
    """Give the calls that a run waits for; none if it waits for nothing, or for something else."""
    if run.status == "requires_action" and isinstance(run.required_action, RequiredAction):
        return run.required_action.submit_tool_outputs.tool_calls
    return ()
