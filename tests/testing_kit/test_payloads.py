"""`mock_assistant` and `mock_page`: valid payloads for tests without a server."""

from collections.abc import Callable
from typing import Any

import pytest

from portkey_async.testing import mock_assistant, mock_page
from portkey_async.testing._schemas.catalog import SCHEMAS
from portkey_async.testing._schemas.check import check


def test_an_assistant_has_everything_the_api_sends() -> None:
    """With defaults, and an id of its own."""
    first, second = mock_assistant(), mock_assistant()

    assert check(first, SCHEMAS["AssistantObject"]) is None
    assert first.keys() == SCHEMAS["AssistantObject"]["properties"].keys()
    assert first["id"] != second["id"]
    assert first["tools"] is not second["tools"]


def test_an_assistant_holds_what_it_is_given() -> None:
    """Any field can be set, null included."""
    fields: dict[str, Any] = {"id": "asst_1", "name": None, "tools": [{"type": "file_search"}]}

    assert mock_assistant(**fields) == mock_assistant() | fields


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: mock_assistant(nmae="x"), TypeError, "no field 'nmae'; allowed are id, object,"),
        (lambda: mock_assistant(name="n" * 257), ValueError, "'name': string too long"),
        (lambda: mock_assistant(id=None), ValueError, "'id': expected a string"),
        (lambda: mock_assistant(object="list"), ValueError, "Invalid value: 'list'"),
        (lambda: mock_page({"id": "x"}), TypeError, "payloads, or a number; got {'id': 'x'}"),
        (lambda: mock_page(["asst_1"]), TypeError, "payloads, or a number; got 'asst_1'"),
        (lambda: mock_page(-1), ValueError, "a number from 0; got -1"),
        (lambda: mock_page(assistants=True), TypeError, "payloads, or a number; got True"),
    ],
)
def test_what_the_api_would_not_send_is_refused(
    make: Callable[[], object], error: type[Exception], said: str
) -> None:
    """At once, naming the field and what is allowed."""
    with pytest.raises(error, match=said):
        make()


def test_a_page_is_valid_and_knows_its_ends() -> None:
    """Of payloads given, or of as many new ones as asked for."""
    given = [mock_assistant(id="a"), mock_assistant(id="b")]
    page = mock_page(given, has_more=True)

    assert page == {
        "object": "list",
        "data": given,
        "first_id": "a",
        "last_id": "b",
        "has_more": True,
    }
    for made in (page, mock_page(), mock_page(3), mock_page(0), mock_page(iter(given))):
        assert check(made, SCHEMAS["ListAssistantsResponse"]) is None
    assert len({each["id"] for each in mock_page(3)["data"]}) == 3
    assert mock_page([]) == mock_page(0)
