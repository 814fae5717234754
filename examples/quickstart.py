"""List all assistants; then create, change, read and delete one.

Talks to an embedded server; or, if PORTKEY_API_KEY or PORTKEY_BASE_URL is set, to the gateway that
they name, which also wants to know the provider: PORTKEY_PROVIDER_VIRTUAL_KEY does that.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer


@asynccontextmanager
async def connect() -> AsyncIterator[AsyncPortkey]:
    """Open a client for what the environment names, or for an embedded server."""
    if os.environ.get("PORTKEY_API_KEY") or os.environ.get("PORTKEY_BASE_URL"):
        async with AsyncPortkey() as client:
            print(f"Talking to the gateway that the environment names: {client!r}")
            yield client
    else:
        async with PortkeyServer(assistants=250) as server, server.client() as client:
            print(f"Talking to an embedded server with 250 assistants at {server.base_url}")
            yield client


async def main() -> None:
    """Run every operation on assistants once."""
    async with connect() as client:
        count = 0
        async for assistant in client.assistants.list(order="asc", limit=100):
            count += 1
            print(f"{count:4}  {assistant.id}  {assistant.name}")
        print(f"{count} assistants")

        model = os.environ.get("PORTKEY_MODEL", "gpt-4o")
        tools = [{"type": "code_interpreter"}]
        created = await client.assistants.create(model=model, name="Math Tutor", tools=tools)
        print(f"created  {created.id}  {created.name}")
        try:
            updated = await client.assistants.update(created.id, name="Physics Tutor")
            print(f"updated  {updated.id}  {updated.name}")
            read = await client.assistants.retrieve(created.id)
            print(f"read     {read.id}  {read.name}, model {read.model}, tools {read.tools}")
        finally:
            deleted = await client.assistants.delete(created.id)
            print(f"deleted  {deleted.id}  {deleted.deleted}")


if __name__ == "__main__":
    asyncio.run(main())
