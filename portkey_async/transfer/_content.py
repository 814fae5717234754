"""What of an object is carried, and how what was made is compared with it. Pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

import attrs
import msgspec

from portkey_async import Assistant, Message, Thread
from portkey_async._errors import APIResponseValidationError, InvalidRequestError
from portkey_async._types import JSONObject, JSONValue, is_array, is_object

from ._errors import TransferError
from ._format import Kind, Record

#: What every object gets anew.
_GIVEN_ANEW: Final = frozenset(
    {"id", "object", "created_at", "thread_id", "status", "completed_at", "incomplete_at"}
)
_MODELS: Final[dict[Kind, type[Assistant | Thread | Message]]] = {
    "assistant": Assistant,
    "thread": Thread,
    "message": Message,
}
#: What is named by ids that stay where they are.
_NAMED: Final = ("files", "vector_stores", "connections")
# A key that ends in `_id` or `_ids`, and what it holds: a text, or a list of texts. It begins with
# what is found fast. A quote inside a text is escaped, so that no key is found there.
_REFERENCE: Final = re.compile(
    rb"_id"
    rb'(?:(?<="(file)_id)|(?<="(vector_store)_id)|(?<=(connection)_id))'
    rb's?":("(?:[^"\\]|\\.)*"|\[[^\[\]{}]*\])',
    re.DOTALL,
)


@attrs.frozen
class Content:
    """What of an object the calls that create take.

    Attributes:
        arguments: For the call.
        left: The fields that it does not take, where they say something.
    """

    arguments: JSONObject
    left: tuple[str, ...]


def content(kind: Kind, payload: JSONObject) -> Content:
    """Give what of an object is carried, and what is left.

    Raises:
        APIResponseValidationError: The payload is not what the specification says.
        InvalidRequestError: Nothing of it can be sent.
    """
    model = _MODELS[kind].from_dict(payload)
    if isinstance(model, Assistant):
        return _split(payload, model.to_create())
    if isinstance(model, Thread):
        return _split(payload, _present(payload, "tool_resources", "metadata"))
    parts, left = _parts(payload["content"])
    if not parts:
        raise InvalidRequestError("the message has no content that a new message may have")
    arguments = {
        "role": payload["role"],
        "content": parts,
        **_present(payload, "attachments", "metadata"),
    }
    carried = _split(payload, arguments)
    return Content(arguments, (*carried.left, *left))


def content_of(record: Record) -> Content:
    """Give what of the object of a line is carried.

    Raises:
        TransferError: The payload is not what the specification says, or nothing can be sent.
    """
    try:
        return content(record.kind, record.payload)
    except (APIResponseValidationError, InvalidRequestError) as error:
        raise TransferError(str(error), line=record.line) from None


def model_of(record: Record) -> Assistant | Thread | Message:
    """Decode the object of a line.

    Raises:
        TransferError: The payload is not what the specification says.
    """
    try:
        return _MODELS[record.kind].from_dict(record.payload)
    except APIResponseValidationError as error:
        raise TransferError(str(error), line=record.line) from None


def differences(asked: JSONObject, seen: JSONObject) -> tuple[str, ...]:
    """Name the arguments that an object does not show as they were asked for.

    What is null or empty says the same as what is missing; what a server adds is no difference.
    """
    return tuple(name for name, value in asked.items() if not _holds(seen.get(name), value))


def digest(arguments: JSONObject) -> bytes:
    """Digest arguments: the same for those that say the same."""
    said = {name: value for name, value in arguments.items() if not _says_nothing(value)}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def references(encoded: bytes) -> list[tuple[bytes, ...]]:
    """Find what encoded objects name that stays where it is, for `named` to read."""
    return _REFERENCE.findall(encoded)


def named(found: Iterable[tuple[bytes, ...]]) -> dict[str, tuple[str, ...]]:
    """Give the ids of `files`, `vector_stores` and `connections` that are named, each once."""
    ids: dict[str, dict[str, None]] = {what: {} for what in _NAMED}
    for *kinds, value in found:
        what = next(what for what, kind in zip(_NAMED, kinds, strict=True) if kind)
        said: JSONValue = msgspec.json.decode(value)
        of = said if is_array(said) else [said]
        ids[what].update((identifier, None) for identifier in of if isinstance(identifier, str))
    return {what: tuple(those) for what, those in ids.items()}


def _split(payload: JSONObject, arguments: JSONObject) -> Content:
    left = tuple(
        name
        for name, value in payload.items()
        if name not in arguments and name not in _GIVEN_ANEW and not _says_nothing(value)
    )
    return Content(arguments, left)


def _present(payload: JSONObject, *names: str) -> JSONObject:
    return {name: payload[name] for name in names if payload.get(name) is not None}


def _parts(found: list[JSONObject]) -> tuple[list[JSONValue], list[str]]:
    """Give the parts of a new message, and what of the parts of this one is left."""
    parts: list[JSONValue] = []
    left: list[str] = []
    for index, part in enumerate(found):
        kind = part.get("type")
        inner: Any = part.get(str(kind))
        if kind == "text":
            parts.append({"type": "text", "text": inner["value"]})
            known = {"value"}
        elif kind in {"image_file", "image_url"}:
            parts.append({"type": kind, kind: _present(inner, "file_id", "url", "detail")})
            known = {"file_id", "url", "detail"}
        else:
            left.append(f"content[{index}]")
            continue
        left += [
            f"content[{index}].{kind}.{name}"
            for name, value in inner.items()
            if name not in known and not _says_nothing(value)
        ]
    return parts, left


def _holds(seen: JSONValue, asked: JSONValue) -> bool:
    if _says_nothing(asked):
        return _says_nothing(seen)
    if is_object(asked):
        return is_object(seen) and all(_holds(seen.get(name), asked[name]) for name in asked)
    if is_array(asked):
        return is_array(seen) and len(seen) == len(asked) and all(map(_holds, seen, asked))
    return bool(seen == asked) and isinstance(seen, bool) == isinstance(asked, bool)


def _says_nothing(value: JSONValue) -> bool:
    return value is None or value in ({}, [])
