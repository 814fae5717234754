"""Faults: what a client meets, which requests they meet, and what has happened by then."""

import asyncio
import contextlib
import errno
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from testing_kit.calls import BEARER, call, create, until

from portkey_async.testing import Fault, PortkeyServer

FAILING = {
    "status": Fault.status(503),
    "redirect": Fault.redirect("http://127.0.0.1:1/"),
    "reset": Fault.reset(),
    "truncate": Fault.truncate(),
    "malformed": Fault.malformed(),
}
COMPLETING = {
    "delay": Fault.delay(0.001),
    "slow_body": Fault.slow_body(0.001),
    "oversized": Fault.oversized(100_000),
    "payload": Fault.payload(lambda payload: payload | {"name": "edited"}),
}


async def attempt(server: PortkeyServer, method: str, path: str, json: Any = None) -> None:
    """Make a call, whatever comes of it."""
    with contextlib.suppress(aiohttp.ClientError, ValueError):
        await call(server, method, path, json)


async def test_a_status_has_an_error_body_in_openais_shape(server: PortkeyServer) -> None:
    """Without a body given, clients find what they would parse."""
    server.inject(Fault.status(503, retry_after=1.5))
    server.inject(Fault.status(429, headers={"x-should-retry": "false"}))
    server.inject(Fault.status(599))

    first, second, third = [await call(server, "GET", "/assistants") for _ in range(3)]

    assert (first.status, second.status, third.status) == (503, 429, 599)
    assert first.headers["Retry-After"] == "1.5"
    assert first.error["type"] == "server_error"
    assert first.error["message"] == "Injected fault: 503 Service Unavailable."
    assert second.headers["x-should-retry"] == "false"
    assert second.error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("fault", "body", "content_type"),
    [
        (Fault.status(500, body="text ☃"), "text ☃".encode(), "text/plain"),
        (Fault.status(200, body=b"<p>"), b"<p>", "text/plain"),
        (Fault.status(502, body={"a": [1]}), b'{"a":[1]}', "application/json"),
        (
            Fault.status(502, body="<p>", headers={"Content-Type": "text/html"}),
            b"<p>",
            "text/html",
        ),
        (Fault.status(200), b"", "text/plain"),
        (Fault.status(500, body=""), b"", "text/plain"),
    ],
)
async def test_a_status_can_have_any_body(
    server: PortkeyServer, fault: Fault, body: bytes, content_type: str
) -> None:
    """Text and bytes go out as they are, everything else as JSON."""
    server.inject(fault)
    async with (
        aiohttp.ClientSession(headers=BEARER) as session,
        session.get(server.base_url + "/assistants") as response,
    ):
        assert await response.read() == body
        assert response.content_type == content_type


@pytest.mark.parametrize("code", [204, 304])
async def test_a_status_without_a_body_can_be_sent(server: PortkeyServer, code: int) -> None:
    """204 and 304 keep the connection in order."""
    server.inject(Fault.status(code))
    async with aiohttp.ClientSession(headers=BEARER) as session:
        for expected in (code, 200):
            async with session.get(server.base_url + "/assistants") as response:
                await response.read()
                assert response.status == expected


async def test_a_redirect_names_its_location(server: PortkeyServer) -> None:
    """307 unless told otherwise."""
    server.inject(Fault.redirect("http://127.0.0.1:1/x"))
    server.inject(Fault.redirect("/y", code=302))

    first, second = [await call(server, "GET", "/assistants") for _ in range(2)]

    assert (first.status, first.headers["Location"]) == (307, "http://127.0.0.1:1/x")
    assert (second.status, second.headers["Location"]) == (302, "/y")


async def test_a_reset_sends_nothing(server: PortkeyServer) -> None:
    """The client sees a connection reset, and the server records no answer."""
    server.inject(Fault.reset())

    with pytest.raises(aiohttp.ClientOSError) as caught:
        await call(server, "POST", "/assistants", {"model": "m"})

    assert caught.value.errno == errno.ECONNRESET
    assert server.requests[0].status is None


async def test_a_truncated_answer_ends_too_early(server: PortkeyServer) -> None:
    """Status and headers are those of a success."""
    server.inject(Fault.truncate())

    with pytest.raises(aiohttp.ClientPayloadError):
        await call(server, "GET", "/assistants")

    assert server.requests[0].status == 200


async def test_a_malformed_answer_is_framed_correctly(server: PortkeyServer) -> None:
    """Only its JSON is broken."""
    server.inject(Fault.malformed())

    with pytest.raises(ValueError, match="Expecting"):
        await call(server, "GET", "/assistants")


