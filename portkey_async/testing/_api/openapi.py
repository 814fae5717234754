"""The server's description of itself, as served at `/openapi.json`."""

from typing import Any, Final

from portkey_async.testing._schemas.base import STRING
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


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": STRING}


def _json(schema_name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema_name}"}}}


def _operation(
    operation_id: str,
    response: str,
    *parameters: dict[str, Any],
    body: str | None = None,
    tag: str = "Assistants",
) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": "OK", "content": _json(response)}}
    for status, description in _ERRORS.items():
        responses[status] = {"description": description, "content": {"application/json": {}}}
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "tags": [tag],
        "parameters": list(parameters),
        "responses": responses,
        "security": _SECURITY,
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


def description(base_url: str) -> dict[str, Any]:
    """The OpenAPI description of a server at *base_url*."""
    query = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in QUERY.items()
    ]
    one = (_path_parameter("assistant_id"), _BETA)
    modify = "ModifyAssistantRequest"
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portkey API: assistants", "version": "2.0.0"},
        "servers": [{"url": base_url}],
        "paths": {
            "/assistants": {
                "get": _operation("listAssistants", "ListAssistantsResponse", *query, _BETA),
                "post": _operation(
                    "createAssistant", "AssistantObject", _BETA, body="CreateAssistantRequest"
                ),
            },
            "/assistants/{assistant_id}": {
                "get": _operation("getAssistant", "AssistantObject", *one),
                "post": _operation("modifyAssistant", "AssistantObject", *one, body=modify),
                "delete": _operation("deleteAssistant", "DeleteAssistantResponse", *one),
            },
            "/organization/admin_api_keys/{key_id}": {
                "delete": _operation(
                    "deleteAdminApiKey",
                    "DeleteAdminApiKeyResponse",
                    _path_parameter("key_id"),
                    tag="Admin API keys",
                ),
            },
        },
        "components": {"schemas": SCHEMAS, "securitySchemes": _SECURITY_SCHEMES},
    }
