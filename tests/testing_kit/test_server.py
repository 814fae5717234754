"""The server's life: starting, stopping, threads, what it records, and bytes of any kind."""

import asyncio
import contextlib
import gc
import io
import socket
import threading
import urllib.request
from typing import Any

import aiohttp
import pytest
from testing_kit.calls import BEARER, call, create, until

from portkey_async.testing import Fault, PortkeyServer
from portkey_async.testing._exchange import Received
from portkey_async.testing._http.handler import MAX_BODY_BYTES


def port_of(server: PortkeyServer) -> int:
    """The port that a running server listens on."""
    return int(server.base_url.removesuffix("/v1").rpartition(":")[2])


async def exchange(server: PortkeyServer, request: bytes) -> bytes:
    """Everything the server sends on a connection that brings it these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_servers_side_by_side_have_ports_of_their_own() -> None:
    """Tests that run at the same time do not get in each other's way."""
    async with PortkeyServer() as first, PortkeyServer() as second:
        assert port_of(first) != port_of(second)
        assert first.base_url == f"http://127.0.0.1:{port_of(first)}/v1"


async def test_a_chosen_port_is_used_and_freed(unused_port: int) -> None:
    """Stopped, the server leaves its port to the next one at once."""
    for _ in range(2):
        async with PortkeyServer(port=unused_port) as server:
            assert port_of(server) == unused_port


async def test_a_taken_port_is_an_error(unused_port: int) -> None:
    """The system's own, and the server can be started again elsewhere."""
    async with PortkeyServer(port=unused_port):
        with pytest.raises(OSError, match="in use"):
            await PortkeyServer(port=unused_port).start()


async def test_starting_twice_is_an_error_and_stopping_twice_is_none() -> None:
    """A server that stops can start again, and keeps what it holds."""
    server = PortkeyServer(assistants=1)
    assert await server.start() is server
    with pytest.raises(RuntimeError, match="running already"):
        await server.start()
    await server.stop()
    await server.stop()
    async with server:
        assert (await call(server, "GET", "/assistants")).payload["data"]


def test_without_running_there_is_no_url() -> None:
    """The error says what to do."""
    with pytest.raises(RuntimeError, match=r"not running: enter it, or await its start\(\)"):
        _ = PortkeyServer().base_url


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("localhost", "localhost")])  # noqa: S104
async def test_the_url_can_be_called_from_here(host: str, shown: str) -> None:
    """A server that listens on every address is reached at this machine's own."""
    async with PortkeyServer(host=host) as server:
        assert server.base_url.startswith(f"http://{shown}:")
        assert (await call(server, "GET", "/assistants")).status == 200


async def test_an_address_of_version_six_is_bracketed() -> None:
    """As URLs want it."""
    if not socket.has_ipv6:  # pragma: no cover
        pytest.skip("no IPv6 on this machine")
    async with PortkeyServer(host="::1") as server:
        assert server.base_url.startswith("http://[::1]:")


async def test_stopping_leaves_nothing_behind() -> None:
    """Neither open connections nor requests under way survive, and nothing is waited for."""
    before = asyncio.all_tasks()
    server = await PortkeyServer().start()
    server.inject(Fault.delay(60), path="/assistants/slow")
    server.inject(Fault.slow_body(60), path="/assistants/slower")
    server.inject(Fault.oversized(500_000_000), path="/assistants/unread")
    async with aiohttp.ClientSession(headers=BEARER) as session:
        async with session.get(server.base_url + "/assistants") as response:
            await response.read()
        url = server.base_url + "/assistants/"
        pending = asyncio.create_task(session.get(url + "slow"))
        halves = [await session.get(url + name) for name in ("slower", "unread")]
        await until(lambda: len(server.requests) == 4)
        _, idle = await asyncio.open_connection("127.0.0.1", port_of(server))

        await asyncio.wait_for(server.stop(), 10)

        with pytest.raises(aiohttp.ClientError):
            await pending
        for half in halves:
            with pytest.raises(aiohttp.ClientError):
                await half.read()
        idle.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


def test_it_runs_in_a_thread_for_synchronous_tests() -> None:
    """`with` starts it in a thread that ends with the block; the store may be used meanwhile."""
    threads = threading.active_count()
    with PortkeyServer(assistants=2) as server:
        request = urllib.request.Request(server.base_url + "/assistants", headers=BEARER)  # noqa: S310
        server.assistants.popitem()
        with urllib.request.urlopen(request) as response:  # noqa: S310
            assert response.status == 200
        assert threading.active_count() == threads + 1
    assert threading.active_count() == threads
    assert server.requests[0].answer["has_more"] is False
    gc.collect()


def test_a_taken_port_is_an_error_in_a_thread_too(unused_port: int) -> None:
    """It is raised where the server is entered, and the thread has ended."""
    threads = threading.active_count()
    with (
        PortkeyServer(port=unused_port),
        pytest.raises(OSError, match="in use"),
        PortkeyServer(port=unused_port),
    ):
        pass

    assert threading.active_count() == threads


