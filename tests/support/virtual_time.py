"""An event loop whose clock jumps: nothing sleeps, and every wait has its exact length.

For tests that do no I/O: where no task can go on, the clock jumps to the next timer.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

import attrs

from portkey_async import AsyncPortkey
from portkey_async._transport.call import Clock

P = ParamSpec("P")

UNIX_START = 1_700_000_000.0


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Never waits: the time that the loop would have waited for is added to its clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("every task waits for something that will never come")
        self.now += max(0.0, timeout)
        return []


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test in virtual time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(test(*args, **kwargs))

    return run


def now() -> float:
    """Seconds since the test began."""
    return asyncio.get_running_loop().time()


@attrs.define
class Chance:
    """Gives the same draw each time, until it is told another: 0 for no jitter, 1 for the most."""

    draw: float = 0.0

    def __call__(self) -> float:
        """Draw."""
        return self.draw


def hand_clock(client: AsyncPortkey, random: Callable[[], float]) -> list[float]:
    """Give a client, and all derived from it, the virtual clock.

    Args:
        client: Whose clock is replaced.
        random: The chance that decides its waits.

    Returns:
        The client's waits in seconds, as they begin.
    """
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(seconds)

    client._pool.clock = Clock(  # noqa: SLF001  # the seam made for this
        monotonic=now, unix=lambda: UNIX_START + now(), sleep=sleep, random=random
    )
    return waits
