"""What the many runs do: each a job with its script, its way of being waited for, its functions."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

import attrs

from portkey_async import AsyncPortkey, Run, RunStream, call_functions, current_call
from portkey_async.testing import Call, Code, End, Fail, Hang, Say

#: Names of functions that raise.
FAILING = frozenset({"fail", "fail_in_thread"})
SOON = 0.5

SCRIPTS: tuple[Callable[[int], Sequence[Any]], ...] = (
    lambda n: [Say(f"Run {n} says a few words.")],
    lambda n: [Call("add", a=n, b=1), Say(f"Run {n} added.")],
    lambda n: [[Call("add", a=n, b=2), Call("multiply", a=n, b=3)], Say(f"Run {n} has both.")],
    lambda n: [
        Say(f"Run {n} begins."),
        Call("multiply", a=n, b=4),
        Code("1 + 1", "2"),
        Call("add", a=n, b=5),
        Say(f"Run {n} ends."),
    ],
    lambda n: [Call("add", a=n, b=6), Fail(message=f"Run {n} fails.")],
    lambda n: [Call("multiply", a=n, b=7), End("incomplete")],
    lambda n: [[Call("fail", a=n, b=8), Call("add", a=n, b=9)], Say(f"Run {n} heard of it.")],
    lambda n: [Call("fail_in_thread", a=n, b=10), Say(f"Run {n} heard of it too.")],
    lambda n: [Call("add", a=n, b=11), Hang()],
)


class FunctionFailedError(Exception):
    """What the functions raise that do."""


@attrs.define
class Functions:
    """What the model may call, and how often each call was made."""

    called: Counter[str] = attrs.Factory(Counter)

    def known(self) -> list[Callable[..., object]]:
        """Give the functions, two of them async."""
        return [self.add, self.multiply, self.fail, self.fail_in_thread]

    async def add(self, a: int, b: int) -> int:
        """Add."""
        self._count()
        await asyncio.sleep(0.005)
        return a + b

    def multiply(self, a: int, b: int) -> int:
        """Multiply, in a thread."""
        self._count()
        return a * b

    async def fail(self, a: int, b: int) -> int:
        """Raise."""
        self._count()
        await asyncio.sleep(0)
        raise FunctionFailedError(a, b)

    def fail_in_thread(self, a: int, b: int) -> int:
        """Raise, in a thread."""
        self._count()
        raise FunctionFailedError(a, b)

    def _count(self) -> None:
        call = current_call()
        assert call is not None
        self.called[call.id] += 1


def right_output(name: str, a: int, b: int) -> str:
    """What is to be submitted for a call."""
    if name in FAILING:
        return f"{name} failed: {FunctionFailedError.__name__}"
    return str(a + b if name == "add" else a * b)


@attrs.define
class Job:
    """One run: what it does, how it is waited for, and what came of it.

    Attributes:
        number: Stands in the run's metadata.
        acts: What the run does.
        way: How it is waited for.
        on_function_error: What becomes of an exception of a function.
        victim: Whether it is cancelled at some time.
        cancelled: Whether it was.
        outcome: The run, or the error.
        handed_back: Whether the run was handed back: then it is the caller's.
        stream: The stream it was read from, if it was one.
        text: What `text_deltas` gave, where that was read.
    """

    number: int
    acts: Sequence[Any]
    way: "Way"
    on_function_error: Any
    victim: bool
    cancelled: bool = False
    outcome: Run | BaseException | None = None
    handed_back: bool = False
    stream: RunStream | None = None
    text: str | None = None

    @property
    def name(self) -> str:
        """Its number, as the metadata have it."""
        return str(self.number)

    @property
    def hangs(self) -> bool:
        """Whether its run never ends by itself."""
        return isinstance(self.acts[-1], Hang)

    @property
    def raises(self) -> bool:
        """Whether what its functions raise comes out."""
        return self.on_function_error == "raise" and any(
            call.name in FAILING
            for act in self.acts
            for call in (act if isinstance(act, list) else [act])
            if isinstance(call, Call)
        )


@attrs.frozen
class Desk:
    """What a job works with."""

    client: AsyncPortkey
    functions: Functions
    assistant_id: str
    thread_id: str


Way = Callable[[Desk, Job], Awaitable[Run]]


def _settings(desk: Desk, job: Job) -> dict[str, Any]:
    return {
        "assistant_id": desk.assistant_id,
        "metadata": {"job": job.name},
        "functions": desk.functions.known(),
        "on_function_error": job.on_function_error,
        "run_timeout": SOON if job.hangs else 60,
    }


async def _poll(desk: Desk, job: Job) -> Run:
    return await desk.client.threads.runs.create_and_poll(desk.thread_id, **_settings(desk, job))


async def _poll_on_a_new_thread(desk: Desk, job: Job) -> Run:
    return await desk.client.threads.create_and_run_poll(**_settings(desk, job))


async def _stream(desk: Desk, job: Job) -> Run:
    job.stream = desk.client.threads.runs.stream(desk.thread_id, **_settings(desk, job))
    async with job.stream as stream:
        return await stream.get_final_run()


async def _stream_on_a_new_thread(desk: Desk, job: Job) -> Run:
    job.stream = desk.client.threads.create_and_run_stream(**_settings(desk, job))
    async with job.stream as stream:
        async for _ in stream:
            pass
        return await stream.get_final_run()


async def _read_the_text(desk: Desk, job: Job) -> Run:
    job.stream = desk.client.threads.runs.stream(desk.thread_id, **_settings(desk, job))
    async with job.stream as stream:
        job.text = "".join([piece async for piece in stream.text_deltas])
        return await stream.get_final_run()


async def _answer_by_hand(desk: Desk, job: Job) -> Run:
    """Take the run back, call its functions, and submit what they give."""
    runs = desk.client.threads.runs
    settings = _settings(desk, job)
    known = settings.pop("functions")
    run = await runs.create_and_poll(desk.thread_id, **settings)
    while run.status == "requires_action":
        job.handed_back = True
        outputs = await call_functions(run, known, on_function_error=job.on_function_error)
        job.handed_back = False
        run = await runs.submit_tool_outputs_and_poll(
            run.id,
            thread_id=run.thread_id,
            tool_outputs=outputs,
            on_exit="cancel",
            run_timeout=settings["run_timeout"],
        )
    return run


WAYS: tuple[Way, ...] = (
    _poll,
    _poll_on_a_new_thread,
    _stream,
    _stream_on_a_new_thread,
    _read_the_text,
    _answer_by_hand,
)


def jobs(number: int, random: Random) -> list[Job]:
    """Make so many jobs, of which a third is cancelled at some time."""
    return [
        Job(
            number=one,
            acts=random.choice(SCRIPTS)(one),
            way=random.choice(WAYS),
            on_function_error=random.choice(("raise", "report")),
            victim=random.random() < 1 / 3,
        )
        for one in range(number)
    ]
