"""The chat: by itself, with what the environment names, and in a terminal."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from support.documents import ROOT

from portkey_async.testing import PortkeyServer, Say

SECONDS = 60
COMMAND = [sys.executable, "-W", "error", "examples/chat.py"]
TRANSCRIPT = """\
> What is the weather like in Basel?
  (get_weather {"city":"Basel"})
It is 18 °C in Basel, and mild.
> And in Paris? When does the next train go there?
  (get_weather {"city":"Paris"})
  (next_train {"origin":"Basel","destination":"Paris"})
It is 21 °C in Paris. The next train leaves at 14:34 from platform 7.
> What about Atlantis?
  (get_weather {"city":"Atlantis"})
I could not find the weather of Atlantis.
"""


def settings(**own: str) -> dict[str, str]:
    """The environment, with these variables and no others of Portkey's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PORTKEY_")}
    return others | {"PYTHONUTF8": "1"} | own


def chat(*arguments: str, **own: str) -> subprocess.CompletedProcess[str]:
    """Run the chat without a terminal."""
    return subprocess.run(  # noqa: S603  # our own
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=settings(**own),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


class Terminal:
    """A terminal in which the chat runs."""

    def __init__(self, screen: int, process: subprocess.Popen[bytes]) -> None:
        """Look at it."""
        self._screen, self._process = screen, process

    def expect(self, text: str) -> None:
        """Wait until a text has appeared."""
        seen = b""
        while text.encode() not in seen:
            ready, _, _ = select.select([self._screen], [], [], SECONDS)
            assert ready, f"{text!r} has not come; the screen shows {seen!r}"
            seen += os.read(self._screen, 1024)

    def type(self, text: str) -> None:
        """Type."""
        os.write(self._screen, text.encode())

    def ended(self) -> int:
        """Wait for the end; give the exit status."""
        return self._process.wait(SECONDS)


@contextmanager
def terminal(**own: str) -> Generator[Terminal]:
    """Run the chat in a terminal, and talk."""
    screen, keyboard = pty.openpty()
    try:
        process = subprocess.Popen(  # noqa: S603  # our own
            [*COMMAND, "--talk"],
            cwd=ROOT,
            env=settings(**own),
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509  # nothing else runs here yet
        )
        with process:
            try:
                yield Terminal(screen, process)
            finally:
                process.kill()
    finally:
        os.close(keyboard)
        os.close(screen)


def _own_terminal() -> None:
    """Have the terminal send its Ctrl-C to the new process."""
    os.close(os.open(os.ttyname(0), os.O_RDWR))


def test_it_plays_a_conversation_by_itself() -> None:
    """Functions are called, one of which fails; answers are streamed."""
    done = chat()

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == TRANSCRIPT


def test_it_talks_to_what_the_environment_names() -> None:
    """And leaves nothing behind there."""
    with PortkeyServer() as server:
        server.script(Say("Who knows?"), times=None)
        done = chat(
            PORTKEY_BASE_URL=server.base_url,
            PORTKEY_API_KEY=server.api_key,
            PORTKEY_PROVIDER_VIRTUAL_KEY="openai-prod",
        )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Who knows?") == 3
    assert (len(server.assistants), len(server.threads)) == (0, 0)


def test_one_may_talk() -> None:
    """A question a line, until Ctrl-D."""
    with terminal() as screen:
        screen.expect("repeats what you say.\r\n> ")
        screen.type("Is it late?\n")
        screen.expect("Is it late?\r\nIs it late?\r\n> ")
        screen.type("\n")
        screen.expect("> ")
        screen.type("\x04")

        assert screen.ended() == 0


def test_ctrl_c_ends_it() -> None:
    """At once, where a question is awaited."""
    with terminal() as screen:
        screen.expect("> ")
        screen.type("\x03")

        assert screen.ended() == 130


def test_it_wants_a_terminal_to_talk() -> None:
    """Otherwise it says so."""
    done = chat("--talk")

    assert done.returncode == 2
    assert done.stderr.endswith("error: --talk needs a terminal\n")
