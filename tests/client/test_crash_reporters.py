"""No tool that shows the locals of a traceback shows a credential, whatever failed."""

import asyncio
import json
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import aiohttp
import pytest
import sentry_sdk
from faults.exchange import head, json_bytes, message
from rich.traceback import Traceback
from support.credentials import (
    API_KEY,
    CONFIG_SECRET,
    HEADER_SECRET,
    VIRTUAL_KEY,
)
from support.raw_server import Connection, RawRequest, RawServer
from support.scripts import always, client_of, each

from portkey_async import AsyncPortkey, RetryPolicy, Timeout
from portkey_async.testing import mock_assistant

FRESH_TOKEN = "tk-fresh-from-a-function"
QUERY_SECRET = "qk-suite-query-secret"
PROXY_SECRET = "xk-suite-proxy-secret"
SECRETS = (
    API_KEY,
    VIRTUAL_KEY,
    CONFIG_SECRET,
    HEADER_SECRET,
    FRESH_TOKEN,
    QUERY_SECRET,
)
ONCE = RetryPolicy(attempts=1)
ASSISTANT = message(200, json_bytes(mock_assistant(id="asst_1")))
ECHO = ", ".join(SECRETS)


async def token() -> str:
    """Give the provider's credential."""
    return FRESH_TOKEN


def client_with_everything(server: RawServer, **options: Any) -> AsyncPortkey:
    """Make a client that holds a credential wherever one can stand."""
    return client_of(
        server,
        **{
            "virtual_key": VIRTUAL_KEY,
            "provider": "openai",
            "authorization": token,
            "config": {"provider": "openai", "api_key": CONFIG_SECRET},
            "headers": {"x-session": HEADER_SECRET},
            "query": {"api-key": QUERY_SECRET},
            "retry": ONCE,
        }
        | options,
    )


# --- The tools ----------------------------------------------------------------------------------


def by_traceback_exception(error: BaseException) -> str:
    """Show an error as the standard library does, locals included."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format())


def by_rich(error: BaseException) -> str:
    """Show an error as rich does, but for the layout, which may cut a credential in two."""
    shown = Traceback.extract(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=1000,
        locals_max_string=100_000,
    )
    locals_ = [
        node.render()
        for stack in shown.stacks
        for frame in stack.frames
        for node in (frame.locals or {}).values()
    ]
    assert locals_
    return "\n".join([*locals_, *(stack.exc_value for stack in shown.stacks)])


def by_sentry(error: BaseException) -> str:
    """Report an error as sentry does."""
    events: list[Any] = []

    def keep(event: Any, _hint: object) -> None:
        events.append(event)  # and send nothing

    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(
            sentry_sdk.Client(
                dsn="http://key@127.0.0.1:1/1",
                max_value_length=1_000_000,
                default_integrations=False,
                before_send=keep,
            )
        )
        scope.capture_exception(error)
    assert events
    return json.dumps(events, default=repr)


def by_reprs(error: BaseException) -> str:
    """Show everything in every frame of the error and of all that hangs on it."""
    shown: list[str] = []
    links: list[BaseException] = [error]
    seen: set[int] = set()
    while links:
        link = links.pop()
        if id(link) in seen:
            continue
        seen.add(id(link))
        shown += [str(link), repr(link), repr(link.args), repr(vars(link))]
        for frame, _line in traceback.walk_tb(link.__traceback__):
            shown += _locals_of(frame)
        links += [other for other in (link.__cause__, link.__context__) if other is not None]
        links += link.exceptions if isinstance(link, BaseExceptionGroup) else ()
    return "\n".join(shown)


TOOLS: tuple[Callable[[BaseException], str], ...] = (
    by_traceback_exception,
    by_rich,
    by_sentry,
    by_reprs,
)


def _locals_of(frame: FrameType) -> list[str]:
    """Show the locals of a frame, but for those of the test and of pytest, which names tests."""
    room = str(frame.f_globals.get("__name__")).partition(".")[0]
    if room not in {"aiohttp", "asyncio", "portkey_async", "elsewhere"}:
        return []
    where = frame.f_code.co_name
    return [f"{where}.{name}={_shown(value)}" for name, value in frame.f_locals.items()]


def _shown(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return ""  # aiohttp's written bytes
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  # half made
        return ""


def leaks(text: str) -> list[str]:
    """Name the credentials that a text shows, in clear or escaped."""
    plain = text.replace("\\\\", "").replace("\\", "")
    return [secret for secret in (*SECRETS, PROXY_SECRET) if secret in text or secret in plain]


# --- The failures -------------------------------------------------------------------------------


class MineError(Exception):
    """Of the caller's own."""


async def stall(connection: Connection, _request: RawRequest) -> None:
    """Never answer."""
    await connection.gone()


