"""The six operations, and the right answer to each on a mocked wire."""

from collections.abc import Awaitable, Callable, Mapping

from aioresponses import CallbackResult
from support.wire import Sent

from portkey_async import AsyncPortkey, PortkeyError
from portkey_async.testing import mock_assistant, mock_page

ID = "asst_1"
ADMIN_KEY = "key_1"

Call = Callable[[AsyncPortkey], Awaitable[object]]

CALLS: Mapping[str, Call] = {
    "create": lambda client: client.assistants.create(model="gpt-4o"),
    "retrieve": lambda client: client.assistants.retrieve(ID),
    "update": lambda client: client.assistants.update(ID, name="new"),
    "list": lambda client: client.assistants.list().collect(),
    "delete": lambda client: client.assistants.delete(ID),
    "delete_key": lambda client: client.admin_api_keys.delete(ADMIN_KEY),
}
#: Those that may be done twice, as doing them twice is as good as once.
REPEATABLE = tuple(name for name in CALLS if name != "create")


async def outcome(client: AsyncPortkey, name: str) -> PortkeyError | None:
    """Make a call and give the error that it ended in."""
    try:
        await CALLS[name](client)
    except PortkeyError as error:
        return error
    return None


async def right(sent: Sent) -> CallbackResult:
    """Answer as a server does that has what is asked for."""
    resource = sent.path[
        sent.path.rindex("/assistants" if "/assistants" in sent.path else "/org") :
    ]
    match sent.method, resource.split("/"):
        case "GET", ["", "assistants"]:
            return CallbackResult(payload=mock_page([mock_assistant(id=ID)]))
        case "DELETE", ["", "assistants", name]:
            return _deleted(name, "assistant.deleted")
        case "DELETE", ["", "organization", "admin_api_keys", name]:
            return _deleted(name, "organization.admin_api_key.deleted")
        case "GET" | "POST", ["", "assistants", *_]:
            return CallbackResult(payload=mock_assistant(id=ID))
    raise AssertionError(f"there is no such operation: {sent}")


def _deleted(name: str, kind: str) -> CallbackResult:
    return CallbackResult(payload={"id": name, "object": kind, "deleted": True})
