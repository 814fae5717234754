"""Installs, starts and stops the real Portkey gateway."""

import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

SOURCE = Path(__file__).parents[1] / "gateway"
SERVER = "node_modules/@portkey-ai/gateway/build/start-server.js"
READY = "Ready for connections!"
INSTALL_SECONDS = 240
START_SECONDS = 30
STOP_SECONDS = 5


@attrs.frozen
class Gateway:
    """A running gateway: where it listens, and what it has printed so far."""

    url: str
    log: Path

    @property
    def base_url(self) -> str:
        """The address that a client is given."""
        return f"{self.url}/v1"

    def output(self) -> str:
        """Everything printed since the start."""
        return self.log.read_text(errors="replace")


def missing_tools() -> list[str]:
    """The programs that are needed and not installed."""
    return [tool for tool in ("node", "npm") if shutil.which(tool) is None]


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    """Run a gateway of its own, installed as the lock file pins it, on a free loopback port.

    Raises:
        RuntimeError: It could not be installed, or did not answer; the message holds its output.
    """
    with tempfile.TemporaryDirectory(prefix="portkey-gateway-") as name:
        folder = Path(name)
        _install(folder)
        log = folder / "gateway.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - a program and arguments of our own
                # Port 0 lets the system choose: a port found beforehand can be taken meanwhile.
                [_program("node"), "--require", "./loopback.cjs", SERVER, "--headless", "--port=0"],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _wait_until_ready(process, log)
        finally:
            _stop(process)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        msg = f"{name} is not installed"
        raise RuntimeError(msg)
    return path


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json", "loopback.cjs"):
        shutil.copyfile(SOURCE / name, folder / name)
    npm = [_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(  # noqa: S603 - a program and arguments of our own
        npm,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"npm ci failed:\n{done.stdout.decode(errors='replace')}")


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> Gateway:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        printed = log.read_text(errors="replace")
        bound = re.search(r"^listening on (127\.0\.0\.1:\d+)$", printed, re.MULTILINE)
        # It answers a second earlier, but until it says so a cut upstream answer would end it.
        if bound and READY in printed and _answers(url := f"http://{bound[1]}"):
            return Gateway(url, log)
        time.sleep(0.05)
    raise RuntimeError(f"the gateway did not start:\n{log.read_text(errors='replace')}")


def _answers(url: str) -> bool:
    # No proxy of the environment may stand between the tests and loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=START_SECONDS) as response:
            return bool(response.status == 200)
    except urllib.error.URLError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
