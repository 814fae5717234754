"""The checker of what calls take, against the rules of `limits`."""

from __future__ import annotations

import re

from portkey_async._errors import InvalidRequestError
from portkey_async._json import plain
from portkey_async._types import JSONObject, JSONValue, is_array, is_object

from .limits import PAGE_SIZE, Choice, Flag, Items, Number, Object, Pairs, Rule, Text


def check_body(body: JSONObject, rule: Object) -> None:
    """Check the body of a request against the specification.

    Args:
        body: Plain JSON; keys that the rule does not know are left to the server.
        rule: What the fields may be.

    Raises:
        InvalidRequestError: A limit is exceeded or a type is wrong; the message names the field,
            the limit and what was given. None passes where nothing is required: it clears a field.
    """
    _object(rule, body, "")


def page_size(limit: int | str | None, *, validate: bool) -> int | None:
    """Read the page size of a list.

    Args:
        limit: A whole number, or its digits: the API's own samples write `limit="20"`.
        validate: Whether it must be from 1 to 100, as the specification says.

    Raises:
        InvalidRequestError: It is something else.
    """
    size = int(limit) if isinstance(limit, str) and re.fullmatch("[0-9]{1,9}", limit) else limit
    most = PAGE_SIZE.most if validate and PAGE_SIZE.most else 2**63 - 1
    least = PAGE_SIZE.least if validate else -most
    if size is None or (type(size) is int and least <= size <= most):
        return size
    allowed = f"a whole number from {least} to {most}" if validate else "a whole number of 64 bits"
    raise InvalidRequestError(f"limit is {_shown(limit)}; it must be {allowed}")


def check_order(order: str | None, *, validate: bool) -> None:
    """Check the order of a list.

    Args:
        order: How to order.
        validate: Whether it must be `asc` or `desc`, as the specification says.

    Raises:
        InvalidRequestError: It is something else, or no text that can be sent.
    """
    if order is None:
        return
    if not isinstance(order, str) or (validate and order not in {"asc", "desc"}):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
        raise InvalidRequestError(f"order is {_shown(order)}; it must be 'asc' or 'desc'")
    plain(order, "order")


def _check(rule: Rule, value: JSONValue, where: str) -> None:
    match rule:
        case Text():
            _text(rule, value, where)
        case Number():
            _number(rule, value, where)
        case Flag():
            if not isinstance(value, bool):
                raise _wrong(where, value, "True or False")
        case Items():
            _items(rule, value, where)
        case Pairs():
            _pairs(rule, value, where)
        case Object():
            _object(rule, value, where)
        case _:
            _choice(rule, value, where)


def _text(rule: Text, value: JSONValue, where: str) -> None:
    if not isinstance(value, str):
        raise _wrong(where, value, "a str")
    if rule.most is not None and len(value) > rule.most:
        raise InvalidRequestError(
            f"{where} has {len(value):,} characters; at most {rule.most:,} are allowed"
        )
    if rule.pattern is not None and not re.fullmatch(rule.pattern, value):
        raise _wrong(where, value, rule.needs)


def _number(rule: Number, value: JSONValue, where: str) -> None:
    most = "" if rule.most is None else f" to {rule.most:g}"
    allowed = f"from {rule.least:g}{most}" if most else f"of at least {rule.least:g}"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not rule.least <= value <= (value if rule.most is None else rule.most):
        raise _wrong(where, value, f"a number {allowed}")
    if rule.whole and value != int(value):
        raise _wrong(where, value, "a whole number")


def _items(rule: Items, value: JSONValue, where: str) -> None:
    if not is_array(value):
        raise _wrong(where, value, "a list")
    if rule.most is not None and len(value) > rule.most:
        raise InvalidRequestError(
            f"{where} has {len(value):,} items; at most {rule.most:,} are allowed"
        )
    if len(value) < rule.least:
        raise InvalidRequestError(f"{where} is empty; at least {rule.least} must be given")
    for index, item in enumerate(value):
        # None stands for an empty mapping, which lacks what is required.
        empty = item is None and isinstance(rule.each, Object)
        _check(rule.each, {} if empty else item, f"{where}[{index}]")


def _pairs(rule: Pairs, value: JSONValue, where: str) -> None:
    if not is_object(value):
        raise _wrong(where, value, "a mapping")
    if len(value) > rule.most:
        raise InvalidRequestError(
            f"{where} has {len(value)} pairs; at most {rule.most} are allowed"
        )
    for key, item in value.items():
        if len(key) > rule.key:
            raise InvalidRequestError(
                f"{where} has a key of {len(key)} characters, {_shown(key)}; at most {rule.key} "
                "are allowed"
            )
        if isinstance(item, str):
            _text(Text(rule.value), item, f"{where}[{key!r}]")


def _object(rule: Object, value: JSONValue, where: str) -> None:
    if not is_object(value):
        raise _wrong(where, value, "a mapping")
    for name, inner in rule.fields.items():
        held, place = value.get(name), f"{where}.{name}" if where else name
        if held is None and name in rule.required:
            if not isinstance(inner, Object):
                raise InvalidRequestError(f"{place} is missing; it must be {_needed(inner)}")
            held = {}  # which says what is missing inside
        if held is not None:
            _check(inner, held, place)
    if more := rule.kinds.get(value.get("type", "")):
        _object(more, value, where)
    if rule.exclusive and all(value.get(name) for name in rule.exclusive):
        raise InvalidRequestError(
            f"{where} has both {' and '.join(rule.exclusive)}; give one of them"
        )
    if rule.halved:
        part, whole = rule.halved
        limit = rule.fields[whole]
        most = value.get(whole) or (limit.most if isinstance(limit, Number) else None)
        if value.get(part) is not None and most is not None:
            _number(Number(0, most / 2), value[part], f"{where}.{part}")


def _choice(rule: Choice, value: JSONValue, where: str) -> None:
    if isinstance(value, str):
        if rule.values and value not in rule.values:
            raise _wrong(where, value, _needed(rule))
    elif rule.other is None or not isinstance(
        value, list if isinstance(rule.other, Items) else dict
    ):
        raise _wrong(where, value, _needed(rule))
    else:
        _check(rule.other, value, where)


def _needed(rule: Rule) -> str:
    """Say what a value must be."""
    if not isinstance(rule, Choice):
        return "a str"
    values = [repr(value) for value in rule.values] or ["a str"]
    *others, last = [*values, rule.noun] if rule.noun else values
    return f"{', '.join(others)} or {last}" if others else last


def _wrong(where: str, value: JSONValue, needed: str) -> InvalidRequestError:
    return InvalidRequestError(f"{where} is {_shown(value)}; it must be {needed}")


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of over 4,300 digits"
    return text if len(text) <= 80 else f"{text[:80]}…"
