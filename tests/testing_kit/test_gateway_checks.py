"""Called directly, the server checks headers and answers as Portkey's gateway does."""

import json
from typing import Any

import pytest
from testing_kit.calls import BEARER, ROUTED, call

from portkey_async.testing import PortkeyServer
from portkey_async.testing._api.gateway import gateway_refusal

PORTKEY_HEADERS = {
    "x-portkey-cache-status",
    "x-portkey-last-used-option-index",
    "x-portkey-provider",
    "x-portkey-retry-attempt-count",
    "x-portkey-trace-id",
}
KEY = {"x-portkey-api-key": "pk-test"}
ROUTES = [
    {"x-portkey-virtual-key": "openai-prod"},
    {"x-portkey-provider": "@openai-prod"},
    {"x-portkey-provider": "openai", "Authorization": "Bearer sk-provider"},
    {"x-portkey-config": "pc-abc123"},
    {"x-portkey-config": '{"provider":"openai","api_key":"sk-provider"}'},
    {
        "x-portkey-provider": "openai",
        "Authorization": "Bearer sk-provider",
        "x-portkey-custom-host": "https://example.com/v1",
    },
]


def refused(**headers: str) -> Any:
    """The gateway's message for these `x-portkey-` headers, or None."""
    answer = gateway_refusal({f"x-portkey-{k.replace('_', '-')}": v for k, v in headers.items()})
    return answer and answer.payload["message"]


@pytest.mark.parametrize("route", ROUTES)
async def test_the_documented_ways_in_are_accepted(
    server: PortkeyServer, route: dict[str, str]
) -> None:
    """Key and virtual key, provider, config or custom host: each is routed."""
    got = await call(server, "GET", "/assistants", headers=KEY | route | BEARER | route)

    assert got.status == 200
    assert {name.lower() for name in got.headers} >= PORTKEY_HEADERS


@pytest.mark.parametrize(
    "credential",
    [
        {"api-key": "pk-test"},
        {"x-portkey-azure-ad-token": "pk-test"},
        {"x-portkey-azure-ad-token": "Bearer pk-test"},
    ],
)
async def test_azures_credentials_are_taken(
    server: PortkeyServer, credential: dict[str, str]
) -> None:
    """A key by its own header, and a token, with the gateway's provider or behind it."""
    for route in ({}, {"x-portkey-provider": "azure-openai"}):
        headers = {"OpenAI-Beta": "assistants=v2"} | credential | route
        assert (await call(server, "GET", "/assistants", headers=headers)).status == 200
        wrong = headers | dict.fromkeys(credential, "wrong")
        assert (await call(server, "GET", "/assistants", headers=wrong)).status == 401


OPENAI, AZURE = ({"provider": each, "api_key": "pk-test"} for each in ("openai", "azure-openai"))
WRONG = "pk-wrong"