async def test_an_oversized_answer_stays_valid(server: PortkeyServer) -> None:
    """It has the size asked for, and still decodes; a size below the answer's own adds nothing."""
    server.inject(Fault.oversized(200_000))
    server.inject(Fault.oversized(1))

    big, small = [await call(server, "GET", "/assistants") for _ in range(2)]

    assert big.headers["Content-Length"] == "200000"
    assert big.payload == small.payload
    assert int(small.headers["Content-Length"]) < 1000


async def test_a_slow_body_comes_in_two_parts(server: PortkeyServer) -> None:
    """The headers and the first half are there while the second half is not."""
    server.inject(Fault.slow_body(60))
    async with (
        aiohttp.ClientSession(headers=BEARER) as session,
        session.get(server.base_url + "/assistants") as response,
    ):
        first = await response.content.readany()
        waiting = asyncio.ensure_future(response.content.readany())
        await asyncio.sleep(0)

        assert len(first) == int(response.headers["Content-Length"]) // 2
        assert not waiting.done()
        waiting.cancel()


async def test_a_payload_can_be_edited_in_place_or_replaced(server: PortkeyServer) -> None:
    """The function edits a copy: the store is left alone."""
    assistant = await create(server, name="n")
    path = f"/assistants/{assistant['id']}"
    server.inject(Fault.payload(lambda payload: payload | {"id": None}))
    server.inject(Fault.payload(lambda payload: payload.update(model=4)))

    replaced, edited = [await call(server, "GET", path) for _ in range(2)]

    assert replaced.payload == assistant | {"id": None}
    assert edited.payload == assistant | {"model": 4}
    assert server.assistants[assistant["id"]] == assistant


@pytest.mark.parametrize(
    ("function", "said"), [(lambda _: 1 / 0, "ZeroDivisionError"), (lambda _: object(), "object")]
)
async def test_an_editor_that_fails_is_told_to_the_client(
    server: PortkeyServer, function: Callable[[Any], Any], said: str
) -> None:
    """A 500 that says what happened, instead of a hung test."""
    server.inject(Fault.payload(function))

    got = await call(server, "GET", "/assistants")

    assert got.status == 500
    assert said in got.error["message"]


@pytest.mark.parametrize("name", FAILING)
async def test_a_failing_fault_leaves_the_store_alone(server: PortkeyServer, name: str) -> None:
    """Create, update and delete have not happened."""
    assistant = await create(server, name="n")
    path = f"/assistants/{assistant['id']}"
    # For all: aiohttp repeats a delete of its own accord when the connection is reset.
    server.inject(FAILING[name], times=None)

    await attempt(server, "POST", "/assistants", {"model": "m"})
    await attempt(server, "POST", path, {"name": "changed"})
    await attempt(server, "DELETE", path)

    assert server.assistants == {assistant["id"]: assistant}
    assert [received.acted for received in server.requests][:4] == [True, False, False, False]


@pytest.mark.parametrize("name", FAILING | COMPLETING)
async def test_after_the_effect_the_store_has_changed(server: PortkeyServer, name: str) -> None:
    """With `after_effect` every fault comes too late to prevent anything."""
    server.inject((FAILING | COMPLETING)[name], after_effect=True)

    await attempt(server, "POST", "/assistants", {"model": "m"})

    assert len(server.assistants) == 1
    assert server.requests[0].acted


@pytest.mark.parametrize("name", COMPLETING)
async def test_a_fault_that_lets_the_answer_through_lets_the_effect_through(
    server: PortkeyServer, name: str
) -> None:
    """The server never says that it did what it did not."""
    server.inject(COMPLETING[name])

    got = await call(server, "POST", "/assistants", {"model": "m"})

    assert got.status == 200
    assert got.payload["id"] in server.assistants


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_delay_comes_before_the_effect_or_after_it(
    server: PortkeyServer, *, after_effect: bool
) -> None:
    """While the client waits, the store has changed, or not yet."""
    server.inject(Fault.delay(60, after_effect=after_effect))

    task = asyncio.create_task(attempt(server, "POST", "/assistants", {"model": "m"}))
    await until(lambda: server.requests and server.requests[0].body)
    await asyncio.sleep(0)

    assert len(server.assistants) == after_effect
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_faults_are_spent_after_their_times(server: PortkeyServer) -> None:
    """Once, a number of times, or always; in the order in which they were injected."""
    server.inject(Fault.status(500))
    server.inject(Fault.status(501), times=2)
    server.inject(Fault.status(502, times=None))

    seen = [(await call(server, "GET", "/assistants")).status for _ in range(6)]
    server.clear_faults()

    assert seen == [500, 501, 501, 502, 502, 502]
    assert (await call(server, "GET", "/assistants")).status == 200


