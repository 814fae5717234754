"""Values that callers give: copied into plain JSON, or refused by name."""

import enum
import json
import math
import types
from collections import ChainMap, OrderedDict, UserDict, deque
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from support.payloads import canonical
from support.strategies import json_objects, json_values

from portkey_async import UNSET, InvalidRequestError, Unset
from portkey_async._json import encode, plain


class Colour(enum.Enum):
    """An enum, which JSON does not have."""

    RED = "red"


class Level(enum.IntEnum):
    """An enum whose members are numbers."""

    HIGH = 3


class Shade(enum.StrEnum):
    """An enum whose members are texts."""

    DARK = "dark"


class Point(NamedTuple):
    """A sequence of a class of its own."""

    x: int
    y: int


class Shouted(str):
    """A text that shows itself otherwise."""

    __slots__ = ()

    def __str__(self) -> str:
        """Shout."""
        return self.upper()


@given(json_values)
def test_any_json_is_copied_unchanged(value: Any) -> None:
    """Whatever JSON can hold comes back as it was, an int an int and a float a float."""
    assert canonical(plain(value, "body")) == canonical(value)


@given(json_objects)
def test_what_is_encoded_reads_back_the_same(value: Any) -> None:
    """The bytes hold the value and nothing else."""
    assert canonical(json.loads(encode(plain(value, "body")))) == canonical(value)


def test_the_encoding_is_compact_utf8() -> None:
    """No spaces, no escapes: what the server counts is what was given."""
    assert encode({"a": ["é", 1, None], "b": {}}) == '{"a":["é",1,null],"b":{}}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode({"a": math.nan})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1, "a"), [1, "a"]),
        (Point(1, 2), [1, 2]),
        (range(2), [0, 1]),
        (deque([1]), [1]),
        (types.MappingProxyType({"a": (1,)}), {"a": [1]}),
        (OrderedDict(a=1), {"a": 1}),
        (ChainMap({"a": 1}, {"b": 2}), {"a": 1, "b": 2}),
        (UserDict({"a": 1}), {"a": 1}),
        (Shade.DARK, "dark"),
        (Shouted("quiet"), "quiet"),
        ({Shouted("quiet"): Shouted("calm")}, {"quiet": "calm"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_collections_become_lists_and_dicts(value: object, expected: Any) -> None:
    """Any mapping is an object, any sequence an array, any text its text."""
    copied = plain(value, "body")

    assert copied == expected
    assert type(copied) is type(expected)
    assert json.loads(encode({"it": copied})) == {"it": expected}


def test_the_copy_shares_nothing() -> None:
    """Changing what was given afterwards changes nothing that will be sent."""
    given = {"a": [1]}
    copied = plain(given, "body")
    given["a"].append(2)

    assert copied == {"a": [1]}


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [0, math.nan]}, "body.a[1] is nan"),
        ({"a": [0, math.inf]}, "body.a[1] is inf"),
        ({"a": {"b": -math.inf}}, "body.a.b is -inf"),
        ({"a": {1: 2}}, "body.a has the key 1 of type int"),
        ({None: 2}, "body has the key None of type NoneType"),
        ({("x", "y"): 2}, "body has the key ('x', 'y') of type tuple"),
        ([b"x"], "body[0] is of type bytes"),
        ([bytearray()], "body[0] is of type bytearray"),
        ([memoryview(b"")], "body[0] is of type memoryview"),
        ({"a": {1, 2}}, "body.a is of type set"),
        ({"a": frozenset[int]()}, "body.a is of type frozenset"),
        ([Colour.RED], "body[0] is of type Colour"),
        ([Level.HIGH], "body[0] is of type Level"),
        ([object()], "body[0] is of type object"),
        ([1j], "body[0] is of type complex"),
        ([(item for item in "ab")], "body[0] is of type generator"),
        ({"a": "\ud800"}, "body.a holds a lone surrogate"),
        ({"a": "ok\udfff"}, "body.a holds a lone surrogate"),
        ({"\ud800": 1}, "a key of body holds a lone surrogate"),
        ([UNSET], "body[0] is of type Unset"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_json_would_change_or_lose_is_refused(value: object, where: str) -> None:
    """Nothing is coerced in silence: the error names the place and what is there."""
    with pytest.raises(InvalidRequestError) as caught:
        plain(value, "body")

    assert str(caught.value).startswith(where)


def test_a_number_that_cannot_be_written_is_refused() -> None:
    """Python itself writes at most 4,300 digits; up to there every one of them is sent."""
    most = 10**4_300 - 1

    assert json.loads(encode({"n": plain(-most, "n")})) == {"n": -most}
    for number in (most + 1, -most - 1):
        with pytest.raises(
            InvalidRequestError, match=r"metadata\[0\] has over 4,300 digits"
        ) as caught:
            plain([number], "metadata")
        caught.value.__traceback__ = None  # the watch shows locals, and Python cannot show this one


def test_unset_is_false_and_reads_as_it_is_written() -> None:
    """`UNSET` is one object, is no value, and shows as in code."""
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert Unset("UNSET") is UNSET