def test_an_error_in_the_block_passes_through_the_thread() -> None:
    """The server stops, and the error is the test's own."""
    with pytest.raises(ZeroDivisionError), PortkeyServer() as server:
        _ = 1 / 0

    with pytest.raises(RuntimeError, match="not running"):
        _ = server.base_url


async def test_it_records_what_it_received(server: PortkeyServer) -> None:
    """Method, path, query, headers and body, and what came of it; no credentials in its repr."""
    headers = BEARER | {"Idempotency-Key": "key-1"}
    await call(server, "POST", "/assistants?a=1&a=2&b=", {"model": "m"}, headers=headers)

    (received,) = server.requests
    assert (received.method, received.path) == ("POST", "/v1/assistants")
    assert received.query == {"a": "2", "b": ""}
    assert received.headers["openai-beta"] == "assistants=v2"
    assert received.idempotency_key == "key-1"
    assert received.body == {"model": "m"}
    assert received.status == 200
    assert received.answer == server.assistants[received.answer["id"]]
    assert received.acted
    assert "pk-test" not in repr(received)


async def test_answers_are_reported_as_they_are_given() -> None:
    """`on_answer` gets every request once it has its status."""
    seen: list[tuple[str, int | None]] = []
    async with PortkeyServer(
        on_answer=lambda received: seen.append((received.path, received.status))
    ) as server:
        await call(server, "GET", "/assistants")
        await call(server, "GET", "/x")

    assert seen == [("/v1/assistants", 200), ("/v1/x", 404)]


async def test_latency_passes_before_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store changes when it is over."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async with PortkeyServer(latency=7) as server:
        with monkeypatch.context() as patched:
            patched.setattr("portkey_async.testing._http.handler.asyncio.sleep", sleep)
            await call(server, "GET", "/assistants")

    assert 7 in waited


async def test_the_same_seed_gives_the_same_ids() -> None:
    """And another seed gives others."""
    first, second, third = (list(PortkeyServer(3, seed=seed).assistants) for seed in (1, 1, 2))

    assert first == second
    assert not {*first} & {*third}


def test_it_can_hold_given_assistants() -> None:
    """Payloads are copied, and keep the order in which they are given."""
    given = {"id": "asst_1", "created_at": 5, "object": "assistant"}
    server = PortkeyServer([given, {"id": "asst_2", "created_at": 5}])

    assert list(server.assistants) == ["asst_1", "asst_2"]
    assert server.assistants["asst_1"] == given
    assert server.assistants["asst_1"] is not given


def test_initial_assistants_are_a_second_apart_until_now() -> None:
    """So that their order is plain."""
    server = PortkeyServer(3, clock=lambda: 100.0)

    assert [payload["created_at"] for payload in server.assistants.values()] == [98, 99, 100]


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"assistants": -1}, ValueError, "assistants must be from 0 to 1000000; got -1"),
        ({"assistants": True}, TypeError, "assistants must be a number"),
        ({"assistants": "250"}, TypeError, "payloads that have an id; got '2'"),
        ({"assistants": [{"name": "x"}]}, TypeError, "payloads that have an id; got {'name'"),
        ({"port": 65536}, ValueError, "port must be from 0 to 65535; got 65536"),
        ({"port": "80"}, TypeError, "port must be a number; got '80'"),
        ({"latency": float("inf")}, ValueError, "latency must be from 0 to inf"),
        ({"latency": float("nan")}, ValueError, "latency must be"),
        ({"fail_rate": 1.1}, ValueError, "fail_rate must be from 0 to 1; got 1.1"),
    ],
)
def test_wrong_settings_are_refused_at_once(
    settings: dict[str, Any], error: type[Exception], said: str
) -> None:
    """The message says what was given and what is allowed."""
    with pytest.raises(error, match=said):
        PortkeyServer(**settings)


async def test_any_credential_can_be_chosen() -> None:
    """`api_key` decides what is accepted."""
    async with PortkeyServer(api_key="pk-other") as server:
        assert server.api_key == "pk-other"
        assert (await call(server, "GET", "/assistants")).status == 401


