"""What a client is told: its settings, those of the clients derived from it, and its secrets."""

import copy
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from aioresponses import aioresponses
from support.calls import ID, right
from support.credentials import (
    API_KEY,
    CONFIG_SECRET,
    CREDENTIALS,
    HEADER_SECRET,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.secrecy import Watch, leaks_of
from support.virtual_time import virtual_time
from support.wire import one_by_one, reply, serve

from portkey_async import (
    AsyncPortkey,
    AuthenticationError,
    ClientOptions,
    ConfigurationError,
    RetryPolicy,
    Timeout,
)
from portkey_async.testing import PortkeyServer

# --- Derived clients ----------------------------------------------------------------------------


async def test_closing_a_derived_client_closes_nothing() -> None:
    """Nor does leaving its block."""
    async with PortkeyServer(api_key=API_KEY) as server, server.client() as client:
        async with client.with_options(timeout=5) as derived:
            await derived.assistants.list()
        await derived.close()
        await derived.assistants.list()
        await client.assistants.list()


CHANGES: tuple[tuple[ClientOptions, dict[str, str]], ...] = (
    ({"api_key": "pk-other"}, {"x-portkey-api-key": "pk-other"}),
    ({"virtual_key": "vk"}, {"x-portkey-virtual-key": "vk"}),
    ({"provider": "@openai"}, {"x-portkey-provider": "@openai"}),
    ({"authorization": "token"}, {"authorization": "Bearer token"}),
    ({"config": "pc-1"}, {"x-portkey-config": "pc-1"}),
    (
        {"custom_host": "http://127.0.0.1:1/v1", "provider": "openai"},
        {"x-portkey-custom-host": "http://127.0.0.1:1/v1", "x-portkey-provider": "openai"},
    ),
    ({"trace_id": "t"}, {"x-portkey-trace-id": "t"}),
    ({"metadata": {"a": 1}}, {"x-portkey-metadata": '{"a":1}'}),
    ({"forward_headers": ["a", "b"]}, {"x-portkey-forward-headers": "a,b"}),
    ({"request_timeout": 500}, {"x-portkey-request-timeout": "500"}),
    ({"cache_force_refresh": True}, {"x-portkey-cache-force-refresh": "true"}),
    ({"cache_namespace": "n"}, {"x-portkey-cache-namespace": "n"}),
    ({"strict_open_ai_compliance": False}, {"x-portkey-strict-open-ai-compliance": "false"}),
    ({"headers": {"X-New": "1"}}, {"x-new": "1"}),
)


@pytest.mark.parametrize(("changes", "headers"), CHANGES, ids=lambda value: next(iter(value)))
@virtual_time
async def test_a_derived_client_differs_in_what_is_given(
    mocked: aioresponses, changes: ClientOptions, headers: dict[str, str]
) -> None:
    """In nothing else; the client it came from stays as it is, and None takes it away again."""
    sent = serve(mocked, right)
    async with AsyncPortkey(API_KEY) as client:
        derived = client.with_options(**changes)
        others: Any = {name: None for name in changes if name != "api_key"}
        others |= {"api_key": API_KEY} if "api_key" in changes else {}
        for one in (client, derived, derived.with_options(trace_id="x"), client):
            await one.assistants.retrieve(ID)
        await derived.with_options(**others).assistants.retrieve(ID)
    plain, changed, more, again, undone = (dict(request.headers) for request in sent)

    assert changed == plain | headers
    assert more == changed | {"x-portkey-trace-id": "x"}
    assert plain == again == undone


@virtual_time
async def test_settings_without_a_header_can_be_changed_too(mocked: aioresponses) -> None:
    """Where to, how long, how often, how much, how strictly."""
    sent = serve(mocked, right)
    async with AsyncPortkey(API_KEY) as client:
        derived = client.with_options(
            base_url="http://localhost:8787/x/v1/",
            timeout=Timeout(total=1, read=2),
            retry=RetryPolicy(attempts=1),
            max_response_bytes=10_000,
            validate_requests=False,
        )
        await derived.assistants.update(ID, name="x" * 300)
        await client.assistants.retrieve(ID)

    assert [request.url for request in sent] == [
        "http://localhost:8787/x/v1/assistants/asst_1",
        "https://api.portkey.ai/v1/assistants/asst_1",
    ]
    timeouts = [request.settings["timeout"] for request in sent]
    assert [(one.total, one.sock_connect, one.sock_read) for one in timeouts] == [
        (None, 5, 2),
        (None, 5, 30),
    ]


@pytest.mark.parametrize("name", ["session", "max_connections", "api_kye", "Timeout"])
def test_an_unknown_setting_is_refused(name: str) -> None:
    """The error names it, and those that there are, and no value."""
    with pytest.raises(TypeError) as raised:
        AsyncPortkey(API_KEY).with_options(**{name: API_KEY})  # type: ignore[misc]

    assert f"with_options does not take ['{name}']; it takes api_key, " in str(raised.value)
    assert API_KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key", f"{API_KEY}\r\nx: y"),
        ("virtual_key", 5),
        ("authorization", f"Basic {PROVIDER_TOKEN}"),
        ("base_url", f"http://user:{HEADER_SECRET}@host/v1"),
        ("custom_host", f"http://user:{HEADER_SECRET}@host/v1"),
        ("config", {"api_key": CONFIG_SECRET, "bad": {1}}),
        ("headers", {"x-key": f"{HEADER_SECRET}\n"}),
        ("metadata", {"key": API_KEY, "bad": {1}}),
        ("timeout", 0),
        ("retry", 3),
        ("max_response_bytes", 0),
        ("validate_requests", "no"),
    ],
)
def test_a_bad_setting_is_refused_alike(name: str, value: Any, watch: Watch) -> None:
    """By the client and by with_options; it is named, and no credential shows in the traceback."""
    client = AsyncPortkey(API_KEY)
    makers: tuple[Callable[..., AsyncPortkey], ...] = (
        lambda **given: AsyncPortkey(**{"api_key": API_KEY} | given),
        client.with_options,
    )
    for make in makers:
        with pytest.raises(ConfigurationError, match=name) as raised:
            make(**{name: value})
        assert list(leaks_of(raised.value)) == []
    watch.leaks()  # errors that were made on the way, and that nobody gets to see


