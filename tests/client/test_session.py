"""The transport: what aiohttp is told to do and not to do, seen from the server's side."""

import asyncio
import tracemalloc

import aiohttp
import pytest
from faults.exchange import gzipped, head, json_bytes, message
from support.credentials import API_KEY
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always, client_of, each

from portkey_async import (
    APIResponseValidationError,
    APIStatusError,
    AsyncPortkey,
    InternalServerError,
    NotFoundError,
    RetryPolicy,
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
    """What the server sets is not sent back. By name: no jar keeps cookies of a bare address."""
    received: list[RawRequest] = []
    answer = message(200, json_bytes(mock_assistant()), "Set-Cookie: session=abc; Path=/")
    async with RawServer(always(answer, received)) as server:
        url = f"http://localhost:{server.port}/v1"
        async with AsyncPortkey(API_KEY, base_url=url) as client:
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


async def test_closing_in_the_last_turn_of_a_call_cancels_nothing_after_it() -> None:
    """As a hook of the session may do: the call ends as it would have, and what follows goes on."""
    clients: list[AsyncPortkey] = []
    hooks = aiohttp.TraceConfig()

    async def close(*_: object) -> None:
        await clients[0].close()

    hooks.on_request_end.append(close)
    async with (
        RawServer(always(ASSISTANT)) as server,
        aiohttp.ClientSession(trace_configs=[hooks]) as session,
    ):
        clients.append(client_of(server, session=session))
        found = await clients[0].assistants.retrieve("asst_1")
        await asyncio.sleep(0)

    assert found.id == "asst_1"


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
