"""Every error that this package raises.

PortkeyError
├── ConfigurationError (ValueError)      InvalidRequestError (ValueError)
├── ClientClosedError (RuntimeError)
├── APIError                             a call went wrong
│   ├── APIConnectionError               no usable response came
│   │   └── APITimeoutError (TimeoutError)
│   ├── APIStatusError                   a response that is no success
│   │   ├── BadRequestError 400          │   └── ActiveRunError
│   │   ├── AuthenticationError 401
│   │   ├── PermissionDeniedError 403    ├── NotFoundError 404
│   │   ├── ConflictError 409            ├── UnprocessableEntityError 422
│   │   ├── RateLimitError 429           └── InternalServerError 5xx
│   ├── APIResponseValidationError       a success that is not what was specified
│   ├── RunFailedError                   a run has ended, or stopped, without being completed
│   ├── RunStreamError                   an error that a stream of a run reported
│   └── RunTimeoutError (TimeoutError)   a run that took too long
├── InvalidFunctionCallError (ValueError)
└── PaginationError
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._models.runs import Run


class PortkeyError(Exception):
    """The base of all errors of this package.

    Attributes:
        cursor: On an error raised while walking a list: `list(after=cursor)`, or
            `list(before=cursor)` when walking backward, goes on with nothing lost or repeated.
            None means from the start.
        may_have_executed: False only where the server surely did not act: nothing was sent, or
            what was sent was refused.
        run: The run that the error is about, as it was last seen; None where there is none.
    """

    cursor: str | None = None
    may_have_executed: bool = False
    run: Run | None = None


class ConfigurationError(PortkeyError, ValueError):
    """An argument of the client or its session cannot be used, or a second event loop uses it."""


class InvalidRequestError(PortkeyError, ValueError):
    """An argument of a call cannot be sent. Nothing was sent."""


class ClientClosedError(PortkeyError, RuntimeError):
    """The client was closed before or during the call."""


class PaginationError(PortkeyError):
    """The server's pages would go round for ever, or repeat what was handed out already."""


class InvalidFunctionCallError(PortkeyError, ValueError):
    """The model called a function with arguments that it does not take. Nothing was called."""


class APIError(PortkeyError):
    """A call went wrong.

    Attributes:
        method: The HTTP method.
        url: The URL.
        trace_id: Portkey's trace id: the response's, else the one that was sent.
        request_id: The id that the upstream or Portkey gave the request.
        attempts: How many times the request was sent, or tried to be.
        elapsed: Seconds from the call to the error.
    """

    method: str = ""
    url: str = ""
    trace_id: str | None = None
    request_id: str | None = None
    attempts: int = 0
    elapsed: float = 0.0
    may_have_executed: bool = True

    def __init__(self, message: str = "", *, may_have_executed: bool = True) -> None:
        """Make the error; the call that fails fills in the rest."""
        super().__init__(message)
        self.message = message
        self.may_have_executed = may_have_executed

    def __str__(self) -> str:
        """Tell what went wrong, in which call, and whether it may have been carried out."""
        call = f"{self.method} {self.url}" if self.method else ""
        tries = f"{self.attempts} attempts" if self.attempts > 1 else ""
        trace = f"trace id {self.trace_id}" if self.trace_id else ""
        doubt = "may have been executed" if self.method == "POST" and self.may_have_executed else ""
        context = ", ".join(filter(None, (call, tries, trace, doubt)))
        return f"{self.message} ({context})" if context else self.message


class APIConnectionError(APIError):
    """No usable response came: not connected, or the connection was lost.

    Attributes:
        proxy_status: The status with which a proxy refused the tunnel; None where none did.
    """

    proxy_status: int | None = None


class APITimeoutError(APIConnectionError, TimeoutError):
    """No response came in time."""


class APIResponseValidationError(APIError):
    """The server responded with a success that is not what the specification says.

    Attributes:
        path: Where, as a JSON path: `$.data[3].id`.
        status: The HTTP status.
        body: The payload, as far as it could be read: parsed if it is JSON, else text.
    """

    def __init__(
        self, message: str = "", *, path: str = "$", status: int = 200, body: Any = None
    ) -> None:
        """Make the error; the call that fails fills in the rest."""
        super().__init__(message)
        self.path, self.status, self.body = path, status, body


class RunFailedError(APIError):
    """A run is not completed: it failed, was cancelled, has expired, or goes on. See `.run`."""

    def __init__(self, message: str = "", *, run: Run | None = None) -> None:
        """Make the error of a run."""
        super().__init__(message)
        self.run = run


class RunStreamError(APIError):
    """A stream of a run reported an error, or its text does not go on from what was given.

    Attributes:
        code: The error's code, if any.
    """

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        """Make the error; the stream fills in the rest."""
        super().__init__(message)
        self.code = code


class RunTimeoutError(APIError, TimeoutError):
    """A run was not done within `run_timeout`."""


class APIStatusError(APIError):
    """The server responded with an error, or with a redirect, which is never followed.

    Attributes:
        status: The HTTP status.
        message: What the server says is wrong.
        code: The error's code, if any.
        type: The error's type, if any.
        param: The argument that is wrong, if the server names one.
        body: The body: parsed if it is JSON, else text.
        headers: The response headers, case-insensitive.
        retry_after: Seconds that the server asks to wait; None where it does not ask.
    """

    def __init__(  # noqa: PLR0913  # what a response consists of
        self,
        message: str = "",
        *,
        status: int = 0,
        code: str | None = None,
        type: str | None = None,  # noqa: A002  # the API's name
        param: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        may_have_executed: bool = True,
    ) -> None:
        """Make the error; the call that fails fills in the rest."""
        super().__init__(message, may_have_executed=may_have_executed)
        self.status, self.code, self.type, self.param = status, code, type, param
        self.headers: Mapping[str, str] = headers or {}
        self.body, self.retry_after = body, retry_after

    @property
    def status_code(self) -> int:
        """The status, by the name that the official SDKs use."""
        return self.status

    def __str__(self) -> str:
        """Put the status in front."""
        return f"{self.status} {super().__str__()}"


class BadRequestError(APIStatusError):
    """400: the request is not what the server accepts."""


class ActiveRunError(BadRequestError):
    """400: the thread has a run that is active, and takes no message and no other run meanwhile.

    Attributes:
        run_id: The run; None where the server does not say.
    """

    run_id: str | None = None


class AuthenticationError(APIStatusError):
    """401: a credential is missing or wrong."""


class PermissionDeniedError(APIStatusError):
    """403: the credential does not allow this."""


class NotFoundError(APIStatusError):
    """404: there is no such object, or no such endpoint."""


class ConflictError(APIStatusError):
    """409: the object is being changed by somebody else."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed but makes no sense to the server."""


class RateLimitError(APIStatusError):
    """429: too many requests, or a quota is used up; `.retry_after` says how long to wait."""


class InternalServerError(APIStatusError):
    """5xx: the server, the gateway or the way to the upstream failed."""


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error_class(status: int) -> type[APIStatusError]:
    """Give the class for a status that is no success."""
    if status >= 500:
        return InternalServerError
    return _BY_STATUS.get(status, APIStatusError)
