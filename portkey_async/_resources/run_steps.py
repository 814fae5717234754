"""The steps of runs: list, retrieve."""

from __future__ import annotations

from typing import Literal, Unpack

from portkey_async._models.page import Page
from portkey_async._models.run_steps import RunStep
from portkey_async._pagination.pager import Pager
from portkey_async._params.arguments import NoOther, refuse_unknown
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, segment

from .base import Resource


class RunSteps(Resource):
    """`client.threads.runs.steps`. A call goes wrong as `Assistants` describes."""

    __slots__ = ()

    def list(  # noqa: PLR0913  # the parameters of the API
        self,
        run_id: str,
        *,
        thread_id: str,
        limit: int | str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        before: str | None = None,
        **other: Unpack[NoOther],
    ) -> Pager[RunStep]:
        """Iterate the steps of a run. Does no I/O until the pager is used.

        Each page is one `GET /threads/{thread_id}/runs/{run_id}/steps` (listRunSteps).

        Args:
            run_id: The run's id.
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
        refuse_unknown("steps.list", other, ["limit", "order", "after", "before"])
        asked = self._query(limit=limit, order=order, after=after, before=before)
        return self._pager(_path(thread_id, run_id), Page[RunStep], asked)

    async def retrieve(
        self, step_id: str, *, thread_id: str, run_id: str, **other: Unpack[NoOther]
    ) -> RunStep:
        """Fetch a step of a run.

        Calls `GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}` (getRunStep).

        Args:
            step_id: Its id.
            thread_id: The thread's id.
            run_id: The run's id.

        Returns:
            The step.

        Raises:
            InvalidRequestError: An id is empty, `.`, `..` or holds a control character.
            NotFoundError: There is no such step.
            APIError: The call went wrong, in one of the ways that the class lists.
            ClientClosedError: The client is closed.
        """
        refuse_unknown("steps.retrieve", other)
        path = f"{_path(thread_id, run_id)}/{segment(step_id, 'step_id')}"
        request = Request("GET", path, headers=BETA)
        return await call(self._pool, self._options, request, RunStep)


def _path(thread_id: str, run_id: str) -> str:
    return f"/threads/{segment(thread_id, 'thread_id')}/runs/{segment(run_id, 'run_id')}/steps"
