"""Polling a run: to its end, within its deadline, through what passes, with functions."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import ServerDisconnectedError
from aioresponses import CallbackResult, aioresponses
from support.credentials import API_KEY
from support.runs import ENDED, RUN, THREAD, refused, run_payload, says, waiting
from support.virtual_time import UNIX_START, Chance, hand_clock, now, virtual_time
from support.wire import Answer, Sent, failing, lost, one_by_one, reply, serve

from portkey_async import (
    ActiveRunError,
    APIError,
    APIResponseValidationError,
    AsyncPortkey,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    InvalidFunctionCallError,
    InvalidRequestError,
    NotFoundError,
    RetryPolicy,
    Run,
    RunTimeoutError,
)
from portkey_async._runs.waits import poll_after

NEVER = 1e6
PATH = f"/v1/threads/{THREAD}/runs/{RUN}"


def client_of(mocked: aioresponses, answer: Answer) -> tuple[AsyncPortkey, list[Sent]]:
    """Make a client with the virtual clock, one attempt a request, and the server's answer."""
    client = AsyncPortkey(API_KEY, retry=RetryPolicy(attempts=1))
    hand_clock(client, Chance())
    return client, serve(mocked, answer)


async def created(client: AsyncPortkey, **given: Any) -> Run:
    """Create a run and poll it."""
    return await client.threads.runs.create_and_poll(THREAD, assistant_id="asst_1", **given)


async def polled(client: AsyncPortkey, **given: Any) -> Run:
    """Poll a run."""
    return await client.threads.runs.poll(RUN, thread_id=THREAD, **given)


async def submitted(client: AsyncPortkey, **given: Any) -> Run:
    """Submit outputs and poll the run."""
    return await client.threads.runs.submit_tool_outputs_and_poll(
        RUN, thread_id=THREAD, tool_outputs=[{"tool_call_id": "call_1", "output": "4"}], **given
    )


async def add(a: int, b: int) -> int:
    """Add."""
    return a + b


TWO_AND_TWO = ("call_1", "add", '{"a": 2, "b": 2}')

# --- To the end -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ENDED)
@virtual_time
async def test_a_run_is_given_back_when_it_has_ended(mocked: aioresponses, status: str) -> None:
    """However it ends; one that is being cancelled, or in a state of tomorrow, has not ended."""
    answers = [says(one) for one in ("queued", "paused", "cancelling", status)]
    client, sent = client_of(mocked, one_by_one(*answers))
    async with client:
        run = await created(client)

    assert run.status == status
    assert [one.path for one in sent] == ["/v1/threads/thread_1/runs", PATH, PATH, PATH]


@virtual_time
async def test_polls_are_further_and_further_apart(mocked: aioresponses) -> None:
    """From 1 second growing to 5, starting over when the status changes."""
    statuses = ["queued"] * 8 + ["in_progress", "in_progress", "completed"]
    client, sent = client_of(mocked, one_by_one(*map(says, statuses)))
    async with client:
        await created(client)

    waits = [round(b.at - a.at, 2) for a, b in pairwise(sent)]
    assert waits == [1, 1.5, 2.25, 3.38, 5, 5, 5, 5, 1, 1.5]


@virtual_time
async def test_polls_come_when_the_server_asks_for_them(mocked: aioresponses) -> None:
    """By `openai-poll-after-ms`, on the create too; `poll_interval` is the caller's own."""
    asks = {"openai-poll-after-ms": "300"}
    script = [says("queued", asks), says("queued"), says("completed")]
    client, sent = client_of(mocked, one_by_one(*script, *script))
    async with client:
        await created(client)
        assert sent[1].at == pytest.approx(0.3)
        start = now()
        await created(client, poll_interval=0.1)

    assert now() - start == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("value", "seconds"), [("250", 0.25), ("0", 0.001), ("-1", 0.001), ("x", None), ("nan", None)]
)
def test_what_a_server_asks_for_is_read(value: str, seconds: float | None) -> None:
    """Milliseconds, and never none at all."""
    assert poll_after({"openai-poll-after-ms": value}) == seconds


