"""What the model is told of the caller's functions, and how its arguments are read."""

import dataclasses
import datetime as dt
import enum
import functools
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypedDict

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async import InvalidFunctionCallError, InvalidRequestError, function_tools
from portkey_async._models.runs import FunctionCall, FunctionToolCall
from portkey_async._runs.functions import known_functions


class Unit(enum.Enum):
    """A unit."""

    CELSIUS = "c"
    FAHRENHEIT = "f"


@attrs.frozen
class Place:
    """A place, as attrs has it."""

    city: str
    country: str | None = None


@dataclasses.dataclass
class Span:
    """A span of days."""

    days: int


class Options(TypedDict, total=False):
    """Options."""

    detailed: bool


def get_weather(  # noqa: D417  # one without a description
    city: str, unit: Literal["c", "f"] = "c", days: int | None = None
) -> str:
    """Tell the weather.

    Of today, or of some days.

    Args:
        city: The city,
            as people write it.
        unit: The unit.

    Returns:
        The weather.
    """
    return f"{city} {unit} {days}"


def rest(a: int) -> None:
    """Add.

    :param a: A number.
    """


def numpy(a: int) -> None:
    """Add.

    Parameters
    ----------
    a : int
        A number.
    """


def call(arguments: str, name: str = "f") -> FunctionToolCall:
    """Make a call as a run holds it."""
    return FunctionToolCall("call_1", FunctionCall(name, arguments))


def called(function: Callable[..., Any], arguments: str) -> Any:
    """Call a function with the arguments that a model wrote."""
    bound = known_functions({"f": function})["f"].bind(call(arguments))
    return function(*bound.args, **bound.kwargs)


def parameters(function: Callable[..., Any]) -> Any:
    """Give the schema of a function's arguments."""
    return function_tools({"f": function})[0].function.parameters


# --- Tools ------------------------------------------------------------------------------------


def test_a_function_becomes_a_tool() -> None:
    """Its name, its docstring and its signature say everything."""
    (tool,) = function_tools([get_weather])

    assert tool.to_dict() == {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Tell the weather.\n\nOf today, or of some days.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "The city, as people write it."},
                    "unit": {"enum": ["c", "f"], "description": "The unit.", "default": "c"},
                    "days": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }


@pytest.mark.parametrize("function", [rest, numpy])
def test_docstrings_of_other_styles_are_read(function: Callable[..., Any]) -> None:
    """Sphinx's own fields, and NumPy's sections."""
    assert parameters(function)["properties"]["a"]["description"] == "A number."


def test_an_annotation_may_describe_a_parameter() -> None:
    """By a text, as agent frameworks have it, or by msgspec's Meta with its bounds."""

    def f(  # noqa: D417  # described by its annotation
        a: Annotated[int, "how many"], b: Annotated[int, msgspec.Meta(description="b", ge=1)]
    ) -> None:
        """Count.

        Args:
            a: Not this.
        """

    assert parameters(f)["properties"] == {
        "a": {"type": "integer", "description": "how many"},
        "b": {"type": "integer", "description": "b", "minimum": 1},
    }


