"""`dump`: complete, in order, private, and gone on with where it was interrupted."""

import stat
from pathlib import Path

import pytest
from support.moving import records

from portkey_async import AsyncPortkey, InternalServerError, InvalidRequestError
from portkey_async.testing import Fault, PortkeyServer
from portkey_async.transfer import Progress, TransferError, dump


async def test_a_dump_has_a_header_and_one_object_a_line(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """Format, version, time and source; then kind and payload, oldest first."""
    summary = await dump(source, path, threads="all")
    header, *lines = records(path)

    assert (header["format"], header["version"]) == ("portkey_async.dump", 1)
    assert header["source"] == old.base_url
    assert header["counts"] == {"assistant": 250, "thread": 3, "message": 360}
    assert all(line.keys() == {"kind", "payload"} for line in lines)
    assistants = [line["payload"] for line in lines if line["kind"] == "assistant"]
    assert assistants == sorted(old.assistants.values(), key=lambda one: one["created_at"])
    rest = [line["payload"] for line in lines[250:]]
    assert rest == [
        payload
        for thread in old.threads.values()
        for payload in (thread, *old.messages.children(thread["id"]))
    ]
    assert (summary.assistants, summary.threads, summary.messages) == (250, 3, 360)
    assert summary.path == str(path)


async def test_only_the_owner_can_read_it(source: AsyncPortkey, path: Path) -> None:
    """Mode 0600, and nothing is left beside it."""
    await dump(source, path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


async def test_what_is_not_in_it_is_named(source: AsyncPortkey, path: Path) -> None:
    """Files are named by their ids, and threads that are not there."""
    summary = await dump(source, path, threads=["thread_0001", "thread_gone"])

    assert {"file-1", "file-a0", "file-i1"} <= set(summary.files)
    assert "file-2" not in summary.files
    assert summary.missing_threads == ("thread_gone",)


@pytest.mark.parametrize("dialect", ["has-more-false", "no-has-more", "null-ids"])
async def test_a_server_that_says_there_is_no_more_is_not_believed(
    dialect: str, path: Path
) -> None:
    """A dump is complete on servers that tell the end of a list wrongly."""
    async with PortkeyServer(assistants=250, dialect=dialect) as server, server.client() as client:
        summary = await dump(client, path)

    assert summary.assistants == 250


async def test_progress_is_told_after_each_page(source: AsyncPortkey, path: Path) -> None:
    """How much is written, and what was written last."""
    seen: list[Progress] = []

    await dump(source, path, progress=seen.append)

    assert [(one.done, one.total, one.kind) for one in seen] == [
        (100, None, "assistant"),
        (200, None, "assistant"),
        (250, None, "assistant"),
    ]


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5, 7, 9])
async def test_a_dump_that_was_interrupted_goes_on(
    source: AsyncPortkey, old: PortkeyServer, path: Path, after: int
) -> None:
    """Whichever request it was that failed, nothing is lost and nothing is there twice."""
    old.inject(Fault.delay(0), times=after)
    old.inject(Fault.status(500), times=3)
    with pytest.raises(InternalServerError):
        await dump(source, path, threads="all")
    asked = len(old.requests)
    summary = await dump(source, path, threads="all")

    _, *lines = records(path)
    ids = [line["payload"]["id"] for line in lines]
    assert len(ids) == len(set(ids)) == 613
    assert summary.resumed <= 613
    if after >= 3:
        assert summary.resumed > 0
        again = [one for one in old.requests[asked:] if one.path == "/v1/assistants"]
        assert all(one.query.get("after") for one in again)


async def test_a_line_that_was_cut_is_written_again(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """A kill may come at any byte."""
    await dump(source, path, threads="all")
    whole = path.read_bytes()
    old.inject(Fault.delay(0), times=8)
    old.inject(Fault.status(500), times=3)
    with pytest.raises(InternalServerError):
        await dump(source, path, threads="all")
    partial = path.with_name("backup.jsonl.partial")
    begun = partial.read_bytes()
    first = begun.index(b"\n") + 1

    for size in (0, 10, first, first + 5, len(begun) // 2, len(begun) - 1):
        partial.write_bytes(begun[:size])
        await dump(source, path, threads="all")
        assert path.read_bytes().partition(b"\n")[2] == whole.partition(b"\n")[2]


@pytest.mark.parametrize("threads", ["thread_1", b"all", 5, [""], [None]])
async def test_threads_must_be_ids(source: AsyncPortkey, path: Path, threads: object) -> None:
    """A single id, or no id, is refused before anything is written."""
    with pytest.raises(InvalidRequestError, match="threads"):
        await dump(source, path, threads=threads)  # type: ignore[arg-type]

    assert list(path.parent.iterdir()) == []


async def test_a_server_that_does_not_list_threads(target: AsyncPortkey, path: Path) -> None:
    """The error says what to give instead."""
    with pytest.raises(TransferError, match="give their ids"):
        await dump(target, path, threads="all")
