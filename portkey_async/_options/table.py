"""The table of options: each argument of the client, its check, its header, whether it is secret.

A new header is one line here, and an argument in the signatures that type checkers read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from . import checks


@attrs.frozen
class Option:
    """One argument of the client.

    Attributes:
        check: From the argument's name and value to the value of the header (None: not sent) or
            to the setting. Raises `ConfigurationError`.
        header: The header that it becomes; None for a setting of the client itself.
        secret: Whether the value is a credential. What stands under a secret name inside any
            value is one as well.
        variable: The environment variable that is read where the argument is not given.
        routes: Whether it tells one caller, or one upstream, from another.
        derivable: Whether `with_options` takes it. The others belong to the shared connections.
        optional: Whether None stands for nothing. It does for every header.
    """

    check: Callable[[str, object], object]
    header: str | None = None
    secret: bool = attrs.field(default=False, kw_only=True)
    variable: str | None = attrs.field(default=None, kw_only=True)
    routes: bool = attrs.field(default=False, kw_only=True)
    derivable: bool = attrs.field(default=True, kw_only=True)
    optional: bool = attrs.field(default=False, kw_only=True)

    @property
    def nullable(self) -> bool:
        """Whether None stands for nothing, as it does for every header."""
        return self.optional or self.header is not None


OPTIONS: Final[dict[str, Option]] = {
    "api_key": Option(
        checks.key, "x-portkey-api-key", secret=True, routes=True, variable="PORTKEY_API_KEY"
    ),
    "virtual_key": Option(
        checks.key,
        "x-portkey-virtual-key",
        secret=True,
        routes=True,
        variable="PORTKEY_PROVIDER_VIRTUAL_KEY",
    ),
    "provider": Option(checks.key, "x-portkey-provider", routes=True),
    "authorization": Option(checks.authorization, "authorization", secret=True, routes=True),
    "config": Option(checks.config, "x-portkey-config", routes=True),
    "custom_host": Option(checks.url, "x-portkey-custom-host", routes=True),
    "base_url": Option(checks.url, variable="PORTKEY_BASE_URL"),
    "trace_id": Option(checks.line, "x-portkey-trace-id"),
    "metadata": Option(checks.mapping, "x-portkey-metadata"),
    "forward_headers": Option(checks.names, "x-portkey-forward-headers"),
    "request_timeout": Option(checks.milliseconds, "x-portkey-request-timeout"),
    "cache_force_refresh": Option(checks.presence, "x-portkey-cache-force-refresh"),
    "cache_namespace": Option(checks.line, "x-portkey-cache-namespace"),
    "strict_open_ai_compliance": Option(checks.flag, "x-portkey-strict-open-ai-compliance"),
    "headers": Option(checks.headers, optional=True),
    "query": Option(checks.query, optional=True),
    "proxy": Option(checks.proxy, optional=True, derivable=False),
    "trust_env": Option(checks.boolean, derivable=False),
    "ssl_context": Option(checks.ssl_context, optional=True, derivable=False),
    "timeout": Option(checks.timeout),
    "retry": Option(checks.retry),
    "max_connections": Option(checks.positive, derivable=False),
    "max_response_bytes": Option(checks.positive),
    "validate_requests": Option(checks.boolean),
    "session": Option(checks.anything, optional=True, derivable=False),
}
