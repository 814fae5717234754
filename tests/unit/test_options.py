"""All settings of a client together: derived, or taken from the environment."""

import inspect
import re
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.credentials import (
    API_KEY,
    HEADER_SECRET,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.secrecy import leaks_of
from support.settings import headers, label, options, own, settings_of

from portkey_async import AsyncPortkey, ClientOptions, ConfigurationError, RetryPolicy, Timeout
from portkey_async._options.options import Options, authorized
from portkey_async._options.table import OPTIONS
from portkey_async._secrets import is_secret_name

# --- Deriving ---------------------------------------------------------------------------------


def test_a_derived_client_keeps_what_is_not_changed() -> None:
    """One argument changes its own header, and the one it came from stays as it was."""
    base = own(api_key=API_KEY, trace_id="t-1", timeout=5, headers={"x": "1"})
    before = headers(base)

    derived = options(base, trace_id="t-2")

    assert headers(derived) == before | {"x-portkey-trace-id": "t-2"}
    assert headers(base) == before
    assert (derived.timeout, derived.base_url) == (base.timeout, base.base_url)
    assert options(derived, trace_id="t-1") != derived


def test_none_takes_a_setting_away() -> None:
    """Headers of the caller's own all at once; the timeout becomes no limit."""
    base = own(
        api_key=API_KEY,
        cache_force_refresh=True,
        headers={"x": "1", "authorization": "mine"},
        authorization=PROVIDER_TOKEN,
    )

    bare = options(
        base, api_key=None, cache_force_refresh=None, headers=None, authorization=None, timeout=None
    )

    assert headers(bare) == {}
    assert bare.timeout == Timeout(total=None, connect=None, read=None)
    assert options(base, cache_force_refresh=False).headers == {
        name: value
        for name, value in base.headers.items()
        if name != "x-portkey-cache-force-refresh"
    }


def test_what_a_change_leaves_is_checked_again() -> None:
    """Taking away what another setting needs is refused, as it would be in a new client."""
    with pytest.raises(ConfigurationError, match=r"^api_key is missing"):
        options(options(api_key=API_KEY), api_key=None)
    with pytest.raises(ConfigurationError, match=r"^api_key is missing"):
        options(own(), base_url="https://api.portkey.ai/v1")
    with pytest.raises(ConfigurationError, match=r"^custom_host needs"):
        options(own(custom_host="https://up.test", provider="openai"), provider=None)


# --- The client -------------------------------------------------------------------------------


def test_the_environment_is_read_where_nothing_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three variables, and no other product's."""
    monkeypatch.setenv("PORTKEY_API_KEY", API_KEY)
    monkeypatch.setenv("PORTKEY_PROVIDER_VIRTUAL_KEY", VIRTUAL_KEY)
    monkeypatch.setenv("PORTKEY_BASE_URL", "https://gw.test/v1/")
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "other")

    given = settings_of(AsyncPortkey())

    assert given.base_url == "https://gw.test/v1"
    assert headers(given) == {
        "x-portkey-api-key": API_KEY,
        "x-portkey-virtual-key": VIRTUAL_KEY,
    }


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written in code is what is meant."""
    for name in ("PORTKEY_API_KEY", "PORTKEY_PROVIDER_VIRTUAL_KEY", "PORTKEY_BASE_URL"):
        monkeypatch.setenv(name, "https://of-the-environment.test")

    given = settings_of(AsyncPortkey(API_KEY, virtual_key=VIRTUAL_KEY, base_url="https://gw.test"))

    assert given.base_url == "https://gw.test"
    assert headers(given) == {
        "x-portkey-api-key": API_KEY,
        "x-portkey-virtual-key": VIRTUAL_KEY,
    }


@pytest.mark.parametrize("name", ["api_key", "virtual_key", "base_url"])
def test_an_empty_argument_is_not_replaced_by_the_environment(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a mistake somewhere else, and said to be one."""
    monkeypatch.setenv("PORTKEY_API_KEY", API_KEY)
    monkeypatch.setenv("PORTKEY_PROVIDER_VIRTUAL_KEY", VIRTUAL_KEY)
    monkeypatch.setenv("PORTKEY_BASE_URL", "https://gw.test")
    empty: dict[str, Any] = {name: ""}

    with pytest.raises(ConfigurationError, match=f"^{name} is empty"):
        AsyncPortkey(**empty)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An `export NAME=` does not count as a setting."""
    for name in ("PORTKEY_API_KEY", "PORTKEY_PROVIDER_VIRTUAL_KEY", "PORTKEY_BASE_URL"):
        monkeypatch.setenv(name, "")

    with pytest.raises(ConfigurationError, match=r"^api_key is missing, and api.portkey.ai"):
        AsyncPortkey()


@pytest.mark.parametrize("value", [0, -1, 1.0, True, None, "1"])
def test_the_number_of_connections_is_whole_and_at_least_one(value: Any) -> None:
    """It is checked like every other argument."""
    with pytest.raises(ConfigurationError, match=r"^max_connections is .* at least 1"):
        AsyncPortkey(API_KEY, max_connections=value)


def test_a_client_takes_every_argument() -> None:
    """All of them together, each arriving where it belongs."""
    client = AsyncPortkey(
        API_KEY,
        virtual_key=VIRTUAL_KEY,
        provider="openai",
        authorization=PROVIDER_TOKEN,
        config={"retry": {"attempts": 1}},
        custom_host="https://up.test",
        base_url="https://gw.test",
        trace_id="t",
        metadata={"a": "b"},
        forward_headers=["x"],
        request_timeout=5,
        cache_force_refresh=True,
        cache_namespace="n",
        strict_open_ai_compliance=True,
        headers={"x": HEADER_SECRET},
        timeout=5,
        retry=RetryPolicy(attempts=2),
        max_connections=1,
        max_response_bytes=9,
        validate_requests=False,
    )
    given = settings_of(client)

    assert len(headers(given)) == 14
    assert given.timeout == Timeout(total=5)
    assert given.retry.attempts == 2
    assert (given.max_response_bytes, given.validate_requests) == (9, False)


def test_a_derived_client_takes_the_same_arguments() -> None:
    """All but those of the connections, which it shares; the error names those that it takes."""
    client = AsyncPortkey(API_KEY)
    derived = client.with_options(timeout=5, trace_id="t", api_key=None, base_url="https://gw.test")
    assert headers(settings_of(derived)) == {"x-portkey-trace-id": "t"}
    assert headers(settings_of(client)) == {"x-portkey-api-key": API_KEY}

    other: dict[str, Any]
    for other in ({"session": None}, {"max_connections": 5}, {"time_out": 5}):
        with pytest.raises(TypeError, match=f"{next(iter(other))}.*it takes api_key, .*timeout"):
            client.with_options(**other)
    with pytest.raises(ConfigurationError, match=r"^timeout is -1"):
        client.with_options(timeout=-1)


# --- The table ----------------------------------------------------------------------------------


def test_the_signatures_agree_with_the_table() -> None:
    """An option that is in the table is an argument of both, and is documented; no other is."""
    arguments = list(inspect.signature(AsyncPortkey.__init__).parameters)[1:]
    derivable = [name for name, option in OPTIONS.items() if option.derivable]
    documented = re.findall(r"^    (\w+):", inspect.getdoc(AsyncPortkey) or "", re.MULTILINE)

    assert arguments == list(OPTIONS)
    assert list(ClientOptions.__annotations__) == derivable
    assert [name for name in documented if name in OPTIONS] == list(OPTIONS)


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if option.header])
def test_every_secret_header_is_known_by_its_name(name: str) -> None:
    """A header of the caller's own of the same name is as secret as the argument."""
    assert is_secret_name(OPTIONS[name].header or "") == OPTIONS[name].secret


