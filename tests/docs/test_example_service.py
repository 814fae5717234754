"""The example service passes its own tests, in all three sizes, and can be served."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.documents import ROOT, blocks, text_of
from support.gateway import SERVER, SOURCE, Gateway
from support.suites import LIGHT

from portkey_async import AsyncPortkey
from portkey_async.testing import PortkeyServer

SERVICE = ROOT / "examples" / "service"
TESTING = ROOT / "docs" / "testing.md"
SECONDS = 120


@contextmanager
def stand_alone_server() -> Iterator[str]:
    """The base URL of a server started by the command that the documents show."""
    command = [sys.executable, "-m", "portkey_async.testing"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def suite(*arguments: str, **settings: str) -> dict[str, int]:
    """How the tests of the service turn out, by outcome."""
    done = subprocess.run(  # noqa: S603  # arguments of our own
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:aiohttp"),
            *(*LIGHT, *arguments),
        ],
        cwd=SERVICE,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return pytest.RunResult.parse_summary_nouns(done.stdout.splitlines())


def test_it_passes_without_a_gateway() -> None:
    """Payload helpers and fixtures are enough; the tests of the third size say why they wait."""
    outcomes = suite()

    assert outcomes.keys() == {"passed", "skipped"}
    assert outcomes["passed"] > 10
    assert outcomes["skipped"] == 2


def test_it_passes_through_the_real_gateway(gateway: Gateway) -> None:
    """In front of the stand-alone server; nothing is skipped."""
    with stand_alone_server() as upstream:
        urls = {"GATEWAY_URL": gateway.base_url, "UPSTREAM_URL": upstream}
        outcomes = suite("test_gateway.py", **urls)

    assert outcomes == {"passed": 2}


def test_the_documented_gateway_is_the_one_that_is_tested() -> None:
    """The package.json and the command of docs/testing.md are those of the tests."""
    shown = [json.loads(block.source) for block in blocks(TESTING, "json")]
    pinned = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))

    (documented,) = (each for each in shown if "dependencies" in each)
    assert documented == {name: pinned[name] for name in documented}
    assert {"dependencies", "overrides"} <= documented.keys()
    assert f"node {SERVER} --headless" in text_of(TESTING)


async def test_the_recipe_for_azure_arrives(gateway: Gateway) -> None:
    """The version that Azure wants is in every query, and the token is a bearer."""
    async with (
        PortkeyServer(assistants=3, api_key="entra-token") as azure,
        AsyncPortkey(
            base_url=gateway.base_url,
            provider="azure-openai",
            custom_host=azure.base_url,
            authorization=azure.api_key,
            headers={"x-portkey-azure-api-version": "2025-05-01"},
        ) as client,
    ):
        made = await client.assistants.create(model="gpt-4o")
        await client.assistants.update(made.id, name="n")
        listed = await client.assistants.list(limit=2).collect()
        await client.assistants.delete(made.id)

    assert len(listed) == 4
    assert len(azure.requests) == 5
    for request in azure.requests:
        assert request.query["api-version"] == "2025-05-01"
        assert request.headers["Authorization"] == "Bearer entra-token"
        assert request.path.startswith("/v1/assistants")
