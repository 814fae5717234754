"""The caller's functions: what each takes, as a type to decode and as a tool for the model."""

from __future__ import annotations

import functools
import inspect
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias, Union, get_origin

import attrs
import msgspec

from portkey_async._errors import InvalidFunctionCallError, InvalidRequestError
from portkey_async._models.runs import FunctionToolCall
from portkey_async._models.tools import FunctionDefinition, FunctionTool
from portkey_async._types import JSONObject, is_mapping

#: What the model may call: functions by their own names, or a mapping of names to functions.
#: Any iterable will do; were it said here, mypy could not tell what a dict of two functions is.
Functions: TypeAlias = (
    Sequence[Callable[..., Any]]
    | AbstractSet[Callable[..., Any]]
    | Mapping[str, Callable[..., Any]]
)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VARIADIC = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


@attrs.frozen
class Function:
    """One function that the model may call.

    Attributes:
        name: The name that the model knows it by.
        target: What is called.
        signature: Its parameters, with their annotations resolved.
        arguments: Its parameters as a type that arguments are decoded to. One that has a default
            may be left out, and then the default of the function itself holds.
        open: Whether it takes any other keyword too.
    """

    name: str
    target: Callable[..., Any]
    signature: inspect.Signature
    arguments: type[msgspec.Struct]
    open: bool

    @property
    def is_async(self) -> bool:
        """Whether calling it does no work yet: it gives a coroutine."""
        # Of an object with a method `__call__`, inspect looks at neither.
        called = getattr(self.target, "__call__", None)  # noqa: B004  # not asking whether it can be called
        return inspect.iscoroutinefunction(self.target) or inspect.iscoroutinefunction(called)

    def bind(self, call: FunctionToolCall) -> inspect.BoundArguments:
        """Decode the arguments of a call.

        Raises:
            InvalidFunctionCallError: They are no JSON object, or do not fit the signature.
        """
        text = call.function.arguments
        try:
            data = text.encode() if text.strip() else b"{}"
            decoded = msgspec.json.decode(data, type=self.arguments)
            others: JSONObject = msgspec.json.decode(data) if self.open else {}
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
            if not isinstance(error, msgspec.ValidationError | RecursionError):
                reason = f"no JSON: {reason}"
            problem = f"the arguments that the model gave {self.name} ({call.id}) cannot be used"
            raise InvalidFunctionCallError(f"{problem}: {reason}") from None
        bound: OrderedDict[str, Any] = OrderedDict()
        for name, parameter in self.signature.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                bound[name] = {key: others[key] for key in others if key not in bound}
            elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
                value = getattr(decoded, name)
                bound[name] = parameter.default if value is msgspec.UNSET else value
                others.pop(name, None)
        return inspect.BoundArguments(self.signature, bound)


def function_tools(functions: Functions) -> list[FunctionTool]:
    """Make the tools that tell a model of functions: `create(tools=function_tools([f, g]))`.

    Names, types and defaults come from the signatures, descriptions from the docstrings (Google,
    NumPy or reST style) and from `Annotated[str, "the city"]`.

    Args:
        functions: Functions, or a mapping of names to functions. Parameters may be of any type that
            JSON has, and literals, enums, optionals, lists, mappings, dates, TypedDicts,
            dataclasses and attrs classes. One without an annotation takes anything.

    Returns:
        A tool for each, in their order.

    Raises:
        InvalidRequestError: Something is no function, has a name that the API refuses or that
            another one has, or takes a type that JSON has not.
    """
    return [_tool(function) for function in known_functions(functions).values()]


def known_functions(functions: Functions | None) -> dict[str, Function]:
    """Check functions, and give them by name.

    Raises:
        InvalidRequestError: As `function_tools`.
    """
    known: dict[str, Function] = {}
    for name, target in _named(functions):
        if name in known:
            raise InvalidRequestError(
                f"functions has two that are called {name!r}; pass a mapping of names to functions"
            )
        known[name] = _function(name, target)
    return known


