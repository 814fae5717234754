"""Doubt is never forgotten: once a request may have acted, no later answer denies it."""

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import product

import pytest
from faults.backend import Backend
from faults.exchange import End, Exchange, Point, answer, json_bytes, refuse
from faults.fault import Act
from faults.operations import ONE_OF_EACH, Kind, Operation
from faults.wire_faults import cut
from support.raw_server import Connection, RawServer

from portkey_async import APIError, AsyncPortkey, RetryPolicy
from portkey_async.testing import Fault, PortkeyServer

NO = json_bytes({"error": {"message": "It said no."}})
LOST: dict[str, Act] = {
    "closed": partial(cut, Point.NOTHING, End.CLOSE),
    "reset": partial(cut, Point.NOTHING, End.RESET),
    "cut": partial(cut, Point.BODY, End.CLOSE),
    "503": partial(answer, lambda _: NO, status=503),
}
REFUSED: dict[str, Act] = {
    str(status): partial(refuse, status, NO) for status in (400, 401, 403, 409, 422, 429)
}
WRITES = [operation for operation in ONE_OF_EACH if operation.writes]
RETRY = RetryPolicy(initial=0.0001, maximum=0.0002)


@pytest.mark.parametrize("operation", WRITES, ids=lambda operation: operation.name)
@pytest.mark.parametrize("first", LOST)
async def test_no_answer_denies_what_an_earlier_request_did(
    operation: Operation, first: str
) -> None:
    """The first request acts and its answer is lost; whatever comes then, it is not denied."""
    rest = list(product({**LOST, **REFUSED}, repeat=2))

    broken = await asyncio.gather(*(_denials(operation, first, *two) for two in rest))

    assert [line for lines in broken for line in lines] == []


async def _denials(operation: Operation, *names: str) -> list[str]:
    """What is wrong with the outcome of a call whose requests meet the faults of these *names*."""
    backend = Backend()
    acts = iter([{**LOST, **REFUSED}[name] for name in names])
    async with (
        RawServer(partial(_in_turn, acts, backend)) as server,
        AsyncPortkey(base_url=f"http://127.0.0.1:{server.port}/v1", retry=RETRY) as client,
    ):
        try:
            result = await operation.call(client)
        except APIError as error:
            told = error.may_have_executed, repr(error)
        else:
            told = operation.right(result), repr(result)
    broken = [] if told[0] else [f"{', '.join(names)}: denied by {told[1]}"]
    executed = backend.executed[operation.name]
    if operation.kind is Kind.CREATE and executed != 1:
        broken.append(f"{', '.join(names)}: created {executed} times")
    return broken


async def _in_turn(acts: Iterator[Act], backend: Backend, connection: Connection) -> None:
    while request := await connection.receive():
        await next(acts, Exchange.answer_well)(Exchange(connection, backend, request))


async def test_a_thousand_creates_leave_what_the_client_was_told_of() -> None:
    """A fifth of the answers is lost after the effect: each create made one object at most."""
    async with PortkeyServer() as server:
        server.inject(Fault.reset(), after_effect=True, times=200)
        async with server.client(retry=RETRY) as client:
            outcomes = await asyncio.gather(
                *(_create(client, f"name {number}") for number in range(1_000))
            )
    told = {outcome for outcome in outcomes if isinstance(outcome, str)}
    doubted = [outcome for outcome in outcomes if isinstance(outcome, APIError)]

    assert len(doubted) == 200
    assert all(error.may_have_executed for error in doubted)
    assert told <= server.assistants.keys()
    assert len(server.assistants) == len(told) + len(doubted)
    names = [payload["name"] for payload in server.assistants.values()]
    assert sorted(names) == sorted({f"name {number}" for number in range(1_000)})


async def _create(client: AsyncPortkey, name: str) -> str | APIError:
    try:
        return (await client.assistants.create(model="gpt-4o", name=name)).id
    except APIError as error:
        return error
