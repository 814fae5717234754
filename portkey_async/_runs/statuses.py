"""What the status of a run means."""

from __future__ import annotations

from typing import Final

#: The statuses of a run that is over. Any other, one that is not known too, is of an active run.
ENDED: Final = frozenset({"completed", "failed", "incomplete", "cancelled", "expired"})


def has_ended(status: str) -> bool:
    """Tell whether a run with this status is over."""
    return status in ENDED


def is_settled(status: str) -> bool:
    """Tell whether a run with this status does not go on by itself: it is over, or it waits."""
    return status in ENDED or status == "requires_action"
