"""Assistants as the API makes them: ids, defaults, and what an update changes."""

from collections.abc import Iterable, Mapping
from random import Random
from string import ascii_letters, digits
from typing import Any, Final

from ._store import Payload

_ALPHABET: Final = ascii_letters + digits


def new_id(prefix: str, random: Random) -> str:
    """An id as the API makes them: the prefix and 24 letters and digits."""
    return f"{prefix}_{''.join(random.choices(_ALPHABET, k=24))}"


def defaults() -> Payload:
    """What an assistant has that was given nothing."""
    return {
        "name": None,
        "description": None,
        "model": None,
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "top_p": 1.0,
        "temperature": 1.0,
        "response_format": "auto",
    }


def created(
    assistant_id: str, created_at: int, settings: Mapping[str, Any], random: Random
) -> Payload:
    """The assistant that a create request makes; what it leaves out or sends as null is default."""
    head = {"id": assistant_id, "object": "assistant", "created_at": created_at}
    return updated(head | defaults(), settings, random)


def initial(
    assistants: int | Iterable[Mapping[str, Any]], now: int, random: Random
) -> Iterable[Payload]:
    """The payloads given, or as many as asked for, made one second apart until now."""
    if not isinstance(assistants, int):
        return [_copied(payload) for payload in assistants]
    return [
        created(
            new_id("asst", random),
            now - assistants + number,
            {
                "model": "gpt-4o",
                "name": f"Assistant {number}",
                "instructions": "You are a helpful assistant.",
                "tools": [{"type": "code_interpreter"}],
                "metadata": {"number": str(number)},
            },
            random,
        )
        for number in range(1, assistants + 1)
    ]


def _copied(payload: object) -> Payload:
    if isinstance(payload, Mapping) and "id" in payload:
        return {**payload}
    raise TypeError(f"assistants must be a number, or payloads that have an id; got {payload!r}")


def updated(assistant: Payload, changes: Mapping[str, Any], random: Random) -> Payload:
    """A new payload with *changes* merged in; null resets, `tool_resources` merge by tool."""
    result = assistant | dict(changes)
    # Accepted by the API, but no part of the object it gives back.
    result.pop("reasoning_effort", None)
    fresh = defaults()
    for name, value in changes.items():
        if value is None and name in fresh:
            result[name] = fresh[name]
        elif name == "tool_resources":
            result[name] = (assistant.get(name) or {}) | _with_stores(value, random)
    return result


def _with_stores(resources: Any, random: Random) -> Any:
    """The resources with each `vector_stores` helper replaced by the id of the store it makes."""
    search = resources.get("file_search")
    if search is None or "vector_stores" not in search:
        return resources
    rest = {name: value for name, value in search.items() if name != "vector_stores"}
    ids = [new_id("vs", random) for _ in search["vector_stores"]]
    return resources | {"file_search": rest | {"vector_store_ids": ids}}
