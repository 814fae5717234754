"""The messages of threads: create, retrieve, update, list, delete."""

from __future__ import annotations

from typing import Literal, Unpack

from portkey_async._models.messages import Message, MessageDeleted
from portkey_async._models.page import Page
from portkey_async._pagination.pager import Pager
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._params.limits import MESSAGE, MESSAGE_CHANGES
from portkey_async._params.messages import MessageParams, MetadataParams
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, segment

from .base import Resource, creating, deleting


class Messages(Resource):
    """`client.threads.messages`. A call goes wrong as `Assistants` describes."""

    __slots__ = ()

    async def create(self, thread_id: str, **params: Unpack[MessageParams]) -> Message:
        """Add a message to a thread.

        Calls `POST /threads/{thread_id}/messages` (createMessage), with an `Idempotency-Key` that
        is the same on all its attempts. It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so.

        Args:
            thread_id: The thread's id.
            role: `user` or `assistant`.
            content: Its text, or a list of parts, typed or plain dicts.
            attachments: Files, each with the tools that are given it.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The message.

        Raises:
            InvalidRequestError: The id cannot be sent, an argument is past a limit of the
                specification, or JSON cannot hold it. Nothing was sent.
            ActiveRunError: The thread has an active run, and takes no messages meanwhile.
            NotFoundError: There is no such thread.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        path = _collection(thread_id)
        body = self._body("messages.create", params, MessageParams, MESSAGE)
        request = Request("POST", path, body=body, headers=creating(), idempotent=False)
        return await call(self._pool, self._options, request, Message)

    async def retrieve(
        self, message_id: str, *, thread_id: str, **other: Unpack[NoOther]
    ) -> Message:
        """Fetch a message.

        Calls `GET /threads/{thread_id}/messages/{message_id}` (getMessage).

        Args:
            message_id: Its id.
            thread_id: The thread's id.

        Returns:
            The message.

        Raises:
            InvalidRequestError: An id is empty, `.`, `..` or holds a control character.
            NotFoundError: There is no such message.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("messages.retrieve", other)
        request = Request("GET", _item(thread_id, message_id), headers=BETA)
        return await call(self._pool, self._options, request, Message)

    async def update(
        self, message_id: str, *, thread_id: str, **changes: Unpack[MetadataParams]
    ) -> Message:
        """Change the metadata of a message.

        Calls `POST /threads/{thread_id}/messages/{message_id}` (modifyMessage). Sends what is given
        and nothing else.

        Args:
            message_id: Its id.
            thread_id: The thread's id.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512. None
                clears them.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The message as the server keeps it now.

        Raises:
            InvalidRequestError: An id cannot be sent, an argument is past a limit of the
                specification, or JSON cannot hold it. Nothing was sent.
            NotFoundError: There is no such message.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("messages.update", changes, MetadataParams, MESSAGE_CHANGES)
        request = Request("POST", _item(thread_id, message_id), body=body, headers=BETA)
        return await call(self._pool, self._options, request, Message)

    def list(  # noqa: PLR0913  # the parameters of the API
        self,
        thread_id: str,
        *,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        before: str | None = None,
        run_id: str | None = None,
        **other: Unpack[NoOther],
    ) -> Pager[Message]:
        """Iterate the messages of a thread. Does no I/O until the pager is used.

        Each page is one `GET /threads/{thread_id}/messages` (listMessages).

        Args:
            thread_id: The thread's id.
            limit: The page size, 1 to 100, and no cap on the list; digits in a str will do.
                Left out, the server's own, which the specification gives as 20.
            order: By creation: `asc`, or `desc`, the server's default.
            after: Go forward from this id; None for from the start.
            before: Go backward from this id; the objects nearest to it come first.
            run_id: Only the messages that this run has made.

        Returns:
            A pager: `await` it for the first page, `async for` it for everything.

        Raises:
            InvalidRequestError: An id cannot be sent, an argument is out of its range, or `after`
                and `before` are both given.
        """
        refuse_unknown("messages.list", other, ["limit", "order", "after", "before", "run_id"])
        asked = self._query(limit=limit, order=order, after=after, before=before)
        return self._pager(_collection(thread_id), Page[Message], asked, run_id=run_id)

    async def delete(
        self, message_id: str, *, thread_id: str, **other: Unpack[NoOther]
    ) -> MessageDeleted:
        """Delete a message.

        Calls `DELETE /threads/{thread_id}/messages/{message_id}` (deleteMessage). Safe to repeat:
        where an earlier attempt of the same call may have deleted it already, the API's word that
        there is no such message is a success.

        Args:
            message_id: Its id.
            thread_id: The thread's id.

        Returns:
            The confirmation.

        Raises:
            InvalidRequestError: An id is empty, `.`, `..` or holds a control character.
            NotFoundError: There was no such message.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("messages.delete", other)
        request = deleting(_item(thread_id, message_id), message_id, "thread.message")
        return await call(self._pool, self._options, request, MessageDeleted)


def _collection(thread_id: str) -> str:
    return f"/threads/{segment(thread_id, 'thread_id')}/messages"


def _item(thread_id: str, message_id: str) -> str:
    return f"{_collection(thread_id)}/{segment(message_id, 'message_id')}"
