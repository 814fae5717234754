"""The soak's server, in a process of its own: the memory that is measured is the client's alone.

It prints its base URL, and when its standard input ends, what it has seen and holds as JSON.
"""

import asyncio
import json
import sys
from random import Random

from portkey_async.testing import Fault, PortkeyServer

FAILING = 0.2
#: A server that says 429 has not acted; one that fails in these ways may have.
REFUSAL = Fault.status(429, retry_after=0)
FAILURES = (
    Fault.reset(),
    Fault.truncate(),
    *(Fault.status(status) for status in (500, 502, 503, 504)),
)


async def serve(seed: int) -> None:
    """Serve, with a fault for a fifth of the requests, for as long as standard input is open."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    requests = 0

    def prepare_next(_answered: object) -> None:
        nonlocal requests
        requests += 1
        server.requests.clear()
        if random.random() < FAILING:
            fault = random.choice((REFUSAL, *FAILURES))
            server.inject(fault, after_effect=fault is not REFUSAL and bool(random.getrandbits(1)))

    server = PortkeyServer(on_answer=prepare_next)
    async with server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    truth = {"requests": requests, "assistants": dict(server.assistants)}
    sys.stdout.write(json.dumps(truth))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
