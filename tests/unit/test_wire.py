"""Requests and answers as plain values: ids, queries, and what an answer says of itself."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.answers import GET, answer
from support.settings import options as options_from
from support.strategies import ids, texts

from portkey_async import (
    InvalidRequestError,
)
from portkey_async._transport.request import BETA, Request, cursor, query, segment

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
    assert not answer(200).resent


def test_what_callers_and_servers_say_is_not_shown() -> None:
    """A traceback that shows locals shows neither ids nor bodies nor headers."""
    request = Request(
        "POST",
        "/secret",
        query="after=secret",
        body=b"secret",
        headers={"x": "secret"},
        if_gone={"id": "secret"},
    )

    assert repr(request).startswith("Request(method='POST'")
    assert "secret" not in repr(request)
    assert repr(answer(200, "secret", x="secret")) == "Response(status=200, resent=False)"


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


# --- Default query parameters -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defaults", "query_", "expected"),
    [
        ({}, "", ""),
        ({}, "limit=1", "?limit=1"),
        ({"api-version": "2025-05-01"}, "", "?api-version=2025-05-01"),
        ({"api-version": "v1"}, "limit=1&after=a%2Fb", "?api-version=v1&limit=1&after=a%2Fb"),
        ({"limit": "5", "b": "2"}, "limit=1", "?b=2&limit=1"),
        ({"a b": "c&d=é", "e": ""}, "", "?a%20b=c%26d%3D%C3%A9&e="),
    ],
)
def test_default_parameters_are_part_of_the_url(
    defaults: dict[str, str], query_: str, expected: str
) -> None:
    """Percent-encoded; a call's own replace them."""
    options = options_from(base_url="https://gateway.test/v1", query=defaults)

    assert Request("GET", "/assistants", query=query_).url(options) == (
        f"https://gateway.test/v1/assistants{expected}"
    )


def test_a_url_with_a_credential_hides_it() -> None:
    """Its repr shows nothing, as a traceback with locals would."""
    options = options_from(base_url="https://gateway.test/v1", query={"api-key": "qk-secret-key"})
    url = Request("GET", "/assistants").url(options)

    assert "qk-secret-key" in url
    assert "qk-secret-key" not in repr(url)
    assert options.redact(url).endswith("?api-key=[redacted]")
