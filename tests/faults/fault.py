"""What a fault is, and what follows from it for each operation."""

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto

import attrs
from faults.exchange import Exchange
from faults.operations import Kind

from portkey_async import BadRequestError, NotFoundError, PortkeyError

ATTEMPTS = 3

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
        then: What strikes every later attempt, whatever the mode; never repeated itself.
        lists_only: Whether it strikes lists alone, and only from the second page on.
        spends_all: Whether only the deadline ends it.
    """

    group: str
    name: str
    act: Act
    error: type[PortkeyError] | None
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
    then: "Fault | None" = None
    lists_only: bool = False
    spends_all: bool = False

    def repeated(self, *, creates: bool) -> bool:
        """Whether the client repeats the call; *creates* says that it is a `create`."""
        return self.repeat is Repeat.ALL or (self.repeat is Repeat.ALL_BUT_CREATE and not creates)


class Mode(Enum):
    """Which of a call's attempts a fault strikes."""

    FIRST = "first attempt"
    EVERY = "every attempt"


@attrs.frozen
class Outcome:
    """What a caller must get.

    Attributes:
        error: The class of the error; None for the right result.
        attempts: The `attempts` of the error.
        acted: Its `may_have_executed`, where the call changes anything.
        status: Its `status`, if it has one.
        says: What its text must hold.
    """

    error: type[PortkeyError] | None = None
    attempts: int = 1
    acted: bool = True
    status: int | None = None
    says: str = ""


RIGHT = Outcome()
#: What a repetition meets that has been done already. Where no word of it arrives, nobody says that
#: it is the API's, or cannot be asked.
REFUSED_AGAIN: Mapping[Kind, tuple[type[PortkeyError], int]] = {
    Kind.DELETE: (NotFoundError, 404),
    Kind.CANCEL: (BadRequestError, 400),
}


def expected(fault: Fault, mode: Mode, kind: Kind) -> Outcome:
    """What a caller must get from a call of this *kind* when *fault* happens."""
    if fault.lists_only and (kind is not Kind.LIST or mode is Mode.FIRST):
        return RIGHT
    if kind is Kind.SUBMIT and _cleared_up(fault, mode):
        return RIGHT
    repeated = fault.repeated(creates=kind in {Kind.CREATE, Kind.SUBMIT})
    if repeated and fault.then is not None:
        last = fault.then
        return Outcome(last.error, 2, fault.acted or last.acted, last.status, last.says)
    # A repetition comes on a new connection, which a fault of reused ones does not strike.
    if fault.error is None or (repeated and (mode is Mode.FIRST or fault.at is At.REUSED)):
        return RIGHT
    if kind in REFUSED_AGAIN and fault.status_arrives:
        error, status = REFUSED_AGAIN[kind]
        return Outcome(error, 2, status=status)
    attempts = ATTEMPTS if repeated else 1
    return Outcome(fault.error, attempts, fault.acted, fault.status, fault.says)


def _cleared_up(fault: Fault, mode: Mode) -> bool:
    """Whether the run, asked what has become of outputs in doubt, says it, in time."""
    return mode is Mode.FIRST and fault.acted and fault.then is None and not fault.spends_all
