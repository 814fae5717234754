"""What the error of a call tells."""

import pytest
from aioresponses import aioresponses
from faults.exchange import message
from support.calls import ID, outcome, right
from support.credentials import API_KEY, VIRTUAL_KEY
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import client_of, each
from support.virtual_time import Chance, hand_clock, virtual_time
from support.walks import settle
from support.wire import Answer, Sent, failing, one_by_one, reply, serve

from portkey_async import (
    APIConnectionError,
    APIStatusError,
    AsyncPortkey,
    RetryPolicy,
)
from portkey_async.testing import mock_assistant

MOST = Chance(1.0)
LEAST = Chance(0.0)


@virtual_time
async def test_an_error_tells_the_facts_of_the_call(mocked: aioresponses) -> None:
    """What was called, the ids to look it up by, how often and how long it was tried."""
    headers = {"x-portkey-trace-id": "trace-2", "x-request-id": "req_1"}
    last = reply(500, {"error": {"message": "Broken."}}, headers=headers, after=0.25)
    serve(mocked, one_by_one(failing(), failing(), last))
    async with AsyncPortkey(API_KEY, trace_id="trace-1") as client:
        hand_clock(client, MOST)
        error = await outcome(client, "update")

    assert isinstance(error, APIStatusError)
    assert error.method == "POST"
    assert error.url == "https://api.portkey.ai/v1/assistants/asst_1"
    assert (error.trace_id, error.request_id) == ("trace-2", "req_1")
    assert (error.attempts, error.elapsed, error.may_have_executed) == (3, 1.75, True)
    assert str(error) == (
        "500 Broken. (POST https://api.portkey.ai/v1/assistants/asst_1, 3 attempts, "
        "trace id trace-2, may have been executed)"
    )


@virtual_time
async def test_an_error_without_an_answer_tells_the_trace_that_was_sent(
    mocked: aioresponses,
) -> None:
    """Portkey may have logged the call."""
    serve(mocked, failing())
    async with AsyncPortkey(API_KEY, trace_id="trace-1", retry=RetryPolicy(attempts=1)) as client:
        error = await outcome(client, "retrieve")

    assert isinstance(error, APIConnectionError)
    assert (error.trace_id, error.request_id) == ("trace-1", None)


@pytest.mark.parametrize("answer", [failing(500), failing(), failing(404)])
@virtual_time
async def test_a_doubt_stays_until_the_end(mocked: aioresponses, answer: Answer) -> None:
    """An attempt that may have been executed is not forgotten over later ones that were not."""
    serve(mocked, one_by_one(answer, failing(429), failing(429)))
    async with AsyncPortkey(API_KEY) as client:
        hand_clock(client, LEAST)
        error = await outcome(client, "update")

    assert isinstance(error, APIStatusError)
    assert error.may_have_executed is (error.attempts == 3)


@pytest.mark.parametrize("status", [400, 500, 200])
@virtual_time
async def test_a_credential_that_the_server_echoes_is_blotted_out(
    mocked: aioresponses, status: int
) -> None:
    """In the message, in the body and in the excerpt of an answer that is not understood."""
    body = {"error": {"message": f"wrong key {API_KEY}, {VIRTUAL_KEY}", "code": API_KEY}}
    serve(mocked, reply(status, body))
    async with AsyncPortkey(API_KEY, virtual_key=VIRTUAL_KEY) as client:
        hand_clock(client, LEAST)
        error = await outcome(client, "retrieve")

    assert error is not None
    assert "wrong key [redacted], [redacted]" in str(error)
    assert API_KEY not in repr(vars(error))


@virtual_time
async def test_a_body_that_is_not_utf8_can_be_read(mocked: aioresponses) -> None:
    """The gateway destroys encodings; the error keeps what can be kept."""
    serve(mocked, reply(400, body=b'{"error": {"message": "caf\xe9"}}'))
    async with AsyncPortkey(API_KEY) as client:
        error = await outcome(client, "retrieve")

    assert isinstance(error, APIStatusError)
    assert error.message == "caf\N{REPLACEMENT CHARACTER}"


@virtual_time
async def test_a_404_of_the_collection_says_what_to_do(mocked: aioresponses) -> None:
    """This upstream does not serve assistants, or no longer."""
    serve(mocked, failing(404))
    async with AsyncPortkey(API_KEY) as client:
        errors = [await outcome(client, name) for name in ("list", "create", "retrieve")]

    assert ["no longer" in str(error) for error in errors] == [True, True, False]


@virtual_time
async def test_the_callers_headers_win(mocked: aioresponses) -> None:
    """Over those of the client and of the operation, whatever their case."""
    sent = serve(mocked, right)
    headers = {"OpenAI-Beta": "assistants=v3", "X-Portkey-Api-Key": VIRTUAL_KEY, "X-New": "1"}
    async with AsyncPortkey(API_KEY, headers=headers) as client:
        await client.assistants.update(ID)

    assert sent[0].headers["openai-beta"] == "assistants=v3"
    assert sent[0].headers["x-portkey-api-key"] == VIRTUAL_KEY
    assert sent[0].headers["x-new"] == "1"
    assert len(sent[0].headers) == len({name.lower() for name in sent[0].headers})


@virtual_time
async def test_an_answer_of_201_is_a_success(mocked: aioresponses) -> None:
    """Any 2xx is; 246 is Portkey's own for a guardrail that was passed with a warning."""
    for status in (200, 201, 246):
        mocked.clear()
        serve(mocked, reply(status, mock_assistant(id=ID)))
        async with AsyncPortkey(API_KEY) as client:
            assert (await client.assistants.retrieve(ID)).id == ID


async def test_the_real_clock_is_the_default(mocked: aioresponses) -> None:
    """Without one handed in, the waits are real."""
    sent: list[Sent] = serve(mocked, one_by_one(failing(503, {"retry-after-ms": "8"}), right))
    async with AsyncPortkey(API_KEY) as client:
        await client.assistants.retrieve(ID)

    assert sent[1].at - sent[0].at >= 0.008


@pytest.mark.parametrize("before", [*range(262_144 - len(API_KEY), 262_145, 4), 300_000])
async def test_a_credential_at_the_end_of_what_is_read_is_redacted(before: int) -> None:
    """Though the bound, or a lost connection, has cut it."""
    body = b"x" * before + API_KEY.encode() + b"y" * 9000
    for answer in (message(400, body), message(400, body)[: before + 150]):

        async def respond(
            connection: Connection, _request: RawRequest, answer: bytes = answer
        ) -> None:
            await connection.send(answer)
            await settle()
            await connection.close()

        async with RawServer(each(respond)) as server, client_of(server) as client:
            error = await outcome(client, "retrieve")

        assert isinstance(error, APIStatusError)
        assert "pk-s" not in error.body
