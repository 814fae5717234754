"""The transport: what aiohttp is told to do and not to do, seen from the server's side."""

import asyncio
import tracemalloc
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from faults.exchange import gzipped, head, json_bytes, message
from multidict import CIMultiDict, CIMultiDictProxy
from support.credentials import API_KEY
from support.leaks import nothing_leaks
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always, client_of, each
from support.wire import lost, serve
from yarl import URL

from portkey_async import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncPortkey,
    InternalServerError,
    NotFoundError,
    RetryPolicy,
    Timeout,
    capture_responses,
)
from portkey_async.testing import mock_assistant

ONCE = RetryPolicy(attempts=1)
GONE = message(404, json_bytes({"error": {"message": "No assistant found."}}))
ASSISTANT = message(200, json_bytes(mock_assistant(id="asst_1")))
MEBIBYTE = 1024 * 1024


# --- What is sent, and what is not --------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_redirect_is_never_followed(status: int, method: str) -> None:
    """Credentials would go along: no connection is made to where it points."""
    async with RawServer(always(ASSISTANT)) as elsewhere:
        location = f"Location: http://localhost:{elsewhere.port}/v1/assistants/asst_1?sig=1"
        async with (
            RawServer(always(message(status, b"", location))) as server,
            client_of(server) as client,
        ):
            with pytest.raises(APIStatusError, match="a redirect to http://localhost") as got:
                await {
                    "GET": client.assistants.retrieve,
                    "POST": client.assistants.update,
                    "DELETE": client.assistants.delete,
                }[method]("asst_1")

        assert elsewhere.accepted == 0
    assert got.value.status == status
    assert "sig=1" not in str(got.value)


async def test_cookies_are_not_stored() -> None:
    """What the server sets is not sent back."""
    received: list[RawRequest] = []
    answer = message(200, json_bytes(mock_assistant()), "Set-Cookie: session=abc; Path=/")
    async with RawServer(always(answer, received)) as server, client_of(server) as client:
        await client.assistants.retrieve("asst_1")
        await client.assistants.retrieve("asst_1")

    assert ["cookie" in request.headers for request in received] == [False, False]


async def test_only_what_gateways_get_right_is_advertised() -> None:
    """No zstd, which the gateway hands on undecoded; and nothing else is invented."""
    received: list[RawRequest] = []
    async with RawServer(always(ASSISTANT, received)) as server, client_of(server) as client:
        await client.assistants.retrieve("asst_1")

    headers = dict(received[0].headers)
    assert headers.pop("host") == f"127.0.0.1:{server.port}"
    assert headers.pop("user-agent").startswith("portkey-async/")
    assert headers == {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "openai-beta": "assistants=v2",
        "x-portkey-api-key": API_KEY,
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_what_has_no_body_says_nothing_of_one(method: str) -> None:
    """No type, and no length but nought."""
    received: list[RawRequest] = []
    async with RawServer(always(GONE, received)) as server, client_of(server) as client:
        call = client.assistants.retrieve if method == "GET" else client.assistants.delete
        with pytest.raises(NotFoundError):
            await call("asst_1")

    assert received[0].method == method
    headers = received[0].headers
    assert headers.get("content-length", "0") == "0"
    assert {"content-type", "transfer-encoding"}.isdisjoint(headers)
    assert received[0].body == b""


async def test_a_body_is_sent_with_its_length() -> None:
    """Not in chunks: some servers take none."""
    received: list[RawRequest] = []
    async with RawServer(always(ASSISTANT, received)) as server, client_of(server) as client:
        await client.assistants.update("asst_1", name="é")

    headers = received[0].headers
    assert received[0].body == '{"name":"é"}'.encode()
    assert headers["content-length"] == str(len(received[0].body))
    assert headers["content-type"] == "application/json"
    assert "transfer-encoding" not in headers


ODD_IDS = [
    "a/b",
    "a b",
    "a?b=c",
    "a#b",
    "a%2Fb",
    "%",
    "ü",
    "a+b",
    "...",
    "a\\b",
    "a;b",
    "😀",
    "a:b@c",
]


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_an_id_arrives_as_written(odd: str) -> None:
    """Percent-encoded once, as one segment, and not resolved as a path."""
    received: list[RawRequest] = []
    async with RawServer(always(ASSISTANT, received)) as server, client_of(server) as client:
        await client.assistants.retrieve(odd)
        with pytest.raises(APIResponseValidationError):
            await client.assistants.list(after=odd)

    path, listed = (request.target for request in received)
    encoded = "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or chr(byte) in "-._~" else f"%{byte:02X}"
        for byte in odd.encode()
    )
    assert path == f"/v1/assistants/{encoded}"
    assert listed == f"/v1/assistants?after={encoded}"


# --- How much is read ---------------------------------------------------------------------------


