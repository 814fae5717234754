"""The arguments of a client, one at a time: each checked, and turned into what is sent."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast
from urllib.parse import urlsplit

from portkey_async._errors import ConfigurationError, InvalidRequestError
from portkey_async._json import plain
from portkey_async._secrets import Sealed
from portkey_async._types import is_mapping

from .policies import RetryPolicy, Timeout

_LONGEST = 2**31 - 1  # milliseconds that a timer of the gateway can hold
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a str")
    if not value.strip():
        raise ConfigurationError(f"{name} is empty; leave it out, or give a value")
    return value


def _bearer(name: str, value: object) -> str:
    text = sendable(name, _text(name, value))
    words = text.split()
    token = words.pop()
    scheme = [word.lower() for word in words]
    if text[0].isspace() or scheme not in ([], ["bearer"]) or token.lower() == "bearer":
        raise ConfigurationError(
            f"{name} is not a single token; give the provider's credential, with or without "
            "'Bearer ' in front"
        )
    return f"Bearer {token}"


def _json(name: str, value: object) -> str:
    if not is_mapping(value):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a mapping")
    try:
        return json.dumps(plain(value, name), separators=(",", ":"))
    except InvalidRequestError as error:
        raise ConfigurationError(str(error)) from None
    except RecursionError:
        raise ConfigurationError(f"{name} is nested too deeply, or contains itself") from None


def _config(name: str, value: object) -> str:
    return _json(name, value) if is_mapping(value) else _text(name, value)


def _names(name: str, value: object) -> str:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ConfigurationError(f"{name} must be a list of header names, such as ['x-tenant']")
    names = [_token(name, item) for item in cast("Iterable[object]", value)]
    if not names:
        raise ConfigurationError(f"{name} is empty; leave it out, or give header names")
    if "x-portkey-forward-headers" in map(str.lower, names):
        raise ConfigurationError(f"{name} must not name x-portkey-forward-headers itself")
    return ",".join(names)


def _token(name: str, value: object) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise ConfigurationError(
            f"{name} holds something that is no header name: letters, digits and dashes"
        )
    return value


def _milliseconds(name: str, value: object) -> str:
    if isinstance(value, dt.timedelta):
        value = round(value / dt.timedelta(milliseconds=1))
    if type(value) is not int or not 1 <= value <= _LONGEST:
        raise ConfigurationError(
            f"{name} must be a whole number of milliseconds, at least 1 and at most {_LONGEST}, or "
            "a timedelta"
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
        (parts.hostname or "").encode("idna")  # as the resolver will; empty or overlong labels fail
    except ValueError:
        parts, valid = urlsplit(""), False
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


def sendable(name: str, value: str) -> str:
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
    if not is_mapping(value):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a mapping")
    checked: Sealed[str] = Sealed()
    for key, item in value.items():
        header = _token(name, key)
        where = f"{name}[{header!r}]"
        if not isinstance(item, str):
            kind = type(item).__name__
            raise ConfigurationError(f"{where} is of type {kind}; it must be a str")
        checked[header.lower()] = sendable(where, item)
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


#: From an argument to the value of its header; None for one that is not sent.
ENCODERS: Final[Mapping[str, Callable[[str, object], str | None]]] = {
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
#: From an argument to the setting it stands for.
CHECKS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "headers": _headers,
    "base_url": _url,
    "timeout": _timeout,
    "retry": _retry,
    "max_response_bytes": _positive,
    "validate_requests": _boolean,
}