async def stall_in_body(connection: Connection, _request: RawRequest) -> None:
    """Begin to answer, with an echo of every credential."""
    await connection.send(head(200, f"x-echo: {ECHO}", "Content-Length: 100000") + ECHO.encode())
    await connection.gone()


def answers(status: int, body: object, *headers: str) -> Callable[[], RawServer]:
    """Make a server with one answer."""
    encoded = body if isinstance(body, bytes) else json_bytes(body)
    return lambda: RawServer(always(message(status, encoded, *headers)))


def raw(data: bytes) -> Callable[[], RawServer]:
    """Make a server that sends what is no answer."""

    async def respond(connection: Connection, _request: RawRequest) -> None:
        await connection.send(data)
        await connection.close()

    return lambda: RawServer(each(respond))


ESCAPED = "".join(f"\\u{ord(char):04x}" for char in FRESH_TOKEN)
SERVERS: dict[str, Callable[[], RawServer]] = {
    "400 with an echo": answers(400, {"error": {"message": f"wrong: {ECHO}", "code": API_KEY}}),
    "400 with an escaped echo": answers(400, f'{{"error": {{"message": "{ESCAPED}"}}}}'.encode()),
    "500 of text": answers(500, f"wrong: {ECHO}".encode(), f"x-request-id: {API_KEY}"),
    "404 of HTML": answers(404, f"<title>{ECHO}</title>".encode()),
    "redirect with an echo": answers(302, b"", f"Location: /{API_KEY}/{FRESH_TOKEN}"),
    "200 that is no JSON": answers(200, ECHO.encode()),
    "200 of a wrong shape": answers(200, {"id": ECHO, "object": API_KEY}),
    "200 that is too long": answers(200, ECHO.encode() * 1000, f"x-echo: {ECHO}"),
    "garbage": raw(f"{ECHO}\r\n\r\n".encode()),
    "garbage in a header": raw(f"HTTP/1.1 200 OK\r\nx\x00: {ECHO}\r\n\r\n".encode()),
    "cut": raw(f"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nx: {ECHO}\r\n\r\n{ECHO}".encode()),
    "not gzip": raw(
        f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 200\r\n\r\n{ECHO}".encode()
    ),
    "closed": raw(b""),
    "silent": lambda: RawServer(each(stall)),
    "silent in its body": lambda: RawServer(each(stall_in_body)),
}


async def cancelled(call: Awaitable[object]) -> None:
    """Cancel a call under way."""
    task = asyncio.ensure_future(call)
    await asyncio.sleep(0.05)
    task.cancel()
    await task


async def timed_out(call: Awaitable[object]) -> None:
    """Give a call up by asyncio.timeout."""
    async with asyncio.timeout(0.05):
        await call


async def waited_for(call: Awaitable[object]) -> None:
    """Give a call up by asyncio.wait_for."""
    await asyncio.wait_for(call, 0.05)


async def grouped(call: Awaitable[object]) -> None:
    """Have a call cancelled by a task group whose other task fails."""

    async def fail() -> None:
        await asyncio.sleep(0.05)
        raise MineError

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        await call


async def error_of(call: Awaitable[object]) -> BaseException:
    """Give the error that a call ends in."""
    try:
        await call
    except BaseException as error:  # noqa: BLE001  # a cancellation too
        return error
    raise AssertionError("it has not failed")


def assert_nothing_shows(error: BaseException) -> None:
    """Try every tool on it."""
    for tool in TOOLS:
        assert leaks(tool(error)) == [], tool.__name__


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("method", ["create", "retrieve"])
async def test_no_failure_shows_a_credential(name: str, method: str) -> None:
    """Neither what was sent nor what the server echoes."""
    async with (
        SERVERS[name]() as server,
        client_with_everything(
            server, timeout=Timeout(total=0.5, read=0.2), max_response_bytes=4096
        ) as client,
    ):
        call = (
            client.assistants.create(model="gpt-4o")
            if method == "create"
            else client.assistants.retrieve("asst_1")
        )
        assert_nothing_shows(await error_of(call))


@pytest.mark.parametrize("way", [cancelled, timed_out, waited_for, grouped])
@pytest.mark.parametrize("name", ["silent", "silent in its body"])
async def test_no_cancelled_call_shows_a_credential(
    way: Callable[[Awaitable[object]], Awaitable[None]], name: str
) -> None:
    """The frames that a cancellation passes are shown too."""
    async with SERVERS[name]() as server, client_with_everything(server) as client:
        assert_nothing_shows(await error_of(way(client.assistants.create(model="gpt-4o"))))