async def _polls(
    mocked: aioresponses, headers: Mapping[str, str], beside: int, seconds: float, **settings: Any
) -> list[float]:
    """Poll runs side by side, and give when each poll was made."""
    client = AsyncPortkey(API_KEY)
    hand_clock(client, Chance())
    sent = serve(mocked, says("in_progress", headers))
    poll = client.threads.runs.poll
    waiting = [poll(RUN, thread_id=THREAD, run_timeout=seconds, **settings) for _ in range(beside)]
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, RunTimeoutError) for one in ended)
    await client.close()
    return [one.at for one in sent]


@pytest.mark.parametrize("asked", [None, "100", "5000"])
@virtual_time
async def test_polls_side_by_side_stay_within_the_rate_of_the_api(
    mocked: aioresponses, asked: str | None
) -> None:
    """Which is 1,000 a minute; whatever the server asks each of them for."""
    polls = await _polls(mocked, {"openai-poll-after-ms": asked} if asked else {}, 100, 130)
    minutes = [sum(start <= at < start + 60 for at in polls) for start in range(70)]
    assert max(minutes) <= 1000
    assert min(minutes) >= 700  # and no slower than they need to be


@virtual_time
async def test_a_few_polls_are_not_held_back(mocked: aioresponses) -> None:
    """Nor those whose pace is the caller's own, or of a server that asks for far more."""
    assert len(await _polls(mocked, {"openai-poll-after-ms": "500"}, 1, 9.9)) == 20
    mocked.clear()
    assert len(await _polls(mocked, {}, 100, 9.9, poll_interval=2)) == 500
    mocked.clear()
    assert len(await _polls(mocked, {"openai-poll-after-ms": "50"}, 20, 0.99)) == 400


@virtual_time
async def test_an_expiry_is_noticed_when_it_is_due(mocked: aioresponses) -> None:
    """The next poll is not later than that."""
    expiring = says("in_progress", expires_at=int(UNIX_START) + 10)
    client, sent = client_of(mocked, one_by_one(expiring, expiring, says("expired")))
    async with client:
        run = await created(client, poll_interval=8)

    assert run.status == "expired"
    assert sent[-1].at == pytest.approx(10.5)


@pytest.mark.parametrize(
    "failure",
    [
        lost(ServerDisconnectedError()),
        reply(after=NEVER),
        failing(408),
        failing(429, {"retry-after": "7"}),
        failing(500),
        failing(529),
    ],
)
@virtual_time
async def test_what_passes_is_outlived(mocked: aioresponses, failure: Answer) -> None:
    """Lost connections, timeouts, 408, 429 and 5xx, again and again."""
    script = [says("queued"), *[failure] * 4, says("completed")]
    client, _ = client_of(mocked, one_by_one(*script))
    async with client:
        run = await created(client)

    assert run.status == "completed"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
@virtual_time
async def test_what_does_not_pass_ends_the_polling(mocked: aioresponses, status: int) -> None:
    """The error carries the run, which is cancelled."""
    script = [says("queued"), refused("no", status), says("cancelling")]
    client, sent = client_of(mocked, one_by_one(*script))
    async with client:
        with pytest.raises(APIError) as caught:
            await created(client)

    assert caught.value.run is not None
    assert caught.value.run.id == RUN
    assert (sent[-1].method, sent[-1].path) == ("POST", f"{PATH}/cancel")


@virtual_time
async def test_a_poll_that_makes_no_sense_is_an_error(mocked: aioresponses) -> None:
    """It is not taken for a failure that passes."""
    client, _ = client_of(mocked, one_by_one(reply(200, {"id": 1})))
    async with client:
        with pytest.raises(APIResponseValidationError):
            await polled(client)


