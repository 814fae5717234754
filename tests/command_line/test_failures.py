"""What went wrong, as one line that says what to do."""

import click
import pytest

from portkey_async import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PortkeyError,
    RateLimitError,
    RunTimeoutError,
)
from portkey_async.cli._connection import flag
from portkey_async.cli._failures import failure, reason, status_of_many


@pytest.mark.parametrize(
    ("error", "said", "status"),
    [
        (AuthenticationError("no", status=401), "check PORTKEY_API_KEY or --api-key-file", 1),
        (PermissionDeniedError("no", status=403), "use another one", 1),
        (NotFoundError("no", status=404), "check the id", 1),
        (RateLimitError("no", status=429), "try again later, or with a smaller", 1),
        (InternalServerError("no", status=500), "500 no; try again later", 1),
        (APIConnectionError("no"), "check --base-url and the network", 1),
        (APITimeoutError("no"), "--timeout gives more time", 1),
        (RunTimeoutError("no"), "--run-timeout gives a run more time", 1),
        (BadRequestError("x-portkey-provider header is required"), "--provider or --config", 1),
        (BadRequestError("no", status=400), "Error: 400 no", 1),
        (PortkeyError("no"), "Error: no", 1),
        (InvalidRequestError("name has 300 characters"), "Error: name has 300 characters", 2),
        (OSError(28, "No space left on device"), "Error: No space left on device", 1),
        (PermissionError(13, "Permission denied", "a"), "Error: a: Permission denied", 1),
        (OSError("odd"), "Error: odd", 1),
        (click.UsageError("no such thing."), "no such thing; see `portkey-async --help`", 2),
        (click.ClickException("no."), "Error: no", 1),
        (KeyboardInterrupt(), "Interrupted", 130),
        (ZeroDivisionError("oh"), "Error: ZeroDivisionError: oh; this is a fault of", 1),
    ],
)
def test_every_error_is_a_line(error: BaseException, said: str, status: int) -> None:
    """That says what to do, with its exit code."""
    line, code = failure(error, flag)

    assert said in line
    assert code == status


def test_what_was_done_is_told_when_interrupted() -> None:
    """And what a caller has noted of any error."""
    interrupt, error = KeyboardInterrupt(), PortkeyError("no")
    interrupt.add_note("3 of 5 are deleted")
    error.add_note("go\x1b[2J on\nthere")

    assert failure(interrupt, flag)[0] == "Interrupted; 3 of 5 are deleted"
    assert reason(error) == "no; go\ufffd[2J on there"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("api_key is missing: pass api_key", "--api-key-file is missing: pass --api-key-file"),
        ("base_url must not hold a query", "--base-url must not hold a query"),
        ("provider holds U+200B", "--provider holds U+200B"),
        ("pass provider='openai' for one", "pass --provider openai for one"),
        ("headers['a'] is given twice", "--header['a'] is given twice"),
        ("the provider's own credential", "the provider's own credential"),
        ("assistant_id is empty", "assistant_id is empty"),
        ("config['a'] is nested too deeply", "--config['a'] is nested too deeply"),
    ],
)
def test_arguments_of_the_client_are_named_by_their_flags(message: str, said: str) -> None:
    """Words that are none for sure stay."""
    assert failure(ConfigurationError(message), flag) == (f"Error: {said}", 2)


@pytest.mark.parametrize(
    ("asked", "done", "status"), [(0, 0, 0), (3, 3, 0), (3, 1, 3), (3, 0, 1), (0, 3, 0)]
)
def test_some_of_many(asked: int, done: int, status: int) -> None:
    """3 where some failed, 1 where all did."""
    assert status_of_many(asked, done) == status
