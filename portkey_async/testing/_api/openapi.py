"""The server's description of itself, as served at `/openapi.json`."""

import re
from typing import Any, Final

from attrs import frozen

from portkey_async.testing._schemas.base import STRING, Schema
from portkey_async.testing._schemas.catalog import SCHEMAS

from .request import QUERY

_SECURITY_SCHEMES: Final = {
    "Portkey-Key": {"type": "apiKey", "in": "header", "name": "x-portkey-api-key"},
    "Virtual-Key": {"type": "apiKey", "in": "header", "name": "x-portkey-virtual-key"},
    "Provider-Auth": {"type": "http", "scheme": "bearer"},
    "Provider-Name": {"type": "apiKey", "in": "header", "name": "x-portkey-provider"},
    "Config": {"type": "apiKey", "in": "header", "name": "x-portkey-config"},
    "Custom-Host": {"type": "apiKey", "in": "header", "name": "x-portkey-custom-host"},
}
_SECURITY: Final[list[dict[str, list[str]]]] = [
    {name: [] for name in names}
    for names in (
        ("Portkey-Key", "Virtual-Key"),
        ("Portkey-Key", "Provider-Auth", "Provider-Name"),
        ("Portkey-Key", "Config"),
        ("Portkey-Key", "Provider-Auth", "Provider-Name", "Custom-Host"),
    )
]
_ERRORS: Final = {
    "400": "The request is not as described.",
    "401": "The credential is missing or wrong.",
    "404": "No such object.",
    "413": "The body is too large.",
}
_BETA: Final = {
    "name": "OpenAI-Beta",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "enum": ["assistants=v2"]},
}


@frozen
class _Operation:
    """One operation: its place, what it takes, and what it gives."""

    path: str
    method: str
    operation_id: str
    response: str
    body: str | None = None
    optional: bool = False
    """Whether the body may be left out."""
    streams: bool = False
    """Whether it gives a stream of events where the body says `stream: true`."""
    query: tuple[str, ...] = ()


_LIST: Final = ("limit", "order", "after", "before")
_THREADS: Final = "/threads"
_THREAD: Final = "/threads/{thread_id}"
_MESSAGES: Final = f"{_THREAD}/messages"
_MESSAGE: Final = f"{_MESSAGES}/{{message_id}}"
_RUNS: Final = f"{_THREAD}/runs"
_RUN: Final = f"{_RUNS}/{{run_id}}"
_STEPS: Final = f"{_RUN}/steps"
_ASSISTANT: Final = "/assistants/{assistant_id}"
_KEYS: Final = "/organization/admin_api_keys"

_OPERATIONS: Final = (
    _Operation("/assistants", "get", "listAssistants", "ListAssistantsResponse", query=_LIST),
    _Operation(
        "/assistants", "post", "createAssistant", "AssistantObject", "CreateAssistantRequest"
    ),
    _Operation(_ASSISTANT, "get", "getAssistant", "AssistantObject"),
    _Operation(_ASSISTANT, "post", "modifyAssistant", "AssistantObject", "ModifyAssistantRequest"),
    _Operation(_ASSISTANT, "delete", "deleteAssistant", "DeleteAssistantResponse"),
    _Operation(
        _THREADS, "post", "createThread", "ThreadObject", "CreateThreadRequest", optional=True
    ),
    _Operation(_THREAD, "get", "getThread", "ThreadObject"),
    _Operation(_THREAD, "post", "modifyThread", "ThreadObject", "ModifyThreadRequest"),
    _Operation(_THREAD, "delete", "deleteThread", "DeleteThreadResponse"),
    _Operation(_MESSAGES, "get", "listMessages", "ListMessagesResponse", query=(*_LIST, "run_id")),
    _Operation(_MESSAGES, "post", "createMessage", "MessageObject", "CreateMessageRequest"),
    _Operation(_MESSAGE, "get", "getMessage", "MessageObject"),
    _Operation(_MESSAGE, "post", "modifyMessage", "MessageObject", "ModifyMessageRequest"),
    _Operation(_MESSAGE, "delete", "deleteMessage", "DeleteMessageResponse"),
    _Operation(
        f"{_THREADS}/runs",
        "post",
        "createThreadAndRun",
        "RunObject",
        "CreateThreadAndRunRequest",
        streams=True,
    ),
    _Operation(_RUNS, "get", "listRuns", "ListRunsResponse", query=_LIST),
    _Operation(_RUNS, "post", "createRun", "RunObject", "CreateRunRequest", streams=True),
    _Operation(_RUN, "get", "getRun", "RunObject"),
    _Operation(_RUN, "post", "modifyRun", "RunObject", "ModifyRunRequest"),
    _Operation(
        f"{_RUN}/submit_tool_outputs",
        "post",
        "submitToolOuputsToRun",  # spelt so in the specification
        "RunObject",
        "SubmitToolOutputsRunRequest",
        streams=True,
    ),
    _Operation(f"{_RUN}/cancel", "post", "cancelRun", "RunObject"),
    _Operation(_STEPS, "get", "listRunSteps", "ListRunStepsResponse", query=_LIST),
    _Operation(f"{_STEPS}/{{step_id}}", "get", "getRunStep", "RunStepObject"),
    _Operation(_KEYS, "get", "listAdminApiKeys", "ListAdminApiKeysResponse", query=_LIST),
    _Operation(
        _KEYS,
        "post",
        "createAdminApiKey",
        "CreatedAdminApiKeyObject",
        "CreateAdminApiKeyRequest",
    ),
    _Operation(f"{_KEYS}/{{key_id}}", "get", "getAdminApiKey", "AdminApiKeyObject"),
    _Operation(f"{_KEYS}/{{key_id}}", "delete", "deleteAdminApiKey", "DeleteAdminApiKeyResponse"),
)


def description(base_url: str) -> dict[str, Any]:
    """The OpenAPI description of a server at *base_url*."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in _OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portkey API: assistants", "version": "2.0.0"},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": _SECURITY_SCHEMES},
    }


def _described(operation: _Operation) -> dict[str, Any]:
    about_keys = operation.path.startswith(_KEYS)
    content = _json(operation.response)
    if operation.streams:
        content |= {"text/event-stream": {"schema": {"type": "string"}}}
    responses: dict[str, Any] = {"200": {"description": "OK", "content": content}}
    for status, text in _ERRORS.items():
        responses[status] = {"description": text, "content": {"application/json": {}}}
    ids = re.findall(r"{(\w+)}", operation.path)
    described: dict[str, Any] = {
        "operationId": operation.operation_id,
        "tags": ["Admin API keys" if about_keys else "Assistants"],
        "parameters": [
            *(_parameter(name, "path", STRING) for name in ids),
            *(_parameter(name, "query", QUERY.get(name, STRING)) for name in operation.query),
            *([] if about_keys else [_BETA]),
        ],
        "responses": responses,
        "security": _SECURITY,
    }
    if operation.body is not None:
        required = {} if operation.optional else {"required": True}
        described["requestBody"] = {"content": _json(operation.body), **required}
    return described


def _parameter(name: str, place: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _json(schema_name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema_name}"}}}
