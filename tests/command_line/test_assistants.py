"""The commands on assistants, against a server."""

import json
from pathlib import Path

import pytest
from command_line.calling import Done, call

from portkey_async.testing import Fault, PortkeyServer, mock_assistant


def ids(server: PortkeyServer) -> list[str]:
    """The ids of all assistants, the newest first."""
    return list(server.assistants)[::-1]


# --- list -----------------------------------------------------------------------------------------


def test_list_shows_a_table(server: PortkeyServer) -> None:
    """The newest first, each with its whole id."""
    done = call("list")

    head, *rows = done.out.splitlines()
    assert head.split() == ["ID", "Name", "Model", "Created", "Tools", "Metadata"]
    assert [row.split()[0] for row in rows] == ids(server)
    assert (done.status, done.err) == (0, "")


def test_list_as_json_lines(server: PortkeyServer) -> None:
    """Each is the object as the API gave it."""
    done = call("list", "--json", "--order", "asc")

    assert [json.loads(line) for line in done.out.splitlines()] == list(server.assistants.values())
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("terminal", [False, True])
def test_long_lists_are_walked_to_the_end(*, terminal: bool) -> None:
    """Page after page; on a terminal, with a count meanwhile that is gone at the end."""
    with PortkeyServer(assistants=250, api_key="") as server:
        done = call("list", "--base-url", server.base_url, terminal=terminal, columns=200)

    assert len(done.out.splitlines()) == 251
    assert ("Listing" in done.err) == terminal


@pytest.mark.parametrize("name", ["--limit", "--max"])
def test_at_most_so_many(server: PortkeyServer, name: str) -> None:
    """And no page is longer than it has to be."""
    done = call("list", name, "2", "--json")

    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids(server)[:2]
    assert server.requests[-1].query["limit"] == "2"


def test_at_most_so_many_that_fit(server: PortkeyServer) -> None:
    """With filters, pages are whole."""
    done = call("list", "--limit", "2", "--name", "Assistant [1-3]", "--json")

    assert [json.loads(line)["name"] for line in done.out.splitlines()] == [
        "Assistant 3",
        "Assistant 2",
    ]
    assert server.requests[-1].query["limit"] == "100"


def test_going_on_behind_one(server: PortkeyServer) -> None:
    """As an error says one can."""
    done = call("list", "--after", ids(server)[2], "--json")

    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids(server)[3:]


def test_a_walk_that_fails_says_where_to_go_on() -> None:
    """What was printed need not be asked for again; a table is not printed in parts."""
    with PortkeyServer(assistants=150, api_key="") as server:
        where = ("--base-url", server.base_url, "--attempts", "1")
        answers: list[Done] = []
        for form in (["--json"], []):
            server.inject(Fault.delay(0))  # the first page comes, the second does not
            server.inject(Fault.status(500))
            answers.append(call("list", *form, *where))

    as_lines, as_table = answers
    printed = [json.loads(line)["id"] for line in as_lines.out.splitlines()]
    assert as_lines.status == as_table.status == 1
    assert printed == ids(server)[:100]
    assert f"--after {printed[-1]} goes on from there" in as_lines.err
    assert as_table.out == ""
    assert "--after" not in as_table.err


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["delete", "--all", "--yes"]])
def test_an_empty_result_is_told_on_stderr(server: PortkeyServer, arguments: list[str]) -> None:
    """Whether there is nothing, or nothing fits."""
    done = call(*arguments, "--name", "x")
    assert (done.status, done.out) == (0, "")
    assert done.err == "No assistant fits the filters.\n"

    server.assistants.clear()
    done = call(*arguments)
    assert (done.status, done.out, done.err) == (0, "", "There are no assistants.\n")


