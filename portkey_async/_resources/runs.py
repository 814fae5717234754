"""The runs of assistants on threads."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Unpack

import attrs

from portkey_async._errors import BadRequestError, ConflictError
from portkey_async._models.page import Page
from portkey_async._models.runs import Run
from portkey_async._options.options import Options
from portkey_async._pagination.pager import Pager
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._params.limits import RUN, RUN_CHANGES, TOOL_OUTPUTS
from portkey_async._params.messages import MetadataParams
from portkey_async._params.runs import RunParams, ToolOutputsParams
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, segment

from .base import Resource, creating
from .run_steps import RunSteps


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
        path = _collection(thread_id)
        body = self._body("runs.create", params, RunParams, RUN)
        request = Request("POST", path, body=body, headers=creating(), idempotent=False)
        return await call(self._pool, self._options, request, Run)

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
        path = _item(thread_id, run_id)
        request = Request("POST", f"{path}/cancel", headers=BETA)
        try:
            return await call(self._pool, self._options, request, Run)
        except (BadRequestError, ConflictError) as error:
            if not error.may_have_executed:
                raise
            refused = error
        request = Request("GET", path, headers=BETA)
        run = await call(self._pool, _what_is_left(self._options, refused.elapsed), request, Run)
        if run.status in {"cancelling", "cancelled"}:
            return run
        raise refused

    async def submit_tool_outputs(
        self, run_id: str, *, thread_id: str, **params: Unpack[ToolOutputsParams]
    ) -> Run:
        """Give a run the outputs of the functions that it has called.

        Calls `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`
        (submitToolOuputsToRun). It is not repeated when it may have been executed, unless
        `RetryPolicy(repeat_creates=True)` says so. It does not wait for the run;
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
        path = f"{_item(thread_id, run_id)}/submit_tool_outputs"
        body = self._body("runs.submit_tool_outputs", params, ToolOutputsParams, TOOL_OUTPUTS)
        request = Request("POST", path, body=body, headers=creating(), idempotent=False)
        return await call(self._pool, self._options, request, Run)


def _collection(thread_id: str) -> str:
    return f"/threads/{segment(thread_id, 'thread_id')}/runs"


def _item(thread_id: str, run_id: str) -> str:
    return f"{_collection(thread_id)}/{segment(run_id, 'run_id')}"


def _what_is_left(options: Options, elapsed: float) -> Options:
    """Give the options for the rest of a call, within the deadline of the whole."""
    total = options.timeout.total
    if total is None:
        return options
    return attrs.evolve(
        options, timeout=attrs.evolve(options.timeout, total=max(total - elapsed, 0.001))
    )