# --- The deadline -----------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [reply(after=NEVER), says("in_progress"), failing(500)])
@virtual_time
async def test_polling_ends_with_its_deadline(mocked: aioresponses, answer: Answer) -> None:
    """In any state of the server; the run may go on, as it is not ours."""
    client, sent = client_of(mocked, answer)
    async with client:
        with pytest.raises(RunTimeoutError, match="after 30 s, the run_timeout") as caught:
            await polled(client, run_timeout=30)

        assert now() == caught.value.elapsed == 30
    assert isinstance(caught.value, TimeoutError)
    assert all(one.method == "GET" for one in sent)


@virtual_time
async def test_the_deadline_is_660_seconds(mocked: aioresponses) -> None:
    """A minute more than a run lives; None is no limit."""
    client, _ = client_of(mocked, says("queued"))
    async with client:
        with pytest.raises(RunTimeoutError) as caught:
            await polled(client)

    assert now() == 660
    assert caught.value.run is not None


@virtual_time
async def test_no_deadline_is_no_limit(mocked: aioresponses) -> None:
    """`run_timeout=None` waits for as long as it takes."""

    async def answer(_sent: Sent) -> CallbackResult:
        status = "completed" if now() > 5000 else "queued"
        return CallbackResult(payload=run_payload(status))

    client, _ = client_of(mocked, answer)
    async with client:
        assert (await polled(client, run_timeout=None)).status == "completed"


@virtual_time
async def test_a_timeout_of_a_function_is_its_own(mocked: aioresponses) -> None:
    """It is not taken for that of the run, nor a PortkeyError for the run's own."""

    async def late(**_: object) -> None:
        raise TimeoutError("mine")

    async def lookup(**_: object) -> None:
        raise NotFoundError("mine", status=404)

    for function, kind in ((late, TimeoutError), (lookup, NotFoundError)):
        script = [reply(200, waiting(TWO_AND_TWO)), says("cancelling")]
        client, sent = client_of(mocked, one_by_one(*script, *script))
        async with client:
            with pytest.raises(kind, match="mine") as caught:
                await created(client, functions={"add": function})

        assert not isinstance(caught.value, RunTimeoutError)
        assert getattr(caught.value, "run", None) is None
        assert any(RUN in note for note in caught.value.__notes__)
        assert sent[-1].path == f"{PATH}/cancel"
        mocked.clear()


@virtual_time
async def test_the_deadline_ends_the_functions_too(mocked: aioresponses) -> None:
    """The caller's own time counts."""
    ended: list[bool] = []

    async def slow(**_: object) -> None:
        try:
            await asyncio.sleep(NEVER)
        finally:
            ended.append(True)

    client, _ = client_of(mocked, one_by_one(reply(200, waiting(TWO_AND_TWO)), says("cancelling")))
    async with client:
        with pytest.raises(RunTimeoutError):
            await created(client, functions={"add": slow}, run_timeout=5)

        assert now() == 5
    assert ended == [True]


# --- Functions --------------------------------------------------------------------------------


@virtual_time
async def test_functions_are_called_round_after_round(mocked: aioresponses) -> None:
    """Their outputs are submitted, and the run goes on."""
    script = [
        reply(200, waiting(TWO_AND_TWO)),
        reply(200, waiting(("call_2", "add", '{"a": 4, "b": 4}'))),
        says("completed"),
    ]
    client, sent = client_of(mocked, one_by_one(*script))
    async with client:
        run = await created(client, functions=[add])

    assert run.status == "completed"
    assert [json.loads(one.body or b"")["tool_outputs"] for one in sent[1:]] == [
        [{"tool_call_id": "call_1", "output": "4"}],
        [{"tool_call_id": "call_2", "output": "8"}],
    ]


@pytest.mark.parametrize(
    "run",
    [
        waiting(TWO_AND_TWO, ("call_2", "unknown", "{}")),
        run_payload("requires_action", required_action={"type": "submit_tool_approval"}),
        run_payload("requires_action"),
    ],
)
@virtual_time
async def test_what_functions_cannot_give_is_the_callers(
    mocked: aioresponses, run: dict[str, Any]
) -> None:
    """The run comes back; none is called, nothing is sent, and it is not cancelled."""

    def never(**_: object) -> None:
        raise AssertionError

    client, sent = client_of(mocked, one_by_one(reply(200, run)))
    async with client:
        given = await created(client, functions={"add": never})

    assert given.to_dict() == run
    assert len(sent) == 1


