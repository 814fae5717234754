"""What the headers of an answer say about repeating the call."""

import math
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.strategies import texts

from portkey_async._transport.response import gateway_attempts
from portkey_async._transport.retry_after import retry_after

NOW = 1_700_000_000.0
BEHIND = "Tue, 14 Nov 2023 21:13:20 GMT"
AHEAD = "Tue, 14 Nov 2023 23:13:20 GMT"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("2", 2),
        ("-1", -1),
        ("3, 0", 3),
        ("0, 3", 3),
        ("3, -1", -1),
        ("-1, 5", -1),
        ("many", None),
        ("-1x", -1),
    ],
)
def test_the_gateways_count_is_read(header: str | None, expected: int | None) -> None:
    """A chain of gateways appends its counts: the greatest is it, and -1 wins over all."""
    headers = {} if header is None else {"x-portkey-retry-attempt-count": header}

    assert gateway_attempts(headers) == expected


@given(texts | st.integers().map(str) | st.just("9" * 5_000))
@example("9" * 5_000)
def test_no_count_makes_it_fail(header: str) -> None:
    """Whatever stands in the header, there is a number or none."""
    count = gateway_attempts({"x-portkey-retry-attempt-count": header})

    assert count is None or count == int(count)


@pytest.fixture(params=["UTC0", "HERE5"])
def _timezone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Move this process to a time zone, and back after the test."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "  7 "}, 7),
        ({"retry-after": "86400"}, 86_400),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "7 seconds"}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "0"}, 0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "-1", "retry-after": "7"}, 7),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7),
        ({"retry-after-ms": "Tue, 14 Nov 2023 22:13:30 GMT"}, None),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"}, 10),
        ({"retry-after": "Tuesday, 14-Nov-23 22:13:30 GMT"}, 10),
        ({"retry-after": "Tue Nov 14 22:13:30 2023"}, 10),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:20 GMT"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        ({"retry-after": "Tue, 14 Nov 2023 23:13:30 +0100"}, 10),
        ({"retry-after": "Tue, 99 Nov 2023 22:13:30 GMT"}, None),
        ({"retry-after": "Tue, 14 Nov 99999 22:13:30 GMT"}, None),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "2, 2"}, 2),
        ({"retry-after": "2,7 , 3"}, 7),
        ({"retry-after": "2, soon"}, None),
        ({"retry-after": "2s"}, 2),
        ({"retry-after": "1500ms"}, 1.5),
        ({"retry-after": "1m30s"}, 90),
        ({"retry-after": "2023-11-14T22:13:30Z"}, 10),
        ({"retry-after": "2023-11-14T23:13:30+01:00"}, 10),
        ({"retry-after": "2023-11-14 22:13:30.5"}, 10.5),
        ({"retry-after": "2s 3x"}, None),
        # The server's clock is an hour behind, or ahead; its own date tells.
        ({"retry-after": "Tue, 14 Nov 2023 21:13:30 GMT", "date": BEHIND}, 10),
        ({"retry-after": "2023-11-14T21:13:30Z", "date": BEHIND}, 10),
        ({"retry-after": "Tue, 14 Nov 2023 23:13:30 GMT", "date": AHEAD}, 10),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:30 GMT", "date": "today"}, 10),
        ({"retry-after": "5", "date": BEHIND}, 5),
        ({"retry-after": "1 Jan 0001 00:00:00 +2359"}, 0),
    ],
    ids=str,
)
@pytest.mark.usefixtures("_timezone")
def test_the_wait_that_the_server_asks_for_is_read(
    headers: dict[str, str], expected: float | None
) -> None:
    """Seconds, milliseconds, or any HTTP date, wherever this machine is; garbage is no request."""
    assert retry_after(headers, NOW) == expected


@given(texts, texts)
def test_no_text_makes_the_reading_fail(seconds: str, milliseconds: str) -> None:
    """Whatever stands in the headers, there is a wait of 0 or more, or none."""
    wait = retry_after({"retry-after": seconds, "retry-after-ms": milliseconds}, NOW)

    assert wait is None or 0 <= wait < math.inf


@given(st.integers(-(10**9), 10**9))
def test_any_date_gives_the_seconds_until_then(seconds: int) -> None:
    """To the second, and 0 for one that has passed."""
    date = formatdate(NOW + seconds, usegmt=True)

    assert retry_after({"retry-after": date}, NOW) == max(0, seconds)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rate limit reached. Please retry after 26 seconds.", 26),
        ("Please try again in 6m0s. Visit https://example.test.", 360),
        ("Please try again in 1.242s.", 1.242),
        ("try again in 862ms", 0.862),
        ("Retry it in 1 minute 30 seconds", 90),
        ("Wait for 2 hours", 7200),
        ("Limit 10000, used 9000, requested 1234 in 60s", None),
        ("Retry later.", None),
        ("Please retry after 26 parsecs", None),
        ("", None),
    ],
)
def test_a_wait_is_read_from_the_words_where_no_header_has_it(
    text: str, expected: float | None
) -> None:
    """A header comes first."""
    assert retry_after({}, NOW, text) == (expected if expected is None else pytest.approx(expected))
    assert retry_after({"retry-after": "3"}, NOW, text) == 3
