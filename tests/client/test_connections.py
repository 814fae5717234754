"""Connections that end, and every other way in which no answer comes."""

from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from faults.exchange import End, head, json_bytes, message
from multidict import CIMultiDict, CIMultiDictProxy
from support.credentials import API_KEY
from support.leaks import nothing_leaks
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always, client_of, each
from support.walks import settle
from support.wire import lost, serve
from yarl import URL

from portkey_async import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AsyncPortkey,
    NotFoundError,
    RetryPolicy,
    Timeout,
    capture_responses,
)
from portkey_async.testing import mock_assistant

ONCE = RetryPolicy(attempts=1)
GONE = message(404, json_bytes({"error": {"message": "No object found with id 'asst_1'."}}))
ASSISTANT = message(200, json_bytes(mock_assistant(id="asst_1")))


# --- Connections that end -----------------------------------------------------------------------


def closing_the_first(received: list[RawRequest], second: bytes) -> RawServer:
    """Serve a request, close at the next one on that connection, and then answer *second*."""

    async def respond(connection: Connection, request: RawRequest) -> None:
        received.append(request)
        if connection.requests > 1:
            await connection.close()
        else:
            await connection.send(ASSISTANT if len(received) == 1 else second)

    return RawServer(each(respond))


@pytest.mark.parametrize("resource", ["assistants", "admin_api_keys"])
async def test_a_delete_that_aiohttp_sent_twice_has_succeeded(resource: str) -> None:
    """On a dropped keep-alive connection it does so by itself; the 404 is of our own making."""
    received: list[RawRequest] = []
    async with closing_the_first(received, GONE) as server, client_of(server) as client:
        await client.assistants.retrieve("asst_1")
        with capture_responses() as responses:
            deleted = await getattr(client, resource).delete("asst_1")

    assert deleted.deleted is True
    assert deleted.id == "asst_1"
    assert [request.method for request in received] == ["GET", "DELETE", "DELETE"]
    assert [(response.status, response.attempts) for response in responses] == [(404, 1)]


async def test_a_delete_that_was_sent_once_and_finds_nothing_has_failed() -> None:
    """Nobody can have deleted it on our behalf."""
    received: list[RawRequest] = []
    async with RawServer(always(GONE, received)) as server, client_of(server) as client:
        for delete in (client.assistants.delete, client.admin_api_keys.delete):
            with pytest.raises(NotFoundError) as raised:
                await delete("asst_1")
            assert raised.value.may_have_executed is False

    assert len(received) == 2


async def test_a_create_is_not_sent_twice_by_aiohttp() -> None:
    """On a dropped keep-alive connection the call fails, in doubt."""
    received: list[RawRequest] = []
    async with closing_the_first(received, ASSISTANT) as server, client_of(server) as client:
        await client.assistants.retrieve("asst_1")
        with pytest.raises(APIConnectionError) as raised:
            await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is True
    assert [request.method for request in received] == ["GET", "POST"]


async def test_a_refused_connection_has_surely_executed_nothing() -> None:
    """Nothing was sent; the error says so, and names no credential."""
    async with RawServer(always(b"")) as server:
        pass
    async with client_of(server, retry=ONCE) as client:
        with pytest.raises(APIConnectionError, match="no connection: ") as raised:
            await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is False
    assert raised.value.attempts == 1


async def test_tls_where_there_is_none_has_surely_executed_nothing() -> None:
    """The handshake fails before the request is sent."""

    async def script(connection: Connection) -> None:
        await connection.send(b"There is no TLS here.")

    async with RawServer(script) as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        async with AsyncPortkey(API_KEY, base_url=url, retry=ONCE) as client:
            with pytest.raises(APIConnectionError, match="no connection: ") as raised:
                await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is False


async def test_a_reset_after_sending_may_have_executed() -> None:
    """The server had the request, and nothing tells what it did."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        connection.reset()

    async with RawServer(each(respond)) as server, client_of(server, retry=ONCE) as client:
        with pytest.raises(APIConnectionError, match="the connection was lost") as raised:
            await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is True
    assert "may have been executed" in str(raised.value)


@pytest.mark.parametrize(
    "garbage",
    [
        b"It is not HTTP.\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nx-echo: \x00" + API_KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + API_KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx-echo: " + API_KEY.encode() + b"\r\nContent-Length: 9\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + API_KEY.encode() + b"\r\n",
        b"HTTP/1.1 200 OK\r\nx-echo: " + API_KEY.encode() + b"\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip.",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_lost_answer(garbage: bytes) -> None:
    """A typed error, in doubt, that shows no credential, not even one that the server echoes."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(garbage)
        await settle()
        await connection.close()

    async with RawServer(each(respond)) as server, client_of(server, retry=ONCE) as client:
        with pytest.raises(APIConnectionError) as raised:
            await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is True


