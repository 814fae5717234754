"""What the raw server answers where no fault is asked for: three assistants and one admin key."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
from support.raw_server import RawRequest

TARGET = "asst_target"
BYSTANDER = "asst_bystander"
KEY = "key_target"

Payload = dict[str, Any]


class Missing(Exception):
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


def _some_assistants() -> dict[str, Payload]:
    return {name: assistant(name) for name in (TARGET, BYSTANDER, "asst_third")}


@attrs.define
class Backend:
    """The objects, and how often each operation has taken effect."""

    assistants: dict[str, Payload] = attrs.Factory(_some_assistants)
    keys: set[str] = attrs.Factory(lambda: {KEY})
    executed: Counter[str] = attrs.Factory(Counter)

    def execute(self, request: RawRequest) -> tuple[int, Payload]:
        """Do what *request* asks for; returns the status and the payload of the answer."""
        url = urlsplit(request.target)
        _version, *parts = [unquote(part) for part in url.path.strip("/").split("/")]
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            name, payload = self._route(request, parts, query)
        except Missing as error:
            return 404, {"error": {"message": str(error), "type": "invalid_request_error"}}
        self.executed[name] += 1
        return 200, payload

    def _route(
        self, request: RawRequest, parts: list[str], query: Mapping[str, str]
    ) -> tuple[str, Payload]:
        match request.method, parts:
            case "GET", ["assistants"]:
                return "list", self._list(int(query.get("limit", 20)), query.get("after"))
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
                return "delete", {"id": name, "object": "assistant.deleted", "deleted": True}
            case "DELETE", ["organization", "admin_api_keys", name] if name in self.keys:
                self.keys.remove(name)
                kind = "organization.admin_api_key.deleted"
                return "delete key", {"id": name, "object": kind, "deleted": True}
        raise Missing(f"No route or object for {request.method} {request.target}.")

    def _find(self, name: str) -> Payload:
        if name not in self.assistants:
            raise Missing(f"No assistant found with id '{name}'.")
        return self.assistants[name]

    def _list(self, limit: int, after: str | None) -> Payload:
        names = list(self.assistants)
        start = names.index(after) + 1 if after else 0
        page = names[start : start + limit]
        return {
            "object": "list",
            "data": [self.assistants[name] for name in page],
            "first_id": page[0] if page else None,
            "last_id": page[-1] if page else None,
            "has_more": start + limit < len(names),
        }


