"""What is checked, and how: `nox -l` lists it. `.ci/run` runs the default sessions."""

import shutil
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.sessions = ["lint", "types", "lowest", "wheel"]
nox.options.error_on_missing_interpreters = False

HERE = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


@nox.session
def lint(session: nox.Session) -> None:
    """Style, imports, formatting."""
    session.install("ruff>=0.14")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, by two checkers."""
    session.install("-e", ".[dev]")
    session.run("mypy")
    session.run("pyright")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite, on every supported Python that is installed."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """The tests of the client, with the lowest versions that pyproject.toml allows."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    session.install("-e", ".[dev]")
    session.install(*(bound.replace(">=", "==") for bound in project["dependencies"]))
    session.run("python", "-m", "pytest", "tests/unit", "tests/client")


@nox.session
def wheel(session: nox.Session) -> None:
    """The whole suite against the built wheel, outside the checkout, with full coverage."""
    session.install("build")
    away = Path(session.create_tmp()) / "away"
    shutil.rmtree(away, ignore_errors=True)
    session.run("python", "-m", "build", "--wheel", "--outdir", str(away / "dist"), silent=True)
    (built,) = (away / "dist").glob("*.whl")
    session.install(f"{built}[dev]")
    shutil.copy(HERE / "pyproject.toml", away)
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "noxfile.py"):
        shutil.copy(HERE / name, away)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for folder in ("tests", "docs", "examples", "benchmarks", ".ci"):
        shutil.copytree(HERE / folder, away / folder, ignore=ignored)
    session.chdir(away)
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def matrix(session: nox.Session) -> None:
    """Try every fault on every operation, and write docs/reliability.md."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "faults.report", *session.posargs, env={"PYTHONPATH": "tests"})


@nox.session
def bench(session: nox.Session) -> None:
    """Run all benchmarks side by side, and write docs/benchmarks.md."""
    session.install("-e", ".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)