def test_the_settings_show_the_headers_of_all_arguments() -> None:
    """The documentation's table is that of the code."""
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| `([\w-]+)` \|", text, re.MULTILINE))

    assert rows == {name: option.header for name, option in OPTIONS.items() if option.header}


# --- Merging ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["headers", "query"])
def test_headers_and_query_are_merged_by_name(name: str) -> None:
    """A derived client changes, adds and takes away single ones; None takes all of them away."""

    def own_of(given: Options) -> dict[str, str]:
        return headers(given) if name == "headers" else dict(given.query)

    base = own(**{name: {"a": "1", "b": "2", "c": "3"}})
    derived = options(base, **{name: {"b": "9", "c": None, "d": "4", "never-there": None}})

    assert own_of(derived) == {"a": "1", "b": "9", "d": "4"}
    assert own_of(options(derived, timeout=5)) == own_of(derived)
    assert own_of(options(derived, **{name: {}})) == own_of(derived)
    assert own_of(options(derived, **{name: None})) == {}
    assert own_of(base) == {"a": "1", "b": "2", "c": "3"}


def test_a_header_is_merged_whatever_its_case() -> None:
    """There is one of each."""
    base = own(headers={"X-Tenant": "1"})

    assert headers(options(base, headers={"x-TENANT": "2"})) == {"x-tenant": "2"}
    assert headers(options(base, headers={"x-tenant": None})) == {}


