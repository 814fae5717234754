"""The organization's admin API keys: one operation."""

from __future__ import annotations

import attrs

from portkey_async._json import encode
from portkey_async._models.admin_api_keys import AdminApiKeyDeleted
from portkey_async._options.options import Options
from portkey_async._transport.call import Pool, call
from portkey_async._transport.request import Request, segment


@attrs.frozen
class AdminApiKeys:
    """`client.admin_api_keys`."""

    _pool: Pool = attrs.field(repr=False)
    _options: Options = attrs.field(repr=False)

    async def delete(self, key_id: str) -> AdminApiKeyDeleted:
        """Delete an admin API key of the organization.

        Calls `DELETE /organization/admin_api_keys/{key_id}`. The provider wants its own *admin*
        key as `authorization`. Safe to repeat: where an earlier attempt may have deleted the key
        already, a 404 is a success.

        Args:
            key_id: The id of the key.

        Returns:
            The confirmation.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            APIStatusError: The server refused; `NotFoundError` if there is no such key.
            APIConnectionError: No answer came; `APITimeoutError` if none came in time.
            APIResponseValidationError: The answer is not what the specification says.
            ClientClosedError: The client is closed.
        """
        path = f"/organization/admin_api_keys/{segment(key_id, 'key_id')}"
        deleted = {"id": key_id, "object": "organization.admin_api_key.deleted", "deleted": True}
        request = Request("DELETE", path, if_gone=encode(deleted))
        return await call(self._pool, self._options, request, AdminApiKeyDeleted)
