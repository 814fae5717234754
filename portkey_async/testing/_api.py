"""The API's operations: what to answer to a request, decided without any I/O."""

import re
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, Final
from urllib.parse import unquote

from attrs import define, field

from ._assistants import created, new_id, updated
from ._dialects import Dialect
from ._gateway import (
    gateway_refusal,
    is_addressed_directly,
    lacks_credential,
    response_headers,
    unrouted,
)
from ._messages import Answer, Received, refusal
from ._openapi import QUERY
from ._schemas import SCHEMAS, Schema
from ._store import AssistantStore, Payload, UnknownCursorError
from ._validation import InvalidValue, check

_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_LENIENT: Final[Schema] = {
    "tools": {"type": "array", "maxItems": 128, "items": {"type": "object"}},
    "response_format": {},
}


class _Refused(Exception):  # noqa: N818  # carries an answer, and is no error
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@define
class Api:
    """The state behind the operations.

    Args:
        assistants: The assistants it holds.
        admin_keys: The ids of the admin keys it holds.
        api_key: The credential it accepts; empty for any or none.
        dialect: Where it departs from the specification.
        clock: Unix time in seconds.
        random: Source of new ids.
    """

    assistants: AssistantStore
    admin_keys: set[str]
    api_key: str
    dialect: Dialect
    clock: Callable[[], float]
    random: Random
    _created: dict[str, Payload] = field(factory=dict[str, Payload], init=False)

    def respond(self, received: Received) -> Answer:
        """What to answer to *received*; the store changes when the answer is committed."""
        direct = is_addressed_directly(received.headers)
        if direct and received.method not in {"GET", "POST", "DELETE"}:
            return unrouted()
        refused = self._unauthorized(received) or (
            gateway_refusal(received.headers) if direct else None
        )
        if refused is not None:
            return refused
        try:
            answer = self._operate(received, direct=direct)
        except _Refused as exc:
            answer = exc.answer
        except InvalidValue as exc:
            answer = refusal(400, exc.message, param=exc.param, code=exc.code)
        if direct:
            headers = response_headers(received.headers) | dict(answer.headers)
            return Answer(answer.status, answer.payload, headers, answer.commit)
        return answer

    def _unauthorized(self, received: Received) -> Answer | None:
        """A refusal of a missing or wrong credential; Portkey's own key counts before a Bearer."""
        scheme, _, token = received.headers.get("Authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else ""
        given = received.headers.get("x-portkey-api-key") or bearer
        if not self.api_key or given == self.api_key:
            return None
        if given:
            return refusal(401, "Incorrect API key provided.", code="invalid_api_key")
        return refusal(
            401,
            "You didn't provide an API key. Provide it as x-portkey-api-key: KEY, "
            "or as Authorization: Bearer KEY.",
        )

    def _operate(self, received: Received, *, direct: bool) -> Answer:
        match received.path.split("/"):
            case ["", "v1", "assistants"]:
                operations = {"GET": self._list, "POST": self._create}
            case ["", "v1", "assistants", name] if name:
                one = unquote(name)
                operations = {
                    "GET": partial(self._retrieve, one),
                    "POST": partial(self._update, one),
                    "DELETE": partial(self._delete, one),
                }
            case ["", "v1", "organization", "admin_api_keys", name] if name:
                operations = {"DELETE": partial(self._delete_admin_key, unquote(name))}
            case _:
                return refusal(404, f"Invalid URL ({received.method} {received.path})")
        if direct and lacks_credential(received.headers):
            return refusal(401, "You didn't provide an API key: the provider's is missing.")
        operation = operations.get(received.method)
        if operation is None:
            return refusal(
                405,
                f"Not allowed to {received.method} on {received.path}.",
                code="method_not_supported",
                headers={"Allow": ", ".join(operations)},
            )
        if received.path.startswith("/v1/assistants"):
            _require_beta(received)
        return operation(received)

    def _list(self, received: Received) -> Answer:
        query = _list_query(received.query)
        after = None if Dialect.AFTER_IGNORED in self.dialect else query.get("after")
        before = None if Dialect.BEFORE_IGNORED in self.dialect else query.get("before")
        try:
            ids, data, has_more = self.assistants.window(
                limit=query["limit"],
                order="desc" if Dialect.ORDER_IGNORED in self.dialect else query["order"],
                after=after,
                before=before,
                deleted_cursors=Dialect.DELETED_CURSORS_REFUSED not in self.dialect,
            )
        except UnknownCursorError as exc:
            raise _not_found("assistant", exc.args[0]) from None
        empty = None if Dialect.NULL_IDS in self.dialect else ""
        page: Payload = {
            "object": "list",
            "data": self._shown(data),
            "first_id": ids[0] if ids else empty,
            "last_id": ids[-1] if ids else empty,
        }
        if Dialect.NO_HAS_MORE not in self.dialect:
            page["has_more"] = has_more and Dialect.HAS_MORE_FALSE not in self.dialect
        return Answer(200, page)

    def _create(self, received: Received) -> Answer:
        settings = self._settings(received, "CreateAssistantRequest")
        key = received.idempotency_key
        if key in self._created and Dialect.CREATES_DEDUPLICATED in self.dialect:
            return self._showing(self._created[key])
        name = new_id("asst", self.random)
        assistant = created(name, int(self.clock()), settings, self.random)
        commit = partial(self._keep, assistant, key)
        return self._showing(assistant, commit)

    def _keep(self, assistant: Payload, idempotency_key: str | None) -> None:
        self.assistants[assistant["id"]] = assistant
        if idempotency_key is not None:
            self._created[idempotency_key] = assistant

    def _retrieve(self, name: str, _received: Received) -> Answer:
        return self._showing(self._assistant(name))

    def _update(self, name: str, received: Received) -> Answer:
        assistant = self._assistant(name)
        changes = self._settings(received, "ModifyAssistantRequest")
        assistant = updated(assistant, changes, self.random)
        commit = partial(self.assistants.__setitem__, name, assistant)
        return self._showing(assistant, commit)

    def _delete(self, name: str, _received: Received) -> Answer:
        self._assistant(name)
        payload = {"id": name, "object": "assistant.deleted", "deleted": True}
        return Answer(200, payload, commit=partial(self.assistants.pop, name, None))

    def _delete_admin_key(self, name: str, _received: Received) -> Answer:
        if name not in self.admin_keys:
            raise _not_found("admin API key", name)
        payload = {"id": name, "object": "organization.admin_api_key.deleted", "deleted": True}
        return Answer(200, payload, commit=partial(self.admin_keys.discard, name))

    def _assistant(self, name: str) -> Payload:
        assistant = self.assistants.get(name)
        if assistant is None:
            raise _not_found("assistant", name)
        return assistant

    def _settings(self, received: Received, schema_name: str) -> dict[str, Any]:
        body = received.body
        if isinstance(body, bytes):
            raise _Refused(refusal(400, "The body of the request is not valid JSON."))
        schema = SCHEMAS[schema_name]
        if Dialect.UNKNOWN_ACCEPTED in self.dialect:
            properties = schema["properties"] | _LENIENT
            schema = schema | {"properties": properties, "additionalProperties": True}
        check(body, schema)
        settings: dict[str, Any] = body
        return settings

    def _showing(self, assistant: Payload, commit: Callable[[], object] | None = None) -> Answer:
        return Answer(200, self._shown([assistant])[0], commit=commit)

    def _shown(self, assistants: list[Payload]) -> list[Payload]:
        """The assistants as this server's answers show them."""
        if Dialect.NULLS_LEFT_OUT not in self.dialect:
            return assistants
        return [
            {name: value for name, value in assistant.items() if value is not None}
            for assistant in assistants
        ]


def _not_found(what: str, name: str) -> _Refused:
    return _Refused(refusal(404, f"No {what} found with id '{name}'."))


def _require_beta(received: Received) -> None:
    """Refuse a request that does not ask for version 2 of the Assistants API."""
    headers = received.headers
    beta = headers.get("OpenAI-Beta") or headers.get("x-portkey-openai-beta", "")
    if "assistants=v2" not in (part.strip() for part in beta.split(",")):
        message = (
            "You must provide the 'OpenAI-Beta' header to access the Assistants API. "
            "Send the header 'OpenAI-Beta: assistants=v2'."
        )
        raise _Refused(refusal(400, message, code="invalid_beta"))


def _list_query(query: dict[str, str]) -> dict[str, Any]:
    """The list's parameters, checked, with their defaults."""
    values: dict[str, Any] = {}
    for name, schema in QUERY.items():
        value: Any = query.get(name, schema.get("default"))
        if value is None:
            continue
        if schema["type"] == "integer" and isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        check(value, schema, name)
        values[name] = value
    return values
