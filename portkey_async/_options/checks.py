"""The checks of a client's arguments: each gives the value of a header, or a setting."""

from __future__ import annotations

import datetime as dt
import json
import re
import ssl
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias, cast
from urllib.parse import urlsplit

from portkey_async._errors import ConfigurationError, InvalidRequestError
from portkey_async._json import plain
from portkey_async._secrets import Secret, is_secret_name
from portkey_async._types import is_mapping

from .policies import RetryPolicy, Timeout

#: A function or async function that gives the provider's credential.
TokenFunction: TypeAlias = Callable[[], str | Awaitable[str]]

_LONGEST = 2**31 - 1  # milliseconds that a timer of the gateway can hold
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: They say where a message ends (RFC 9112, section 6) or concern one connection (RFC 9110, 7.6.1).
_FRAMING: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def text(name: str, value: object) -> str:
    """Check a text that is not empty."""
    given = _str(name, value)
    if not given.strip():
        raise ConfigurationError(f"{name} is empty; leave it out, or give a value")
    return given


def line(name: str, value: object) -> str:
    """Check a text that a header can carry."""
    return sendable(name, text(name, value))


def key(name: str, value: object) -> str:
    """Check a credential, or the name of what holds one: printable ASCII without spaces."""
    given = line(name, value)
    if bad := re.search(r"[^\x21-\x7e]", given):
        raise ConfigurationError(
            f"{name} holds {_character(bad)}, which is left from copying, perhaps; take it out"
        )
    return given


def authorization(name: str, value: object) -> str | TokenFunction:
    """Check the provider's credential, or the function that gives it."""
    return cast("TokenFunction", value) if callable(value) else bearer(name, value)


def bearer(name: str, value: object) -> str:
    """Check the provider's credential, with or without `Bearer ` in front."""
    given = line(name, value)
    token = re.sub(r"^bearer(\s+|$)", "", given.rstrip(" "), flags=re.IGNORECASE)
    if bad := re.search(r"[^\x21-\x7e]|^$", token):
        found = f"it holds {_character(bad)}" if token else "there is none"
        raise ConfigurationError(
            f"{name} is not a single token: {found}; give the provider's credential, with or "
            "without 'Bearer ' in front"
        )
    return f"Bearer {token}"


def _character(found: re.Match[str]) -> str:
    char = found[0]
    name = unicodedata.name(char, "a control character")
    return f"U+{ord(char):04X} ({name.lower()}) at position {found.start()}"


def mapping(name: str, value: object) -> str:
    """Check a mapping, and encode it as JSON in ASCII."""
    if not is_mapping(value):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a mapping")
    try:
        return json.dumps(plain(value, name), separators=(",", ":")).replace("\x7f", "\\u007f")
    except InvalidRequestError as error:
        raise ConfigurationError(str(error)) from None
    except RecursionError:
        raise ConfigurationError(f"{name} is nested too deeply, or contains itself") from None


def config(name: str, value: object) -> str:
    """Check a config: its id, or the config itself as a mapping or as JSON text."""
    if is_mapping(value):
        return mapping(name, value)
    given = text(name, value)
    if not given.lstrip().startswith(("{", "[", '"')):
        return key(name, given)
    try:
        parsed = json.loads(given)
    except (ValueError, RecursionError):
        parsed = None
    if not is_mapping(parsed):
        raise ConfigurationError(
            f"{name} is neither an id nor a JSON object; give a mapping, which is encoded for you"
        )
    return mapping(name, parsed)


def names(name: str, value: object) -> str:
    """Check names of headers."""
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


def milliseconds(name: str, value: object) -> str:
    """Check a length of time."""
    if isinstance(value, dt.timedelta):
        value = round(value / dt.timedelta(milliseconds=1))
    if type(value) is not int or not 1 <= value <= _LONGEST:
        raise ConfigurationError(
            f"{name} must be a whole number of milliseconds, at least 1 and at most {_LONGEST}, or "
            "a timedelta"
        )
    return str(value)


def flag(name: str, value: object) -> str:
    """Check a switch that is always sent."""
    return "true" if boolean(name, value) else "false"


def presence(name: str, value: object) -> str | None:
    """Check a switch that is sent only if it is on."""
    # The gateway asks whether the header is there, not what it says: false must not be sent.
    return "true" if boolean(name, value) else None


