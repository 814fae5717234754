"""Requests and answers as plain values: ids and queries, and errors read from every body."""

import copy
import json
import pickle
import time
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from support.payloads import body as encoded
from support.strategies import ids, json_values, texts

from portkey_async import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
)
from portkey_async._wire import (
    BETA,
    Request,
    Response,
    cursor,
    may_have_executed,
    query,
    segment,
    status_error,
)

NOW = 1_700_000_000.0
GET = Request("GET", "/assistants/asst_1")
LIST = Request("GET", "/assistants")


def answer(status: int, body: bytes | str = b"", **headers: str) -> Response:
    """Make an answer, its headers as the session gives them."""
    given = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(status, given, body.encode() if isinstance(body, str) else body)


def error_of(response: Response, request: Request = GET) -> APIStatusError:
    """Read an answer as the call does."""
    return status_error(request, response, response.body.decode(errors="replace"), NOW)


# --- Ids --------------------------------------------------------------------------------------


@given(ids)
def test_an_id_stays_one_segment_and_arrives_as_written(value: str) -> None:
    """Percent-encoded it is plain ASCII, cannot end the segment, and reads back the same."""
    encoded = segment(value, "assistant_id")

    assert unquote(encoded, errors="strict") == value
    assert encoded.isascii()
    assert not set(encoded) & set("/\\?#;@:&=+ ")
    assert urlsplit(f"https://h/v1/assistants/{encoded}").path == f"/v1/assistants/{encoded}"
    assert encoded not in {"", ".", ".."}


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("asst_abc-123~x", "asst_abc-123~x"),
        ("a/b c?#%☃", "a%2Fb%20c%3F%23%25%E2%98%83"),
        ("%2e%2e", "%252e%252e"),
        ("../admin", "..%2Fadmin"),
        ("...", "..."),
        (" ", "%20"),
    ],
)
def test_ids_are_encoded_once(value: str, encoded: str) -> None:
    """What looks encoded already is encoded again, so that it arrives as written."""
    assert segment(value, "assistant_id") == encoded


@pytest.mark.parametrize("value", [".", ".."])
def test_an_id_that_is_a_path_is_refused(value: str) -> None:
    """Servers resolve it, and another endpoint would be reached."""
    with pytest.raises(InvalidRequestError, match=r"key_id is '[.]+', which servers resolve"):
        segment(value, "key_id")
    assert cursor(value, "after") == value


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "after is empty"),
        ("a\r\nb", r"after is 'a\\r\\nb', which holds a control character"),
        ("\x00", "control character"),
        ("a\tb", "control character"),
        ("\x1f", "control character"),
        ("\x7f", "control character"),
        ("\x85", "control character"),
        ("\x9f", "control character"),
        ("a\ud800", "lone surrogate"),
        ("\udfff", "lone surrogate"),
        (None, "after is of type NoneType; it must be a str"),
        (5, "after is of type int; it must be a str"),
        (b"a", "after is of type bytes; it must be a str"),
    ],
)
def test_an_id_that_cannot_be_sent_is_refused(value: Any, problem: str) -> None:
    """The error names the argument and the reason, in a path as well as in a cursor."""
    with pytest.raises(InvalidRequestError, match=problem):
        segment(value, "after")
    if value is not None:
        with pytest.raises(InvalidRequestError, match=problem):
            cursor(value, "after")


@given(st.characters(categories=["Cc", "Cs"]), texts, texts)
def test_no_control_character_or_surrogate_passes(bad: str, before: str, after: str) -> None:
    """Wherever it stands in the id."""
    with pytest.raises(InvalidRequestError):
        segment(before + bad + after, "assistant_id")


def test_no_cursor_is_no_cursor() -> None:
    """None stands for the start of the list."""
    assert cursor(None, "after") is None
    assert cursor("asst_1", "after") == "asst_1"


