"""What the package logs, free of credentials: requests and responses at DEBUG, retries at INFO."""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Mapping

from portkey_async._options.options import Options
from portkey_async._secrets import Redactor

from .request import Request
from .response import Response
from .text import clean

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


def log_request(request: Request, options: Options, attempt: int) -> None:
    """Log an attempt that is about to be made."""
    if _logger.isEnabledFor(logging.DEBUG):
        headers = ChainMap(options.headers, dict(request.headers))
        call = f"{request.method} {request.url(options)}, attempt {attempt}"
        _logger.debug(clean(options.redact(f"{call}{_shown(headers)}")))


def log_response(response: Response, *, elapsed: float, redact: Redactor) -> None:
    """Log a response that came *elapsed* seconds after its call began."""
    if _logger.isEnabledFor(logging.DEBUG):
        shown = _shown(response.headers)
        _logger.debug(clean(redact(f"{response.status} after {elapsed:.3f} s{shown}")))


def log_retry(request: Request, options: Options, error: Exception, delay: float) -> None:
    """Log that another attempt follows in *delay* seconds."""
    if _logger.isEnabledFor(logging.INFO):
        call = f"{request.method} {request.url(options)}"
        _logger.info(clean(options.redact(f"{call} again in {delay:.2f} s: {error}")))


def _shown(headers: Mapping[str, str]) -> str:
    return "".join(f", {name}: {headers[name]}" for name in _LOGGED if name in headers)


def log_left(run_id: str | None, error: BaseException, redact: Redactor) -> None:
    """Log that a run that was left could not be cancelled."""
    which = f"run {run_id}" if run_id else "a run that was being created"
    reason = clean(redact(str(error) or type(error).__name__))
    _logger.warning("%s was left and not cancelled; it may go on: %s", which, reason)
