"""One exchange with the raw server, and the means to spoil it."""

import asyncio
import json
import zlib
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus

import attrs
from faults.backend import Backend, Payload
from support.raw_server import Connection, RawRequest


@attrs.frozen
class Exchange:
    """A request that waits for its answer; *request* is None where it was not read yet."""

    connection: Connection
    backend: Backend
    request: RawRequest | None = None
    elsewhere: str = ""

    def execute(self) -> Payload:
        """Do what was asked for and return the payload of the right answer."""
        return self._execute()[1]

    def right_answer(self) -> bytes:
        """Do what was asked for and return the whole right answer."""
        status, payload = self._execute()
        return message(status, json_bytes(payload))

    async def answer_well(self) -> None:
        """Do what was asked for and say so."""
        await self.connection.send(self.right_answer())

    def _execute(self) -> tuple[int, Payload]:
        assert self.request is not None, "nothing was read yet"
        return self.backend.execute(self.request)


def json_bytes(value: object) -> bytes:
    """*value* as JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


def head(status: int, *fields: str) -> bytes:
    """A status line and header *fields*, up to and with the empty line."""
    known = {known.value: known.phrase for known in HTTPStatus}
    lines = [f"HTTP/1.1 {status} {known.get(status, 'Unknown')}", *fields, "", ""]
    return "\r\n".join(lines).encode()


def message(status: int, body: bytes, *fields: str, type_: str = "application/json") -> bytes:
    """A whole response with a length; an empty *type_* sends no content type."""
    typed = [f"Content-Type: {type_}"] if type_ else []
    return head(status, f"Content-Length: {len(body)}", *typed, *fields) + body


def chunked(body: bytes, size: int = 64) -> bytes:
    """*body* in chunks of *size*, with the last, empty one."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def gzipped(body: bytes) -> bytes:
    """*body* as a gzip stream."""
    return zlib.compress(body, wbits=31)


async def answer(
    spoil: Callable[[Payload], bytes],
    exchange: Exchange,
    *fields: str,
    status: int = 200,
    type_: str = "application/json",
) -> None:
    """Act, then answer with what *spoil* makes of the right payload."""
    body = spoil(exchange.execute())
    await exchange.connection.send(message(status, body, *fields, type_=type_))


async def refuse(
    status: int, body: bytes, exchange: Exchange, *fields: str, type_: str = "application/json"
) -> None:
    """Answer without having acted."""
    await exchange.connection.send(message(status, body, *fields, type_=type_))


class Point(Enum):
    """How much of an answer goes out before something happens."""

    NOTHING = "before the answer"
    STATUS_LINE = "in the status line"
    HEADERS = "in the headers"
    HEAD = "between headers and body"
    BODY = "in the body"

    def of(self, answer: bytes) -> bytes:
        """The part of *answer* before this point."""
        start = answer.index(b"\r\n\r\n") + 4
        match self:
            case Point.NOTHING:
                return b""
            case Point.STATUS_LINE:
                return answer[:7]
            case Point.HEADERS:
                return answer[: answer.index(b"\r\n") + 8]
            case Point.HEAD:
                return answer[:start]
            case Point.BODY:
                return answer[: (start + len(answer)) // 2]


class End(Enum):
    """What happens then."""

    CLOSE = "closed"
    RESET = "reset"
    STALL = "stalled"

    async def of(self, connection: Connection) -> None:
        """Let it happen to *connection*."""
        match self:
            case End.CLOSE:
                await connection.close()
            case End.RESET:
                connection.reset()
            case End.STALL:
                await connection.gone()


async def dribble(connection: Connection, data: bytes, seconds: float) -> None:
    """Send *data* byte by byte, *seconds* apart, for as long as the client listens."""
    sending = asyncio.create_task(_send_slowly(connection, data, seconds))
    try:
        await connection.gone()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send_slowly(connection: Connection, data: bytes, seconds: float) -> None:
    for byte in data:
        await connection.send(bytes([byte]))
        await asyncio.sleep(seconds)
