"""What a fault is, and what follows from it for each operation."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto

import attrs
from faults.exchange import Exchange

from portkey_async import APIError

Act = Callable[[Exchange], Awaitable[None]]


class Repeat(Enum):
    """Which operations are repeated after a fault."""

    ALL = auto()
    ALL_BUT_CREATE = auto()
    NONE = auto()


class At(Enum):
    """Where a fault strikes."""

    RESOLVE = auto()
    ACCEPT = auto()
    REQUEST = auto()
    REUSED = auto()  # only a request on a connection that has served one before


@attrs.frozen
class Fault:
    """One way to fail, and what is promised about it.

    Attributes:
        group: Where it stands in the table.
        name: What it is called there.
        act: What the server does instead of answering, where a connection is made at all.
        error: What a caller gets who does not get the right answer; None where the answer counts.
        repeat: Which operations the client repeats.
        acted: Whether `may_have_executed` is to be set on the error of a call that changes things.
        at: Where it strikes.
        status: The `status` of the error.
        says: What the error's text must hold.
        lasting: Whether it outlives the call, as a cool-down does.
        total: The deadline of the whole call, in seconds: short only where it is what is tried.
        read: The longest silence that is put up with, in seconds, likewise.
        resolve: What becomes of the host's name, given a port where nobody listens; gives a port.
        status_arrives: Whether the status of an answer comes whole, though its body does not.
    """

    group: str
    name: str
    act: Act
    error: type[APIError] | None
    repeat: Repeat = Repeat.NONE
    acted: bool = True
    at: At = At.REQUEST
    status: int | None = None
    says: str = ""
    lasting: bool = False
    total: float = 30.0
    read: float = 15.0
    resolve: Callable[[int], Awaitable[int]] | None = None
    status_arrives: bool = False

    def repeated(self, *, creates: bool) -> bool:
        """Whether the client repeats the call; *creates* says that it is a `create`."""
        return self.repeat is Repeat.ALL or (self.repeat is Repeat.ALL_BUT_CREATE and not creates)


class Mode(Enum):
    """Which of a call's attempts a fault strikes."""

    FIRST = "first attempt"
    EVERY = "every attempt"


def expected(
    fault: Fault, mode: Mode, *, creates: bool, deletes: bool = False
) -> type[APIError] | None:
    """The error that a caller must get, or None for the right result.

    Args:
        fault: What happens.
        mode: On which attempts.
        creates: Whether the call is a `create`, which is not repeated once it may have acted.
        deletes: Whether the call deletes: repeated, it is done when the server says 404.
    """
    if deletes and fault.status_arrives:
        return None
    # A repetition comes on a new connection, which a fault of reused ones does not strike.
    ends = mode is Mode.FIRST or fault.at is At.REUSED
    return None if fault.repeated(creates=creates) and ends else fault.error
