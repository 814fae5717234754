"""The assistants: create, retrieve, update, list, delete."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import attrs

from portkey_async._errors import InvalidRequestError
from portkey_async._json import encode, plain
from portkey_async._models.assistants import Assistant, AssistantDeleted
from portkey_async._models.formats import ResponseFormat
from portkey_async._models.page import Page
from portkey_async._models.tools import Tool, ToolResources
from portkey_async._options.options import Options
from portkey_async._pagination.cursors import ListQuery
from portkey_async._pagination.pager import Pager
from portkey_async._params.check import check_body, check_order, page_size
from portkey_async._transport.call import Pool, call
from portkey_async._transport.request import BETA, Request, cursor, query, segment
from portkey_async._types import UNSET, JSONObject, JSONValue, Unset, is_object
from portkey_async.bulk import HasId, Ids, Outcomes, delete_many

_Metadata: TypeAlias = Mapping[str, JSONValue] | Unset | None
_Tools: TypeAlias = Sequence[Tool | Mapping[str, JSONValue]] | Unset | None
_Resources: TypeAlias = ToolResources | Mapping[str, JSONValue] | Unset | None
_Format: TypeAlias = ResponseFormat | Mapping[str, JSONValue] | Unset | None


@attrs.frozen
class Assistants:
    """`client.assistants`, also reachable as `client.beta.assistants`.

    A call goes wrong with an `APIStatusError` (see its subclasses) when the server refuses, an
    `APIConnectionError` when no answer comes, an `APITimeoutError` when none comes in time, and an
    `APIResponseValidationError` when the answer is not what the specification says. All these are
    an `APIError`. Used on a second event loop, every call is a `ConfigurationError`.
    """

    _pool: Pool = attrs.field(repr=False)
    _options: Options = attrs.field(repr=False)

    async def create(  # noqa: PLR0913  # the parameters of the API
        self,
        *,
        model: str,
        name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        instructions: str | Unset | None = UNSET,
        tools: _Tools = UNSET,
        tool_resources: _Resources = UNSET,
        metadata: _Metadata = UNSET,
        temperature: float | Unset | None = UNSET,
        top_p: float | Unset | None = UNSET,
        response_format: _Format = UNSET,
        reasoning_effort: str | Unset | None = UNSET,
        extra_body: Mapping[str, JSONValue] | None = None,
    ) -> Assistant:
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
        given = _given(
            model=model,
            name=name,
            description=description,
            instructions=instructions,
            tools=tools,
            tool_resources=tool_resources,
            metadata=metadata,
            temperature=temperature,
            top_p=top_p,
            response_format=response_format,
            reasoning_effort=reasoning_effort,
        )
        headers = {**BETA, "idempotency-key": str(uuid.uuid4())}
        if self._options.validate_requests and given.get("model") is None:
            raise InvalidRequestError("model is missing; a new assistant needs one")
        body = self._body(given, extra_body)
        request = Request("POST", "/assistants", body=body, headers=headers, idempotent=False)
        return await call(self._pool, self._options, request, Assistant)

    async def retrieve(self, assistant_id: str) -> Assistant:
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
        request = Request("GET", _path(assistant_id), headers=BETA)
        return await call(self._pool, self._options, request, Assistant)

    async def update(  # noqa: PLR0913  # the parameters of the API
        self,
        assistant_id: str,
        *,
        model: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        description: str | Unset | None = UNSET,
        instructions: str | Unset | None = UNSET,
        tools: _Tools = UNSET,
        tool_resources: _Resources = UNSET,
        metadata: _Metadata = UNSET,
        temperature: float | Unset | None = UNSET,
        top_p: float | Unset | None = UNSET,
        response_format: _Format = UNSET,
        reasoning_effort: str | Unset | None = UNSET,
        extra_body: Mapping[str, JSONValue] | None = None,
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
        given = _given(
            model=model,
            name=name,
            description=description,
            instructions=instructions,
            tools=tools,
            tool_resources=tool_resources,
            metadata=metadata,
            temperature=temperature,
            top_p=top_p,
            response_format=response_format,
            reasoning_effort=reasoning_effort,
        )
        body = self._body(given, extra_body)
        request = Request("POST", _path(assistant_id), body=body, headers=BETA)
        return await call(self._pool, self._options, request, Assistant)

    def list(
        self,
        *,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> Pager[Assistant]:
        """Walk the assistants. Does no I/O until the pager is used.

        Each page is one `GET /assistants` (listAssistants).

        Args:
            limit: The page size, 1 to 100, and no cap on the walk; digits in a str will do.
                Left out, the server's own, which the specification gives as 20.
            order: By creation: `asc`, or `desc`, the server's default.
            after: Walk forward from this id; None for from the start.
            before: Walk backward from this id; the objects nearest to it come first.

        Returns:
            A pager: `await` it for the first page, `async for` it for everything.

        Raises:
            InvalidRequestError: An argument is out of its range, or `after` and `before` are
                both given.
        """
        if after is not None and before is not None:
            raise InvalidRequestError("after and before are both given; a walk has one direction")
        validate = self._options.validate_requests
        check_order(order, validate=validate)
        size = page_size(limit, validate=validate)
        asked = ListQuery(size, order, cursor(after, "after"), cursor(before, "before"))
        return Pager(self._page, asked)

    async def delete(self, assistant_id: str) -> AssistantDeleted:
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
        deleted = {"id": assistant_id, "object": "assistant.deleted", "deleted": True}
        path = _path(assistant_id)
        request = Request("DELETE", path, headers=BETA, if_gone=encode(deleted))
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

    async def _page(self, asked: ListQuery) -> Page[Assistant]:
        pairs = attrs.asdict(asked)
        request = Request("GET", "/assistants", query=query(pairs.items()), headers=BETA)
        return await call(self._pool, self._options, request, Page[Assistant])

    def _body(self, given: JSONObject, extra_body: Mapping[str, JSONValue] | None) -> bytes:
        extra = _given(extra_body={} if extra_body is None else extra_body)["extra_body"]
        if not is_object(extra):
            kind = type(extra_body).__name__
            raise InvalidRequestError(f"extra_body is of type {kind}; it must be a mapping")
        if both := given.keys() & extra.keys():
            raise InvalidRequestError(f"{sorted(both)} are given twice: in extra_body as well")
        body = given | extra
        if self._options.validate_requests:
            check_body(body)
        return encode(body)


def _path(assistant_id: str) -> str:
    return f"/assistants/{segment(assistant_id, 'assistant_id')}"


def _given(**arguments: object) -> JSONObject:
    """Keep what was given, as plain JSON."""
    from portkey_async._codec.converter import unstructure  # noqa: PLC0415  # half of all our import time, so not before

    given: JSONObject = {}
    for name, value in arguments.items():
        try:
            if value is not UNSET:
                given[name] = plain(unstructure(value), name)
        except RecursionError:
            raise InvalidRequestError(f"{name} is nested too deeply, or contains itself") from None
    return given