@pytest.mark.parametrize(
    ("config", "headers", "status"),
    [
        (OPENAI, {}, 200),
        (OPENAI, {"Authorization": "Bearer pk-wrong"}, 401),
        (OPENAI, {"Authorization": "pk-test"}, 401),
        (OPENAI | {"api_key": 4}, {}, 401),
        (OPENAI | {"api_key": WRONG}, {"api-key": "pk-test"}, 401),
        ({"strategy": {"mode": "single"}, "targets": [OPENAI]}, {}, 200),
        ({"strategy": {"mode": "single"}, "targets": []}, {}, 401),
        (AZURE, {}, 200),
        (AZURE, {"Authorization": "pk-test"}, 200),
        (AZURE, {"api-key": WRONG}, 401),
        (AZURE | {"azure_ad_token": WRONG}, {}, 401),
        (AZURE | {"api_key": WRONG, "azure_ad_token": "pk-test"}, {}, 200),
        (AZURE | {"azure_ad_token": "pk-test"}, {"Authorization": "pk-test"}, 401),
        (AZURE | {"api_key": WRONG}, {"x-portkey-azure-ad-token": "pk-test"}, 401),
        ({"cache": {}}, {"x-portkey-provider": "azure-openai", "Authorization": "pk-test"}, 200),
        ({"cache": {}}, {"x-portkey-provider": "openai", "Authorization": "pk-test"}, 401),
        ({"cache": {}}, {"x-portkey-provider": "openai", "api-key": "pk-test"}, 401),
    ],
)
async def test_the_credential_is_what_the_gateway_would_pass_on(
    server: PortkeyServer, config: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    """A config's, unless the request has its own; a token before a key on the way to Azure."""
    sent = {"OpenAI-Beta": "assistants=v2", "x-portkey-config": json.dumps(config)} | headers

    got = await call(server, "GET", "/assistants", headers=sent)

    assert got.status == status
    assert "x-portkey-trace-id" in got.headers


async def test_a_self_hosted_gateway_needs_no_key_of_its_own(server: PortkeyServer) -> None:
    """Without `x-portkey-api-key` the Bearer is the credential."""
    headers = BEARER | {"x-portkey-provider": "openai"}

    got = await call(server, "GET", "/assistants", headers=headers)

    assert got.status == 200


async def test_behind_a_gateway_no_portkey_headers_are_sent(server: PortkeyServer) -> None:
    """The gateway in front adds its own; a trace id forwarded by it changes nothing."""
    got = await call(server, "GET", "/assistants", headers=BEARER | {"x-portkey-trace-id": "t-1"})

    assert got.status == 200
    assert not [name for name in got.headers if name.lower().startswith("x-portkey")]


async def test_the_answers_headers_tell_of_the_route(server: PortkeyServer) -> None:
    """The trace id comes back as it was sent, or empty; provider and option are named."""
    plain = await call(server, "GET", "/assistants/nobody", headers=ROUTED)
    config = json.dumps({"strategy": {"mode": "fallback"}, "targets": [{}]})
    traced = await call(
        server,
        "GET",
        "/assistants",
        headers=ROUTED
        | {"x-portkey-trace-id": "t-☃", "x-portkey-provider": "groq", "x-portkey-config": config},
    )

    assert plain.status == 404
    assert plain.headers["x-portkey-trace-id"] == ""
    assert plain.headers["x-portkey-provider"] == "openai"
    assert plain.headers["x-portkey-last-used-option-index"] == "config"
    assert plain.headers["x-portkey-cache-status"] == "DISABLED"
    assert plain.headers["x-portkey-retry-attempt-count"] == "0"
    assert traced.headers["x-portkey-trace-id"] == "t-☃"
    assert traced.headers["x-portkey-provider"] == "groq"
    assert traced.headers["x-portkey-last-used-option-index"] == "config.targets[0]"


async def test_a_key_without_a_route_is_refused_as_the_gateway_does(server: PortkeyServer) -> None:
    """The body has the gateway's shape, and no header of a routed answer."""
    got = await call(server, "GET", "/assistants", headers=BEARER | KEY)

    assert got.status == 400
    assert got.payload == {
        "status": "failure",
        "message": "Either x-portkey-config or x-portkey-provider header is required",
    }
    assert not [name for name in got.headers if name.lower().startswith("x-portkey")]


async def test_portkeys_key_counts_before_the_bearer(server: PortkeyServer) -> None:
    """A wrong Portkey key is refused, even beside a Bearer that would do."""
    headers = BEARER | {"x-portkey-api-key": "pk-wrong", "x-portkey-virtual-key": "v"}

    assert (await call(server, "GET", "/assistants", headers=headers)).status == 401


async def test_a_provider_without_its_credential_is_refused_by_the_provider(
    server: PortkeyServer,
) -> None:
    """The gateway would send an empty credential on; the provider's 401 comes back through it."""
    headers = {"OpenAI-Beta": "assistants=v2", "x-portkey-provider": "openai"} | KEY

    got = await call(server, "GET", "/assistants", headers=headers)

    assert got.status == 401
    assert "x-portkey-trace-id" in got.headers


async def test_methods_that_the_gateway_does_not_route_are_its_404(server: PortkeyServer) -> None:
    """Not the 405 of the API itself."""
    got = await call(server, "PATCH", "/assistants", headers=ROUTED)

    assert (got.status, got.payload) == (404, {"message": "Not Found", "ok": False})


async def test_portkeys_own_beta_header_will_do(server: PortkeyServer) -> None:
    """The gateway turns `x-portkey-openai-beta` into the plain header."""
    headers = KEY | {"x-portkey-virtual-key": "v", "x-portkey-openai-beta": "assistants=v2"}

    assert (await call(server, "GET", "/assistants", headers=headers)).status == 200


async def test_the_gateway_takes_json_only(server: PortkeyServer) -> None:
    """Bytes without a content type are sent as a stream of octets, which it refuses."""
    got = await call(server, "POST", "/assistants", data=b'{"model":"m"}', headers=ROUTED)

    assert got.payload == {"status": "failure", "message": "Invalid content type passed"}


@pytest.mark.parametrize("provider", ["openai", "azure-openai", "@my-slug", "x-ai"])
def test_providers_and_slugs_are_accepted(provider: str) -> None:
    """Names in lower case, and slugs of the hosted gateway."""
    assert refused(provider=provider) is None


@pytest.mark.parametrize("provider", ["OpenAI", "open ai", "openai,groq", "@", "ö"])
def test_other_providers_are_invalid(provider: str) -> None:
    """The gateway compares with case, and knows one name at a time."""
    assert refused(provider=provider) == "Invalid provider passed"


@pytest.mark.parametrize(
    "config",
    [
        "pc-abc123",
        '{"provider":"openai","api_key":"sk"}',
        '{"virtual_key":"v"}',
        '{"provider":"azure-openai","azure_auth_mode":"managed","resource_name":"r"}',
        '{"strategy":{"mode":"loadbalance"},"targets":[]}',
        '{"provider":"openai","api_key":"sk","retry":{"attempts":3},"unknown":1}',
        '{"provider":"openai","api_key":"sk","custom_host":"http://127.0.0.1:8080/v1"}',
    ],
)
def test_valid_configs_are_accepted(config: str) -> None:
    """Ids of stored configs, and complete ones inline."""
    assert refused(config=config) is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("base64==", "Invalid config passed. You need to pass a valid json"),
        ("null", "Invalid config passed. You need to pass a valid json"),
        ("{", "Invalid config passed. You need to pass a valid json"),
        ('{"a":' * 100_000, "Invalid config passed. You need to pass a valid json"),
        ("{}", "Either x-portkey-provider needs to be passed."),
        ("[]", "Either x-portkey-provider needs to be passed."),
        ("5", "Either x-portkey-provider needs to be passed."),
        ('"str"', "Either x-portkey-provider needs to be passed."),
        ('{"retry":{"attempts":1}}', "Either x-portkey-provider needs to be passed."),
        ('{"provider":"openai"}', "Invalid config passed"),
    ],
)
def test_invalid_configs_are_refused(config: str, message: str) -> None:
    """What is no JSON, names no provider, or is incomplete."""
    assert refused(config=config).startswith(message)


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ("[]", "array"),
        ("5", "number"),
        ("1.5", "number"),
        ('""', "string"),
        ("true", "boolean"),
        ("null", "null"),
    ],
)
def test_a_config_beside_a_provider_must_be_an_object(config: str, kind: str) -> None:
    """The gateway says so where a header has named the provider."""
    answer = gateway_refusal({"x-portkey-config": config, "x-portkey-provider": "openai"})

    assert answer is not None
    assert answer.payload["errors"] == [f"path: , message: Expected object, received {kind}"]


