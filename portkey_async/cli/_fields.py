"""The fields of an assistant, from flags and from a file."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import attrs
import click

from portkey_async._types import JSONObject, is_object

#: What only the server gives; it is in the way when an assistant is to be made again.
_OF_THE_SERVER = {"id", "object", "created_at"}


@attrs.frozen
class Fields:
    """What a call is to be given.

    Attributes:
        values: The fields, by name.
        left_out: The keys of the file that are no fields of a call.
    """

    values: JSONObject
    left_out: list[str]


def parse_object(text: str, source: str) -> JSONObject:
    """Read a JSON object.

    Args:
        text: The text.
        source: Where it stands, for errors.

    Raises:
        click.UsageError: It is none.
    """
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse)
    except RecursionError:
        raise click.UsageError(f"{source} is nested too deeply") from None
    except ValueError as error:
        raise click.UsageError(f"{source} holds no JSON: {error}") from None
    if not is_object(value):
        raise click.UsageError(f"{source} holds no JSON object, which begins with {{")
    return value


def fields(
    flags: Mapping[str, Any], given: JSONObject, clear: Collection[str], known: Collection[str]
) -> Fields:
    """Put together the fields of a call.

    Args:
        flags: Those given by flags, by name; None and () stand for one that is not given. They
            win over the file's.
        given: The object in the file: fields of a call, or a whole assistant as the API gives it.
        clear: The fields to be emptied.
        known: The fields that the call takes.

    Raises:
        click.UsageError: The file holds a key that is no field, or *clear* names none.
    """
    whole = given.get("object") == "assistant"
    unknown = [key for key in given if key not in known]
    wrong = [] if whole else [key for key in unknown if key not in _OF_THE_SERVER]
    if wrong := wrong or [key for key in clear if key not in known]:
        raise click.UsageError(_unknown(wrong[0], known))
    values = {
        key: value
        for key, value in given.items()
        # What an assistant has as null, a new one has by itself.
        if key in known and not (whole and value is None)
    }
    values |= {key: _value(key, value) for key, value in flags.items() if value not in (None, ())}
    return Fields(values | dict.fromkeys(clear), unknown)


def _value(name: str, value: Any) -> Any:
    """Give the field that a flag stands for."""
    if name == "tools":
        return [{"type": kind} for kind in value]
    if name == "metadata":
        return dict(value)
    if name == "response_format" and value != "auto":
        return {"type": value}
    return value


def _unknown(key: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    what = f"did you mean {near[0]!r}?" if near else f"the fields are {', '.join(sorted(known))}"
    return f"unknown field {key!r}; {what}"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
