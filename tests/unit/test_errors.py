"""The errors: their tree, what they carry, how they read, and that they can be copied."""

import copy
import inspect
import pickle
import traceback

import pytest

import portkey_async
from portkey_async import (
    ActiveRunError,
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    InternalServerError,
    InvalidFunctionCallError,
    InvalidRequestError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    PortkeyError,
    RateLimitError,
    RunFailedError,
    RunStreamError,
    RunTimeoutError,
    UnprocessableEntityError,
    _errors,
)
from portkey_async._errors import status_error_class

# Every class and the classes right above it. Users catch by these, so a change breaks them.
TREE: dict[type[Exception], tuple[type[Exception], ...]] = {
    PortkeyError: (Exception,),
    ConfigurationError: (PortkeyError, ValueError),
    InvalidRequestError: (PortkeyError, ValueError),
    ClientClosedError: (PortkeyError, RuntimeError),
    APIError: (PortkeyError,),
    APIConnectionError: (APIError,),
    APITimeoutError: (APIConnectionError, TimeoutError),
    APIStatusError: (APIError,),
    BadRequestError: (APIStatusError,),
    ActiveRunError: (BadRequestError,),
    AuthenticationError: (APIStatusError,),
    PermissionDeniedError: (APIStatusError,),
    NotFoundError: (APIStatusError,),
    ConflictError: (APIStatusError,),
    UnprocessableEntityError: (APIStatusError,),
    RateLimitError: (APIStatusError,),
    InternalServerError: (APIStatusError,),
    APIResponseValidationError: (APIError,),
    RunFailedError: (APIError,),
    RunStreamError: (APIError,),
    RunTimeoutError: (APIError, TimeoutError),
    InvalidFunctionCallError: (PortkeyError, ValueError),
    PaginationError: (PortkeyError,),
}

BY_STATUS = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}

FACTS = {
    "method": "POST",
    "url": "https://gw.test/v1/assistants",
    "trace_id": "t-1",
    "request_id": "r-1",
    "attempts": 2,
    "elapsed": 1.5,
    "cursor": "asst_9",
}


def test_the_tree_is_as_drawn() -> None:
    """Each class has exactly the bases that users rely on, and there is no class besides."""
    defined = {cls for _, cls in inspect.getmembers(_errors, inspect.isclass)}
    exceptions = {cls for cls in defined if issubclass(cls, Exception)}

    assert exceptions == TREE.keys()
    for cls, bases in TREE.items():
        assert cls.__bases__ == bases


def test_every_error_is_public_and_in_the_drawing() -> None:
    """Nothing is raised that cannot be imported by name, and the drawing shows it."""
    drawing = _errors.__doc__ or ""
    for cls in TREE:
        assert getattr(portkey_async, cls.__name__) is cls
        assert cls.__name__ in portkey_async.__all__
        assert cls.__name__ in drawing


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_has_its_class(status: int) -> None:
    """The seven with a name of their own, every 5xx, and the base for the rest."""
    other = InternalServerError if status >= 500 else APIStatusError

    assert status_error_class(status) is BY_STATUS.get(status, other)


def _errors_of_all_kinds() -> list[APIError]:
    errors: list[APIError] = [
        APIError("went wrong", may_have_executed=False),
        APIConnectionError("lost", may_have_executed=False),
        APITimeoutError("too late"),
        APIResponseValidationError("is null", path="$.data[3].id", status=201),
        RateLimitError(
            "slow down",
            status=429,
            code="rate_limit_exceeded",
            type="requests",
            param="model",
            body={"error": {"message": "slow down"}},
            headers={"retry-after": "7"},
            retry_after=7.0,
            may_have_executed=False,
        ),
    ]
    for error in errors:
        vars(error).update(FACTS)
    return errors


@pytest.mark.parametrize("error", _errors_of_all_kinds(), ids=lambda error: type(error).__name__)
def test_copies_keep_what_an_error_carries(error: APIError) -> None:
    """Pickled to another process, or copied, it is of its class and has all its fields."""
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
        assert type(twin) is type(error)
        assert vars(twin) == vars(error)
        assert twin.args == error.args
        assert str(twin) == str(error)
        assert repr(twin) == repr(error)


@pytest.mark.parametrize(
    "cls", [ConfigurationError, InvalidRequestError, ClientClosedError, PaginationError]
)
def test_copies_keep_the_message_and_the_cursor(cls: type[PortkeyError]) -> None:
    """The errors that are no answer can be copied too."""
    error = cls("limit is 0")
    error.cursor = "asst_9"

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
        assert type(twin) is cls
        assert (str(twin), twin.cursor) == ("limit is 0", "asst_9")


def test_every_error_has_a_cursor() -> None:
    """Walks put one on any error; elsewhere it is None."""
    for cls in TREE:
        if issubclass(cls, PortkeyError):
            assert cls("x").cursor is None


def test_an_error_of_no_call_has_empty_facts() -> None:
    """The attributes are always there, so that a handler never fails in its turn."""
    for cls in TREE:
        if issubclass(cls, APIError):
            error = cls()
            assert (error.method, error.url, error.attempts, error.elapsed) == ("", "", 0, 0.0)
            assert (error.trace_id, error.request_id) == (None, None)
            assert error.message == ""
            assert error.may_have_executed is True


def test_a_status_error_has_every_field_even_when_empty() -> None:
    """What the server did not say is None, and headers can always be looked up."""
    error = APIStatusError("x", status=418)

    assert (error.status, error.status_code) == (418, 418)
    assert (error.code, error.type, error.param, error.body) == (None, None, None, None)
    assert error.retry_after is None
    assert error.headers.get("retry-after") is None


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, "lost"),
        ({"attempts": 3}, "lost (3 attempts)"),
        ({"method": "GET", "url": "https://h/v1", "attempts": 1}, "lost (GET https://h/v1)"),
        (
            {"method": "GET", "url": "https://h/v1", "attempts": 2, "trace_id": "t"},
            "lost (GET https://h/v1, 2 attempts, trace id t)",
        ),
        (
            {"method": "POST", "url": "https://h/v1", "attempts": 1},
            "lost (POST https://h/v1, may have been executed)",
        ),
        (
            {"method": "POST", "url": "https://h/v1", "may_have_executed": False},
            "lost (POST https://h/v1)",
        ),
    ],
)
def test_an_error_reads_as_one_line(facts: dict[str, object], shown: str) -> None:
    """What went wrong comes first, then in which call, and whether it may have been done."""
    error = APIConnectionError("lost")
    vars(error).update(facts)

    assert str(error) == shown


def test_a_status_error_reads_with_its_status_in_front() -> None:
    """The number is what people look for."""
    error = NotFoundError("No assistant found.", status=404)
    error.method, error.url = "GET", "https://h/v1/assistants/a"

    assert str(error) == "404 No assistant found. (GET https://h/v1/assistants/a)"
    assert "404 No assistant found." in "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ConfigurationError("x"), ValueError),
        (InvalidRequestError("x"), ValueError),
        (ClientClosedError("x"), RuntimeError),
        (APITimeoutError("x"), TimeoutError),
    ],
)
def test_the_builtin_ancestors_catch_them(error: PortkeyError, builtin: type[Exception]) -> None:
    """Code that knows nothing of this package handles them by what they mean."""
    with pytest.raises(builtin):
        raise error