async def test_a_compressed_answer_is_counted_as_what_it_becomes() -> None:
    """A bomb of a hundred mebibytes is given up early, and never held."""
    bomb = message(200, gzipped(b" " * 100 * MEBIBYTE), "Content-Encoding: gzip")
    assert len(bomb) < MEBIBYTE
    async with (
        RawServer(always(bomb)) as server,
        client_of(server, max_response_bytes=MEBIBYTE) as client,
    ):
        tracemalloc.start()
        try:
            with pytest.raises(APIResponseValidationError, match="longer than 1048576 bytes"):
                await client.assistants.retrieve("asst_1")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 20 * MEBIBYTE


async def test_an_endless_answer_is_given_up_while_it_is_read() -> None:
    """The limit is enforced on the way; the connection is closed, and another serves next."""
    endless = head(200, "Content-Type: application/json", "Transfer-Encoding: chunked")
    hung_up = asyncio.Event()

    async def pour(connection: Connection) -> None:
        await connection.send(endless)
        while True:
            await connection.send(b"10000\r\n" + b" " * 65536 + b"\r\n")
            await asyncio.sleep(0)

    async def respond(connection: Connection, _request: RawRequest) -> None:
        if server.accepted > 1:
            await connection.send(ASSISTANT)
            return
        pouring = asyncio.create_task(pour(connection))
        await connection.gone()
        pouring.cancel()
        hung_up.set()

    async with (
        RawServer(each(respond)) as server,
        client_of(server, max_response_bytes=MEBIBYTE, max_connections=1) as client,
    ):
        with pytest.raises(APIResponseValidationError, match="max_response_bytes"):
            await client.assistants.retrieve("asst_1")
        assert (await client.assistants.retrieve("asst_1")).id == "asst_1"
        await hung_up.wait()


@pytest.mark.parametrize(("limit", "fits"), [(0, True), (-1, False)])
async def test_the_limit_itself_is_allowed(*, limit: int, fits: bool) -> None:
    """An answer of just so many bytes is read, one of a byte more is not."""
    body = json_bytes(mock_assistant(id="asst_1"))
    async with (
        RawServer(always(message(200, body))) as server,
        client_of(server, max_response_bytes=len(body) + limit) as client,
    ):
        if fits:
            assert (await client.assistants.retrieve("asst_1")).id == "asst_1"
            return
        with pytest.raises(APIResponseValidationError):
            await client.assistants.retrieve("asst_1")


async def test_a_long_error_is_cut_and_not_lost() -> None:
    """Its status, and the beginning of what it says, are what the caller needs."""
    answer = message(500, b"It is broken. " * MEBIBYTE, type_="text/plain")
    async with (
        RawServer(always(answer)) as server,
        client_of(server, max_response_bytes=28, retry=ONCE) as client,
    ):
        with pytest.raises(InternalServerError) as raised:
            await client.assistants.retrieve("asst_1")

    assert raised.value.body == "It is broken. " * 2


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
        b"HTTP/1.1 200 OK\r\nx-echo: \x00" + API_KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + API_KEY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + API_KEY.encode() + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip.",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_lost_answer(garbage: bytes) -> None:
    """A typed error, in doubt, that shows no credential, not even one that the server echoes."""
    async with RawServer(always(garbage)) as server, client_of(server, retry=ONCE) as client:
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
    assert raised.value.__cause__ is not None
    assert raised.value.__cause__.__traceback__ is None


# --- A session of the caller's own --------------------------------------------------------------


async def test_the_middlewares_of_the_callers_session_are_heeded() -> None:
    """For every method: those of a request would replace them."""
    seen: list[str] = []

    async def middleware(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        seen.append(request.method)
        return await handler(request)

    async with (
        RawServer(always(GONE)) as server,
        aiohttp.ClientSession(middlewares=[middleware]) as session,
        client_of(server, session=session) as client,
    ):
        for call in (client.assistants.retrieve, client.assistants.delete):
            with pytest.raises(NotFoundError):
                await call("asst_1")

    assert seen == ["GET", "DELETE"]


async def test_a_session_that_raises_for_statuses_changes_nothing() -> None:
    """Its own settings for errors and redirects do not replace ours."""
    async with (
        RawServer(always(GONE)) as server,
        aiohttp.ClientSession(raise_for_status=True) as session,
    ):
        with pytest.raises(NotFoundError, match="No assistant found"):
            await client_of(server, session=session).assistants.retrieve("asst_1")


async def test_a_session_with_a_base_url_changes_nothing() -> None:
    """Ours is a whole URL."""
    async with (
        RawServer(always(ASSISTANT)) as server,
        aiohttp.ClientSession(base_url="http://elsewhere.invalid/") as session,
    ):
        found = await client_of(server, session=session).assistants.retrieve("asst_1")

    assert found.id == "asst_1"
