"""Errors read from every body that a server may send."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.answers import LIST, OPENAI, answer, error_of
from support.payloads import body as encoded
from support.strategies import json_values

from portkey_async import InternalServerError
from portkey_async._options.options import Options
from portkey_async._secrets import Redactor
from portkey_async._transport.text import as_utf8, decoded

SHAPES: list[tuple[int, Any, str, tuple[str | None, ...]]] = [
    # OpenAI's own, and what stands in for it.
    (404, OPENAI, "No assistant found with id 'asst_1'.", (None, "invalid_request_error", None)),
    (
        400,
        {"error": {"message": "Too long.", "type": "t", "param": "name", "code": "too_long"}},
        "Too long.",
        ("too_long", "t", "name"),
    ),
    (400, {"error": {"message": "x", "code": 42}}, "x", ("42", None, None)),
    (400, {"error": {"message": "x", "code": {}, "type": []}}, "x", (None, None, None)),
    (400, {"error": "plain words"}, "plain words", (None, None, None)),
    (400, {"error": {"message": {"why": "é"}}}, '{"why": "é"}', (None, None, None)),
    (400, {"error": {"message": ["a", "b"]}}, '["a", "b"]', (None, None, None)),
    (400, {"error": {"message": 5}}, "5", (None, None, None)),
    (400, {"error": {"type": "t"}}, '{"type": "t"}', (None, "t", None)),
    (
        400,
        {"error": {"message": "", "code": "c"}},
        '{"message": "", "code": "c"}',
        ("c", None, None),
    ),
    (400, {"error": {"message": None}}, '{"message": null}', (None, None, None)),
    (400, {"error": {}}, '{"error": {}}', (None, None, None)),
    (400, {"error": None, "message": "outer"}, "outer", (None, None, None)),
    (400, {"error": [1]}, "[1]", (None, None, None)),
    (400, {"error": True}, "true", (None, None, None)),
    # The gateway's.
    (
        400,
        {
            "status": "failure",
            "message": "Either x-portkey-config or x-portkey-provider header is required",
        },
        "Either x-portkey-config or x-portkey-provider header is required",
        (None, None, None),
    ),
    (
        400,
        {
            "status": "failure",
            "message": "Invalid config passed",
            "errors": ["path: provider, message: Invalid 'provider' value.", "path: , message: b"],
        },
        (
            "Invalid config passed: path: provider, message: Invalid 'provider' value.; "
            "path: , message: b"
        ),
        (None, None, None),
    ),
    (
        400,
        {"status": "failure", "message": "m", "errors": []},
        "m",
        (None, None, None),
    ),
    (400, {"message": "m", "errors": [{"a": 1}]}, "m: {'a': 1}", (None, None, None)),
    (400, {"message": "m", "errors": "none"}, "m", (None, None, None)),
    (
        500,
        {"status": "failure", "message": "Something went wrong"},
        "Something went wrong",
        (None, None, None),
    ),
    (405, {"message": "Not Found", "ok": False}, "Not Found", (None, None, None)),
    (
        500,
        "Message: fetch failed Cause: SocketError: other side closed Name: TypeError",
        "Message: fetch failed Cause: SocketError: other side closed Name: TypeError",
        (None, None, None),
    ),
    (
        408,
        {
            "error": {
                "message": "Request exceeded the timeout sent in the request: 500ms",
                "type": "timeout_error",
                "param": None,
                "code": None,
            }
        },
        "Request exceeded the timeout sent in the request: 500ms",
        (None, "timeout_error", None),
    ),
    # Google's, OAuth's, and several errors at once.
    (400, [{"error": {"code": 400, "message": "Bad model."}}], "Bad model.", ("400", None, None)),
    (400, [{"message": "first", "code": "c"}, {"message": "x"}], "first", ("c", None, None)),
    (400, [{"error": "words"}], "words", (None, None, None)),
    (
        401,
        {"error": "invalid_client", "error_description": "The secret has expired."},
        "The secret has expired.",
        ("invalid_client", None, None),
    ),
    (400, {"error_description": "Only this."}, "Only this.", (None, None, None)),
    (400, {"errors": [{"message": "Bad.", "code": "c1"}]}, "Bad.", ("c1", None, None)),
    (400, {"errors": [{"title": "T", "detail": "D"}, "and more"]}, "D; and more", ()),
    (400, {"errors": ["one", "two"]}, "one; two", ()),
    (400, {"errors": {"message": "Bad.", "code": "c2"}}, "Bad.", ("c2", None, None)),
    (
        400,
        {"title": "Invalid.", "errors": {"name": ["too long"], "n": "x"}},
        'Invalid.: name: ["too long"]; n: x',
        (),
    ),
    (503, {"title": "Down", "status": 503, "detail": "For repairs."}, "For repairs.", ()),
    # Others on the way: FastAPI, fields on top, proxies.
    (422, {"detail": "Field required"}, "Field required", (None, None, None)),
    (422, {"detail": [{"loc": ["b"]}]}, '[{"loc": ["b"]}]', (None, None, None)),
    (429, {"message": "m", "code": "c", "type": "t"}, "m", ("c", "t", None)),
    (502, "<html><head><title>502 Bad\n Gateway</title></head></html>", "502 Bad Gateway", ()),
    (502, "<!DOCTYPE html><p>Down <b>now</b></p>", "Down now", ()),
    (502, " <HTML>Down</HTML>", "Down", ()),
    (502, "x <title>T</title>", "T", ()),
    (500, "a < b and c > d", "a < b and c > d", ()),
    (500, "several\n  lines\tof text", "several lines of text", ()),
    (500, "5", "5", ()),
    (500, "null", "null", ()),
    (500, '"text"', '"text"', ()),
    (500, "[1, 2]", "[1, 2]", ()),
    (500, "{}", "{}", ()),
    (500, '{"message": "cut', '{"message": "cut', ()),
    (500, "", "The server gave no reason: an empty body", ()),
    (500, " \r\n ", "The server gave no reason: an unreadable body", ()),
    (500, "<title></title>", "The server gave no reason: an unreadable body", ()),
    (500, b"\xff\xfe", "��", ()),
    (500, '{"error": {"message": "latin\ufffd"}}', "latin\ufffd", ()),
    (500, '{"error": {"message": 1e400}}', "Infinity", ()),
]


@pytest.mark.parametrize(("status", "body", "message", "fields"), SHAPES, ids=lambda v: str(v)[:30])
def test_every_shape_of_error_body_is_readable(
    status: int, body: Any, message: str, fields: tuple[str | None, ...]
) -> None:
    """OpenAI's, the gateway's, text, HTML, or nothing: a person reads what is wrong."""
    sent = body if isinstance(body, str | bytes) else encoded(body)

    error = error_of(answer(status, sent))

    assert error.message == message
    assert (error.code, error.type, error.param) == (fields or (None, None, None))
    assert error.status == status
    assert str(error) == f"{status} {message}"


def test_the_body_is_kept_parsed_or_as_text() -> None:
    """`.body` is the JSON value where there is one, else the text."""
    assert error_of(answer(400, encoded(OPENAI))).body == OPENAI
    assert error_of(answer(400, "[1]")).body == [1]
    assert error_of(answer(400, "not json")).body == "not json"
    assert error_of(answer(400, "")).body == ""


@pytest.mark.parametrize("depth", [100, 900, 1_000, 5_000, 100_000])
@pytest.mark.parametrize("around", ["%s", '{"error": %s}', '{"message": %s}', '{"detail": %s}'])
def test_a_deeply_nested_body_is_an_error_like_any_other(depth: int, around: str) -> None:
    """No server can make the client fail with something else than the status."""
    text = around % ('{"a": [' * depth + "1" + "]}" * depth)

    error = error_of(answer(500, text))

    assert type(error) is InternalServerError
    assert error.message.startswith('{"')


def test_a_long_message_is_cut() -> None:
    """A page of text does not fill the log; the body has all of it."""
    assert error_of(answer(500, "x" * 500)).message == "x" * 500
    for text in ("x" * 501, "x" * 500 + " y" * 10_000, json.dumps({"message": "x" * 100_000})):
        error = error_of(answer(500, text))

        assert error.message == "x" * 500 + "…"
        assert error.body in (text, {"message": "x" * 100_000})


def test_a_message_that_is_mostly_white_space_says_that_it_was_cut_too() -> None:
    """What is left of it is short, but is not all of it."""
    assert error_of(answer(500, "ab" + " " * 3_900 + "cd")).message == "ab cd"
    for text in ("ab" + " " * 3_996 + "cdef", "<html>ab" + " " * 3_990 + "cdef"):
        assert error_of(answer(500, text)).message == "ab cd…"
    titled = "<html><title>Bad Gateway</title>" + " " * 5_000
    assert error_of(answer(502, titled)).message == "Bad Gateway"


def test_a_message_can_be_printed() -> None:
    """JSON may hold half a character, which no terminal and no log file takes."""
    error = error_of(answer(500, r'{"error": {"message": "half \ud83d of it", "code": "\ud83d"}}'))

    assert str(error).encode().startswith(b"500 half ")


@pytest.mark.parametrize(
    "text", ["<title>" * 16_000, "<html>" + "<" * 200_000, "x <title" * 32_000]
)
def test_a_hostile_body_is_read_in_no_time(text: str) -> None:
    """No text makes the reading grow with its square: that would stop the whole event loop."""
    began = time.process_time()
    error = error_of(answer(502, text))

    assert error.message
    assert time.process_time() - began < 1  # of this process alone; it takes milliseconds


@given(st.integers(300, 599), st.binary(max_size=40) | json_values.map(encoded))
def test_no_body_makes_it_fail(status: int, body: bytes) -> None:
    """Whatever comes with a status that is no success, there is an error with a message."""
    error = error_of(answer(status, body), LIST)

    assert error.message
    assert error.status == status
    assert len(error.message) < 1_000


@given(
    st.recursive(
        json_values,
        lambda inner: st.dictionaries(
            st.sampled_from(
                ["error", "message", "errors", "detail", "code", "type", "param", "ok"]
            ),
            inner,
        ),
    )
)
def test_no_value_of_the_known_keys_makes_it_fail(payload: Any) -> None:
    """The keys that are looked at may hold anything; what is found is text or None."""
    error = error_of(answer(404, encoded(payload)), LIST)

    assert error.message
    for value in (error.code, error.type, error.param):
        assert value is None or isinstance(value, str)


# --- Encodings --------------------------------------------------------------------------------

WORDS = {"error": {"message": "Größe zu groß", "code": "too_big"}}


@pytest.mark.parametrize(
    ("encoding", "content_type"),
    [
        ("utf-8-sig", ""),
        ("utf-8", "application/json; charset=UTF-16, or not"),
        ("utf-16", "application/json"),
        ("utf-16-le", "application/json; charset=UTF-16LE"),
        ("utf-16-be", 'application/json; charset="utf-16-be"; x=1'),
        ("utf-32", ""),
        ("utf-8", "application/json; charset=iso-8859-1"),
        ("iso-8859-1", "application/json; charset=ISO-8859-1"),
        ("cp1252", "text/plain;charset=windows-1252"),
    ],
)
def test_an_error_is_read_in_its_encoding(encoding: str, content_type: str) -> None:
    """A byte-order mark and a charset are heeded; UTF-8 that is called something else is UTF-8."""
    body = json.dumps(WORDS, ensure_ascii=False).encode(encoding)

    error = error_of(answer(400, body, content_type=content_type))

    assert (error.message, error.code) == ("Größe zu groß", "too_big")
    assert error.body == WORDS


@pytest.mark.parametrize(
    "charset", ["zlib", "rot13", "punycode", "unicode_escape", "cp99999", "utf-16-xx", "", "\udce9"]
)
def test_no_charset_makes_it_fail(charset: str) -> None:
    """One that does not exist, or is no encoding of texts, counts for nothing."""
    error = error_of(answer(400, b"caf\xe9", content_type=f"text/plain; charset={charset}"))

    assert error.message == "caf\ufffd"


@given(st.binary(max_size=60), st.sampled_from(["", "utf-16", "utf-32-le", "latin-1", "gbk"]))
def test_any_bytes_can_be_decoded(body: bytes, charset: str) -> None:
    """In whatever they claim to be."""
    text = decoded(body, f"text/plain; charset={charset}")

    assert isinstance(text, str)
    as_utf8(body, f"application/json; charset={charset}")


def test_a_body_in_utf_8_stays_as_it_is() -> None:
    """Not even copied; any other becomes UTF-8 without a mark."""
    body = b'{"a": "\xc3\xa9"}'

    assert as_utf8(body, "application/json; charset=utf-8") is body
    assert as_utf8(b"\xef\xbb\xbf" + body, "") == body
    assert as_utf8(body.decode().encode("utf-16"), "") == body


# --- What servers say on terminals and in logs ------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["a\x1b[31mred\x1b[0m", "one\ntwo\r\nthree", "\u202egnp.exe", "caf\udce9", "\x00\x07\x9b"],
)
def test_a_message_is_one_printable_line(said: str) -> None:
    """No escape sequence, line break, change of direction or half character gets through."""
    body = encoded({"error": {"message": said, "code": said, "param": said, "type": said}})

    error = error_of(answer(400, body))

    for text in (str(error), error.code, error.param, error.type):
        assert text is not None
        assert text.isprintable()
        text.encode()


# --- Credentials ------------------------------------------------------------------------------

SECRET = "sk-suite/provider-token"
OPTIONS = Options(redact=Redactor([SECRET, "1234567890"]))


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"wrong key {SECRET}", "code": SECRET}},
        {"error": {"message": "x", SECRET: [SECRET, {"a": {SECRET: SECRET}}]}},
        {"error": {"message": "wrong", "account": 1234567890}},
        [SECRET],
        f"wrong key {SECRET}",
    ],
    ids=str,
)
def test_a_credential_in_an_error_is_redacted(body: Any) -> None:
    """In values, names and numbers, however deep."""
    error = error_of(answer(400, encoded(body)), options=OPTIONS)

    for shown in (str(error), repr(vars(error))):
        assert SECRET not in shown
        assert "1234567890" not in shown
    assert "[redacted]" in repr(error.body)


@pytest.mark.parametrize("length", range(470, 501, 3))
def test_a_credential_is_redacted_before_a_message_is_cut(length: int) -> None:
    """Whichever part of it the cut would have left."""
    error = error_of(answer(400, "x" * length + SECRET + "y" * 100), options=OPTIONS)

    assert "sk-" not in str(error)
