"""The client of `portkey_client` under pytest-asyncio: one fixture for each scope of event loop.

A client belongs to the loop that uses it, so it has to be closed in the loop of the test.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Literal

import pytest_asyncio

if TYPE_CHECKING:
    from portkey_async import AsyncPortkey
    from portkey_async.testing import PortkeyServer


def _fixture(scope: Literal["function", "class", "module", "package", "session"]) -> Any:
    @pytest_asyncio.fixture(name=f"_portkey_client_{scope}", loop_scope=scope)
    async def fixture(portkey_server: "PortkeyServer") -> AsyncGenerator["AsyncPortkey"]:
        async with portkey_server.client() as client:
            yield client

    return fixture


in_function = _fixture("function")
in_class = _fixture("class")
in_module = _fixture("module")
in_package = _fixture("package")
in_session = _fixture("session")
