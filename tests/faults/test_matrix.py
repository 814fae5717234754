"""Every fault, on every operation, on the first attempt or on all: what was promised happens."""

import asyncio
import gzip
from itertools import product

import pytest
from faults.backend import TARGET, Backend
from faults.body_faults import bomb
from faults.catalog import FAULTS
from faults.cell import run_cell
from faults.fault import RIGHT, Fault, Mode, Repeat, expected
from faults.operations import ONE_OF_EACH, OPERATIONS, Kind
from support.leaks import nothing_leaks
from support.raw_server import RawRequest

import portkey_async

#: How a response is read does not depend on the call.
READING = {"Cut", "HTTP", "Body", "Error body", "Retry", "Redirect", "Pages"}
#: The command tries every fault on every operation; here, each fault is tried on one operation of
#: each kind, and on some of the others in turn.
OTHERS = [operation for operation in OPERATIONS if operation not in ONE_OF_EACH]
TURNS = 4


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.group}: {fault.name}")
async def test_every_cell_keeps_every_promise(fault: Fault) -> None:
    """The right result or the right typed error, in time; created once at most; nothing leaks."""
    others = [] if fault.group in READING else OTHERS[FAULTS.index(fault) % TURNS :: TURNS]
    operations = [*ONE_OF_EACH, *others]
    async with nothing_leaks():
        cells = await asyncio.gather(
            *(run_cell(fault, operation, mode) for operation, mode in product(operations, Mode))
        )

    assert [str(cell) for cell in cells if cell.broken] == []


def test_faults_can_be_told_apart() -> None:
    """No two faults of a group share a name: the table would hide one behind the other."""
    names = [(fault.group, fault.name) for fault in FAULTS]

    assert len(names) == len(set(names))


def test_every_error_that_a_call_can_raise_is_in_the_list() -> None:
    """Each class of API error is provoked by some fault, but for those of runs."""
    classes = {
        value
        for value in (getattr(portkey_async, name) for name in portkey_async.__all__)
        if isinstance(value, type)
        and issubclass(value, portkey_async.APIError)
        and not value.__name__.startswith("Run")
    }

    assert classes - {fault.error for fault in FAULTS} == {portkey_async.APIError}


def test_a_create_that_may_have_acted_is_never_expected_to_be_repeated() -> None:
    """The list itself holds the promise: what all operations repeat has surely not acted."""
    assert not [fault.name for fault in FAULTS if fault.repeat is Repeat.ALL and fault.acted]


def test_the_expectation_tells_attempts_and_operations_apart() -> None:
    """A lost answer is made good once, but not for a create, and not when all are lost."""
    lost = next(fault for fault in FAULTS if fault.name == "reset before the answer")

    assert expected(lost, Mode.FIRST, Kind.READ) == RIGHT
    assert expected(lost, Mode.FIRST, Kind.CREATE).error is portkey_async.APIConnectionError
    assert expected(lost, Mode.EVERY, Kind.READ).error is portkey_async.APIConnectionError


def test_a_doubt_outlives_the_404_of_somebody_else() -> None:
    """A delete after whose failure somebody says 404 is neither done nor denied."""
    fault = next(fault for fault in FAULTS if fault.then)

    for mode in Mode:
        assert expected(fault, mode, Kind.DELETE).error is portkey_async.NotFoundError
        assert expected(fault, mode, Kind.DELETE).acted
        assert expected(fault, mode, Kind.CREATE).error is portkey_async.InternalServerError


def test_only_lists_have_pages_that_turn_back() -> None:
    """The first page alone does no harm, and no other call has pages."""
    fault = next(fault for fault in FAULTS if fault.lists_only)

    assert expected(fault, Mode.EVERY, Kind.LIST).error is portkey_async.PaginationError
    assert expected(fault, Mode.FIRST, Kind.LIST) == RIGHT
    assert expected(fault, Mode.EVERY, Kind.DELETE) == RIGHT


def test_the_backend_counts_what_takes_effect() -> None:
    """A repeated delete takes effect once; what fails takes none."""
    backend = Backend()
    request = RawRequest("DELETE", f"/v1/assistants/{TARGET}", {}, b"")

    assert [backend.execute(request)[0] for _ in range(2)] == [200, 404]
    assert backend.executed == {"delete assistant": 1}


def test_the_bomb_is_a_bomb() -> None:
    """A hundred kilobytes that are a whole, correct gzip stream of a hundred mebibytes."""
    packed = bomb()

    assert len(packed) < 200_000
    assert len(gzip.decompress(packed)) == 100 * 1024 * 1024
