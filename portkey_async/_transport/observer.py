"""The one hook for telemetry: who is told of what a client does. By default nobody is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from portkey_async._models.assistants import Assistant
from portkey_async._options.options import Options

if TYPE_CHECKING:  # slow to import
    from portkey_async._models.runs import FunctionToolCall, Run


class RunObserver(Protocol):
    """Who is told of one run that is waited for."""

    def working(self) -> AbstractContextManager[object]:
        """Mark a block that works on the run. It has ended before the caller goes on."""
        ...

    def calling(self, call: FunctionToolCall, /) -> AbstractContextManager[object]:
        """Mark the block in which a function is called."""
        ...

    def end(self, run: Run | None, error: BaseException | None, /) -> None:
        """Called when the run is waited for no longer; only the first call counts.

        Args:
            run: The run as it was last seen.
            error: Why it was left, if it had not ended.
        """
        ...


class Observer(Protocol):
    """Who is told of what a client does."""

    def creating(
        self, options: Options, body: bytes, /
    ) -> AbstractContextManager[Callable[[Assistant], None]]:
        """Mark the block in which an assistant is created; it is given whom to tell of it."""
        ...

    def following(
        self, options: Options, body: bytes | None, thread_id: str | None, run_id: str | None, /
    ) -> RunObserver:
        """Called when a run begins to be waited for.

        Args:
            options: The client's options.
            body: What it begins with: the run that is to be created, or tool outputs.
            thread_id: Its thread, where that is known.
            run_id: Its id, where that is known.
        """
        ...


class Unobserved:
    """Nobody is told of anything."""

    def creating(self, _options: Options, _body: bytes) -> nullcontext[Callable[[object], None]]:
        """Do nothing."""
        return _IGNORING

    def following(self, *_about: object) -> Unobserved:
        """Do nothing."""
        return self

    def working(self) -> nullcontext[None]:
        """Do nothing."""
        return _NOTHING

    def calling(self, _call: FunctionToolCall) -> nullcontext[None]:
        """Do nothing."""
        return _NOTHING

    def end(self, _run: Run | None, _error: BaseException | None) -> None:
        """Do nothing."""


def _ignore(_result: object) -> None:
    pass


_NOTHING = nullcontext()
_IGNORING: nullcontext[Callable[[object], None]] = nullcontext(_ignore)
UNOBSERVED = Unobserved()
