"""What all resources share: how they make bodies and lists of what they are given."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Literal

import attrs

from portkey_async._errors import InvalidRequestError
from portkey_async._models.page import Page, T
from portkey_async._options.options import Options
from portkey_async._pagination.cursors import ListQuery
from portkey_async._pagination.pager import Pager
from portkey_async._params import arguments
from portkey_async._params.check import check_order, page_size
from portkey_async._params.limits import Object
from portkey_async._transport.call import Pool, call
from portkey_async._transport.request import BETA, Request, cursor, query
from portkey_async._types import JSONObject


@attrs.frozen
class Resource:
    """The connections and the options that the calls of a resource are made with."""

    _pool: Pool = attrs.field(repr=False)
    _options: Options = attrs.field(repr=False)

    def _body(self, name: str, given: Mapping[str, object], takes: type, rule: Object) -> bytes:
        """Make the body of the call of that name; *takes* is the TypedDict of its arguments."""
        validate = self._options.validate_requests
        return arguments.body(name, given, takes, rule, validate=validate)

    def _query(
        self,
        *,
        limit: int | str | None,
        order: Literal["asc", "desc"] | None,
        after: str | None,
        before: str | None = None,
    ) -> ListQuery:
        """Check what a list is asked for with."""
        if after is not None and before is not None:
            raise InvalidRequestError("after and before are both given; a list has one direction")
        validate = self._options.validate_requests
        check_order(order, validate=validate)
        size = page_size(limit, validate=validate)
        return ListQuery(size, order, cursor(after, "after"), cursor(before, "before"))

    def _pager(  # noqa: PLR0913  # what lists differ in
        self,
        path: str,
        page: type[Page[T]],
        asked: ListQuery,
        *,
        headers: Mapping[str, str] = BETA,
        default_order: Literal["asc", "desc"] = "desc",
        run_id: str | None = None,
    ) -> Pager[T]:
        """Make the pager of a list."""
        run_id = cursor(run_id, "run_id")

        async def fetch(asked: ListQuery) -> Page[T]:
            pairs = {**attrs.asdict(asked), "run_id": run_id}
            request = Request("GET", path, query=query(pairs.items()), headers=headers)
            return await call(self._pool, self._options, request, page)

        return Pager(fetch, asked, default_order=default_order)


def creating() -> dict[str, str]:
    """Make the headers of a create in the Assistants API."""
    return {**BETA, **idempotency_key()}


def deleting(path: str, object_id: str, kind: str, headers: Mapping[str, str] = BETA) -> Request:
    """Make the request of a delete, with the confirmation that stands for a missing 404.

    Args:
        path: Of the object.
        object_id: Its id.
        kind: What it is, as in the confirmation's `object`.
        headers: Those of every call to the API.
    """
    deleted: JSONObject = {"id": object_id, "object": f"{kind}.deleted", "deleted": True}
    return Request("DELETE", path, headers=headers, if_gone=deleted)


def idempotency_key() -> dict[str, str]:
    """Make the header by which a server may know a request again: one for all its attempts."""
    return {"idempotency-key": str(uuid.uuid4())}
