"""A machine of hypothesis that makes calls under faults, on a server and a client of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from portkey_async import APIError, AsyncPortkey, BadRequestError, NotFoundError, RetryPolicy
from portkey_async.testing import Fault, PortkeyServer

T = TypeVar("T")

#: Answers that deny having acted come from servers that have not; the others, from either sort.
HONEST_REFUSALS = [
    *(Fault.status(status) for status in (400, 401, 403, 409, 422, 429)),
    Fault.status(429, retry_after=0),
    Fault.redirect("http://127.0.0.1:9/v1/assistants"),
]
FAILURES = [
    *(Fault.status(status) for status in (408, 500, 502, 503, 504, 529)),
    Fault.status(503, retry_after=0),
    Fault.status(503, headers={"x-portkey-retry-attempt-count": "-1"}),
    Fault.redirect("http://127.0.0.1:9/v1/assistants", code=303),
    Fault.reset(),
    Fault.truncate(),
    Fault.malformed(),
]
FAULTS = [
    *HONEST_REFUSALS,
    *FAILURES,
    *(fault.aimed(after_effect=True) for fault in FAILURES),
    Fault.payload(lambda payload: payload.update(id=None)),
    Fault.slow_body(0.001),
]
weather = st.lists(st.sampled_from(FAULTS), max_size=4)


class UnderFaults(RuleBasedStateMachine):
    """Makes calls on a client, each under some faults."""

    def __init__(self) -> None:
        """Start a server and a client on a loop of their own."""
        super().__init__()
        # With a factory it leaves the thread's current loop, which is pytest-asyncio's, alone.
        self.runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.names = (f"name {number}" for number in count())
        self.server = PortkeyServer()
        self.run(self.server.start)
        self.client: AsyncPortkey = self.server.client(
            retry=RetryPolicy(initial=0.0001, maximum=0.0002)
        )

    def teardown(self) -> None:
        """Close the client, stop the server; a task still running then is a leak."""
        self.run(self.client.close)
        self.run(self.server.stop)
        self.run(_assert_alone)
        self.runner.close()

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Wait for *call* on this machine's loop."""

        async def waiting() -> T:
            return await call()

        return self.runner.run(waiting())

    def attempt(self, faults: Sequence[Fault], call: Callable[[], Awaitable[T]]) -> T | APIError:
        """Make *call* while its requests meet *faults*, one each; what came of it.

        Without faults, it may only be refused for what the server holds.
        """
        for fault in faults:
            self.server.inject(fault)
        try:
            return self.run(call)
        except APIError as error:
            if not (faults or isinstance(error, NotFoundError | BadRequestError)):
                raise
            return error
        finally:
            self.server.clear_faults()


async def _assert_alone() -> None:
    assert asyncio.all_tasks() == {asyncio.current_task()}
