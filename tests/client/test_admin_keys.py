"""The admin API keys: one operation."""

import pytest
from aioresponses import aioresponses
from support.credentials import API_KEY, PROVIDER_TOKEN
from support.wire import reply, serve

from portkey_async import (
    AdminApiKeyDeleted,
    APIResponseValidationError,
    AsyncPortkey,
    NotFoundError,
)
from portkey_async.testing import PortkeyServer


async def test_a_key_is_deleted() -> None:
    """Once; the second time it is gone."""
    async with PortkeyServer(api_key=API_KEY) as server, server.client() as client:
        server.admin_keys.add("key/2")
        deleted = await client.admin_api_keys.delete("key/2")
        with pytest.raises(NotFoundError, match="key/2"):
            await client.admin_api_keys.delete("key/2")

        assert server.admin_keys == {"key_abc"}
        assert server.requests[0].path == "/v1/organization/admin_api_keys/key%2F2"
    assert deleted == AdminApiKeyDeleted(id="key/2", deleted=True)


async def test_the_providers_admin_key_goes_along(mocked: aioresponses) -> None:
    """As the provider's credential, beside Portkey's own."""
    payload = {"id": "k", "object": "organization.admin_api_key.deleted", "deleted": True}
    sent = serve(mocked, reply(200, payload))
    async with AsyncPortkey(API_KEY, provider="openai", authorization=PROVIDER_TOKEN) as client:
        await client.admin_api_keys.delete("k")

    assert sent[0].headers["authorization"] == f"Bearer {PROVIDER_TOKEN}"
    assert "openai-beta" not in sent[0].headers


@pytest.mark.parametrize("object_", ["assistant.deleted", None])
async def test_another_kind_of_answer_is_refused(mocked: aioresponses, object_: str | None) -> None:
    """An assistant's deletion is not a key's."""
    serve(mocked, reply(200, {"id": "k", "object": object_, "deleted": True}))
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(APIResponseValidationError) as raised:
            await client.admin_api_keys.delete("k")

    assert raised.value.path == "$.object"
