"""Networks of companies: a CONNECT proxy in front of a TLS server with a CA of its own."""

import datetime as dt
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from faults.exchange import json_bytes, message
from support.credentials import API_KEY, HEADER_SECRET
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always

from portkey_async import (
    APIConnectionError,
    APITimeoutError,
    AsyncPortkey,
    ConfigurationError,
    NotFoundError,
    RetryPolicy,
    Timeout,
)
from portkey_async.testing import mock_assistant

ASSISTANT = message(200, json_bytes(mock_assistant(id="asst_1")))
GONE = message(404, json_bytes({"error": {"message": "No assistant found with id 'asst_1'."}}))
ONCE = RetryPolicy(attempts=1)
TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"
USER = f"ada:{HEADER_SECRET}"


@pytest.fixture(autouse=True)
def _no_proxies_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies change nothing."""
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that only its own company trusts."""
    return trustme.CA()


def server_tls(authority: trustme.CA, name: str = "127.0.0.1", **life: Any) -> ssl.SSLContext:
    """Make the server's side of TLS, with a certificate for *name*."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **life).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """Make the client's side of TLS."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def _proxy_process(folder: Path, *arguments: str) -> Iterator[str]:
    """Run proxy.py, and give its address."""
    port_file = folder / "port"
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"]
    command += ["--port-file", str(port_file), "--num-workers", "1", "--num-acceptors", "1"]
    command += ["--data-dir", str(folder), "--log-level", "CRITICAL", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603  # our own arguments
        try:
            limit = time.monotonic() + 30
            while not port_file.exists() or not port_file.read_text().strip():
                assert process.poll() is None, "the proxy has ended"
                assert time.monotonic() < limit, "the proxy does not listen"
                time.sleep(0.05)
            yield f"127.0.0.1:{port_file.read_text().strip()}"
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def open_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real proxy that asks for nothing."""
    yield from _proxy_process(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def closed_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real proxy that asks for a user and a password."""
    yield from _proxy_process(tmp_path_factory.mktemp("closed"), "--basic-auth", USER)


def url_of(server: RawServer, scheme: str = "https") -> str:
    """Give the base URL of a server."""
    return f"{scheme}://127.0.0.1:{server.port}/v1"


def proxy_script(target: int, answers: list[bytes], received: list[RawRequest]) -> RawServer:
    """Answer each CONNECT with the next of the answers, and with a tunnel after them."""

    async def respond(connection: Connection) -> None:
        request = await connection.receive()
        if request is None:
            return
        received.append(request)
        answer = answers.pop(0) if answers else TUNNEL
        await connection.send(answer)
        if answer is TUNNEL:
            await connection.relay(target)

    return RawServer(respond)


# --- A real proxy -------------------------------------------------------------------------------


async def test_calls_go_through_a_tunnel(open_proxy: str, authority: trustme.CA) -> None:
    """Over TLS with the company's own CA, and on one connection."""
    received: list[RawRequest] = []
    async with (
        RawServer(always(ASSISTANT, received), server_tls(authority)) as server,
        AsyncPortkey(
            API_KEY,
            base_url=url_of(server),
            proxy=f"http://{open_proxy}",
            ssl_context=trusting(authority),
        ) as client,
    ):
        await client.assistants.retrieve("asst_1")
        await client.assistants.update("asst_1", name="new")

    assert [request.headers["x-portkey-api-key"] for request in received] == [API_KEY] * 2
    assert server.accepted == 1


async def test_calls_over_plain_http_go_through_the_proxy(open_proxy: str) -> None:
    """Which then sees the request itself."""
    received: list[RawRequest] = []
    async with RawServer(always(ASSISTANT, received)) as server:
        url = url_of(server, "http")
        async with AsyncPortkey(API_KEY, base_url=url, proxy=f"http://{open_proxy}") as client:
            await client.assistants.retrieve("asst_1")

    assert "proxy.py" in received[0].headers["via"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_gets_its_user_and_password(
    closed_proxy: str, authority: trustme.CA, scheme: str
) -> None:
    """In a header for the proxy alone."""
    received: list[RawRequest] = []
    tls = server_tls(authority) if scheme == "https" else None
    async with (
        RawServer(always(ASSISTANT, received), tls) as server,
        AsyncPortkey(
            API_KEY,
            base_url=url_of(server, scheme),
            proxy=f"http://{USER}@{closed_proxy}",
            ssl_context=trusting(authority),
        ) as client,
    ):
        await client.assistants.retrieve("asst_1")

    assert "proxy-authorization" not in received[0].headers


async def test_a_proxy_that_wants_credentials_says_so(
    closed_proxy: str, authority: trustme.CA
) -> None:
    """The message is clear, nothing was sent, and nothing shows the wrong password."""
    async with (
        RawServer(always(ASSISTANT), server_tls(authority)) as server,
        AsyncPortkey(
            API_KEY, base_url=url_of(server), proxy=f"http://ada:wrong-password@{closed_proxy}"
        ) as client,
    ):
        with pytest.raises(APIConnectionError, match="the proxy refused the tunnel: 407") as got:
            await client.assistants.create(model="gpt-4o")

    assert (got.value.proxy_status, got.value.attempts) == (407, 1)
    assert got.value.may_have_executed is False
    assert "wrong-password" not in repr(got.value) + str(got.value)
    assert got.value.__cause__ is None


async def test_the_environments_proxy_is_used_where_it_is_trusted(
    open_proxy: str, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A netrc file is not read; NO_PROXY is heeded."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://{open_proxy}")
    received: list[RawRequest] = []
    async with RawServer(always(ASSISTANT, received), server_tls(authority)) as server:
        for number, exempt in enumerate(("", "127.0.0.1")):
            monkeypatch.setenv("NO_PROXY", exempt)
            async with AsyncPortkey(
                API_KEY, base_url=url_of(server), trust_env=True, ssl_context=trusting(authority)
            ) as client:
                await client.assistants.retrieve("asst_1")
            assert len(received) == number + 1
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY")
    async with AsyncPortkey(
        API_KEY, base_url="https://127.0.0.1/v1", trust_env=True, retry=ONCE
    ) as client:
        with pytest.raises(APIConnectionError, match="no connection"):
            await client.assistants.retrieve("asst_1")

    assert all("authorization" not in request.headers for request in received)


# --- A proxy that refuses -----------------------------------------------------------------------


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("status", [400, 403, 404, 407, 511])
async def test_a_tunnel_that_is_refused_for_good(
    authority: trustme.CA, status: int, *, own: bool
) -> None:
    """It is not asked for again, not even by a create that surely was not sent."""
    received: list[RawRequest] = []
    answer = message(status, b"<html>no</html>")
    async with (
        RawServer(always(ASSISTANT), server_tls(authority)) as server,
        proxy_script(server.port, [answer] * 9, received) as proxy,
    ):
        url = f"http://{USER}@127.0.0.1:{proxy.port}"
        async with aiohttp.ClientSession(proxy=url) as session:
            settings: dict[str, Any] = {"proxy": url} if own else {"session": session}
            async with AsyncPortkey(API_KEY, base_url=url_of(server), **settings) as client:
                with pytest.raises(
                    APIConnectionError, match=f"refused the tunnel: {status}"
                ) as got:
                    await client.assistants.create(model="gpt-4o")

    assert [request.method for request in received] == ["CONNECT"]
    assert got.value.may_have_executed is False
    assert HEADER_SECRET not in str(got.value)
    assert got.value.__cause__ is None


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_tunnel_that_is_refused_for_now(
    authority: trustme.CA, status: int, *, own: bool
) -> None:
    """A create is sent once the proxy makes the tunnel."""
    received: list[RawRequest] = []
    served: list[RawRequest] = []
    async with (
        RawServer(always(ASSISTANT, served), server_tls(authority)) as server,
        proxy_script(server.port, [message(status, b"")] * 2, received) as proxy,
    ):
        url, trust = f"http://127.0.0.1:{proxy.port}", trusting(authority)
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector, proxy=url) as session:
            settings: dict[str, Any] = (
                {"proxy": url, "ssl_context": trust} if own else {"session": session}
            )
            retry = RetryPolicy(initial=0.001)
            async with AsyncPortkey(
                API_KEY, base_url=url_of(server), retry=retry, **settings
            ) as client:
                await client.assistants.create(model="gpt-4o")

    assert len(received) == 3
    assert len(served) == 1


@pytest.mark.parametrize("first", [message(502, b""), b"", b"HTTP/1.1 "])
@pytest.mark.parametrize("own", [True, False])
async def test_a_tunnel_that_failed_makes_no_later_404_a_success(
    authority: trustme.CA, first: bytes, *, own: bool
) -> None:
    """Nothing was deleted on our behalf: nothing was sent."""
    async with (
        RawServer(always(GONE), server_tls(authority)) as server,
        proxy_script(server.port, [first], []) as proxy,
    ):
        url, trust = f"http://127.0.0.1:{proxy.port}", trusting(authority)
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector, proxy=url) as session:
            settings: dict[str, Any] = (
                {"proxy": url, "ssl_context": trust} if own else {"session": session}
            )
            retry = RetryPolicy(initial=0.001)
            async with AsyncPortkey(
                API_KEY, base_url=url_of(server), retry=retry, **settings
            ) as client:
                with pytest.raises(NotFoundError):
                    await client.assistants.delete("asst_1")


