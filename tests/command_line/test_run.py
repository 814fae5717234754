"""`run`: a message, and the answer as it comes."""

import json
import os
import signal

import pytest
from command_line.calling import call, interrupt, running, settings
from command_line.test_assistants import ids

from portkey_async.testing import Call, Fail, Fault, Hang, PortkeyServer, Say


def is_cancelled(server: PortkeyServer) -> bool:
    """Tell whether the one run has been cancelled, or is about to be."""
    (run,) = server.runs.values()
    return run["status"] in {"cancelling", "cancelled"}


def test_the_answer_is_printed(server: PortkeyServer) -> None:
    """It ends with a line; how to go on is told on stderr."""
    server.script(Say("Four."))
    server.script(Say("Eight.\n"))

    done = call("run", ids(server)[0], "2 + 2?")
    thread = next(iter(server.threads))
    further = call("run", ids(server)[0], "-", "--thread", thread, typed="And twice that?\n")

    assert (done.status, done.out) == (0, "Four.\n")
    assert done.err == f"--thread {thread} goes on from here\n"
    assert (further.status, further.out, further.err) == (0, "Eight.\n", "")
    said = [message["content"][0]["text"]["value"] for message in server.messages.values()]
    assert said == ["2 + 2?", "Four.", "And twice that?\n", "Eight.\n"]


def test_each_message_begins_a_line(server: PortkeyServer) -> None:
    """A run may say several."""
    server.script(Say("One."), Say("Two.\n"), Say("Three."))

    assert call("run", ids(server)[0], "Hi").out == "One.\nTwo.\nThree.\n"


def test_the_events_as_json_lines(server: PortkeyServer) -> None:
    """As they came."""
    done = call("run", ids(server)[0], "Hi", "--json")

    events = [json.loads(line) for line in done.out.splitlines()]
    assert (done.status, done.err) == (0, "")
    assert events[0]["event"] in {"thread.created", "thread.run.created"}
    assert events[-1]["event"] == "thread.run.completed"


def test_an_answer_is_printed_without_escapes_on_a_terminal(server: PortkeyServer) -> None:
    """And as it is where it goes into a file."""
    server.script(Say("a\x1b[31mb\nc"), times=2)

    assert call("run", ids(server)[0], "Hi", terminal=True).out == "a\ufffd[31mb\nc\n"
    assert call("run", ids(server)[0], "Hi").out == "a\x1b[31mb\nc\n"


def test_a_run_that_fails(server: PortkeyServer) -> None:
    """Is told with the reason; what it had said before is printed."""
    server.script(Say("Well"), Fail("server_error", "Out of \x1b luck."))

    done = call("run", ids(server)[0], "Hi")

    assert (done.status, done.out) == (1, "Well\n")
    assert done.err.splitlines()[-1].startswith("Error: run run_")
    assert "is failed, not completed: server_error: Out of" in done.err
    assert "\x1b" not in done.err


def test_a_run_that_wants_functions_is_cancelled(server: PortkeyServer) -> None:
    """Nobody here can give what they return, and it would block the thread."""
    tool = {"type": "function", "function": {"name": "add"}}
    server.assistants[ids(server)[0]]["tools"] = [tool]
    server.script(Call("add", a=2))

    done = call("run", ids(server)[0], "Hi")

    assert done.status == 1
    assert "wants functions called, which are not here; it was cancelled" in done.err
    assert is_cancelled(server)


def test_a_run_that_takes_too_long_is_cancelled(server: PortkeyServer) -> None:
    """And it is told which option gives it more."""
    server.script(Hang())

    done = call("run", ids(server)[0], "Hi", "--run-timeout", "0.3")

    assert done.status == 1
    assert "--run-timeout gives a run more time" in done.err
    assert is_cancelled(server)


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["asst_none", "Hi"], "404", 1),
        (["asst_1", " "], "the message is empty", 2),
        (["asst_1", "-"], "the message is empty", 2),
        (["asst_1"], "Missing argument 'MESSAGE'", 2),
        (["asst_1", "Hi", "--run-timeout", "-1"], "run_timeout", 2),
    ],
)
@pytest.mark.usefixtures("server")
def test_what_cannot_be_run_is_told(arguments: list[str], said: str, status: int) -> None:
    """In one line."""
    done = call("run", *arguments)

    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_a_stream_that_breaks_is_completed(server: PortkeyServer) -> None:
    """The client polls the run to its end, and gives the rest of the text."""
    server.script(Say("One two three four five."))
    server.inject(Fault.cut_stream(4))

    done = call("run", ids(server)[0], "Hi")

    assert (done.status, done.out) == (0, "One two three four five.\n")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_cancels_the_run(server: PortkeyServer, sent: signal.Signals) -> None:
    """Ctrl-C, or being told to end: one line that says how to go on, and 130."""
    server.script(Say("Well"), Hang())

    with running("run", ids(server)[0], "Hi", **settings(server)) as (process, here):
        shown = ""
        while "Well" not in shown:
            shown += os.read(here, 4096).decode()
        status, rest = interrupt(process, here, sent)

    assert status == 130
    (thread_id,) = server.threads
    assert (shown + rest).splitlines() == [
        "Well",
        f"Interrupted; --thread {thread_id} goes on from here",
    ]
    assert is_cancelled(server)


def test_interrupting_before_anything_came(server: PortkeyServer) -> None:
    """There is no thread yet to go on from."""
    server.inject(Fault.delay(60), path="/v1/threads/runs")

    with running("run", ids(server)[0], "Hi", **settings(server)) as (process, here):
        while not any(one.path == "/v1/threads/runs" for one in server.requests):
            pass
        status, shown = interrupt(process, here)

    assert status == 130
    assert "a run that was being created was left and not cancelled" in shown
    assert shown.splitlines()[-1] == "Interrupted"
    assert not server.runs


def test_a_stream_that_tells_of_no_run(server: PortkeyServer) -> None:
    """What may have happened is told."""
    server.inject(Fault.cut_stream(0))

    done = call("run", ids(server)[0], "Hi")

    assert (done.status, done.out) == (1, "")
    assert "goes on from here" not in done.err
