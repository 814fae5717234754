"""What is checked, and how: `nox -l` lists it. `.ci/run` runs the default sessions."""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "types", "docs", "tests", "uvloop", "lowest", "wheel"]
# A Python that is not here is skipped, neither missed nor downloaded.
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"

HERE = Path(__file__).parent
PYPROJECT = nox.project.load_toml(HERE / "pyproject.toml")
LOWEST_PYTHON, *NEWER_PYTHONS = nox.project.python_versions(PYPROJECT)
CLIENT = ("tests/unit", "tests/client", "tests/runs")
CLIENT_AND_KIT = (*CLIENT, "tests/testing_kit")
#: All that the package promises, without what tries it on a gateway, on faults and in documents.
PACKAGE = (
    *CLIENT_AND_KIT,
    *(f"tests/{room}" for room in ("command_line", "migration", "telemetry", "transfer")),
)
BRIEF = ("--hypothesis-profile", "brief")

# On the lowest Python, CI has run all tests by the README's command before it comes to these.
nox.options.sessions = [
    "lint",
    "types",
    "docs",
    *(f"tests-{python}" for python in NEWER_PYTHONS),
    "uvloop",
    "lowest",
    "wheel",
]

# pyenv hides the versions that it was not told to use; its shims find them on the PATH.
for folder in Path("~/.pyenv/versions").expanduser().glob("*/bin"):
    os.environ["PATH"] += os.pathsep + str(folder)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, imports, formatting."""
    session.install(*_group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, by two checkers."""
    session.install("-e", ".[dev]")
    session.run("mypy")
    session.run("pyright")


@nox.session(python=[LOWEST_PYTHON, *NEWER_PYTHONS])
def tests(session: nox.Session) -> None:
    """All tests on the lowest Python, those of the client and of the testing kit on the others."""
    session.install("-e", ".[dev]")
    chosen = () if session.python == LOWEST_PYTHON else (*BRIEF, *CLIENT_AND_KIT)
    session.run("python", "-m", "pytest", *(session.posargs or chosen))


@nox.session
def uvloop(session: nox.Session) -> None:
    """The tests of the client, on uvloop."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", "--event-loop", "uvloop", *BRIEF, *CLIENT)


@nox.session
def lowest(session: nox.Session) -> None:
    """The tests of the client, with the lowest versions that pyproject.toml allows."""
    session.install("-e", ".[dev]")
    session.install(*(bound.replace(">=", "==") for bound in PYPROJECT["project"]["dependencies"]))
    session.run("python", "-m", "pytest", *BRIEF, *CLIENT)


@nox.session
def wheel(session: nox.Session) -> None:
    """The package's tests from the unpacked sdist against the built wheel, with full coverage."""
    session.install(*_group("release"))
    away = Path(session.create_tmp()) / "away"
    shutil.rmtree(away, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(away), silent=True)
    (sdist,), (built,) = away.glob("*.tar.gz"), away.glob("*.whl")
    session.run("twine", "check", "--strict", str(sdist), str(built))
    session.install(f"{built}[dev]")
    shutil.unpack_archive(sdist, away, filter="data")
    unpacked = away / sdist.name.removesuffix(".tar.gz")
    shutil.rmtree(unpacked / "portkey_async")
    session.chdir(unpacked)
    session.run("coverage", "run", "-m", "pytest", *(session.posargs or PACKAGE))
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def docs(session: nox.Session) -> None:
    """The site, in docs/_build/html; a warning is an error. Then the site in a browser."""
    session.install("-e", ".[otel]", *_group("docs"))
    build = ("sphinx-build", "--fail-on-warning", "--keep-going", "--fresh-env")
    session.run(*build, "docs", "docs/_build/html")
    # Without pyproject.toml's settings, which are for the tests of the package.
    session.run("pytest", "-c", os.devnull, "--rootdir", "docs/_tests", "docs/_tests")


@nox.session
def matrix(session: nox.Session) -> None:
    """Try every fault on every operation, and write docs/reliability.md."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "faults.report", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def moving(session: nox.Session) -> None:
    """Move an account under kills and failures, and write it into docs/reliability.md."""
    session.install("-e", ".[dev]")
    session.run(
        "python", "-m", "support.moving_house", *session.posargs, env={"PYTHONPATH": "tests"}
    )


@nox.session
def lists(session: nox.Session) -> None:
    """Try every way of iterating on every kind of server, and write docs/lists.md."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "support.list_report", env={"PYTHONPATH": "tests"})


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw what the command line shows, for docs/command-line.md and for the tests' snapshots."""
    session.install("-e", ".[dev]")
    for module in ("command_line.pictures", "command_line.snapshots"):
        session.run("python", "-m", module, env={"PYTHONPATH": "tests"})


@nox.session
def bench(session: nox.Session) -> None:
    """Run all benchmarks side by side, and write docs/benchmarks.md."""
    session.install("-e", ".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)


def _group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PYPROJECT, name)