@pytest.mark.parametrize("own", [True, False])
async def test_a_silent_proxy_is_given_up(*, own: bool) -> None:
    """`connect` bounds the tunnel too."""

    async def silent(connection: Connection) -> None:
        await connection.gone()

    async with RawServer(silent) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        async with aiohttp.ClientSession(proxy=url) as session:
            settings: dict[str, Any] = {"proxy": url} if own else {"session": session}
            async with AsyncPortkey(
                API_KEY,
                base_url="https://127.0.0.1:1/v1",
                retry=ONCE,
                timeout=Timeout(total=30, connect=0.2),
                **settings,
            ) as client:
                with pytest.raises(APITimeoutError, match=r"no connection within 0\.2 s") as raised:
                    await client.assistants.create(model="gpt-4o")

    assert raised.value.may_have_executed is False


async def test_a_proxy_that_cannot_be_reached() -> None:
    """Its user and password show nowhere, the causes included."""
    async with RawServer(always(b"")) as gone:
        pass
    url = f"http://{USER}@127.0.0.1:{gone.port}"
    async with aiohttp.ClientSession(proxy=url) as session:
        for settings in ({"proxy": url}, {"session": session}):
            async with AsyncPortkey(
                API_KEY,
                base_url="https://127.0.0.1:1/v1",
                retry=ONCE,
                **settings,  # type: ignore[arg-type]  # one of the two
            ) as client:
                with pytest.raises(APIConnectionError, match="no connection") as raised:
                    await client.assistants.create(model="gpt-4o")

            assert raised.value.may_have_executed is False
            assert HEADER_SECRET not in repr(raised.value.__cause__)


