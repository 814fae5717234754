"""What the raw server answers where no fault is asked for: a few objects of each resource."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
from support.raw_server import RawRequest

from portkey_async.testing._store import Store

#: Begins a cursor behind a page of which a filter has left nothing.
FILTERED = "filtered:"
TARGET = "asst_target"
BYSTANDER = "asst_bystander"
KEY = "key_target"
THREAD = "thread_target"

Payload = dict[str, Any]


class MissingError(Exception):
    """There is no object of that id."""


def assistant(assistant_id: str, **fields: Any) -> Payload:
    """A payload as the API sends it."""
    return {
        "id": assistant_id,
        "object": "assistant",
        "created_at": 1_700_000_000,
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


def _deleted(kind: str, object_id: str) -> Payload:
    return {"id": object_id, "object": f"{kind}.deleted", "deleted": True}


def _some_assistants() -> Store:
    store = Store()
    for name in (TARGET, BYSTANDER, "asst_third"):
        store[name] = assistant(name)
    return store


@attrs.define
class Backend:
    """The objects, and how often each operation has taken effect."""

    assistants: Store = attrs.Factory(_some_assistants)
    keys: set[str] = attrs.Factory(lambda: {KEY})
    threads: set[str] = attrs.Factory(lambda: {THREAD})
    executed: Counter[str] = attrs.Factory(Counter)

    def execute(self, request: RawRequest) -> tuple[int, Payload]:
        """Do what *request* asks for; returns the status and the payload of the answer."""
        url = urlsplit(request.target)
        _version, *parts = [unquote(part) for part in url.path.strip("/").split("/")]
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            name, payload = self._route(request, parts, query)
        except MissingError as error:
            return 404, {"error": {"message": str(error), "type": "invalid_request_error"}}
        self.executed[name] += 1
        return 200, payload

    def _route(
        self, request: RawRequest, parts: list[str], query: Mapping[str, str]
    ) -> tuple[str, Payload]:
        match request.method, parts:
            case "GET", ["assistants"]:
                return "list", self._list(query)
            case "POST", ["assistants"]:
                made = assistant(f"asst_made_{self.executed['create']}", **json.loads(request.body))
                self.assistants[made["id"]] = made
                return "create", made
            case "GET", ["assistants", name]:
                return "retrieve", self._find(name)
            case "POST", ["assistants", name]:
                self._find(name).update(json.loads(request.body))
                return "update", self._find(name)
            case "DELETE", ["assistants", name]:
                del self.assistants[self._find(name)["id"]]
                return "delete", _deleted("assistant", name)
        return self._route_others(request, parts)

    def _route_others(self, request: RawRequest, parts: list[str]) -> tuple[str, Payload]:
        match request.method, parts:
            case "POST", ["organization", "admin_api_keys"]:
                kind, fields = "organization.admin_api_key", json.loads(request.body)
                return "create key", _object(kind, "key_made", value="v", **fields)
            case "DELETE", ["organization", "admin_api_keys", name]:
                _remove(name, self.keys, "admin API key")
                return "delete key", _deleted("organization.admin_api_key", name)
            case "DELETE", ["threads", name]:
                _remove(name, self.threads, "thread")
                return "delete thread", _deleted("thread", name)
            case "POST", ["threads", name, "messages"]:
                content = [{"type": "text", "text": {"value": "made", "annotations": []}}]
                fields = {"thread_id": name, "role": "user", "content": content}
                return "create message", _object("thread.message", "msg_made", **fields)
            case "POST", ["threads", name, "runs"]:
                fields = {"thread_id": name, "status": "queued", **json.loads(request.body)}
                return "create run", _object("thread.run", "run_made", **fields)
        raise MissingError(f"No route for {request.method} {request.target}.")

    def _find(self, name: str) -> Payload:
        if name not in self.assistants:
            raise MissingError(f"No assistant found with id '{name}'.")
        return self.assistants[name]

    def _list(self, query: Mapping[str, str]) -> Payload:
        window = self.assistants.window(
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


def _remove(name: str, names: set[str], what: str) -> None:
    if name not in names:
        raise MissingError(f"No {what} found with id '{name}'.")
    names.remove(name)
