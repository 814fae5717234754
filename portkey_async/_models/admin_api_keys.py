"""The organization's admin API keys."""

from __future__ import annotations

from typing import Literal

import attrs

from .base import Model


@attrs.frozen(repr=False, eq=False, kw_only=True)
class AdminApiKeyOwner(Model):
    """Who an admin API key belongs to.

    Attributes:
        type: `user` or `service_account`.
        object: `organization.user`, for instance.
        id: The owner's identifier.
        name: The owner's name.
        created_at: Unix time in seconds.
        role: `owner`, for instance.
    """

    type: str | None = None
    object: str | None = None
    id: str | None = None
    name: str | None = None
    created_at: int | None = None
    role: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class AdminApiKey(Model):
    """An organization's admin API key.

    A missing or null `id`, `object` or `created_at` is an `APIResponseValidationError`; all else
    may be left out or null.

    Attributes:
        id: Its identifier.
        object: Always `organization.admin_api_key`.
        created_at: Unix time in seconds.
        name: Its name.
        redacted_value: The key with most of it masked.
        value: The key itself: there in the response to `create`, never again, and in no `repr`.
        last_used_at: Unix time in seconds; None if it was never used.
        owner: Who it belongs to.
    """

    id: str
    object: Literal["organization.admin_api_key"] = "organization.admin_api_key"
    created_at: int
    name: str | None = None
    redacted_value: str | None = None
    value: str | None = attrs.field(default=None, repr=False)
    last_used_at: int | None = None
    owner: AdminApiKeyOwner | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class AdminApiKeyDeleted(Model):
    """The response to deleting an organization's admin API key.

    Attributes:
        id: The key's identifier.
        object: Always `organization.admin_api_key.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["organization.admin_api_key.deleted"] = "organization.admin_api_key.deleted"
    deleted: bool
