"""Failures on the way that no server made: foreign connectors, headers, queues, loops."""

import asyncio
import gc
import gzip
import tracemalloc
import warnings
from pathlib import Path

import aiohttp
import pytest
from aioresponses import aioresponses
from faults.exchange import head, json_bytes, message
from support.calls import CALLS, outcome
from support.credentials import API_KEY, PROVIDER_TOKEN
from support.leaks import open_descriptors
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always, client_of, each
from support.virtual_time import Chance, hand_clock, virtual_time
from support.walks import until
from support.wire import reply, serve

from portkey_async import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AsyncPortkey,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    RetryPolicy,
    RunStream,
)
from portkey_async.testing import Hang, PortkeyServer, Say, mock_assistant

ONCE = RetryPolicy(attempts=1)
BODY = json_bytes(mock_assistant(id="asst_1"))
ASSISTANT = message(200, BODY)
MEBIBYTE = 1024 * 1024


async def stall(connection: Connection, _request: RawRequest) -> None:
    """Never answer."""
    await connection.gone()


# --- Connectors and middlewares of others -------------------------------------------------------


class ProxyConnectionError(OSError):
    """As aiohttp-socks has one."""


class StrangeError(Exception):
    """Of no kind that anybody knows."""


@pytest.mark.parametrize(
    "error",
    [
        ProxyConnectionError(61, "no SOCKS here"),
        StrangeError("odd"),
        RuntimeError("a bug"),
        KeyError("x"),
        TimeoutError("slow"),
        ExceptionGroup("several", [OSError("one")]),
        StopAsyncIteration(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("place", ["connector", "middleware", "hook"])
async def test_whatever_a_foreign_part_raises_is_a_typed_error(
    error: Exception, place: str
) -> None:
    """Never sent, so never executed; the cause is there."""
    connector = aiohttp.TCPConnector()
    hooks = aiohttp.TraceConfig()

    async def fail(*_: object, **__: object) -> None:
        raise error

    middlewares = [fail] if place == "middleware" else []
    if place == "connector":
        connector.connect = fail  # type: ignore[method-assign]  # as a connector of the caller's
    if place == "hook":
        hooks.on_connection_create_start.append(fail)
    async with (
        RawServer(always(ASSISTANT)) as server,
        aiohttp.ClientSession(
            connector=connector,
            middlewares=middlewares,  # type: ignore[arg-type]  # it never gives a response
            trace_configs=[hooks],
        ) as session,
    ):
        client = client_of(server, session=session, retry=ONCE)
        with pytest.raises(APIConnectionError) as raised:
            await client.assistants.create(model="gpt-4o")

    cause = raised.value.__cause__
    assert cause is error or isinstance(error, OSError)  # aiohttp makes OSErrors its own
    assert isinstance(cause, OSError) or cause is error
    assert raised.value.may_have_executed is (place == "middleware")  # who may have sent it
    assert str(raised.value).isprintable()


async def test_a_foreign_error_shows_where_it_failed() -> None:
    """Its own frames are kept, those of aiohttp are not."""

    async def middleware(
        _request: aiohttp.ClientRequest, _handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        raise StrangeError

    async with (
        RawServer(always(ASSISTANT)) as server,
        aiohttp.ClientSession(middlewares=[middleware]) as session,
    ):
        error = await outcome(client_of(server, session=session, retry=ONCE), "retrieve")

    assert error is not None
    assert error.__cause__ is not None
    frames = error.__cause__.__traceback__
    assert frames is not None
    assert frames.tb_frame.f_code.co_name == "middleware"


async def test_a_value_error_of_a_foreign_part_after_sending_is_no_configuration() -> None:
    """The request was sent; what came back was not understood by the caller's code."""

    async def middleware(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        await handler(request)
        raise ValueError("no JSON")

    async with (
        RawServer(always(ASSISTANT)) as server,
        aiohttp.ClientSession(middlewares=[middleware]) as session,
    ):
        error = await outcome(client_of(server, session=session, retry=ONCE), "create")

    assert isinstance(error, APIConnectionError)
    assert error.may_have_executed is True


async def test_a_netrc_file_that_is_in_the_way_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A session with trust_env reads it; beside authorization, aiohttp refuses to send."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with (
        RawServer(always(ASSISTANT)) as server,
        aiohttp.ClientSession(trust_env=True) as session,
    ):
        client = client_of(server, session=session, authorization=PROVIDER_TOKEN)
        with pytest.raises(ConfigurationError, match="netrc"):
            await client.assistants.retrieve("asst_1")


# --- Headers of responses -----------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "headers",
    [
        [f"x-long: {'a' * 9000}"],
        [f"x-{number}: 1" for number in range(130)],
        [f"x-long: {'a' * 60_000}", *(f"x-{number}: 1" for number in range(500))],
        [f"Set-Cookie: a={'b' * 20_000}"],
    ],
    ids=["long", "many", "both", "cookie"],
)
async def test_long_and_many_headers_are_read(headers: list[str], *, own: bool) -> None:
    """More than aiohttp reads by itself, on a caller's session too."""
    async with (
        RawServer(always(message(200, BODY, *headers))) as server,
        aiohttp.ClientSession() as session,
        client_of(server, session=None if own else session) as client,
    ):
        assert (await client.assistants.retrieve("asst_1")).id == "asst_1"


@pytest.mark.parametrize(
    "headers", [[f"x-long: {'a' * 70_000}"], [f"x-{number}: 1" for number in range(1100)]]
)
async def test_headers_past_the_limit_are_called_too_large(headers: list[str]) -> None:
    """Not garbage: HTTP it is."""
    async with (
        RawServer(always(message(200, BODY, *headers))) as server,
        client_of(server, retry=ONCE) as client,
    ):
        with pytest.raises(APIConnectionError, match="response headers are too large") as raised:
            await client.assistants.retrieve("asst_1")

    assert "not HTTP" not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        message(400, b"{}", b"x-portkey-trace-id: caf\xe9".decode("latin-1")),
        message(302, b"", "Location: /a\x1b[31mred"),
        message(200, b'{"object": "\x1b[31m\\nred\\u202e"}'),
        message(200, b"\x1b[31mred\r\nred"),
        b"HTTP/1.1 2\x1b[31m00 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx\x1b[31m: a\r\n\r\n",
        message(503, b"{}", "x-request-id: \x1b]0;title\x07"),
    ],
)
async def test_what_a_server_says_is_printable(
    answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """In messages, ids and logs: one line, no escape sequence, encodable."""
    async with RawServer(always(answer)) as server, client_of(server, retry=ONCE) as client:
        with pytest.raises(APIError) as raised:
            await client.assistants.retrieve("asst_1")
    error = raised.value
    texts = [str(error), error.trace_id or "", error.request_id or ""]
    texts += [record.getMessage() for record in caplog.records if record.name == "portkey_async"]

    for text in texts:
        assert text.isprintable()
        text.encode()


# --- What was never sent ------------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
async def test_who_never_left_the_queue_was_not_executed(*, own: bool) -> None:
    """Of many creates over two connections, a few were sent when the deadline came."""
    received: list[RawRequest] = []
    async with (
        RawServer(each(stall, received)) as server,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=2)) as session,
    ):
        settings = {"max_connections": 2} if own else {"session": session}
        async with client_of(server, timeout=0.3, **settings) as client:
            errors = await asyncio.gather(*(outcome(client, "create") for _ in range(20)))
    doubts = [error.may_have_executed for error in errors if error]

    assert {type(error) for error in errors} == {APITimeoutError}
    assert doubts.count(True) == len(received)
    assert doubts.count(False) > 10


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_in_flight_that_a_close_ends_is_in_doubt(name: str) -> None:
    """One that waits for a connection is not; nor is one on a client that was closed before."""
    async with RawServer(each(stall)) as server:
        client = client_of(server, max_connections=1)
        calls = [asyncio.ensure_future(outcome(client, name)) for _ in range(2)]
        await until(lambda: server.accepted == 1)
        await asyncio.sleep(0.05)  # until the request is written
        await client.close()
        first, second = await asyncio.gather(*calls)
        late = await outcome(client, name)

    assert [type(error) for error in (first, second, late)] == [ClientClosedError] * 3
    doubts = [error.may_have_executed for error in (first, second, late) if error]
    assert doubts == [True, False, False]


