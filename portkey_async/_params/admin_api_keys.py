"""What the calls on admin API keys take, as type checkers see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from portkey_async._types import JSONValue, Unset


class _MoreParams(TypedDict, total=False):
    extra_body: Mapping[str, JSONValue] | Unset | None


class AdminApiKeyParams(_MoreParams):
    """What `admin_api_keys.create` takes.

    Attributes:
        name: What it is for.
        extra_body: Keys that this version does not know, put into the body as they are.
    """

    name: str