@virtual_time
async def test_a_server_that_is_behind_is_not_answered_twice(mocked: aioresponses) -> None:
    """A poll that still shows the calls that were answered is only polled again."""
    stale = reply(200, waiting(TWO_AND_TWO))
    client, sent = client_of(mocked, one_by_one(stale, stale, stale, says("completed")))
    async with client:
        assert (await created(client, functions=[add])).status == "completed"

    assert [one.method for one in sent] == ["POST", "POST", "GET", "GET"]


@pytest.mark.parametrize("failure", [lost(ServerDisconnectedError()), failing(502)])
@virtual_time
async def test_a_submission_in_doubt_is_cleared_up(mocked: aioresponses, failure: Answer) -> None:
    """The run is asked; where it still wants the outputs, they are sent again, not made again."""
    calls: list[int] = []

    async def counted(a: int, b: int) -> int:
        calls.append(a)
        return a + b

    wants = reply(200, waiting(TWO_AND_TWO))
    for found in (["in_progress"], []):
        script: list[Answer] = [wants, failure, *map(says, found)]
        if not found:
            script += [wants, wants, says("in_progress")]
        calls.clear()
        client, sent = client_of(mocked, one_by_one(*script, says("completed")))
        async with client:
            run = await created(client, functions={"add": counted})

        assert run.status == "completed"
        assert calls == [2]
        submitted = [one.body for one in sent if one.path.endswith("submit_tool_outputs")]
        assert len(submitted) == (1 if found else 2)
        assert len(set(submitted)) == 1
        mocked.clear()


@pytest.mark.parametrize("status", ["expired", "cancelled"])
@virtual_time
async def test_a_submission_that_comes_too_late_gives_the_run(
    mocked: aioresponses, status: str
) -> None:
    """The run has ended meanwhile, so the refusal is no error."""
    refusal = refused(f"Runs in status {status!r} do not accept tool outputs.")
    for begin in (created, submitted):
        first = [reply(200, waiting(TWO_AND_TWO))] if begin is created else []
        client, _ = client_of(mocked, one_by_one(*first, refusal, says(status)))
        async with client:
            assert (await begin(client, functions=[add])).status == status
        mocked.clear()


@virtual_time
async def test_a_submission_that_is_refused_is_an_error(mocked: aioresponses) -> None:
    """The run still waits for the outputs, so they were wrong."""
    wants = reply(200, waiting(TWO_AND_TWO))
    client, _ = client_of(mocked, one_by_one(refused("Expected other outputs."), wants))
    async with client:
        with pytest.raises(BadRequestError, match="Expected other outputs") as caught:
            await submitted(client)
    assert caught.value.run is not None

    mocked.clear()
    client, _ = client_of(mocked, one_by_one(refused("no", 401)))
    async with client:
        with pytest.raises(AuthenticationError):
            await submitted(client)


@virtual_time
async def test_outputs_that_were_not_taken_are_sent_again(mocked: aioresponses) -> None:
    """After a 429, for one."""
    script = [failing(429), reply(200, waiting(TWO_AND_TWO)), says("completed")]
    client, _ = client_of(mocked, one_by_one(*script))
    async with client:
        assert (await submitted(client)).status == "completed"


@virtual_time
async def test_arguments_that_do_not_fit_carry_the_run(mocked: aioresponses) -> None:
    """Nothing is called, and the run is cancelled."""
    wants = reply(200, waiting(("call_1", "add", '{"a": "x"}')))
    client, sent = client_of(mocked, one_by_one(wants, says("cancelling")))
    async with client:
        with pytest.raises(InvalidFunctionCallError) as caught:
            await created(client, functions=[add])

    assert caught.value.run is not None
    assert sent[-1].path == f"{PATH}/cancel"


# --- A thread with an active run --------------------------------------------------------------

ACTIVE = refused("Thread thread_1 already has an active run run_0.")


