"""Faults of the body: a good status and a body that is not what was asked for."""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial, reduce
from urllib.parse import parse_qsl, urlencode

import attrs
from faults.backend import FILTERED, Payload
from faults.exchange import (
    Exchange,
    answer,
    chunked,
    gzipped,
    head,
    json_bytes,
    message,
)
from faults.fault import Fault, Repeat
from support.credentials import API_KEY

from portkey_async import APIConnectionError, APIResponseValidationError, PaginationError

MEBIBYTE = 1024 * 1024
HUNDRED = 100
LENGTH = f"Content-Length: {HUNDRED * MEBIBYTE}"
CHUNKED = "Transfer-Encoding: chunked"
BOM = b"\xef\xbb\xbf"
LAST_CHUNK = b"0\r\n\r\n"


def _spoil_first(change: Callable[[Payload], object]) -> Callable[[Payload], bytes]:
    """A spoiler that lets *change* edit the object of an answer, or the first one of a page."""

    def spoil(payload: Payload) -> bytes:
        copy = json.loads(json.dumps(payload))
        change(copy["data"][0] if "data" in copy else copy)
        return json_bytes(copy)

    return spoil


def _constant(body: bytes) -> Callable[[Payload], bytes]:
    return lambda _payload: body


async def _encoded(encoding: str, encode: Callable[[bytes], bytes], exchange: Exchange) -> None:
    await answer(
        lambda payload: encode(json_bytes(payload)), exchange, f"Content-Encoding: {encoding}"
    )


async def _chunks(exchange: Exchange) -> None:
    body = chunked(json_bytes(exchange.execute()))
    fields = ("Content-Type: application/json", "Transfer-Encoding: chunked")
    await exchange.connection.send(head(200, *fields) + body)


async def flood(framing: str, status: int, exchange: Exchange) -> None:
    """Act, then send 100 MiB."""
    exchange.execute()
    await exchange.connection.send(head(status, "Content-Type: application/json", framing))
    piece = b" " * MEBIBYTE
    if framing == CHUNKED:
        piece = chunked(piece, MEBIBYTE)[: -len(LAST_CHUNK)]
    for _ in range(HUNDRED):
        await exchange.connection.send(piece)
    if framing == CHUNKED:
        await exchange.connection.send(LAST_CHUNK)


@cache
def bomb() -> bytes:
    """100 MiB of spaces in 100 kB of gzip: one MiB, compressed once, a hundred times over."""
    packer, piece = zlib.compressobj(wbits=31), b" " * MEBIBYTE
    first = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = reduce(lambda crc, _: zlib.crc32(piece, crc), range(HUNDRED), 0)
    trailer = struct.pack("<LL", checksum, HUNDRED * MEBIBYTE)
    return first + again * (HUNDRED - 1) + b"\3\0" + trailer


