"""One run of `dump` or `load`, in a process of its own that may be killed at any time.

Run by `python -m support.mover dump|load URL FILE GRACE`. It prints what came of it as JSON; where
a call went wrong, it prints why and ends with 1.
"""

import asyncio
import json
import sys
from pathlib import Path

import attrs
from support.moving import FAST

from portkey_async import APIError, AsyncPortkey
from portkey_async.transfer import _doubts, dump, load


async def run(what: str, url: str, path: Path) -> None:
    """Dump or load."""
    async with AsyncPortkey("pk-test", virtual_key="vk-test", base_url=url, retry=FAST) as client:
        if what == "dump":
            threads = json.loads(path.with_name("threads.json").read_text())
            told = attrs.asdict(await dump(client, path, threads=threads))
        else:
            told = attrs.asdict(await load(client, path), value_serializer=_shown)
    sys.stdout.write(json.dumps(told))


def _shown(_instance: object, _field: object, value: object) -> object:
    return str(value) if isinstance(value, Exception) else value


if __name__ == "__main__":
    chosen, base_url, file, _doubts.GRACE = *sys.argv[1:4], float(sys.argv[4])
    try:
        asyncio.run(run(chosen, base_url, Path(file)))
    except APIError as error:
        sys.exit(f"{type(error).__name__}: {error}")