@virtual_time
async def test_a_mocked_call_that_runs_out_of_time_is_in_doubt(mocked: aioresponses) -> None:
    """Nothing tells what a mock has done."""
    serve(mocked, reply(after=1000))
    async with AsyncPortkey(API_KEY, timeout=2) as client:
        hand_clock(client, Chance())
        error = await outcome(client, "create")

    assert error is not None
    assert error.may_have_executed is True


async def test_a_large_body_is_in_doubt_while_it_is_written() -> None:
    """A server may act on what it has, before it has all."""

    async def read_nothing(connection: Connection) -> None:
        await asyncio.sleep(30)
        await connection.close()

    async with (
        RawServer(read_nothing) as server,
        client_of(server, timeout=0.3, validate_requests=False) as client,
    ):
        with pytest.raises(APITimeoutError) as raised:
            await client.assistants.create(model="m", instructions="x" * 20 * MEBIBYTE)

    assert raised.value.may_have_executed is True


# --- Error bodies -------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    "piece", [b'{"error": {"message": "x"}}, ', b" ", b'"a",', b"[", b"\\u0061", b"%41", b"&amp;"]
)
async def test_an_error_body_does_not_outrun_the_deadline(piece: bytes, *, packed: bool) -> None:
    """Of 120 MB, plain or as 180 kB of gzip, a bounded part is read: in time, in little memory."""
    body = b'{"error": {"message": "Bad.", "more": [' + piece * (120 * MEBIBYTE // len(piece))
    if packed:
        body = gzip.compress(body, 1)
    headers = ["Content-Encoding: gzip"] if packed else []
    start = head(400, "Content-Type: application/json", f"Content-Length: {len(body)}", *headers)

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(start)
        with memoryview(body) as view:
            for position in range(0, len(view), MEBIBYTE):
                await connection.send(bytes(view[position : position + MEBIBYTE]))

    loop = asyncio.get_running_loop()
    async with RawServer(each(respond)) as server, client_of(server, timeout=20) as client:
        tracemalloc.start()
        began = loop.time()
        try:
            with pytest.raises(BadRequestError) as raised:
                await client.assistants.retrieve("asst_1")
            took = loop.time() - began
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert took < 20.5
    assert peak < 100 * MEBIBYTE
    assert len(raised.value.body) <= MEBIBYTE
    assert raised.value.message.startswith('{"error"')


# --- Loops --------------------------------------------------------------------------------------


def test_a_client_whose_loop_has_ended_closes_quietly() -> None:
    """In the next loop, with an idle connection of the last; nothing is left to warn of."""
    with PortkeyServer(1, api_key=API_KEY) as server:
        client = server.client()

        async def use() -> int:
            return len(await client.assistants.list().collect())

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # uvloop's, of the loop that ends
            assert asyncio.run(use()) == 1
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            asyncio.run(client.close())
            gc.collect()

    assert [str(one.message) for one in seen] == []


def test_a_stream_whose_loop_has_ended_is_closed_quietly() -> None:
    """With the client, though it was never left and is kept: the server sees its connection go."""
    with PortkeyServer(1, api_key=API_KEY) as server:
        server.script(Say("Well"), Hang())
        client = server.client()

        async def begin() -> tuple[RunStream, int]:
            before = open_descriptors()
            stream = client.threads.create_and_run_stream(
                assistant_id=next(iter(server.assistants)), on_exit="leave"
            )
            await stream.__aenter__()
            await anext(stream)
            return stream, before

        async def end(before: int) -> None:
            await client.close()
            await until(lambda: open_descriptors() <= before)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # uvloop's, of the loop that ends
            stream, before = asyncio.run(begin())
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            asyncio.run(end(before))
            gc.collect()

    assert [str(one.message) for one in seen] == []
    assert stream.run is None


def test_a_client_that_is_never_closed_warns_in_its_own_name() -> None:
    """Once, with what to do; and not through what it is made of."""
    with PortkeyServer(1, api_key=API_KEY) as server:

        async def use() -> None:
            client = server.client()
            await client.assistants.list()
            del client
            gc.collect()
            await asyncio.sleep(0.05)

        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            asyncio.run(use())
            gc.collect()

    (warning,) = seen
    assert warning.category is ResourceWarning
    assert "unclosed AsyncPortkey" in str(warning.message)
    assert "await client.close()" in str(warning.message)


async def test_a_client_without_connections_of_its_own_has_nothing_to_close() -> None:
    """One that was never used, or uses a session of the caller's, does not warn."""
    async with RawServer(always(ASSISTANT)) as server, aiohttp.ClientSession() as session:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            AsyncPortkey(API_KEY)
            await client_of(server, session=session).assistants.retrieve("asst_1")
            gc.collect()

    assert [one for one in seen if "AsyncPortkey" in str(one.message)] == []


def test_a_session_of_another_loop_is_refused() -> None:
    """Running, stopped or closed: a clear error, before anything is sent."""

    async def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    async def use(session: aiohttp.ClientSession) -> None:
        client = AsyncPortkey(API_KEY, session=session)
        with pytest.raises(ConfigurationError, match="session was made in another event loop"):
            await client.assistants.retrieve("asst_1")

    with asyncio.Runner() as first, asyncio.Runner() as second:
        session = first.run(make())
        second.run(use(session))
        first.run(session.close())
    other = asyncio.run(make())
    with asyncio.Runner() as third:
        third.run(use(other))
        third.run(other.close())
