"""All settings of a client together: derived, or taken from the environment."""

from typing import Any

import pytest
from support.credentials import (
    API_KEY,
    HEADER_SECRET,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.settings import headers, options, own, settings_of

from portkey_async import AsyncPortkey, ConfigurationError, RetryPolicy, Timeout

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
    assert options(base, cache_force_refresh=False).all_headers == {
        name: value
        for name, value in base.all_headers.items()
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
