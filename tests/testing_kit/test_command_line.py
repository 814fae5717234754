"""`python -m portkey_async.testing`: what it prints, how it stops, and what bad arguments get."""

import contextlib
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path
from threading import Thread

import pytest
from testing_kit.calls import BEARER

import portkey_async.testing.__main__ as command_line
from portkey_async import AsyncPortkey


@pytest.fixture
def signals_restored() -> Generator[None]:
    """Puts back the handlers that the command installs in this process."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextlib.contextmanager
def running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    process = subprocess.Popen(  # noqa: S603  # its arguments are the test's own
        [sys.executable, "-m", "portkey_async.testing", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def get(url: str) -> int:
    """The status of a request with the credentials that the server accepts at first."""
    request = urllib.request.Request(url, headers=BEARER)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310  # loopback
            status: int = response.status
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    return status


def wait_for(port: int) -> None:
    """Wait until something listens on the port."""
    for _ in range(1000):
        with (
            contextlib.suppress(ConnectionRefusedError),
            socket.create_connection(("localhost", port)),
        ):
            return
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_url_then_requests_and_stops_when_told_to(number: signal.Signals) -> None:
    """The first line is the base URL; a signal ends it with status 0 and nothing on stderr."""
    with running("--assistants", "3") as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert get(f"{base_url}/assistants?limit=2&order=asc") == 200
        assert get(f"{base_url}/nothing") == 404
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert out.splitlines() == [
        "GET /v1/assistants?limit=2&order=asc 200",
        "GET /v1/nothing 404",
    ]
    assert (process.returncode, err) == (0, "")


@pytest.mark.usefixtures("signals_restored")
def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and what to do instead."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status = command_line.main(["--port", str(port)])

    printed = capsys.readouterr()
    assert status == 2
    assert printed.out == ""
    assert printed.err == (
        f"python -m portkey_async.testing: port {port} of 127.0.0.1 is taken; "
        "choose another --port, or 0 for a free one\n"
    )


@pytest.mark.usefixtures("signals_restored")
def test_an_address_of_another_machine_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Any other reason that the system gives is passed on, in one line."""
    status = command_line.main(["--host", "192.0.2.1"])

    printed = capsys.readouterr()
    assert (status, printed.out) == (2, "")
    assert "cannot listen on port 0 of 192.0.2.1" in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dialect", "has-more"], "unknown dialect 'has-more'; allowed are specification,"),
        (["--port", "70000"], "port must be from 0 to 65535; got 70000"),
        (["--port", "http"], "argument --port: invalid int value: 'http'"),
        (["--assistants", "-1"], "assistants must be from 0"),
        (["--fail-rate", "2"], "fail_rate must be from 0 to 1"),
        (["--latency", "nan"], "latency must be from 0"),
        (["--seed", "x"], "argument --seed: invalid int value"),
        (["--assist", "1"], "unrecognized arguments: --assist"),
        (["--unknown"], "unrecognized arguments: --unknown"),
    ],
)
def test_wrong_arguments_are_told(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2 and the allowed values."""
    with pytest.raises(SystemExit) as caught:
        command_line.main(arguments)

    assert caught.value.code == 2
    assert said in capsys.readouterr().err


async def test_runs_do_what_a_file_says(tmp_path: Path) -> None:
    """Each as many times as it says; then they echo."""
    file = tmp_path / "scripts.json"
    file.write_text(
        '{"scripts": [{"acts": [{"call": "add", "arguments": {"a": 2}}, {"say": "4"}]}]}'
    )
    with running("--script", str(file)) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        async with AsyncPortkey("pk-test", virtual_key="v", base_url=base_url) as client:
            tutor = await client.assistants.create(model="gpt-4o")
            said: list[str] = []
            for _ in range(2):
                async with client.threads.create_and_run_stream(
                    assistant_id=tutor.id,
                    thread={"messages": [{"role": "user", "content": "Hello"}]},
                    functions={"add": lambda a: a + 2},
                ) as stream:
                    said += [message.text for message in await stream.get_final_messages()]
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert said == ["4", "Hello"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"say": 4}]', "$[0]: Say: text must be a str; got 4"),
        (b'[{"say": "4"\n}}]', "line 2, column 2: Expecting"),
        (b"\xff", "can't decode byte 0xff"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_holds_no_script_is_told(
    tmp_path: Path, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, the file, and the place in it."""
    file = tmp_path / "script.json"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SystemExit) as caught:
        command_line.main(["--script", str(file)])

    assert caught.value.code == 2
    printed = capsys.readouterr().err
    assert f"--script {file}: " in printed
    assert said in printed


@pytest.mark.usefixtures("signals_restored")
def test_all_settings_reach_the_server(
    unused_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Host, port, credential, assistants, dialect, latency, failures and seed."""
    base_url = f"http://localhost:{unused_port}/v1"
    statuses: list[object] = []

    def visit() -> None:
        try:
            wait_for(unused_port)
            for _ in range(30):
                try:
                    statuses.append(get(f"{base_url}/assistants"))
                except (OSError, ValueError) as error:
                    statuses.append(type(error))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    visitor = Thread(target=visit)
    visitor.start()
    arguments = (
        f"--host localhost --port {unused_port} --assistants 2 --api-key other --latency 0.0001 "
        "--dialect no-has-more --fail-rate 0.5 --seed 1"
    )
    assert command_line.main(arguments.split()) == 0
    visitor.join()

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == base_url
    # The credential is another, so what does not fail is refused.
    assert statuses.count(401) > 5
    assert len(statuses) - statuses.count(401) > 5
    assert {line.rpartition(" ")[2] for line in lines[1:]} >= {"401", "reset"}


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run as a program it reads its own arguments, and its help names the dialects."""
    monkeypatch.setattr(sys, "argv", ["portkey", "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(Path(command_line.__file__)), run_name="__main__")

    assert caught.value.code == 0
    assert "deleted-cursors-refused" in capsys.readouterr().out.replace("\n", "").replace(" ", "")
