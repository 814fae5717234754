"""The calls on one run that may be in doubt: the run itself is asked what has become of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection

import attrs

from portkey_async._errors import APIError, APIStatusError, BadRequestError, ConflictError
from portkey_async._json import encode
from portkey_async._models.runs import FunctionToolCall, Run
from portkey_async._options.options import Options
from portkey_async._transport.call import Pool, call
from portkey_async._transport.request import BETA, Request, segment
from portkey_async._types import is_array, is_object

from .statuses import required_calls

#: Refusals that may mean that the run has gone on meanwhile.
_OUTDATED = frozenset({400, 404, 409, 422})


def run_path(thread_id: str, run_id: str) -> str:
    """Give the path of a run.

    Raises:
        InvalidRequestError: An id cannot be sent.
    """
    return f"/threads/{segment(thread_id, 'thread_id')}/runs/{segment(run_id, 'run_id')}"


def retrieving(thread_id: str, run_id: str, *, urgent: bool = False) -> Request:
    """Make the request that fetches a run (getRun)."""
    return Request("GET", run_path(thread_id, run_id), headers=BETA, urgent=urgent)


def submitting(thread_id: str, run_id: str, body: bytes) -> Request:
    """Make the request that submits tool outputs (submitToolOuputsToRun)."""
    path = f"{run_path(thread_id, run_id)}/submit_tool_outputs"
    return Request("POST", path, body=body, headers={**BETA, **_key()}, idempotent=False)


def cancelling(thread_id: str, run_id: str, *, urgent: bool = False) -> Request:
    """Make the request that cancels a run (cancelRun)."""
    path = f"{run_path(thread_id, run_id)}/cancel"
    # The gateway refuses a POST without JSON.
    return Request("POST", path, headers=BETA, body=b"{}", urgent=urgent)


def again(request: Request) -> Request:
    """Make a create that a server does not take for the one before."""
    return attrs.evolve(request, headers={**request.headers, **_key()})


def _key() -> dict[str, str]:
    return {"idempotency-key": str(uuid.uuid4())}


def streamed(request: Request) -> Request:
    """Ask for a stream of events instead of a run."""
    body = json.loads(request.body or b"{}")
    headers = {**request.headers, "accept": "text/event-stream"}
    return attrs.evolve(
        request, body=encode({**body, "stream": True}), headers=headers, streaming=True
    )


def submitted_ids(body: bytes) -> frozenset[str]:
    """Give the ids of the calls that a body answers."""
    outputs = json.loads(body).get("tool_outputs")
    ids = [one.get("tool_call_id") for one in outputs or () if is_object(one)]
    return (
        frozenset(one for one in ids if isinstance(one, str)) if is_array(outputs) else frozenset()
    )


def wants(run: Run, ids: Collection[str]) -> bool:
    """Tell whether a run still waits for the outputs of these calls."""
    if run.status != "requires_action":
        return False
    calls = required_calls(run)
    wanted = {one.id for one in calls if isinstance(one, FunctionToolCall)}
    return not ids or not wanted or not wanted.isdisjoint(ids)


def is_outdated(error: APIError) -> bool:
    """Tell whether a refusal may mean that the run has gone on meanwhile."""
    return isinstance(error, APIStatusError) and error.status in _OUTDATED


async def submit(pool: Pool, options: Options, request: Request) -> Run:
    """Submit tool outputs; where no response came, ask the run whether it still wants them.

    Args:
        pool: The connections.
        options: The client's options.
        request: As `submitting` makes it.

    Returns:
        The run, as it goes on.

    Raises:
        APIError: The call went wrong; where it was in doubt, the run could not be asked either.
    """
    ids = submitted_ids(request.body or b"{}")
    look = _looking(request)
    policy, clock, doubt = options.retry, pool.clock, False
    started = clock.monotonic()
    attempt = 0
    while True:
        attempt += 1
        rest = _what_is_left(options, clock.monotonic() - started)
        try:
            return await call(pool, rest, request, Run)
        except APIError as error:
            failure = error
        doubt = doubt or failure.may_have_executed
        if not doubt:
            raise failure
        rest = _what_is_left(options, clock.monotonic() - started)
        try:
            run = await call(pool, rest, look, Run)
        except APIError:
            raise failure from None
        if not wants(run, ids):
            return run
        if attempt >= policy.attempts or is_outdated(failure):
            failure.run = run
            raise failure
        backoff = min(policy.maximum, policy.initial * 2.0 ** min(attempt, 64))
        await clock.sleep(backoff * clock.random())


async def cancel(pool: Pool, options: Options, request: Request) -> Run:
    """Cancel a run. One that an attempt has cancelled already is a success.

    Args:
        pool: The connections.
        options: The client's options.
        request: As `cancelling` makes it.

    Returns:
        The run, `cancelling` or `cancelled`.

    Raises:
        APIError: The call went wrong, or the run has ended otherwise.
    """
    try:
        return await call(pool, options, request, Run)
    except (BadRequestError, ConflictError) as error:
        if not error.may_have_executed:
            raise
        refused = error
    rest = _what_is_left(options, refused.elapsed)
    try:
        run = await call(pool, rest, _looking(request), Run)
    except APIError:
        raise refused from None
    if run.status in {"cancelling", "cancelled"}:
        return run
    raise refused


def _looking(request: Request) -> Request:
    """Make the request that fetches the run that another one is about."""
    path = request.path.rpartition("/")[0]
    return Request("GET", path, headers=BETA, urgent=request.urgent)


def _what_is_left(options: Options, elapsed: float) -> Options:
    """Give the options for the rest of a call, within the deadline of the whole."""
    total = options.timeout.total
    if total is None:
        return options
    rest = attrs.evolve(options.timeout, total=max(total - elapsed, 0.001))
    return attrs.evolve(options, timeout=rest)
