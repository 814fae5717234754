"""Portkey's own checks and headers, for requests that address the server as they would Portkey."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from portkey_async._types import is_object
from portkey_async.testing._exchange import Response
from portkey_async.testing._schemas.check import type_name

_ROUTING: Final = tuple(
    f"x-portkey-{name}" for name in ("api-key", "virtual-key", "provider", "config", "custom-host")
)
_PROVIDER: Final = re.compile(r"@?[a-z0-9][a-z0-9_.-]*")
_CONFIG_ID: Final = re.compile(r"pc-[A-Za-z0-9_-]+")
_CONTENT_TYPES: Final = ("application/json", "multipart/form-data")
_LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "host.docker.internal")
_PRIVATE_SUFFIXES: Final = (".local", ".internal", ".corp", ".test", ".lan", ".home", ".invalid")

_NO_ROUTE: Final = "Either x-portkey-config or x-portkey-provider header is required"
_NO_PROVIDER: Final = (
    "Either x-portkey-provider needs to be passed. Or the x-portkey-config header should have a "
    "valid config with provider details in it."
)
_NO_JSON: Final = "Invalid config passed. You need to pass a valid json"
_INCOMPLETE: Final = (
    "path: , message: Invalid configuration. It must have either 'provider' and 'api_key', or "
    "'strategy' and 'targets', or 'cache', or 'retry', or 'request_timeout'"
)
_MODES: Final = ("single", "loadbalance", "fallback", "conditional")


def is_addressed_directly(headers: Mapping[str, str]) -> bool:
    """Whether the request is routed by Portkey's headers; a gateway in front would strip them."""
    return any(headers.get(name) for name in _ROUTING)


def unrouted() -> Response:
    """The gateway's response to paths and methods that it does not serve."""
    return Response(404, {"message": "Not Found", "ok": False})


def gateway_refusal(headers: Mapping[str, str]) -> Response | None:
    """The gateway's response to headers that it does not accept together, or None."""
    content_type = headers.get("Content-Type", "application/json").partition(";")[0]
    if content_type not in _CONTENT_TYPES and not content_type.startswith("audio"):
        return _refusal("Invalid content type passed")
    provider, virtual_key, config, host = (
        headers.get(f"x-portkey-{name}")
        for name in ("provider", "virtual-key", "config", "custom-host")
    )
    if provider and not _PROVIDER.fullmatch(provider):
        return _refusal("Invalid provider passed")
    if host and not _is_allowed(host):
        return _refusal("Invalid custom host")
    if config:
        return _config_refusal(config, routed=bool(provider or virtual_key))
    if not (provider or virtual_key):
        return _refusal(_NO_ROUTE)
    return None


def response_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that Portkey adds to every response of an upstream."""
    provider = headers.get("x-portkey-provider", "")
    return {
        "x-portkey-cache-status": "DISABLED",
        "x-portkey-last-used-option-index": _option(headers.get("x-portkey-config", "")),
        "x-portkey-provider": "openai" if provider.startswith("@") else provider or "openai",
        "x-portkey-retry-attempt-count": "0",
        # Bytes that are no UTF-8 were decoded to surrogates, which cannot be sent.
        "x-portkey-trace-id": headers.get("x-portkey-trace-id", "")
        .encode(errors="replace")
        .decode(),
    }


def _option(config: str) -> str:
    return "config.targets[0]" if '"targets"' in config else "config"


def _refusal(message: str, *errors: str) -> Response:
    body: dict[str, Any] = {"status": "failure", "message": message}
    if errors:
        body["errors"] = list(errors)
    return Response(400, body)


def _config_refusal(config: str, *, routed: bool) -> Response | None:
    """What is wrong with a config, which is a stored one's id or a JSON object."""
    if _CONFIG_ID.fullmatch(config):
        return None
    try:
        settings = msgspec.json.decode(config)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _refusal(_NO_JSON)
    if not is_object(settings) and not routed:
        return _refusal(_NO_JSON if settings is None else _NO_PROVIDER)
    errors = _config_errors(settings) if settings or routed else []
    if errors:
        return _refusal("Invalid config passed", *errors)
    if not settings or not (routed or settings.keys() & {"provider", "virtual_key", "targets"}):
        return _refusal(_NO_PROVIDER)
    return None


def _config_errors(config: Any) -> list[str]:
    if not is_object(config):
        return [f"path: , message: Expected object, received {_kind(config)}"]
    complete = (
        {"provider", "api_key"} <= config.keys()
        or {"strategy", "targets"} <= config.keys()
        or bool(config.keys() & {"virtual_key", "cache", "retry", "request_timeout"})
        # Azure's credential may also be a token, or come from the machine's identity.
        or (config.get("provider") == "azure-openai" and bool(config.get("azure_auth_mode")))
    )
    if not complete:
        return [_INCOMPLETE]
    errors: list[str] = []
    match config:
        case {"strategy": {"mode": mode}} if mode not in _MODES:
            allowed = ", ".join(_MODES)
            errors.append(
                f"path: strategy,mode, message: Invalid 'mode' value. Must be one of: {allowed}"
            )
        case _:
            pass
    match config:
        case {"retry": {"attempts": int() | float()}}:
            pass
        case {"retry": {"attempts": attempts}}:
            said = f"Expected number, received {_kind(attempts)}"
            errors.append(f"path: retry,attempts, message: {said}")
        case {"retry": _}:
            errors.append("path: retry,attempts, message: Required")
        case _:
            pass
    host = config.get("custom_host")
    if host is not None and not (isinstance(host, str) and _is_allowed(host)):
        errors.append("path: custom_host, message: Invalid custom host")
    return errors


def _kind(value: object) -> str:
    """The type of a JSON value, as JavaScript has them."""
    return type_name(value).replace("integer", "number")


def _is_allowed(url: str) -> bool:
    """Whether the gateway dials the host: public names, and this machine itself."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or port == 0 or "@" in parts.netloc:
        return False
    if host in _LOCAL_HOSTS or host.endswith(".localhost"):
        return True
    if "api.portkey" in url or host.endswith(_PRIVATE_SUFFIXES):
        return False
    try:
        address = ip_address(host)
    except ValueError:
        return True
    return isinstance(address, IPv4Address) and address.is_global
