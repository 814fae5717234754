"""The organization's admin API keys."""

from __future__ import annotations

from typing import Literal

import attrs

from .base import Model


@attrs.frozen(repr=False, kw_only=True)
class AdminApiKeyDeleted(Model):
    """The answer to deleting an organization's admin API key.

    Attributes:
        id: The key's identifier.
        object: Always `organization.admin_api_key.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["organization.admin_api_key.deleted"] = "organization.admin_api_key.deleted"
    deleted: bool
