"""The operations that every fault is tried on."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto

import attrs
from faults.backend import BYSTANDER, KEY, TARGET, THREAD

from portkey_async import (
    AdminApiKey,
    AdminApiKeyDeleted,
    Assistant,
    AssistantDeleted,
    AsyncPortkey,
    Message,
    Run,
    ThreadDeleted,
)


class Kind(Enum):
    """What a call does at the server."""

    READ = auto()
    LIST = auto()
    CHANGE = auto()
    CREATE = auto()  # not repeated once it may have acted
    DELETE = auto()  # repeated, it is done when the server says that there is none


@attrs.frozen
class Operation:
    """One call on a client.

    Attributes:
        name: What the table and the backend's counts call it.
        kind: What it does.
        call: Makes the call.
        right: Whether a result is the right one.
    """

    name: str
    kind: Kind
    call: Callable[[AsyncPortkey], Awaitable[object]]
    right: Callable[[object], bool]

    @property
    def writes(self) -> bool:
        """Whether it changes anything at the server."""
        return self.kind not in {Kind.READ, Kind.LIST}


async def _create(client: AsyncPortkey) -> Assistant:
    return await client.assistants.create(model="gpt-4o", name="made")


async def _retrieve(client: AsyncPortkey) -> Assistant:
    return await client.assistants.retrieve(TARGET)


async def _update(client: AsyncPortkey) -> Assistant:
    return await client.assistants.update(TARGET, name="changed")


async def _list(client: AsyncPortkey) -> list[str]:
    return [item.id async for item in client.assistants.list(limit=2, order="asc")]


async def _list_ahead(client: AsyncPortkey) -> list[str]:
    return [item.id async for item in client.assistants.list(limit=2, order="asc").prefetch(2)]


async def _list_both_ends(client: AsyncPortkey) -> list[str]:
    pager = client.assistants.list(limit=1, order="asc")
    return [item.id for item in await pager.collect(both_ends=True)]


async def _delete(client: AsyncPortkey) -> AssistantDeleted:
    return await client.assistants.delete(TARGET)


async def _delete_key(client: AsyncPortkey) -> AdminApiKeyDeleted:
    return await client.admin_api_keys.delete(KEY)


async def _create_key(client: AsyncPortkey) -> AdminApiKey:
    return await client.admin_api_keys.create(name="made")


async def _create_message(client: AsyncPortkey) -> Message:
    return await client.threads.messages.create(THREAD, role="user", content="made")


async def _create_run(client: AsyncPortkey) -> Run:
    return await client.threads.runs.create(THREAD, assistant_id=TARGET)


async def _delete_thread(client: AsyncPortkey) -> ThreadDeleted:
    return await client.threads.delete(THREAD)


def _named(name: str | None) -> Callable[[object], bool]:
    def right(result: object) -> bool:
        return (
            isinstance(result, Assistant)
            and result.name == name
            and (result.instructions or "").startswith("Réponds")
        )

    return right


def _whole(result: object) -> bool:
    return result == [TARGET, BYSTANDER, "asst_third"]


OPERATIONS = (
    Operation("create", Kind.CREATE, _create, _named("made")),
    Operation("retrieve", Kind.READ, _retrieve, _named(None)),
    Operation("update", Kind.CHANGE, _update, _named("changed")),
    Operation("list", Kind.LIST, _list, _whole),
    Operation("list, prefetched", Kind.LIST, _list_ahead, _whole),
    Operation("list, both ends", Kind.LIST, _list_both_ends, _whole),
    Operation(
        "delete",
        Kind.DELETE,
        _delete,
        lambda done: isinstance(done, AssistantDeleted) and done.deleted,
    ),
    Operation(
        "delete key",
        Kind.DELETE,
        _delete_key,
        lambda done: isinstance(done, AdminApiKeyDeleted) and done.deleted,
    ),
    Operation(
        "create key",
        Kind.CREATE,
        _create_key,
        lambda made: isinstance(made, AdminApiKey) and made.name == "made",
    ),
    Operation(
        "delete thread",
        Kind.DELETE,
        _delete_thread,
        lambda done: isinstance(done, ThreadDeleted) and done.deleted,
    ),
    Operation(
        "create message",
        Kind.CREATE,
        _create_message,
        lambda made: isinstance(made, Message) and made.text == "made",
    ),
    Operation(
        "create run",
        Kind.CREATE,
        _create_run,
        lambda made: isinstance(made, Run) and made.assistant_id == TARGET,
    ),
)
