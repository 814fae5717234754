"""Assistants: ids, defaults, what an update changes, and the five operations."""

from collections.abc import Iterable, Mapping
from functools import partial
from random import Random
from typing import Any, Final

from portkey_async.testing._dialects import Dialect
from portkey_async.testing._exchange import Received, Response
from portkey_async.testing._store import Payload

from . import response
from .clock import new_id
from .request import body, found
from .state import State

_ALLOWED: Final = "assistants must be a number, or payloads that have an id"


def list_assistants(state: State, received: Received) -> Response:
    """`GET /assistants`."""
    return response.page(state, received, state.stores.assistants, "assistant")


def create(state: State, received: Received) -> Response:
    """`POST /assistants`."""
    settings = body(state, received, "CreateAssistantRequest")
    key = received.idempotency_key
    if key in state.created and Dialect.CREATES_DEDUPLICATED in state.dialect:
        return response.one(state, state.created[key])
    assistant = created(state.new_id("asst"), state.clock.now(), settings, state.random)

    def commit() -> None:
        state.stores.assistants[assistant["id"]] = assistant
        if key is not None:
            state.created[key] = assistant

    return response.one(state, assistant, commit)


def retrieve(state: State, _received: Received, assistant_id: str) -> Response:
    """`GET /assistants/{assistant_id}`."""
    return response.one(state, found(state.stores.assistants, "assistant", assistant_id))


def update(state: State, received: Received, assistant_id: str) -> Response:
    """`POST /assistants/{assistant_id}`."""
    assistant = found(state.stores.assistants, "assistant", assistant_id)
    changes = body(state, received, "ModifyAssistantRequest")
    assistant = updated(assistant, changes, state.random)
    commit = partial(state.stores.assistants.__setitem__, assistant_id, assistant)
    return response.one(state, assistant, commit)


def delete(state: State, _received: Received, assistant_id: str) -> Response:
    """`DELETE /assistants/{assistant_id}`."""
    found(state.stores.assistants, "assistant", assistant_id)
    commit = response.removal(state.stores.assistants, assistant_id)
    return response.deletion(assistant_id, "assistant", commit)


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
        try:
            payloads = iter(assistants)
        except TypeError:
            raise TypeError(f"{_ALLOWED}; got {assistants!r}") from None
        return [_copied(payload) for payload in payloads]
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
    raise TypeError(f"{_ALLOWED}; got {payload!r}")


def updated(assistant: Payload, changes: Mapping[str, Any], random: Random) -> Payload:
    """A new payload with *changes* merged in; null resets, `tool_resources` merge by tool."""
    result = assistant | dict(changes)
    fresh = defaults()
    for name, value in changes.items():
        if value is None:
            result[name] = fresh.get(name)
        elif name == "tool_resources":
            result[name] = merged_resources(assistant.get(name), value, random)
    # Accepted by the API, but no part of the object it gives back.
    result.pop("reasoning_effort", None)
    return result


def merged_resources(held: Payload | None, given: Payload, random: Random) -> Payload:
    """The resources held, with those given in place of the same tool's."""
    return (held or {}) | _with_stores(given, random)


def _with_stores(resources: Payload, random: Random) -> Payload:
    """The resources with each `vector_stores` helper replaced by the id of the store it makes."""
    search: Payload | None = resources.get("file_search")
    if search is None or "vector_stores" not in search:
        return resources
    rest = {name: value for name, value in search.items() if name != "vector_stores"}
    ids = [new_id("vs", random) for _ in search["vector_stores"]]
    return resources | {"file_search": rest | {"vector_store_ids": ids}}
