"""The assistants: create, retrieve, update, list, delete."""

from __future__ import annotations

from typing import Literal, Unpack

from portkey_async._models.assistants import Assistant, AssistantDeleted
from portkey_async._models.page import Page
from portkey_async._pagination.pager import Pager
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._params.assistants import AssistantParams, AssistantUpdateParams
from portkey_async._params.limits import ASSISTANT, NEW_ASSISTANT
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, segment
from portkey_async.bulk import HasId, Ids, Outcomes, delete_many

from .base import Resource, creating, deleting


class Assistants(Resource):
    """`client.assistants`, also reachable as `client.beta.assistants`.

    A call goes wrong with an `APIStatusError` (see its subclasses) when the server refuses, an
    `APIConnectionError` when no response comes, an `APITimeoutError` when none comes in time, and
    an `APIResponseValidationError` when the response is not what the specification says. All these
    are an `APIError`. Used on a second event loop, every call is a `ConfigurationError`; an unknown
    keyword is a `TypeError` that says what to use.
    """

    __slots__ = ()

    async def create(self, **params: Unpack[AssistantParams]) -> Assistant:
        """Create an assistant.

        Calls `POST /assistants` (createAssistant), with an `Idempotency-Key` that is the same on
        all its attempts. It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so; see `.may_have_executed` on the error.

        Args:
            model: The model to use.
            name: At most 256 characters.
            description: At most 512 characters.
            instructions: System instructions, at most 256,000 characters.
            tools: At most 128, typed or plain dicts.
            tool_resources: What the tools work on: at most 20 files for the code interpreter,
                one vector store for file search.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512. Values
                that are no text are left to the server.
            temperature: 0 to 2.
            top_p: 0 to 1.
            response_format: `"auto"`, `"none"`, or a format, typed or a plain dict.
            reasoning_effort: `none`, `minimal`, `low`, `medium`, `high`, …; the server knows.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The assistant as the server keeps it.

        Raises:
            InvalidRequestError: An argument is past a limit of the specification, or JSON cannot
                hold it. Nothing was sent.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("assistants.create", params, AssistantParams, NEW_ASSISTANT)
        request = Request("POST", "/assistants", body=body, headers=creating(), idempotent=False)
        with self._pool.observer.creating(self._options, body) as tell:
            assistant = await call(self._pool, self._options, request, Assistant)
            tell(assistant)
        return assistant

    async def retrieve(self, assistant_id: str, **other: Unpack[NoOther]) -> Assistant:
        """Fetch an assistant.

        Calls `GET /assistants/{assistant_id}` (getAssistant).

        Args:
            assistant_id: Its id.

        Returns:
            The assistant.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            NotFoundError: There is no such assistant.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("assistants.retrieve", other)
        request = Request("GET", _path(assistant_id), headers=BETA)
        return await call(self._pool, self._options, request, Assistant)

    async def update(
        self, assistant_id: str, **changes: Unpack[AssistantUpdateParams]
    ) -> Assistant:
        """Change an assistant.

        Calls `POST /assistants/{assistant_id}` (modifyAssistant). Sends what is given and nothing
        else: what is left out stays as it is, and None clears a field.

        Args:
            assistant_id: Its id.
            model: As in `create`, like all that follow.
            name: At most 256 characters.
            description: At most 512 characters.
            instructions: At most 256,000 characters.
            tools: At most 128; they replace those it has.
            tool_resources: They replace those it has.
            metadata: At most 16 pairs.
            temperature: 0 to 2.
            top_p: 0 to 1.
            response_format: `"auto"`, `"none"`, or a format.
            reasoning_effort: `none`, `minimal`, `low`, `medium`, `high`, …; the server knows.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The assistant as the server keeps it now.

        Raises:
            InvalidRequestError: The id cannot be sent, an argument is past a limit of the
                specification, or JSON cannot hold it. Nothing was sent.
            NotFoundError: There is no such assistant.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("assistants.update", changes, AssistantUpdateParams, ASSISTANT)
        request = Request("POST", _path(assistant_id), body=body, headers=BETA)
        return await call(self._pool, self._options, request, Assistant)

    def list(
        self,
        *,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        before: str | None = None,
        **other: Unpack[NoOther],
    ) -> Pager[Assistant]:
        """Iterate the assistants. Does no I/O until the pager is used.

        Each page is one `GET /assistants` (listAssistants).

        Args:
            limit: The page size, 1 to 100, and no cap on the list; digits in a str will do.
                Left out, the server's own, which the specification gives as 20.
            order: By creation: `asc`, or `desc`, the server's default.
            after: Go forward from this id; None for from the start.
            before: Go backward from this id; the objects nearest to it come first.

        Returns:
            A pager: `await` it for the first page, `async for` it for everything.

        Raises:
            InvalidRequestError: An argument is out of its range, or `after` and `before` are
                both given.
        """
        refuse_unknown("assistants.list", other, ["limit", "order", "after", "before"])
        asked = self._query(limit=limit, order=order, after=after, before=before)
        return self._pager("/assistants", Page[Assistant], asked)

    async def delete(self, assistant_id: str, **other: Unpack[NoOther]) -> AssistantDeleted:
        """Delete an assistant.

        Calls `DELETE /assistants/{assistant_id}` (deleteAssistant). Safe to repeat: where an
        earlier attempt of the same call may have deleted it already, a 404 is a success.

        Args:
            assistant_id: Its id.

        Returns:
            The confirmation.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            NotFoundError: There was no such assistant.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("assistants.delete", other)
        request = deleting(_path(assistant_id), assistant_id, "assistant")
        return await call(self._pool, self._options, request, AssistantDeleted)

    def delete_many(
        self, ids: Ids, concurrency: int = 8
    ) -> Outcomes[str | HasId, AssistantDeleted]:
        """Delete many assistants, several at once, with an outcome for each.

        Each is one `DELETE /assistants/{assistant_id}` (deleteAssistant). One failure stops
        nothing, but an `AuthenticationError` (401) stops what has not begun. A 429 that asks for
        a wait is waited out, and counts as no attempt.

        Args:
            ids: Ids, or objects with an `.id`: an iterable or an async iterable, read no faster
                than it is used. `client.assistants.list(limit=100)` deletes everything.
            concurrency: How many calls may be under way at once, at least 1. Default 8.

        Returns:
            An async iterator of outcomes, as they finish.

        Raises:
            InvalidRequestError: An argument cannot be used; nothing was deleted.
        """
        return delete_many(self.delete, ids, concurrency)


def _path(assistant_id: str) -> str:
    return f"/assistants/{segment(assistant_id, 'assistant_id')}"
