"""The time of a server, and its ids."""

from collections.abc import Callable
from random import Random
from string import ascii_letters, digits
from typing import Final

from attrs import define

_ALPHABET: Final = ascii_letters + digits


@define
class Clock:
    """A clock that can be moved forward."""

    source: Callable[[], float]
    ahead: float = 0.0

    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.source() + self.ahead)


def new_id(prefix: str, random: Random) -> str:
    """An id as the API makes them: the prefix and 24 letters and digits."""
    return f"{prefix}_{''.join(random.choices(_ALPHABET, k=24))}"
