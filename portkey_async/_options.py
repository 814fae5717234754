"""What a client is told, turned into what it sends: checked at once, before any I/O."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from ._errors import ConfigurationError, InvalidRequestError
from ._json import plain
from ._retry import RetryPolicy, Timeout
from ._secrets import Redactor, Sealed
from ._version import __version__

DEFAULT_BASE_URL: Final = "https://api.portkey.ai/v1"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CREDENTIAL_NAME = re.compile(r"key|token|secret|password|authorization|cookie|credential", re.I)


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
    timeout: Timeout = Timeout()
    retry: RetryPolicy = RetryPolicy()
    max_response_bytes: int = 128 * 1024 * 1024
    validate_requests: bool = True
    values: Sealed[str] = attrs.field(factory=Sealed)
    headers: Sealed[str] = attrs.field(factory=Sealed)
    all_headers: Sealed[str] = attrs.field(factory=Sealed)
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
    for name in changes.keys() & _ENCODERS.keys():
        value = changes[name]
        encoded = None if value is None else _ENCODERS[name](name, value)
        values.pop(name, None)
        if encoded is not None:
            values[name] = _sendable(name, encoded)
    checked: dict[str, Any] = {
        name: _CHECKS[name](name, changes[name]) for name in changes.keys() & _CHECKS.keys()
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
    if url.scheme == "https" or not (_SECRET & options.values.keys() or options.headers):
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
    for name in _SECRET & options.values.keys():
        yield options.values[name].removeprefix("Bearer ")
    if options.values.get("config", "").startswith("{"):
        yield from _secrets_within(json.loads(options.values["config"]))
    for name, value in options.headers.items():
        if _CREDENTIAL_NAME.search(name):
            yield value.removeprefix("Bearer ")


def _secrets_within(config: object, name: str = "") -> Iterable[str]:
    if isinstance(config, dict):
        for key, value in config.items():
            yield from _secrets_within(value, key)
    elif isinstance(config, list):
        for value in config:
            yield from _secrets_within(value, name)
    elif isinstance(config, str) and _CREDENTIAL_NAME.search(name):
        yield config


# --- One argument at a time -------------------------------------------------------------------


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a str")
    if not value.strip():
        raise ConfigurationError(f"{name} is empty; leave it out, or give a value")
    return value


def _bearer(name: str, value: object) -> str:
    scheme, _, rest = _text(name, value).partition(" ")
    token = rest.strip() if scheme.lower() == "bearer" else scheme + rest and _text(name, value)
    if not token or " " in token:
        raise ConfigurationError(
            f"{name} is not a single token; give the provider's credential, with or without "
            "'Bearer ' in front"
        )
    return f"Bearer {token}"


def _json(name: str, value: object) -> str:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a mapping")
    try:
        return json.dumps(plain(value, name), separators=(",", ":"))
    except InvalidRequestError as error:
        raise ConfigurationError(str(error)) from None


def _config(name: str, value: object) -> str:
    return _json(name, value) if isinstance(value, Mapping) else _text(name, value)


def _names(name: str, value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ConfigurationError(f"{name} must be a list of header names, such as ['x-tenant']")
    names = [_token(name, item) for item in value]
    if not names:
        raise ConfigurationError(f"{name} is empty; leave it out, or give header names")
    if "x-portkey-forward-headers" in map(str.lower, names):
        raise ConfigurationError(f"{name} must not name x-portkey-forward-headers itself")
    return ",".join(names)


def _token(name: str, value: object) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        shown = repr(value) if isinstance(value, str) else type(value).__name__
        raise ConfigurationError(f"{name} holds {shown}, which is no header name")
    return value


def _milliseconds(name: str, value: object) -> str:
    if isinstance(value, dt.timedelta):
        value = round(value / dt.timedelta(milliseconds=1))
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a whole number of milliseconds, at least 1, or a "
            "timedelta"
        )
    return str(value)


def _flag(name: str, value: object) -> str:
    return "true" if _boolean(name, value) else "false"


def _presence(name: str, value: object) -> str | None:
    # The gateway asks whether the header is there, not what it says: false must not be sent.
    return "true" if _boolean(name, value) else None


def _url(name: str, value: object) -> str:
    text = _text(name, value)
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or re.search(r"[^\x21-\x7e]|\\", text):
        raise ConfigurationError(
            f"{name} is not a URL such as https://host/v1: check scheme, host and port, and "
            "write it in ASCII"
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"{name} holds a user or password; use api_key or authorization")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise ConfigurationError(f"{name} must not hold a query or a fragment")
    return text.rstrip("/")


def _sendable(name: str, value: str) -> str:
    """Refuse what would end the header early, or cannot be encoded."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]", value):
        raise ConfigurationError(
            f"{name} holds a control character (a line break, perhaps), which no header can "
            "carry; strip it"
        )
    return value


def _headers(name: str, value: object) -> Sealed[str]:
    if value is None:
        return Sealed()
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a mapping")
    checked: Sealed[str] = Sealed()
    for key, item in value.items():
        where = f"{name}[{_token(name, key)!r}]"
        if not isinstance(item, str):
            kind = type(item).__name__
            raise ConfigurationError(f"{where} is of type {kind}; it must be a str")
        checked[key.lower()] = _sendable(where, item)
    return checked


def _timeout(name: str, value: object) -> Timeout:
    if value is None:
        return Timeout(total=None, connect=None, read=None)
    if isinstance(value, Timeout):
        return value
    try:
        return Timeout(total=value)  # type: ignore[arg-type]  # its validator refuses what is no number
    except ConfigurationError:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be seconds above 0, a Timeout, or None for no limit"
        ) from None


def _retry(name: str, value: object) -> RetryPolicy:
    if not isinstance(value, RetryPolicy):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a RetryPolicy: RetryPolicy(attempts=1) for none"
        )
    return value


def _positive(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number, at least 1")
    return value


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} is {value!r}; it must be True or False")
    return value


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
_ENCODERS: Final[Mapping[str, Callable[[str, object], str | None]]] = {
    **dict.fromkeys(("api_key", "virtual_key", "provider", "trace_id", "cache_namespace"), _text),
    "authorization": _bearer,
    "config": _config,
    "custom_host": _url,
    "metadata": _json,
    "forward_headers": _names,
    "request_timeout": _milliseconds,
    "cache_force_refresh": _presence,
    "strict_open_ai_compliance": _flag,
}
_CHECKS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "headers": _headers,
    "base_url": _url,
    "timeout": _timeout,
    "retry": _retry,
    "max_response_bytes": _positive,
    "validate_requests": _boolean,
}
_SECRET: Final = frozenset({"api_key", "virtual_key", "authorization", "config", "headers"})