# --- Certificates -------------------------------------------------------------------------------


def _past() -> dict[str, dt.datetime]:
    now = dt.datetime.now(dt.UTC)
    return {"not_before": now - dt.timedelta(days=9), "not_after": now - dt.timedelta(days=1)}


CERTIFICATES: dict[str, tuple[Callable[[trustme.CA], ssl.SSLContext], str]] = {
    "wrong authority": (lambda _own: server_tls(trustme.CA()), "unable to get local issuer"),
    "expired": (lambda own: server_tls(own, **_past()), "certificate has expired"),
    "wrong host": (lambda own: server_tls(own, "other.test"), "IP address mismatch"),
}


@pytest.mark.parametrize("name", CERTIFICATES)
@pytest.mark.parametrize("through", [True, False])
async def test_a_certificate_that_is_not_right(
    authority: trustme.CA, name: str, *, through: bool
) -> None:
    """Nothing is sent to such a server, through a tunnel or directly."""
    make, reason = CERTIFICATES[name]
    served: list[RawRequest] = []
    async with (
        RawServer(always(ASSISTANT, served), make(authority)) as server,
        proxy_script(server.port, [], []) as proxy,
        AsyncPortkey(
            API_KEY,
            base_url=url_of(server),
            proxy=f"http://127.0.0.1:{proxy.port}" if through else None,
            ssl_context=trusting(authority),
            retry=ONCE,
        ) as client,
    ):
        with pytest.raises(APIConnectionError, match="no connection: ") as raised:
            await client.assistants.create(model="gpt-4o")

    assert reason in str(raised.value)
    assert raised.value.may_have_executed is False
    assert served == []


async def test_a_server_behind_a_company_ca_is_not_trusted_by_default(
    authority: trustme.CA,
) -> None:
    """Without ssl_context, Python's own authorities count."""
    async with (
        RawServer(always(ASSISTANT), server_tls(authority)) as server,
        AsyncPortkey(API_KEY, base_url=url_of(server), retry=ONCE) as client,
    ):
        with pytest.raises(APIConnectionError, match="no connection: ") as raised:
            await client.assistants.retrieve("asst_1")

    assert raised.value.may_have_executed is False


# --- Arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"proxy": "http://proxy.test"},
        {"trust_env": True},
        {"ssl_context": ssl.create_default_context()},
    ],
    ids=lambda settings: next(iter(settings)),
)
async def test_they_are_not_for_a_session_of_the_callers(settings: dict[str, Any]) -> None:
    """It has its own; silently ignored, they would be missed too late."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigurationError, match="for the client's own session"):
            AsyncPortkey(API_KEY, session=session, **settings)
        AsyncPortkey(API_KEY, session=session, trust_env=False)


@pytest.mark.parametrize("bad", [True, "context", 1])
def test_a_context_is_an_ssl_context(bad: Any) -> None:
    """No switch that turns checks off."""
    with pytest.raises(ConfigurationError, match="ssl_context is of type"):
        AsyncPortkey(API_KEY, ssl_context=bad)
