"""All settings of a client together: what it sends, and what must not be seen."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from portkey_async._errors import ConfigurationError
from portkey_async._secrets import Redactor, Sealed
from portkey_async._types import is_array, is_object
from portkey_async._version import __version__

from .checks import CHECKS, ENCODERS, sendable
from .policies import RetryPolicy, Timeout

DEFAULT_BASE_URL: Final = "https://api.portkey.ai/v1"

_CREDENTIAL_NAME = re.compile(
    r"key|token|secret|password|authorization|cookie|credential", re.IGNORECASE
)


@attrs.frozen
class Options:
    """Everything about a client but its connections.

    Attributes:
        base_url: Without a slash at its end.
        timeout: The caller's, as a `Timeout`.
        retry: The caller's.
        max_response_bytes: After decompression.
        validate_requests: Whether the specification's limits are checked here.
        values: The options that become headers, encoded, by the name of the argument.
        headers: The caller's own headers, names in lower case.
        all_headers: Every header that every call sends.
        redact: Blots out this client's credentials.
    """

    base_url: str = DEFAULT_BASE_URL
    timeout: Timeout = attrs.field(factory=Timeout)
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    max_response_bytes: int = 128 * 1024 * 1024
    validate_requests: bool = True
    values: Sealed[str] = attrs.field(factory=Sealed[str])
    headers: Sealed[str] = attrs.field(factory=Sealed[str])
    all_headers: Sealed[str] = attrs.field(factory=Sealed[str])
    redact: Redactor = attrs.field(factory=lambda: Redactor(()))


def derive(base: Options, changes: Sealed[object]) -> Options:
    """Apply the arguments of a client, or of `with_options`, to options.

    Args:
        base: What the changes apply to: `Options()` for a new client.
        changes: The arguments given, by name. None takes a header away; `timeout=None` means no
            limit.

    Returns:
        The new options, checked.

    Raises:
        ConfigurationError: An argument cannot be used; the message names it.
    """
    try:
        return _derived(base, changes)
    except ConfigurationError as error:
        problem = error
    # Without the frames below: their locals are credentials.
    problem.__context__ = None
    raise problem.with_traceback(None)


def _derived(base: Options, changes: Sealed[object]) -> Options:
    values = Sealed(base.values)
    for name in changes.keys() & ENCODERS.keys():
        value = changes[name]
        encoded = None if value is None else ENCODERS[name](name, value)
        values.pop(name, None)
        if encoded is not None:
            values[name] = sendable(name, encoded)
    checked: dict[str, Any] = {
        name: CHECKS[name](name, changes[name]) for name in changes.keys() & CHECKS.keys()
    }
    options = attrs.evolve(base, values=values, **checked)
    headers = Sealed(_FIXED)
    headers.update((_HEADERS[name], value) for name, value in values.items())
    headers.update(options.headers)
    _check_together(options)
    redact = Redactor(_credentials(options)) if _SECRET & changes.keys() else base.redact
    return attrs.evolve(options, all_headers=headers, redact=redact)


def sends_credentials_in_the_open(options: Options) -> bool:
    """Tell whether credentials would cross a network unencrypted."""
    url = urlsplit(options.base_url)
    if url.scheme == "https" or not any(_credentials(options)):
        return False
    host = url.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _check_together(options: Options) -> None:
    values = options.values
    host = (urlsplit(options.base_url).hostname or "").rstrip(".")
    named = "x-portkey-api-key" in options.headers or "api_key" in values
    if (host == "portkey.ai" or host.endswith(".portkey.ai")) and not named:
        raise ConfigurationError(
            f"api_key is missing, and {host} needs one: pass api_key, set PORTKEY_API_KEY, or "
            "set base_url to a gateway of your own"
        )
    if "custom_host" in values and not {"provider", "config"} & values.keys():
        raise ConfigurationError(
            "custom_host needs provider or config beside it, to say what the host speaks: "
            "pass provider='openai' for one that speaks OpenAI's API"
        )


def _credentials(options: Options) -> Iterable[str]:
    for name in {"api_key", "virtual_key", "authorization"} & options.values.keys():
        yield _token_of(options.values[name])
    if options.values.get("config", "").startswith("{"):
        yield from _secrets_within(json.loads(options.values["config"]))
    for name, value in options.headers.items():
        if _CREDENTIAL_NAME.search(name):
            yield _token_of(value)


def _token_of(value: str) -> str:
    return re.sub(r"^\s*(bearer|basic)\s+", "", value, flags=re.IGNORECASE).strip()


def _secrets_within(config: object, name: str = "") -> Iterable[str]:
    if is_object(config):
        for key, value in config.items():
            yield from _secrets_within(value, key)
    elif is_array(config):
        for value in config:
            yield from _secrets_within(value, name)
    elif isinstance(config, str) and _CREDENTIAL_NAME.search(name):
        yield _token_of(config)


# Without zstd: the gateway passes it on with its header removed.
_FIXED: Final = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": f"portkey-async/{__version__}",
}
_HEADERS: Final = {
    "api_key": "x-portkey-api-key",
    "virtual_key": "x-portkey-virtual-key",
    "provider": "x-portkey-provider",
    "authorization": "authorization",
    "config": "x-portkey-config",
    "custom_host": "x-portkey-custom-host",
    "trace_id": "x-portkey-trace-id",
    "metadata": "x-portkey-metadata",
    "forward_headers": "x-portkey-forward-headers",
    "request_timeout": "x-portkey-request-timeout",
    "cache_force_refresh": "x-portkey-cache-force-refresh",
    "cache_namespace": "x-portkey-cache-namespace",
    "strict_open_ai_compliance": "x-portkey-strict-open-ai-compliance",
}
_SECRET: Final = frozenset({"api_key", "virtual_key", "authorization", "config", "headers"})
#: The arguments that put credentials at risk: they hold them, or say where they go.
RISKY: Final = _SECRET | {"base_url"}
