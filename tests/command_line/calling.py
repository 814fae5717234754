"""Running the command in this process, and on a terminal of its own."""

import contextlib
import io
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from unittest.mock import patch

import attrs

from portkey_async.cli import main
from portkey_async.testing import PortkeyServer

PROGRAM = (sys.executable, "-c", "import sys; from portkey_async.cli import main; sys.exit(main())")
ROOT = Path(__file__).parents[2]
SECONDS = 60


@attrs.frozen
class Done:
    """What a command has done."""

    status: int
    out: str
    err: str


class _Stream(io.TextIOWrapper):
    """A standard stream, a terminal or not."""

    def __init__(self, text: str = "", *, terminal: bool = False, encoding: str = "utf-8") -> None:
        """Hold what can be read."""
        super().__init__(io.BytesIO(text.encode()), encoding=encoding, newline="")
        self._terminal = terminal

    def isatty(self) -> bool:
        """Tell whether somebody looks at it."""
        return self._terminal

    def text(self) -> str:
        """Give what was written."""
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


def settings(server: PortkeyServer) -> dict[str, str]:
    """Give the environment in which commands find the server."""
    return {
        "PORTKEY_BASE_URL": server.base_url,
        "PORTKEY_API_KEY": server.api_key,
        "PORTKEY_PROVIDER_VIRTUAL_KEY": "test-virtual-key",
    }


def call(
    *arguments: str,
    typed: str = "",
    terminal: bool = False,
    asked: bool | None = None,
    columns: int | None = None,
    encoding: str = "utf-8",
) -> Done:
    """Run a command in this process.

    Args:
        *arguments: The command.
        typed: What standard input holds.
        terminal: Whether standard output and standard error are terminals.
        asked: Whether standard input is one; as the others if left out.
        columns: How wide they are.
        encoding: Of standard output.
    """
    out, err = _Stream(terminal=terminal, encoding=encoding), _Stream(terminal=terminal)
    read = _Stream(typed, terminal=terminal if asked is None else asked)
    shown = {"TERM": "xterm-256color"} | ({"COLUMNS": str(columns)} if columns else {})
    with (
        patch.dict(os.environ),
        patch.multiple(sys, stdout=out, stderr=err, stdin=read),
    ):
        for name in ("COLUMNS", "COLORTERM", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            os.environ.pop(name, None)
        os.environ.update(shown)
        status = main(arguments)
        return Done(status, out.text(), err.text())


@contextlib.contextmanager
def running(
    *arguments: str, columns: int = 80, **environment: str
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Run a command on a terminal of its own; give the process, and what the terminal shows.

    It is killed after `SECONDS`, so that nobody waits for one that hangs.
    """
    here, there = pty.openpty()
    ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)} | environment
    kept = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}
    }
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*PROGRAM, *arguments], stdin=there, stdout=there, stderr=there, env=kept | environment
    )
    os.close(there)
    alarm = threading.Timer(SECONDS, process.kill)
    with process:
        try:
            alarm.start()
            yield process, here
        finally:
            alarm.cancel()
            process.kill()
            os.close(here)


def screen(here: int) -> str:
    """Read all that a terminal shows until its command has ended."""
    shown = b""
    with contextlib.suppress(OSError):  # that is how its end is told
        while piece := os.read(here, 4096):
            shown += piece
    return shown.decode()


def interrupt(
    process: "subprocess.Popen[bytes]", here: int, sent: signal.Signals = signal.SIGINT
) -> tuple[int, str]:
    """Send a signal to a command on a terminal; give its exit code, and what it still shows."""
    process.send_signal(sent)
    shown = screen(here)
    return process.wait(), shown


def piped(
    *arguments: str, server: PortkeyServer, typed: str = "", **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process of its own, with pipes."""
    return subprocess.run(  # noqa: S603  # our own command
        [*PROGRAM, *arguments],
        input=typed,
        env=os.environ | settings(server) | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
