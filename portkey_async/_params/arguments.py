"""From the arguments of a call to the body of its request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypedDict, cast

from portkey_async._errors import InvalidRequestError
from portkey_async._json import encode, plain
from portkey_async._options.table import OPTIONS
from portkey_async._types import UNSET, JSONObject, is_object

from .check import check_body
from .limits import Object

#: What the field's other clients take in a call, and what this one has instead.
_INSTEAD = {
    "extra_headers": "client.with_options(headers={…})",
    "extra_query": "client.with_options(query={…})",
    "default_headers": "client.with_options(headers={…})",
    "max_retries": "client.with_options(retry=RetryPolicy(attempts=…)), the first attempt included",
    "idempotency_key": "client.with_options(headers={'idempotency-key': …})",
    "stream": "runs.stream(…), or create_and_run_stream(…) on threads",
    "with_streaming_response": "capture_responses()",
}


class NoOther(TypedDict):
    """No keyword: what a call takes is in its signature. Type checkers refuse any other."""


def refuse_unknown(call: str, unknown: Iterable[str], known: Iterable[str] = ()) -> None:
    """Say what to use instead of a keyword that a call does not take.

    Args:
        call: The call, by its name.
        unknown: Keywords that were given; none is no mistake.
        known: The fields that the call takes.

    Raises:
        TypeError: There is one.
    """
    for name in unknown:
        instead = _instead(name, list(known))
        raise TypeError(f"{call}() does not take {name!r}{instead and '; use ' + instead}")


def _instead(name: str, known: list[str]) -> str:
    if name in _INSTEAD:
        return _INSTEAD[name]
    if name in OPTIONS and OPTIONS[name].derivable:
        return f"client.with_options({name}=…)"
    if near := get_close_matches(name, known, 1):
        return near[0]
    if "extra_body" in known:
        return f"extra_body={{{name!r}: …}} if it is a field that this version does not know"
    return ""


def body(
    call: str, given: Mapping[str, object], takes: type, rule: Object, *, validate: bool
) -> bytes:
    """Make the body of a request.

    Args:
        call: The call, by its name.
        given: The arguments, by name; those that are `UNSET` are left out.
        takes: The TypedDict of what the call takes. The keys of `extra_body` are put into the
            body as they are.
        rule: The specification's limits on them.
        validate: Whether the limits are checked.

    Returns:
        The body, encoded.

    Raises:
        TypeError: An argument is missing, or there is no such argument.
        InvalidRequestError: A field is past a limit, given twice, or JSON cannot hold it.
    """
    known: dict[str, object] = takes.__annotations__
    refuse_unknown(call, given.keys() - known.keys(), known)
    required = cast("frozenset[str]", getattr(takes, "__required_keys__"))  # noqa: B009  # of every TypedDict
    if missing := required - given.keys():
        raise TypeError(f"{call}() needs {' and '.join(sorted(missing))}")
    fields = _plain(given)
    extra = fields.pop("extra_body", None)
    if extra is not None and not is_object(extra):
        kind = type(given["extra_body"]).__name__
        raise InvalidRequestError(f"extra_body is of type {kind}; it must be a mapping")
    if extra:
        if both := fields.keys() & extra.keys():
            raise InvalidRequestError(f"{sorted(both)} are given twice: in extra_body as well")
        fields |= extra
    if validate:
        check_body(fields, rule)
    return encode(fields)


def _plain(given: Mapping[str, object]) -> JSONObject:
    """Keep what was given, as plain JSON."""
    from portkey_async._codec.converter import unstructure  # noqa: PLC0415  # half of all our import time, so not before

    fields: JSONObject = {}
    for name, value in given.items():
        try:
            if value is not UNSET:
                fields[name] = plain(unstructure(value), name)
        except RecursionError:
            raise InvalidRequestError(f"{name} is nested too deeply, or contains itself") from None
    return fields
