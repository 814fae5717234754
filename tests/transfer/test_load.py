"""`load`: everything is made, once, and what is not is reported by line."""

import json
import stat
from pathlib import Path

import pytest
from support.moving import FAST, household, records, write

from portkey_async import AsyncPortkey, AuthenticationError, InvalidRequestError
from portkey_async.testing import Fault, PortkeyServer
from portkey_async.transfer import Progress, TransferError, dump, load


async def test_everything_is_there_again(
    source: AsyncPortkey, old: PortkeyServer, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """The new account has what the old one has, but for ids and times."""
    await dump(source, path, threads="all")
    report = await load(target, path)

    assert household(new) == household(old)
    assert report.ok
    assert (report.assistants, report.threads, report.messages) == (250, 3, 360)
    assert report.ids.keys() == {*old.assistants, *old.threads, *old.messages}
    assert {*report.ids.values()} == {*new.assistants, *new.threads, *new.messages}
    assert report.failed == {}
    assert not report.in_doubt


async def test_progress_ends_at_the_total(
    source: AsyncPortkey, target: AsyncPortkey, path: Path
) -> None:
    """Each object is told once."""
    seen: list[Progress] = []
    await dump(source, path, threads=["thread_0001"])
    await load(target, path, progress=seen.append)

    assert [one.done for one in seen] == list(range(1, 372))
    assert {one.total for one in seen} == {371}


async def test_a_finished_load_is_not_repeated(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Only `restart` makes everything again."""
    await dump(source, path)
    await load(target, path)
    with pytest.raises(TransferError, match="restart=True"):
        await load(target, path)
    assert len(new.assistants) == 250

    await load(target, path, restart=True)

    assert len(new.assistants) == 500


async def test_the_journal_is_private_and_holds_no_credential(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Mode 0600; the account is a digest."""
    await dump(source, path)
    await load(target, path)
    journal = path.with_name("backup.jsonl.journal")

    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    assert new.api_key not in journal.read_text()
    assert new.api_key not in path.read_text()


@pytest.mark.parametrize("dialect", ["", "threads-listed"])
async def test_creates_in_doubt_are_adopted(
    source: AsyncPortkey, old: PortkeyServer, path: Path, dialect: str
) -> None:
    """Half of the creates are carried out and not confirmed, or fail: all is there once."""
    await dump(source, path, threads="all")
    async with PortkeyServer(seed=2, dialect=dialect) as server:
        for _ in range(40):
            server.inject(Fault.delay(0), method="POST", times=2)
            server.inject(Fault.reset(), method="POST", after_effect=True)
            server.inject(Fault.status(503), method="POST")
        async with server.client(retry=FAST) as client:
            report = await load(client, path)

        assert report.failed == {}
        assert report.adopted > 0
        spare = {*server.threads} - {*report.ids.values()}
        for thread in spare:
            assert not server.messages.children(thread)
            del server.threads[thread]
        assert household(server) == household(old)
    if dialect:
        assert not spare
        assert not report.in_doubt
    else:
        assert len(report.in_doubt) >= len(spare)
        assert report.in_doubt.keys() <= {*old.threads}


async def test_damaged_lines_are_reported_and_the_others_loaded(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """By number, each with what is wrong."""
    await dump(source, path, threads=["thread_0000", "thread_0001"])
    lines: list[object] = list(path.read_text().splitlines())
    lines[4] = "{nonsense"
    lines[9] = json.dumps({"kind": "recipe", "payload": {}})
    lines[14] = json.dumps({"kind": "assistant", "payload": {"id": "asst_1"}})
    lines[19] = lines[18]
    lines[251] = "[]"  # the first thread
    write(path, lines)

    report = await load(target, path)

    assert {*report.failed} == {5, 10, 15, 20, *range(252, 373)}
    assert all(str(line) in str(error) for line, error in report.failed.items())
    assert "nonsense" not in str(report.failed[5])
    assert "recipe" in str(report.failed[10])
    assert "already" in str(report.failed[20])
    assert "thread" in str(report.failed[260])
    assert (report.assistants, report.threads, report.messages) == (246, 1, 120)
    assert (len(new.assistants), len(new.threads), len(new.messages)) == (246, 1, 120)


async def test_a_truncated_dump_is_reported(
    source: AsyncPortkey, target: AsyncPortkey, path: Path
) -> None:
    """At a line's end or within a line, what is left is loaded."""
    await dump(source, path)
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:101]))
    report = await load(target, path, restart=True)
    assert {*report.failed} == {102}
    assert "150 more" in str(report.failed[102])

    path.write_bytes(path.read_bytes()[:-10])
    report = await load(target, path, restart=True)

    assert {*report.failed} == {101, 102}
    assert "cut off" in str(report.failed[101])
    assert report.assistants == 99


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ("", "no JSON"),
        ("nonsense", "no JSON"),
        ("[]", "no object"),
        ({"format": "zip"}, "no dump"),
        ({"format": "portkey_async.dump", "version": 2}, "update"),
        ({"format": "portkey_async.dump", "version": 1}, "missing or wrong"),
        (
            {"format": "portkey_async.dump", "version": 1, "time": "", "source": "", "counts": 1},
            "no object",
        ),
        (
            {"format": "portkey_async.dump", "version": 1, "time": "", "source": "", "asked": {}},
            "unfinished",
        ),
    ],
)
async def test_what_is_no_dump_is_refused(
    target: AsyncPortkey, new: PortkeyServer, path: Path, first: object, says: str
) -> None:
    """Before anything is sent or written."""
    write(path, [first])

    with pytest.raises(TransferError, match=says):
        await load(target, path)

    assert list(path.parent.iterdir()) == [path]
    assert not new.requests


