"""What the package logs, free of credentials: requests and answers at DEBUG, retries at INFO."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from portkey_async._secrets import Redactor

_logger = logging.getLogger("portkey_async")

#: The only headers that are ever logged.
_LOGGED = (
    "openai-beta",
    "retry-after",
    "x-portkey-cache-status",
    "x-portkey-provider",
    "x-portkey-retry-attempt-count",
    "x-portkey-trace-id",
    "x-request-id",
)


def log_request(
    method: str, url: str, headers: Mapping[str, str], *, attempt: int, redact: Redactor
) -> None:
    """Log an attempt that is about to be made."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug(redact(f"{method} {url}, attempt {attempt}{_shown(headers)}"))


def log_response(
    status: int, headers: Mapping[str, str], *, elapsed: float, redact: Redactor
) -> None:
    """Log an answer that came *elapsed* seconds after its call began."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug(redact(f"{status} after {elapsed:.3f} s{_shown(headers)}"))


def log_retry(method: str, url: str, error: Exception, *, wait: float, redact: Redactor) -> None:
    """Log that another attempt follows in *wait* seconds."""
    if _logger.isEnabledFor(logging.INFO):
        _logger.info(redact(f"{method} {url} again in {wait:.2f} s: {error}"))


def _shown(headers: Mapping[str, str]) -> str:
    return "".join(f", {name}: {headers[name]}" for name in _LOGGED if name in headers)
