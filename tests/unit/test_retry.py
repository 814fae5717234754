"""When a call is repeated, and after how long: every decision, with no clock and no chance."""

import asyncio
import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    InvalidRequestError,
    PaginationError,
    RetryPolicy,
)
from portkey_async._errors import status_error_class
from portkey_async._transport.retry import next_delay

NOW = 1_700_000_000.0
TRANSIENT = (408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529, 530)
FINAL = (
    301,
    302,
    307,
    400,
    401,
    403,
    404,
    405,
    409,
    412,
    413,
    418,
    422,
    431,
    446,
    501,
    505,
    525,
    531,
)


def status_error(  # noqa: PLR0913  # what an answer consists of
    status: int,
    *,
    code: str | None = None,
    kind: str | None = None,
    retry_after: float | None = None,
    may_have_executed: bool = True,
    headers: Mapping[str, str] | None = None,
) -> APIStatusError:
    """Make the error of a status."""
    return status_error_class(status)(
        "it failed",
        status=status,
        code=code,
        type=kind,
        retry_after=retry_after,
        may_have_executed=may_have_executed,
        headers=headers,
    )


def repeats(
    error: BaseException,
    *,
    idempotent: bool = True,
    policy: RetryPolicy = RetryPolicy(),  # noqa: B008  # frozen
) -> bool:
    """Ask whether *error* leads to another attempt."""
    return next_delay(error, 1, idempotent=idempotent, policy=policy) is not None


def delay_of(
    error: BaseException,
    attempt: int = 1,
    *,
    policy: RetryPolicy,
    draw: float = 0.0,
    remaining: float = math.inf,
) -> float | None:
    """Ask how long is waited after *error*, with the randomness given."""
    return next_delay(
        error, attempt, idempotent=True, policy=policy, remaining=remaining, random=lambda: draw
    )


# --- Whether ----------------------------------------------------------------------------------


# What failed, and whether it is repeated: idempotent or not, and not with repeat_creates.
DECISIONS = [
    (APIConnectionError("refused", may_have_executed=False), True, True, True),
    (APITimeoutError("no connection", may_have_executed=False), True, True, True),
    (APIConnectionError("lost"), True, False, True),
    (APITimeoutError("no answer"), True, False, True),
    (status_error(429, may_have_executed=False), True, True, True),
    (status_error(429, code="rate_limit_exceeded", may_have_executed=False), True, True, True),
    (status_error(429), True, False, True),  # after tries of the gateway's own
    *((status_error(status), True, False, True) for status in TRANSIENT),
    *((status_error(status), False, False, False) for status in FINAL),
    *((status_error(status, may_have_executed=False), False, False, False) for status in FINAL),
    (APIResponseValidationError("is null"), False, False, False),
    (APIError("?"), False, False, False),
    (ConfigurationError("x"), False, False, False),
    (InvalidRequestError("x"), False, False, False),
    (ClientClosedError("x"), False, False, False),
    (PaginationError("x"), False, False, False),
    (asyncio.CancelledError(), False, False, False),
    (KeyboardInterrupt(), False, False, False),
    (TimeoutError(), False, False, False),
    (OSError(), False, False, False),
]


@pytest.mark.parametrize(
    ("error", "idempotent", "create", "repeated_create"),
    DECISIONS,
    ids=[
        f"{type(row[0]).__name__}-{getattr(row[0], 'status', '')}-"
        f"{'doubtful' if getattr(row[0], 'may_have_executed', True) else 'harmless'}-{index}"
        for index, row in enumerate(DECISIONS)
    ],
)
def test_what_is_repeated(
    error: BaseException, *, idempotent: bool, create: bool, repeated_create: bool
) -> None:
    """Never sent: always. Perhaps done: not a create, unless the policy says so. Else never."""
    repeat_creates = RetryPolicy(repeat_creates=True)

    assert repeats(error) is idempotent
    assert repeats(error, policy=repeat_creates) is idempotent
    assert repeats(error, idempotent=False) is create
    assert repeats(error, idempotent=False, policy=repeat_creates) is repeated_create


