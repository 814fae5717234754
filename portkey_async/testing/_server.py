"""The server that tests start: its settings, its life, and what it lets them see."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING, Any, Self, Unpack

from ._api import Api
from ._assistants import initial
from ._dialects import Dialect
from ._fault_queue import FaultQueue
from ._faults import Aim, Fault
from ._handler import Handler
from ._listener import Listener
from ._messages import Received
from ._store import AssistantStore
from ._thread import running_in_thread

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

    `with` instead of `async with` runs it in a thread of its own, for synchronous tests.

    Args:
        assistants: How many assistants it holds at first, or their payloads, oldest first.
        api_key: The credential it accepts, as `x-portkey-api-key` or as a Bearer; empty for any
            or none.
        dialect: Where it departs from the specification: a `Dialect`, or names such as
            `"no-has-more,null-ids"`.
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one.
        latency: Seconds before it acts on a request.
        fail_rate: Share of the requests, 0 to 1, that meet a random fault.
        seed: Decides ids and random faults; the same seed gives the same ones.
        clock: Gives the Unix time in seconds, for `created_at`.
        on_answer: Called with every request once it has been answered.

    Attributes:
        assistants: The store, a mapping from id to payload; change it at will.
        admin_keys: The ids of the admin keys it holds; at first `key_abc`.
        requests: Every request received, in order of arrival.

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
    ) -> None:
        if isinstance(assistants, int):
            _check_range("assistants", assistants, 1_000_000)
        _check_range("port", port, 65535)
        _check_range("latency", latency, math.inf)
        _check_range("fail_rate", fail_rate, 1)
        random = Random(seed)  # noqa: S311  # repeatable, not secret
        self.assistants = AssistantStore()
        self.admin_keys = {"key_abc"}
        self.requests: list[Received] = []
        self._address = (host, port)
        self._listener: Listener | None = None
        self._thread = ExitStack()
        self._faults = FaultQueue()
        self._api = Api(
            self.assistants, self.admin_keys, api_key, Dialect.parse(dialect), clock, random
        )
        self._handler = Handler(
            self._api,
            self._faults,
            self.requests,
            latency,
            fail_rate,
            random,
            on_answer,
        )
        for payload in initial(assistants, int(clock()), random):
            self.assistants[payload["id"]] = payload

    @property
    def base_url(self) -> str:
        """Where the API is, such as `http://127.0.0.1:49152/v1`.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._listener is None:
            raise RuntimeError("the server is not running: enter it, or await its start()")
        host = _WILDCARD_HOSTS.get(self._address[0], self._address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self._listener.port}/v1"

    @property
    def api_key(self) -> str:
        """The credential it accepts."""
        return self._api.api_key

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
        """Listen.

        Raises:
            OSError: The port is taken, or the host is not this machine's.
            RuntimeError: The server is running already.
        """
        if self._listener is not None:
            raise RuntimeError("the server is running already")
        self._listener = await Listener.listen(self._handler.handle, *self._address)
        return self

    async def stop(self) -> None:
        """Stop listening and drop every connection; what it holds stays to be looked at."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close()

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
        self._thread.enter_context(running_in_thread(self.start, self.stop))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._thread.__exit__(exc_type, exc, traceback)


def _check_fault(value: object) -> None:
    if not isinstance(value, Fault):
        raise TypeError(f"inject takes a fault such as Fault.status(503); got {value!r}")


def _check_range(name: str, value: object, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number; got {value!r}")
    if not 0 <= value <= most or value == math.inf:
        raise ValueError(f"{name} must be from 0 to {most}; got {value!r}")
