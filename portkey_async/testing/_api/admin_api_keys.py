"""The admin API keys of the organization."""

from typing import Any

from portkey_async.testing._exchange import Received, Response
from portkey_async.testing._store import Payload

from . import response
from .request import body, found
from .state import State

_KIND = "organization.admin_api_key"


def list_keys(state: State, received: Received) -> Response:
    """`GET /organization/admin_api_keys`."""
    keys = state.stores.admin_api_keys
    return response.page(state, received, keys, "admin API key", order="asc")


def create(state: State, received: Received) -> Response:
    """`POST /organization/admin_api_keys`; the key itself is in this response alone."""
    settings = body(state, received, "CreateAdminApiKeyRequest")
    now = state.clock.now()
    lifetime = settings.get("expires_in_seconds")
    expiry = {} if lifetime is None else {"expires_at": now + int(lifetime)}
    value = state.new_id("sk-admin").replace("_", "-")
    key = admin_api_key(
        state.new_id("key"),
        created_at=now,
        name=settings["name"],
        redacted_value=f"{value[:11]}...{value[-3:]}",
        **expiry,
    )

    def commit() -> None:
        state.stores.admin_api_keys[key["id"]] = key

    return response.one(state, key | {"value": value}, commit)


def retrieve(state: State, _received: Received, key_id: str) -> Response:
    """`GET /organization/admin_api_keys/{key_id}`."""
    return response.one(state, found(state.stores.admin_api_keys, "admin API key", key_id))


def delete(state: State, _received: Received, key_id: str) -> Response:
    """`DELETE /organization/admin_api_keys/{key_id}`."""
    found(state.stores.admin_api_keys, "admin API key", key_id)
    commit = response.removal(state.stores.admin_api_keys, key_id)
    return response.deletion(key_id, _KIND, commit)


def admin_api_key(key_id: str, **fields: Any) -> Payload:
    """An admin key's payload."""
    return {
        "object": _KIND,
        "id": key_id,
        "name": "Main Admin Key",
        "redacted_value": "sk-admin-ab...xyz",
        "created_at": 1_700_000_000,
        "last_used_at": None,
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": "user_123",
            "name": "Ada Lovelace",
            "created_at": 1_700_000_000,
            "role": "owner",
        },
    } | fields
