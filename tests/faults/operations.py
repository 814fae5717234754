"""The operations that every fault is tried on: all of the tag, and those of admin keys."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Any

import attrs
from faults.backend import CALL, IDS, TARGET

from portkey_async import (
    AdminApiKey,
    AdminApiKeyDeleted,
    Assistant,
    AssistantDeleted,
    AsyncPortkey,
    Message,
    MessageDeleted,
    Pager,
    Run,
    RunStep,
    Thread,
    ThreadDeleted,
)


class Kind(Enum):
    """What a call does at the server."""

    READ = auto()
    LIST = auto()
    CHANGE = auto()
    CREATE = auto()  # not repeated once it may have acted
    DELETE = auto()  # repeated, it is done when the server says that there is none
    CANCEL = auto()  # repeated, it is done when the run says so
    SUBMIT = auto()  # in doubt, the run is asked, and then it is repeated if that still waits


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


def _is(cls: type, **fields: object) -> Callable[[object], bool]:
    """Whether a result is one of these, with these fields."""

    def right(result: object) -> bool:
        return isinstance(result, cls) and all(
            getattr(result, name) == value for name, value in fields.items()
        )

    return right


def _named(name: str | None) -> Callable[[object], bool]:
    def right(result: object) -> bool:
        return (
            isinstance(result, Assistant)
            and result.name == name
            and (result.instructions or "").startswith("Réponds")
        )

    return right


def _whole(result: object) -> bool:
    return result == [*IDS]


def _listing(
    name: str, pager: Callable[[AsyncPortkey], Callable[..., Pager[Any]]], *more: object
) -> Operation:
    """Walk a list to its end."""

    async def walk(client: AsyncPortkey) -> list[str]:
        return [item.id async for item in pager(client)(*more, limit=2, order="asc")]

    return Operation(name, Kind.LIST, walk, _whole)


async def _list_ahead(client: AsyncPortkey) -> list[str]:
    return [item.id async for item in client.assistants.list(limit=2, order="asc").prefetch(2)]


async def _list_both_ends(client: AsyncPortkey) -> list[str]:
    pager = client.assistants.list(limit=1, order="asc")
    return [item.id for item in await pager.collect(both_ends=True)]


async def _list_keys(client: AsyncPortkey) -> list[str]:
    return [item.id async for item in client.admin_api_keys.list(limit=2, order="asc")]


async def _list_steps(client: AsyncPortkey) -> list[str]:
    pager = client.threads.runs.steps.list(TARGET, thread_id=TARGET, limit=2, order="asc")
    return [item.id async for item in pager]


ASSISTANTS = (
    Operation(
        "create assistant",
        Kind.CREATE,
        lambda client: client.assistants.create(model="gpt-4o", name="made"),
        _named("made"),
    ),
    Operation(
        "retrieve assistant",
        Kind.READ,
        lambda client: client.assistants.retrieve(TARGET),
        _named(None),
    ),
    Operation(
        "update assistant",
        Kind.CHANGE,
        lambda client: client.assistants.update(TARGET, name="changed"),
        _named("changed"),
    ),
    _listing("list assistants", lambda client: client.assistants.list),
    Operation("list, prefetched", Kind.LIST, _list_ahead, _whole),
    Operation("list, both ends", Kind.LIST, _list_both_ends, _whole),
    Operation(
        "delete assistant",
        Kind.DELETE,
        lambda client: client.assistants.delete(TARGET),
        _is(AssistantDeleted, deleted=True),
    ),
)
THREADS = (
    Operation(
        "create thread",
        Kind.CREATE,
        lambda client: client.threads.create(metadata={"made": "yes"}),
        _is(Thread, metadata={"made": "yes"}),
    ),
    Operation(
        "retrieve thread",
        Kind.READ,
        lambda client: client.threads.retrieve(TARGET),
        _is(Thread, id=TARGET),
    ),
    Operation(
        "update thread",
        Kind.CHANGE,
        lambda client: client.threads.update(TARGET, metadata={"made": "no"}),
        _is(Thread, id=TARGET, metadata={"made": "no"}),
    ),
    Operation(
        "delete thread",
        Kind.DELETE,
        lambda client: client.threads.delete(TARGET),
        _is(ThreadDeleted, deleted=True),
    ),
    Operation(
        "create run on a thread",
        Kind.CREATE,
        lambda client: client.threads.create_and_run(assistant_id=TARGET, thread={}),
        _is(Run, id="made"),
    ),
)
MESSAGES = (
    Operation(
        "create message",
        Kind.CREATE,
        lambda client: client.threads.messages.create(TARGET, role="user", content="made"),
        _is(Message, text="made"),
    ),
    Operation(
        "retrieve message",
        Kind.READ,
        lambda client: client.threads.messages.retrieve(TARGET, thread_id=TARGET),
        _is(Message, id=TARGET),
    ),
    Operation(
        "update message",
        Kind.CHANGE,
        lambda client: client.threads.messages.update(
            TARGET, thread_id=TARGET, metadata={"made": "no"}
        ),
        _is(Message, id=TARGET, metadata={"made": "no"}),
    ),
    _listing("list messages", lambda client: client.threads.messages.list, TARGET),
    Operation(
        "delete message",
        Kind.DELETE,
        lambda client: client.threads.messages.delete(TARGET, thread_id=TARGET),
        _is(MessageDeleted, deleted=True),
    ),
)
RUNS = (
    Operation(
        "create run",
        Kind.CREATE,
        lambda client: client.threads.runs.create(TARGET, assistant_id=TARGET),
        _is(Run, assistant_id=TARGET),
    ),
    Operation(
        "retrieve run",
        Kind.READ,
        lambda client: client.threads.runs.retrieve(TARGET, thread_id=TARGET),
        _is(Run, id=TARGET),
    ),
    Operation(
        "update run",
        Kind.CHANGE,
        lambda client: client.threads.runs.update(
            TARGET, thread_id=TARGET, metadata={"made": "no"}
        ),
        _is(Run, id=TARGET, metadata={"made": "no"}),
    ),
    _listing("list runs", lambda client: client.threads.runs.list, TARGET),
    Operation(
        "cancel run",
        Kind.CANCEL,
        lambda client: client.threads.runs.cancel(TARGET, thread_id=TARGET),
        _is(Run, id=TARGET, status="cancelling"),
    ),
    Operation(
        "submit_tool_outputs run",
        Kind.SUBMIT,
        lambda client: client.threads.runs.submit_tool_outputs(
            TARGET, thread_id=TARGET, tool_outputs=[{"tool_call_id": CALL, "output": "4"}]
        ),
        _is(Run, id=TARGET, status="queued"),
    ),
    Operation("list run steps", Kind.LIST, _list_steps, _whole),
    Operation(
        "retrieve run step",
        Kind.READ,
        lambda client: client.threads.runs.steps.retrieve(TARGET, thread_id=TARGET, run_id=TARGET),
        _is(RunStep, id=TARGET),
    ),
)
KEYS = (
    Operation("list keys", Kind.LIST, _list_keys, _whole),
    Operation(
        "create key",
        Kind.CREATE,
        lambda client: client.admin_api_keys.create(name="made"),
        _is(AdminApiKey, name="made"),
    ),
    Operation(
        "retrieve key",
        Kind.READ,
        lambda client: client.admin_api_keys.retrieve(TARGET),
        _is(AdminApiKey, id=TARGET),
    ),
    Operation(
        "delete key",
        Kind.DELETE,
        lambda client: client.admin_api_keys.delete(TARGET),
        _is(AdminApiKeyDeleted, deleted=True),
    ),
)
OPERATIONS = (*ASSISTANTS, *THREADS, *MESSAGES, *RUNS, *KEYS)
#: How a response is read does not depend on the call: there, one of each kind will do.
ONE_OF_EACH = (*ASSISTANTS, *(one for one in RUNS if one.kind in {Kind.CANCEL, Kind.SUBMIT}))
