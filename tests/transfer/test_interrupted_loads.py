"""A load that was interrupted, or failed in part: when it goes on, and what it makes of doubt."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from support.moving import FAST, household, message_of, records, write

from portkey_async import (
    APIStatusError,
    AsyncPortkey,
    AuthenticationError,
    ClientClosedError,
    InternalServerError,
    PermissionDeniedError,
)
from portkey_async.testing import Fault, PortkeyServer
from portkey_async.transfer import TransferError, dump, load

HEADER = {"format": "portkey_async.dump", "version": 1, "time": "", "source": ""}


def assistant(number: int, **fields: Any) -> dict[str, Any]:
    """Give the line of an assistant."""
    payload = {"id": f"asst_{number}", "object": "assistant", "created_at": number, "model": "m"}
    return {"kind": "assistant", "payload": payload | fields}


def thread(number: int, **fields: Any) -> dict[str, Any]:
    """Give the line of a thread."""
    payload = {"id": f"thread_{number}", "object": "thread", "created_at": number}
    return {"kind": "thread", "payload": payload | fields}


def message(number: int, place: int, **fields: Any) -> dict[str, Any]:
    """Give the line of a message."""
    return {"kind": "message", "payload": message_of(f"thread_{number}", number, place) | fields}


def texts(server: PortkeyServer) -> list[str]:
    """Give the texts of all messages, in order."""
    return [
        part["text"]["value"]
        for one in server.messages.values()
        for part in one["content"]
        if part["type"] == "text"
    ]


@pytest.fixture
async def half(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> AsyncIterator[Path]:
    """A load that a 401 has stopped; gives its journal."""
    await dump(source, path)
    new.inject(Fault.delay(0), method="POST", times=20)
    new.inject(Fault.status(401), method="POST", times=8)
    with pytest.raises(AuthenticationError):
        await load(target, path)
    new.clear_faults()
    return path.with_name("backup.jsonl.journal")


async def test_the_file_has_changed(half: Path, target: AsyncPortkey, path: Path) -> None:
    """Its lines are no longer those that the journal tells of."""
    with path.open("a") as file:
        file.write(json.dumps(assistant(1)) + "\n")

    with pytest.raises(TransferError, match="has changed"):
        await load(target, path)

    assert half.exists()


async def test_another_account(half: Path, source: AsyncPortkey, path: Path) -> None:
    """What was made is not there."""
    with pytest.raises(TransferError, match="not in this account"):
        await load(source, path)

    assert half.exists()


async def test_the_same_account_by_another_key(
    source: AsyncPortkey, old: PortkeyServer, path: Path
) -> None:
    """A key that has expired is followed by another; what was made is there, so it goes on."""
    await dump(source, path, threads="all")
    async with PortkeyServer(api_key="") as server:
        async with server.client(api_key="pk-first", retry=FAST) as client:
            server.inject(Fault.delay(0), method="POST", times=20)
            server.inject(Fault.status(401), method="POST", times=8)
            with pytest.raises(AuthenticationError):
                await load(client, path)
            server.clear_faults()
        for key, times in (("pk-second", 300), ("pk-third", 100)):
            async with server.client(api_key=key, retry=FAST) as client:
                server.inject(Fault.delay(0), method="POST", times=times)
                server.inject(Fault.status(401), method="POST", times=8)
                with pytest.raises(AuthenticationError):
                    await load(client, path)
                server.clear_faults()
        async with server.client(api_key="pk-fourth", retry=FAST) as client:
            report = await load(client, path)

        assert household(server) == household(old)
    assert report.ok


async def test_another_account_before_anything_was_made(
    target: AsyncPortkey, source: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Nothing tells whether it is the same."""
    write(path, [HEADER, assistant(1)])
    new.inject(Fault.status(401), method="POST")
    with pytest.raises(AuthenticationError):
        await load(target, path)

    with pytest.raises(TransferError, match="not in this account"):
        await load(source, path)


@pytest.mark.parametrize(
    ("line", "damage"),
    [(0, "{"), (0, "[]"), (0, '{"format": "zip"}'), (1, "{"), (3, "[]"), (3, '{"done": 1}')],
)
async def test_a_damaged_journal(
    half: Path, target: AsyncPortkey, path: Path, line: int, damage: str
) -> None:
    """It is not trusted, and the line is named; `restart` forgets it."""
    lines = half.read_text().splitlines()
    lines[line] = damage
    half.write_text("\n".join(lines) + "\n")

    with pytest.raises(TransferError, match=f"damaged in line {line + 1}"):
        await load(target, path)

    assert (await load(target, path, restart=True)).ok


