"""How a command ends: closed pipes, full disks, Ctrl-C, no extra, no network, a traceback."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command_line.calling import PROGRAM, ROOT, SECONDS, call, interrupt, piped, running, settings
from command_line.test_assistants import ids

from portkey_async.testing import Fault, PortkeyServer

LISTS = [["list"], ["list", "--json"], ["--help"], ["list", "--help"]]


def environment(server: PortkeyServer) -> dict[str, str]:
    """What a process of its own needs."""
    return os.environ | settings(server) | {"PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_a_closed_pipe_ends_it_silently(server: PortkeyServer, arguments: list[str]) -> None:
    """Whoever reads may stop reading."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*PROGRAM, *arguments], stdout=write, stderr=subprocess.PIPE, env=environment(server)
    )
    os.close(write)
    _, err = process.communicate(timeout=SECONDS)

    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("arguments", LISTS, ids=" ".join)
def test_a_full_disk_is_told(server: PortkeyServer, arguments: list[str]) -> None:
    """In one line."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603  # our own command
            [*PROGRAM, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(server),
            timeout=SECONDS,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr == b"Error: No space left on device\n"


def test_a_closed_output_is_told(
    server: PortkeyServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Python has no stdout then."""
    from portkey_async.cli import main  # noqa: PLC0415  # beside the patched streams

    monkeypatch.setattr(sys, "stdout", None)
    assert main(["list", "--json"]) == 1
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["list", "--json"]) == 1
    assert server.requests
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_the_extra_it_says_what_to_install(name: str) -> None:
    """In one line, and 2."""
    program = f"import sys; sys.modules[{name!r}] = None\n{PROGRAM[2]}"
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", program, "list"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "Error: the command line is an extra; pip install 'portkey-async[cli]' installs it"
    ]


def test_without_a_command_it_shows_its_help() -> None:
    """As `--help` does."""
    assert call() == call("--help")
    assert call().out.startswith("Usage: portkey-async")


def test_without_a_key_it_says_how_to_give_one() -> None:
    """The environment, or a file."""
    done = call("list")

    assert (done.status, done.out) == (2, "")
    assert "set PORTKEY_API_KEY" in done.err
    assert "--api-key-file" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_wrong_key(server: PortkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is told with what to check."""
    monkeypatch.setenv("PORTKEY_API_KEY", "wrong-one")

    done = call("list")

    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Error: 401 ")
    assert "check PORTKEY_API_KEY or --api-key-file" in done.err
    assert "wrong-one" not in done.err
    assert len(done.err.splitlines()) == 1
    assert server.requests


def test_no_network(unused_port: int) -> None:
    """Is told with what to check."""
    done = call("list", "--base-url", f"http://127.0.0.1:{unused_port}/v1", "--attempts", "1")

    assert done.status == 1
    assert done.err.startswith("Error: no connection: ")
    assert "check --base-url and the network" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.fixture
def unused_port() -> int:
    """A port where nothing listens."""
    with PortkeyServer() as server:
        return int(server.base_url.rpartition(":")[2].partition("/")[0])


def test_no_provider(server: PortkeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key of Portkey's alone, what is missing is told."""
    monkeypatch.delenv("PORTKEY_PROVIDER_VIRTUAL_KEY")

    done = call("list")

    assert done.status == 1
    assert "set PORTKEY_PROVIDER_VIRTUAL_KEY, or give --provider or --config" in done.err
    assert server.requests


@pytest.mark.parametrize("place", [["--debug", "get", "asst_none"], ["get", "--debug"]])
@pytest.mark.usefixtures("server")
def test_a_traceback_comes_only_when_asked_for(place: list[str]) -> None:
    """It shows code and no values, so no credential."""
    done = call(*place)

    assert done.status in {1, 2}
    assert ("Traceback" in done.err) == (place[0] == "get")
    assert "test-virtual-key" not in done.err


def test_a_traceback_holds_no_credential(server: PortkeyServer) -> None:
    """Not even one that the server repeats."""
    echo = {"error": {"message": f"no such key: {server.api_key}"}}
    server.inject(Fault.status(400, body=echo))

    done = call("--debug", "list")

    assert "Traceback" in done.err
    assert done.err.splitlines()[-1].startswith("Error: 400 no such key: [redacted]")
    assert server.api_key not in done.err
    assert "test-virtual-key" not in done.err


def test_a_fault_of_ours_is_one_line_too(
    server: PortkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a request to report it."""
    monkeypatch.setattr("portkey_async.cli._output.assistants", lambda _shown: 1 / 0)

    done = call("list")

    assert done.status == 1
    assert done.err == (
        "Error: ZeroDivisionError: division by zero; this is a fault of portkey-async: report it "
        "with --debug\n"
    )
    assert server.requests


def test_a_command_in_a_thread_of_a_program(server: PortkeyServer) -> None:
    """Signals are the main thread's: it runs without them."""
    with ThreadPoolExecutor() as threads:
        done = threads.submit(call, "list").result()

    assert done.status == 0
    assert len(done.out.splitlines()) > len(server.assistants)


def test_interrupting_is_clean(server: PortkeyServer) -> None:
    """One line with what is done, 130, and the cursor is there again."""
    server.inject(Fault.delay(30), times=5, method="DELETE")

    with running("delete", "--all", "--yes", **settings(server)) as (process, here):
        while not any(received.method == "DELETE" for received in server.requests):
            pass
        status, shown = interrupt(process, here)

    assert status == 130
    assert shown.splitlines()[-1].endswith("Interrupted; at least 0 of 5 assistants are deleted")
    assert "Traceback" not in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")
    assert len(server.assistants) == 5


def test_interrupting_a_question_is_clean(server: PortkeyServer) -> None:
    """Nothing is deleted."""
    with running("delete", "--all", **settings(server)) as (process, here):
        shown = ""
        while "[y/N]" not in shown:
            shown += os.read(here, 4096).decode()
        status, shown = interrupt(process, here)

    assert (status, shown.splitlines()[-1]) == (130, "Interrupted")
    assert len(server.assistants) == 5


def test_an_interruption_at_the_start_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has begun by then."""
    from portkey_async.cli import main  # noqa: PLC0415  # the patched one

    class Interrupting:
        """What is imported when Ctrl-C is hit."""

        def __getattr__(self, name: str) -> object:
            """Be interrupted."""
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "portkey_async.cli._main", Interrupting())
    assert main(["list"]) == 130


def test_help_imports_nothing_of_weight() -> None:
    """So that it comes at once: neither the client, nor what draws tables."""
    program = (
        "import sys; from portkey_async.cli import main; main(['--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )

    loaded = set(done.stderr.split())
    assert not {"aiohttp", "cattrs", "msgspec", "rich.console", "rich.table"} & loaded
    assert "portkey_async._client" not in loaded


def test_the_arguments_of_the_process_are_taken(server: PortkeyServer) -> None:
    """Where `main` is given none, as the installed command does."""
    done = piped("list", "--json", "--limit", "1", server=server)

    assert (done.returncode, done.stderr) == (0, "")
    assert ids(server)[0] in done.stdout
