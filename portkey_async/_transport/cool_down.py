"""Cool-downs: what the servers have asked for, and for whom it holds."""

from __future__ import annotations

from collections.abc import Hashable


class CoolDowns:
    """Until when calls wait, by whom they are made and where they go. Entries expire."""

    def __init__(self) -> None:
        """Nothing was asked for yet."""
        self._until: dict[Hashable, float] = {}

    def ask(self, key: Hashable, now: float, seconds: float) -> None:
        """Have the calls of *key* wait for so many seconds; a longer wait is not taken back."""
        self._until = {other: end for other, end in self._until.items() if end > now}
        self._until[key] = max(self._until.get(key, now), now + seconds)

    def left(self, key: Hashable, now: float) -> float:
        """Give the seconds that the calls of *key* still have to wait; 0 for none."""
        if not self._until:  # nearly always
            return 0.0
        return max(0.0, self._until.get(key, now) - now)

    def __len__(self) -> int:
        """Count those that are kept."""
        return len(self._until)