@cache
def packed_json() -> bytes:
    """An error of 120 MB of JSON in gzip, each part of it an object of its own."""
    piece = b'{"message":"no"},' * 1024
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(b'{"error":{"message":"It said no.","details":[')]
    parts += [packer.compress(piece) for _ in range(120 * 10**6 // len(piece))]
    parts += [packer.compress(b"{}]}}"), packer.flush()]
    return b"".join(parts)


async def explode(status: int, exchange: Exchange) -> None:
    """Act, then send 100 kB of gzip that hold 100 MiB."""
    await answer(lambda _: bomb(), exchange, "Content-Encoding: gzip", status=status)


def _escaped(payload: Payload) -> bytes:
    return json.dumps(payload).encode()


def _encode(encoding: str, payload: Payload) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode(encoding)


def _with_surrogate(payload: Payload) -> bytes:
    return json_bytes(payload)[:-1] + b',"note":"a\\ud800b"}'


def _with_mark(payload: Payload) -> bytes:
    return BOM + json_bytes(payload)


def _with_floats(number: str, payload: Payload) -> bytes:
    return json_bytes(payload).replace(
        b'"created_at": 1700000000', b'"created_at": %b' % number.encode()
    )


def _echo(_payload: Payload) -> bytes:
    """A payload whose `id` is no text, and that says in escapes what was sent."""
    echo = "".join(f"\\u{ord(letter):04x}" for letter in API_KEY)
    return b'{"id":12,"echo":"%b %b"}' % (echo.encode(), API_KEY.encode())


HTML = b"<!doctype html><title>Sign in</title><p>Sign in to continue</p>"
NOT_THE_ANSWER = {
    "empty": b"",
    "`null`": b"null",
    "`true`": b"true",
    "a string": b'"asst_target"',
    "a number": b"12",
    "`[]`": b"[]",
    "`{}`": b"{}",
    "an error under status 200": b'{"error":{"message":"no","type":"server_error"}}',
    "HTML under a JSON type": HTML,
    "trailing comma": b'{"id":"asst_target",}',
    "NaN": b'{"id":NaN}',
    "nested 100 000 deep": b"[" * 100_000 + b"]" * 100_000,
    "a key nested 100 000 deep": b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "two documents": b"{}{}",
}
WRONG_TYPES: dict[str, Callable[[Payload], object]] = {
    "`id` null": lambda item: item.update(id=None),
    "`id` a number": lambda item: item.update(id=12),
    "`id` missing": lambda item: item.pop("id"),
    "`id` a fraction": lambda item: item.update(id=1.5),
    "`object` a list": lambda item: item.update(object=[]),
}


def bodies() -> Iterator[Fault]:
    """A good status and a body that is not what was asked for, and some that are."""
    wrong = partial(Fault, "Body", error=APIResponseValidationError)
    yield wrong("HTML", partial(answer, _constant(HTML), type_="text/html"))
    for name, body in NOT_THE_ANSWER.items():
        yield wrong(name, partial(answer, _constant(body)))
    for name, change in WRONG_TYPES.items():
        yield wrong(name, partial(answer, _spoil_first(change)))
    yield wrong(
        "invalid UTF-8", partial(answer, lambda body: json_bytes(body)[:-1] + b',"x":"\xff"}')
    )
    yield wrong("the credential, in clear and escaped", partial(answer, _echo))
    yield wrong("5 000 digits", partial(answer, _constant(b'{"id":' + b"7" * 5_000 + b"}")))
    yield wrong("100 MB with a length", partial(flood, LENGTH, 200))
    yield wrong("100 MB in chunks", partial(flood, CHUNKED, 200))
    yield wrong("gzip bomb", partial(explode, 200))
    garbled = partial(_encoded, "gzip", bytes)
    yield Fault(
        "Body", "said to be gzip, and is not", garbled, APIConnectionError, Repeat.ALL_BUT_CREATE
    )
    fine = partial(Fault, "Body", error=None)
    yield fine("JSON under text/plain", partial(answer, json_bytes, type_="text/plain"))
    yield fine("JSON without a type", partial(answer, json_bytes, type_=""))
    latin = "application/json; charset=latin-1"
    yield fine("JSON said to be latin-1", partial(answer, json_bytes, type_=latin))
    yield fine("a byte-order mark first", partial(answer, _with_mark))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        type_ = f"application/json; charset={encoding}"
        yield fine(encoding.upper(), partial(answer, partial(_encode, encoding), type_=type_))
    yield fine("escapes", partial(answer, _escaped))
    yield fine("lone surrogates", partial(answer, _with_surrogate))
    for number in ("1700000000.0", "17e8", "1.7E+9"):
        yield fine(f"`created_at` as {number}", partial(answer, partial(_with_floats, number)))
    yield fine("gzip", partial(_encoded, "gzip", gzipped))
    yield fine("deflate", partial(_encoded, "deflate", zlib.compress))
    yield fine("chunks of 64 bytes", _chunks)


# Pages that mislead


def _cursor(exchange: Exchange) -> tuple[str, str]:
    """The path of a list's request without its cursor, and the cursor; of others, no path."""
    assert exchange.request is not None
    target, _, query = exchange.request.target.partition("?")
    if not query:
        return "", ""
    pairs = dict(parse_qsl(query))
    after = pairs.pop("after", "")
    return f"{target}?{urlencode(pairs)}", after


async def _empty_before_each(exchange: Exchange) -> None:
    """Before each page comes one of which a filter has left nothing, with its own cursor."""
    path, after = _cursor(exchange)
    if not path or after.startswith(FILTERED):
        await exchange.answer_well()
        return
    cursor = f"{FILTERED}{after}"
    page = {"object": "list", "data": [], "first_id": cursor, "last_id": cursor, "has_more": True}
    await exchange.connection.send(message(200, json_bytes(page)))


async def _back_to_the_start(exchange: Exchange) -> None:
    """Every page is the first one again, and promises more."""
    path, after = _cursor(exchange)
    if after:
        assert exchange.request is not None
        exchange = attrs.evolve(exchange, request=attrs.evolve(exchange.request, target=path))
    await exchange.answer_well()


def pages() -> Iterator[Fault]:
    """Pages of lists that are not what they seem; all but lists are answered well."""
    yield Fault("Pages", "an empty page that promises more", _empty_before_each, None)
    yield Fault(
        "Pages", "pages that turn back", _back_to_the_start, PaginationError, lists_only=True
    )