async def test_a_server_that_falls_silent_is_given_up() -> None:
    """After the read timeout of each attempt, before the deadline of the call."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(head(200, "Content-Length: 10") + b"{")
        await connection.gone()

    async with (
        RawServer(each(respond)) as server,
        nothing_leaks(),
        client_of(server, retry=ONCE, timeout=Timeout(read=0.05)) as client,
    ):
        with pytest.raises(APITimeoutError, match=r"nothing came for 0\.05 s") as raised:
            await client.assistants.retrieve("asst_1")

    assert raised.value.may_have_executed is True


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("end", [End.CLOSE, End.RESET, End.STALL])
async def test_what_came_of_an_error_outlives_its_cut(status: int, end: End) -> None:
    """Its status, and what it said so far, are worth more than that there was more to come."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        body = b"It is brok"
        await connection.send(head(status, "Content-Type: text/plain", "Content-Length: 13") + body)
        await settle()  # a reset throws away what was not read yet
        await end.of(connection)

    async with RawServer(each(respond)) as server, nothing_leaks():
        timeout = Timeout(read=0.3)
        async with client_of(server, retry=ONCE, timeout=timeout) as client:
            with pytest.raises(APIStatusError) as raised:
                await client.assistants.create(model="gpt-4o")

    assert (raised.value.status, raised.value.body) == (status, "It is brok")
    assert raised.value.may_have_executed is (status == 500)


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET])
async def test_what_came_of_a_success_does_not(end: End) -> None:
    """Half an answer is none, even where it could be read."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        body = json_bytes(mock_assistant())
        await connection.send(head(200, f"Content-Length: {len(body) + 1}") + body)
        await settle()
        await end.of(connection)

    async with RawServer(each(respond)) as server, client_of(server, retry=ONCE) as client:
        with pytest.raises(APIConnectionError) as raised:
            await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is True


# --- Every error of aiohttp ---------------------------------------------------------------------


KEY = Mock(host="host", port=443, ssl=True, is_ssl=True)
REQUEST = aiohttp.RequestInfo(
    URL("http://host/"), "POST", CIMultiDictProxy(CIMultiDict({"x-portkey-api-key": API_KEY}))
)
UNSENT = (
    aiohttp.ClientConnectorError(KEY, OSError(111, "refused")),
    aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "no such name")),
    aiohttp.ClientConnectorSSLError(KEY, OSError(1, "handshake")),
    aiohttp.ClientConnectorCertificateError(KEY, ValueError("expired")),
    aiohttp.ClientProxyConnectionError(KEY, OSError(111, "refused")),
    aiohttp.ServerFingerprintMismatch(b"a", b"b", "host", 443),
    aiohttp.ConnectionTimeoutError("no connection to the host"),
)
IN_DOUBT = (
    aiohttp.ClientConnectionError("the connector is closed"),
    aiohttp.ClientConnectionResetError("cannot write to closing transport"),
    aiohttp.ClientOSError(104, "reset"),
    aiohttp.ClientPayloadError("the body is not complete"),
    aiohttp.ClientResponseError(REQUEST, (), status=400, message="bad status line"),
    aiohttp.ServerDisconnectedError(),
    aiohttp.ServerTimeoutError(),
    aiohttp.SocketTimeoutError(),
    ConnectionResetError(104, "reset"),
    TimeoutError(),
)


@pytest.mark.parametrize("error", UNSENT + IN_DOUBT, ids=lambda error: type(error).__name__)
async def test_every_error_of_aiohttp_becomes_ours(error: Exception, mocked: aioresponses) -> None:
    """With a readable message; a timeout is one; and in doubt, unless it was surely never sent."""
    serve(mocked, lost(error))
    async with AsyncPortkey(API_KEY, retry=ONCE) as client:
        with pytest.raises(APIConnectionError) as raised:
            await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is (error in IN_DOUBT)
    assert isinstance(raised.value, APITimeoutError) is isinstance(error, TimeoutError)
    assert raised.value.message.strip() not in {"", "None"}
    cause = raised.value.__cause__
    # The repr of this one shows the headers of the request.
    assert (cause is None) == isinstance(error, aiohttp.ClientResponseError)
    assert cause is None or cause.__traceback__ is None
