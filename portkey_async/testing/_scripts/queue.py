"""The scripts that wait for runs, in the order in which they were given."""

import math
from collections.abc import Callable
from threading import Lock
from typing import Any

from attrs import define, field, frozen

from portkey_async.testing._store import Payload

from .acts import Act, acts_of


def _check_id(_script: object, attribute: Any, value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be a str, or None for any; got {value!r}")


def _check_when(_script: object, _attribute: object, value: Any) -> None:
    if value is not None and not callable(value):
        raise TypeError(f"when must be a function of a run's payload, or None; got {value!r}")


def _check_times(_script: object, _attribute: object, value: Any) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError(f"times must be an integer from 1, or None for always; got {value!r}")


@frozen
class Script:
    """What a run does, and which runs do it.

    Args:
        acts: One after the other.
        assistant_id: Only runs of this assistant.
        thread_id: Only runs on this thread.
        when: Only runs whose payload this function says yes to.
        times: How many runs do it; None for all.
    """

    acts: tuple[Act, ...] = field(converter=acts_of)
    assistant_id: str | None = field(default=None, validator=_check_id)
    thread_id: str | None = field(default=None, validator=_check_id)
    when: Callable[[Payload], object] | None = field(default=None, validator=_check_when)
    times: int | None = field(default=1, validator=_check_times)

    def suits(self, run: Payload) -> bool:
        """Whether the run is one of those it is meant for."""
        return (
            self.assistant_id in {None, run["assistant_id"]}
            and self.thread_id in {None, run["thread_id"]}
            and (self.when is None or bool(self.when(run)))
        )


@define
class _Waiting:
    script: Script
    left: float


@define
class ScriptQueue:
    """The scripts given and not yet used up; a run takes the first that suits it."""

    _waiting: list[_Waiting] = field(factory=list[_Waiting])
    _lock: Lock = field(factory=Lock)

    def add(self, script: Script) -> None:
        """Let runs to come take *script*."""
        with self._lock:
            left = math.inf if script.times is None else script.times
            self._waiting.append(_Waiting(script, left))

    def take(self, run: Payload) -> Script | None:
        """The script of this run, if there is one; one of its times is then used."""
        with self._lock:
            for waiting in self._waiting:
                if waiting.script.suits(run):
                    waiting.left -= 1
                    if not waiting.left:
                        self._waiting.remove(waiting)
                    return waiting.script
            return None

    def left(self) -> list[Script]:
        """Those that runs were expected to take and did not."""
        with self._lock:
            return [each.script for each in self._waiting if each.left < math.inf]