def url(name: str, value: object) -> str:
    """Check the URL of a gateway or an upstream."""
    given = text(name, value)
    try:
        parts = urlsplit(given)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")  # as the resolver will; empty or overlong labels fail
    except ValueError:
        parts, valid = urlsplit(""), False
    if not valid or re.search(r"[^\x21-\x7e]|\\", given):
        raise ConfigurationError(
            f"{name} is not a URL such as https://host/v1: check scheme, host and port, and "
            "write it in ASCII"
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"{name} holds a user or password; use api_key or authorization")
    if parts.query or parts.fragment or given.endswith(("?", "#")):
        instead = "; give query={...} beside it" if name.startswith("base_url") else ""
        raise ConfigurationError(f"{name} must not hold a query or a fragment{instead}")
    return given.rstrip("/")


def sendable(name: str, value: str) -> str:
    """Refuse what would end the header early, or cannot be encoded."""
    if bad := re.search(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]", value):
        raise ConfigurationError(
            f"{name} holds a control character, {_character(bad)}, which no header can carry; "
            "strip it"
        )
    return value


def headers(name: str, value: object) -> dict[str, str | None]:
    """Check headers of the caller's own; None takes one away."""
    checked: dict[str, str | None] = {}
    for given, item in _items(name, value):
        header = _token(name, given).lower()
        where = f"{name}[{given!r}]"
        if header in _FRAMING:
            raise ConfigurationError(f"{where} frames the message, which is left to the client")
        if header in checked:
            raise ConfigurationError(f"{where} is given twice; case makes no difference")
        checked[header] = None if item is None else _header(where, header, item)
    return checked


def _header(where: str, header: str, value: object) -> str:
    if header == "x-portkey-config":
        return config(where, value)
    given = sendable(where, _str(where, value))
    if is_secret_name(header) and (bad := re.search(r"[^\x20-\x7e]|^ | $", given)):
        raise ConfigurationError(
            f"{where} holds {_character(bad)}, which is left from copying, perhaps; take it out"
        )
    return given


def query(name: str, value: object) -> dict[str, str | None]:
    """Check default query parameters; None takes one away."""
    checked: dict[str, str | None] = {}
    for given, item in _items(name, value):
        parameter = text(f"a name in {name}", given)
        where = f"{name}[{parameter!r}]"
        checked[parameter] = None if item is None else _str(where, item)
        if re.search(r"[\ud800-\udfff]", f"{parameter}{item}"):
            raise ConfigurationError(f"{where} holds a lone surrogate, which no URL can carry")
    return checked


def _items(name: str, value: object) -> Iterable[tuple[object, object]]:
    if not is_mapping(value):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a mapping")
    return value.items()


def _str(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} is of type {type(value).__name__}; it must be a str")
    return value


def timeout(name: str, value: object) -> Timeout:
    """Check a timeout."""
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


def retry(name: str, value: object) -> RetryPolicy:
    """Check a retry policy."""
    if not isinstance(value, RetryPolicy):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a RetryPolicy: RetryPolicy(attempts=1) for none"
        )
    return value


def positive(name: str, value: object) -> int:
    """Check a count."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number, at least 1")
    return value


def boolean(name: str, value: object) -> bool:
    """Check a switch."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} is {value!r}; it must be True or False")
    return value


def proxy(name: str, value: object) -> str:
    """Check the URL of a proxy; it may hold a user and a password, so it is not shown."""
    given = line(name, value)
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    clear = given.isascii() and given.isprintable() and not set(" \\") & set(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or not clear:
        raise ConfigurationError(
            f"{name} is not the URL of a proxy, such as http://proxy.example:3128: check scheme "
            "(http or https; no SOCKS), host and port"
        )
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must hold no path, query or fragment")
    return Secret(given)


def ssl_context(name: str, value: object) -> ssl.SSLContext:
    """Check a TLS context."""
    if not isinstance(value, ssl.SSLContext):
        kind = type(value).__name__
        raise ConfigurationError(f"{name} is of type {kind}; it must be an ssl.SSLContext")
    return value


def anything(_name: str, value: object) -> object:
    """Leave the check to what uses the argument."""
    return value
