"""The quickstart: by itself, and against the server that the environment names."""

import os
import re
import subprocess
import sys

from support.documents import ROOT

from portkey_async.testing import PortkeyServer

SECONDS = 60


def quickstart(**settings: str) -> list[str]:
    """What the quickstart prints, with these variables and no others of Portkey's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PORTKEY_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "examples/quickstart.py"],
        cwd=ROOT,
        env=others | settings,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def check(lines: list[str], count: int) -> None:
    """Check that so many assistants are listed, each once, and the four operations follow."""
    listed = [match for line in lines if (match := re.match(r" *(\d+)  (asst_\w+)  \S", line))]
    assert [int(match[1]) for match in listed] == [*range(1, count + 1)]
    assert len({match[2] for match in listed}) == count
    done = dict(line.split(maxsplit=1) for line in lines[-4:])
    assert [*done] == ["created", "updated", "read", "deleted"]
    assert len({words.split()[0] for words in done.values()}) == 1
    assert done["created"].endswith("Math Tutor")
    assert done["updated"].endswith("Physics Tutor")
    assert "Physics Tutor, model gpt-4o" in done["read"]
    assert done["deleted"].endswith("True")


def test_it_works_by_itself() -> None:
    """Without any settings it starts a server of its own, with 250 assistants, and says so."""
    lines = quickstart()

    assert lines[0].startswith("Talking to an embedded server with 250 assistants at http://")
    assert "250 assistants" in lines
    check(lines, 250)


def test_it_talks_to_what_the_environment_names() -> None:
    """With a URL, a key and a virtual key it uses that server, and leaves it as it was."""
    with PortkeyServer(assistants=3) as server:
        lines = quickstart(
            PORTKEY_BASE_URL=server.base_url,
            PORTKEY_API_KEY=server.api_key,
            PORTKEY_PROVIDER_VIRTUAL_KEY="openai-prod",
        )

    assert lines[0].startswith("Talking to the gateway that the environment names:")
    assert server.api_key not in "\n".join(lines)
    check(lines, 3)
    methods = [request.method for request in server.requests]
    assert methods == ["GET", "POST", "POST", "GET", "DELETE"]
    assert len(server.assistants) == 3