async def test_faults_meet_only_the_requests_aimed_at(server: PortkeyServer) -> None:
    """By method, and by path with or without the version, wildcards included."""
    server.inject(Fault.status(500, method="POST"))
    server.inject(Fault.status(501, path="/assistants/*"))
    server.inject(Fault.status(502), path="/v1/assistants")
    server.inject(Fault.status(503), path="/organization/*", method="DELETE")

    seen = [
        (await call(server, *request)).status
        for request in (
            ("GET", "/assistants/x"),
            ("GET", "/assistants"),
            ("POST", "/assistants", {"model": "m"}),
            ("DELETE", "/organization/admin_api_keys/key_abc"),
            ("GET", "/assistants"),
        )
    ]

    assert seen == [501, 502, 500, 503, 200]


async def test_what_inject_says_replaces_what_the_fault_says(server: PortkeyServer) -> None:
    """And what it does not say stays."""
    fault = Fault.status(500, times=3, method="GET")
    server.inject(fault, times=1)

    assert (await call(server, "DELETE", "/assistants/x")).status == 404
    assert (await call(server, "GET", "/assistants")).status == 500
    assert (await call(server, "GET", "/assistants")).status == 200
    assert fault.times == 3


async def test_a_fault_meets_requests_that_would_be_refused(server: PortkeyServer) -> None:
    """It happens in front of everything else, credentials included."""
    server.inject(Fault.status(503))

    assert (await call(server, "GET", "/assistants", headers={})).status == 503


async def test_a_share_of_the_requests_fails_as_the_seed_decides() -> None:
    """The same seed, the same failures; about as many as asked for."""
    runs: list[list[int | None]] = []
    for _ in range(2):
        async with PortkeyServer(fail_rate=0.5, seed=3) as server:
            for _ in range(40):
                await attempt(server, "GET", "/assistants")
            runs.append([received.status for received in server.requests])

    assert runs[0] == runs[1]
    assert 5 < sum(status != 200 for status in runs[0]) < 35
    assert len(set(runs[0])) > 3


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Fault.status(99), "code must be an integer from 200 to 599; got 99"),
        (lambda: Fault.status(code=True), "code must be an integer"),
        (lambda: Fault.status("503"), "code must be an integer"),
        (lambda: Fault.status(503, headers={"x": "a\nb"}), "header x must be printable"),
        (lambda: Fault.redirect("/", code=200), "code must be an integer from 300 to 399"),
        (lambda: Fault.redirect("/\r\n"), "header Location must be printable"),
        (lambda: Fault.delay(-1), "seconds must be a finite number from 0; got -1"),
        (lambda: Fault.delay(float("nan")), "seconds must be a finite number"),
        (lambda: Fault.delay(seconds=True), "seconds must be a finite number"),
        (lambda: Fault.slow_body("1"), "seconds must be a finite number"),
        (lambda: Fault.oversized(0), "size must be a number of bytes"),
        (lambda: Fault.reset(times=0), "times must be an integer from 1, or None for always"),
        (lambda: Fault.reset(times=True), "times must be an integer"),
        (lambda: Fault.reset(times=1.5), "times must be an integer"),
        (lambda: Fault.reset(method="get"), "method must be one of GET, POST, DELETE, or None"),
        (lambda: Fault.reset(path="assistants"), "path must be None or start with '/'"),
        (lambda: Fault.reset(path=1), "path must be None or start with '/'"),
    ],
)
def test_a_wrong_value_is_refused_at_once(make: Callable[[], Fault], said: str) -> None:
    """The message says what was given and what is allowed."""
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Fault.payload("x"), "function must take and give a JSON value"),
        (lambda: Fault.reset(after_effect=1), "after_effect must be True or False"),
        (
            lambda: Fault.reset(tmies=1),
            "unknown argument 'tmies'; allowed are times, method, path, after_effect",
        ),
        (lambda: PortkeyServer().inject(Fault.reset(), paht="/"), "unknown argument 'paht'"),
        (lambda: PortkeyServer().inject(503), r"inject takes a fault such as Fault.status\(503\)"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(make: Callable[[], object], said: str) -> None:
    """The message names the allowed ones."""
    with pytest.raises(TypeError, match=said):
        make()


def test_a_fault_shows_what_it_is_and_whom_it_meets() -> None:
    """Its repr is short enough for an assertion's message."""
    assert repr(Fault.status(503, method="GET")) == (
        "Fault(name='status', times=1, method='GET', path=None, after_effect=False)"
    )
