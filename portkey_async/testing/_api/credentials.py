"""The credential that a request carries, wherever the gateway would find it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from .gateway import is_addressed_directly

_TOKEN_HEADER: Final = "x-portkey-azure-ad-token"  # noqa: S105  # the name of a header
_AZURE: Final = "azure-openai"


class _Target(NamedTuple):
    """Where a request is routed, and with which credentials of the route's own."""

    provider: str
    key: str
    token: str


def given_credential(headers: Mapping[str, str]) -> str:
    """The credential of a request, or an empty string; Portkey's own key counts first."""
    return headers.get("x-portkey-api-key") or _of_provider(headers)


def lacks_credential(headers: Mapping[str, str]) -> bool:
    """Whether the route names a bare provider, and nothing carries the provider's credential."""
    provider = headers.get("x-portkey-provider", "")
    elsewhere = ("x-portkey-virtual-key", "x-portkey-config", "Authorization")
    is_bare = bool(provider) and not provider.startswith("@")
    return is_bare and not any(map(headers.get, elsewhere)) and not _of_provider(headers)


def _of_provider(headers: Mapping[str, str]) -> str:
    """The credential that the gateway passes on, or that came without a gateway in between.

    The gateway makes a Bearer of what its route holds, and for Azure of a token; but the request's
    own `Authorization` takes its place. A key for Azure goes in `api-key`.
    """
    own = headers.get("Authorization", "")
    key = headers.get("api-key", "")
    if not is_addressed_directly(headers):
        return _bearer(own) or key or headers.get(_TOKEN_HEADER, "").removeprefix("Bearer ")
    target = _target(headers)
    if target.provider != _AZURE:
        return (_bearer(own) or key) if own else target.key
    if target.token and not own:
        return target.token.removeprefix("Bearer ")
    return _bearer(own) or key or ("" if target.token else target.key)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _target(headers: Mapping[str, str]) -> _Target:
    """The target that a config names, the first of several; without one, the headers' own."""
    try:
        config = msgspec.json.decode(headers.get("x-portkey-config", ""), type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        config = {}
    match config:
        case {"targets": [{"provider": str()} as target, *_]} | ({"provider": str()} as target):
            fields = (target.get(name) for name in ("provider", "api_key", "azure_ad_token"))
            return _Target(*(value if isinstance(value, str) else "" for value in fields))
        case _:
            names = ("x-portkey-provider", "Authorization", _TOKEN_HEADER)
            return _Target(*(headers.get(name, "") for name in names))