# --- Keys of the environment --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "goes_there"),
    [
        (None, True),
        ("https://api.portkey.ai/v1", True),
        ("https://eu.portkey.ai/v1", True),
        ("http://localhost:8787/v1", True),
        ("http://127.0.0.9/v1", True),
        ("http://[::1]:1/v1", True),
        ("https://of-the-environment.test:443/other", True),
        ("https://OF-the-environment.test/v1", True),
        ("http://of-the-environment.test/v1", False),
        ("https://of-the-environment.test:8443/v1", False),
        ("https://resource.services.ai.azure.com/api/projects/p", False),
        ("https://portkey.ai.evil.test/v1", False),
        ("https://10.0.0.1/v1", False),
    ],
)
@pytest.mark.filterwarnings("ignore:credentials will cross")
def test_keys_of_the_environment_go_where_they_belong(
    url: str | None, *, goes_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To Portkey, to the gateway of the same environment, to this machine; by any way of saying."""
    monkeypatch.setenv("PORTKEY_API_KEY", API_KEY)
    monkeypatch.setenv("PORTKEY_PROVIDER_VIRTUAL_KEY", VIRTUAL_KEY)
    monkeypatch.setenv("PORTKEY_BASE_URL", "https://of-the-environment.test/v1")
    client = AsyncPortkey()
    derived = client.with_options() if url is None else client.with_options(base_url=url)
    both = {"x-portkey-api-key": API_KEY, "x-portkey-virtual-key": VIRTUAL_KEY}
    names = ("PORTKEY_API_KEY", "PORTKEY_PROVIDER_VIRTUAL_KEY")

    for given in (settings_of(AsyncPortkey(base_url=url)), settings_of(derived)):
        assert headers(given) == (both if goes_there else {})
        assert given.withheld == (() if goes_there else names)
    assert headers(settings_of(derived.with_options(base_url="http://localhost/v1"))) == both


def test_a_key_given_as_an_argument_goes_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the other one, which was not given, is withheld; what is taken away stays away."""
    monkeypatch.setenv("PORTKEY_API_KEY", "pk-of-the-environment")
    monkeypatch.setenv("PORTKEY_PROVIDER_VIRTUAL_KEY", VIRTUAL_KEY)
    given = settings_of(AsyncPortkey(API_KEY, base_url="https://gw.test"))

    assert headers(given) == {"x-portkey-api-key": API_KEY}
    assert given.withheld == ("PORTKEY_PROVIDER_VIRTUAL_KEY",)
    assert headers(options(given, base_url="http://localhost", api_key=None)) == {
        "x-portkey-virtual-key": VIRTUAL_KEY
    }


def test_a_key_of_the_environment_is_checked_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error names the variable; elsewhere it does not matter what it holds."""
    monkeypatch.setenv("PORTKEY_API_KEY", f"{API_KEY}\n")

    with pytest.raises(ConfigurationError, match=r"^api_key \(from PORTKEY_API_KEY\) holds"):
        AsyncPortkey()
    assert headers(settings_of(AsyncPortkey(base_url="https://gw.test"))) == {}


def test_a_base_url_of_the_environment_that_is_none_matters_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside another one, given as an argument, it is not even read."""
    monkeypatch.setenv("PORTKEY_BASE_URL", "http://[::1")
    monkeypatch.setenv("PORTKEY_API_KEY", API_KEY)

    assert settings_of(AsyncPortkey(base_url="https://gw.test")).withheld == ("PORTKEY_API_KEY",)
    with pytest.raises(ConfigurationError, match=r"^base_url is not a URL"):
        AsyncPortkey()


# --- A function for the provider's credential ---------------------------------------------------


async def _token() -> str:
    return PROVIDER_TOKEN


def test_a_function_stands_in_for_the_credential() -> None:
    """It is asked later: there is no header yet, and the options of an attempt have it."""
    given = own(authorization=_token)
    attempt = authorized(given, PROVIDER_TOKEN)

    assert (headers(given), given.token) == ({}, _token)
    assert headers(attempt) == {"authorization": f"Bearer {PROVIDER_TOKEN}"}
    assert PROVIDER_TOKEN not in repr(attempt)
    assert attempt.redact(f"{PROVIDER_TOKEN}!") == "[redacted]!"
    assert options(given, trace_id="t").token is _token
    assert options(given, authorization=None).token is None
    assert options(given, authorization="else").token is None
    assert own(authorization=_token, headers={"Authorization": "mine"}).token is None
    assert "authorization" in repr(AsyncPortkey(API_KEY, authorization=_token))


@pytest.mark.parametrize("token", ["", " ", "a\nb", "\u200babc", "a b", None, b"abc", 5])
def test_what_a_function_gives_is_checked(token: Any) -> None:
    """Like a credential given at once; the error shows none of it."""
    with pytest.raises(ConfigurationError, match=r"^authorization\(\) "):
        authorized(own(authorization=_token), token)
    with pytest.raises(ConfigurationError) as caught:
        authorized(own(authorization=_token), f"{PROVIDER_TOKEN}\n")
    assert list(leaks_of(caught.value)) == []


# --- For whom a cool-down holds -----------------------------------------------------------------


class _Alike:
    """A function that takes itself for any other, and cannot be hashed."""

    def __call__(self) -> str:
        return PROVIDER_TOKEN

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def token(self) -> str:
        return PROVIDER_TOKEN


ALIKE = _Alike()


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ({"base_url": "http://127.0.0.1:8788/v1"}, True),
        ({"base_url": "https://127.0.0.1:8787/v1"}, True),
        ({"api_key": "pk-other"}, True),
        ({"api_key": None}, True),
        ({"virtual_key": "vk-other"}, True),
        ({"provider": "@other"}, True),
        ({"config": "pc-other"}, True),
        ({"custom_host": "https://other.test"}, True),
        ({"authorization": "other"}, True),
        ({"authorization": _token}, True),
        ({"headers": {"x-portkey-api-key": "pk-other"}}, True),
        ({"headers": {"api-key": "of-azure"}}, True),
        ({"base_url": "http://127.0.0.1:8787/another/path"}, False),
        ({"trace_id": "t", "metadata": {"a": "b"}, "timeout": 5, "headers": {"x": "1"}}, False),
        ({"query": {"api-version": "v1"}}, False),
    ],
    ids=label,
)
def test_a_cool_down_is_for_one_server_and_one_credential(
    change: dict[str, Any], *, other: bool
) -> None:
    """Whatever tells two of them apart makes another key, and nothing else does."""
    base = own(
        api_key=API_KEY,
        virtual_key=VIRTUAL_KEY,
        provider="openai",
        config="pc-1",
        custom_host="https://up.test",
        authorization=PROVIDER_TOKEN,
    )

    assert (options(base, **change).cool_down_key != base.cool_down_key) is other
    assert hash(base.cool_down_key) == hash(options(base, timeout=1).cool_down_key)


