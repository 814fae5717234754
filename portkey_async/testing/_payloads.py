"""Payloads for unit tests that need no server."""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from ._api.assistants import defaults
from ._api.message_payloads import message_payload, text_part
from ._api.run_payloads import run_payload, run_step_payload
from ._api.threads import thread_payload
from ._schemas.catalog import SCHEMAS
from ._schemas.check import check
from ._store import Payload

_CREATED_AT = 1_700_000_000


class AssistantFields(TypedDict, total=False):
    """The fields of an assistant's payload."""

    id: str
    object: str
    created_at: int
    name: str | None
    description: str | None
    model: str
    instructions: str | None
    tools: list[dict[str, Any]]
    tool_resources: dict[str, Any] | None
    metadata: dict[str, Any] | None
    temperature: float | None
    top_p: float | None
    response_format: str | dict[str, Any] | None


def mock_assistant(**fields: Unpack[AssistantFields]) -> Payload:
    """A valid assistant, as the API would send it.

    For a payload that the API would not send, change the result: `mock_assistant() | {"id": None}`.

    Args:
        **fields: What it shall hold; the rest has the API's defaults, the model is `gpt-4o`, the
            id a new one.

    Returns:
        A new dict.

    Raises:
        ValueError: A value is not as the specification says; the message names field and limit.
        TypeError: An assistant has no such field, of which the message gives those it has; or the
            value is none of JSON.
    """
    head = {"id": _new_id("asst"), "object": "assistant", "created_at": _CREATED_AT}
    return _checked("AssistantObject", head | defaults() | {"model": "gpt-4o"}, {**fields})


def mock_thread(**fields: Any) -> Payload:
    """A valid thread, as the API would send it.

    Args:
        **fields: What it shall hold, as for `mock_assistant`.

    Returns:
        A new dict.

    Raises:
        ValueError: A value is not as the specification says; the message names field and limit.
        TypeError: A thread has no such field, or the value is none of JSON.
    """
    return _checked("ThreadObject", thread_payload(_new_id("thread"), _CREATED_AT), fields)


def mock_message(content: str | list[Payload] = "Hello", **fields: Any) -> Payload:
    """A valid message, as the API would send it.

    Args:
        content: A text, or parts as the API sends them.
        **fields: What else it shall hold, as for `mock_assistant`; it is a user's, completed.

    Returns:
        A new dict.

    Raises:
        ValueError: A value is not as the specification says; the message names field and limit.
        TypeError: A message has no such field, or the value is none of JSON.
    """
    fields["content"] = [text_part(content)] if isinstance(content, str) else content
    return _checked(
        "MessageObject", message_payload(_new_id("msg"), _CREATED_AT, "thread_abc123"), fields
    )


def mock_run(**fields: Any) -> Payload:
    """A valid run, as the API would send it.

    Args:
        **fields: What it shall hold, as for `mock_assistant`; it is queued.

    Returns:
        A new dict.

    Raises:
        ValueError: A value is not as the specification says; the message names field and limit.
        TypeError: A run has no such field, or the value is none of JSON.
    """
    return _checked("RunObject", run_payload(_new_id("run"), _CREATED_AT, "thread_abc123"), fields)


def mock_run_step(**fields: Any) -> Payload:
    """A valid step of a run, as the API would send it.

    Args:
        **fields: What it shall hold, as for `mock_assistant`; it is one of tool calls, in progress.

    Returns:
        A new dict.

    Raises:
        ValueError: A value is not as the specification says; the message names field and limit.
        TypeError: A step has no such field, or the value is none of JSON.
    """
    run = run_payload("run_abc123", _CREATED_AT, "thread_abc123")
    return _checked("RunStepObject", run_step_payload(_new_id("step"), _CREATED_AT, run), fields)


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def _checked(schema_name: str, payload: Payload, fields: Payload) -> Payload:
    """The payload with these fields, each of which the schema knows."""
    schema = SCHEMAS[schema_name]
    what = schema["properties"]["object"]["enum"][0].rpartition("thread.")[2]
    unknown = fields.keys() - schema["properties"].keys()
    if unknown:
        allowed = ", ".join(schema["properties"])
        raise TypeError(f"{what} has no field {min(unknown)!r}; allowed are {allowed}")
    payload = payload | fields
    check(payload, schema)
    try:
        json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise TypeError(f"{what}: the fields must be JSON values: {exc}") from None
    return payload


def mock_page(assistants: int | Iterable[Payload] = 1, *, has_more: bool = False) -> Payload:
    """A valid page of a list, of assistants or anything else that has an id.

    Args:
        assistants: The payloads, or how many new assistants to make; 0 or none for an empty page.
        has_more: Whether the page says that more follow.

    Returns:
        A new dict that holds the payloads given.

    Raises:
        TypeError: *assistants* is neither a number nor payloads.
        ValueError: The number is negative, or a payload has no `id`.
    """
    data = _data(assistants)
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": has_more,
    }


def _data(assistants: object) -> list[Payload]:
    if isinstance(assistants, int) and not isinstance(assistants, bool):
        if assistants < 0:
            raise ValueError(f"assistants must be payloads, or a number from 0; got {assistants}")
        return [mock_assistant(name=f"Assistant {n}") for n in range(1, assistants + 1)]
    wrong: list[object] = [assistants]
    if isinstance(assistants, Iterable) and not isinstance(assistants, Mapping):
        data: list[Any] = [*assistants]
        wrong = [each for each in data if not isinstance(each, dict)]
        if not wrong:
            _check_ids(data)
            return data
    raise TypeError(f"assistants must be payloads, or a number; got {wrong[0]!r}")


def _check_ids(data: list[Payload]) -> None:
    for number, payload in enumerate(data):
        if "id" not in payload:
            raise ValueError(
                f"assistants[{number}] must have an 'id', for first_id and last_id; got {payload!r}"
            )
