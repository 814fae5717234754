"""The admin API keys of an organization."""

from typing import Final

from .base import (
    BOOLEAN,
    INTEGER,
    STRING,
    TIME,
    Schema,
    array,
    deleted,
    object_,
    one_of,
    or_null,
    ref,
)

_KEY: Final[Schema] = {
    "object": one_of("organization.admin_api_key"),
    "id": STRING,
    "name": or_null(STRING),
    "redacted_value": STRING,
    "created_at": TIME,
    "last_used_at": or_null(INTEGER),
    "expires_at": or_null(INTEGER),
    "owner": object_(
        {
            "type": STRING,
            "object": STRING,
            "id": STRING,
            "name": STRING,
            "created_at": TIME,
            "role": STRING,
        }
    ),
}
_REQUIRED: Final = ("object", "id", "redacted_value", "created_at", "owner")

SCHEMAS: Final[dict[str, Schema]] = {
    "AdminApiKeyObject": object_(_KEY, required=_REQUIRED),
    "CreatedAdminApiKeyObject": object_(_KEY | {"value": STRING}, required=(*_REQUIRED, "value")),
    "CreateAdminApiKeyRequest": object_(
        {"name": STRING, "expires_in_seconds": {"type": "integer", "minimum": 1}},
        required=("name",),
        closed=True,
    ),
    "ListAdminApiKeysResponse": object_(
        {
            "object": one_of("list"),
            "data": array(ref("AdminApiKeyObject")),
            "first_id": or_null(STRING),
            "last_id": or_null(STRING),
            "has_more": BOOLEAN,
        },
        required=("object", "data", "has_more"),
    ),
    "DeleteAdminApiKeyResponse": deleted("organization.admin_api_key"),
}
