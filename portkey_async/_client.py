"""The client: what it is told, what it offers, and how it ends."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn, Self, TypedDict, Unpack

from ._options.checks import TokenFunction
from ._options.options import (
    RISKY,
    Options,
    account,
    create,
    derive,
    sends_credentials_in_the_open,
    settings_given,
)
from ._options.policies import RetryPolicy, Timeout
from ._options.table import OPTIONS
from ._resources.admin_api_keys import AdminApiKeys
from ._resources.assistants import Assistants
from ._secrets import Sealed
from ._transport.call import Pool
from ._transport.session import Session
from ._types import JSONValue

if TYPE_CHECKING:
    import ssl

    import aiohttp

    from ._resources.threads import Threads


_TIMEOUT = Timeout()
_RETRY = RetryPolicy()


class ClientOptions(TypedDict, total=False):
    """What `with_options` takes: the arguments of `AsyncPortkey`, each optional.

    None takes a setting away; `timeout=None` means no limit. `headers` and `query` are merged with
    the client's by name, and None takes one of them away.
    """

    api_key: str | None
    virtual_key: str | None
    provider: str | None
    authorization: str | TokenFunction | None
    config: str | Mapping[str, JSONValue] | None
    custom_host: str | None
    base_url: str
    trace_id: str | None
    metadata: Mapping[str, JSONValue] | None
    forward_headers: Iterable[str] | None
    request_timeout: int | timedelta | None
    cache_force_refresh: bool | None
    cache_namespace: str | None
    strict_open_ai_compliance: bool | None
    headers: Mapping[str, str | None] | None
    query: Mapping[str, str | None] | None
    timeout: float | Timeout | None
    retry: RetryPolicy
    max_response_bytes: int
    validate_requests: bool


class AsyncPortkey:
    """The client of the Assistants API behind a Portkey gateway. An async context manager.

    It opens connections when it is first used, and belongs to the event loop that uses it first.
    Close it with `async with` or `await client.close()`.

    Args:
        api_key: Portkey's key; else the environment's `PORTKEY_API_KEY`. Needed where the host
            is portkey.ai or below it.
        virtual_key: The provider's key as kept by Portkey; else `PORTKEY_PROVIDER_VIRTUAL_KEY`.
            Keys from the environment go to portkey.ai, to this machine, and to the host of
            `PORTKEY_BASE_URL`; any other gets only keys given as arguments.
        provider: `openai`, or `@slug`.
        authorization: The provider's own credential, with or without `Bearer` in front; or a
            function or async function without arguments that gives it, asked for every attempt.
        config: A config's id, or the config itself as a mapping. A self-hosted gateway only
            takes mappings.
        custom_host: The URL of the upstream; needs `provider` or `config`.
        base_url: The gateway's URL, `/v1` included; else `PORTKEY_BASE_URL`, else
            `https://api.portkey.ai/v1`.
        trace_id: Ties calls together in Portkey's logs.
        metadata: For Portkey's logs.
        forward_headers: Names of headers that the gateway hands on to the upstream.
        request_timeout: How long the gateway waits for the upstream: milliseconds, at least 1,
            or a timedelta.
        cache_force_refresh: Have Portkey's cache filled anew. False is not sent.
        cache_namespace: Which part of Portkey's cache to use.
        strict_open_ai_compliance: False lets Portkey add fields of its own.
        headers: More headers; they replace any other of the same name.
        query: Query parameters of every request, such as `{"api-version": "2025-05-01"}`; a call's
            own win.
        proxy: The URL of an HTTP proxy for every request, `http://user:password@host:8080`.
        trust_env: Heed HTTP_PROXY, HTTPS_PROXY and NO_PROXY. netrc is never read. Default False.
        ssl_context: How servers are verified.
        timeout: Seconds for a whole call, a `Timeout`, or None for no limit. Default
            `Timeout(total=60, connect=5, read=30)`.
        retry: Which failures are retried. Default `RetryPolicy()`.
        max_connections: How many connections may be open at once, at least 1. Default 100.
        max_response_bytes: How long a response may be, decompressed. Default 32 MiB.
        validate_requests: Check the specification's limits before sending. Default True.
        session: An `aiohttp.ClientSession` of your own: used, never closed. `proxy`, `trust_env`
            and `ssl_context` cannot stand beside it, and `max_connections` has no effect.

    Raises:
        ConfigurationError: An argument cannot be used; the message names it.
    """

    def __init__(  # noqa: PLR0913  # one argument for each header that the gateway knows
        self,
        api_key: str | None = None,
        *,
        virtual_key: str | None = None,
        provider: str | None = None,
        authorization: str | TokenFunction | None = None,
        config: str | Mapping[str, JSONValue] | None = None,
        custom_host: str | None = None,
        base_url: str | None = None,
        trace_id: str | None = None,
        metadata: Mapping[str, JSONValue] | None = None,
        forward_headers: Iterable[str] | None = None,
        request_timeout: int | timedelta | None = None,
        cache_force_refresh: bool | None = None,
        cache_namespace: str | None = None,
        strict_open_ai_compliance: bool | None = None,
        headers: Mapping[str, str | None] | None = None,
        query: Mapping[str, str | None] | None = None,
        proxy: str | None = None,
        trust_env: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float | Timeout | None = _TIMEOUT,
        retry: RetryPolicy = _RETRY,
        max_connections: int = 100,
        max_response_bytes: int = 32 * 1024 * 1024,
        validate_requests: bool = True,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        """Check the arguments; nothing is opened yet."""
        given = Sealed({name: value for name, value in locals().items() if name in OPTIONS})
        # A traceback that shows locals must not show these.
        del api_key, virtual_key, authorization, config, custom_host, base_url
        del headers, query, metadata, proxy
        self._derived = False
        self._options = create(given)
        self._pool = Pool(Session(self._options.connections))
        _warn_if_open(self._options, given.values)

    @cached_property
    def assistants(self) -> Assistants:
        """The assistants, to create, retrieve, update, list and delete."""
        return Assistants(self._pool, self._options)

    @cached_property
    def threads(self) -> Threads:
        """The threads, their messages, and the runs of assistants on them."""
        from ._resources.threads import Threads  # noqa: PLC0415  # slow to import, as its models are

        return Threads(self._pool, self._options)

    @cached_property
    def admin_api_keys(self) -> AdminApiKeys:
        """The organization's admin API keys, to list, create, retrieve and delete."""
        return AdminApiKeys(self._pool, self._options)

    @property
    def base_url(self) -> str:
        """The gateway's URL, without a slash at its end and without credentials."""
        return self._options.redact(self._options.base_url)

    @property
    def account(self) -> str:
        """A digest of where calls go and on whose behalf, which tells nothing of the credentials.

        Two clients with the same URL, keys, provider, config and upstream have the same one.
        """
        return account(self._options)

    @property
    def beta(self) -> Self:
        """The client itself; the API's samples write `client.beta.threads`."""
        return self

    def with_options(self, **changes: Unpack[ClientOptions]) -> AsyncPortkey:
        """Derive a client with other settings, for a single call if need be. Costs microseconds.

        It shares the connections of this one; closing it closes nothing.

        Args:
            **changes: Any argument of `AsyncPortkey` but `session`, `max_connections`, `proxy`,
                `trust_env` and `ssl_context`. None takes a setting away; `timeout=None` means no
                limit. `headers` and `query` are merged by name, and None takes one of them away.

        Returns:
            The derived client.

        Raises:
            ConfigurationError: An argument cannot be used; the message names it.
            TypeError: There is no such argument.
        """
        given = Sealed({**changes})
        del changes
        if unknown := given.values.keys() - ClientOptions.__annotations__.keys():
            allowed = ", ".join(ClientOptions.__annotations__)
            raise TypeError(f"with_options does not take {sorted(unknown)}; it takes {allowed}")
        options = derive(self._options, given)
        _warn_if_open(options, given.values)
        derived = object.__new__(type(self))
        derived._options, derived._pool, derived._derived = options, self._pool, True
        return derived

    async def close(self) -> None:
        """Close the connections, ending calls under way with `ClientClosedError`. Idempotent.

        On a derived client, and for a session of the caller's own, nothing is closed.

        Raises:
            ConfigurationError: Another event loop uses the client.
        """
        if not self._derived:
            await self._pool.close()

    async def __aenter__(self) -> Self:
        """Use the client for the length of a block.

        Raises:
            ClientClosedError: The client is closed.
        """
        self._pool.session.check_open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Close the client."""
        await self.close()

    def __repr__(self) -> str:
        """Name the gateway, and the settings that are given, without their values."""
        options = getattr(self, "_options", Options())  # in a traceback, perhaps half made
        return f"<AsyncPortkey {options.base_url} with {', '.join(settings_given(options))}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled."""
        raise TypeError("a client is not copied or pickled; use with_options, or make a new one")


def _warn_if_open(options: Options, given: Collection[str]) -> None:
    """Warn where a new host or a new credential puts credentials at risk."""
    if RISKY & set(given) and sends_credentials_in_the_open(options):
        warnings.warn(
            f"credentials will cross the network unencrypted to {options.base_url}; use https",
            stacklevel=3,
        )
