"""Answers as the session gives them, and the errors that are read from them."""

from __future__ import annotations

from multidict import CIMultiDict

from portkey_async import APIStatusError
from portkey_async._options.options import Options
from portkey_async._transport.request import Request
from portkey_async._transport.response import Response
from portkey_async._transport.status_errors import status_error

#: When every answer comes: Tue, 14 Nov 2023 22:13:20 GMT.
NOW = 1_700_000_000.0
GET = Request("GET", "/assistants/asst_1")
LIST = Request("GET", "/assistants")

#: The body of an error as OpenAI writes it.
OPENAI = {
    "error": {
        "message": "No assistant found with id 'asst_1'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
}


def answer(status: int, body: bytes | str = b"", **headers: str) -> Response:
    """Make an answer; an underscore in the name of a header stands for a dash."""
    given = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(status, given, body.encode() if isinstance(body, str) else body)


def error_of(
    response: Response, request: Request = GET, options: Options | None = None
) -> APIStatusError:
    """Read a response as the call does."""
    return status_error(request, response, options or Options(), NOW)
