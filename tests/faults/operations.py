"""The operations that every fault is tried on."""

from collections.abc import Awaitable, Callable

import attrs
from faults.backend import BYSTANDER, KEY, TARGET

from portkey_async import AdminApiKeyDeleted, Assistant, AssistantDeleted, AsyncPortkey


@attrs.frozen
class Operation:
    """One call on a client.

    Attributes:
        name: What the table and the backend's counts call it.
        call: Makes the call.
        right: Whether a result is the right one.
        writes: Whether it changes anything at the server.
    """

    name: str
    call: Callable[[AsyncPortkey], Awaitable[object]]
    right: Callable[[object], bool]
    writes: bool = True


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
    Operation("create", _create, _named("made")),
    Operation("retrieve", _retrieve, _named(None), writes=False),
    Operation("update", _update, _named("changed")),
    Operation("list", _list, _whole, writes=False),
    Operation("list, prefetched", _list_ahead, _whole, writes=False),
    Operation("list, both ends", _list_both_ends, _whole, writes=False),
    Operation("delete", _delete, lambda done: isinstance(done, AssistantDeleted) and done.deleted),
    Operation(
        "delete key",
        _delete_key,
        lambda done: isinstance(done, AdminApiKeyDeleted) and done.deleted,
    ),
)
