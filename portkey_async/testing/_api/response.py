"""Responses to requests that succeed: one object, a page of a list, a deletion."""

from collections.abc import Callable
from functools import partial

from portkey_async.testing._dialects import Dialect
from portkey_async.testing._exchange import Received, Response
from portkey_async.testing._store import Payload, Store, UnknownCursorError

from .request import list_query, not_found
from .state import State


def one(state: State, payload: Payload, commit: Callable[[], object] | None = None) -> Response:
    """An object; *commit* makes the change that showing it claims."""
    return Response(200, _shown(state, [payload])[0], commit=commit)


def page(  # noqa: PLR0913  # what lists differ in
    state: State,
    received: Received,
    store: Store,
    what: str,
    *,
    parent: str = "",
    order: str = "desc",
    where: Callable[[Payload], bool] | None = None,
) -> Response:
    """The page of a list that the request asks for.

    Args:
        state: Whose dialect it is shown in.
        received: The request.
        store: The objects.
        what: What the API calls them, for a cursor that names none.
        parent: Whose objects.
        order: Where the request says none.
        where: Leaves out the others.
    """
    query = list_query(received, order=order)
    try:
        ids, data, has_more = store.window(
            limit=query["limit"],
            order="desc" if Dialect.ORDER_IGNORED in state.dialect else query["order"],
            after=None if Dialect.AFTER_IGNORED in state.dialect else query.get("after"),
            before=None if Dialect.BEFORE_IGNORED in state.dialect else query.get("before"),
            deleted_cursors=Dialect.DELETED_CURSORS_REFUSED not in state.dialect,
            parent=parent,
            where=where,
        )
    except UnknownCursorError as exc:
        raise not_found(what, exc.args[0]) from None
    empty = None if Dialect.NULL_IDS in state.dialect else ""
    payload: Payload = {
        "object": "list",
        "data": _shown(state, data),
        "first_id": ids[0] if ids else empty,
        "last_id": ids[-1] if ids else empty,
    }
    if Dialect.NO_HAS_MORE not in state.dialect:
        payload["has_more"] = has_more and Dialect.HAS_MORE_FALSE not in state.dialect
    return Response(200, payload)


def deletion(object_id: str, kind: str, commit: Callable[[], object]) -> Response:
    """That an object is deleted, which *commit* does."""
    payload = {"id": object_id, "object": f"{kind}.deleted", "deleted": True}
    return Response(200, payload, commit=commit)


def removal(store: Store, object_id: str) -> Callable[[], object]:
    """Removes an object that may have gone meanwhile."""
    return partial(store.pop, object_id, None)


def _shown(state: State, payloads: list[Payload]) -> list[Payload]:
    """The objects as this server's responses show them."""
    if Dialect.NULLS_LEFT_OUT not in state.dialect:
        return payloads
    return [
        {name: value for name, value in payload.items() if value is not None}
        for payload in payloads
    ]
