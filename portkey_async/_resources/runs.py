"""The runs of assistants on threads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Unpack

import attrs

from portkey_async._models.page import Page
from portkey_async._models.runs import Run
from portkey_async._pagination.pager import Pager
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._params.limits import RUN, RUN_CHANGES, TOOL_OUTPUTS
from portkey_async._params.messages import MetadataParams
from portkey_async._params.runs import RunParams, ToolOutputsParams
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, segment

from .base import Resource, creating
from .run_steps import RunSteps

if TYPE_CHECKING:
    from portkey_async._runs.settings import (
        CreateAndPollParams,
        PollParams,
        StreamParams,
        SubmitAndPollParams,
        SubmitStreamParams,
    )
    from portkey_async._runs.stream import RunStream


@attrs.frozen
class Runs(Resource):
    """`client.threads.runs`. A call goes wrong as `Assistants` describes."""

    @cached_property
    def steps(self) -> RunSteps:
        """The steps of runs: list, retrieve."""
        return RunSteps(self._pool, self._options)

    async def create(self, thread_id: str, **params: Unpack[RunParams]) -> Run:
        """Run an assistant on a thread.

        Calls `POST /threads/{thread_id}/runs` (createRun), with an `Idempotency-Key` that is the
        same on all its attempts. It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so. It does not wait for the run;
        `create_and_poll` and `stream` do.

        Args:
            thread_id: The thread's id.
            assistant_id: The assistant that runs.
            model: The model to use.
            instructions: They replace those of the assistant.
            additional_instructions: Added to the end of the instructions.
            additional_messages: Added to the thread before the run: plain dicts of `role` and
                `content`, and optionally `attachments` and `metadata`.
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
            The run, as a rule `queued`.

        Raises:
            InvalidRequestError: The id cannot be sent, an argument is past a limit of the
                specification, or JSON cannot hold it. Nothing was sent.
            ActiveRunError: The thread has an active run already.
            NotFoundError: There is no such thread, or no such assistant.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        request = self._create("runs.create", thread_id, params)
        return await call(self._pool, self._options, request, Run)

    async def create_and_poll(self, thread_id: str, **params: Unpack[CreateAndPollParams]) -> Run:
        """Run an assistant on a thread, and poll the run until it has ended.

        Calls `POST /threads/{thread_id}/runs` (createRun), then `GET` of the run (getRun) and,
        after functions were called, `POST …/submit_tool_outputs` (submitToolOuputsToRun). Lost
        connections, timeouts, 408, 429 and 5xx are outlived while it polls.

        Args:
            thread_id: The thread's id.
            **params: As `create` takes them, and:

                - `functions`: Functions that the model may call, or a mapping of names to
                  functions. They define no tools: `function_tools` does.
                - `run_timeout`: Seconds for the run with all its rounds, more than 0, or None for
                  no limit. Default 660, a minute more than a run lives.
                - `poll_interval`: Seconds between two polls, more than 0; None, the default, for
                  what the server asks for by `openai-poll-after-ms`, else 1 growing to 5.
                - `on_exit`: `"cancel"`, the default, or `"leave"` a run that has not ended when it
                  is not waited for any longer.
                - `on_function_error`: `"raise"`, the default, what a function raises; `"report"`
                  to the model that it failed; or a function of the call and the error that gives
                  the text to report.
                - `if_active`: Where the thread has an active run: `"raise"`, the default, or
                  `"wait"` for its end.

        Returns:
            The run: completed, failed, incomplete, cancelled or expired, or waiting for an action
            that `functions` cannot give. `run.status` says which.

        Raises:
            InvalidRequestError: As `create`; or an argument is out of its range. Nothing was sent.
            ActiveRunError: The thread has an active run already.
            RunTimeoutError: The run was not done within `run_timeout`.
            InvalidFunctionCallError: The model's arguments do not fit a function.
            APIError: The call went wrong, in one of the ways that the class lists; `.run` is the
                run, as far as it is known.
            ClientClosedError: The client is closed.
            Exception: What a function raised, as it is.
        """
        from portkey_async._runs import polling, settings  # noqa: PLC0415  # slow to import, see _runs

        name = "runs.create_and_poll"
        fields, chosen = settings.split(name, params, settings.WaitParams, "cancel")
        request = self._create(name, thread_id, fields)
        return await polling.create_and_poll(self._pool, self._options, request, chosen, thread_id)

    async def poll(self, run_id: str, *, thread_id: str, **params: Unpack[PollParams]) -> Run:
        """Poll a run until it has ended.

        Calls `GET /threads/{thread_id}/runs/{run_id}` (getRun), as `create_and_poll` does.

        Args:
            run_id: Its id.
            thread_id: The thread's id.
            **params: `functions`, `run_timeout`, `poll_interval`, `on_exit` and
                `on_function_error`, as in `create_and_poll`; `on_exit` is `"leave"` by default.

        Returns:
            The run, as `create_and_poll` does.

        Raises:
            InvalidRequestError: An id cannot be sent, or an argument is out of its range.
            RunTimeoutError: The run was not done within `run_timeout`.
            InvalidFunctionCallError: The model's arguments do not fit a function.
            NotFoundError: There is no such run.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
            Exception: What a function raised, as it is.
        """
        from portkey_async._runs import polling, settings  # noqa: PLC0415  # as above

        other, chosen = settings.split("runs.poll", params, settings.PollParams, "leave")
        refuse_unknown("runs.poll", other, settings.PollParams.__annotations__)
        return await polling.poll(self._pool, self._options, thread_id, run_id, chosen)

    async def retrieve(self, run_id: str, *, thread_id: str, **other: Unpack[NoOther]) -> Run:
        """Fetch a run.

        Calls `GET /threads/{thread_id}/runs/{run_id}` (getRun).

        Args:
            run_id: Its id.
            thread_id: The thread's id.

        Returns:
            The run.

        Raises:
            InvalidRequestError: An id is empty, `.`, `..` or holds a control character.
            NotFoundError: There is no such run.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("runs.retrieve", other)
        request = Request("GET", _item(thread_id, run_id), headers=BETA)
        return await call(self._pool, self._options, request, Run)

    async def update(
        self, run_id: str, *, thread_id: str, **changes: Unpack[MetadataParams]
    ) -> Run:
        """Change the metadata of a run.

        Calls `POST /threads/{thread_id}/runs/{run_id}` (modifyRun). Sends what is given and nothing
        else.

        Args:
            run_id: Its id.
            thread_id: The thread's id.
            metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512. None
                clears them.
            extra_body: Keys that this version does not know, put into the body as they are.

        Returns:
            The run as the server keeps it now.

        Raises:
            InvalidRequestError: An id cannot be sent, an argument is past a limit of the
                specification, or JSON cannot hold it. Nothing was sent.
            NotFoundError: There is no such run.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        body = self._body("runs.update", changes, MetadataParams, RUN_CHANGES)
        request = Request("POST", _item(thread_id, run_id), body=body, headers=BETA)
        return await call(self._pool, self._options, request, Run)

    def list(  # the parameters of the API
        self,
        thread_id: str,
        *,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        before: str | None = None,
        **other: Unpack[NoOther],
    ) -> Pager[Run]:
        """Iterate the runs on a thread. Does no I/O until the pager is used.

        Each page is one `GET /threads/{thread_id}/runs` (listRuns).

        Args:
            thread_id: The thread's id.
            limit: The page size, 1 to 100, and no cap on the list; digits in a str will do.
                Left out, the server's own, which the specification gives as 20.
            order: By creation: `asc`, or `desc`, the server's default.
            after: Go forward from this id; None for from the start.
            before: Go backward from this id; the objects nearest to it come first.

        Returns:
            A pager: `await` it for the first page, `async for` it for everything.

        Raises:
            InvalidRequestError: An id cannot be sent, an argument is out of its range, or `after`
                and `before` are both given.
        """
        refuse_unknown("runs.list", other, ["limit", "order", "after", "before"])
        asked = self._query(limit=limit, order=order, after=after, before=before)
        return self._pager(_collection(thread_id), Page[Run], asked)

    async def cancel(self, run_id: str, *, thread_id: str, **other: Unpack[NoOther]) -> Run:
        """Cancel a run.

        Calls `POST /threads/{thread_id}/runs/{run_id}/cancel` (cancelRun). Safe to repeat: where an
        earlier attempt of the same call may have cancelled the run already, and the API refuses
        the next one for that reason, the run is fetched and returned.

        Args:
            run_id: Its id.
            thread_id: The thread's id.

        Returns:
            The run, `cancelling` or `cancelled`.

        Raises:
            InvalidRequestError: An id is empty, `.`, `..` or holds a control character.
            BadRequestError: The run has ended.
            NotFoundError: There is no such run.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("runs.cancel", other)
        from portkey_async._runs import requests  # noqa: PLC0415  # as above

        request = requests.cancelling(thread_id, run_id)
        return await requests.cancel(self._pool, self._options, request)

    async def submit_tool_outputs(
        self, run_id: str, *, thread_id: str, **params: Unpack[ToolOutputsParams]
    ) -> Run:
        """Give a run the outputs of the functions that it has called.

        Calls `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`
        (submitToolOuputsToRun). Where it may have been executed and no response came, the run is
        asked whether it still wants the outputs. It does not wait for the run;
        `submit_tool_outputs_and_poll` and `submit_tool_outputs_stream` do.

        Args:
            run_id: Its id.
            thread_id: The thread's id.
            tool_outputs: Plain dicts of `tool_call_id` and `output`, which is text: one for each
                call that the run waits for.
            extra_body: Keys that this version does not know, such as the approvals that Foundry
                wants.

        Returns:
            The run, which goes on.

        Raises:
            InvalidRequestError: An id cannot be sent, an output is no text, or JSON cannot hold
                it. Nothing was sent.
            BadRequestError: The run wants no outputs, or others.
            NotFoundError: There is no such run.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        from portkey_async._runs import requests  # noqa: PLC0415  # as above

        request = self._submit("runs.submit_tool_outputs", thread_id, run_id, params)
        return await requests.submit(self._pool, self._options, request)

    async def submit_tool_outputs_and_poll(
        self, run_id: str, *, thread_id: str, **params: Unpack[SubmitAndPollParams]
    ) -> Run:
        """Give a run the outputs that it waits for, and poll it until it has ended.

        Calls `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`
        (submitToolOuputsToRun), then goes on as `create_and_poll`.

        Args:
            run_id: Its id.
            thread_id: The thread's id.
            **params: `tool_outputs` and `extra_body`, as in `submit_tool_outputs`; `functions`,
                `run_timeout`, `poll_interval`, `on_exit` and `on_function_error`, as in
                `create_and_poll`; `on_exit` is `"leave"` by default.

        Returns:
            The run, as `create_and_poll` does; one that has ended before the outputs came, too.

        Raises:
            InvalidRequestError: An id cannot be sent, an output is no text, or an argument is out
                of its range. Nothing was sent.
            BadRequestError: The run wants other outputs.
            RunTimeoutError: The run was not done within `run_timeout`.
            InvalidFunctionCallError: The model's arguments do not fit a function.
            NotFoundError: There is no such run.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
            Exception: What a function raised, as it is.
        """
        from portkey_async._runs import polling, settings  # noqa: PLC0415  # as above

        name = "runs.submit_tool_outputs_and_poll"
        fields, chosen = settings.split(name, params, settings.PollParams, "leave")
        request = self._submit(name, thread_id, run_id, fields)
        return await polling.submit_and_poll(
            self._pool, self._options, thread_id, run_id, request, chosen
        )

    def stream(self, thread_id: str, **params: Unpack[StreamParams]) -> RunStream:
        """Run an assistant on a thread, and iterate the events of the run.

        Calls `POST /threads/{thread_id}/runs` (createRun) with `stream`, on entering the
        `async with`; and, after functions were called, `POST …/submit_tool_outputs`
        (submitToolOuputsToRun), whose events go on in the same iterator. A stream that breaks is
        mended by polling.

        Args:
            thread_id: The thread's id.
            **params: As `create_and_poll` takes them, without `poll_interval`.

        Returns:
            A stream: an async context manager, and an async iterator of events.

        Raises:
            InvalidRequestError: As `create`; or an argument is out of its range.
        """
        from portkey_async._runs import follower, settings, stream  # noqa: PLC0415  # as above

        name = "runs.stream"
        fields, chosen = settings.split(name, params, settings.StreamWaitParams, "cancel")
        request = self._create(name, thread_id, fields)
        following = follower.Follower(self._pool, self._options, chosen, thread_id)
        return stream.RunStream(following, request, creates=True)

    def submit_tool_outputs_stream(
        self, run_id: str, *, thread_id: str, **params: Unpack[SubmitStreamParams]
    ) -> RunStream:
        """Give a run the outputs that it waits for, and iterate its events.

        Calls `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`
        (submitToolOuputsToRun) with `stream`, then goes on as `stream`.

        Args:
            run_id: Its id.
            thread_id: The thread's id.
            **params: As `submit_tool_outputs_and_poll` takes them, without `poll_interval`.

        Returns:
            A stream, as `stream` does.

        Raises:
            InvalidRequestError: An id cannot be sent, an output is no text, or an argument is out
                of its range.
        """
        from portkey_async._runs import follower, settings, stream  # noqa: PLC0415  # as above

        name = "runs.submit_tool_outputs_stream"
        fields, chosen = settings.split(name, params, settings.FollowParams, "leave")
        request = self._submit(name, thread_id, run_id, fields)
        following = follower.Follower(self._pool, self._options, chosen, thread_id, run_id)
        return stream.RunStream(following, request, creates=False)

    def _create(self, name: str, thread_id: str, fields: Mapping[str, object]) -> Request:
        body = self._body(name, fields, RunParams, RUN)
        path = _collection(thread_id)
        return Request("POST", path, body=body, headers=creating(), idempotent=False)

    def _submit(
        self, name: str, thread_id: str, run_id: str, fields: Mapping[str, object]
    ) -> Request:
        body = self._body(name, fields, ToolOutputsParams, TOOL_OUTPUTS)
        path = f"{_item(thread_id, run_id)}/submit_tool_outputs"
        return Request("POST", path, body=body, headers=creating(), idempotent=False)


def _collection(thread_id: str) -> str:
    return f"/threads/{segment(thread_id, 'thread_id')}/runs"


def _item(thread_id: str, run_id: str) -> str:
    return f"{_collection(thread_id)}/{segment(run_id, 'run_id')}"
