"""Whether a contestant was measured, or the server: its load, and what a raw client gets of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._measure import Figure, Measure, Round, figure, quotient, single
from benchmarks._scenarios import RAW_SOCKET

_HALF = 0.5
"""The server is out of the way if it can answer in half the time of the fastest contestant."""


@dataclass(frozen=True)
class ServerCheck:
    """How far the server was from being the bottleneck of a scenario.

    Attributes:
        fastest: The contestant with the least wall time.
        raw: The raw socket client's wall time for the same requests, against the fastest's.
        busy: The server's CPU time against the fastest's wall time.
    """

    fastest: str
    raw: Figure
    busy: Figure

    @property
    def clear(self) -> bool:
        """Whether the server was never the bottleneck."""
        return max(self.raw.median, self.busy.median) <= _HALF


def check_server(rounds: Sequence[Round]) -> ServerCheck | None:
    """Return the check of a scenario with a raw socket client; None for one without."""
    walls = {
        label: taken.median
        for label in {label for samples in rounds for label in samples} - {RAW_SOCKET}
        if (taken := figure(rounds, single("wall", label)))
    }
    if not walls:
        return None
    fastest = min(walls, key=walls.__getitem__)
    raw = figure(rounds, quotient("wall", RAW_SOCKET, fastest))
    busy = figure(rounds, _busy(fastest))
    return ServerCheck(fastest, raw, busy) if raw and busy else None


def _busy(label: str) -> Measure:
    return lambda samples: samples[label]["server"] / samples[label]["wall"]