# --- Queries ----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(["limit", "order", "after"]), texts | st.integers())))
def test_a_query_reads_back_as_it_was_given(pairs: list[tuple[str, str | int]]) -> None:
    """Every value arrives as written, a plus sign and an ampersand included."""
    read = parse_qsl(query(pairs), keep_blank_values=True, strict_parsing=bool(pairs))

    assert read == [(name, str(value)) for name, value in pairs]


def test_what_is_not_given_is_not_in_the_query() -> None:
    """None is left out, and nothing at all gives no query."""
    assert query([("limit", None), ("order", "asc"), ("after", "a b+c&d")]) == (
        "order=asc&after=a%20b%2Bc%26d"
    )
    assert query([("limit", None)]) == ""


def test_the_assistants_header_is_the_documented_one() -> None:
    """The API refuses calls without it."""
    assert BETA == {"openai-beta": "assistants=v2"}


# --- Answers ----------------------------------------------------------------------------------


def test_a_request_is_idempotent_and_bare_unless_said_otherwise() -> None:
    """Only a create says that it must not be done twice."""
    assert GET.idempotent
    assert (GET.query, GET.body, GET.if_gone, dict(GET.headers)) == ("", None, None, {})


@pytest.mark.parametrize("status", [200, 201, 204, 206, 246, 299])
def test_every_2xx_is_a_success(status: int) -> None:
    """The gateway passes them all on, 246 of its own included."""
    assert answer(status).ok


@pytest.mark.parametrize("status", [199, 300, 304, 400, 446, 500])
def test_nothing_else_is_a_success(status: int) -> None:
    """Redirects least of all."""
    assert not answer(status).ok


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (None, None, None)),
        ({"x_portkey_trace_id": "t", "x_request_id": "r"}, ("t", "r", None)),
        ({"X_Portkey_Trace_Id": "", "x_request_id": ""}, (None, None, None)),
        ({"x_portkey_request_id": "p"}, (None, "p", None)),
        ({"x_portkey_request_id": "p", "x_request_id": "r"}, (None, "r", None)),
        ({"x_portkey_retry_attempt_count": "2"}, (None, None, 2)),
        ({"x_portkey_retry_attempt_count": "-1"}, (None, None, -1)),
    ],
)
def test_the_ids_of_an_answer_are_read(headers: dict[str, str], expected: object) -> None:
    """An empty header, which the gateway sends, is as good as none."""
    response = answer(200, **headers)

    assert (response.trace_id, response.request_id, response.gateway_attempts) == expected


# --- Errors: what the server says -------------------------------------------------------------

OPENAI = {
    "error": {
        "message": "No assistant found with id 'asst_1'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
}

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
    text = "very " * 10_000
    error = error_of(answer(500, text))

    assert len(error.message) < 600
    assert error.message.endswith("…")
    assert error.body == text


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


# --- Errors: what to do -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "body", "hint"),
    [
        (LIST, OPENAI, True),
        (Request("POST", "/assistants", body=b"{}"), OPENAI, True),
        (Request("GET", "/assistants", query="limit=20&order=asc"), OPENAI, True),
        (LIST, {"detail": "Not Found"}, True),
        (Request("GET", "/assistants", query="limit=20&after=asst_9"), OPENAI, False),
        (Request("GET", "/assistants", query="before=asst_9"), OPENAI, False),
        (GET, OPENAI, False),
        (Request("DELETE", "/organization/admin_api_keys/k"), OPENAI, False),
        (
            Request("POST", "/assistants", body=b"{}"),
            {"error": {"message": "No such model.", "code": "model_not_found"}},
            False,
        ),
    ],
)
def test_a_404_on_the_collection_says_that_the_api_is_gone(
    request_: Request,
    body: Any,
    hint: bool,  # noqa: FBT001
) -> None:
    """An upstream without the Assistants API is named as such, and what to change; others not."""
    error = error_of(answer(404, encoded(body)), request_)

    assert type(error) is NotFoundError
    assert ("does not serve the Assistants API" in error.message) is hint
    assert ("custom_host" in error.message) is hint


