"""Run steps: the operations on them."""

from portkey_async.testing._exchange import Received, Response

from . import response
from .request import found
from .runs import found_run
from .state import State


def list_steps(state: State, received: Received, thread_id: str, run_id: str) -> Response:
    """`GET /threads/{thread_id}/runs/{run_id}/steps`."""
    found_run(state, thread_id, run_id)
    state.engine.look(thread_id)
    return response.page(state, received, state.stores.run_steps, "run step", parent=run_id)


def retrieve(
    state: State, _received: Received, thread_id: str, run_id: str, step_id: str
) -> Response:
    """`GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}`."""
    found_run(state, thread_id, run_id)
    state.engine.look(thread_id)
    return response.one(state, found(state.stores.run_steps, "run step", step_id, run_id=run_id))
