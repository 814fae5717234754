"""Submitting and cancelling by themselves: in doubt, the run is asked what has become of it."""

import json
from typing import Any

import pytest
from aiohttp import ServerDisconnectedError
from aioresponses import aioresponses
from support.credentials import API_KEY
from support.runs import RUN, THREAD, refused, says, waiting
from support.virtual_time import Chance, hand_clock, virtual_time
from support.wire import Answer, Sent, failing, lost, one_by_one, reply, serve

from portkey_async import APIConnectionError, APIError, AsyncPortkey, BadRequestError, Run
from portkey_async._runs.requests import submitted_ids

WANTS = reply(200, waiting(("call_1", "add", "{}")))
LOST = lost(ServerDisconnectedError())


async def submitted(client: AsyncPortkey) -> Run:
    """Submit outputs."""
    return await client.threads.runs.submit_tool_outputs(
        RUN, thread_id=THREAD, tool_outputs=[{"tool_call_id": "call_1", "output": "4"}]
    )


async def cancelled(client: AsyncPortkey) -> Run:
    """Cancel the run."""
    return await client.threads.runs.cancel(RUN, thread_id=THREAD)


def client_of(mocked: aioresponses, *answers: Answer) -> tuple[AsyncPortkey, list[Sent]]:
    """Make a client with the virtual clock, and a server that gives these answers."""
    client = AsyncPortkey(API_KEY)
    hand_clock(client, Chance())
    return client, serve(mocked, one_by_one(*answers))


@pytest.mark.parametrize("doubt", [LOST, failing(500)])
@virtual_time
async def test_outputs_in_doubt_are_looked_into(mocked: aioresponses, doubt: Answer) -> None:
    """A run that goes on has them; one that still wants them gets them again."""
    client, sent = client_of(mocked, doubt, says("in_progress"), doubt, WANTS, says("queued"))
    async with client:
        assert (await submitted(client)).status == "in_progress"
        assert (await submitted(client)).status == "queued"

    assert [one.method for one in sent] == ["POST", "GET", "POST", "GET", "POST"]


@virtual_time
async def test_outputs_that_arrive_twice_are_a_success(mocked: aioresponses) -> None:
    """The second is refused, as the first was carried out."""
    refusal = refused("Runs in status 'in_progress' do not accept tool outputs.")
    client, _ = client_of(mocked, LOST, WANTS, refusal, says("in_progress"))
    async with client:
        assert (await submitted(client)).status == "in_progress"


@virtual_time
async def test_outputs_are_not_sent_for_ever(mocked: aioresponses) -> None:
    """As often as the policy retries; the error carries the run."""
    client, sent = client_of(mocked, *[LOST, WANTS] * 3)
    async with client:
        with pytest.raises(APIConnectionError) as caught:
            await submitted(client)

    assert caught.value.run is not None
    assert len(sent) == 6


@pytest.mark.parametrize(
    "answers",
    [
        [refused("no")],
        [LOST, refused("no", 404)],
        [LOST, WANTS, refused("no"), WANTS],
    ],
)
@virtual_time
async def test_what_was_surely_not_taken_is_raised(
    mocked: aioresponses, answers: list[Answer]
) -> None:
    """A refusal, a run that cannot be asked, and outputs that the run does not accept."""
    client, _ = client_of(mocked, *answers)
    async with client:
        with pytest.raises(APIError):
            await submitted(client)


@pytest.mark.parametrize("status", ["cancelling", "cancelled"])
@virtual_time
async def test_a_run_that_an_attempt_cancelled_is_a_success(
    mocked: aioresponses, status: str
) -> None:
    """The second attempt is refused, as the first was carried out."""
    refusal = refused("Cannot cancel run with status 'cancelled'.")
    client, _ = client_of(mocked, LOST, refusal, says(status))
    async with client:
        assert (await cancelled(client)).status == status


@pytest.mark.parametrize(
    "answers",
    [
        [refused("no")],
        [LOST, refused("no", 401)],
        [LOST, refused("no"), refused("no", 404)],
        [LOST, refused("Cannot cancel run with status 'completed'."), says("completed")],
    ],
)
@virtual_time
async def test_any_other_failure_to_cancel_is_raised(
    mocked: aioresponses, answers: list[Answer]
) -> None:
    """A refusal of the first attempt, and a run that has ended otherwise."""
    client, _ = client_of(mocked, *answers)
    async with client:
        with pytest.raises((APIError, BadRequestError)):
            await cancelled(client)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"tool_outputs": [{"tool_call_id": "a"}, {}, 1, {"tool_call_id": 1}]}, {"a"}),
        ({"tool_outputs": None}, frozenset[str]()),
        ({}, frozenset[str]()),
    ],
)
def test_the_calls_that_a_body_answers_are_found(body: Any, ids: set[str]) -> None:
    """Approvals, which go by other keys, answer none."""
    assert submitted_ids(json.dumps(body).encode()) == ids