def _named(functions: Functions | None) -> Iterable[tuple[str, object]]:
    if functions is None:
        return
    if is_mapping(functions):
        for name, target in functions.items():
            if not isinstance(name, str):
                kind = type(name).__name__
                raise InvalidRequestError(f"functions has a key of type {kind}; names are str")
            yield name, target
        return
    if isinstance(functions, str | bytes) or not isinstance(functions, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
        kind = type(functions).__name__
        raise InvalidRequestError(
            f"functions is of type {kind}; it must be a list of functions, or a mapping of names "
            "to functions"
        )
    for index, target in enumerate(functions):
        if not callable(target):
            raise _not_callable(f"functions[{index}]", target)
        name = getattr(target, "__name__", None)
        if not isinstance(name, str):
            raise InvalidRequestError(
                f"functions[{index}] has no name of its own; pass a mapping of names to functions"
            )
        yield name, target


def _function(name: str, target: object) -> Function:
    if not callable(target):
        raise _not_callable(f"functions[{name!r}]", target)
    if not _NAME.fullmatch(name):
        raise InvalidRequestError(
            f"functions has the name {name[:80]!r}; the API takes 1 to 64 letters, digits, "
            "underscores and dashes: pass a mapping of names to functions"
        )
    try:
        signature = inspect.signature(target, eval_str=True)
    except Exception as error:  # an annotation is evaluated: it may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise InvalidRequestError(f"the signature of {name} cannot be read: {reason}") from error
    parameters = signature.parameters.values()
    fields = [
        (parameter.name, *_field(parameter))
        for parameter in parameters
        if parameter.kind not in _VARIADIC
    ]
    open_ = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    arguments = _arguments(name, fields, open_=open_)
    problem = _no_schema(arguments)
    if problem is not None:
        raise _not_json(name, fields, problem)
    return Function(name, target, signature, arguments, open_)


def _field(parameter: inspect.Parameter) -> tuple[Any, Any]:
    empty = inspect.Parameter.empty
    hint = Any if parameter.annotation is empty else parameter.annotation
    if parameter.default is empty:
        return hint, msgspec.NODEFAULT
    if parameter.default is None and hint is not Any:
        hint = Union[hint, None]  # noqa: UP007  # a hint may be of any kind
    return Union[hint, msgspec.UnsetType], msgspec.UNSET  # noqa: UP007


def _arguments(
    name: str, fields: list[tuple[str, Any, Any]], *, open_: bool
) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=not open_)


def _not_callable(where: str, value: object) -> InvalidRequestError:
    return InvalidRequestError(f"{where} is of type {type(value).__name__}; it must be callable")


def _no_schema(arguments: type[msgspec.Struct]) -> str | None:
    """Say why a type cannot be made from JSON; None if it can."""
    try:
        msgspec.json.schema(arguments)
    except TypeError as error:
        return str(error)
    return None


def _not_json(name: str, fields: list[tuple[str, Any, Any]], problem: str) -> InvalidRequestError:
    """Say which parameter has a type that JSON has not."""
    wrong = [one[0] for one in fields if _no_schema(_arguments(name, [one], open_=False))]
    reason = problem.splitlines()[-1]
    return InvalidRequestError(
        f"the parameter {' or '.join(wrong)} of {name} has a type that cannot be made from JSON: "
        f"{reason}; use JSON's own types, literals, enums, TypedDicts, dataclasses or attrs classes"
    )


# --- Tools ------------------------------------------------------------------------------------


def _tool(function: Function) -> FunctionTool:
    description, described = _documentation(function.target)
    whole = msgspec.json.schema(function.arguments)
    definitions: JSONObject = whole["$defs"]
    schema: JSONObject = definitions.pop(whole["$ref"].removeprefix("#/$defs/"))
    schema.pop("title")
    properties: JSONObject = schema["properties"]
    for name, parameter in function.signature.parameters.items():
        if name not in properties:
            continue
        text = _annotated_text(parameter.annotation) or described.get(name)
        if text:
            properties[name] = {"description": text} | properties[name]
        default = _json_default(parameter.default)
        if default is not msgspec.UNSET:
            properties[name]["default"] = default
    if function.open:
        schema["additionalProperties"] = True
    if definitions:
        schema["$defs"] = definitions
    return FunctionTool(FunctionDefinition(function.name, description, schema))


def _documentation(target: Callable[..., Any]) -> tuple[str | None, dict[str, str]]:
    """Read what a function does, and what its parameters are, from its docstring."""
    from docstring_parser import parse  # noqa: PLC0415  # only who asks for tools needs it

    while isinstance(target, functools.partial):
        target = target.func
    parsed = parse(inspect.getdoc(target) or "")
    parameters = {
        parameter.arg_name: " ".join(parameter.description.split())
        for parameter in parsed.params
        if parameter.description
    }
    return (parsed.description or "").strip() or None, parameters


def _annotated_text(annotation: Any) -> str | None:
    """Give the text of `Annotated[str, "the city"]`."""
    metadata = getattr(annotation, "__metadata__", ()) if get_origin(annotation) else ()
    return next((item for item in metadata if isinstance(item, str)), None)


def _json_default(default: object) -> Any:
    """Give a default as JSON; UNSET where there is none, or JSON does not have it."""
    if default is inspect.Parameter.empty or default is None:
        return msgspec.UNSET
    try:
        return msgspec.json.decode(msgspec.json.encode(default))
    except (TypeError, ValueError):
        return msgspec.UNSET
