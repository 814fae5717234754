"""Checks JSON values against the API's schemas, and words refusals as the API does."""

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from .base import Schema
from .catalog import SCHEMAS

_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_NAMES: Final[dict[type, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    type(None): "null",
}


class InvalidValue(ValueError):  # noqa: N818  # named for what it says, not where it is raised
    """A value that the schema refuses.

    Args:
        message: The API's sentence.
        param: Path of what was refused, such as `tools[0].type`; None for the whole value.
        code: The API's error code, such as `string_above_max_length`.
    """

    def __init__(self, message: str, param: str | None, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


def check(value: Any, schema: Schema, path: str = "") -> None:
    """Accept *value*, or raise `InvalidValue` for the first thing wrong with it."""
    schema = _resolved(schema)
    if "type" in schema:
        _check_type(value, schema["type"], path)
    if "enum" in schema and value not in schema["enum"]:
        raise _unsupported(value, schema["enum"], path)
    inner = _INNER_CHECKS.get(type_name(value))
    if inner is not None:
        inner(value, schema, path)
    if "oneOf" in schema:
        _check_one_of(value, schema["oneOf"], path)


def type_name(value: object) -> str:
    """The JSON type of *value*; a whole float is a number. What is none has its class's name."""
    return _NAMES.get(type(value), f"Python {type(value).__qualname__}")


def _with_article(name: str) -> str:
    if name == "null":
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _is_a(value: Any, kind: str) -> bool:
    name = type_name(value)
    if kind == "number":
        return name in {"integer", "number"}
    if kind == "integer":
        # JSON Schema counts 1.0 as an integer.
        return name == "integer" or (name == "number" and value.is_integer())
    return name == kind


def _check_type(value: Any, allowed: str | list[str], path: str) -> None:
    kinds = [allowed] if isinstance(allowed, str) else allowed
    if not any(_is_a(value, kind) for kind in kinds):
        expected = " or ".join(map(_with_article, kinds))
        got = _with_article(type_name(value))
        raise InvalidValue(
            f"Invalid type for '{path or 'body'}': expected {expected}, but got {got} instead.",
            path or None,
            "invalid_type",
        )


def _unsupported(value: Any, allowed: Iterable[Any], path: str) -> InvalidValue:
    names = ", ".join(repr(name) for name in allowed if name is not None)
    return InvalidValue(
        f"Invalid value: {value!r}. Supported values are: {names}.", path or None, "invalid_value"
    )


def _check_string(value: str, schema: Schema, path: str) -> None:
    if schema.get("format") == "uri" and _URI.match(value) is None:
        raise InvalidValue(
            f"Invalid '{path}'. Expected a valid URL, but got a value with an invalid format.",
            path,
            "invalid_value",
        )
    most = schema.get("maxLength")
    if most is not None and len(value) > most:
        raise InvalidValue(
            f"Invalid '{path}': string too long. Expected a string with maximum length {most}, "
            f"but got a string with length {len(value)} instead.",
            path,
            "string_above_max_length",
        )
    pattern = schema.get("pattern")
    # Python's `$` also matches before a final newline; a full match does not.
    if pattern is not None and re.fullmatch(pattern, value) is None:
        raise InvalidValue(
            f"Invalid '{path}': string does not match pattern. "
            f"Expected a string that matches the pattern '{pattern}'.",
            path,
            "invalid_value",
        )


def _check_number(value: float, schema: Schema, path: str) -> None:
    kind = "integer" if schema.get("type") == "integer" else "decimal"
    bounds: tuple[tuple[str, str, str, Callable[[float, float], object]], ...] = (
        ("minimum", "below", ">=", operator.ge),
        ("maximum", "above", "<=", operator.le),
    )
    for keyword, side, sign, holds in bounds:
        bound = schema.get(keyword)
        if bound is not None and not holds(value, bound):
            raise InvalidValue(
                f"Invalid '{path}': {kind} {side} {keyword} value. "
                f"Expected a value {sign} {bound}, but got {value} instead.",
                path,
                f"{kind}_{side}_{keyword[:3]}_value",
            )


def _check_array(value: list[Any], schema: Schema, path: str) -> None:
    least = schema.get("minItems", 0)
    if len(value) < least:
        raise InvalidValue(
            f"Invalid '{path}': array too short. Expected an array with minimum length {least}, "
            f"but got an array with length {len(value)} instead.",
            path,
            "array_below_min_length",
        )
    most = schema.get("maxItems")
    if most is not None and len(value) > most:
        raise InvalidValue(
            f"Invalid '{path}': array too long. Expected an array with maximum length {most}, "
            f"but got an array with length {len(value)} instead.",
            path,
            "array_above_max_length",
        )
    items = schema.get("items", {})
    for index, item in enumerate(value):
        check(item, items, f"{path}[{index}]")


def _check_object(value: dict[str, Any], schema: Schema, path: str) -> None:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            raise _missing(_join(path, name))
    most = schema.get("maxProperties")
    if most is not None and len(value) > most:
        raise InvalidValue(
            f"Invalid '{path}': too many properties. Expected an object with at most {most} "
            f"properties, but got an object with {len(value)} properties instead.",
            path,
            "object_above_max_properties",
        )
    others = schema.get("additionalProperties", True)
    names = schema.get("propertyNames", {})
    for name, item in value.items():
        place = _join(path, name)
        check(name, names, place)
        if name in properties:
            check(item, properties[name], place)
        elif others is False:
            raise InvalidValue(f"Unknown parameter: '{place}'.", place, "unknown_parameter")
        elif others is not True:
            check(item, others, place)


def _check_one_of(value: Any, branches: list[Schema], path: str) -> None:
    """Check *value* against the branch it is meant for; the branches of a `oneOf` are disjoint."""
    if all(branch.keys() == {"required"} for branch in branches):
        _check_exactly_one([branch["required"][0] for branch in branches], value, path)
        return
    candidates = [_resolved(branch) for branch in branches]
    _check_type(value, list(dict.fromkeys(branch["type"] for branch in candidates)), path)
    meant = [branch for branch in candidates if _is_a(value, branch["type"])]
    check(value, _tagged(value, meant, path) if len(meant) > 1 else meant[0], path)


def _check_exactly_one(names: list[str], value: dict[str, Any], path: str) -> None:
    if sum(name in value for name in names) != 1:
        listed = ", ".join(f"'{name}'" for name in names)
        raise InvalidValue(
            f"Invalid '{path}': exactly one of {listed} must be given.", path, "invalid_value"
        )


def _tagged(value: dict[str, Any], branches: list[Schema], path: str) -> Schema:
    """The branch that the value's `type` names, or that is the default without one."""
    place = _join(path, "type")
    tags = [branch["properties"]["type"] for branch in branches]
    if "type" not in value:
        for tag, branch in zip(tags, branches, strict=True):
            if "default" in tag:
                return branch
        raise _missing(place)
    for tag, branch in zip(tags, branches, strict=True):
        if value["type"] in tag["enum"]:
            return branch
    raise _unsupported(value["type"], [name for tag in tags for name in tag["enum"]], place)


def _resolved(schema: Schema) -> Schema:
    return SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _missing(place: str) -> InvalidValue:
    return InvalidValue(
        f"Missing required parameter: '{place}'.", place, "missing_required_parameter"
    )


_INNER_CHECKS: Final[dict[str, Callable[[Any, Schema, str], None]]] = {
    "string": _check_string,
    "integer": _check_number,
    "number": _check_number,
    "array": _check_array,
    "object": _check_object,
}
