"""The organization's admin API keys: list, create, retrieve, delete."""

from __future__ import annotations

from typing import Literal, Unpack

from portkey_async._models.admin_api_keys import AdminApiKey, AdminApiKeyDeleted
from portkey_async._models.page import Page
from portkey_async._pagination.pager import Pager
from portkey_async._params.admin_api_keys import AdminApiKeyParams
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._params.limits import ADMIN_API_KEY
from portkey_async._transport.call import call
from portkey_async._transport.request import Request, segment

from .base import Resource, deleting, idempotency_key

_PATH = "/organization/admin_api_keys"


class AdminApiKeys(Resource):
    """`client.admin_api_keys`. The provider wants its own *admin* key as `authorization`.

    A call goes wrong as `Assistants` describes.
    """

    __slots__ = ()

    def list(
        self,
        *,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        **other: Unpack[NoOther],
    ) -> Pager[AdminApiKey]:
        """Iterate the admin API keys. Does no I/O until the pager is used.

        Each page is one `GET /organization/admin_api_keys`.

        Args:
            limit: The page size, 1 to 100, and no cap on the list; digits in a str will do.
                Left out, the server's own, which is 20.
            order: By creation: `asc`, the server's default, or `desc`.
            after: Go forward from this id; None for from the start.

        Returns:
            A pager: `await` it for the first page, `async for` it for everything.

        Raises:
            InvalidRequestError: An argument is out of its range.
        """
        refuse_unknown("admin_api_keys.list", other, ["limit", "order", "after"])
        # The one list that begins with the oldest.
        asked = self._query(limit=limit, order=order, after=after)
        return self._pager(_PATH, Page[AdminApiKey], asked, headers={}, default_order="asc")

    async def create(self, **params: Unpack[AdminApiKeyParams]) -> AdminApiKey:
        """Create an admin API key.

        Calls `POST /organization/admin_api_keys`, with an `Idempotency-Key` that is the same on all
        its attempts. It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so.

        Args:
            name: What it is for.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The key. Its `value` is in this response alone, and in no `repr`.

        Raises:
            InvalidRequestError: An argument cannot be sent. Nothing was sent.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("admin_api_keys.create", params, AdminApiKeyParams, ADMIN_API_KEY)
        request = Request("POST", _PATH, body=body, headers=idempotency_key(), idempotent=False)
        return await call(self._pool, self._options, request, AdminApiKey)

    async def retrieve(self, key_id: str, **other: Unpack[NoOther]) -> AdminApiKey:
        """Fetch an admin API key, without its value.

        Calls `GET /organization/admin_api_keys/{key_id}`.

        Args:
            key_id: The id of the key.

        Returns:
            The key.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            NotFoundError: There is no such key.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("admin_api_keys.retrieve", other)
        return await call(self._pool, self._options, Request("GET", _path(key_id)), AdminApiKey)

    async def delete(self, key_id: str, **other: Unpack[NoOther]) -> AdminApiKeyDeleted:
        """Delete an admin API key.

        Calls `DELETE /organization/admin_api_keys/{key_id}`. Safe to repeat: where an earlier
        attempt of the same call may have deleted the key already, the API's word that there is no
        such key is a success.

        Args:
            key_id: The id of the key.

        Returns:
            The confirmation.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            NotFoundError: There was no such key.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("admin_api_keys.delete", other)
        request = deleting(_path(key_id), key_id, "organization.admin_api_key", headers={})
        return await call(self._pool, self._options, request, AdminApiKeyDeleted)


def _path(key_id: str) -> str:
    return f"{_PATH}/{segment(key_id, 'key_id')}"
