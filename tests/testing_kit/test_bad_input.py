"""What the server and its faults are given that they cannot use: refused, and named."""

import asyncio
import ssl
from typing import Any

import pytest

from portkey_async.testing import Code, End, Fail, Fault, PortkeyServer
from portkey_async.testing._api.performance import _changed
from portkey_async.testing._store import Store


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Fault.redirect(None), "location must be a str"),  # type: ignore[arg-type]  # on purpose
        (lambda: Fault.redirect("/a\n"), "printable"),
        (lambda: Fault.status(503, headers=5), "headers must be a mapping"),  # type: ignore[arg-type]  # on purpose
        (lambda: Fault.status(503, headers={"a": 1}), "headers"),  # type: ignore[dict-item]  # on purpose
        (lambda: Fault.status(503, headers={"a b": "c"}), "no token of HTTP"),
        (lambda: Fault.status(503, retry_after=[]), "retry_after must be seconds"),  # type: ignore[arg-type]  # on purpose
        (lambda: Fault.status(200, body=object()), "body must be text"),
        (lambda: Fault.status(200, body="\ud800"), "can be encoded"),
        (lambda: PortkeyServer(object()), "assistants must be"),  # type: ignore[arg-type]  # on purpose
        (lambda: PortkeyServer(clock=5), "clock must be a function"),  # type: ignore[arg-type]  # on purpose
        (lambda: PortkeyServer(ssl_context=5), "ssl_context must be"),  # type: ignore[arg-type]  # on purpose
        (lambda: PortkeyServer(api_key=5), "api_key must be"),  # type: ignore[arg-type]  # on purpose
    ],
)
def test_an_argument_that_cannot_be_used_is_named(make: Any, words: str) -> None:
    """At once, and not when the first request comes."""
    with pytest.raises((TypeError, ValueError), match=words):
        make()


def test_what_waits_may_be_a_date() -> None:
    """`retry_after` is sent as it is."""
    assert Fault.status(429, retry_after="Tue, 14 Nov 2023 22:13:20 GMT")


def test_the_ids_of_admin_keys_are_a_set() -> None:
    """They can be looked at and changed."""
    server = PortkeyServer(ssl_context=ssl.create_default_context())
    server.admin_keys.add("key_new")
    server.admin_keys.discard("key_none")

    assert set(server.admin_keys) == set(server.admin_api_keys) == {"key_abc", "key_new"}
    assert "key_new" in repr(server.admin_keys)
    assert len(server.admin_keys) == 2
    server.admin_keys.discard("key_new")
    assert "key_new" not in server.admin_keys


def test_an_object_that_a_test_has_taken_out_stays_out() -> None:
    """The run goes on with what it knew."""
    store = Store()

    assert _changed(store, {"id": "msg_1"}, {"status": "completed"})["status"] == "completed"
    assert not store


async def test_a_server_can_be_stopped_twice() -> None:
    """The second time there is nothing left to stop."""
    server = PortkeyServer()
    await server.start()
    await server.stop()
    await server.stop()
    with PortkeyServer() as running:
        running.__exit__(None, None, None)


async def test_a_client_that_asks_before_it_sends_is_told_to_go_on(server: PortkeyServer) -> None:
    """`Expect: 100-continue` (RFC 9110, section 10.1.1)."""
    host, port = server.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/threads HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    )

    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()
    await writer.wait_closed()


async def test_a_path_outside_of_the_api_is_none(server: PortkeyServer) -> None:
    """The API is below /v1, for a gateway in front too."""
    reader, writer = await asyncio.open_connection(
        *server.base_url.removeprefix("http://").removesuffix("/v1").split(":")
    )
    writer.write(b"GET /v2/threads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pk-test\r\n\r\n")

    assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
    writer.close()
    await writer.wait_closed()


def test_acts_say_what_they_are() -> None:
    """Scripts are values."""
    assert Code("1 + 1", "2") == Code("1 + 1", "2")
    assert Fail() != End("expired")
