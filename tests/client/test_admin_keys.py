"""The admin API keys: list, create, retrieve, delete."""

from traceback import format_exception

import pytest
from aioresponses import aioresponses
from rich import pretty
from support.credentials import API_KEY, HEADER_SECRET, PROVIDER_TOKEN
from support.virtual_time import virtual_time
from support.wire import failing, one_by_one, reply, serve

from portkey_async import (
    AdminApiKey,
    AdminApiKeyDeleted,
    APIResponseValidationError,
    AsyncPortkey,
    InternalServerError,
    InvalidRequestError,
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


async def test_a_key_is_created_and_shown_once() -> None:
    """Its value is in the response to the create alone, and in no repr."""
    async with PortkeyServer(api_key=API_KEY) as server, server.client() as client:
        created = await client.admin_api_keys.create(name="deploy", extra_body=None)
        fetched = await client.admin_api_keys.retrieve(created.id)

    assert created.value
    assert created.value not in f"{created!r}{created}{pretty.pretty_repr(created)}"
    assert fetched.value is None
    assert (fetched.id, fetched.name) == (created.id, "deploy")
    assert [request.method for request in server.requests] == ["POST", "GET"]
    assert server.requests[0].path == "/v1/organization/admin_api_keys"
    assert server.requests[0].body == {"name": "deploy"}
    assert server.requests[0].headers["idempotency-key"]
    assert not any("openai-beta" in request.headers for request in server.requests)


async def test_keys_are_listed_the_oldest_first() -> None:
    """Page after page, and from both ends the same; there is no `before`."""
    async with PortkeyServer(api_key=API_KEY) as server, server.client() as client:
        for number in range(4):
            await client.admin_api_keys.create(name=f"key {number}")
        pager = client.admin_api_keys.list(limit=2)
        keys = await pager.collect()
        both = await pager.collect(both_ends=True)
        after = await client.admin_api_keys.list(order="desc", after=keys[2].id)
        with pytest.raises(TypeError, match=r"does not take 'before'"):
            client.admin_api_keys.list(before="x")  # type: ignore[call-arg]

    assert [key.name for key in keys[-4:]] == ["key 0", "key 1", "key 2", "key 3"]
    assert both == keys
    assert all(isinstance(key, AdminApiKey) for key in keys)
    assert [key.id for key in after] == [key.id for key in keys[1::-1]]


async def test_a_key_needs_a_name(mocked: aioresponses) -> None:
    """Nothing is sent without one."""
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(TypeError, match=r"^admin_api_keys.create\(\) needs name"):
            await client.admin_api_keys.create()  # type: ignore[call-arg]
        with pytest.raises(InvalidRequestError, match=r"^name is missing"):
            await client.admin_api_keys.create(name=None)  # type: ignore[arg-type]

    assert not mocked.requests


@virtual_time
async def test_creating_a_key_is_not_repeated_in_doubt(mocked: aioresponses) -> None:
    """A key that nobody knows of must not be made."""
    sent = serve(mocked, one_by_one(failing(503)))
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(InternalServerError) as caught:
            await client.admin_api_keys.create(name="deploy")

    assert caught.value.may_have_executed
    assert len(sent) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": 5, "value": "%b"}',
        b'{"id": "k", "created_at": 1, "object": "a key", "value": "%b"}',
        b'{"id": "k", "created_at": 1, "value": ["%b"]}',
        b'{"data": {"value": {"of": "%b"}}}',
        b'{"keys": [1, {"value": "%b"}]}',
        b'{"id": "k", "value": "%b", "created_at": 1',
        b'{"value": "%b',
        b'key "value" : "%b" made',
    ],
)
async def test_a_key_that_cannot_be_read_is_not_shown(mocked: aioresponses, body: bytes) -> None:
    """The key is a credential of nobody's yet: the error of a bad response must not tell it."""
    serve(mocked, reply(200, body=body % HEADER_SECRET.encode()))
    async with AsyncPortkey(API_KEY) as client:
        with pytest.raises(APIResponseValidationError) as caught:
            await client.admin_api_keys.create(name="deploy")

    error = caught.value
    shown = f"{error!r}{error}{error.body!r}{error.args}{''.join(format_exception(error))}"
    assert HEADER_SECRET not in shown
    assert "value" in repr(error.body)
