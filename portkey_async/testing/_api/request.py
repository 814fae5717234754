"""Reads what a request says, and refuses what the API would refuse."""

import re
from typing import Any, Final

from portkey_async._params import limits
from portkey_async.testing._dialects import Dialect
from portkey_async.testing._exchange import Received, Response, refusal
from portkey_async.testing._schemas.base import STRING, Schema, items, number
from portkey_async.testing._schemas.catalog import SCHEMAS
from portkey_async.testing._schemas.check import check
from portkey_async.testing._store import Payload, Store

from .state import State

QUERY: Final[dict[str, Schema]] = {
    "limit": number(limits.PAGE_SIZE) | {"default": 20},
    "order": {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
    "after": STRING,
    "before": STRING,
}

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_LENIENT: Final[Schema] = {
    "tools": items(limits.ASSISTANT_TOOLS, {"type": "object"}),
    "response_format": {},
}


class Refused(Exception):  # noqa: N818  # carries a response, and is no error
    """A request is refused with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def not_found(what: str, object_id: str) -> Refused:
    """The API's 404."""
    return Refused(refusal(404, f"No {what} found with id '{object_id}'."))


def found(store: Store, what: str, object_id: str, **belonging: str) -> Payload:
    """The object of this id, if it has these values as well.

    Raises:
        Refused: There is none.
    """
    payload = store.get(object_id)
    if payload is None or any(payload.get(key) != value for key, value in belonging.items()):
        raise not_found(what, object_id)
    return payload


def body(state: State, received: Received, schema_name: str, *, optional: bool = False) -> Payload:
    """The request's body, checked.

    Raises:
        Refused: It is no JSON.
        InvalidValue: It is not as the schema says.
    """
    if isinstance(received.body, bytes):
        raise Refused(refusal(400, "The body of the request is not valid JSON."))
    value: Any = {} if optional and received.body is None else received.body
    schema = SCHEMAS[schema_name]
    if Dialect.UNKNOWN_ACCEPTED in state.dialect:
        lenient = {name: _LENIENT[name] for name in _LENIENT if name in schema["properties"]}
        properties = schema["properties"] | lenient
        schema = schema | {"properties": properties, "additionalProperties": True}
    check(value, schema)
    settings: Payload = value
    return settings


def list_query(received: Received, *, order: str = "desc") -> dict[str, Any]:
    """The parameters of a list, checked, with their defaults.

    Raises:
        InvalidValue: One is not as the API says.
    """
    values: dict[str, Any] = {}
    for name, schema in QUERY.items():
        default = order if name == "order" else schema.get("default")
        value: Any = received.query.get(name, default)
        if value is None:
            continue
        if schema["type"] == "integer" and isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        check(value, schema, name)
        values[name] = value
    return values


def require_beta(received: Received) -> None:
    """Refuse a request that does not ask for version 2 of the Assistants API.

    Azure's servers, whose requests name an `api-version`, ask for no such header.

    Raises:
        Refused: The header is missing.
    """
    headers = received.headers
    beta = headers.get("OpenAI-Beta") or headers.get("x-portkey-openai-beta", "")
    versions = [part.strip() for part in beta.split(",")]
    if "assistants=v2" not in versions and "api-version" not in received.query:
        message = (
            "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
            "Send the header 'OpenAI-Beta: assistants=v2'."
        )
        raise Refused(refusal(400, message, code="invalid_beta"))
