"""Payloads for unit tests that need no server."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from ._api.assistants import defaults
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
        TypeError: An assistant has no such field; the message gives those it has.
    """
    unknown = fields.keys() - AssistantFields.__annotations__.keys()
    if unknown:
        allowed = ", ".join(AssistantFields.__annotations__)
        raise TypeError(f"an assistant has no field {min(unknown)!r}; allowed are {allowed}")
    head = {
        "id": f"asst_{secrets.token_hex(12)}",
        "object": "assistant",
        "created_at": _CREATED_AT,
    }
    payload = head | defaults() | {"model": "gpt-4o"} | fields
    check(payload, SCHEMAS["AssistantObject"])
    return payload


def mock_page(assistants: int | Iterable[Payload] = 1, *, has_more: bool = False) -> Payload:
    """A valid page of a list of assistants.

    Args:
        assistants: The payloads, or how many new ones to make; 0 or none for an empty page.
        has_more: Whether the page says that more follow.

    Returns:
        A new dict that holds the payloads given.

    Raises:
        TypeError: *assistants* is neither a number nor payloads.
        ValueError: The number is negative.
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
            return data
    raise TypeError(f"assistants must be payloads, or a number; got {wrong[0]!r}")
