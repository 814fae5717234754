"""A mocked wire: what the client sent, in order, and a server to answer it."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import signature
from typing import Any
from unittest.mock import Mock, patch
from urllib.parse import parse_qsl, urlsplit

import attrs
from aiohttp import ClientResponse, ServerDisconnectedError
from aioresponses import CallbackResult, aioresponses
from multidict import CIMultiDict
from yarl import URL


class _Response(ClientResponse):
    """A response as aioresponses makes it: since aiohttp 3.14, one needs a stream writer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0)} | kwargs)


@contextmanager
def mocked_wire() -> Iterator[aioresponses]:
    """Have the sessions of aiohttp answer what a test says; nothing goes over a network."""
    current = "stream_writer" in signature(ClientResponse.__init__).parameters
    response = _Response if current else ClientResponse
    with patch("aioresponses.core.ClientResponse", response), aioresponses() as mock:
        yield mock


@attrs.frozen
class Sent:
    """A request as it was handed to aiohttp."""

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | None
    settings: Mapping[str, Any] = attrs.field(repr=False)
    at: float = attrs.field(factory=lambda: asyncio.get_running_loop().time())

    @property
    def path(self) -> str:
        """The path, percent-encoded as it was sent."""
        return urlsplit(self.url).path

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body or b"null")

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))


#: Answers a request, or raises what aiohttp would.
Answer = Callable[[Sent], Awaitable[CallbackResult]]


def reply(
    status: int = 200,
    payload: Any = None,
    *,
    body: bytes = b"",
    after: float = 0.0,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make an answer.

    Args:
        status: The HTTP status.
        payload: The JSON body; None for *body*.
        body: The body as it is.
        after: Seconds until it comes.
        headers: Besides the content type.
    """

    async def answer(_sent: Sent) -> CallbackResult:
        if after:
            await asyncio.sleep(after)
        return CallbackResult(
            status=status, payload=payload, body=body, headers=CIMultiDict(headers or {})
        )

    return answer


def lost(error: Exception, *, after: float = 0.0) -> Answer:
    """Make an answer that never comes, for the reason that aiohttp gives."""

    async def answer(_sent: Sent) -> CallbackResult:
        if after:
            await asyncio.sleep(after)
        raise error

    return answer


def failing(status: int = 0, headers: Mapping[str, str] | None = None, code: str = "") -> Answer:
    """Make a failed answer: a status, or for 0 a lost connection."""
    if not status:
        return lost(ServerDisconnectedError())
    return reply(status, {"error": {"message": "no", "code": code or None}}, headers=headers)


async def gone(sent: Sent) -> CallbackResult:
    """Answer as the API does that has no such object."""
    name = sent.path.rpartition("/")[2]
    error = {"message": f"No object found with id '{name}'.", "code": None}
    return CallbackResult(status=404, payload={"error": error})


def one_by_one(*answers: Answer) -> Answer:
    """Answer the first request with the first, and so on; no further request is expected."""
    left: Iterator[Answer] = iter(answers)

    async def answer(sent: Sent) -> CallbackResult:
        following = next(left, None)
        assert following is not None, f"an unexpected request: {sent}"
        return await following(sent)

    return answer


def serve(mocked: aioresponses, answer: Answer) -> list[Sent]:
    """Have *answer* answer every request.

    Returns:
        What was sent, in order, growing as it is.
    """
    sent: list[Sent] = []

    def handler(method: str) -> Callable[..., Awaitable[CallbackResult]]:
        async def handle(url: URL, **settings: Any) -> CallbackResult:
            one = Sent(method, str(url), settings["headers"], settings.get("data"), settings)
            sent.append(one)
            return await answer(one)

        return handle

    for method in ("GET", "POST", "DELETE"):
        mocked.add(re.compile(".*"), method, callback=handler(method), repeat=True)
    return sent