async def test_a_closed_client_shows_none() -> None:
    """Of the calls that it ends."""
    async with SERVERS["silent"]() as server:
        client = client_with_everything(server)
        task = asyncio.ensure_future(error_of(client.assistants.retrieve("asst_1")))
        await asyncio.sleep(0.05)
        await client.close()
        assert_nothing_shows(await task)


async def test_no_connection_shows_none() -> None:
    """A refused connection, one to a proxy, and a tunnel that is refused."""
    async with SERVERS["closed"]() as server:
        pass
    async with client_with_everything(server) as client:
        assert_nothing_shows(await error_of(client.assistants.retrieve("asst_1")))
    refusing = RawServer(always(message(407, ECHO.encode(), f"x-echo: {ECHO}")))
    async with refusing as proxy:
        for port in (proxy.port, server.port):
            async with client_with_everything(
                server,
                base_url="https://127.0.0.1:1/v1",
                proxy=f"http://user:{PROXY_SECRET}@127.0.0.1:{port}",
            ) as client:
                assert_nothing_shows(await error_of(client.assistants.retrieve("asst_1")))


@asynccontextmanager
async def session_with(place: str, fail: Callable[..., Awaitable[Any]]) -> AsyncIterator[Any]:
    """Open a session in which something of the caller's fails."""
    hooks = aiohttp.TraceConfig()
    if place.startswith("on_"):
        getattr(hooks, place).append(fail)

    async def around(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if place == "middleware":
            await fail()
        response = await handler(request)
        if place == "middleware, afterwards":
            await fail()
        return response

    async with aiohttp.ClientSession(middlewares=[around], trace_configs=[hooks]) as session:
        yield session


PLACES = [
    "middleware",
    "middleware, afterwards",
    "on_request_start",
    "on_request_end",
    "on_request_headers_sent",
    "on_connection_create_start",
    "on_connection_create_end",
    "on_request_exception",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("error", [MineError, asyncio.CancelledError, OSError, KeyboardInterrupt])
async def test_no_failure_of_foreign_code_shows_a_credential(
    place: str, error: type[BaseException]
) -> None:
    """A middleware or a trace hook of the caller's fails, or is cancelled."""

    async def fail(*_: object) -> None:
        raise error("of the caller's")

    name = "closed" if place == "on_request_exception" else "400 with an echo"
    async with SERVERS[name]() as server, session_with(place, fail) as session:
        client = client_with_everything(server, session=session)
        assert_nothing_shows(await error_of(client.assistants.retrieve("asst_1")))


@pytest.mark.parametrize(
    "bad", ["", f"{FRESH_TOKEN}\n{FRESH_TOKEN}", f"{FRESH_TOKEN} {FRESH_TOKEN}"]
)
@pytest.mark.parametrize("is_async", [True, False])
async def test_a_token_that_is_refused_shows_nowhere(bad: str, *, is_async: bool) -> None:
    """Whatever the function gave."""

    async def awaited() -> str:
        return bad

    async with (
        SERVERS["silent"]() as server,
        client_with_everything(
            server, authorization=awaited if is_async else lambda: bad
        ) as client,
    ):
        assert_nothing_shows(await error_of(client.assistants.retrieve("asst_1")))


async def test_frames_that_run_meanwhile_show_none() -> None:
    """As a reporter sees them that is called by a middleware or a hook, or looks at all tasks.

    But for the URL, in which aiohttp shows a query as it is, and the bytes that it has written.
    """
    shown: list[str] = []

    async def look(*_: object) -> None:
        frame: FrameType | None = sys._getframe()  # noqa: SLF001  # how reporters get theirs
        while frame is not None:
            shown.extend(_locals_of(frame))
            frame = frame.f_back
        for task in asyncio.all_tasks():
            for one in task.get_stack():
                shown.extend(_locals_of(one))

    for place in PLACES[:-1]:
        async with RawServer(always(ASSISTANT)) as server, session_with(place, look) as session:
            client = client_with_everything(server, session=session, query={})
            await client.assistants.update("asst_1", name="new")

    assert len(shown) > 100
    assert [line for line in shown if leaks(line)] == []


def test_the_tools_find_what_is_shown(tmp_path: Path) -> None:
    """They are no use if they would find nothing."""
    source = "def fail(key):\n    raise error\nfail(secret)\n"
    (tmp_path / "elsewhere.py").write_text(source)
    code = compile(source, str(tmp_path / "elsewhere.py"), "exec")
    with pytest.raises(MineError) as raised:
        exec(code, {"error": MineError(), "secret": API_KEY, "__name__": "elsewhere"})  # noqa: S102  # a frame of another module

    assert {tool.__name__: leaks(tool(raised.value)) for tool in TOOLS} == {
        tool.__name__: [API_KEY] for tool in TOOLS
    }
    assert leaks(f"{API_KEY[:3]}\\{API_KEY[3:]}") == [API_KEY]