def test_a_derived_client_is_of_the_same_class() -> None:
    """A subclass derives its own kind."""

    class Ours(AsyncPortkey):
        """A client with a name."""

    assert type(Ours(API_KEY).with_options(timeout=5)) is Ours


def test_beta_is_the_client_itself() -> None:
    """As the API's samples spell it; the resources are made once."""
    client = AsyncPortkey(API_KEY)

    assert client.beta is client
    assert client.beta.assistants is client.assistants
    assert client.admin_api_keys is client.admin_api_keys


# --- Secrets ------------------------------------------------------------------------------------


def test_no_repr_holds_a_credential() -> None:
    """Of a client, of what hangs on it, of what it is derived from."""
    client = AsyncPortkey(
        API_KEY,
        virtual_key=VIRTUAL_KEY,
        provider="openai",
        authorization=PROVIDER_TOKEN,
        config={"api_key": CONFIG_SECRET},
        headers={"x-token": HEADER_SECRET},
    )
    seen = [client, client.assistants, client.admin_api_keys, client.assistants.list(limit=5)]
    text = " ".join(map(repr, [*seen, vars(client), vars(client.with_options(timeout=1))]))

    assert not [secret for secret in CREDENTIALS if secret in text]
    assert repr(client).startswith("<AsyncPortkey https://api.portkey.ai/v1 with ")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_is_not_duplicated(duplicate: Callable[[object], object]) -> None:
    """A copy would share connections by accident, a pickle would hold the credentials."""
    client = AsyncPortkey(API_KEY)
    for one in (client, client.with_options(timeout=1)):
        with pytest.raises(TypeError, match=r"copied or pickled"):
            duplicate(one)


def test_a_credential_over_plain_http_is_warned_of() -> None:
    """Where the caller made the client, and where a change puts it at risk; not on loopback."""
    told = r"unencrypted to http://gateway\.example/v1"
    with pytest.warns(UserWarning, match=told) as caught:
        client = AsyncPortkey(API_KEY, base_url="http://gateway.example/v1")
    with pytest.warns(UserWarning, match=told) as derived:
        AsyncPortkey(API_KEY).with_options(base_url="http://gateway.example/v1")
    assert [warning.filename for warning in (*caught, *derived)] == [__file__] * 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for host in ("127.0.0.1", "localhost", "[::1]", "127.9.9.9"):
            AsyncPortkey(API_KEY, base_url=f"http://{host}/v1")
        AsyncPortkey(API_KEY, base_url="https://gateway.example/v1")
        AsyncPortkey(base_url="http://gateway.example/v1")
        client.with_options(timeout=5, trace_id="t")


# --- The environment ----------------------------------------------------------------------------


@virtual_time
async def test_the_environment_is_the_default(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three variables of Portkey's; an argument wins, and an empty variable is none."""
    sent = serve(mocked, right)
    monkeypatch.setenv("PORTKEY_API_KEY", API_KEY)
    monkeypatch.setenv("PORTKEY_PROVIDER_VIRTUAL_KEY", VIRTUAL_KEY)
    monkeypatch.setenv("PORTKEY_BASE_URL", "https://one.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other-product")
    async with AsyncPortkey() as client:
        await client.assistants.retrieve(ID)
    async with AsyncPortkey("pk-a", virtual_key="vk-a", base_url="https://two.example") as client:
        await client.assistants.retrieve(ID)
    for name in ("API_KEY", "PROVIDER_VIRTUAL_KEY", "BASE_URL"):
        monkeypatch.setenv(f"PORTKEY_{name}", "")
    async with AsyncPortkey("pk-a") as client:
        await client.assistants.retrieve(ID)
    with pytest.raises(ConfigurationError, match="api_key is missing"):
        AsyncPortkey()

    assert [
        (one.url, one.headers["x-portkey-api-key"], one.headers.get("x-portkey-virtual-key"))
        for one in sent
    ] == [
        ("https://one.example/v1/assistants/asst_1", API_KEY, VIRTUAL_KEY),
        ("https://two.example/assistants/asst_1", "pk-a", "vk-a"),
        ("https://api.portkey.ai/v1/assistants/asst_1", "pk-a", None),
    ]
    assert not any("authorization" in one.headers for one in sent)


async def test_a_401_says_which_keys_were_withheld(
    mocked: aioresponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where keys of the environment did not go along; elsewhere it says nothing of them."""
    refused = reply(401, {"error": {"message": "No key."}})
    sent = serve(mocked, one_by_one(refused, refused))
    monkeypatch.setenv("PORTKEY_API_KEY", API_KEY)
    async with AsyncPortkey(base_url="https://resource.services.ai.azure.com/v1") as client:
        with pytest.raises(AuthenticationError, match=r"PORTKEY_API_KEY of the env.* not sent"):
            await client.assistants.retrieve(ID)
    async with AsyncPortkey() as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.assistants.retrieve(ID)

    assert "environment" not in str(caught.value)
    assert ["x-portkey-api-key" in request.headers for request in sent] == [False, True]
