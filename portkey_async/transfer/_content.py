"""What of an object is carried, and how what was made is compared with it. Pure functions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
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
#: What names something that stays where it is: by the key, what it names.
_NAMES: Final = {
    b"file_id": "files",
    b"file_ids": "files",
    b"vector_store_id": "vector_stores",
    b"vector_store_ids": "vector_stores",
    b"connection_id": "connections",
    b"index_connection_id": "connections",
    b"project_connection_id": "connections",
}
# A quote inside a string is escaped, so that a key is never found inside a text.
_TEXT: Final = rb'"(?:[^"\\]|\\.)*"'
_REFERENCE: Final = re.compile(
    rb'"(' + b"|".join(_NAMES) + rb')":(' + _TEXT + rb"|\[[^\[\]{}]*\])", re.DOTALL
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


def differences(asked: JSONObject, seen: JSONObject) -> tuple[str, ...]:
    """Name the arguments that an object does not show as they were asked for.

    What is null or empty says the same as what is missing; what a server adds is no difference.
    """
    return tuple(name for name, value in asked.items() if not _holds(seen.get(name), value))


def digest(arguments: JSONObject) -> bytes:
    """Digest arguments: the same for those that say the same."""
    said = {name: value for name, value in arguments.items() if not _says_nothing(value)}
    try:
        encoded = msgspec.json.encode(said, order="sorted")
    except (OverflowError, msgspec.EncodeError):  # a whole number past 64 bits
        encoded = json.dumps(said, sort_keys=True).encode()
    return hashlib.sha256(encoded).digest()


def references(encoded: bytes) -> Iterator[tuple[str, str]]:
    """Find what encoded objects name that stays where it is: `files`, for instance, and the id."""
    for key, value in _REFERENCE.findall(encoded):
        named: JSONValue = msgspec.json.decode(value)
        for identifier in named if is_array(named) else [named]:
            if isinstance(identifier, str):
                yield _NAMES[key], identifier


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