def test_what_servers_say_is_not_printed_raw(server: PortkeyServer) -> None:
    """Escapes in a name, model or metadata neither colour the terminal nor move its cursor."""
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\nsecond"
    payload = mock_assistant(name=evil, model="m\x1b[0m", metadata={"a\x07": evil})
    server.assistants[payload["id"]] = payload

    for arguments in (["list", "--model", "m*"], ["list", "--json"], ["get", payload["id"]]):
        done = call(*arguments, terminal=True, columns=160)
        assert done.status == 0
        for char in "\x07\x9b":
            assert char not in done.out
        assert "\x1b]" not in done.out
        assert "\x1b[2J" not in done.out


def test_names_that_cannot_be_encoded(server: PortkeyServer) -> None:
    """A terminal of another encoding shows question marks, and JSON escapes."""
    payload = mock_assistant(name="東京")
    server.assistants[payload["id"]] = payload

    assert "??" in call("list", encoding="ascii").out
    assert r"\u6771" in call("list", "--json", encoding="latin-1").out
    assert "東京" in call("list", "--json").out


def test_an_odd_time_of_creation_is_shown_as_it_is(server: PortkeyServer) -> None:
    """Nothing where there is none, the number where it is no date."""
    for created_at in (0, 10**15):
        payload = mock_assistant(created_at=created_at, name="Odd")
        server.assistants[payload["id"]] = payload

    done = call("list", "--name", "Odd")

    assert done.status == 0
    assert str(10**15) in done.out
    assert "1970" not in done.out


# --- get ------------------------------------------------------------------------------------------


def test_get_shows_all_that_an_assistant_has(server: PortkeyServer) -> None:
    """One after the other."""
    server.assistants[ids(server)[0]]["instructions"] = "First.\nSecond."

    done = call("get", *ids(server)[:2])

    assert done.status == 0
    first, second = done.out.split("\n\n") if "\n\n" in done.out else done.out.split("\n \n")
    assert ids(server)[0] in first
    assert ids(server)[1] in second
    assert "First." in first
    assert "Second." in first
    assert "code_interpreter" in second


def test_get_as_json_lines(server: PortkeyServer) -> None:
    """In the order asked for."""
    done = call("get", *ids(server), "--json")

    assert [json.loads(line)["id"] for line in done.out.splitlines()] == ids(server)


