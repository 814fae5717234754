"""What a client was told: checked, and made into what its calls need."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import json
import os
from collections.abc import Hashable, Mapping
from itertools import chain
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import attrs

from portkey_async._errors import ConfigurationError
from portkey_async._secrets import Redactor, Sealed, Secret, is_secret_name, secrets_in
from portkey_async._version import __version__

from . import checks
from .checks import TokenFunction
from .connections import Connections
from .policies import RetryPolicy, Timeout
from .table import OPTIONS

DEFAULT_BASE_URL: Final = "https://api.portkey.ai/v1"

# Without zstd: the gateway passes it on with its header removed.
_FIXED: Final = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": f"portkey-async/{__version__}",
}
#: The arguments that put credentials at risk: they hold them, or say where they go.
RISKY: Final = {"base_url", "config", "headers", "query"}.union(
    name for name, option in OPTIONS.items() if option.secret
)


@attrs.frozen
class Options:
    """Everything that a client was told.

    Attributes:
        base_url: Without a slash at its end.
        timeout: The time limits of a call.
        retry: Which failures are repeated, and after how long.
        max_response_bytes: After decompression.
        validate_requests: Whether the specification's limits are checked here.
        connections: How connections are opened; shared by derived clients.
        headers: Every header of every call, names in lower case; those that are secret are a
            `Secret`.
        query: The default query parameters, not yet encoded; those that are secret are a `Secret`.
        token: The function that gives the provider's credential; None where there is none, or
            where a header of the caller's own stands in its place.
        redact: Takes this client's credentials out of a text.
        cool_down_key: Equal for calls that share a cool-down: same host, route and credentials.
        withheld: The environment variables whose keys are not sent to this `base_url`.
        arguments: The options that are headers, encoded, by argument; None for one that
            `with_options` took away.
        own_headers: The caller's own headers.
        environment: The keys in the environment when the client was made, by argument.
        secrets: The credentials in each header and query parameter.
    """

    base_url: str = DEFAULT_BASE_URL
    timeout: Timeout = attrs.field(factory=Timeout)
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    max_response_bytes: int = 32 * 1024 * 1024
    validate_requests: bool = True
    connections: Connections = attrs.field(factory=Connections)
    headers: dict[str, str] = attrs.field(factory=lambda: dict(_FIXED))
    query: dict[str, str] = attrs.field(factory=dict[str, str])
    token: TokenFunction | None = None
    redact: Redactor = attrs.field(factory=lambda: Redactor(()))
    cool_down_key: Hashable = None
    withheld: tuple[str, ...] = ()
    arguments: Mapping[str, str | TokenFunction | None] = attrs.field(
        factory=dict[str, Any], repr=False
    )
    own_headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    environment: Mapping[str, str] = attrs.field(factory=dict[str, str])
    secrets: Mapping[tuple[str, str], tuple[str, ...]] = attrs.field(
        factory=dict[tuple[str, str], tuple[str, ...]], repr=False
    )


def create(given: Sealed) -> Options:
    """Make the options of a new client.

    Args:
        given: The arguments, by name. None stands for one that is not given, but for `timeout`.

    Returns:
        The options, checked.

    Raises:
        ConfigurationError: An argument cannot be used; the message names it.
    """
    environment = {
        name: Secret(os.environ[option.variable])
        for name, option in OPTIONS.items()
        if option.variable and os.environ.get(option.variable)  # an empty one counts as not set
    }
    base_url = environment.get("base_url", DEFAULT_BASE_URL)
    return derive(Options(environment=environment), _given(given, base_url))


def _given(given: Sealed, base_url: str) -> Sealed:
    """Leave out the arguments for which None stands, but for `base_url`."""
    changes = {
        name: value
        for name, value in given.values.items()
        if value is not None or not OPTIONS[name].nullable
    }
    if changes["base_url"] is None:
        changes["base_url"] = str(base_url)
    return Sealed(changes)


def derive(base: Options, changes: Sealed) -> Options:
    """Apply the arguments of `with_options` to options.

    Args:
        base: What the changes apply to.
        changes: The arguments given, by name. None takes a header away; `timeout=None` means no
            limit. `headers` and `query` are merged by name, and None takes one of them away.

    Returns:
        The new options, checked.

    Raises:
        ConfigurationError: An argument cannot be used; the message names it.
    """
    try:
        return _derived(base, changes)
    except ConfigurationError as error:
        problem = error
    raise _without_frames(problem)


def authorized(options: Options, token: str) -> Options:
    """Give the options of an attempt: with the credential that the `token` function gave.

    Raises:
        ConfigurationError: It is empty, or cannot be sent.
    """
    try:
        value = checks.bearer("authorization()", token)
        headers = {**options.headers, "authorization": Secret(value)}
        return attrs.evolve(options, headers=headers, redact=options.redact.including(value))
    except ConfigurationError as error:
        problem = error
    del token
    raise _without_frames(problem)


def _without_frames(problem: ConfigurationError) -> ConfigurationError:
    """Leave out the frames below: their locals are credentials."""
    problem.__context__ = None
    return problem.with_traceback(None)


def _derived(base: Options, changes: Sealed) -> Options:
    checked: dict[str, Any] = {}
    for name, value in changes.values.items():
        option = OPTIONS[name]
        absent = value is None and option.nullable
        checked[name] = None if absent else option.check(name, value)
    settings = {name: checked[name] for name in checked.keys() & _SETTINGS}
    if not checked.keys() - _SETTINGS:
        return attrs.evolve(base, **settings)
    arguments = {name: value for name, value in checked.items() if OPTIONS[name].header}
    shared = {name: value for name, value in checked.items() if not OPTIONS[name].derivable}
    return _complete(
        attrs.evolve(
            base,
            **settings,
            base_url=checked.get("base_url", base.base_url),
            arguments={**base.arguments, **arguments},
            own_headers=_merged(base.own_headers, checked.get("headers", {})),
            query=_merged(base.query, checked.get("query", {})),
            connections=attrs.evolve(base.connections, **shared) if shared else base.connections,
        )
    )


def _merged(kept: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """Merge by name; None takes one away, or all of them."""
    merged = {} if changes is None else {**kept, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _complete(options: Options) -> Options:
    """Make all that follows from the arguments."""
    values = {name: value for name, value in options.arguments.items() if value is not None}
    left = options.environment.keys() - options.arguments.keys() - {"base_url"}
    withheld = () if _may_have_keys_of_environment(options) else sorted(left)
    for name in left - set(withheld):
        where = f"{name} (from {OPTIONS[name].variable})"
        values[name] = checks.key(where, options.environment[name])
    plain = {
        **_FIXED,
        **{
            OPTIONS[name].header or "": value
            for name, value in values.items()
            if isinstance(value, str)
        },
        **options.own_headers,
    }
    _check_together(options, plain)
    secrets = {
        (name, value): options.secrets[name, value]
        if (name, value) in options.secrets
        else tuple(secrets_in(value, secret=name in _SECRET_HEADERS or is_secret_name(name)))
        for name, value in chain(plain.items(), options.query.items())
    }
    redact = Redactor(chain(*secrets.values(), _of_proxy(options.connections)))

    def masked(pairs: Mapping[str, str]) -> dict[str, str]:
        return {
            name: Secret(value) if secrets[name, value] or redact(value) != value else value
            for name, value in pairs.items()
        }

    headers = masked(plain)
    token = values.get("authorization")
    if isinstance(token, str) or "authorization" in options.own_headers:
        token = None
    route = [headers.get(name) for name in _ROUTE]
    keys = [(name, headers[name]) for name in options.own_headers if is_secret_name(name)]
    return attrs.evolve(
        options,
        headers=headers,
        query=masked(options.query),
        token=token,
        redact=redact,
        cool_down_key=(_origin(options.base_url), *route, *sorted(keys), _identity(token)),
        secrets=secrets,
        withheld=tuple(OPTIONS[name].variable or name for name in withheld),
    )


def settings_given(options: Options) -> list[str]:
    """Name the arguments that calls carry as a header."""
    return [
        name
        for name, option in OPTIONS.items()
        if option.header in options.headers or (name == "authorization" and options.token)
    ]


def account(options: Options) -> str:
    """Digest what tells this caller and this upstream from others.

    A function for `authorization` counts for nothing: what it gives changes.
    """
    names = sorted({*_ROUTE, *filter(is_secret_name, options.own_headers)} & options.headers.keys())
    told = [options.base_url, *([name, str.__str__(options.headers[name])] for name in names)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def sends_credentials_in_the_open(options: Options) -> bool:
    """Tell whether credentials would cross a network unencrypted."""
    sent = [*options.headers.values(), *options.query.values()]
    secret = options.token or any(isinstance(value, Secret) for value in sent)
    url = urlsplit(options.base_url)
    return bool(secret) and url.scheme == "http" and not _is_loopback(url.hostname or "")


def _check_together(options: Options, headers: Mapping[str, str]) -> None:
    host = _host(options.base_url)
    if _is_portkeys(host) and "x-portkey-api-key" not in headers:
        raise ConfigurationError(
            f"api_key is missing, and {host} needs one: pass api_key, set PORTKEY_API_KEY, or "
            "set base_url to a gateway of your own"
        )
    if (
        options.arguments.get("custom_host")
        and not {
            "x-portkey-provider",
            "x-portkey-config",
        }
        & headers.keys()
    ):
        raise ConfigurationError(
            "custom_host needs provider or config beside it, to say what the host speaks: "
            "pass provider='openai' for one that speaks OpenAI's API"
        )
    connections = options.connections
    if connections.session is not None:
        for name in ("proxy", "trust_env", "ssl_context"):
            if getattr(connections, name):
                raise ConfigurationError(
                    f"{name} is for the client's own session; set it on the session that you pass"
                )


def _may_have_keys_of_environment(options: Options) -> bool:
    """Tell whether `base_url` is Portkey's, this machine, or of the same environment."""
    host = _host(options.base_url)
    if _is_portkeys(host) or _is_loopback(host):
        return True
    try:
        return _origin(options.environment.get("base_url", "")) == _origin(options.base_url)
    except ValueError:  # that of the environment is no URL
        return False


@functools.lru_cache
def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, _host(url), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


@functools.lru_cache
def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _is_portkeys(host: str) -> bool:
    return host == "portkey.ai" or host.endswith(".portkey.ai")


@functools.lru_cache
def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _of_proxy(connections: Connections) -> tuple[str, str]:
    """Give the credential in the URL of the proxy, as written and decoded."""
    parts = urlsplit(connections.proxy or "")
    credential = parts.password or parts.username or ""
    return credential, unquote(credential)


def _identity(function: TokenFunction | None) -> Hashable:
    """Give what equals only what is the same function, though an object may define `==`."""
    if isinstance(function, FunctionType | BuiltinFunctionType | MethodType | None):
        return function
    return _Same(function)


@attrs.frozen(eq=False)
class _Same:
    """An object that is compared by identity, and kept so that its id stays its own."""

    it: object = attrs.field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)


_SETTINGS: Final = frozenset({"timeout", "retry", "max_response_bytes", "validate_requests"})
_ROUTE: Final = tuple(option.header or "" for option in OPTIONS.values() if option.routes)
_SECRET_HEADERS: Final = frozenset(o.header for o in OPTIONS.values() if o.secret)
