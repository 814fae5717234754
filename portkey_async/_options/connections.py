"""How a client opens its connections: the settings that derived clients share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import ssl

    import aiohttp


@attrs.frozen
class Connections:
    """How connections are opened.

    Attributes:
        max_connections: How many may be open at once.
        proxy: The URL of the proxy for every request; None for none.
        trust_env: Whether HTTP_PROXY, HTTPS_PROXY and NO_PROXY are heeded.
        ssl_context: How servers are verified; None for aiohttp's way.
        session: A session that the caller owns: used, never closed. None for one of our own.
    """

    max_connections: int = 100
    proxy: str | None = None
    trust_env: bool = False
    ssl_context: ssl.SSLContext | None = None
    session: aiohttp.ClientSession | None = None
