"""Async-first Python client for the Assistants API of the Portkey AI gateway.

Names are imported when they are first used: a test suite that has the package installed, and so
loads its pytest plugin, must not pay for aiohttp.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._base import Page
    from ._capture import ResponseInfo, capture_responses
    from ._client import AsyncPortkey, ClientOptions
    from ._errors import (
        APIConnectionError,
        APIError,
        APIResponseValidationError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ClientClosedError,
        ConfigurationError,
        ConflictError,
        InternalServerError,
        InvalidRequestError,
        NotFoundError,
        PaginationError,
        PermissionDeniedError,
        PortkeyError,
        RateLimitError,
        UnprocessableEntityError,
    )
    from ._json import UNSET, Unset
    from ._models import (
        AdminApiKeyDeleted,
        Assistant,
        AssistantDeleted,
        CodeInterpreterResources,
        CodeInterpreterTool,
        FileSearchOptions,
        FileSearchResources,
        FileSearchTool,
        FunctionDefinition,
        FunctionTool,
        JsonObjectFormat,
        JsonSchemaFormat,
        RankingOptions,
        TextFormat,
        ToolResources,
        UnknownFormat,
        UnknownTool,
        VectorStoreSpec,
    )
    from ._pagination import Pager
    from ._retry import RetryPolicy, Timeout
    from ._version import __version__

__all__ = [
    "UNSET",
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AdminApiKeyDeleted",
    "Assistant",
    "AssistantDeleted",
    "AsyncPortkey",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ClientOptions",
    "CodeInterpreterResources",
    "CodeInterpreterTool",
    "ConfigurationError",
    "ConflictError",
    "FileSearchOptions",
    "FileSearchResources",
    "FileSearchTool",
    "FunctionDefinition",
    "FunctionTool",
    "InternalServerError",
    "InvalidRequestError",
    "JsonObjectFormat",
    "JsonSchemaFormat",
    "NotFoundError",
    "Page",
    "Pager",
    "PaginationError",
    "PermissionDeniedError",
    "PortkeyError",
    "RankingOptions",
    "RateLimitError",
    "ResponseInfo",
    "RetryPolicy",
    "TextFormat",
    "Timeout",
    "ToolResources",
    "UnknownFormat",
    "UnknownTool",
    "UnprocessableEntityError",
    "Unset",
    "VectorStoreSpec",
    "__version__",
    "capture_responses",
]

#: Where each name lives.
_HOMES = {
    "_base": ("Page",),
    "_capture": ("ResponseInfo", "capture_responses"),
    "_client": ("AsyncPortkey", "ClientOptions"),
    "_json": ("UNSET", "Unset"),
    "_pagination": ("Pager",),
    "_retry": ("RetryPolicy", "Timeout"),
    "_version": ("__version__",),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = next((module for module, names in _HOMES.items() if name in names), None)
    home = home or ("_errors" if name.endswith("Error") else "_models")
    value: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
