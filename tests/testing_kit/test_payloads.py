"""`mock_assistant`, `mock_page` and the like: valid payloads for tests without a server."""

from collections.abc import Callable
from typing import Any

import pytest

from portkey_async import Message, Run, RunStep, Thread
from portkey_async.testing import (
    mock_assistant,
    mock_message,
    mock_page,
    mock_run,
    mock_run_step,
    mock_thread,
)
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
        (lambda: mock_assistant(response_format=object()), ValueError, "got a Python object inst"),
        (lambda: mock_assistant(metadata={"k": object()}), TypeError, "must be JSON values: .*obj"),
        (lambda: mock_thread(metadata={"k": float("nan")}), TypeError, "thread: the fields must b"),
        (lambda: mock_thread(model="m"), TypeError, "thread has no field 'model'; allowed are id,"),
        (lambda: mock_message(role="system"), ValueError, "Invalid value: 'system'. Supported"),
        (lambda: mock_message([{"type": "txt"}]), ValueError, "Invalid value: 'txt'. Supported"),
        (lambda: mock_run(status="done"), ValueError, "Supported values are: 'queued', 'in_prog"),
        (lambda: mock_run(text="x"), TypeError, "^run has no field 'text'"),
        (lambda: mock_run_step(type=None), ValueError, "'type': expected a string"),
        (lambda: mock_page([mock_run(), {}]), ValueError, r"assistants\[1\] must have an 'id'"),
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


@pytest.mark.parametrize(
    ("make", "schema", "model"),
    [
        (mock_thread, "ThreadObject", Thread),
        (mock_message, "MessageObject", Message),
        (mock_run, "RunObject", Run),
        (mock_run_step, "RunStepObject", RunStep),
    ],
)
def test_other_payloads_are_what_the_api_sends(
    make: Callable[..., dict[str, Any]], schema: str, model: Any
) -> None:
    """With everything that is required, decoded and given back as they are."""
    first, second = make(), make(metadata={"k": "v"})

    assert first.keys() <= SCHEMAS[schema]["properties"].keys()
    assert first["id"] != second["id"]
    assert second["metadata"] == {"k": "v"}
    assert model.from_dict(second).to_dict() == second
    assert mock_page([first, second])["last_id"] == second["id"]


def test_the_content_of_a_message_may_be_a_text() -> None:
    """Or parts, as the API has them."""
    parts = mock_message("4")["content"]

    assert parts == [{"type": "text", "text": {"value": "4", "annotations": []}}]
    assert mock_message(parts)["content"] == parts
