"""Seeing the answers: who hears of which, and what each one says."""

import contextvars

import attrs
import pytest
from multidict import CIMultiDict

from portkey_async import ResponseInfo, capture_responses
from portkey_async._transport.capture import listeners
from portkey_async._transport.capture import record as record_for
from portkey_async._transport.response import Response

HEADERS = CIMultiDict(
    {
        "X-Portkey-Trace-Id": "t-1",
        "x-request-id": "r-1",
        "x-portkey-cache-status": "HIT",
        "x-portkey-provider": "openai",
        "x-portkey-retry-attempt-count": "2",
    }
)


def record(response: Response, *, attempts: int, elapsed: float) -> None:
    """Tell those who listen in this context about a response."""
    record_for(listeners(), response, attempts, elapsed)


def answer(status: int) -> Response:
    """Make an answer that says nothing about itself."""
    return Response(status, {}, b"{}")


def test_everything_about_an_answer_is_told() -> None:
    """The fields are those of the headers, beside what this client did."""
    with capture_responses() as responses:
        record(Response(200, HEADERS, b"{}"), attempts=3, elapsed=1.5)

    (info,) = responses
    assert info == ResponseInfo(
        status=200,
        headers=HEADERS,
        trace_id="t-1",
        request_id="r-1",
        cache_status="HIT",
        provider="openai",
        gateway_attempts=2,
        attempts=3,
        elapsed=1.5,
    )
    assert info.headers["X-REQUEST-ID"] == "r-1"


def test_an_answer_that_says_nothing_gives_none() -> None:
    """Headers that were not sent are None, never an empty text."""
    with capture_responses() as responses:
        record(answer(204), attempts=1, elapsed=0.0)

    (info,) = responses
    assert (info.status, info.attempts) == (204, 1)
    assert (info.trace_id, info.request_id, info.cache_status) == (None, None, None)
    assert (info.provider, info.gateway_attempts) == (None, None)


def test_the_repr_is_short_and_leaves_out_the_headers() -> None:
    """Headers may hold what is not for every log."""
    with capture_responses() as responses:
        record(Response(200, {"set-cookie": "session=1"}, b"{}"), attempts=1, elapsed=0)

    assert "status=200" in repr(responses[0])
    assert "session" not in repr(responses[0])


def test_answers_come_in_order() -> None:
    """The last one is the latest call's."""
    with capture_responses() as responses:
        for status in (200, 404, 503):
            record(answer(status), attempts=1, elapsed=0.0)

    assert [info.status for info in responses] == [200, 404, 503]


def test_nothing_is_kept_outside_the_block() -> None:
    """Before it, after it, and without any."""
    record(answer(200), attempts=1, elapsed=0.0)
    with capture_responses() as responses:
        pass
    record(answer(200), attempts=1, elapsed=0.0)

    assert responses == []


def test_blocks_nest() -> None:
    """The outer one hears of everything, the inner one of what happens inside."""
    with capture_responses() as outer:
        record(answer(200), attempts=1, elapsed=0.0)
        with capture_responses() as inner:
            record(answer(201), attempts=1, elapsed=0.0)
        record(answer(202), attempts=1, elapsed=0.0)

    assert [info.status for info in outer] == [200, 201, 202]
    assert [info.status for info in inner] == [201]


def test_a_block_that_fails_stops_listening() -> None:
    """What was heard until then is kept."""
    heard = []

    def fails() -> None:
        with capture_responses() as responses:
            record(answer(200), attempts=1, elapsed=0.0)
            heard.append(responses)
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    record(answer(201), attempts=1, elapsed=0.0)

    assert [[info.status for info in responses] for responses in heard] == [[200]]


def test_contexts_do_not_hear_of_each_other() -> None:
    """A task runs in a copy of its maker's context: the maker's block hears it, others' do not."""

    def task(status: int) -> list[int]:
        with capture_responses() as responses:
            record(answer(status), attempts=1, elapsed=0.0)
        return [info.status for info in responses]

    with capture_responses() as makers:
        inside = contextvars.copy_context()
    outside = contextvars.copy_context()

    with capture_responses() as others:
        assert inside.run(task, 200) == [200]
        assert outside.run(task, 201) == [201]

    assert [info.status for info in makers] == [200]
    assert others == []


def test_a_response_info_is_a_frozen_value() -> None:
    """It can be kept and compared; nobody can change it."""
    with capture_responses() as responses:
        record(Response(200, HEADERS, b"{}"), attempts=1, elapsed=0.0)
        record(Response(200, HEADERS, b"{}"), attempts=1, elapsed=0.0)
    one, other = responses

    assert one == other
    for field in attrs.fields(ResponseInfo):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(one, field.name, None)
