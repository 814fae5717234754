"""Response bodies to models.

    as specified     bytes ── msgspec, in C ──> struct ── compiled builder ──> model
    anything else    bytes ── plain JSON ── the cattrs converter ───────────> model

Nearly all responses take the upper way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec

from portkey_async._errors import APIResponseValidationError
from portkey_async._models.base import Model
from portkey_async._secrets import secrets_under
from portkey_async._types import JSONValue

from .builder import builder
from .converter import structure, unstructure
from .fields import hidden_fields
from .mismatch import Mismatch
from .structs import decoder

__all__ = ["decode", "from_payload", "parse", "unstructure"]

M = TypeVar("M", bound=Model)


def decode(body: bytes, cls: type[M]) -> M:
    """Turn a response body into a model.

    Args:
        body: The bytes of the body, UTF-8.
        cls: The model, `Page[Assistant]` for instance.

    Returns:
        The model, with every key of the body in it. A lone surrogate, which no text can hold, is
        U+FFFD in it.

    Raises:
        Mismatch: The body is not JSON, or not of the types that the model declares.
    """
    target: Any = cls
    model: M
    try:
        model = builder(target)(decoder(target).decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            model = structure(parse(body), target)
        except Mismatch as mismatch:
            if names := hidden_fields(target):
                mismatch.secrets = tuple(secrets_under(names, mismatch.payload))
            raise
    return model


def from_payload(payload: Mapping[str, JSONValue], cls: Any) -> Any:
    """Turn a payload into a model that shares nothing with it.

    Raises:
        APIResponseValidationError: It is not of the types that the model declares.
    """
    copied = unstructure(payload)
    try:
        return structure(copied, cls)
    except Mismatch as mismatch:
        path, reason = mismatch.path, str(mismatch)
    raise APIResponseValidationError(
        f"the payload is not what the specification says: {reason}", path=path, body=copied
    )


def parse(body: bytes) -> JSONValue:
    """Parse a body into plain JSON.

    Raises:
        Mismatch: It is not JSON that can be read.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        reason = "nested too deeply"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = f"not JSON that can be read: {error}"
    try:
        return msgspec.json.decode(_without_lone_surrogates(body))
    except (ValueError, RecursionError):
        mismatch = Mismatch(reason)
    mismatch.payload = mismatch.around = body.decode(errors="replace")
    raise mismatch


def _without_lone_surrogates(body: bytes) -> bytes:
    """Put U+FFFD for lone surrogates, which the standard library reads and msgspec refuses."""
    value = json.loads(body, parse_constant=_refuse)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
