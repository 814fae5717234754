"""One cell of the matrix: a fault, an operation, and which attempts it strikes."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
import attrs
from aiohttp.abc import AbstractResolver, ResolveResult
from faults.backend import BYSTANDER, Backend
from faults.exchange import Exchange
from faults.fault import ATTEMPTS, At, Fault, Mode, expected
from faults.operations import Kind, Operation
from support.credentials import API_KEY, VIRTUAL_KEY
from support.raw_server import Connection, RawServer
from support.secrecy import leaks_in

from portkey_async import (
    APIError,
    AsyncPortkey,
    PaginationError,
    PortkeyError,
    RetryPolicy,
    Timeout,
)

#: Far above every deadline in use: only a call that would never end is ended by it.
HANGS_SECONDS = 60.0
LATE_SECONDS = 3.0


@attrs.frozen
class Cell:
    """What came of it.

    Attributes:
        fault: What happened.
        operation: The call.
        mode: On which attempts.
        error: What was raised, or None for the right result.
        seconds: How long the caller waited.
        broken: The promises that were not kept; empty for a good cell.
    """

    fault: Fault
    operation: Operation
    mode: Mode
    error: PortkeyError | None
    seconds: float
    broken: tuple[str, ...]

    def __str__(self) -> str:
        """Which cell it is, and what is wrong with it."""
        where = f"{self.fault.name} / {self.operation.name} / {self.mode.value}"
        return f"{where}: {'; '.join(self.broken) or 'good'}"


@attrs.define
class _Plan:
    """Decides what strikes."""

    fault: Fault
    mode: Mode
    armed: bool = False
    struck: set[str] = attrs.Factory(set)

    def strike(self, *places: At, target: str = "") -> Fault | None:
        """What strikes now, at one of *places*, a request for *target*; None where nothing does."""
        if not self.armed or self.fault.at not in places:
            return None
        if self.fault.then is None:
            self.armed = self.mode is Mode.EVERY
        elif target in self.struck:
            return self.fault.then
        self.struck.add(target)
        return self.fault


class _Resolver(AbstractResolver):
    """Leads every name to the server, or wherever the fault wants it."""

    def __init__(self, plan: _Plan, dead_port: int) -> None:
        self._plan = plan
        self._dead_port = dead_port

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - aiohttp's interface
    ) -> list[ResolveResult]:
        fault = self._plan.strike(At.RESOLVE)
        if fault is not None and fault.resolve is not None:
            port = await fault.resolve(self._dead_port)
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def run_cell(fault: Fault, operation: Operation, mode: Mode) -> Cell:
    """Make one call under *fault* and see which promises were kept."""
    plan = _Plan(fault, mode)
    backend = Backend()
    async with RawServer(_refuse_all) as elsewhere:
        script = partial(_serve, plan, backend, f"http://127.0.0.1:{elsewhere.port}/v1/assistants")
        async with RawServer(script) as server:
            async with _client(plan, server.port) as client:
                if fault.at is At.REUSED:
                    await client.assistants.retrieve(BYSTANDER)
                plan.armed = True
                started = time.monotonic()
                error, broken = await _call(client, operation)
                seconds = time.monotonic() - started
                plan.armed = False
                broken += _judge(fault, operation, mode, error, backend)
                if not fault.lasting:
                    broken += await _still_works(client)
            broken += await _all_closed(server)
        if elsewhere.accepted:
            broken.append("the redirect was followed")
    if seconds > fault.total + LATE_SECONDS:
        broken.append(f"{seconds:.1f} s, against a deadline of {fault.total} s")
    return Cell(fault, operation, mode, error, seconds, tuple(broken))


async def _serve(plan: _Plan, backend: Backend, elsewhere: str, connection: Connection) -> None:
    if fault := plan.strike(At.ACCEPT):
        await fault.act(Exchange(connection, backend))
        return
    while request := await connection.receive():
        exchange = Exchange(connection, backend, request, elsewhere)
        places = (At.REQUEST, At.REUSED) if connection.requests > 1 else (At.REQUEST,)
        if fault := plan.strike(*places, target=request.target):
            await fault.act(exchange)
        else:
            await exchange.answer_well()


async def _refuse_all(connection: Connection) -> None:
    await connection.close()


@asynccontextmanager
async def _client(plan: _Plan, port: int) -> AsyncIterator[AsyncPortkey]:
    async with AsyncExitStack() as stack:
        session = None
        if plan.fault.at is At.RESOLVE:
            # Bound and not listening: connecting to it is refused, and nobody else can take it.
            held = stack.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            connector = aiohttp.TCPConnector(
                resolver=_Resolver(plan, held.getsockname()[1]), use_dns_cache=False
            )
            session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        client = AsyncPortkey(
            api_key=API_KEY,
            virtual_key=VIRTUAL_KEY,
            base_url=f"http://localhost:{port}/v1" if session else f"http://127.0.0.1:{port}/v1",
            timeout=Timeout(total=plan.fault.total, read=plan.fault.read),
            retry=RetryPolicy(attempts=ATTEMPTS, initial=0.001, maximum=0.002),
            max_response_bytes=1024 * 1024,
            session=session,
        )
        yield await stack.enter_async_context(client)


async def _call(
    client: AsyncPortkey, operation: Operation
) -> tuple[PortkeyError | None, list[str]]:
    try:
        async with asyncio.timeout(HANGS_SECONDS):
            result = await operation.call(client)
    except (APIError, PaginationError) as error:
        return error, []
    except Exception as error:  # noqa: BLE001 - whatever else comes is what is looked for
        return None, [f"raised {error!r}, which is no error of a call"]
    return None, [] if operation.right(result) else [f"wrong result {result!r}"]


def _judge(
    fault: Fault, operation: Operation, mode: Mode, error: PortkeyError | None, backend: Backend
) -> list[str]:
    want = expected(fault, mode, operation.kind)
    executed = backend.executed[operation.name]
    broken = []
    if operation.kind is Kind.CREATE and executed > 1:
        broken.append(f"created {executed} times")
    if type(error) is not (want.error or type(None)):
        name = want.error.__name__ if want.error else "the right result"
        broken.append(f"got {error!r} instead of {name}")
    if error is None or broken:
        return broken
    text = str(error)
    broken += leaks_in(f"{text} {vars(error)}", "the error")
    if not text.isprintable():  # nor are line breaks and lone surrogates
        broken.append(f"{text!r} cannot be shown in a terminal")
    if getattr(error, "attempts", 1) != want.attempts:
        broken.append(f"{getattr(error, 'attempts', 1)} attempts instead of {want.attempts}")
    if want.status is not None and getattr(error, "status", None) != want.status:
        broken.append(f"status {getattr(error, 'status', None)} instead of {want.status}")
    if want.says not in text:
        broken.append(f"{want.says!r} is not in {text!r}")
    if operation.writes and error.may_have_executed is not want.acted:
        broken.append(f"may_have_executed is {error.may_have_executed}")
    if executed and operation.writes and not error.may_have_executed:
        broken.append("it was executed, and may_have_executed denies it")
    return broken


async def _still_works(client: AsyncPortkey) -> list[str]:
    try:
        found = await client.assistants.retrieve(BYSTANDER)
    except PortkeyError as error:
        return [f"the next call failed: {error!r}"]
    return [] if found.id == BYSTANDER else [f"the next call got {found.id}"]


async def _all_closed(server: RawServer) -> list[str]:
    """Wait until the server has seen every connection of the closed client end."""
    try:
        async with asyncio.timeout(LATE_SECONDS):
            await server.all_closed()
    except TimeoutError:
        return ["a connection is open after the client was closed"]
    return []