async def test_a_server_can_ask_for_no_credential() -> None:
    """With an empty one it takes any and none, as self-hosted gateways do."""
    headers = {"OpenAI-Beta": "assistants=v2"}
    async with PortkeyServer(api_key="") as server, server.client() as client:
        assert (await call(server, "GET", "/assistants")).status == 200
        assert (await call(server, "GET", "/assistants", headers=headers)).status == 200
        await client.assistants.list()

        assert "x-portkey-api-key" not in server.requests[-1].headers


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[1,2", b'{"model":"m"}x', b"\xff\xfe", b'"\\ud800"', b"[" * 200_000],
    ids=lambda body: repr(body[:8]),
)
async def test_a_body_that_is_no_json_object_is_refused(
    server: PortkeyServer, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """400 in the API's shape, and nothing in the log."""
    headers = BEARER | {"Content-Type": "application/json"}

    got = await call(server, "POST", "/assistants", data=body, headers=headers)

    assert got.status == 400
    assert got.error["type"] == "invalid_request_error"
    assert not caplog.records


async def test_bytes_that_are_no_json_are_recorded_as_they_came(server: PortkeyServer) -> None:
    """So that a test can see what its client sent."""
    await call(server, "POST", "/assistants", data=b"{oops")

    assert server.requests[0].body == b"{oops"


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(server: PortkeyServer, *, chunked: bool) -> None:
    """413, whether its length was announced or not, and the server goes on."""

    async def pieces() -> Any:
        for _ in range(MAX_BODY_BYTES // 2**20 + 1):
            yield b" " * 2**20

    data = pieces() if chunked else io.BytesIO(b" " * (MAX_BODY_BYTES + 1))
    headers = BEARER | {"Content-Type": "application/json"}

    got = await call(server, "POST", "/assistants", data=data, headers=headers)

    assert got.status == 413
    assert str(MAX_BODY_BYTES) in got.error["message"]
    assert (await call(server, "GET", "/assistants")).status == 200


async def test_a_body_as_large_as_allowed_is_accepted(server: PortkeyServer) -> None:
    """The limit itself is within the limit."""
    body = io.BytesIO(b'{"model":"m"}'.ljust(MAX_BODY_BYTES))

    assert (await call(server, "POST", "/assistants", data=body)).status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\xff\x16\x03\x01 garbage\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/assistants HTTP/9.9\r\n\r\n",
        b"GET /v1/assistants HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /v1/assistants HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST /v1/assistants HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"GET /v1/\xff\xfe?\xff=\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/assistants HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/assistants HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        (
            b"POST /v1/assistants HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
            b"Content-Length: 4\r\n\r\nnope"
        ),
        b"POST /v1/assistants HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{",
        (
            b"GET /v1/assistants HTTP/1.1\r\nHost: x\r\nx-portkey-provider: \xff\xff\r\n"
            b"Authorization: Bearer pk-test\r\n\r\n"
        ),
        (
            b"GET /v1/assistants HTTP/1.1\r\nHost: x\r\nx-portkey-provider: openai\r\n"
            b"x-portkey-trace-id: \xff\xff\r\nAuthorization: Bearer pk-test\r\n\r\n"
        ),
        (
            b"GET /v1/assistants HTTP/1.1\r\nHost: x\r\nx-portkey-provider: openai\r\n"
            b'x-portkey-config: {"\xff"}\r\nAuthorization: Bearer pk-test\r\n\r\n'
        ),
    ],
    ids=lambda request: repr(request[:40]),
)
async def test_any_bytes_leave_the_server_standing(
    server: PortkeyServer,
    request_bytes: bytes,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The answer is a refusal, or none; no traceback, and the next request is served."""
    answer = await exchange(server, request_bytes)

    status = answer.split(b" ")[1:2]
    assert status in ([b"400"], [b"401"], [b"404"], [b"405"], [])
    assert b"Traceback" not in answer
    assert not caplog.records
    assert "Traceback" not in capfd.readouterr().err
    assert (await call(server, "GET", "/assistants")).status == 200


async def test_a_client_that_leaves_in_the_middle_is_no_error(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Before its body is there, while it waits, and while it is answered."""
    faults = {
        "slow": Fault.slow_body(0.01),
        "unread": Fault.oversized(50_000_000),
        "cut": Fault.truncate(),
        "reset": Fault.reset(),
    }
    answered: list[Received] = []
    async with PortkeyServer(latency=0.01, on_answer=answered.append) as server:
        for name, fault in faults.items():
            server.inject(fault, path=f"/assistants/{name}", times=None)
        requests = [f"GET /v1/assistants/{name} HTTP/1.1\r\nHost: x\r\n\r\n" for name in faults]
        requests.append("POST /v1/assistants HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        # At once, and after the answer has begun.
        for first_bytes in (0, 1):
            for request in requests[: len(faults) if first_bytes else None]:
                reader, writer = await asyncio.open_connection("127.0.0.1", port_of(server))
                received = len(server.requests)
                writer.write(request.encode())
                await until(lambda received=received: len(server.requests) > received)
                with contextlib.suppress(ConnectionResetError):
                    await reader.read(first_bytes)
                writer.transport.abort()
        await until(lambda: len(answered) == len(server.requests) == 9)

        assert not caplog.records
        assert "Traceback" not in capfd.readouterr().err
        assert (await call(server, "GET", "/assistants")).status == 200


async def test_connections_are_kept_alive(server: PortkeyServer) -> None:
    """Calls in a row need one connection, refusals and creates included."""
    assistant = await create(server)
    opened: list[object] = []

    async def note(*_: object) -> None:
        opened.append(None)

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    async with aiohttp.ClientSession(headers=BEARER, trace_configs=[trace]) as session:
        for method, path, body in (
            ("GET", "/assistants", None),
            ("GET", "/assistants/nobody", None),
            ("POST", "/assistants", {"model": "m"}),
            ("POST", "/assistants", {}),
            ("DELETE", f"/assistants/{assistant['id']}", None),
        ):
            async with session.request(method, server.base_url + path, json=body) as response:
                await response.read()

    assert len(opened) == 1
