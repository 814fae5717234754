"""What is wrong with many runs, by the server's own log and what it holds in the end."""

import json
from collections import Counter
from collections.abc import Collection, Iterator

import attrs
from faults.run_jobs import FunctionFailedError, Functions, Job, right_output

from portkey_async import APIError, Run, RunStreamError, RunTimeoutError
from portkey_async.testing import PortkeyServer

ACTIVE = frozenset({"queued", "in_progress", "requires_action", "cancelling"})


@attrs.frozen
class Verdict:
    """What came of many runs.

    Attributes:
        wrong: The promises that were not kept.
        told: How many runs are left active of which an error or the log tells, by what it says.
    """

    wrong: list[str]
    told: Counter[str]


def judge(
    server: PortkeyServer, jobs: Collection[Job], functions: Functions, logged: Collection[str]
) -> Verdict:
    """Hold the jobs against the server's log.

    Args:
        server: Where they ran.
        jobs: What they were, and what came of them.
        functions: What was called.
        logged: The ids of runs, and the names of jobs, that the client's log says to go on.
    """
    told: Counter[str] = Counter()
    wrong = [*_calls(server, functions), *_left(server, jobs, logged, told)]
    for job in jobs:
        name = f"job {job.number} ({job.way.__name__})"
        wrong += [f"{name}: {line}" for line in _outcome(server, job)]
    return Verdict(wrong, told)


def _calls(server: PortkeyServer, functions: Functions) -> Iterator[str]:
    """Every call id is answered once at most, with the right output, by one call of a function."""
    wanted = {
        call["id"]: right_output(
            call["function"]["name"], **json.loads(call["function"]["arguments"])
        )
        for step in server.run_steps.values()
        if step["type"] == "tool_calls"
        for call in step["step_details"]["tool_calls"]
        if call["type"] == "function"
    }
    taken: Counter[str] = Counter()
    for request in server.requests:
        if not request.path.endswith("/submit_tool_outputs"):
            continue
        for output in request.body["tool_outputs"]:
            call_id = output["tool_call_id"]
            taken[call_id] += request.acted
            if output["output"] != wanted[call_id]:
                yield f"{call_id} was answered {output['output']!r}, not {wanted[call_id]!r}"
    yield from (f"{one} was answered {times} times" for one, times in taken.items() if times > 1)
    called = functions.called
    yield from (f"{one} was called {times} times" for one, times in called.items() if times > 1)
    yield from (f"{one} was answered and never called" for one in taken if one not in called)


def _left(
    server: PortkeyServer, jobs: Collection[Job], logged: Collection[str], told: Counter[str]
) -> Iterator[str]:
    """No run is left active, but for those of which an error or the log tells."""
    by_name = {job.name: job for job in jobs}
    for run in server.runs.values():
        if run["status"] not in ACTIVE:
            continue
        job = by_name[run["metadata"]["job"]]
        error = job.outcome
        in_doubt = isinstance(error, APIError) and error.may_have_executed and error.run is None
        if in_doubt:
            told["the error says that it may have been created"] += 1
        elif run["id"] in logged:
            told["the log says that it could not be cancelled"] += 1
        elif job.name in logged:
            told["the log says so of one whose create was left"] += 1
        elif not job.handed_back:
            yield f"{run['id']} of job {job.number} is {run['status']}, and nobody tells: {error!r}"


def _outcome(server: PortkeyServer, job: Job) -> Iterator[str]:
    """What a job gave is what its script and its faults allow, and what the server holds."""
    outcome = job.outcome
    match outcome:
        case Run():
            yield from _agrees(server, job, outcome)
            return
        case RunTimeoutError():
            allowed = job.hangs
        case RunStreamError():
            allowed = outcome.code == "server_error" and job.stream is not None
        case APIError():
            allowed = outcome.run is None  # it could not be created
        case FunctionFailedError():
            allowed = job.raises
        case _:
            allowed = job.cancelled
    if not allowed:
        yield f"raised {outcome!r}"


def _agrees(server: PortkeyServer, job: Job, run: Run) -> Iterator[str]:
    held = server.runs[run.id]
    if run.status in ACTIVE or run.to_dict() != held:
        yield f"gave {run.to_dict()}, but the server holds {held}"
    stream = job.stream
    if stream is None:
        return
    messages = [one for one in server.messages.values() if one.get("run_id") == run.id]
    steps = [one for one in server.run_steps.values() if one["run_id"] == run.id]
    if [one.to_dict() for one in stream.messages] != messages:
        yield f"the messages are {stream.messages}, but the server holds {messages}"
    if [one.to_dict() for one in stream.run_steps] != steps:
        yield f"the steps are {stream.run_steps}, but the server holds {steps}"
    if job.text is not None and job.text != (text := "".join(one.text for one in stream.messages)):
        yield f"the text was {job.text!r}, not {text!r}"
