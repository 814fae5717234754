"""`dump` and `load`: there and back, interrupted, and what goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from command_line.calling import call, interrupt, running, settings
from command_line.test_assistants import ids
from hypothesis import given
from hypothesis import strategies as st

from portkey_async.cli._threads import chosen_threads
from portkey_async.testing import Fault, PortkeyServer


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[PortkeyServer, tuple[str, ...]]]:
    """Another gateway, and the options that lead to it."""
    with PortkeyServer(api_key="pk-elsewhere") as other:
        key = tmp_path / "elsewhere.key"
        key.write_text(f"{other.api_key}\n")
        yield other, ("--base-url", other.base_url, "--api-key-file", str(key))


def talk(server: PortkeyServer, said: str) -> str:
    """Make a thread with a question and its answer; give its id."""
    assert call("run", ids(server)[0], said).status == 0
    return next(reversed(list(server.threads)))


def contents(server: PortkeyServer) -> list[dict[str, Any]]:
    """All assistants without what the server gives, oldest first."""
    given = {"id", "created_at"}
    return [
        {name: value for name, value in one.items() if name not in given}
        for one in server.assistants.values()
    ]


def texts(server: PortkeyServer) -> list[str]:
    """What was said, in order."""
    return [one["content"][0]["text"]["value"] for one in server.messages.values()]


def test_there_and_back(
    server: PortkeyServer, elsewhere: tuple[PortkeyServer, tuple[str, ...]], tmp_path: Path
) -> None:
    """Assistants and threads arrive; each old id is told with its new one."""
    other, there = elsewhere
    threads = [talk(server, "One?"), talk(server, "Two?")]
    listed = tmp_path / "threads.txt"
    listed.write_text("\n".join(threads[1:]))
    path = str(tmp_path / "backup.jsonl")

    dumped = call("dump", path, "--threads", threads[0], "--threads", f"@{listed}")
    loaded = call("load", path, "--json", *there)

    assert (dumped.status, dumped.out) == (0, "")
    assert dumped.err == f"Dumped 5 assistants, 2 threads and 4 messages to {path}.\n"
    assert loaded.status == 0
    assert loaded.err.endswith(f"Loaded 5 assistants, 2 threads and 4 messages from {path}.\n")
    assert contents(other) == contents(server)
    assert sorted(texts(other)) == sorted(texts(server))
    made = {one["id"]: one["new_id"] for one in map(json.loads, loaded.out.splitlines())}
    assert {*made} >= {*server.assistants, *threads}
    assert {made[one] for one in server.assistants} == {*other.assistants}


def test_a_summary_as_json(server: PortkeyServer, tmp_path: Path) -> None:
    """One line, and nothing on stderr."""
    done = call("dump", str(tmp_path / "backup.jsonl"), "--json")

    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["assistants"] == len(server.assistants)


def test_what_is_not_in_a_dump_is_named(server: PortkeyServer, tmp_path: Path) -> None:
    """Files and vector stores by id, and threads that are not there: some have failed."""
    server.assistants[ids(server)[0]]["tool_resources"] = {
        "code_interpreter": {"file_ids": ["file_1", "file_2"]},
        "file_search": {"vector_store_ids": ["vs_1"]},
    }

    done = call("dump", str(tmp_path / "backup.jsonl"), "--threads", "thread_none")

    assert done.status == 3
    assert "Not in it: files file_1, file_2\n" in done.err
    assert "Not in it: vector stores vs_1\n" in done.err
    assert "Error: thread_none: there is no such thread\n" in done.err


def test_a_server_that_does_not_list_threads(server: PortkeyServer, tmp_path: Path) -> None:
    """`all` needs one that does; it is told to give ids."""
    server.inject(Fault.status(404), method="GET", path="/threads")

    done = call("dump", str(tmp_path / "backup.jsonl"), "--threads", "all")

    assert done.status == 2
    assert "the server does not list threads; give their ids" in done.err
    assert not any(tmp_path.iterdir())
    assert call("dump", str(tmp_path / "backup.jsonl")).status == 0


def test_what_may_have_been_made_is_told(
    server: PortkeyServer, elsewhere: tuple[PortkeyServer, tuple[str, ...]], tmp_path: Path
) -> None:
    """A thread that was made and not confirmed cannot be found again, as threads are not listed."""
    other, there = elsewhere
    thread = talk(server, "One?")
    path = str(tmp_path / "backup.jsonl")
    assert call("dump", path, "--threads", thread).status == 0
    other.inject(Fault.reset(), method="POST", path="/v1/threads", after_effect=True)

    loaded = call("load", path, *there)

    assert f"In doubt: {thread}: " in loaded.err
    assert loaded.err.endswith(f"Loaded 5 assistants, 1 thread and 2 messages from {path}.\n")


def test_loading_twice_is_refused(server: PortkeyServer, tmp_path: Path) -> None:
    """Unless it is asked for, by the option that the error names."""
    path = str(tmp_path / "backup.jsonl")
    assert call("dump", path).status == 0
    assert call("load", path).status == 0

    again = call("load", path)
    assert again.status == 2
    assert again.err.endswith("; --restart makes everything again\n")
    assert len(server.assistants) == 10
    assert call("load", path, "--restart", "--concurrency", "2").status == 0
    assert len(server.assistants) == 15


def test_a_damaged_line_is_told_by_its_number(server: PortkeyServer, tmp_path: Path) -> None:
    """The others are loaded, and converted; what is not in the dump fails too."""
    path = tmp_path / "backup.jsonl"
    assert call("dump", str(path)).status == 0
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join((*lines[:2], "oh\n", *lines[3:])))
    server.assistants.clear()

    converted = call("convert", "--from-dump", str(path), "--json")
    loaded = call("load", str(path))

    assert (converted.status, loaded.status) == (3, 3)
    assert len(converted.out.splitlines()) == len(server.assistants) == 4
    assert converted.err.startswith(f"Error: {path}: line 3: this is no JSON")
    assert loaded.err.splitlines()[0].startswith("Error: line 3: ")
    assert not loaded.err.startswith("Error: line 3: line 3")


def test_what_a_server_refuses_is_told(server: PortkeyServer, tmp_path: Path) -> None:
    """By the line of the dump."""
    path = str(tmp_path / "backup.jsonl")
    assert call("dump", path).status == 0
    server.inject(Fault.status(422), times=99, method="POST")

    done = call("load", path, "--attempts", "1")

    assert done.status == 1
    assert [line[:14] for line in done.err.splitlines()[:5]] == [
        f"Error: line {number}:" for number in range(2, 7)
    ]


def test_what_a_load_reports(server: PortkeyServer, tmp_path: Path) -> None:
    """Fields that a server keeps otherwise, and those that it does not take, with counts."""
    server.assistants[ids(server)[0]]["tools"] = [{"type": "code_interpreter"}]
    path = str(tmp_path / "backup.jsonl")
    thread = talk(server, "Hi")
    assert call("dump", path, "--threads", thread).status == 0
    server.inject(
        Fault.payload(lambda payload: payload | {"name": "Other"}), times=2, path="/assistants"
    )

    done = call("load", path)

    assert "Kept otherwise by the server: name of 1" in done.err
    assert "Not taken by the server: " in done.err


@pytest.mark.parametrize("command", ["dump", "load"])
def test_a_stream_is_no_dump(server: PortkeyServer, command: str) -> None:
    """It could not be gone on with."""
    done = call(command, "-")

    assert done.status == 2
    assert "name one" in done.err
    assert not server.requests


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["load", "{}/none"], "cannot read {}/none: No such file or directory", 1),
        (["load", "{}/text"], "line 1: this is no JSON", 2),
        (["load", "{}/text"], "that is in {}/text", 2),
        (["dump", "{}/text"], "is there, and would be replaced", 2),
        (["dump", "{}/none/x"], "cannot open {}/none/x.partial: No such file", 1),
        (["convert", "--from-dump", "{}/none"], "cannot read {}/none: No such file", 1),
        (["convert", "--from-dump", "{}/text"], "this is no JSON", 2),
    ],
)
@pytest.mark.usefixtures("server")
def test_files_that_cannot_be_used(
    arguments: list[str], said: str, status: int, tmp_path: Path
) -> None:
    """Are told in one line."""
    (tmp_path / "text").write_text("hello\n")

    done = call(*(one.format(tmp_path) for one in arguments))

    assert (done.status, done.out) == (status, "")
    assert said.format(tmp_path) in done.err
    assert len(done.err.splitlines()) == 1


def test_converting_some_of_a_dump(server: PortkeyServer, tmp_path: Path) -> None:
    """By ids, without a server, in the order of the dump."""
    path = str(tmp_path / "backup.jsonl")
    assert call("dump", path, "--threads", talk(server, "Hi")).status == 0
    asked = len(server.requests)

    done = call("convert", "--from-dump", path, *ids(server)[:2], "asst_none", "--json")

    assert done.status == 3
    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids(server)[:2][::-1]
    assert done.err == f"Error: asst_none: {path} holds no such assistant\n"
    assert len(server.requests) == asked
    every = call("convert", "--from-dump", path, "--python")
    assert every.out.count("client.responses.create(") == 5


def interrupted(*arguments: str, at: PortkeyServer, method: str) -> tuple[int, str]:
    """Hit Ctrl-C when the first request is there; give the exit code, and the last line."""
    before = len(at.requests)
    with running(*arguments, **settings(at)) as (process, here):
        while not any(one.method == method for one in at.requests[before:]):
            pass
        status, shown = interrupt(process, here)
    at.clear_faults()
    return status, shown.splitlines()[-1]


def test_an_interrupted_transfer_goes_on(
    server: PortkeyServer, elsewhere: tuple[PortkeyServer, tuple[str, ...]], tmp_path: Path
) -> None:
    """Ctrl-C says so, in one line; the same command then does the rest, and nothing twice."""
    other, there = elsewhere
    path = str(tmp_path / "backup.jsonl")
    server.inject(Fault.delay(30), method="GET")
    other.inject(Fault.delay(30, after_effect=True), times=99, method="POST")

    ends = [interrupted("dump", path, at=server, method="GET")]
    assert call("dump", path).status == 0
    ends.append(interrupted("load", path, at=other, method="POST"))
    assert call("load", path, *there).status == 0

    for status, line in ends:
        assert status == 130
        assert line.endswith("Interrupted; the same command goes on from here")
    assert len(other.assistants) == 5
    assert all(one in contents(other) for one in contents(server))


def test_progress_is_shown_on_a_terminal(server: PortkeyServer, tmp_path: Path) -> None:
    """With counts, for both."""
    path = str(tmp_path / "backup.jsonl")

    dumped = call("dump", path, terminal=True, columns=80)
    loaded = call("load", path, terminal=True, columns=80)

    assert "Dumping" in dumped.err
    assert "5 of 5" in loaded.err
    assert len(server.assistants) == 10


# --- Which threads ------------------------------------------------------------------------------


@given(st.lists(st.text(min_size=1).filter(lambda one: one != "all" and one[0] != "@")))
def test_ids_are_taken_as_they_are(given_ids: list[str]) -> None:
    """None means no threads."""
    assert chosen_threads(given_ids) == (given_ids or None)


def test_threads_in_files() -> None:
    """An id a line, in order, beside others."""
    files = {"a": "t1\nt2\n", "b": " t3\r\n\n"}

    assert chosen_threads(["t0", "@a", "@b"], files.__getitem__) == ["t0", "t1", "t2", "t3"]
    assert chosen_threads(["all"]) == "all"


@pytest.mark.parametrize(
    ("given_ids", "said"), [(["all", "t1"], "stands for all of them"), (["@empty"], "holds no id")]
)
def test_wrong_threads_are_told(given_ids: list[str], said: str) -> None:
    """Before anything is asked."""
    with pytest.raises(click.UsageError, match=said):
        chosen_threads(given_ids, lambda _path: "")
