"""Which proxy a request goes through: as the caller says, or as the environment does."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import attrs

from portkey_async._options import checks
from portkey_async._secrets import Secret


@attrs.frozen
class Proxy:
    """A proxy.

    Attributes:
        url: Where it is, without credentials.
        authorization: What `Proxy-Authorization` says; None for a proxy that asks for nothing.
    """

    url: str
    authorization: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Proxies:
    """Which requests go through which proxy.

    Attributes:
        every: The proxy of every request, if there is one.
        by_scheme: The proxies of the environment.
    """

    every: Proxy | None = None
    by_scheme: Mapping[str, Proxy] = attrs.field(factory=dict[str, Proxy])

    def of(self, url: str) -> Proxy | None:
        """Give the proxy for a URL; None for none."""
        if self.every is not None or not self.by_scheme:
            return self.every
        parts = urlsplit(url)
        if proxy_bypass(parts.netloc):
            return None
        return self.by_scheme.get(parts.scheme)


NO_PROXIES: Final = Proxies()


def proxies(proxy: str | None, *, trust_env: bool) -> Proxies:
    """Read the settings of a client that name proxies.

    Args:
        proxy: A URL, or None.
        trust_env: Whether `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are heeded, where no proxy
            is given. A netrc file is not.

    Raises:
        ConfigurationError: A URL cannot be used.
    """
    if proxy is not None:
        return Proxies(every=_proxy("proxy", proxy))
    if not trust_env:
        return NO_PROXIES
    environment = getproxies_environment()
    by_scheme = {
        scheme: _proxy(f"{scheme.upper()}_PROXY", _with_scheme(environment[scheme]))
        for scheme in ("http", "https")
        if environment.get(scheme)
    }
    return Proxies(by_scheme=by_scheme)


def _with_scheme(url: str) -> str:
    """Complete `proxy.example:3128`, as curl does."""
    return url if "://" in url else f"http://{url}"


def _proxy(name: str, value: str) -> Proxy:
    parts = urlsplit(checks.proxy(name, value))
    where = parts.netloc.rpartition("@")[2]
    if parts.username is None:
        return Proxy(f"{parts.scheme}://{where}")
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    encoded = base64.b64encode(login.encode()).decode()
    return Proxy(f"{parts.scheme}://{where}", Secret(f"Basic {encoded}"))
