"""Faults of the connection and of HTTP itself: no answer, half an answer, no HTTP."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

from faults.exchange import (
    End,
    Exchange,
    Point,
    chunked,
    dribble,
    gzipped,
    head,
    json_bytes,
    message,
)
from faults.fault import At, Fault, Repeat
from support.credentials import API_KEY

from portkey_async import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    InternalServerError,
)

# Connections


async def _close(exchange: Exchange) -> None:
    await exchange.connection.close()


async def _reset(exchange: Exchange) -> None:
    exchange.connection.reset()


async def _refused(dead_port: int) -> int:
    return dead_port


async def _unknown(_dead_port: int) -> int:
    raise OSError("no such host")


async def _never(_dead_port: int) -> int:
    forever: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    return await forever


def connections() -> Iterator[Fault]:
    """Where no request arrives, or nothing tells whether it did."""
    unsent = partial(Fault, "Connection", act=_close, repeat=Repeat.ALL, acted=False, at=At.RESOLVE)
    yield unsent("refused", error=APIConnectionError, resolve=_refused)
    yield unsent("unknown host", error=APIConnectionError, resolve=_unknown)
    # Only the deadline ends it, so there is no time left to repeat anything.
    yield unsent(
        "the name server stalls",
        error=APITimeoutError,
        repeat=Repeat.NONE,
        total=0.7,
        spends_all=True,
        resolve=_never,
    )
    lost = partial(Fault, "Connection", error=APIConnectionError, repeat=Repeat.ALL_BUT_CREATE)
    yield lost("accepted and closed", _close, at=At.ACCEPT)
    yield lost("accepted and reset", _reset, at=At.ACCEPT)
    yield lost("kept alive, then closed at the next request", _close, at=At.REUSED)
    yield lost("kept alive, then reset at the next request", _reset, at=At.REUSED)


# Answers that end too soon


async def cut(point: Point, end: End, exchange: Exchange) -> None:
    """Send the right answer up to *point*, then let *end* happen."""
    await exchange.connection.send(point.of(exchange.right_answer()))
    await end.of(exchange.connection)


async def _cut_chunks(keep: int, exchange: Exchange) -> None:
    body = chunked(json_bytes(exchange.execute()))
    await exchange.connection.send(
        head(200, "Content-Type: application/json", "Transfer-Encoding: chunked") + body[:keep]
    )
    await exchange.connection.close()


async def _cut_gzip(exchange: Exchange, *, length: bool) -> None:
    body = gzipped(json_bytes(exchange.execute()))
    half = body[: len(body) // 2]
    size = len(body) if length else len(half)
    fields = ("Content-Type: application/json", "Content-Encoding: gzip", f"Content-Length: {size}")
    await exchange.connection.send(head(200, *fields) + half)
    await exchange.connection.close()


async def _cut_without_length(exchange: Exchange) -> None:
    body = json_bytes(exchange.execute())
    await exchange.connection.send(head(200, "Content-Type: application/json") + body[:-9])
    await exchange.connection.close()


async def _dribbled(seconds: float, exchange: Exchange) -> None:
    await dribble(exchange.connection, exchange.right_answer(), seconds)


def cuts() -> Iterator[Fault]:
    """Answers that end too soon, or never."""
    for end, point in product(End, Point):
        stalls = end is End.STALL
        yield Fault(
            "Cut",
            f"{end.value} {point.value}",
            partial(cut, point, end),
            APITimeoutError if stalls else APIConnectionError,
            Repeat.ALL_BUT_CREATE,
            read=PATIENCE_SECONDS if stalls else 15.0,
            status_arrives=point in {Point.HEAD, Point.BODY},
        )
    lost = partial(Fault, "Cut", error=APIConnectionError, repeat=Repeat.ALL_BUT_CREATE)
    yield lost("chunks without the last one", partial(_cut_chunks, -5))
    yield lost("inside a chunk", partial(_cut_chunks, 40))
    yield lost("gzip, short of its length", partial(_cut_gzip, length=True))
    stall = partial(Fault, "Cut", error=APITimeoutError)
    yield stall(
        "one byte a second",
        partial(_dribbled, 1.0),
        repeat=Repeat.ALL_BUT_CREATE,
        read=PATIENCE_SECONDS,
    )
    # Never silent for long, so only the deadline ends it.
    yield stall("one byte each 20 ms", partial(_dribbled, 0.02), total=0.7, spends_all=True)
    # Their framing is complete: nothing tells the client that they are cut but their JSON.
    unseen = partial(Fault, "Cut", error=APIResponseValidationError)
    yield unseen("gzip, of the length that was sent", partial(_cut_gzip, length=False))
    yield unseen("no length at all", _cut_without_length)


# Answers that are no HTTP


async def _raw(answer: bytes, exchange: Exchange) -> None:
    exchange.execute()
    await exchange.connection.send(answer)
    await exchange.connection.close()


async def _raw_before(answer: bytes, exchange: Exchange) -> None:
    await exchange.connection.send(answer + exchange.right_answer())


async def _raw_after(answer: bytes, exchange: Exchange) -> None:
    await exchange.connection.send(exchange.right_answer() + answer)


async def _noise_later(exchange: Exchange) -> None:
    await exchange.answer_well()
    await asyncio.sleep(0.01)  # by then the connection is back in the client's pool, or reused
    await exchange.connection.send(NOISE)


async def _with_fields(status: int, fields: Sequence[str], exchange: Exchange) -> None:
    body = json_bytes(exchange.execute())
    answer = message(status, b"", *fields).replace(b"Length: 0", b"Length: %d" % len(body))
    await exchange.connection.send(answer.decode().encode("latin-1") + body)


async def _until_close(exchange: Exchange) -> None:
    body = json_bytes(exchange.execute())
    await exchange.connection.send(
        b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body
    )
    await exchange.connection.close()


async def _bad_chunk_size(exchange: Exchange) -> None:
    exchange.execute()
    fields = ("Content-Type: application/json", "Transfer-Encoding: chunked")
    await exchange.connection.send(head(200, *fields) + b"zz\r\n{}\r\n0\r\n\r\n")
    await exchange.connection.close()


PATIENCE_SECONDS = 0.4
NOISE = b"\0noise\r\n\r\n"
BROKEN_HEADS = {
    "status line without a number": b"HTTP/1.1 OK\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "not HTTP at all": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/3.9": b"HTTP/3.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "binary noise": bytes(range(256)),
    "header without a colon": head(200, "Content-Length: 2", "nonsense") + b"{}",
    "negative length": head(200, "Content-Length: -2") + b"{}",
    "length that is no number": head(200, "Content-Length: two") + b"{}",
    "two lengths": head(200, "Content-Length: 2", "Content-Length: 3") + b"{}",
}
TOO_LARGE = {
    "one header of 100 kB": head(200, "Content-Length: 2", "X-Bomb: " + "b" * 100_000) + b"{}",
    "100 000 headers and no end": head(200, *(f"X-Bomb-{n}: b" for n in range(100_000)))[:-2],
}
ODD_FIELDS = {
    "one header of 9 kB": ["X-Long: " + "b" * 9_000],
    "one header of 60 kB": ["X-Long: " + "b" * 60_000],
    "130 headers": [f"X-Many-{n}: b" for n in range(130)],
    "900 headers": [f"X-Many-{n}: b" for n in range(900)],
    "ESC in a trace id": ["x-portkey-trace-id: \x1b[31mred"],
    "Latin-1 in a trace id": ["x-portkey-trace-id: café"],
    "the credential in an id": [f"x-request-id: {API_KEY}", f"x-portkey-trace-id: {API_KEY}"],
}


def not_http() -> Iterator[Fault]:
    """Answers that break HTTP, and some odd ones that do not."""
    lost = partial(Fault, "HTTP", error=APIConnectionError, repeat=Repeat.ALL_BUT_CREATE)
    for name, answer in BROKEN_HEADS.items():
        yield lost(name, partial(_raw, answer))
    for name, answer in TOO_LARGE.items():
        yield lost(name, partial(_raw, answer), says="headers are too large")
    yield lost("bad chunk size", _bad_chunk_size)
    yield lost("noise right behind the answer", partial(_raw_after, NOISE))
    fine = partial(Fault, "HTTP", error=None)
    yield fine(
        "100 Continue and 103 Early Hints first", partial(_raw_before, head(100) + head(103))
    )
    for name, fields in ODD_FIELDS.items():
        yield fine(name, partial(_with_fields, 200, fields))
        failing = partial(_with_fields, 503, fields)
        yield lost(f"{name}, under 503", failing, error=InternalServerError, status=503)
    yield fine("HTTP/1.0, ended by closing", _until_close)
    yield fine("a second answer behind the first", partial(_raw_after, message(200, b'{"id":"x"}')))
    yield fine("noise on the idle connection", _noise_later)