async def test_a_thread_that_is_refused(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """So are its messages; each says why."""
    write(path, [HEADER, thread(1, metadata={"a": "b" * 600}), message(1, 0), thread(2)])

    report = await load(target, path)

    assert {*report.failed} == {2, 3}
    assert "512" in str(report.failed[2])
    assert report.failed[3].__cause__ is report.failed[2]
    assert len(new.threads) == 1
    again = await load(target, path)
    assert {*again.failed} == {2, 3}
    assert len(new.threads) == 1


async def test_a_message_that_is_refused(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Those that follow are added all the same."""
    empty = message(1, 2, content=[])
    broken = message(1, 3, metadata={"a": "b" * 600})
    strange = message(1, 4, content=[{"type": "video", "video": 1}], role=5)
    write(path, [HEADER, thread(1), message(1, 0), empty, broken, strange, message(1, 6)])

    report = await load(target, path)

    assert {*report.failed} == {4, 5, 6}
    assert "no content" in str(report.failed[4])
    assert texts(new) == ["1.0", "1.6"]


async def test_a_message_that_fails_for_a_while_holds_up_its_thread(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """None comes before the one it followed; the next load goes on."""
    write(path, [HEADER, thread(1), *(message(1, place) for place in (0, 3, 6, 9))])
    new.inject(Fault.delay(0), method="POST", times=2)
    new.inject(Fault.status(503), method="POST", times=None)

    report = await load(target, path)

    assert {*report.failed} == {4, 5, 6}
    assert "line 4" in str(report.failed[6])
    new.clear_faults()
    assert (await load(target, path)).ok
    assert texts(new) == ["1.0", "1.3", "1.6", "1.9"]


async def test_messages_in_doubt_are_found_in_their_thread(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Made and not confirmed; somebody else's are left alone; a failing list is tried again."""
    write(path, [HEADER, thread(1), *(message(1, place) for place in (0, 3, 6))])
    new.inject(Fault.delay(0), method="POST", times=1)
    new.inject(Fault.reset(), method="POST", after_effect=True, times=3)
    new.inject(Fault.delay(0), method="GET", times=1)
    new.inject(Fault.status(500), method="GET", times=3)

    report = await load(target, path)

    assert report.ok
    assert report.adopted > 0
    assert texts(new) == ["1.0", "1.3", "1.6"]


async def test_a_401_while_looking_for_a_message(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """It stops the load like any other."""
    write(path, [HEADER, thread(1), message(1, 0)])
    new.inject(Fault.delay(0), method="POST", times=1)
    new.inject(Fault.reset(), method="POST", after_effect=True)
    new.inject(Fault.delay(0), method="GET", times=1)
    new.inject(Fault.status(401), method="GET")
    with pytest.raises(AuthenticationError):
        await load(target, path)

    assert (await load(target, path)).ok
    assert texts(new) == ["1.0"]


async def test_what_a_server_adds_or_leaves_out_does_not_hide_what_was_made(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Defaults, and fields that it does not give back, where what tells them apart is there."""
    lines = [
        assistant(1, name="plain"),
        assistant(2, name="thinking", reasoning_effort="low"),
        assistant(3, name="whole", temperature=1.0, top_p=1.0, response_format="auto"),
        assistant(4, name="twin"),
        assistant(5, name="twin"),
        assistant(6, name="lost"),
    ]
    write(path, [HEADER, *lines])
    new.inject(Fault.reset(), method="POST", after_effect=True, times=5)
    new.inject(Fault.reset(), method="POST")

    report = await load(target, path, concurrency=1)

    assert sorted(one["name"] for one in new.assistants.values()) == sorted(
        line["payload"]["name"] for line in lines
    )
    assert report.adopted == 5
    assert report.differences == {"asst_2": ("reasoning_effort",)}


@pytest.mark.parametrize("dialect", ["", "threads-listed"])
async def test_threads_in_doubt(path: Path, dialect: str) -> None:
    """Adopted where they are listed, and empty; else made again, and named."""
    write(path, [HEADER, thread(1, metadata={"a": "1"}), message(1, 0), thread(2)])
    async with PortkeyServer(dialect=dialect) as server, server.client(retry=FAST) as client:
        server.threads["thread_x"] = thread(9, metadata={"a": "1"})["payload"] | {"id": "thread_x"}
        server.messages["msg_x"] = message_of("thread_x", 1, 0) | {"id": "msg_x"}
        server.inject(Fault.reset(), method="POST", after_effect=True, times=2)

        report = await load(client, path, concurrency=1)

        assert len(server.threads) == (3 if dialect else 5)
    assert report.in_doubt.keys() == (set() if dialect else {"thread_1", "thread_2"})
    assert report.failed == {}
    assert report.ok is bool(dialect)


async def test_a_refusal_to_list_threads_is_no_missing_list(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """It is raised; nothing is made again meanwhile."""
    write(path, [HEADER, thread(1)])
    new.inject(Fault.reset(), method="POST", after_effect=True)
    new.inject(Fault.status(403), method="GET", path="/v1/threads")

    with pytest.raises(PermissionDeniedError):
        await load(target, path)

    assert len(new.threads) == 1


async def test_messages_that_nobody_could_have_sent_are_no_candidates(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """A message without content, put there by somebody else."""
    write(path, [HEADER, thread(1), message(1, 0)])
    new.inject(Fault.delay(0), method="POST", times=1)
    new.inject(Fault.status(500), method="POST")

    def disturb(_: object) -> None:
        (identifier,) = new.threads
        alien = message_of(identifier, 0, 0) | {"id": "msg_alien", "content": []}
        new.messages.setdefault("msg_alien", alien)

    report = await load(target, path, progress=disturb)

    assert report.ok
    assert report.adopted == 0
    assert len(new.messages) == 2


async def test_a_client_that_is_closed_stops_the_load(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """The next client goes on, and makes nothing twice."""
    await dump(source, path)
    client = new.client(retry=FAST)
    closing: list[asyncio.Task[None]] = []

    def progress(_: object) -> None:
        if not closing:
            closing.append(asyncio.create_task(client.close()))

    with pytest.raises(ClientClosedError):
        await load(client, path, progress=progress)
    await closing[0]

    assert (await load(target, path)).ok
    assert len(new.assistants) == 250


async def test_rate_limits_slow_a_load_and_stop_nothing(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Asked for or not; a 429 is no doubt."""
    write(path, [HEADER, *map(assistant, range(5))])
    new.inject(Fault.status(429, retry_after=0), times=12)
    new.inject(Fault.status(429), times=12)

    report = await load(target, path)

    assert report.ok
    assert report.adopted == 0
    assert len(new.assistants) == 5


async def test_a_rate_limit_without_end_is_reported(
    target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """After a while that no wait was asked for."""
    write(path, [HEADER, assistant(1)])
    new.inject(Fault.status(429), method="POST", times=None)

    report = await load(target, path)

    assert isinstance(report.failed[2], APIStatusError)
    assert records(path.with_name("backup.jsonl.journal"))[-1] == {"undone": 2}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"kind": "assistant"}, "no object"),
        ({"kind": "assistant", "payload": {}}, "no text"),
        ({"kind": "assistant", "payload": {"id": ""}}, "no text"),
        ({"kind": ["x"], "payload": {"id": "a"}}, "not one of"),
        ("{}" * 100, "no JSON"),
    ],
)
async def test_lines_that_hold_no_object(
    target: AsyncPortkey, path: Path, line: object, says: str
) -> None:
    """Each is reported by its number."""
    write(path, [HEADER, "", line, assistant(1)])

    report = await load(target, path)

    assert {*report.failed} == {3}
    assert says in str(report.failed[3])
    assert report.assistants == 1


async def test_a_server_that_is_down_ends_the_load(
    source: AsyncPortkey, target: AsyncPortkey, new: PortkeyServer, path: Path
) -> None:
    """Nobody waits for thousands of creates to fail; the next load goes on."""
    await dump(source, path)
    new.inject(Fault.delay(0), method="POST", times=20)
    new.inject(Fault.status(503), method="POST", times=None)
    with pytest.raises(InternalServerError):
        await load(target, path)
    assert len(new.requests) < 150
    new.clear_faults()

    assert (await load(target, path)).ok
    assert len(new.assistants) == 250


async def test_passes_have_an_end(
    target: AsyncPortkey, new: PortkeyServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails again and again is reported."""
    monkeypatch.setattr("portkey_async.transfer._load.MOST_PASSES", 1)
    write(path, [HEADER, assistant(1), assistant(2)])
    new.inject(Fault.delay(0), method="POST", times=1)
    new.inject(Fault.status(503), method="POST", times=None)

    report = await load(target, path, concurrency=1)

    assert {*report.failed} == {3}


async def test_only_what_was_made_since_is_looked_through(path: Path) -> None:
    """An account that has much already is not listed as a whole for one create in doubt."""
    write(path, [HEADER, assistant(1)])
    server = PortkeyServer(assistants=500)
    async with server, server.client(retry=FAST) as client:
        server.inject(Fault.reset(), method="POST", after_effect=True)

        report = await load(client, path)

    assert (report.ok, report.adopted) == (True, 1)
    assert len(server.assistants) == 501
    assert sum(one.method == "GET" for one in server.requests) <= 4
