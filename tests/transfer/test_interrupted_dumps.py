"""An unfinished dump: when it is gone on with, when it is started over, when it is refused."""

import json
from pathlib import Path

import pytest
from support.moving import FAST, furnish, records

from portkey_async import Assistant, AsyncPortkey, InternalServerError, NotFoundError
from portkey_async.testing import Dialect, Fault, PortkeyServer
from portkey_async.transfer import TransferError, dump
from portkey_async.transfer._format import lines


async def interrupted(client: AsyncPortkey, server: PortkeyServer, path: Path, after: int) -> Path:
    """Dump until a request fails."""
    server.inject(Fault.delay(0), times=after)
    server.inject(Fault.status(500), times=3)
    with pytest.raises(InternalServerError):
        await dump(client, path, threads="all")
    return path.with_name(f"{path.name}.partial")


def edit_header(partial: Path, **fields: object) -> None:
    """Change the first line."""
    first, _, rest = partial.read_bytes().partition(b"\n")
    partial.write_bytes(json.dumps(json.loads(first) | fields).encode() + b"\n" + rest)


async def test_other_threads(source: AsyncPortkey, old: PortkeyServer, path: Path) -> None:
    """It says what differs, and leaves the file alone."""
    partial = await interrupted(source, old, path, 2)
    before = partial.read_bytes()

    with pytest.raises(TransferError, match="of other threads"):
        await dump(source, path)

    assert partial.read_bytes() == before


async def test_another_source(
    source: AsyncPortkey, old: PortkeyServer, target: AsyncPortkey, path: Path
) -> None:
    """The URL is named."""
    await interrupted(source, old, path, 2)

    with pytest.raises(TransferError, match=f"it is of {old.base_url}"):
        await dump(target, path)


async def test_other_credentials(source: AsyncPortkey, old: PortkeyServer, path: Path) -> None:
    """Another key may be another account."""
    await interrupted(source, old, path, 2)

    with pytest.raises(TransferError, match="other credentials"):
        await dump(source.with_options(virtual_key="other"), path, threads="all")


@pytest.mark.parametrize("time", ["2020-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00", "?"])
async def test_an_old_one_is_started_over(
    source: AsyncPortkey, old: PortkeyServer, path: Path, time: str
) -> None:
    """After a day, or where the time makes no sense."""
    edit_header(await interrupted(source, old, path, 3), time=time)

    summary = await dump(source, path, threads="all")

    assert (summary.resumed, summary.assistants) == (0, 250)


