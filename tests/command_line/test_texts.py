"""Nothing that a server says moves a cursor, and JSON stays what it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async.cli._text import as_json, assistants, counted, one_line, printable, time_left


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    """Whatever a name holds, a table shows it on one line, without a control character."""
    shown = one_line(text)

    assert "\n" not in shown
    assert all(char.isprintable() or char in "\u200c\u200d" for char in shown)


@given(st.text(st.characters(categories=["L", "N"])))
def test_what_is_printable_stays(text: str) -> None:
    """Letters of every script are left alone."""
    assert one_line(text) == printable(text) == text


def test_lines_and_tabs_of_an_answer_stay() -> None:
    """A model's answer keeps its lines; escapes and carriage returns go."""
    assert printable("a\r\n\tb\x1b[2J\u00a0c") == "a\n\tb\ufffd[2J c"


def test_joined_emoji_stay_whole() -> None:
    """They are joined by a character that is not printable by itself."""
    assert one_line("a \U0001f469\u200d\U0001f4bb\n") == "a \U0001f469\u200d\U0001f4bb"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), st.booleans())
def test_json_is_printable_and_the_same_value(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    """What a terminal would act on is escaped, and nothing is lost."""
    text = as_json(value, ascii_only=ascii_only)

    assert text.isprintable()
    assert json.loads(text) == value
    assert not ascii_only or text.isascii()


def test_indented_json_keeps_its_lines() -> None:
    """The only control character in it ends lines."""
    assert as_json({"a": "\x9b"}, indent=2) == '{\n  "a": "\\u009b"\n}'


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (0, "0:00 left"), (61.4, "1:01 left"), (3599.6, "1:00:00 left")],
)
def test_the_time_left(seconds: float | None, said: str) -> None:
    """Hours only where there are some, nothing where it is not known."""
    assert time_left(seconds) == said


def test_counts() -> None:
    """With thousands told apart."""
    assert counted(1200, None) == "1,200"
    assert counted(5, 12000) == "5 of 12,000"
    assert [assistants(1), assistants(1200)] == ["1 assistant", "1,200 assistants"]
