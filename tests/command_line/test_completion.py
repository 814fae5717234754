"""Completion of commands and options in shells."""

import shutil
import subprocess

import pytest
from command_line.calling import call

from portkey_async.cli._completion import VARIABLE


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    """It names the command, and what it asks the command by."""
    done = call("completion", shell)

    assert (done.status, done.err) == (0, "")
    assert "portkey-async" in done.out
    assert f"{VARIABLE}={shell}_complete" in done.out


def test_another_shell_is_told() -> None:
    """With those that there are."""
    done = call("completion", "tcsh")

    assert done.status == 2
    assert "'bash', 'zsh', 'fish'" in done.err


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("portkey-async co", "convert"),
        ("portkey-async delete --ol", "--older-than"),
        ("portkey-async list --order ", "asc"),
    ],
)
def test_a_shell_that_asks_is_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, offered: str
) -> None:
    """Commands, options and their values."""
    from portkey_async.cli import main  # noqa: PLC0415  # click prints past our streams

    monkeypatch.setenv(VARIABLE, "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))

    assert main([]) == 0
    assert offered in capsys.readouterr().out


def test_the_script_is_what_bash_can_read() -> None:
    """It parses."""
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(  # noqa: S603  # our own text
        [bash, "-n"], input=call("completion", "bash").out, text=True, check=False, timeout=60
    )

    assert done.returncode == 0