async def test_a_wrong_key_stops_it(source: AsyncPortkey, new: PortkeyServer, path: Path) -> None:
    """Nothing is made, and no journal is left."""
    await dump(source, path)
    async with new.client(api_key="pk-wrong") as client:
        with pytest.raises(AuthenticationError):
            await load(client, path)

    assert list(path.parent.iterdir()) == [path]


async def test_a_key_that_expires_stops_it_and_the_next_goes_on(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """A 401 in the middle; nothing is made twice."""
    await dump(source, path)
    new.inject(Fault.delay(0), method="POST", times=20)
    new.inject(Fault.status(401), method="POST", times=8)
    with pytest.raises(AuthenticationError):
        await load(target, path)
    assert 0 < len(new.assistants) < 250
    new.clear_faults()

    report = await load(target, path)

    assert report.ok
    assert len(new.assistants) == 250


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True, "8"])
async def test_concurrency_must_be_a_number(
    target: AsyncPortkey, path: Path, concurrency: object
) -> None:
    """Refused before the file is read."""
    with pytest.raises(InvalidRequestError, match="concurrency"):
        await load(target, path, concurrency=concurrency)  # type: ignore[arg-type]


async def test_what_create_does_not_take_is_listed(target: AsyncPortkey, path: Path) -> None:
    """Annotations, undeclared keys, and what the server keeps otherwise."""
    async with PortkeyServer() as server, server.client() as client:
        server.assistants["asst_1"] = {
            "id": "asst_1",
            "object": "assistant",
            "created_at": 1,
            "model": "m",
            "reasoning_effort": "low",
            "region": "eu",
        }
        server.threads["thread_1"] = {"id": "thread_1", "object": "thread", "created_at": 1}
        annotation = {"type": "file_path", "text": "a", "file_path": {"file_id": "file-z"}}
        server.messages["msg_1"] = {
            "id": "msg_1",
            "object": "thread.message",
            "created_at": 1,
            "thread_id": "thread_1",
            "role": "assistant",
            "run_id": "run_1",
            "content": [
                {"type": "text", "text": {"value": "a", "annotations": [annotation]}},
                {"type": "refusal", "refusal": "no"},
            ],
        }
        summary = await dump(client, path, threads=["thread_1"])
    report = await load(target, path)

    assert summary.files == ("file-z",)
    assert report.not_carried == {
        "asst_1": ("region",),
        "msg_1": ("run_id", "content[0].text.annotations", "content[1]"),
    }
    assert report.differences == {"asst_1": ("reasoning_effort",)}
    assert not report.failed


async def test_a_header_as_the_contract_has_it_is_enough(target: AsyncPortkey, path: Path) -> None:
    """Counts are checked where they are there."""
    write(path, [{"format": "portkey_async.dump", "version": 1, "time": "", "source": ""}])

    assert (await load(target, path)).ok
    assert len(records(path.with_name("backup.jsonl.journal"))) == 2
