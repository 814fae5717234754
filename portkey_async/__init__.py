"""Async-first Python client for the Assistants API of the Portkey AI gateway.

Names are imported when they are first used: a test suite that has the package installed, and so
loads its pytest plugin, must not pay for aiohttp.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from ._models.admin_api_keys import AdminApiKeyDeleted
    from ._models.assistants import Assistant, AssistantDeleted
    from ._models.formats import JsonObjectFormat, JsonSchemaFormat, TextFormat, UnknownFormat
    from ._models.page import Page
    from ._models.tools import (
        CodeInterpreterResources,
        CodeInterpreterTool,
        FileSearchOptions,
        FileSearchResources,
        FileSearchTool,
        FunctionDefinition,
        FunctionTool,
        RankingOptions,
        ToolResources,
        UnknownTool,
        VectorStoreSpec,
    )
    from ._options.policies import RetryPolicy, Timeout
    from ._pagination.pager import Pager
    from ._transport.capture import ResponseInfo, capture_responses
    from ._types import UNSET, Unset
    from ._version import __version__
    from .bulk import Outcome, map_many

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
    "Outcome",
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
    "map_many",
]

#: Where each name lives.
_HOMES = {
    "UNSET": "_types",
    "APIConnectionError": "_errors",
    "APIError": "_errors",
    "APIResponseValidationError": "_errors",
    "APIStatusError": "_errors",
    "APITimeoutError": "_errors",
    "AdminApiKeyDeleted": "_models.admin_api_keys",
    "Assistant": "_models.assistants",
    "AssistantDeleted": "_models.assistants",
    "AsyncPortkey": "_client",
    "AuthenticationError": "_errors",
    "BadRequestError": "_errors",
    "ClientClosedError": "_errors",
    "ClientOptions": "_client",
    "CodeInterpreterResources": "_models.tools",
    "CodeInterpreterTool": "_models.tools",
    "ConfigurationError": "_errors",
    "ConflictError": "_errors",
    "FileSearchOptions": "_models.tools",
    "FileSearchResources": "_models.tools",
    "FileSearchTool": "_models.tools",
    "FunctionDefinition": "_models.tools",
    "FunctionTool": "_models.tools",
    "InternalServerError": "_errors",
    "InvalidRequestError": "_errors",
    "JsonObjectFormat": "_models.formats",
    "JsonSchemaFormat": "_models.formats",
    "NotFoundError": "_errors",
    "Outcome": "bulk",
    "Page": "_models.page",
    "Pager": "_pagination.pager",
    "PaginationError": "_errors",
    "PermissionDeniedError": "_errors",
    "PortkeyError": "_errors",
    "RankingOptions": "_models.tools",
    "RateLimitError": "_errors",
    "ResponseInfo": "_transport.capture",
    "RetryPolicy": "_options.policies",
    "TextFormat": "_models.formats",
    "Timeout": "_options.policies",
    "ToolResources": "_models.tools",
    "UnknownFormat": "_models.formats",
    "UnknownTool": "_models.tools",
    "UnprocessableEntityError": "_errors",
    "Unset": "_types",
    "VectorStoreSpec": "_models.tools",
    "__version__": "_version",
    "capture_responses": "_transport.capture",
    "map_many": "bulk",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
