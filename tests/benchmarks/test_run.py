"""Running scenarios, in real processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._processes import ContestantError, measure
from benchmarks._run import play
from benchmarks._scenarios import Column, Command, Scenario, Server

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness starts its processes with `-m`, from the folder that holds it."""
    monkeypatch.chdir(ROOT)


def test_every_contestant_runs_in_every_round_and_a_failure_stops_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One that fails is named with its reason and not started again; the others go on."""
    scenario = Scenario(
        "import",
        "Imports",
        {
            "good": Command("_imports", ("import json",)),
            "bad": Command("_imports", ("import no_such_module",)),
        },
        (Column("import", "ms", 1e3),),
        2,
        warm_ups=1,
    )

    outcome = play(scenario)

    assert [set(samples) for samples in outcome.rounds] == [{"good"}, {"good"}]
    assert all(samples["good"]["import"] < samples["good"]["process"] for samples in outcome.rounds)
    assert all(samples["good"]["memory"] > 1 for samples in outcome.rounds)
    assert list(outcome.failures) == ["bad"]
    assert "no_such_module" in outcome.failures["bad"]
    progress = capsys.readouterr().err
    assert progress.count("FAILED") == 1
    assert [line.partition(":")[0] for line in progress.splitlines()] == [
        "import, warm-up",
        "import, round 1/2",
        "import, round 2/2",
    ]


def test_what_the_server_did_is_added_to_the_sample() -> None:
    """The requests served and the server's CPU time come with the contestant's own figures."""
    scenario = Scenario(
        "list",
        "List",
        {"raw socket": Command("_ceiling", ("{port[0]}", "pages", "3", "1"))},
        (Column("wall", "ms", 1e3),),
        1,
        (Server(300),),
    )

    outcome = play(scenario)

    assert outcome.failures == {}
    [samples] = outcome.rounds
    assert samples["raw socket"]["served"] == 3
    assert samples["raw socket"]["server"] > 0


def test_keys_base_urls_and_proxies_do_not_reach_a_contestant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a developer has set must not send a client elsewhere, nor change what it does."""
    for name in ("OPENAI_BASE_URL", "PORTKEY_API_KEY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    look = (
        "import os; found = [name for name in os.environ if name.upper().endswith('_PROXY') "
        "or name.startswith(('OPENAI_', 'PORTKEY_'))]; assert not found, found"
    )

    assert measure("_imports", (look,))["process"] > 0


def test_a_contestant_that_fails_says_why() -> None:
    """The last line of its standard error is the message."""
    with pytest.raises(ContestantError, match=r"^ZeroDivisionError: division by zero$"):
        measure("_imports", ("1 / 0",))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nope",), "'nope' is none of list, retrieve, "),
        (("--rounds", "0"), "'0' is no whole number from 1 up"),
        (("--rounds", "many"), "'many' is no whole number from 1 up"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_runs(
    arguments: tuple[str, ...], complaint: str
) -> None:
    """The message says what was given and what is allowed."""
    done = subprocess.run(  # noqa: S603  # our own module
        (sys.executable, "-m", "benchmarks", *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert complaint in done.stderr
