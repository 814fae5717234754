"""Every fault of streams, at every event, read in every way: what was promised happens."""

import pytest
from faults.stream_cell import WAYS, run_all, run_stream, streaming_server
from faults.stream_faults import EVENTS, StreamFault, stream_faults
from support.leaks import nothing_leaks

FAULTS = tuple(stream_faults())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_stream_is_right_whatever_befalls_it(fault: StreamFault) -> None:
    """The run, the snapshots, the text once and in order, one call; or the right error."""
    async with nothing_leaks(), streaming_server() as server:
        cells = await run_all(server, [fault], WAYS)

    assert [str(cell) for cell in cells if cell.broken] == []


async def test_the_places_are_all_that_there_are() -> None:
    """After the last event, nothing can strike."""
    async with streaming_server() as server:
        cell = await run_stream(server, FAULTS[0], EVENTS, WAYS[0])

    assert cell.broken == ("there are not so many events",)