@pytest.mark.parametrize("request_", [LIST, GET])
def test_a_route_that_the_gateway_does_not_have_is_the_base_urls_fault(request_: Request) -> None:
    """Its own 404 leads to `/v1`, not to the upstream."""
    error = error_of(answer(404, '{"message": "Not Found", "ok": false}'), request_)

    assert error.message == (
        "Not Found — the gateway has no such route: base_url usually ends in /v1"
    )


def test_headers_that_are_too_large_are_the_configs_fault() -> None:
    """Node answers 431 with nothing at all."""
    error = error_of(answer(431))

    assert type(error) is APIStatusError
    assert "16 KiB" in error.message
    assert "shorten the config" in error.message


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize(
    ("headers", "where"),
    [
        ({}, "a redirect, which"),
        ({"Location": "https://other.test/v1?token=sk-secret"}, "to https://other.test/v1, which"),
        ({"location": "/login"}, "a redirect to /login, which"),
    ],
)
def test_a_redirect_is_an_error_that_says_so(
    status: int, headers: dict[str, str], where: str
) -> None:
    """It tells where to, without the query, and that base_url is what to change."""
    error = error_of(answer(status, "", **headers))

    assert type(error) is APIStatusError
    assert where in error.message
    assert "never followed" in error.message
    assert "base_url" in error.message
    assert "sk-secret" not in error.message


# --- Errors: what follows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry_After": "7"}, 7.0),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after": "Tue, 14 Nov 2023 22:13:30 GMT"}, 10.0),
        ({"retry_after": "soon"}, None),
    ],
)
def test_the_wait_that_is_asked_for_is_on_the_error(
    headers: dict[str, str], seconds: float | None
) -> None:
    """On a 429 and on any other status."""
    for status, cls in ((429, RateLimitError), (503, InternalServerError), (400, BadRequestError)):
        error = error_of(answer(status, "", **headers))

        assert type(error) is cls
        assert error.retry_after == seconds


def test_the_headers_of_the_answer_are_on_the_error() -> None:
    """They can be looked up whatever their case."""
    error = error_of(answer(429, "", X_RateLimit_Remaining="0"))

    assert error.headers["x-ratelimit-remaining"] == "0"


def test_an_error_of_an_answer_can_be_copied() -> None:
    """Pickled to another process, or copied, it keeps its headers, case-insensitive still."""
    error = error_of(answer(429, encoded(OPENAI), Retry_After="7"))

    for twin in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(twin) is RateLimitError
        assert str(twin) == str(error)
        assert (twin.body, twin.retry_after) == (OPENAI, 7.0)
        assert twin.headers["RETRY-AFTER"] == "7"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        *((status, {}, False) for status in (400, 401, 403, 404, 405, 409, 413, 418, 422, 429)),
        (307, {}, False),
        (308, {}, False),
        (431, {}, False),
        (408, {}, True),
        (301, {}, True),
        (302, {}, True),
        (303, {}, True),
        *((status, {}, True) for status in (500, 502, 503, 504, 529)),
        (400, {"x_portkey_retry_attempt_count": "0"}, False),
        (400, {"x_portkey_retry_attempt_count": "1"}, True),
        (404, {"x_portkey_retry_attempt_count": "-1"}, True),
        (429, {"x_portkey_retry_attempt_count": "-1"}, True),
        (400, {"x_portkey_retry_attempt_count": "3, 0"}, True),
    ],
)
def test_only_a_refusal_says_that_nothing_was_done(
    status: int,
    headers: dict[str, str],
    expected: bool,  # noqa: FBT001
) -> None:
    """A 4xx is one, unless somebody stopped waiting or the gateway had tried before."""
    response = answer(status, "{}", **headers)

    assert may_have_executed(response) is expected
    assert error_of(response).may_have_executed is expected


def test_a_status_the_server_made_up_is_kept() -> None:
    """446 is the gateway's own for a guardrail that refused."""
    error = error_of(answer(446, json.dumps({"error": {"message": "denied"}})))

    assert type(error) is APIStatusError
    assert (error.status, error.message) == (446, "denied")
