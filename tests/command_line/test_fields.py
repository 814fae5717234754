"""The fields of an assistant, from flags and a file."""

import click
import pytest

import portkey_async
from portkey_async.cli._assistants import FIELDS
from portkey_async.cli._fields import fields, parse_object

KNOWN = portkey_async.AssistantParams.__annotations__
WHOLE = {"id": "asst_1", "object": "assistant", "created_at": 1, "model": "m", "name": None, "x": 1}


def test_flags_win_over_the_file() -> None:
    """Those that are not given leave it alone."""
    flags = {"name": "New", "model": None, "tools": ()}

    assert fields(flags, {"name": "Old", "model": "m"}, (), KNOWN).values == {
        "name": "New",
        "model": "m",
    }


def test_flags_become_what_the_api_takes() -> None:
    """Tools and formats are objects there, pairs a mapping."""
    flags = {
        "tools": ("code_interpreter", "file_search"),
        "metadata": (("a", "b"),),
        "response_format": "json_object",
    }

    assert fields(flags, {}, (), KNOWN).values == {
        "tools": [{"type": "code_interpreter"}, {"type": "file_search"}],
        "metadata": {"a": "b"},
        "response_format": {"type": "json_object"},
    }
    assert fields({"response_format": "auto"}, {}, (), KNOWN).values == {"response_format": "auto"}


def test_a_whole_assistant_can_be_made_again() -> None:
    """What only the server gives is left out, and named; nulls are what a new one has."""
    chosen = fields({}, WHOLE, (), KNOWN)

    assert chosen.values == {"model": "m"}
    assert chosen.left_out == ["id", "object", "created_at", "x"]


def test_nulls_in_a_file_of_fields_clear() -> None:
    """As `None` does in the client."""
    assert fields({}, {"name": None}, (), KNOWN).values == {"name": None}


def test_clearing() -> None:
    """It wins over a file."""
    assert fields({}, {"name": "a"}, ["name"], KNOWN).values == {"name": None}


@pytest.mark.parametrize(
    ("given", "clear", "said"),
    [
        ({"nmae": "x"}, (), "unknown field 'nmae'; did you mean 'name'?"),
        ({"zzz": "x"}, (), "unknown field 'zzz'; the fields are description,"),
        ({}, ("id",), "unknown field 'id'"),
    ],
)
def test_unknown_fields_are_told(given: dict[str, str], clear: tuple[str, ...], said: str) -> None:
    """Nothing is dropped in silence."""
    with pytest.raises(click.UsageError) as caught:
        fields({}, given, clear, KNOWN)

    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no JSON"),
        ("[1]", "holds no JSON object"),
        ("", "holds no JSON"),
        ('{"a": NaN}', "NaN is no JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_object_is_told(text: str, said: str) -> None:
    """With the name of the file."""
    with pytest.raises(click.UsageError, match=said) as caught:
        parse_object(text, "tutor.json")

    assert caught.value.message.startswith("tutor.json ")


def test_a_byte_order_mark_is_passed_over() -> None:
    """Editors on Windows write one."""
    assert parse_object('\ufeff{"a": 1}', "x") == {"a": 1}


def test_every_field_has_a_flag() -> None:
    """But for those that are written as JSON, which go into a file."""

    @click.command()
    def command() -> None:
        """Have options."""

    for option in FIELDS:
        command = option(command)
    flags = {param.name for param in command.params}

    assert set(KNOWN) - flags == {"tool_resources", "extra_body"}
    assert flags - set(KNOWN) == {"from_file", "instructions_file"}
