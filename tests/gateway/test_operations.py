"""Every operation of the client, through the real gateway to an upstream and back."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import pytest

from portkey_async import AsyncPortkey, FileSearchTool, NotFoundError
from portkey_async.testing import PortkeyServer, mock_assistant

ODD_IDS = [
    "a/b",
    "a b",
    "a?b=c",
    "a#b",
    "50%",
    "%2F",
    "%2e%2e",
    "..a",
    "a+b&c=d",
    "a;b",
    "a\\b",
    "{a}",
    "<'a'>",
    '"a"',
    "Größe",
    "☃",
    "😀",
]


async def test_a_whole_life(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """Created, read, changed, listed and deleted: the upstream holds what the client says."""
    made = await client.assistants.create(
        model="gpt-4o",
        name="Ünïcödé ☃",
        instructions="Line one\nline two\t\\ \" ' </script> \u2028",
        tools=[{"type": "code_interpreter"}, FileSearchTool()],
        metadata={"key": "value"},
        temperature=0.5,
    )
    assert upstream.assistants[made.id] == made.to_dict()
    assert await client.assistants.retrieve(made.id) == made

    changed = await client.assistants.update(made.id, name=None, top_p=0.25)
    assert (changed.name, changed.top_p, changed.model) == (None, 0.25, "gpt-4o")
    assert upstream.requests[-1].body == {"name": None, "top_p": 0.25}
    assert upstream.assistants[made.id] == changed.to_dict()

    listed = await client.assistants.list(limit=1)
    assert [item.id for item in listed.data] == [made.id]

    deleted = await client.assistants.delete(made.id)
    assert (deleted.id, deleted.deleted) == (made.id, True)
    assert made.id not in upstream.assistants
    with pytest.raises(NotFoundError, match=made.id):
        await client.assistants.retrieve(made.id)


async def test_an_empty_update_arrives_as_an_empty_object(
    client: AsyncPortkey, upstream: PortkeyServer
) -> None:
    """Nothing given, nothing changed, and no model made up on the way."""
    name = next(iter(upstream.assistants))
    before = dict(upstream.assistants[name])

    await client.assistants.update(name)

    assert upstream.requests[-1].body == {}
    assert upstream.assistants[name] == before


async def test_admin_keys_are_deleted(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """The organization's endpoint is reached through the same gateway."""
    deleted = await client.admin_api_keys.delete("key_abc")

    assert (deleted.id, deleted.deleted) == ("key_abc", True)
    assert upstream.admin_keys == set()
    assert "OpenAI-Beta" not in upstream.requests[-1].headers


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_ids_arrive_as_written(
    client: AsyncPortkey, upstream: PortkeyServer, odd: str
) -> None:
    """No character of an id or a cursor is lost, doubled or taken for a part of the URL."""
    upstream.assistants[odd] = mock_assistant(id=odd, created_at=0)
    newer = next(iter(upstream.assistants))

    assert (await client.assistants.retrieve(odd)).id == odd
    assert (await client.assistants.update(odd, name="renamed")).name == "renamed"
    assert (await client.assistants.list(order="asc", after=odd, limit=1)).data[0].id == newer
    assert (await client.assistants.delete(odd)).id == odd
    assert odd not in upstream.assistants
    assert len(upstream.assistants) == 5


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [3, 4, 12, 100])
async def test_walks_are_whole_in_both_directions(
    client: AsyncPortkey, upstream: PortkeyServer, order: Literal["asc", "desc"], limit: int
) -> None:
    """Forward from the start, forward from a cursor, backward from a cursor: nothing is missing."""
    for number in range(7):
        upstream.assistants[f"tie_{number}"] = mock_assistant(id=f"tie_{number}", created_at=7)
    upward = sorted(upstream.assistants, key=lambda name: upstream.assistants[name]["created_at"])
    everything = upward if order == "asc" else upward[::-1]
    pager = client.assistants.list

    walked = [item.id async for item in pager(order=order, limit=limit)]
    assert walked == everything
    after = [item.id async for item in pager(order=order, limit=limit, after=everything[4])]
    assert after == everything[5:]
    before = [item.id async for item in pager(order=order, limit=limit, before=everything[8])]
    assert before == everything[:8][::-1]
    pages = [page.data async for page in pager(order=order, limit=limit).by_page()]
    assert [len(page) for page in pages] == _lengths(len(everything), limit)


def _lengths(total: int, limit: int) -> Sequence[int]:
    return [min(limit, total - start) for start in range(0, total, limit)]


async def test_a_hundred_at_once_do_not_mix(client: AsyncPortkey, upstream: PortkeyServer) -> None:
    """Each of many concurrent calls gets its own answer."""
    made = await asyncio.gather(
        *(client.assistants.create(model="gpt-4o", name=f"n{number}") for number in range(100))
    )

    assert [item.name for item in made] == [f"n{number}" for number in range(100)]
    assert len(upstream.assistants) == 105
    found = await asyncio.gather(*(client.assistants.retrieve(item.id) for item in made))
    assert list(found) == list(made)