@virtual_time
async def test_an_active_run_is_an_error(mocked: aioresponses) -> None:
    """It names the run, and nothing is cancelled."""
    client, sent = client_of(mocked, ACTIVE)
    async with client:
        with pytest.raises(ActiveRunError) as caught:
            await created(client)

    assert caught.value.run_id == "run_0"
    assert len(sent) == 1


@virtual_time
async def test_an_active_run_may_be_waited_for(mocked: aioresponses) -> None:
    """Its end, or that it is gone; the new create is not taken for the refused one."""
    script = [
        ACTIVE,
        says("in_progress"),
        says("completed"),
        ACTIVE,
        refused("No run found with id 'run_0'.", 404),
        refused("Thread thread_1 already has an active run."),
        says("completed"),
    ]
    client, sent = client_of(mocked, one_by_one(*script))
    async with client:
        run = await created(client, if_active="wait")

    assert run.status == "completed"
    assert sent[1].path == "/v1/threads/thread_1/runs/run_0"
    creates = [one for one in sent if one.method == "POST"]
    assert len({one.headers["idempotency-key"] for one in creates}) == len(creates) == 4


@virtual_time
async def test_waiting_for_an_active_run_ends_with_the_deadline(mocked: aioresponses) -> None:
    """`run_timeout` bounds that too."""
    client, _ = client_of(mocked, one_by_one(ACTIVE, *[says("in_progress")] * 99))
    async with client:
        with pytest.raises(RunTimeoutError, match="there is no run yet"):
            await created(client, if_active="wait", run_timeout=20)

    assert now() == 20


@virtual_time
async def test_an_active_run_that_stays_is_waited_for(mocked: aioresponses) -> None:
    """Poll after poll; what goes wrong there is raised, with nothing to cancel."""
    waits = [says("in_progress"), says("requires_action"), refused("no", 401)]
    client, sent = client_of(mocked, one_by_one(ACTIVE, *waits))
    async with client:
        with pytest.raises(AuthenticationError):
            await created(client, if_active="wait")

    assert len(sent) == 4


# --- Leaving ----------------------------------------------------------------------------------


async def cancelled_after(seconds: float, task: "asyncio.Task[Any]") -> None:
    """Cancel a task."""
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@virtual_time
async def test_a_run_that_is_left_is_cancelled(mocked: aioresponses) -> None:
    """The cancellation goes through, after the run was cancelled; cool-downs do not hold it up."""
    client, sent = client_of(
        mocked,
        one_by_one(says("queued"), failing(429, {"retry-after": "50"}), says("cancelling")),
    )
    async with client:
        await cancelled_after(2, asyncio.create_task(created(client)))
        assert sent[-1].path == f"{PATH}/cancel"
        assert now() == 2


@virtual_time
async def test_a_run_may_be_left_alone(mocked: aioresponses) -> None:
    """`on_exit="leave"` sends nothing."""
    client, sent = client_of(mocked, one_by_one(says("queued")))
    async with client:
        await cancelled_after(0.5, asyncio.create_task(created(client, on_exit="leave")))

    assert len(sent) == 1


@virtual_time
async def test_a_create_under_way_is_awaited_and_cancelled(mocked: aioresponses) -> None:
    """Left while the run was being created, it is cancelled as soon as its id is known."""
    slow = reply(200, run_payload("queued"), after=3)
    client, sent = client_of(mocked, one_by_one(slow, says("cancelling")))
    async with client:
        await cancelled_after(1, asyncio.create_task(created(client)))
        assert now() == 3
    assert sent[-1].path == f"{PATH}/cancel"


@virtual_time
async def test_a_create_that_takes_too_long_is_given_up(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture
) -> None:
    """After 5 seconds, with a line in the log: the run may be there."""
    client, sent = client_of(mocked, reply(after=NEVER))
    async with client:
        with caplog.at_level(logging.WARNING, "portkey_async"):
            await cancelled_after(1, asyncio.create_task(created(client)))
        assert now() == 6
    assert len(sent) == 1
    assert "a run that was being created was left and not cancelled" in caplog.text


