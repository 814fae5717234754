"""Every combination of authentication headers: the real gateway, and what the test server says."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import aiohttp
import attrs
from support.gateway import Gateway

from portkey_async.testing import PortkeyServer

KEY, WRONG = "pk-test", "pk-other"
HOST = "http://127.0.0.1:0/v1"
"""Stands for the upstream, whose port is known only when it runs."""

Headers = Mapping[str, str]


def config(**settings: Any) -> str:
    """Write a config as the client does."""
    return json.dumps(settings)


def azure(**settings: Any) -> str:
    """Write a config for Azure."""
    return config(provider="azure-openai", custom_host=HOST, **settings)


def openai(**settings: Any) -> str:
    """Write a config for OpenAI."""
    return config(provider="openai", custom_host=HOST, **settings)


VALUES = {
    "x-portkey-api-key": [KEY],
    "x-portkey-virtual-key": ["openai-prod"],
    "x-portkey-provider": ["openai", "azure-openai", "@openai-prod", "OpenAI"],
    "Authorization": [f"Bearer {KEY}", f"Bearer {WRONG}", KEY],
    "x-portkey-config": [
        "pc-abc123",
        "{}",
        "[]",
        config(virtual_key="openai-prod"),
        config(retry={"attempts": 0}),
        openai(api_key=KEY),
        openai(api_key=WRONG),
        openai(),
        azure(api_key=KEY),
        azure(api_key=WRONG, azure_ad_token=KEY),
        azure(azure_ad_token=KEY),
        azure(azure_auth_mode="entra"),
        config(strategy={"mode": "single"}, targets=[json.loads(openai(api_key=KEY))]),
    ],
    "api-key": [KEY, WRONG],
    "x-portkey-azure-ad-token": [KEY, WRONG],
}
AT_ONCE = 3
"""Headers in a combination, at most."""


class Outcome(NamedTuple):
    """What came back: a status, in whose words, and whether by way of the upstream."""

    status: int
    message: str
    routed: bool


@attrs.frozen
class Difference:
    """Headers that the test server answers otherwise than the gateway does, and why."""

    reason: str
    explains: Callable[[Headers, Outcome, Outcome], object]
    """Whether it is so with these headers: this the gateway says to them, and that the server."""


def _hosted(headers: Headers, real: Outcome, _ours: Outcome) -> bool:
    route = headers.get("x-portkey-config", "")
    is_hosted = (
        "x-portkey-virtual-key" in headers
        or headers.get("x-portkey-provider", "").startswith("@")
        or route.startswith("pc-")
        or "virtual_key" in route
    )
    return is_hosted and real.status == 400 and not real.routed


DIFFERENCES = (
    Difference(
        "Virtual keys, slugs of providers and ids of configs are the hosted gateway's; the one "
        "that can be installed refuses them.",
        _hosted,
    ),
    Difference(
        "x-portkey-api-key is the hosted gateway's, which holds the provider's credential; the one "
        "that can be installed does not look at it.",
        lambda headers, real, _: "x-portkey-api-key" in headers and real.status == 401,
    ),
    Difference(
        "The server looks at the credential first, so that each of its operations has the 401 that "
        "its description says, whatever else a request lacks; the gateway never looks at it.",
        lambda _, real, ours: not real.routed and (real.status, ours.status) == (400, 401),
    ),
)


def combinations() -> Iterator[dict[str, str]]:
    """Every value of each header, beside every value of up to two others."""
    for size in range(AT_ONCE + 1):
        for names in itertools.combinations(VALUES, size):
            for values in itertools.product(*(VALUES[name] for name in names)):
                yield dict(zip(names, values, strict=True))


async def outcome(session: aiohttp.ClientSession, url: str, headers: Headers) -> Outcome:
    """Ask for the assistants."""
    async with session.get(f"{url}/assistants", headers=headers) as response:
        payload = await response.json()
    errors = [text[:120] for text in payload.get("errors", ())]
    message = payload.get("message") or payload.get("error", {}).get("message", "")
    if response.status == 401:
        # The gateway sends `undefined` for a credential that is missing, and the upstream takes
        # it for a wrong one; the server says what is missing.
        message = ""
    return Outcome(
        response.status, " ".join([message, *errors]), "x-portkey-provider" in response.headers
    )


async def test_the_server_takes_what_the_gateway_takes(
    gateway: Gateway, upstream: PortkeyServer
) -> None:
    """In each combination, the same answer; or another for a reason that is named here."""
    fixed = {"OpenAI-Beta": "assistants=v2"}
    turns = asyncio.Semaphore(8)
    found: defaultdict[str, list[object]] = defaultdict(list)

    async def compare(session: aiohttp.ClientSession, given: dict[str, str]) -> None:
        # A custom host always: the gateway would call the provider.
        headers = given | {"x-portkey-custom-host": HOST}
        sent = {name: text.replace(HOST, upstream.base_url) for name, text in headers.items()}
        async with turns:
            real = await outcome(session, gateway.base_url, sent)
            ours = await outcome(session, upstream.base_url, sent)
        if real != ours:
            reasons = [each.reason for each in DIFFERENCES if each.explains(given, real, ours)]
            found[reasons[0] if reasons else ""].append((given, real, ours))

    async with aiohttp.ClientSession(headers=fixed) as session:
        await asyncio.gather(*(compare(session, each) for each in combinations()))

    assert found[""] == []
    assert found.keys() == {"", *(each.reason for each in DIFFERENCES)}
