"""The processes of a run: servers and contestants, each started, heard out and stopped here."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks._measure import Sample

_DEADLINE = 300  # seconds; the slowest contestant needs about 15


class ContestantError(Exception):
    """A contestant's process failed; the message is the last line it wrote."""


@contextmanager
def serving(count: int, delay: float) -> Iterator[int]:
    """Run a server and give its port.

    Args:
        count: How many assistants it has.
        delay: How long it lets every answer wait, in seconds.
    """
    command = (sys.executable, "-m", "benchmarks._server", str(count), str(delay))
    with subprocess.Popen(  # noqa: S603  # our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # which ends the server


def usage(port: int) -> Sample:
    """Return how many requests a server has answered, and its CPU time so far."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/usage")
        sample: Sample = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return sample


def measure(module: str, arguments: Sequence[str]) -> Sample:
    """Run `python -m benchmarks.MODULE ARGUMENTS…` and return what it measured.

    `process` is added to it: the wall time of the whole process.

    Raises:
        ContestantError: It failed, or took far too long.
    """
    command = (sys.executable, "-W", "ignore", "-m", f"benchmarks.{module}", *arguments)
    started = time.perf_counter()
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ContestantError(f"no end after {_DEADLINE} s") from error
    elapsed = time.perf_counter() - started
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ContestantError(lines[-1])
    return {**json.loads(done.stdout), "process": elapsed}


def _environment() -> dict[str, str]:
    """Return our environment without keys, base URLs and proxies: clients would heed them."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("OPENAI_", "PORTKEY_"))
        and not name.upper().endswith("_PROXY")
    }