@virtual_time
async def test_leaving_is_awaited_until_one_is_cancelled_again(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture
) -> None:
    """The client goes on with it, and `close` waits for it; a failure names the run."""
    client, _ = client_of(mocked, one_by_one(says("queued"), reply(after=NEVER)))
    task = asyncio.create_task(created(client, poll_interval=9))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.sleep(1)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert now() == 2
    assert isinstance(caught.value.__context__, asyncio.CancelledError)

    await client.close()

    assert now() == 6
    assert f"run {RUN} was left and not cancelled" in caplog.text


@virtual_time
async def test_the_deadline_waits_half_a_second_for_the_cancel(mocked: aioresponses) -> None:
    """It goes on in the client's own task."""
    client, _ = client_of(mocked, one_by_one(says("queued"), reply(after=NEVER)))
    async with client:
        with pytest.raises(RunTimeoutError):
            await created(client, run_timeout=3, poll_interval=9)
        assert now() == 3.5

    assert now() == 8


@pytest.mark.parametrize(
    ("after", "failed"),
    [
        ([refused("Cannot cancel run with status 'completed'."), says("completed")], 0),
        ([refused("no"), says("in_progress")], 1),
        ([refused("no"), refused("no")], 1),
    ],
)
@virtual_time
async def test_a_run_that_ended_meanwhile_needs_no_cancel(
    mocked: aioresponses, after: list[Answer], failed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused cancel is looked into before it is complained about."""
    client, _ = client_of(mocked, one_by_one(says("queued"), *after))
    async with client:
        await cancelled_after(0.5, asyncio.create_task(created(client)))

    logged = [one.message for one in caplog.records if one.levelno == logging.WARNING]
    assert [f"run {RUN} was left and not cancelled" in one for one in logged] == [True] * failed


@virtual_time
async def test_a_create_that_fails_after_leaving_needs_no_word(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture
) -> None:
    """There is no run."""

    async def later(_sent: Sent) -> CallbackResult:
        await asyncio.sleep(2)
        return CallbackResult(status=400, payload={"error": {"message": "no"}})

    client, _ = client_of(mocked, later)
    async with client:
        await cancelled_after(1, asyncio.create_task(created(client)))

    assert "left" not in caplog.text


@virtual_time
async def test_a_client_that_is_closed_ends_the_polling(mocked: aioresponses) -> None:
    """Whoever polls is told; the run that was created is cancelled first."""
    client, sent = client_of(mocked, one_by_one(says("queued"), says("cancelling")))
    task = asyncio.create_task(created(client))
    await asyncio.sleep(0.5)

    await client.close()

    with pytest.raises(ClientClosedError) as caught:
        await task
    assert caught.value.run is not None
    assert sent[-1].path == f"{PATH}/cancel"
    with pytest.raises(ClientClosedError):
        await created(client)


def test_nothing_is_left_when_the_loop_ends(mocked: aioresponses) -> None:
    """A task that is cancelled by the end of `asyncio.run` still cancels its run."""
    sent = serve(mocked, one_by_one(says("queued"), says("cancelling")))

    client = AsyncPortkey(API_KEY)

    async def main() -> None:
        task = asyncio.create_task(created(client, poll_interval=9))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not task.done()

    asyncio.run(main())
    asyncio.run(client.close())

    assert sent[-1].path == f"{PATH}/cancel"


@virtual_time
async def test_a_create_that_fails_leaves_nothing_to_cancel(mocked: aioresponses) -> None:
    """Its error is raised as it is."""
    client, sent = client_of(mocked, one_by_one(refused("no")))
    async with client:
        with pytest.raises(BadRequestError) as caught:
            await created(client)

    assert caught.value.run is None
    assert len(sent) == 1


@virtual_time
async def test_close_ends_though_it_is_cancelled_itself(mocked: aioresponses) -> None:
    """It waits for what is left, and lets go of the connections all the same."""
    client, _ = client_of(mocked, one_by_one(says("queued"), reply(after=NEVER)))
    with pytest.raises(RunTimeoutError):
        await created(client, run_timeout=0.2)
    await cancelled_after(0.5, asyncio.create_task(client.close()))
    with pytest.raises(ClientClosedError):
        await created(client)


@virtual_time
async def test_a_cancel_that_is_cut_short_is_logged(
    mocked: aioresponses, caplog: pytest.LogCaptureFixture
) -> None:
    """The end of the loop ends the client's own tasks too; the log names the run."""
    client, _ = client_of(mocked, one_by_one(says("queued"), reply(after=NEVER)))
    async with client:
        task = asyncio.create_task(created(client))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.sleep(0.5)
        for other in asyncio.all_tasks() - {asyncio.current_task()}:
            other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    assert f"run {RUN} was left and not cancelled" in caplog.text


# --- What cannot be used ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"run_timeout": 0}, "run_timeout is 0; it must be more than 0 seconds"),
        ({"run_timeout": True}, "run_timeout is True"),
        ({"run_timeout": "5"}, "run_timeout is '5'"),
        ({"poll_interval": -1}, "poll_interval is -1"),
        ({"poll_interval": float("nan")}, "poll_interval is nan"),
        ({"on_exit": "stop"}, "on_exit is 'stop'; it must be 'cancel' or 'leave'"),
        ({"if_active": None}, "if_active is None; it must be 'raise' or 'wait'"),
        ({"on_function_error": "ignore"}, "on_function_error is 'ignore'"),
        ({"functions": [1]}, "functions"),
    ],
)
@virtual_time
async def test_settings_are_checked(
    mocked: aioresponses, given: dict[str, Any], message: str
) -> None:
    """With what was given, and what is allowed; nothing is sent."""
    client, sent = client_of(mocked, says("completed"))
    async with client:
        with pytest.raises(InvalidRequestError, match=message):
            await created(client, **given)
    assert not sent