def test_a_config_of_retries_completes_a_route_in_headers() -> None:
    """It needs no provider where a header has one."""
    assert refused(config='{"retry":{"attempts":1}}', provider="openai") is None


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"provider": "openai"}, "path: , message: Invalid configuration. It must have either"),
        ({"strategy": {"mode": "x"}, "targets": []}, "path: strategy,mode, message: Invalid"),
        ({"retry": {}}, "path: retry,attempts, message: Required"),
        ({"retry": {"attempts": "3"}}, "path: retry,attempts, message: Expected number, received"),
        ({"retry": {"attempts": None}}, "path: retry,attempts, message: Expected number, received"),
        ({"cache": {}, "custom_host": "ftp://x"}, "path: custom_host, message: Invalid custom"),
        ({"cache": {}, "custom_host": 1}, "path: custom_host, message: Invalid custom host"),
    ],
)
def test_what_is_wrong_in_a_config_is_told(config: dict[str, Any], error: str) -> None:
    """The gateway lists errors with their path."""
    answer = gateway_refusal({"x-portkey-config": json.dumps(config)})

    assert answer is not None
    assert answer.payload["message"] == "Invalid config passed"
    assert answer.payload["errors"][0].startswith(error)


@pytest.mark.parametrize(
    "host",
    [
        "https://example.com/v1",
        "http://127.0.0.1:8080/v1",
        "http://localhost:1",
        "http://api.localhost",
        "http://host.docker.internal",
        "https://8.8.8.8",
        " https://example.com ",
    ],
)
def test_public_and_local_hosts_are_allowed(host: str) -> None:
    """Where the gateway would connect to."""
    assert refused(provider="openai", custom_host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "ftp://example.com",
        "https://",
        "https://user@example.com",
        "https://example.com:0",
        "https://example.com:99999",
        "http://10.0.0.1",
        "http://127.0.0.2",
        "http://169.254.169.254",
        "http://[::1]",
        "http://[2001:db8::1]",
        "https://[broken",
        "http://service.internal",
        "https://api.portkey.ai",
    ],
)
def test_private_and_malformed_hosts_are_refused(host: str) -> None:
    """Where the gateway would not connect to."""
    assert refused(provider="openai", custom_host=host) == "Invalid custom host"