@pytest.mark.parametrize(("good", "status"), [(0, 1), (1, 3)])
def test_an_id_that_is_not_there(server: PortkeyServer, good: int, status: int) -> None:
    """Is told in one line, and the others are shown."""
    done = call("get", *ids(server)[:good], "asst_none", "--json")

    assert done.status == status
    assert len(done.out.splitlines()) == good
    assert done.err.startswith("Error: asst_none: 404 ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["get", "convert", "delete"])
def test_no_id_is_wrong_usage(command: str) -> None:
    """It is told what is missing."""
    done = call(command)

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("Error: give the id of an assistant")


# --- create and update ----------------------------------------------------------------------------


def test_create_prints_the_id(server: PortkeyServer, tmp_path: Path) -> None:
    """For a script to go on with."""
    said = tmp_path / "tutor.txt"
    said.write_text("Explain every step.\n")

    done = call(
        *("create", "--model", "gpt-4o", "--name", "Tutor", "--instructions-file", str(said)),
        *("--tool", "file_search", "--metadata", "team=maths", "--temperature", "0.5"),
        *("--response-format", "text"),
    )

    made = server.assistants[ids(server)[0]]
    assert (done.status, done.out, done.err) == (0, f"{made['id']}\n", "")
    assert made["name"] == "Tutor"
    assert made["instructions"] == "Explain every step.\n"
    assert made["tools"] == [{"type": "file_search"}]
    assert made["metadata"] == {"team": "maths"}
    assert made["temperature"] == 0.5
    assert made["response_format"] == {"type": "text"}


def test_an_assistant_is_copied_through_a_pipe(server: PortkeyServer) -> None:
    """What `get --json` prints is what `create --from-file -` reads."""
    old = server.assistants[ids(server)[0]]
    shown = call("get", old["id"], "--json").out

    done = call("create", "--from-file", "-", "--name", "Copy", "--json", typed=shown)

    made = json.loads(done.out)
    assert done.status == 0
    assert done.err == "Left out, as only the server gives it: id, object, created_at\n"
    assert made == old | {"id": made["id"], "created_at": made["created_at"], "name": "Copy"}


def test_update_changes_what_is_given(server: PortkeyServer) -> None:
    """The rest stays as it is; a field is emptied by name."""
    old = server.assistants[ids(server)[0]]

    done = call("update", old["id"], "--name", "New", "--clear", "instructions")
    as_json = call("update", old["id"], "--top-p", "0.5", "--json")

    changed = old | {"name": "New", "instructions": None, "top_p": 0.5}
    assert (done.status, done.out) == (0, f"{old['id']}\n")
    assert json.loads(as_json.out) == server.assistants[old["id"]] == changed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--name", "x"], "an assistant needs a --model"),
        (["create", "--model", "m", "--temperature", "9"], "temperature"),
        (["create", "--model", "m", "--tool", "function"], "'function' is not one of"),
        (["create", "--from-file", "/nonexistent"], "cannot read /nonexistent"),
        (["create", "--from-file", "-"], "- holds no JSON"),
        (["create", "--from-file", "-", "--instructions-file", "-"], "give the instructions once"),
        (["update", "asst_1", "--instructions", "a", "--instructions-file", "b"], "once"),
        (["update", "asst_1"], "nothing is to be changed"),
        (["update", "..", "--name", "x"], "assistant_id"),
        (["update", "asst_1", "--clear", "nmae"], "did you mean 'name'?"),
        (["update", "asst_1", "--metadata", "x"], "write it as key=value"),
    ],
)
def test_wrong_fields_are_told(server: PortkeyServer, arguments: list[str], said: str) -> None:
    """In one line, and nothing is sent."""
    done = call(*arguments)

    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert not server.requests


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """It must be UTF-8."""
    path = tmp_path / "fields.json"
    path.write_bytes(b"\xff\xfe{")

    done = call("create", "--from-file", str(path))

    assert done.status == 2
    assert "is not UTF-8" in done.err


# --- delete ---------------------------------------------------------------------------------------


def test_delete_by_id(server: PortkeyServer) -> None:
    """Without a terminal it does not ask: the ids say what is meant."""
    gone = ids(server)[:2]

    done = call("delete", *gone, gone[0])

    assert (done.status, done.out, done.err) == (0, "", "Deleted 2 of 2.\n")
    assert not set(gone) & server.assistants.keys()
    assert len(server.assistants) == 3


@pytest.mark.parametrize(
    ("answer", "left", "status"),
    [("y", 0, 0), ("YES", 0, 0), ("n", 5, 1), ("", 5, 1), ("yo", 5, 1)],
)
def test_it_asks_first(server: PortkeyServer, answer: str, left: int, status: int) -> None:
    """Anything but a yes is a no, and so is the end of input."""
    done = call("delete", "--all", typed=f"{answer}\n" if answer else "", asked=True)

    assert done.err.startswith(f"Delete 5 assistants at {server.base_url}? [y/N] ")
    assert len(server.assistants) == left
    assert done.status == status
    assert ("Nothing was deleted." in done.err) == bool(left)


def test_it_asks_for_ids_too(server: PortkeyServer) -> None:
    """Where there is somebody to ask."""
    done = call("delete", ids(server)[0], typed="n\n", asked=True)

    assert done.err == "Delete 1 assistant? [y/N] Nothing was deleted.\n"
    assert len(server.assistants) == 5


