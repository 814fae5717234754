"""What the raw server answers where no fault is asked for: a few objects of each resource."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
from support.raw_server import RawRequest

from portkey_async.testing._store import Store

#: Begins a cursor behind a page of which a filter has left nothing.
FILTERED = "filtered:"
#: The ids of the objects of every resource, in order.
IDS = TARGET, BYSTANDER, THIRD = "target", "bystander", "third"
CALL = "call_target"

Payload = dict[str, Any]


class RefusedError(Exception):
    """The API would not do it."""

    def __init__(self, message: str, status: int = 404) -> None:
        """Say why, by this status."""
        super().__init__(message)
        self.status = status


def assistant(object_id: str, **fields: Any) -> Payload:
    """An assistant as the API sends it."""
    return {
        **_object("assistant", object_id),
        "name": None,
        "description": None,
        "model": "gpt-4o",
        "instructions": "Réponds en français. " * 20,
        "tools": [{"type": "code_interpreter"}],
        "metadata": {},
        **fields,
    }


def _object(kind: str, object_id: str, **fields: Any) -> Payload:
    return {"id": object_id, "object": kind, "created_at": 1_700_000_000, **fields}


def _thread(object_id: str, **fields: Any) -> Payload:
    return _object("thread", object_id, **fields)


def _message(object_id: str, **fields: Any) -> Payload:
    text = fields.pop("content", "made")
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    given = {"thread_id": TARGET, "role": "user", "content": content, **fields}
    return _object("thread.message", object_id, **given)


def _run(object_id: str, **fields: Any) -> Payload:
    function = {"name": "add", "arguments": "{}"}
    calls = [{"id": CALL, "type": "function", "function": function}]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
    fields.pop("thread", None)
    given = {"thread_id": TARGET, "status": "requires_action", "required_action": action, **fields}
    return _object("thread.run", object_id, **{"assistant_id": TARGET, **given})


def _step(object_id: str) -> Payload:
    details = {"type": "message_creation", "message_creation": {"message_id": TARGET}}
    ids = {"thread_id": TARGET, "run_id": TARGET, "assistant_id": TARGET}
    fields = {"type": "message_creation", "status": "completed", "step_details": details}
    return _object("thread.run.step", object_id, **ids, **fields)


def _key(object_id: str, **fields: Any) -> Payload:
    return _object("organization.admin_api_key", object_id, **{"name": "n", "value": "v", **fields})


#: By the last part of a collection's path: what one of its objects is called, and makes one.
RESOURCES: Mapping[str, tuple[str, Callable[..., Payload]]] = {
    "assistants": ("assistant", assistant),
    "threads": ("thread", _thread),
    "messages": ("message", _message),
    "runs": ("run", _run),
    "steps": ("run step", _step),
    "admin_api_keys": ("key", _key),
}
#: What a run is after an action.
_AFTER = {"cancel": "cancelling", "submit_tool_outputs": "queued"}


def _stores() -> dict[str, Store]:
    stores = {collection: Store() for collection in RESOURCES}
    for collection, (_, make) in RESOURCES.items():
        for object_id in IDS:
            stores[collection][object_id] = make(object_id)
    return stores


@attrs.define
class Backend:
    """The objects, and how often each operation has taken effect."""

    stores: dict[str, Store] = attrs.Factory(_stores)
    executed: Counter[str] = attrs.Factory(Counter)

    def execute(self, request: RawRequest) -> tuple[int, Payload]:
        """Do what *request* asks for; returns the status and the payload of the answer."""
        url = urlsplit(request.target)
        parts = [unquote(part) for part in url.path.split("/") if part not in {"", "organization"}]
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        body = json.loads(request.body or b"{}")
        try:
            verb, kind, payload = self._route(request.method, parts[1:], query, body)
        except RefusedError as error:
            return error.status, {"error": {"message": str(error), "type": "invalid_request_error"}}
        self.executed[f"{verb} {kind}"] += 1
        return 200, payload

    def _route(
        self, method: str, parts: list[str], query: Mapping[str, str], body: Payload
    ) -> tuple[str, str, Payload]:
        match parts:
            case [*_, "runs", run_id, action] if action in _AFTER:
                return action, "run", self._act(run_id, action)
            case ["threads", "runs"]:
                return "create", "run on a thread", _run("made", status="queued", **body)
            case [*_, collection] if collection in RESOURCES:
                kind, make = RESOURCES[collection]
                if method == "GET":
                    return "list", kind, _page(self.stores[collection], query)
                return "create", kind, self._create(collection, kind, make, body)
            case [*_, collection, object_id] if collection in RESOURCES:
                kind, _ = RESOURCES[collection]
                return self._on_one(method, self.stores[collection], kind, object_id, body)
        raise RefusedError(f"No route for {method} {parts}.")

    def _create(
        self, collection: str, kind: str, make: Callable[..., Payload], body: Payload
    ) -> Payload:
        made = make(f"made_{self.executed[f'create {kind}']}", **body)
        self.stores[collection][made["id"]] = made
        return made

    def _act(self, run_id: str, action: str) -> Payload:
        run = _find(self.stores["runs"], "run", run_id)
        if run["status"] != "requires_action":
            raise RefusedError(f"Cannot do that to a run that is {run['status']}.", 400)
        run.update(status=_AFTER[action], required_action=None)
        return run

    @staticmethod
    def _on_one(
        method: str, store: Store, kind: str, object_id: str, body: Payload
    ) -> tuple[str, str, Payload]:
        found = _find(store, kind, object_id)
        match method:
            case "GET":
                return "retrieve", kind, found
            case "POST":
                found.update(body)
                return "update", kind, found
        del store[object_id]
        gone = {"id": object_id, "object": f"{found['object']}.deleted", "deleted": True}
        return "delete", kind, gone


def _find(store: Store, kind: str, object_id: str) -> Payload:
    if object_id not in store:
        raise RefusedError(f"No {kind} found with id '{object_id}'.")
    return store[object_id]


def _page(store: Store, query: Mapping[str, str]) -> Payload:
    window = store.window(
        limit=int(query.get("limit", 20)),
        order="asc" if query.get("order") == "asc" else "desc",
        after=query.get("after", "").removeprefix(FILTERED) or None,
        before=query.get("before"),
    )
    return {
        "object": "list",
        "data": window.data,
        "first_id": window.ids[0] if window.ids else None,
        "last_id": window.ids[-1] if window.ids else None,
        "has_more": window.has_more,
    }
