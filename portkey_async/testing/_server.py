"""The server that tests start: its settings, its life, and what it lets them see."""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, MutableSet, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Self, Unpack

from ._api.admin_api_keys import admin_api_key
from ._api.assistants import initial
from ._api.clock import Clock
from ._api.engine import Engine
from ._api.state import State
from ._dialects import Dialect
from ._exchange import Received
from ._faults.fault import Aim, Fault
from ._faults.queue import FaultQueue
from ._http.background import Background
from ._http.handler import Handler
from ._scripts.acts import Act, RawCall
from ._scripts.queue import Script
from ._store import IdSet, Store, Stores

if TYPE_CHECKING:
    from types import TracebackType

    import aiohttp

    from portkey_async import AsyncPortkey, ClientOptions

_WILDCARD_HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # recognised, not bound


class PortkeyServer:
    """A faithful Assistants API on a real port of this machine, for tests.

    It can be called directly, as Portkey, or stand behind a Portkey gateway as custom host::

        async with PortkeyServer(assistants=250) as server:
            async with server.client() as client:
                page = await client.assistants.list(limit=100)

    It runs in a thread of its own, entered by `with` or `async with`, so that it serves every
    event loop, and synchronous tests too. The functions that it is given are called in that thread.

    Args:
        assistants: How many assistants it holds at first, or their payloads, oldest first.
        api_key: The credential it accepts, as `x-portkey-api-key`, as a Bearer, or as Azure's
            `api-key` and `x-portkey-azure-ad-token`; empty for any or none.
        dialect: Where it departs from the specification: a `Dialect`, or names such as
            `"no-has-more,null-ids"`.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        latency: Seconds before it acts on a request.
        fail_rate: Share of the requests, 0 to 1, that meet a random fault.
        seed: Decides ids and random faults; the same seed gives the same ones.
        clock: Gives the Unix time in seconds, for `created_at`.
        on_answer: Called with every request once it has been responded to.
        max_requests: How many requests `requests` keeps, the newest ones; None for all.
        ssl_context: Has it speak https, with the certificate that this context holds.

    Attributes:
        assistants, threads, messages, runs, run_steps, admin_api_keys: The stores, mappings from
            id to payload; change them at will.
        admin_keys: The ids of the admin keys it holds, as a set; at first `key_abc`.
        requests: The requests received, in order of arrival.

    Raises:
        ValueError: A value is out of its range, or a dialect is unknown.
        TypeError: A value is of the wrong type.
    """

    def __init__(  # noqa: PLR0913  # settings, all but the first by keyword
        self,
        assistants: int | Iterable[Mapping[str, Any]] = 0,
        *,
        api_key: str = "pk-test",
        dialect: Dialect | str = Dialect.SPECIFICATION,
        host: str = "127.0.0.1",
        port: int = 0,
        latency: float = 0.0,
        fail_rate: float = 0.0,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        on_answer: Callable[[Received], None] = lambda _: None,
        max_requests: int | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if isinstance(assistants, int):
            _check_range("assistants", assistants, 1_000_000)
        _check_type("api_key", api_key, str, "a str; empty for any or none")
        _check_type("host", host, str, "a str")
        _check_range("port", port, 65535, whole=True)
        _check_range("latency", latency, math.inf)
        _check_range("fail_rate", fail_rate, 1)
        _check_range("seed", seed, 2**64, whole=True)
        if max_requests is not None:
            _check_range("max_requests", max_requests, math.inf, whole=True)
        if ssl_context is not None:
            _check_type("ssl_context", ssl_context, ssl.SSLContext, "an ssl.SSLContext, or None")
        for name, value in (("clock", clock), ("on_answer", on_answer)):
            if not callable(value):
                raise TypeError(f"{name} must be a function; got {value!r}")
        random = Random(seed)  # noqa: S311  # repeatable, not secret
        self.requests: list[Received] = []
        self._stores = Stores()
        self.admin_keys: MutableSet[str] = IdSet(self._stores.admin_api_keys, admin_api_key)
        self.admin_keys.add("key_abc")
        self._address = (host, port)
        self._tls = ssl_context
        self._background: Background | None = None
        self._faults = FaultQueue()
        moving = Clock(clock)
        self._state = State(
            stores=self._stores,
            engine=Engine(self._stores, moving, random),
            api_key=api_key,
            dialect=Dialect.parse(dialect),
            clock=moving,
            random=random,
        )
        self._handler = Handler(
            state=self._state,
            faults=self._faults,
            requests=self.requests,
            max_requests=max_requests,
            latency=latency,
            fail_rate=fail_rate,
            random=random,
            on_answer=on_answer,
        )
        for payload in initial(assistants, self._state.clock.now(), random):
            self.assistants[payload["id"]] = payload

    @property
    def assistants(self) -> Store:
        """The assistants it holds."""
        return self._stores.assistants

    @property
    def threads(self) -> Store:
        """The threads it holds."""
        return self._stores.threads

    @property
    def messages(self) -> Store:
        """The messages it holds, of all threads."""
        return self._stores.messages

    @property
    def runs(self) -> Store:
        """The runs it holds, of all threads."""
        return self._stores.runs

    @property
    def run_steps(self) -> Store:
        """The steps it holds, of all runs."""
        return self._stores.run_steps

    @property
    def admin_api_keys(self) -> Store:
        """The admin API keys it holds."""
        return self._stores.admin_api_keys

    @property
    def base_url(self) -> str:
        """The URL of the API on this server, `/v1` included.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._background is None:
            raise RuntimeError("the server is not running: enter it, or await its start()")
        host = _WILDCARD_HOSTS.get(self._address[0], self._address[0])
        scheme = "https" if self._tls else "http"
        port = self._background.started.result()
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/v1"

    @property
    def api_key(self) -> str:
        """The credential it accepts."""
        return self._state.api_key

    def inject(self, fault: Fault, **aim: Unpack[Aim]) -> None:
        """Let *fault* meet requests to come; of several that fit, the first injected comes first.

        Args:
            fault: Made by `Fault.status(503)` and its siblings.
            **aim: `times`, `method`, `path` and `after_effect`, in place of the fault's own.

        Raises:
            TypeError: *fault* is none, or an argument is unknown.
            ValueError: An argument has a value that is not allowed.
        """
        _check_fault(fault)
        self._faults.add(fault.aimed(**aim))

    def clear_faults(self) -> None:
        """Forget the faults injected."""
        self._faults.clear()

    def script(  # the acts
        self,
        *acts: Act | RawCall | Sequence[RawCall],
        assistant_id: str | None = None,
        thread_id: str | None = None,
        when: Callable[[dict[str, Any]], object] | None = None,
        times: int | None = 1,
    ) -> None:
        """Say what a run to come does; without a script it says what the last user message said.

        Scripts are taken in the order given, by the runs in the order made. One that no run has
        taken fails the fixtures of pytest at their end::

            server.script(Call("add", a=2, b=2), Say("4"))

        Args:
            *acts: One after the other: `Say`, `Call` or a list of calls that are wanted at once,
                `Code`, `Fail`, `End`, `Hang`. Unless it ends otherwise, the run is completed.
            assistant_id: Only for runs of this assistant.
            thread_id: Only for runs on this thread.
            when: Only for runs of whose payload this function says yes.
            times: For how many runs, 1 or more; None for all.

        Raises:
            TypeError: Something is no act, or an argument is of the wrong type.
            ValueError: There is no act, one comes after the end, or *times* is below 1.
        """
        self._state.engine.scripts.add(Script(acts, assistant_id, thread_id, when, times))

    @property
    def unused_scripts(self) -> list[Script]:
        """The scripts that runs were expected to take and did not."""
        return self._state.engine.scripts.left()

    def advance(self, seconds: float) -> None:
        """Move the server's clock forward, without time passing: a run expires at 600 seconds.

        Args:
            seconds: From 0.

        Raises:
            TypeError: *seconds* is no number.
            ValueError: *seconds* is below 0, or not finite.
        """
        _check_range("seconds", seconds, math.inf)
        self._state.engine.advance(seconds)

    def client(
        self,
        *,
        max_connections: int = 100,
        session: aiohttp.ClientSession | None = None,
        **options: Unpack[ClientOptions],
    ) -> AsyncPortkey:
        """An `AsyncPortkey` pointed at this server, to be closed by the caller.

        Args:
            max_connections: As `AsyncPortkey` takes it.
            session: As `AsyncPortkey` takes it.
            **options: As `AsyncPortkey` takes them, in place of this server's key and URL. With
                neither `virtual_key` nor `provider` nor `config` it gets a virtual key.

        Raises:
            RuntimeError: The server is not running.
            ConfigurationError: An option cannot be used.
        """
        from portkey_async import AsyncPortkey  # noqa: PLC0415  # tests of other clients need none

        settings: ClientOptions = {"api_key": self.api_key or None, "base_url": self.base_url}
        if not options.keys() & {"virtual_key", "provider", "config"}:
            settings["virtual_key"] = "test-virtual-key"
        settings.update(options)
        return AsyncPortkey(max_connections=max_connections, session=session, **settings)

    async def start(self) -> Self:
        """Listen, in a thread of its own.

        Raises:
            OSError: The port is taken, or the host is not this machine's.
            RuntimeError: The server is running already.
        """
        background = self._begin()
        try:
            # Shielded: cancelling the wait must not cancel what the thread waits for.
            await asyncio.shield(asyncio.wrap_future(background.started))
        except BaseException:
            await self.stop()
            raise
        return self

    async def stop(self) -> None:
        """Stop listening and drop every connection; what it holds stays to be looked at."""
        background, self._background = self._background, None
        if background is not None:
            background.stop()
            await asyncio.shield(asyncio.wrap_future(background.ended))
            background.join()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        try:
            self._begin().started.result()
        except OSError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        background, self._background = self._background, None
        if background is not None:
            background.stop()
            background.join()

    def _begin(self) -> Background:
        if self._background is not None:
            raise RuntimeError("the server is running already")
        self._background = Background(self._handler.handle, *self._address, self._tls)
        return self._background


def _check_fault(value: object) -> None:
    if not isinstance(value, Fault):
        raise TypeError(f"inject takes a fault such as Fault.status(503); got {value!r}")


def _check_type(name: str, value: object, kind: type, allowed: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {allowed}; got {value!r}")


def _check_range(name: str, value: object, most: float, *, whole: bool = False) -> None:
    number = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, number):
        raise TypeError(f"{name} must be a number; got {value!r}")
    if not 0 <= value <= most or value == math.inf:
        raise ValueError(f"{name} must be from 0 to {most}; got {value!r}")
