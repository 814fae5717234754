"""The threads: create, retrieve, update, delete, and a run on a new one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Unpack

import attrs

from portkey_async._models.page import Page
from portkey_async._models.runs import Run
from portkey_async._models.threads import Thread, ThreadDeleted
from portkey_async._pagination.pager import Pager
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._params.limits import THREAD, THREAD_AND_RUN, THREAD_CHANGES
from portkey_async._params.runs import ThreadRunParams
from portkey_async._params.threads import ThreadParams, ThreadUpdateParams
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, segment
from portkey_async.bulk import HasId, Ids, Outcomes, delete_many

from .base import Resource, creating, deleting
from .messages import Messages
from .runs import Runs

if TYPE_CHECKING:
    from portkey_async._runs.settings import ThreadRunPollParams, ThreadRunStreamParams
    from portkey_async._runs.stream import RunStream


@attrs.frozen
class Threads(Resource):
    """`client.threads`, also reachable as `client.beta.threads`.

    A call goes wrong as `Assistants` describes.
    """

    @cached_property
    def messages(self) -> Messages:
        """The messages of threads: create, retrieve, update, list, delete."""
        return Messages(self._pool, self._options)

    @cached_property
    def runs(self) -> Runs:
        """The runs of assistants on threads, and their steps."""
        return Runs(self._pool, self._options)

    async def create(self, **params: Unpack[ThreadParams]) -> Thread:
        """Create a thread.

        Calls `POST /threads` (createThread), with an `Idempotency-Key` that is the same on all its
        attempts. It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so.

        Args:
            messages: The messages it begins with: plain dicts of `role` and `content`, and
                optionally `attachments` and `metadata`.
            tool_resources: What the tools work on: at most 20 files for the code interpreter, one
                vector store for file search.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The thread.

        Raises:
            InvalidRequestError: An argument is past a limit of the specification, or JSON cannot
                hold it. Nothing was sent.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("threads.create", params, ThreadParams, THREAD)
        request = Request("POST", "/threads", body=body, headers=creating(), idempotent=False)
        return await call(self._pool, self._options, request, Thread)

    async def retrieve(self, thread_id: str, **other: Unpack[NoOther]) -> Thread:
        """Fetch a thread.

        Calls `GET /threads/{thread_id}` (getThread).

        Args:
            thread_id: Its id.

        Returns:
            The thread.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            NotFoundError: There is no such thread.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("threads.retrieve", other)
        request = Request("GET", thread_path(thread_id), headers=BETA)
        return await call(self._pool, self._options, request, Thread)

    async def update(self, thread_id: str, **changes: Unpack[ThreadUpdateParams]) -> Thread:
        """Change a thread.

        Calls `POST /threads/{thread_id}` (modifyThread). Sends what is given and nothing else: what
        is left out stays as it is, and None clears a field.

        Args:
            thread_id: Its id.
            tool_resources: They replace those it has.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The thread as the server keeps it now.

        Raises:
            InvalidRequestError: The id cannot be sent, an argument is past a limit of the
                specification, or JSON cannot hold it. Nothing was sent.
            NotFoundError: There is no such thread.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("threads.update", changes, ThreadUpdateParams, THREAD_CHANGES)
        request = Request("POST", thread_path(thread_id), body=body, headers=BETA)
        return await call(self._pool, self._options, request, Thread)

    def list(
        self,
        *,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        before: str | None = None,
        **other: Unpack[NoOther],
    ) -> Pager[Thread]:
        """Iterate the threads, where the server lists them. Does no I/O until the pager is used.

        Each page is one `GET /threads`, which Azure's Foundry has; OpenAI and the specification
        have it not.

        Args:
            limit: The page size, 1 to 100, and no cap on the list; digits in a str will do.
                Left out, the server's own, 20 as a rule.
            order: By creation: `asc`, or `desc`, the server's default.
            after: Go forward from this id; None for from the start.
            before: Go backward from this id; the objects nearest to it come first.

        Returns:
            A pager: `await` it for the first page, `async for` it for everything. A server that
            does not list threads answers with a `NotFoundError`, or an `APIStatusError` 405.

        Raises:
            InvalidRequestError: An argument is out of its range, or `after` and `before` are
                both given.
        """
        refuse_unknown("threads.list", other, ["limit", "order", "after", "before"])
        asked = self._query(limit=limit, order=order, after=after, before=before)
        return self._pager("/threads", Page[Thread], asked)

    async def delete(self, thread_id: str, **other: Unpack[NoOther]) -> ThreadDeleted:
        """Delete a thread.

        Calls `DELETE /threads/{thread_id}` (deleteThread). Safe to repeat: where an earlier attempt
        of the same call may have deleted it already, the API's word that there is no such thread
        is a success.

        Args:
            thread_id: Its id.

        Returns:
            The confirmation.

        Raises:
            InvalidRequestError: The id is empty, `.`, `..` or holds a control character.
            NotFoundError: There was no such thread.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("threads.delete", other)
        request = deleting(thread_path(thread_id), thread_id, "thread")
        return await call(self._pool, self._options, request, ThreadDeleted)

    def delete_many(self, ids: Ids, concurrency: int = 8) -> Outcomes[str | HasId, ThreadDeleted]:
        """Delete many threads, several at once, with an outcome for each.

        Each is one `DELETE /threads/{thread_id}` (deleteThread). One failure stops nothing, but an
        `AuthenticationError` (401) stops what has not begun. A 429 that asks for a wait is waited
        out, and counts as no attempt.

        Args:
            ids: Ids, or objects with an `.id`: an iterable or an async iterable, read no faster
                than it is used.
            concurrency: How many calls may be under way at once, at least 1. Default 8.

        Returns:
            An async iterator of outcomes, as they finish.

        Raises:
            InvalidRequestError: An argument cannot be used; nothing was deleted.
        """
        return delete_many(self.delete, ids, concurrency)

    async def create_and_run(self, **params: Unpack[ThreadRunParams]) -> Run:
        """Create a thread, and run an assistant on it.

        Calls `POST /threads/runs` (createThreadAndRun), with an `Idempotency-Key` that is the same
        on all its attempts. It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so. It does not wait for the run;
        `create_and_run_poll` and `create_and_run_stream` do.

        Args:
            assistant_id: The assistant that runs.
            thread: The thread to be made, a plain dict of `messages`, `tool_resources` and
                `metadata`; left out, an empty one.
            tool_resources: What the tools work on; they replace those of the assistant.
            model: The model to use.
            instructions: They replace those of the assistant.
            tools: At most 20; they replace those of the assistant.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
            temperature: 0 to 2.
            top_p: 0 to 1.
            max_prompt_tokens: How many tokens may be read over the whole run, at least 256.
            max_completion_tokens: How many tokens may be written over the whole run, at least 256.
            truncation_strategy: How the thread is shortened: `{"type": "auto"}`, or
                `{"type": "last_messages", "last_messages": 10}`, at least 1.
            tool_choice: `"none"`, `"auto"`, `"required"`, or the tool that must be used.
            parallel_tool_calls: Whether functions may be called side by side.
            response_format: `"auto"`, `"none"`, or a format, typed or a plain dict.
            reasoning_effort: `none`, `minimal`, `low`, `medium`, `high`, …; the server knows.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The run, as a rule `queued`; `.thread_id` is the thread's.

        Raises:
            InvalidRequestError: An argument is past a limit of the specification, or JSON cannot
                hold it. Nothing was sent.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        request = self._create_and_run("threads.create_and_run", params)
        return await call(self._pool, self._options, request, Run)

    async def create_and_run_poll(self, **params: Unpack[ThreadRunPollParams]) -> Run:
        """Create a thread, run an assistant on it, and poll the run until it has ended.

        Calls `POST /threads/runs` (createThreadAndRun), then goes on as `runs.create_and_poll`.

        Args:
            **params: As `create_and_run` takes them, and `functions`, `run_timeout`,
                `poll_interval`, `on_exit` and `on_function_error`, as in `runs.create_and_poll`.

        Returns:
            The run, as `runs.create_and_poll` does.

        Raises:
            InvalidRequestError: As `create_and_run`; or an argument is out of its range. Nothing
                was sent.
            RunTimeoutError: The run was not done within `run_timeout`.
            InvalidFunctionCallError: The model's arguments do not fit a function.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
            Exception: What a function raised, as it is.
        """
        from portkey_async._runs import polling, settings  # noqa: PLC0415  # slow to import, see _runs

        name = "threads.create_and_run_poll"
        fields, chosen = settings.split(name, params, settings.PollParams, "cancel")
        request = self._create_and_run(name, fields)
        return await polling.create_and_poll(self._pool, self._options, request, chosen)

    def create_and_run_stream(self, **params: Unpack[ThreadRunStreamParams]) -> RunStream:
        """Create a thread, run an assistant on it, and iterate the events of the run.

        Calls `POST /threads/runs` (createThreadAndRun) with `stream`, then goes on as
        `runs.stream`.

        Args:
            **params: As `create_and_run_poll` takes them, without `poll_interval`.

        Returns:
            A stream, as `runs.stream` does.

        Raises:
            InvalidRequestError: As `create_and_run`; or an argument is out of its range.
        """
        from portkey_async._runs import follower, settings, stream  # noqa: PLC0415  # as above

        name = "threads.create_and_run_stream"
        fields, chosen = settings.split(name, params, settings.FollowParams, "cancel")
        request = self._create_and_run(name, fields)
        following = follower.Follower(self._pool, self._options, chosen)
        return stream.RunStream(following, request, creates=True)

    def _create_and_run(self, name: str, fields: Mapping[str, object]) -> Request:
        body = self._body(name, fields, ThreadRunParams, THREAD_AND_RUN)
        return Request("POST", "/threads/runs", body=body, headers=creating(), idempotent=False)


def thread_path(thread_id: str) -> str:
    """Give the path of a thread."""
    return f"/threads/{segment(thread_id, 'thread_id')}"
