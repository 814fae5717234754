"""What an import costs in a fresh process: `python -m benchmarks._imports 'import aiohttp'`.

Prints `{"import": seconds, "memory": MiB}`: the time of the statement alone, without the start of
the interpreter, and the resident memory after it. Imports next to nothing itself: that would be
missing from what is measured.
"""

import sys
import time

from benchmarks._memory import resident

if __name__ == "__main__":
    _started = time.perf_counter()
    exec(sys.argv[1])  # noqa: S102  # the statement comes from our own table of scenarios
    _elapsed = time.perf_counter() - _started
    print(f'{{"import": {_elapsed}, "memory": {resident()}}}')
