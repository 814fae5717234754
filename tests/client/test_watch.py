"""The watch over credentials finds what it is meant to find."""

import logging
import os

import pytest
from support.credentials import API_KEY, CREDENTIALS
from support.secrecy import Watch, leaks_of

from portkey_async import APITimeoutError


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_credential_in_a_log_record_is_found(credential: str) -> None:
    """In its text, and in a field that a formatter could show."""
    watch = Watch()

    watch.filter(logging.LogRecord("x", logging.INFO, "f", 1, "said %s", (credential,), None))
    in_text = watch.leaks()
    record = logging.LogRecord("x", logging.INFO, "f", 1, "said nothing", None, None)
    record.headers = {"x-portkey-api-key": credential}
    watch.filter(record)
    in_field = watch.leaks()

    assert in_text
    assert in_field == [f"{credential} shows in the fields of a log record: said nothing"]
    assert watch.leaks() == []


def test_a_credential_in_an_error_or_its_causes_is_found() -> None:
    """The message of each link of the chain is looked at."""
    error = ValueError("harmless")
    error.__cause__ = TypeError(API_KEY)

    assert list(leaks_of(error)) == [
        f"{API_KEY} shows in the message of TypeError",
        f"{API_KEY} shows in the repr of TypeError",
    ]


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder that is taken for the package's: coverage wants the source of the real one."""
    monkeypatch.setattr("support.secrecy._PACKAGE", "/package/")
    monkeypatch.setattr("support.secrecy._KIT", "/package/testing/")
    return "/package/"


@pytest.mark.parametrize(
    ("file", "found"), [("_made_up.py", 1), ("testing/_made_up.py", 0), ("../elsewhere.py", 0)]
)
def test_a_credential_in_a_local_of_the_package_is_found(
    package: str, file: str, found: int
) -> None:
    """The caller's own frames, and those of the testing kit, may hold it."""
    source = f"def f(key): raise ValueError('x')\nf({API_KEY!r})"
    code = compile(source, os.path.normpath(package + file), "exec")
    with pytest.raises(ValueError, match="x") as raised:
        exec(code, {})  # noqa: S102  # a frame that pretends to be the package's

    assert list(leaks_of(raised.value)) == [f"{API_KEY} shows in key in f, from ValueError"] * found


def test_many_errors_are_all_looked_at() -> None:
    """Few are kept at a time, and none goes unseen."""
    watch = Watch()
    for _ in range(20):
        watch.saw(ValueError(API_KEY))

    assert len(watch.leaks()) == 40


def test_an_unfinished_object_among_the_locals_does_no_harm(package: str) -> None:
    """An error may come out of the very method that makes an object."""
    code = (
        "class A:\n  def __repr__(self): return self.x\n  def __init__(self): raise ValueError\nA()"
    )
    with pytest.raises(ValueError) as raised:  # noqa: PT011  # made above
        exec(compile(code, f"{package}_made_up.py", "exec"), {})  # noqa: S102  # as before

    assert list(leaks_of(raised.value)) == []


def test_the_watch_is_on_duty(watch: Watch) -> None:
    """In every test, it sees each error that is made and each record that is logged."""
    error = APITimeoutError(API_KEY)
    logging.getLogger("portkey_async").debug("said %s", API_KEY)

    assert str(error) == API_KEY
    assert sorted(leak.partition(" shows in ")[2] for leak in watch.leaks()) == [
        "a log record: said %s",
        "the fields of a log record: said %s",
        "the message of APITimeoutError",
        "the repr of APITimeoutError",
    ]