async def test_one_that_is_damaged_is_cut_there(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """What the disk has lost is fetched again."""
    partial = await interrupted(source, old, path, 3)
    lines = partial.read_bytes().splitlines(keepends=True)
    lines[50] = b"\0" * 20 + b"\n"
    partial.write_bytes(b"".join(lines))

    summary = await dump(source, path, threads="all")

    assert summary.resumed == 49
    assert len({line["payload"]["id"] for line in records(path)[1:]}) == 613


@pytest.mark.parametrize("deleted", [1, 5])
async def test_the_last_ones_were_deleted_meanwhile(path: Path, deleted: int) -> None:
    """On a server that refuses deleted objects as cursors, the dump goes on from an older one."""
    dialect = Dialect.DELETED_CURSORS_REFUSED | Dialect.THREADS_LISTED
    server = PortkeyServer(assistants=250, dialect=dialect)
    async with server, server.client(retry=FAST) as client:
        await interrupted(client, server, path, 2)
        ids = list(server.assistants)
        for one in ids[100 - deleted : 100]:
            del server.assistants[one]
        await dump(client, path, threads="all")

    assert [line["payload"]["id"] for line in records(path)[1:]] == ids


async def test_none_of_the_last_ones_is_there(path: Path) -> None:
    """Then it cannot be gone on with, and says so."""
    server = PortkeyServer(assistants=250, dialect="deleted-cursors-refused")
    async with server, server.client(retry=FAST) as client:
        server.inject(Fault.delay(0), times=2)
        server.inject(Fault.status(500), times=3)
        with pytest.raises(InternalServerError):
            await dump(client, path)
        server.assistants.clear()
        with pytest.raises(NotFoundError):
            await dump(client, path)


async def test_a_file_that_is_no_dump_is_not_replaced(source: AsyncPortkey, path: Path) -> None:
    """It may be somebody's work."""
    path.write_text("Dear diary\n")

    with pytest.raises(TransferError, match="would be replaced"):
        await dump(source, path)

    assert path.read_text() == "Dear diary\n"


async def test_a_dump_is_replaced_when_the_new_one_is_complete(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """Not before."""
    await dump(source, path)
    before = path.read_bytes()
    await interrupted(source, old, path, 2)
    assert path.read_bytes() == before

    await dump(source, path, threads="all")

    assert len(records(path)) == 614


@pytest.mark.parametrize(("apart", "threads"), [(0, 1), (0, 2), (1, 1), (1, 2)])
async def test_messages_are_in_order_on_a_server_that_ignores_order(
    path: Path, apart: int, threads: int
) -> None:
    """Newest first is turned round, even where all are of one second."""
    dialect = Dialect.ORDER_IGNORED | Dialect.THREADS_LISTED
    async with PortkeyServer(dialect=dialect) as server, server.client() as client:
        furnish(server, threads=threads, messages=130)
        for place, message in enumerate(server.messages.values()):
            server.messages[message["id"]] = message | {"created_at": 5 + place * apart}
        await dump(client, path, threads="all")
        newest_first = sorted(server.threads, reverse=True)
        wanted = [one for thread in newest_first for one in server.messages.children(thread)]

    messages = [line["payload"] for line in records(path) if line.get("kind") == "message"]
    assert messages == wanted


async def test_a_thread_that_is_deleted_meanwhile(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """It may or may not be in the dump; all else is."""
    old.inject(Fault.status(404), path="/v1/threads/thread_0001/messages", times=1)

    summary = await dump(source, path, threads="all")

    assert (summary.threads, summary.messages) == (3, 240)


async def test_many_references_are_read_from_the_file(
    source: AsyncPortkey, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not kept in memory."""
    whole = await dump(source, path, threads="all")
    monkeypatch.setattr("portkey_async.transfer._dump.REMEMBERED", 3)
    lean = await dump(source, path, threads="all")

    assert len(whole.files) > 3
    assert lean.to_dict() == whole.to_dict()
    assert whole.to_dict()["files"] == list(whole.files)
    assert (whole.vector_stores, whole.connections) == ((), ())


@pytest.mark.parametrize("retry_after", [0, None])
async def test_a_rate_limit_stops_nothing(
    source: AsyncPortkey, old: PortkeyServer, path: Path, retry_after: float | None
) -> None:
    """With a wait that is asked for, or without."""
    old.inject(Fault.status(429, retry_after=retry_after), times=20)

    assert (await dump(source, path, threads=["thread_0000"])).messages == 120


async def test_a_quota_that_is_used_up_is_no_rate_limit(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """Waiting would not help."""
    body = {"error": {"message": "no", "code": "insufficient_quota", "type": "insufficient_quota"}}
    old.inject(Fault.status(429, body=body), times=None)

    with pytest.raises(Exception, match="429"):
        await dump(source, path)


async def test_another_refusal_of_the_list_of_threads_is_raised(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """Only a server without such a list is told apart."""
    old.inject(Fault.status(403), path="/v1/threads", times=None)

    with pytest.raises(Exception, match="403"):
        await dump(source, path, threads="all")


async def test_threads_may_be_objects_and_come_twice(source: AsyncPortkey, path: Path) -> None:
    """Each is written once."""
    thread = await source.threads.retrieve("thread_0001")

    assert (await dump(source, path, threads=[thread, thread.id, thread])).threads == 1


async def test_threads_that_are_written_already_are_not_asked_for_again(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """Of ids that are given, the dump goes on with the last one that was begun."""
    ids = list(old.threads)
    old.inject(Fault.delay(0), times=8)
    old.inject(Fault.status(500), times=3)
    with pytest.raises(InternalServerError):
        await dump(source, path, threads=ids)
    before = len(old.requests)
    await dump(source, path, threads=ids)

    assert "/v1/threads/thread_0000" not in [one.path for one in old.requests[before:]]
    assert len({line["payload"]["id"] for line in records(path)[1:]}) == 613


async def test_a_server_that_knows_no_cursor_at_the_end_of_a_list(path: Path) -> None:
    """What is asked for beyond the end may be refused: that is the end, too."""
    async with PortkeyServer(assistants=100) as server, server.client(retry=FAST) as client:
        server.inject(Fault.delay(0), times=1)
        server.inject(Fault.status(404), times=1)

        assert (await dump(client, path)).assistants == 100
        assert len(server.requests) == 2


def test_what_is_nested_too_deeply_is_named() -> None:
    """A parser may read it, and no writer write it."""
    deep: dict[str, object] = {}
    for _ in range(30_000):
        deep = {"a": deep}
    model = Assistant(id="asst_deep", created_at=1, model="m", metadata=deep)

    with pytest.raises(TransferError, match="asst_deep"):
        lines("assistant", [model])