def test_a_function_needs_neither_docstring_nor_annotations() -> None:
    """It takes anything, and says nothing."""

    def f(a, b=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return a, b

    (tool,) = function_tools([f])

    assert tool.function.description is None
    assert tool.function.parameters == {
        "type": "object",
        "properties": {"a": {}, "b": {}},
        "required": ["a"],
        "additionalProperties": False,
    }


def test_types_of_all_kinds_have_a_schema() -> None:
    """TypedDicts, dataclasses, attrs classes, enums, lists and mappings of them, dates."""

    def f(  # noqa: PLR0913, PLR0917
        place: Place,
        span: Span | None,
        options: Options,
        unit: Unit = Unit.CELSIUS,
        when: dt.date | None = None,
        others: list[Place] = [],  # noqa: B006
        counts: dict[str, int] | None = None,
    ) -> object:
        return place, span, options, unit, when, others, counts

    schema = parameters(f)

    assert schema["required"] == ["place", "span", "options"]
    assert schema["properties"]["place"] == {"$ref": "#/$defs/Place"}
    assert schema["$defs"]["Place"]["required"] == ["city"]
    assert schema["properties"]["unit"]["default"] == "c"
    assert called(
        f,
        '{"place": {"city": "Rome"}, "span": {"days": 2}, "options": {"detailed": true}, '
        '"unit": "f", "when": "2026-11-25", "others": [{"city": "x"}], "counts": {"a": 1}}',
    ) == (
        Place("Rome"),
        Span(2),
        {"detailed": True},
        Unit.FAHRENHEIT,
        dt.date(2026, 11, 25),
        [Place("x")],
        {"a": 1},
    )


def test_a_default_that_json_has_not_is_left_out() -> None:
    """The function's own default holds all the same."""
    marker = object()

    def f(a: int = marker) -> object:  # type: ignore[assignment]
        return a

    assert parameters(f)["properties"] == {"a": {"type": "integer"}}
    assert called(f, "{}") is marker


def test_any_callable_will_do() -> None:
    """Methods, partial functions, objects, and functions that take any keyword."""

    class Tools:
        """Add tools."""

        def method(self, a: int) -> int:
            """Add."""
            return a

        def __call__(self, a: int) -> int:
            """Add."""
            return a

    def keywords(a: int, /, *rest: int, **others: object) -> object:
        """Add."""
        return a, rest, others

    tools = {
        "method": Tools().method,
        "object": Tools(),
        "partial": functools.partial(get_weather, "Rome"),
        "keywords": keywords,
    }

    made = {tool.function.name: tool.function for tool in function_tools(tools)}

    assert made["method"].description == "Add."
    assert made["object"].parameters == made["method"].parameters
    assert made["partial"].description == "Tell the weather.\n\nOf today, or of some days."
    assert list((made["partial"].parameters or {})["properties"]) == ["unit", "days"]
    assert (made["keywords"].parameters or {})["additionalProperties"] is True
    assert called(keywords, '{"a": 1, "b": 2}') == (1, (), {"b": 2})
    assert called(tools["partial"], '{"unit": "f"}') == "Rome f None"


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        (get_weather, "functions is of type function; it must be a list of functions"),
        ("f", "functions is of type str"),
        ([1], r"functions\[0\] is of type int; it must be callable"),
        ({"f": None}, r"functions\['f'\] is of type NoneType; it must be callable"),
        ({1: get_weather}, "functions has a key of type int"),
        ([get_weather, get_weather], "two that are called 'get_weather'"),
        ([lambda: 1], "the name '<lambda>'; the API takes 1 to 64 letters"),
        ({"a" * 65: get_weather}, "the API takes 1 to 64 letters"),
        ({"": get_weather}, "the API takes 1 to 64 letters"),
        ([functools.partial(get_weather)], r"functions\[0\] has no name of its own"),
        ([min], "the signature of min cannot be read"),
    ],
)
def test_what_is_no_function_is_refused(functions: Any, message: str) -> None:
    """With what was given, and what to do."""
    with pytest.raises(InvalidRequestError, match=message):
        function_tools(functions)


def test_a_type_that_json_has_not_is_refused() -> None:
    """The error names the parameter and the type."""

    def f(a: int, b: complex) -> None:
        """Add."""

    def unresolved(a: "Missing") -> None:  # type: ignore[name-defined]  # noqa: F821
        """Add."""

    def ambiguous(a: Place | Span) -> None:
        """Add."""

    with pytest.raises(InvalidRequestError, match=r"the parameter b of f has a type .*complex"):
        function_tools([f])
    with pytest.raises(InvalidRequestError, match="unresolved cannot be read: NameError"):
        function_tools([unresolved])
    with pytest.raises(InvalidRequestError, match="the parameter a of ambiguous has a type"):
        function_tools([ambiguous])


# --- Arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", ["", " \n", "{}", " {} "])
def test_no_arguments_are_an_empty_object(arguments: str) -> None:
    """Models write nothing at all for a function that takes nothing."""

    def f(a: int = 1) -> int:
        return a

    assert called(f, arguments) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        "[]",
        "null",
        "{",
        "{} {}",
        '"x"',
        '{"city": 1}',
        '{"city": null}',
        '{"city": "x", "unit": "k"}',
        '{"city": "x", "days": "2"}',
        '{"city": "x", "more": 1}',
        "{}",
        '{"city": "\ud800"}',
        '{"city": ' + "[" * 5000 + "}",
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments: str) -> None:
    """No JSON, no object, a wrong type, one too many, one missing: nothing is coerced."""
    with pytest.raises(InvalidFunctionCallError, match=r"gave f \(call_1\) cannot be used"):
        called(get_weather, arguments)


def test_arguments_that_are_no_json_are_said_to_be() -> None:
    """The model can mend what it is told."""
    with pytest.raises(InvalidFunctionCallError, match="cannot be used: no JSON: "):
        called(get_weather, "{")


def test_a_description_ends_with_its_text() -> None:
    """The line between it and its arguments is none of it."""

    def f(a: int) -> None:
        """Add.

        Args:
            a: How much.
        """

    (tool,) = function_tools([f])
    assert tool.function.description == "Add."


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1, max_size=4), _VALUES, max_size=4))
def test_any_arguments_arrive_as_they_were_written(arguments: Mapping[str, Any]) -> None:
    """What JSON says is what the function gets, by name."""

    def f(a: object = None, **others: object) -> Mapping[str, object]:
        return others if a is None else {"a": a, **others}

    f.__annotations__["a"] = Any
    written = msgspec.json.encode(arguments).decode()

    assert called(f, written) == {
        name: value for name, value in arguments.items() if (name, value) != ("a", None)
    }