@pytest.mark.parametrize("status", [418, 404, 525])
def test_which_statuses_may_pass_is_a_setting(status: int) -> None:
    """What is named is retried where that is harmless, and what is not named is not; 429 is."""
    policy = RetryPolicy(statuses={status})

    assert repeats(status_error(status), policy=policy)
    assert not repeats(status_error(status), policy=policy, idempotent=False)
    assert not repeats(status_error(503), policy=policy)
    assert repeats(status_error(429), policy=policy)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(407, False), (403, False), (404, False), (429, True), (502, True), (503, True), (504, True)],
)
def test_a_proxy_that_refuses_for_now_is_asked_again(status: int, *, expected: bool) -> None:
    """Creates too, as nothing was sent; one that wants other credentials will want them again."""
    error = APIConnectionError("the proxy refused", may_have_executed=False)
    error.proxy_status = status

    assert repeats(error) is expected
    assert repeats(error, idempotent=False) is expected


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
@pytest.mark.parametrize("headers", [{}, {"x-should-retry": "true"}])
def test_a_429_that_waiting_does_not_help_is_final(code: str, headers: dict[str, str]) -> None:
    """A used-up quota is named by the code, or by the type of older servers."""
    assert not repeats(status_error(429, code=code, headers=headers))
    assert not repeats(status_error(429, kind=code, headers=headers))


ADVICE = [
    # status, idempotent, advice: repeated?
    *((status, True, "false", False) for status in (*TRANSIENT, *FINAL, 429)),
    *((status, True, "true", True) for status in (*TRANSIENT, *FINAL, 429)),
    (500, False, "true", False),
    (400, False, "true", False),
    (500, True, "perhaps", True),
    (400, True, "perhaps", False),
    (500, True, "", True),
]


@pytest.mark.parametrize(("status", "idempotent", "advice", "expected"), ADVICE)
def test_the_servers_advice_is_heeded(
    status: int, *, idempotent: bool, advice: str, expected: bool
) -> None:
    """`x-should-retry` decides, but never makes a create that may be done be done again."""
    error = status_error(status, headers={"x-should-retry": advice})

    assert repeats(error, idempotent=idempotent) is expected


def test_advice_to_repeat_a_refused_create_is_heeded() -> None:
    """A refusal says that nothing was done, so doing it once more is harmless."""
    error = status_error(409, may_have_executed=False, headers={"x-should-retry": "true"})

    assert repeats(error, idempotent=False)


@pytest.mark.parametrize("count", ["-1", "3, -1", "-1, 0"])
@pytest.mark.parametrize("status", [*TRANSIENT, 429])
def test_where_the_gateway_gave_up_nothing_is_repeated(count: str, status: int) -> None:
    """Its retries and ours do not multiply, unless the policy says so."""
    error = status_error(status, headers={"x-portkey-retry-attempt-count": count})

    assert not repeats(error)
    assert repeats(error, policy=RetryPolicy(after_gateway=True))


@pytest.mark.parametrize("count", ["0", "2", "3, 0", "", "many"])
def test_where_the_gateway_did_not_give_up_ours_start(count: str) -> None:
    """Any other count changes nothing."""
    assert repeats(status_error(503, headers={"x-portkey-retry-attempt-count": count}))


# --- How long ---------------------------------------------------------------------------------


@given(
    attempt=st.integers(1, 10_000),
    initial=st.floats(0, 1e6),
    maximum=st.floats(0, 1e6),
    draw=st.floats(0, 1),
)
def test_our_own_backoff_is_exponential_with_full_jitter(
    attempt: int, initial: float, maximum: float, draw: float
) -> None:
    """Anything from 0 to the doubled limit, at random; never more than the maximum."""
    policy = RetryPolicy(attempts=20_000, initial=initial, maximum=maximum)
    limit = min(maximum, initial * 2.0 ** min(attempt - 1, 64))
    delays = [
        delay_of(APIConnectionError(), attempt, policy=policy, draw=one) for one in (0, 1, draw)
    ]

    assert delays[:2] == [0, limit]
    assert delays[2] is not None
    assert 0 <= delays[2] <= limit
    assert delays[2] == pytest.approx(limit * draw)


