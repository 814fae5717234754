"""The commands of the documents do what they say, in order, from a shell."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.documents import DOCS, ROOT, blocks

from portkey_async.testing import PortkeyServer, mock_assistant

SECONDS = 300
PAGE = DOCS / "command-line.md"


def settings(server: PortkeyServer) -> dict[str, str]:
    """The environment in which commands find a server."""
    return {
        "PORTKEY_BASE_URL": server.base_url,
        "PORTKEY_API_KEY": server.api_key,
        "PORTKEY_PROVIDER_VIRTUAL_KEY": "openai-prod",
    }


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder in which `portkey-async` is a command, as if it were installed."""
    command = tmp_path / "bin" / "portkey-async"
    command.parent.mkdir()
    program = "import sys; from portkey_async.cli import main; sys.exit(main())"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{program}" "$@"\n')
    command.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def run(script: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script of a document; give its output."""
    bash = shutil.which("bash")
    assert bash is not None
    path = f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603  # the project's own documents
        [bash, "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    return done.stdout


def with_known_ids(count: int) -> list[Mapping[str, object]]:
    """Assistants of which the documents know some by their ids."""
    return [
        mock_assistant(id=f"asst_abc{number}", name=f"Tutor {number}", created_at=number)
        for number in range(1, count + 1)
    ]


def test_the_commands_of_the_page_run(shell: Path) -> None:
    """All but what installs the package and what sets keys, which the test has done."""
    with PortkeyServer(assistants=with_known_ids(9)) as server:
        outputs = [
            run(block.source, shell, settings(server))
            for block in blocks(PAGE, "sh")
            if not block.source.startswith(("pip install", "export PORTKEY_API_KEY=…"))
        ]
        left = {one["name"] for one in server.assistants.values()}

    assert "asst_abc1" in outputs[0]
    assert {"Math Tutor", "Second Tutor"} < left
    assert (shell / "tutors.py").read_text().count("client.responses.create(") == 9
    assert {path.name for path in shell.iterdir()} == {
        *("maths.jsonl", "backup.jsonl", "backup.jsonl.journal"),
        *("ids.jsonl", "tutor.json", "tutors.py"),
    }


def known(assistants: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What assistants have besides what the server gives, by their names."""
    return {
        one["name"]: {key: one[key] for key in one.keys() - {"id", "created_at"}}
        for one in assistants
    }


def test_four_commands_move_a_house(shell: Path) -> None:
    """Three hundred assistants, from one gateway to another; and Python for three of them."""
    (block,) = blocks(DOCS / "moving.md", "sh")
    with (
        PortkeyServer(assistants=with_known_ids(300), api_key="pk-old") as old,
        PortkeyServer(api_key="pk-new") as new,
    ):
        for name, server in (("old", old), ("new", new)):
            exports = (f"export {key}={value}\n" for key, value in settings(server).items())
            (shell / f"{name}.env").write_text("".join(exports))
        shown = run(block.source, shell, {})
        moved, left = new.assistants.values(), old.assistants.values()

    assert known(moved) == known(left)
    assert len(shown.splitlines()) == 301
    ids = [json.loads(line) for line in (shell / "ids.jsonl").read_text().splitlines()]
    assert {one["id"] for one in ids} == {one["id"] for one in left}
    assert {one["new_id"] for one in ids} == {one["id"] for one in moved}
    tree = ast.parse((shell / "tutors.py").read_text())
    assert [ast.unparse(one).partition("(")[0] for one in tree.body] == [
        "response = client.responses.create"
    ] * 3