def test_a_function_counts_by_identity() -> None:
    """Also one that defines what equals it; a method is the same each time it is looked up."""

    def key(function: object) -> object:
        return own(authorization=function).cool_down_key

    assert key(_token) == key(_token)
    assert key(ALIKE) == key(ALIKE)
    assert hash(key(ALIKE)) == hash(key(ALIKE))
    assert key(ALIKE) != key(_Alike())
    assert key(ALIKE.token) == key(ALIKE.token)
    assert key(ALIKE.token) != key(_Alike().token)
    assert key(lambda: "a") != key(lambda: "a")


# --- Connections --------------------------------------------------------------------------------


async def test_what_a_session_of_ones_own_decides_is_refused_beside_it() -> None:
    """The session has its own proxy, trust and TLS."""
    given: dict[str, Any]
    async with aiohttp.ClientSession() as session:
        for given in (
            {"proxy": "http://proxy.test:3128"},
            {"trust_env": True},
            {"ssl_context": ssl.create_default_context()},
        ):
            with pytest.raises(ConfigurationError, match=f"^{next(iter(given))} is for the client"):
                AsyncPortkey(API_KEY, session=session, **given)
        assert settings_of(AsyncPortkey(API_KEY, session=session)).connections.session is session


def test_the_password_of_a_proxy_is_a_credential() -> None:
    """It is redacted as written and decoded, and in no repr; a token may stand alone."""
    given = settings_of(AsyncPortkey(API_KEY, proxy=f"http://me:{HEADER_SECRET}%21@proxy.test:1"))

    assert given.connections.proxy == f"http://me:{HEADER_SECRET}%21@proxy.test:1"
    assert HEADER_SECRET not in repr(given)
    assert given.redact(f"{HEADER_SECRET}%21, {HEADER_SECRET}!") == "[redacted], [redacted]"
    alone = settings_of(AsyncPortkey(API_KEY, proxy=f"http://{HEADER_SECRET}@proxy.test"))
    assert alone.redact(HEADER_SECRET) == "[redacted]"