@pytest.mark.parametrize(
    ("argument", "use"),
    [
        ("timeout", "use run_timeout"),
        ("poll_interval_ms", "use poll_interval, in seconds"),
        ("event_handler", "use async for"),
        ("toolset", "use functions"),
    ],
)
@virtual_time
async def test_arguments_of_other_clients_are_refused(
    mocked: aioresponses, argument: str, use: str
) -> None:
    """With what to use here; nothing is sent."""
    client, sent = client_of(mocked, says("completed"))
    async with client:
        for begin in (created, polled, submitted):
            with pytest.raises(TypeError, match=rf"\(\) takes no {argument}; {use}"):
                await begin(client, **{argument: 1})
            with pytest.raises(TypeError, match="does not take 'poll_intervall'"):
                await begin(client, poll_intervall=1)
        with pytest.raises(TypeError, match="does not take 'if_active'"):
            await polled(client, if_active="wait")
        with pytest.raises(TypeError, match="needs assistant_id"):
            await client.threads.create_and_run_poll()  # type: ignore[call-arg]
    assert not sent


@virtual_time
async def test_a_run_on_a_new_thread_is_polled(mocked: aioresponses) -> None:
    """Its thread is the one that comes back."""
    client, sent = client_of(mocked, one_by_one(says("queued"), says("completed")))
    async with client:
        run = await client.threads.create_and_run_poll(
            assistant_id="asst_1", thread={"messages": [{"role": "user", "content": "hi"}]}
        )

    assert run.status == "completed"
    assert [one.path for one in sent] == ["/v1/threads/runs", PATH]


@pytest.mark.parametrize("begin", [polled, submitted])
@virtual_time
async def test_a_run_of_others_may_be_cancelled_too(
    mocked: aioresponses, begin: Callable[..., Any]
) -> None:
    """`on_exit="cancel"` holds though the run has not been seen yet."""
    client, sent = client_of(mocked, one_by_one(reply(after=NEVER), says("cancelling")))
    async with client:
        await cancelled_after(1, asyncio.create_task(begin(client, on_exit="cancel")))

    assert sent[-1].path == f"{PATH}/cancel"