def test_yes_does_not_ask(server: PortkeyServer) -> None:
    """Neither on a terminal."""
    done = call("delete", "--all", "--yes", asked=True)

    assert (done.status, done.err) == (0, "Deleted 5 of 5.\n")
    assert not server.assistants


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--all"], "there is no terminal to ask on; give --yes"),
        (["--name", "*"], "give --all with them"),
        (["--older-than", "0s"], "give --all with them"),
        (["asst_1", "--name", "*"], "give --all with them"),
        (["asst_1", "--all", "--yes"], "ids, or --all, but not both"),
        (["--all", "--yes", "--older-than", "90x"], "such as 90d"),
        (["--all", "--yes", "--metadata", "a"], "write it as key=value"),
        (["--yes"], "give the id of an assistant"),
        (["", "--yes"], "assistant_id"),
    ],
)
def test_nothing_is_deleted_by_mistake(
    server: PortkeyServer, arguments: list[str], said: str
) -> None:
    """Wrong usage is told, and nothing is even looked at."""
    done = call("delete", *arguments)

    assert done.status in {1, 2}
    assert said in done.err
    assert len(server.assistants) == 5
    assert not server.requests


def test_filters_choose(server: PortkeyServer) -> None:
    """Only those that fit go; one without a known time of creation is never old."""
    for number, one in enumerate(list(server.assistants.values())):
        server.assistants[one["id"]] = one | {"created_at": 0 if number == 2 else 1}

    done = call("delete", "--all", "--yes", "--older-than", "90d", "--name", "Assistant [1-3]")

    assert (done.status, done.err) == (0, "Deleted 2 of 2.\n")
    assert [one["name"] for one in server.assistants.values()] == [
        "Assistant 3",
        "Assistant 4",
        "Assistant 5",
    ]


@pytest.mark.parametrize("arguments", [["--all", "--metadata", "number=3"], ["ID"]])
def test_a_dry_run_only_shows(server: PortkeyServer, arguments: list[str]) -> None:
    """What would be deleted, as a table or as JSON; it neither asks nor deletes."""
    chosen = [ids(server)[2] if one == "ID" else one for one in arguments]

    done = call("delete", *chosen, "--dry-run", asked=True)
    as_json = call("delete", *chosen, "--dry-run", "--json")

    assert (done.status, done.err) == (0, "1 assistant would be deleted.\n")
    assert ids(server)[2] in done.out
    assert json.loads(as_json.out) == server.assistants[ids(server)[2]]
    assert len(server.assistants) == 5


def test_a_dry_run_of_what_is_not_there(server: PortkeyServer) -> None:
    """Fails as the deletion would."""
    assert call("delete", "asst_none", "--dry-run").status == 1
    assert call("delete", "asst_none", ids(server)[0], "--dry-run").status == 3
    assert call("delete", "--all", "--name", "x", "--dry-run").status == 0


@pytest.mark.parametrize("terminal", [False, True])
def test_some_that_fail_are_told(server: PortkeyServer, *, terminal: bool) -> None:
    """One line each, beside a progress bar too; the others go on."""
    done = call(*("delete", "asst_none", *ids(server)[:2]), typed="y\n", terminal=terminal)

    assert done.status == 3
    assert len(server.assistants) == 3
    assert done.err.count("Error: asst_none: 404") == 1
    assert done.err.endswith("Deleted 2 of 3.\n")
    assert ("Deleting" in done.err) == terminal


def test_deleting_as_json_lines(server: PortkeyServer) -> None:
    """One for each, with what went wrong."""
    done = call("delete", "asst_none", ids(server)[0], "--json")

    said = {one["id"]: one for one in map(json.loads, done.out.splitlines())}
    assert done.status == 3
    assert said["asst_none"]["deleted"] is False
    assert said["asst_none"]["error"].startswith("404 ")
    assert [one["deleted"] for one in said.values() if one["id"] != "asst_none"] == [True]


def test_a_wrong_key_stops_what_has_not_begun(
    server: PortkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And all of it has failed."""
    monkeypatch.setenv("PORTKEY_API_KEY", "wrong-one")

    done = call("delete", *ids(server), "--concurrency", "1")

    assert done.status == 1
    assert done.err.count("Error: ") == 1
    assert done.err.endswith("Deleted 0 of 5.\n")
    assert len(server.requests) == 1
