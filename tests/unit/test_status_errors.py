"""Errors of an answer: what to do about them, and what follows from them."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.answers import GET, LIST, OPENAI, answer, error_of
from support.payloads import body as encoded
from support.settings import options as options_from

from portkey_async import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from portkey_async._options.options import Options
from portkey_async._transport.request import Request
from portkey_async._transport.response import may_have_executed
from portkey_async._transport.status_errors import says_gone

# --- What to do -------------------------------------------------------------------------------


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


def options_of(base_url: str = "https://gateway.test/v1", custom_host: str = "") -> Options:
    """Make a client's options."""
    changes = {"custom_host": custom_host, "provider": "openai"} if custom_host else {}
    return options_from(base_url=base_url, **changes)


HTML = "<html><title>404 Not Found</title></html>"
AZURE = {"error": {"code": "404", "message": "Resource not found"}}
NO_ROUTE = {"message": "Not Found", "ok": False}
NO_VERSION = {"error": {"code": "BadRequest", "message": "Missing required query: api-version"}}


@pytest.mark.parametrize(
    ("options", "body", "hint"),
    [
        (options_of("https://gateway.test"), HTML, "base_url usually ends in /v1, and this one"),
        (options_of("https://gateway.test/api"), OPENAI, "base_url usually ends in /v1, and"),
        (options_of("https://gateway.test/v1/assistants"), HTML, "leave off '/assistants'"),
        (options_of("https://gateway.test/v1/threads"), NO_ROUTE, "leave off '/threads'"),
        (options_of("https://gateway.test"), AZURE, "base_url usually ends in /v1, and this one"),
        (options_of(custom_host="https://api.openai.com"), HTML, "custom_host usually ends in /v1"),
        (options_of(custom_host="https://x.test/api"), {"detail": "Not Found"}, "custom_host us"),
        (options_of(custom_host="https://api.openai.com/v1"), HTML, "no longer"),
        (options_of(), NO_ROUTE, "the gateway has no such route"),
        (options_of(), AZURE, "api-version is missing"),
        (options_of("https://x.openai.azure.com/openai"), AZURE, "query={'api-version'"),
        (options_of("https://x.services.ai.azure.com/api/projects/p"), NO_VERSION, "api-version"),
        (options_of(), {"error": {"code": "DeploymentNotFound", "message": "x"}}, "deployment"),
        (options_of(), HTML, "no longer"),
        (options_of("https://gateway.test/v2beta"), HTML, "no longer"),
    ],
)
def test_a_404_says_what_it_most_likely_is(options: Options, body: Any, hint: str) -> None:
    """The path first, then Azure's api-version, then that the API is gone."""
    sent = body if isinstance(body, str) else encoded(body)

    assert hint in error_of(answer(404, sent), LIST, options).message


@pytest.mark.parametrize("base_url", ["https://gateway.test", "https://gateway.test/v1"])
def test_a_404_about_an_object_is_about_the_object(base_url: str) -> None:
    """The API itself answers, so that the path is right."""
    assert error_of(answer(404, encoded(OPENAI)), GET, options_of(base_url)).message == (
        "No assistant found with id 'asst_1'."
    )


# --- A delete that finds nothing --------------------------------------------------------------

DELETE = Request("DELETE", "/assistants/asst_1")
MESSAGE = Request("DELETE", "/threads/thread_1/messages/msg_1")
KEY = Request("DELETE", "/organization/admin_api_keys/key_1")


def says(message: object, **fields: object) -> bytes:
    """Make an error in the API's shape."""
    return encoded({"error": {"message": message, **fields}})


@pytest.mark.parametrize(
    ("request_", "body", "gone"),
    [
        (DELETE, says("No assistant found with id 'asst_1'."), True),
        (DELETE, says("Assistant asst_1 does not exist", code="not_found"), True),
        (DELETE, says("asst_1 was deleted", code=404), True),
        (DELETE, says("No such thing", code="assistant_not_found"), True),
        (DELETE, says("No such thing", param="assistant_id"), True),
        (KEY, says("No API key found with id key_1."), True),
        (KEY, says("x", param="key_id"), True),
        (MESSAGE, says("No message found with id 'msg_1'."), True),
        (Request("DELETE", "/assistants/a%2Fb"), says("There is no assistant a/b here"), True),
        # About another object, or none.
        (MESSAGE, says("No thread found with id 'thread_1'."), False),
        (MESSAGE, says("x", param="thread_id"), False),
        (DELETE, says("No assistant found with id 'asst_12'."), False),
        (DELETE, says("No assistant found with id 'my-asst_1'."), False),
        (DELETE, says("Not found"), False),
        (DELETE, says(None), False),
        (DELETE, says(["asst_1 not found"]), False),
        # About the route, the upstream, the rights.
        (DELETE, says("Unknown request URL: DELETE /assistants/asst_1. It is not known."), False),
        (DELETE, says("asst_1 not found", code="model_not_found"), False),
        (DELETE, says("asst_1 not found", code="DeploymentNotFound"), False),
        (DELETE, says("Resource not found", code="404"), False),
        (DELETE, says("You may see asst_1 tomorrow"), False),
        (DELETE, encoded({"status": "failure", "message": "asst_1 not found"}), False),
        (DELETE, encoded({"message": "Not Found", "ok": False}), False),
        (DELETE, encoded({"detail": "Assistant asst_1 not found"}), False),
        (DELETE, encoded({"error": "asst_1 not found"}), False),
        (DELETE, encoded([{"error": {"message": "asst_1 not found"}}]), False),
        (DELETE, b"default backend - 404", False),
        (DELETE, b"<html>asst_1 not found</html>", False),
        (DELETE, b"", False),
    ],
)
def test_an_object_is_gone_only_where_the_api_says_so(
    request_: Request,
    body: bytes,
    gone: bool,  # noqa: FBT001
) -> None:
    """Of this very object, in its own words; any other 404 may be anybody's."""
    assert says_gone(error_of(answer(404, body), request_), request_) is gone
    assert not says_gone(error_of(answer(400, body), request_), request_)


# --- What follows -----------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "said",
    [
        "Thread thread_1 already has an active run run_0123.",
        "Thread thread_1 already has an active run run_0123",
        "Can't add messages to thread_1 while a run run_0123 is active.",
    ],
)
@given(st.data())
def test_a_run_is_never_named_by_half_of_its_id(said: str, data: st.DataObject) -> None:
    """Wherever a body is cut off; where it is whole, it is named."""
    body = encoded({"error": {"message": said}})
    left = data.draw(st.integers(0, len(body)))

    error = error_of(answer(400, body[:left]))

    run_id = getattr(error, "run_id", None)
    assert run_id in {None, "run_0123"}
    assert run_id or left < len(body)


@pytest.mark.parametrize("padding", range(440, 470))
def test_a_long_message_names_a_run_by_its_whole_id_or_not(padding: int) -> None:
    """Wherever the message is shortened."""
    said = f"Thread thread_{'1' * padding} already has an active run run_0123."

    error = error_of(answer(400, encoded({"error": {"message": said}})))

    assert getattr(error, "run_id", None) in {None, "run_0123"}


def test_a_status_the_server_made_up_is_kept() -> None:
    """446 is the gateway's own for a guardrail that refused."""
    error = error_of(answer(446, json.dumps({"error": {"message": "denied"}})))

    assert type(error) is APIStatusError
    assert (error.status, error.message) == (446, "denied")
