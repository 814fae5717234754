"""Dialects: each changes one behaviour, and they combine."""

from typing import Any

import pytest
from testing_kit.calls import BEARER, call, create

from portkey_async.testing import Dialect, PortkeyServer


async def page(dialect: Dialect | str, query: str, assistants: int = 3) -> dict[str, Any]:
    """The page that a server of this dialect gives; in *query* `{0}` is the oldest's id."""
    async with PortkeyServer(assistants, dialect=dialect) as server:
        ids = list(server.assistants)
        got = await call(server, "GET", f"/assistants?{query.format(*ids)}")
        assert got.status == 200
        named: dict[str, Any] = got.payload
        named["places"] = [ids.index(each["id"]) for each in got.payload["data"]]
        return named


async def test_has_more_can_be_missing() -> None:
    """`NO_HAS_MORE` leaves the key out."""
    assert "has_more" not in await page(Dialect.NO_HAS_MORE, "limit=1")


async def test_has_more_can_be_false_always() -> None:
    """`HAS_MORE_FALSE` says that every page is the last."""
    assert (await page(Dialect.HAS_MORE_FALSE, "limit=1"))["has_more"] is False


async def test_ids_of_an_empty_page_can_be_null() -> None:
    """`NULL_IDS` concerns empty pages only."""
    empty = await page(Dialect.NULL_IDS, "limit=1", assistants=0)
    full = await page(Dialect.NULL_IDS, "limit=1")

    assert (empty["first_id"], empty["last_id"]) == (None, None)
    assert full["first_id"] == full["data"][0]["id"]


async def test_parameters_can_be_ignored() -> None:
    """`AFTER_IGNORED`, `BEFORE_IGNORED` and `ORDER_IGNORED` each ignore their own."""
    assert (await page(Dialect.AFTER_IGNORED, "after={1}&order=asc"))["places"] == [0, 1, 2]
    assert (await page(Dialect.BEFORE_IGNORED, "before={1}&order=asc"))["places"] == [0, 1, 2]
    assert (await page(Dialect.ORDER_IGNORED, "order=asc"))["places"] == [2, 1, 0]
    assert (await page(Dialect.ORDER_IGNORED, "after={1}"))["places"] == [0]


async def test_nulls_can_be_left_out() -> None:
    """`NULLS_LEFT_OUT` drops keys that are null, in every answer; the store keeps them."""
    async with PortkeyServer(dialect=Dialect.NULLS_LEFT_OUT) as server:
        created = await create(server, name="n")
        path = f"/assistants/{created['id']}"
        answers = [
            created,
            (await call(server, "GET", path)).payload,
            (await call(server, "POST", path, {})).payload,
            (await call(server, "GET", "/assistants")).payload["data"][0],
        ]

        for answer in answers:
            assert answer["name"] == "n"
            assert not answer.keys() & {"description", "instructions"}
        assert server.assistants[created["id"]]["description"] is None


async def test_cursors_of_deleted_assistants_can_be_refused() -> None:
    """They work, unless the dialect is `DELETED_CURSORS_REFUSED`."""
    for dialect, status in (
        (Dialect.SPECIFICATION, 200),
        (Dialect.DELETED_CURSORS_REFUSED, 404),
    ):
        async with PortkeyServer(3, dialect=dialect) as server:
            name = list(server.assistants)[1]
            del server.assistants[name]
            for cursor in ("after", "before"):
                assert (await call(server, "GET", f"/assistants?{cursor}={name}")).status == status


async def test_unknown_settings_and_tools_can_be_accepted() -> None:
    """`UNKNOWN_ACCEPTED` stores them as they come, and checks what it knows."""
    async with PortkeyServer(dialect=Dialect.UNKNOWN_ACCEPTED) as server:
        unknown = {"tools": [{"type": "new"}], "response_format": "yaml", "more": {"x": 1}}
        created = await create(server, **unknown)
        updated = await call(server, "POST", f"/assistants/{created['id']}", {"even": "more"})
        refused = await call(server, "POST", "/assistants", {"model": "m", "name": "n" * 257})

        assert created | unknown == created
        assert updated.payload["even"] == "more"
        assert refused.error["param"] == "name"


async def test_creates_can_be_deduplicated() -> None:
    """A repeated `Idempotency-Key` makes a second assistant, unless the dialect forbids it."""
    for dialect, made in ((Dialect.SPECIFICATION, 2), (Dialect.CREATES_DEDUPLICATED, 1)):
        async with PortkeyServer(dialect=dialect) as server:
            answers = [
                await call(
                    server,
                    "POST",
                    "/assistants",
                    {"model": "m"},
                    headers=BEARER | {"Idempotency-Key": key},
                )
                for key in ("key-1", "key-1", "key-2")
            ]

            first, second, other = (answer.payload["id"] for answer in answers)
            assert (first == second) == (made == 1)
            assert other != first
            assert len(server.assistants) == made + 1
            assert [each.idempotency_key for each in server.requests] == ["key-1", "key-1", "key-2"]


async def test_dialects_combine() -> None:
    """With `|`, or as names separated by commas."""
    both = Dialect.NO_HAS_MORE | Dialect.NULL_IDS

    assert Dialect.parse(both) is both
    assert Dialect.parse("no-has-more, NULL_IDS") == both
    assert Dialect.parse("") == Dialect.SPECIFICATION
    assert "has_more" not in await page("no-has-more,order-ignored", "order=asc")


def test_an_unknown_dialect_names_the_known_ones() -> None:
    """At once, when the server is made."""
    with pytest.raises(ValueError, match=r"unknown dialect 'has-more'; allowed are .*no-has-more"):
        PortkeyServer(dialect="has-more")
    with pytest.raises(TypeError, match="dialect must be a Dialect or names"):
        PortkeyServer(dialect=3)