def test_the_limit_doubles_with_each_attempt() -> None:
    """By default half a second, one, two, four, eight, and eight from then on."""
    policy = RetryPolicy(attempts=9)
    delays = [delay_of(APIConnectionError(), n, policy=policy, draw=1) for n in range(1, 8)]

    assert delays == [0.5, 1, 2, 4, 8, 8, 8]


@given(st.floats(0, 1e6), st.floats(0, 1), st.integers(1, 9))
def test_at_least_what_was_asked_for_is_waited(asked: float, draw: float, attempt: int) -> None:
    """And up to a quarter more, so that not all come back at once; our own limits do not count."""
    error = status_error(503, retry_after=asked)
    policy = RetryPolicy(attempts=10, initial=0.001, maximum=0.001, max_retry_after=1e6)

    delay = delay_of(error, attempt, policy=policy, draw=draw)

    assert delay is not None
    assert asked <= delay <= asked * 1.25
    assert delay == pytest.approx(asked * (1 + draw / 4))


def test_what_was_asked_is_on_status_errors_alone() -> None:
    """A response that asks for 0 seconds asks for something; a lost one asks for nothing."""
    policy = RetryPolicy()

    assert delay_of(APIConnectionError(), policy=policy, draw=1) == 0.5
    assert delay_of(status_error(503), policy=policy, draw=1) == 0.5
    assert delay_of(status_error(503, retry_after=0.0), policy=policy, draw=1) == 0.0


def test_the_randomness_is_real_unless_it_is_injected() -> None:
    """Two clients that fail together do not come back together."""
    delays = {
        next_delay(APIConnectionError(), 1, idempotent=True, policy=RetryPolicy())
        for _ in range(20)
    }

    assert len(delays) > 1


# --- When to stop -----------------------------------------------------------------------------


@pytest.mark.parametrize("attempts", [1, 2, 3, 7])
def test_there_are_as_many_attempts_as_allowed(attempts: int) -> None:
    """The first one counts, so 1 turns retries off."""
    policy = RetryPolicy(attempts=attempts)

    delays = [delay_of(APIConnectionError(), n, policy=policy) for n in range(1, attempts + 1)]

    assert delays == [0.0] * (attempts - 1) + [None]


@pytest.mark.parametrize(
    ("asked", "maximum", "stop"),
    [
        (60.0, 60.0, False),
        (math.nextafter(60, 61), 60.0, True),
        (0.0, 0.0, False),
        (0.001, 0.0, True),
        (None, 0.0, False),
    ],
)
def test_a_wait_longer_than_allowed_is_not_begun(
    asked: float | None, maximum: float, *, stop: bool
) -> None:
    """What counts is what the server asked for, without the jitter that is added."""
    error = status_error(429, retry_after=asked)
    policy = RetryPolicy(max_retry_after=maximum)

    assert (delay_of(error, policy=policy, draw=1) is None) is stop


@pytest.mark.parametrize(
    ("asked", "remaining", "stop"),
    [(1.0, 1.001, False), (1.0, 1.0, True), (1.0, 0.5, True), (0.0, 0.0, True), (0.0, -1.0, True)],
)
def test_a_wait_that_outlasts_the_deadline_is_not_begun(
    asked: float, remaining: float, *, stop: bool
) -> None:
    """It would only end in a timeout: fail at once, with what the server said."""
    error = status_error(503, retry_after=asked)

    assert (delay_of(error, policy=RetryPolicy(), remaining=remaining) is None) is stop
