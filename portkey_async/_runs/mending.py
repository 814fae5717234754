"""What the API has of a run whose stream broke: its messages and steps, as they are now."""

from __future__ import annotations

from typing import Any

import attrs

from portkey_async._errors import APIError
from portkey_async._models.messages import Message
from portkey_async._models.page import Page
from portkey_async._models.run_steps import RunStep
from portkey_async._models.runs import Run
from portkey_async._pagination.cursors import ListQuery
from portkey_async._pagination.pager import Pager
from portkey_async._transport.call import call
from portkey_async._transport.request import BETA, Request, query

from .follower import Follower
from .requests import run_path
from .waits import may_pass


async def settled(follower: Follower) -> Run:
    """Poll a run until it does not go on by itself."""
    with follower.polling():
        run = await follower.look()
        while not follower.is_settled(run):
            await follower.wait(run)
            run = await follower.look()
    return run


async def told(follower: Follower, run: Run) -> tuple[list[Message], list[RunStep]]:
    """Fetch the messages and the steps of a run, oldest first, outliving what may pass.

    Some servers give all messages of the thread.
    """
    messages = _listed(follower, f"/threads/{run.thread_id}/messages", Page[Message], run.id)
    steps = _listed(follower, f"{run_path(run.thread_id, run.id)}/steps", Page[RunStep], None)
    while True:
        try:
            return await messages.collect(), await steps.collect()
        except APIError as error:
            if not may_pass(error):
                raise
            failure = error
        await follower.wait(None, getattr(failure, "retry_after", None))


def _listed(follower: Follower, path: str, page: type[Page[Any]], run_id: str | None) -> Pager[Any]:
    async def fetch(asked: ListQuery) -> Page[Any]:
        pairs = {**attrs.asdict(asked), "run_id": run_id}
        request = Request("GET", path, query=query(pairs.items()), headers=BETA)
        return await call(follower.pool, follower.options, request, page)

    return Pager(fetch, ListQuery(100, "asc", None, None))
