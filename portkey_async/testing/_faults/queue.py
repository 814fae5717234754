"""The faults that are due, in the order in which they were injected."""

import math
from random import Random

from attrs import define, field

from .fault import Fault


@define
class _Armed:
    fault: Fault
    left: float


@define
class FaultQueue:
    """The faults injected and not yet spent; the first one meant for a request meets it."""

    _armed: list[_Armed] = field(factory=list[_Armed])

    def add(self, fault: Fault) -> None:
        """Arm *fault*."""
        self._armed.append(_Armed(fault, math.inf if fault.times is None else fault.times))

    def take(self, method: str, path: str, *, streams: bool = False) -> Fault | None:
        """The fault that meets this request, if any; one of its times is then spent."""
        for armed in self._armed:
            if armed.fault.meets(method, path, streams=streams):
                armed.left -= 1
                if not armed.left:
                    self._armed.remove(armed)
                return armed.fault
        return None

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()


def random_fault(random: Random) -> Fault:
    """One of the faults that a bad day brings, before or after the effect."""
    after_effect = random.choice((False, True))
    statuses = (500, 502, 503) if after_effect else (429, 500, 502, 503)  # 429: nothing was done
    faults = (Fault.reset(), Fault.truncate(), *map(Fault.status, statuses))
    return random.choice(faults).aimed(after_effect=after_effect)
