"""`python -m portkey_async.testing`: the server by itself, until it is interrupted."""

# ruff: noqa: T201  # printing is what it is for

import argparse
import asyncio
import errno
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlencode

from portkey_async.testing._dialects import Dialect
from portkey_async.testing._exchange import Received
from portkey_async.testing._scripts.text import scripts_of
from portkey_async.testing._server import PortkeyServer

_UNUSABLE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server by command-line *arguments*; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    script: str | None = options.__dict__.pop("script")
    try:
        server = PortkeyServer(**vars(options), on_answer=_report)
    except ValueError as exc:
        parser.error(str(exc))
    if script is not None:
        try:
            _give(server, Path(script).read_text("utf-8"))
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else exc
            parser.error(f"--script {script}: {reason}")
    try:
        asyncio.run(_serve(server))
    except OSError as exc:
        print(f"{parser.prog}: {_reason(exc, options.host, options.port)}", file=sys.stderr)
        return _UNUSABLE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m portkey_async.testing",
        description="Serve a faithful Assistants API for tests. The first line printed is its base "
        "URL, every further one a request. Its own description is at /openapi.json.",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", default=0, type=int, help="port to listen on; 0 takes a free one")
    add("--assistants", default=0, type=int, help="how many assistants to hold at first")
    add("--api-key", default="pk-test", help="the credential to accept; empty for any")
    add("--dialect", default="", help=f"comma-separated departures from the API: {Dialect.names()}")
    add("--latency", default=0.0, type=float, help="seconds before acting on a request")
    add("--fail-rate", default=0.0, type=float, help="share of the requests to fail, 0 to 1")
    add("--max-requests", default=1000, type=int, help="how many requests to remember")
    add("--seed", default=0, type=int, help="decides ids and failures")
    add("--script", metavar="FILE", help="JSON that says what runs do; they echo without")
    return parser


def _give(server: PortkeyServer, text: str) -> None:
    for script in scripts_of(text):
        settings = {name: getattr(script, name) for name in ("assistant_id", "thread_id", "times")}
        server.script(*script.acts, **settings)


async def _serve(server: PortkeyServer) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopped.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    async with server:
        print(server.base_url, flush=True)
        await stopped.wait()


def _report(received: Received) -> None:
    query = f"?{urlencode(received.query)}" if received.query else ""
    print(received.method, f"{received.path}{query}", received.status or "reset", flush=True)


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is taken; choose another --port, or 0 for a free one"
    return f"cannot listen on port {port} of {host}: {error.strerror}"


if __name__ == "__main__":
    sys.exit(main())
