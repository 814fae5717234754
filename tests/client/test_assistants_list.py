"""Listing the assistants, and their whole life, against a server."""

from typing import Any

import pytest
from aioresponses import aioresponses
from support.credentials import API_KEY, VIRTUAL_KEY
from support.wire import reply, serve

from portkey_async import (
    Assistant,
    AssistantDeleted,
    AsyncPortkey,
    InvalidRequestError,
    NotFoundError,
    Pager,
    PortkeyError,
)
from portkey_async.testing import Dialect, PortkeyServer, mock_assistant, mock_page


@pytest.fixture
async def client(mocked: aioresponses) -> Any:
    """A client whose requests go nowhere."""
    del mocked
    async with AsyncPortkey(API_KEY, virtual_key=VIRTUAL_KEY) as made:
        yield made


# --- Lists --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, {}),
        ({"limit": 1, "order": "asc"}, {"limit": "1", "order": "asc"}),
        ({"limit": 100, "order": "desc"}, {"limit": "100", "order": "desc"}),
        ({"limit": "20"}, {"limit": "20"}),
        ({"after": "a b&c=d/é"}, {"after": "a b&c=d/é"}),
        ({"before": "asst_9"}, {"before": "asst_9"}),
    ],
    ids=str,
)
async def test_a_list_asks_with_what_is_given(
    client: AsyncPortkey, mocked: aioresponses, arguments: dict[str, Any], query: dict[str, str]
) -> None:
    """And with nothing besides: the defaults are the server's."""
    sent = serve(mocked, reply(200, mock_page(0)))
    await client.assistants.list(**arguments)

    assert sent[0].query == query


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"limit": 0}, "limit is 0; it must be a whole number from 1 to 100"),
        ({"limit": 101}, "limit is 101"),
        ({"limit": 1.0}, "limit is 1.0"),
        ({"limit": True}, "limit is True"),
        ({"limit": "twenty"}, "limit is 'twenty'"),
        ({"order": "newest"}, "order is 'newest'; it must be 'asc' or 'desc'"),
        ({"after": "a", "before": "b"}, "one direction"),
    ],
    ids=str,
)
def test_a_list_refuses_what_it_cannot_ask(arguments: dict[str, Any], told: str) -> None:
    """At once, before it is walked."""
    with pytest.raises(InvalidRequestError) as raised:
        AsyncPortkey(API_KEY).assistants.list(**arguments)

    assert told in str(raised.value)


async def test_the_servers_own_limits_can_be_left_to_it(
    client: AsyncPortkey, mocked: aioresponses
) -> None:
    """A page size and an order that the specification does not have are sent as they are."""
    sent = serve(mocked, reply(200, mock_page(0)))
    lenient = client.with_options(validate_requests=False)
    await lenient.assistants.list(limit=1000, order="newest")  # type: ignore[arg-type]

    assert sent[0].query == {"limit": "1000", "order": "newest"}
    with pytest.raises(InvalidRequestError):
        lenient.assistants.list(limit=1.5)  # type: ignore[arg-type]


# --- Against a server ---------------------------------------------------------------------------


async def test_a_life_of_an_assistant() -> None:
    """Created, read, changed, listed and deleted; each answer is the server's own."""
    async with PortkeyServer(api_key=API_KEY) as server, server.client() as client:
        made = await client.assistants.create(model="gpt-4o", name="Tutor", metadata={"a": "b"})
        assert isinstance(made, Assistant)
        assert made.to_dict() == server.assistants[made.id]
        assert await client.assistants.retrieve(made.id) == made
        changed = await client.assistants.update(made.id, name=None)
        assert (changed.name, changed.model, changed.metadata) == (None, "gpt-4o", {"a": "b"})
        assert await client.assistants.list().collect() == [changed]
        deleted = await client.beta.assistants.delete(made.id)
        assert isinstance(deleted, AssistantDeleted)
        assert (deleted.id, deleted.object, deleted.deleted) == (made.id, "assistant.deleted", True)
        with pytest.raises(NotFoundError, match="No assistant found"):
            await client.assistants.retrieve(made.id)

        assert not server.assistants


async def test_a_thousand_are_deleted_while_they_are_walked() -> None:
    """On a server that refuses the cursor of a deleted object."""
    async with PortkeyServer(1000, dialect=Dialect.DELETED_CURSORS_REFUSED) as server:
        newest_first = list(server.assistants)[::-1]
        handed = []
        async with server.client() as client:
            async for assistant in client.assistants.list(limit=100):
                handed.append(assistant.id)
                await client.assistants.delete(assistant.id)

        assert not server.assistants
    assert handed == newest_first


async def walked(pager: Pager[Assistant]) -> list[str] | PortkeyError:
    """Walk to the end, or give the error."""
    try:
        return [item.id async for item in pager]
    except PortkeyError as error:
        return error


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect.SPECIFICATION,
        Dialect.NO_HAS_MORE,
        Dialect.NULL_IDS | Dialect.NO_HAS_MORE,
        Dialect.NULLS_LEFT_OUT,
        Dialect.DELETED_CURSORS_REFUSED,
    ],
    ids=str,
)
async def test_servers_that_differ_are_walked_alike(dialect: Dialect) -> None:
    """Forward and backward, in both orders, whole pages or not."""
    async with PortkeyServer(25, dialect=dialect) as server, server.client() as client:
        ids = list(server.assistants)
        walk = client.assistants.list

        assert await walked(walk(limit=10, order="asc")) == ids
        assert await walked(walk(limit=5, order="desc")) == ids[::-1]
        assert await walked(walk(limit=10, order="asc", after=ids[3])) == ids[4:]
        assert await walked(walk(limit=10, order="asc", before=ids[15])) == ids[14::-1]
        assert await walked(walk(limit=5, order="desc", before=ids[9])) == ids[10:]
        assert await walked(walk(limit=10).prefetch(2)) == ids[::-1]
        assert [one.id for one in await walk(limit=7).collect(both_ends=True)] == ids[::-1]


async def test_servers_that_ignore_cursors_are_noticed() -> None:
    """The first page is handed out, then there is an error."""
    async with (
        PortkeyServer(25, dialect=Dialect.AFTER_IGNORED) as server,
        server.client() as client,
    ):
        error = await walked(client.assistants.list(limit=10))

        assert isinstance(error, PortkeyError)
        assert error.cursor == list(server.assistants)[-10]
        assert len(server.requests) == 2


async def test_a_server_that_always_says_no_more_is_walked_exhaustively() -> None:
    """Where the caller says so."""
    async with (
        PortkeyServer(25, dialect=Dialect.HAS_MORE_FALSE) as server,
        server.client() as client,
    ):
        ids = list(server.assistants)[::-1]

        assert await walked(client.assistants.list(limit=10)) == ids[:10]
        assert await walked(client.assistants.list(limit=10).exhaustive()) == ids


async def test_an_answer_that_is_wrong_names_the_place(
    client: AsyncPortkey, mocked: aioresponses
) -> None:
    """Deep inside a page, too; and where to go on."""
    page = mock_page([mock_assistant(), mock_assistant() | {"id": None}])
    serve(mocked, reply(200, page))
    error = await walked(client.assistants.list(after="asst_0"))

    assert isinstance(error, PortkeyError)
    assert "$.data[1].id" in str(error)
    assert error.cursor == "asst_0"
