"""What a client is told: each argument's header, what is refused, and what is never shown."""

import copy
import datetime as dt
import json
import math
import pickle
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.credentials import (
    API_KEY,
    CONFIG_SECRET,
    HEADER_SECRET,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)

from portkey_async import AsyncPortkey, ConfigurationError, RetryPolicy, Timeout, __version__
from portkey_async._options import (
    DEFAULT_BASE_URL,
    Options,
    derive,
    sends_credentials_in_the_open,
)
from portkey_async._secrets import Sealed

FIXED = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": f"portkey-async/{__version__}",
}
#: For tests in which the key is not the point.
OWN_GATEWAY = "http://127.0.0.1:8787/v1"


def options(base: Options | None = None, /, **changes: object) -> Options:
    """Apply arguments as the client does."""
    return derive(base or Options(), Sealed(changes))


def own(**changes: object) -> Options:
    """Apply arguments to a client of a gateway that needs no key."""
    return options(**{"base_url": OWN_GATEWAY} | changes)


def headers(given: Options) -> dict[str, str]:
    """Give the headers that the arguments account for."""
    assert given.all_headers.items() >= FIXED.items()
    return {name: value for name, value in given.all_headers.items() if name not in FIXED}


def settings_of(client: AsyncPortkey) -> Options:
    """Give what a client was told; no request is made here that would show it."""
    return client._options  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


# --- One argument, one header -----------------------------------------------------------------

HEADERS: list[tuple[str, object, dict[str, str]]] = [
    ("api_key", API_KEY, {"x-portkey-api-key": API_KEY}),
    ("virtual_key", VIRTUAL_KEY, {"x-portkey-virtual-key": VIRTUAL_KEY}),
    ("provider", "openai", {"x-portkey-provider": "openai"}),
    ("provider", "@my-slug", {"x-portkey-provider": "@my-slug"}),
    ("authorization", PROVIDER_TOKEN, {"authorization": f"Bearer {PROVIDER_TOKEN}"}),
    ("authorization", f"Bearer {PROVIDER_TOKEN}", {"authorization": f"Bearer {PROVIDER_TOKEN}"}),
    ("authorization", f"bearer  {PROVIDER_TOKEN} ", {"authorization": f"Bearer {PROVIDER_TOKEN}"}),
    ("config", "pc-abc123", {"x-portkey-config": "pc-abc123"}),
    (
        "config",
        {"provider": "openai", "retry": {"attempts": 3, "on": [429]}, "name": "é"},
        {
            "x-portkey-config": '{"provider":"openai","retry":{"attempts":3,"on":[429]},'
            '"name":"\\u00e9"}'
        },
    ),
    ("config", MappingProxyType({"a": (1,)}), {"x-portkey-config": '{"a":[1]}'}),
    ("config", {}, {"x-portkey-config": "{}"}),
    ("trace_id", "t-1", {"x-portkey-trace-id": "t-1"}),
    ("trace_id", "tab\tand é ☃", {"x-portkey-trace-id": "tab\tand é ☃"}),
    ("metadata", {"_user": "é", "n": 1}, {"x-portkey-metadata": '{"_user":"\\u00e9","n":1}'}),
    ("metadata", {}, {"x-portkey-metadata": "{}"}),
    ("forward_headers", ["x-tenant", "X-Other"], {"x-portkey-forward-headers": "x-tenant,X-Other"}),
    ("forward_headers", ("x-tenant",), {"x-portkey-forward-headers": "x-tenant"}),
    ("forward_headers", (n for n in ["a", "b"]), {"x-portkey-forward-headers": "a,b"}),
    ("request_timeout", 500, {"x-portkey-request-timeout": "500"}),
    ("request_timeout", 1, {"x-portkey-request-timeout": "1"}),
    ("request_timeout", dt.timedelta(seconds=2.5), {"x-portkey-request-timeout": "2500"}),
    ("request_timeout", dt.timedelta(days=1), {"x-portkey-request-timeout": "86400000"}),
    ("cache_force_refresh", True, {"x-portkey-cache-force-refresh": "true"}),
    ("cache_force_refresh", False, {}),
    ("cache_namespace", "ns", {"x-portkey-cache-namespace": "ns"}),
    ("strict_open_ai_compliance", True, {"x-portkey-strict-open-ai-compliance": "true"}),
    ("strict_open_ai_compliance", False, {"x-portkey-strict-open-ai-compliance": "false"}),
    ("headers", {"X-Mine": "1"}, {"x-mine": "1"}),
    ("headers", {"x-empty": ""}, {"x-empty": ""}),
    ("headers", {}, {}),
]


def label(value: object) -> str | None:
    """Name a parameter, without addresses, which differ from process to process."""
    return None if " at 0x" in repr(value) else repr(value)[:50]


@pytest.mark.parametrize(("name", "value", "expected"), HEADERS, ids=label)
def test_an_argument_becomes_its_header_and_no_other(
    name: str, value: object, expected: dict[str, str]
) -> None:
    """Nothing is invented beside it, and nothing is left of it when it is taken away again."""
    given = own(**{name: value})

    assert headers(given) == expected
    assert headers(options(given, **{name: None})) == {}


def test_the_custom_host_becomes_its_header() -> None:
    """It goes with what it speaks, and a slash at its end is harmless."""
    for host in ("https://up.test/v1", "https://up.test/v1/", "https://up.test/v1//"):
        assert headers(own(custom_host=host, provider="openai")) == {
            "x-portkey-custom-host": "https://up.test/v1",
            "x-portkey-provider": "openai",
        }


def test_nothing_given_is_nothing_sent() -> None:
    """No authorization, no empty header, no telemetry: only what HTTP itself needs."""
    assert own().all_headers == FIXED
    assert "zstd" not in FIXED["accept-encoding"]


@pytest.mark.parametrize(
    "given",
    [
        {"api_key": API_KEY, "virtual_key": VIRTUAL_KEY},
        {"api_key": API_KEY, "authorization": PROVIDER_TOKEN, "provider": "openai"},
        {"api_key": API_KEY, "config": "pc-1"},
        {
            "api_key": API_KEY,
            "authorization": PROVIDER_TOKEN,
            "provider": "openai",
            "custom_host": "https://up.test/v1",
        },
    ],
    ids="+".join,
)
def test_all_four_documented_ways_in_are_accepted(given: dict[str, str]) -> None:
    """Each sends exactly its own headers."""
    assert len(headers(options(**given))) == len(given)


def test_the_callers_headers_win() -> None:
    """They are put in last, whatever their case, over ours and over those of other arguments."""
    given = own(
        authorization=PROVIDER_TOKEN,
        trace_id="t",
        headers={"AUTHORIZATION": "Basic abc", "User-Agent": "mine", "X-Portkey-Trace-Id": "u"},
    )

    assert given.all_headers == FIXED | {
        "authorization": "Basic abc",
        "user-agent": "mine",
        "x-portkey-trace-id": "u",
    }


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_a_mapping_reads_back_from_its_header(config: dict[str, Any]) -> None:
    """Compact ASCII JSON, which every header can carry."""
    sent = headers(own(config=config))["x-portkey-config"]

    assert json.loads(sent) == config
    assert sent.isascii()
    assert sent.isprintable() or "\x7f" in sent


# --- Other settings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://gw.test/v1", "https://gw.test/v1"),
        ("https://gw.test/v1/", "https://gw.test/v1"),
        ("https://gw.test/a/b/v1//", "https://gw.test/a/b/v1"),
        ("https://gw.test", "https://gw.test"),
        ("http://[::1]:8787/v1", "http://[::1]:8787/v1"),
        ("https://gw.test/a%20b", "https://gw.test/a%20b"),
        ("https://xn--bcher-kva.test/v1", "https://xn--bcher-kva.test/v1"),
    ],
)
def test_the_base_url_keeps_its_prefix_and_loses_its_slash(given: str, kept: str) -> None:
    """A gateway below a path works, and a trailing slash is harmless."""
    assert options(base_url=given).base_url == kept


def test_the_default_base_url_is_portkeys() -> None:
    """Where nothing is said, the hosted gateway is meant."""
    assert options(api_key=API_KEY).base_url == DEFAULT_BASE_URL == "https://api.portkey.ai/v1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (5, Timeout(total=5)),
        (0.5, Timeout(total=0.5)),
        (Timeout(total=None, read=1), Timeout(total=None, read=1)),
        (None, Timeout(total=None, connect=None, read=None)),
    ],
)
def test_a_timeout_is_seconds_or_a_timeout_or_none(given: object, expected: Timeout) -> None:
    """A number bounds the whole call; None bounds nothing at all."""
    assert own(timeout=given).timeout == expected


def test_other_settings_are_kept_as_given() -> None:
    """They are read back by what acts on them."""
    given = own(retry=RetryPolicy(attempts=1), max_response_bytes=1, validate_requests=False)

    assert given.retry == RetryPolicy(attempts=1)
    assert given.max_response_bytes == 1
    assert given.validate_requests is False
    assert (own().max_response_bytes, own().validate_requests) == (128 * 1024 * 1024, True)


# --- What is refused --------------------------------------------------------------------------

TEXTS = ("api_key", "virtual_key", "provider", "authorization", "trace_id", "cache_namespace")
NOT_A_URL = "is not a URL such as https://host/v1"

REFUSED: list[tuple[str, object, str]] = [
    *((name, value, "is empty; leave it out") for name in TEXTS for value in ("", " ", "\t")),
    *((name, value, "it must be a str") for name in TEXTS for value in (5, b"x", ["x"])),
    *(
        (name, f"a{bad}b", "control character")
        for name in TEXTS
        for bad in ("\r\n", "\n", "\x00", "\x7f", "\ud800")
    ),
    ("authorization", "Basic dXNlcg==", "is not a single token"),
    ("authorization", "Bearer ", "is not a single token"),
    ("authorization", "Bearer", "is not a single token"),
    ("authorization", "Bearer a b", "is not a single token"),
    ("authorization", " a", "is not a single token"),
    ("config", "", "is empty"),
    ("config", 5, "it must be a str"),
    ("config", ["a"], "it must be a str"),
    ("config", {"a": math.nan}, "config.a is nan"),
    ("config", {1: 2}, "has the key 1 of type int"),
    ("config", {"a": {1, 2}}, "config.a is of type set"),
    ("config", "pc-\n", "control character"),
    ("metadata", "text", "it must be a mapping"),
    ("metadata", [("a", 1)], "it must be a mapping"),
    ("metadata", {"a": math.inf}, "metadata.a is inf"),
    ("metadata", {"a": object()}, "metadata.a is of type object"),
    ("metadata", {"a": "\ud800"}, "lone surrogate"),
    ("forward_headers", "x-tenant", "must be a list of header names"),
    ("forward_headers", 5, "must be a list of header names"),
    ("forward_headers", [], "is empty"),
    ("forward_headers", ["x tenant"], "is no header name"),
    ("forward_headers", ["a,b"], "is no header name"),
    ("forward_headers", [""], "is no header name"),
    ("forward_headers", [5], "is no header name"),
    ("forward_headers", ["X-Portkey-Forward-Headers"], "must not name"),
    *(
        ("request_timeout", value, "a whole number of milliseconds, at least 1")
        for value in (0, -1, 1.5, True, "500", dt.timedelta(0), dt.timedelta(microseconds=400))
    ),
    ("request_timeout", dt.timedelta(seconds=-1), "a whole number of milliseconds, at least 1"),
    *(
        (name, value, "it must be True or False")
        for name in ("cache_force_refresh", "strict_open_ai_compliance", "validate_requests")
        for value in (0, 1, "true")
    ),
    ("validate_requests", None, "it must be True or False"),
    *(
        (name, value, problem)
        for name in ("base_url", "custom_host")
        for value, problem in (
            ("", "is empty"),
            (5, "it must be a str"),
            ("gw.test/v1", NOT_A_URL),
            ("//gw.test/v1", NOT_A_URL),
            ("/v1", NOT_A_URL),
            ("ftp://gw.test", NOT_A_URL),
            ("file:///etc", NOT_A_URL),
            ("http:///v1", NOT_A_URL),
            ("http://:80/v1", NOT_A_URL),
            ("http://gw.test:0", NOT_A_URL),
            ("http://gw.test:65536", NOT_A_URL),
            ("http://gw.test:port", NOT_A_URL),
            ("http://[::1/v1", NOT_A_URL),
            ("http://gw.test/a b", NOT_A_URL),
            ("http://gw.test\\v1", NOT_A_URL),
            ("http://bücher.test", NOT_A_URL),
            ("http://gw.test/\r\nx", NOT_A_URL),
            (" http://gw.test", NOT_A_URL),
            ("http://user@gw.test", "holds a user or password"),
            ("http://user:word@gw.test", "holds a user or password"),
            ("http://@gw.test", "holds a user or password"),
            ("http://gw.test?a=1", "query or a fragment"),
            ("http://gw.test#a", "query or a fragment"),
            ("http://gw.test?", "query or a fragment"),
            ("http://gw.test#", "query or a fragment"),
        )
    ),
    ("base_url", None, "it must be a str"),
    ("headers", "x", "it must be a mapping"),
    ("headers", [("a", "b")], "it must be a mapping"),
    ("headers", {"a b": "1"}, "is no header name"),
    ("headers", {"": "1"}, "is no header name"),
    ("headers", {"a:": "1"}, "is no header name"),
    ("headers", {"é": "1"}, "is no header name"),
    ("headers", {5: "1"}, "is no header name"),
    ("headers", {"a": 1}, "headers['a'] is of type int; it must be a str"),
    ("headers", {"a": None}, "headers['a'] is of type NoneType; it must be a str"),
    *(
        ("headers", {"a": f"b{bad}c"}, "headers['a'] holds a control character")
        for bad in ("\r", "\n", "\x00", "\x1f", "\ud800")
    ),
    *(
        ("timeout", value, "it must be seconds above 0, a Timeout, or None for no limit")
        for value in (0, -1, math.nan, math.inf, True, "5", [5], dt.timedelta(seconds=5))
    ),
    *(("retry", value, "it must be a RetryPolicy") for value in (None, 3, {"attempts": 3})),
    *(
        ("max_response_bytes", value, "it must be a whole number, at least 1")
        for value in (0, -1, 1.0, True, None, "1")
    ),
]


@pytest.mark.parametrize(("name", "value", "problem"), REFUSED, ids=label)
def test_what_cannot_be_used_is_refused_by_name(name: str, value: object, problem: str) -> None:
    """At once, before any I/O; the message begins with the argument and says what is allowed."""
    beside = {"provider": "openai"} if name == "custom_host" else {}

    with pytest.raises(ConfigurationError) as caught:
        own(**beside | {name: value})

    assert str(caught.value).startswith(name)
    assert problem in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@given(st.characters(categories=["Cc", "Cs"]).filter(lambda char: char != "\t"), st.text("ab "))
def test_no_control_character_gets_into_a_header(bad: str, around: str) -> None:
    """Of those that HTTP forbids, none passes, wherever it stands; those of Latin-1 are text."""
    if "\x80" <= bad <= "\x9f":
        assert headers(own(headers={"x": f"{around}{bad}"})) == {"x": f"{around}{bad}"}
    else:
        with pytest.raises(ConfigurationError, match="control character"):
            own(headers={"x": f"{around}{bad}{around}"})


@pytest.mark.parametrize(
    "url",
    [
        "https://api.portkey.ai/v1",
        "https://API.Portkey.AI/v1",
        "https://aigw.portkey.ai/v1",
        "https://portkey.ai",
        "https://portkey.ai./v1",
        "https://api.portkey.ai.:443/v1",
    ],
)
def test_portkeys_own_hosts_need_a_key(url: str) -> None:
    """The error says where a key can be given; a header of the caller's own will do as well."""
    with pytest.raises(ConfigurationError, match=r"^api_key is missing.*PORTKEY_API_KEY"):
        options(base_url=url, virtual_key=VIRTUAL_KEY)

    assert options(base_url=url, api_key=API_KEY).base_url == url
    assert options(base_url=url, headers={"X-Portkey-API-Key": API_KEY}).base_url == url


@pytest.mark.parametrize(
    "url", ["https://notportkey.ai", "https://portkey.ai.evil.test", "http://localhost:8787/v1"]
)
def test_other_hosts_need_none(url: str) -> None:
    """A gateway of one's own may ask for nothing."""
    assert options(base_url=url).base_url == url


def test_a_custom_host_needs_to_be_told_what_it_speaks() -> None:
    """Provider or config will do; without either the gateway would refuse every call."""
    with pytest.raises(ConfigurationError, match=r"^custom_host needs provider or config"):
        own(custom_host="https://up.test/v1", authorization=PROVIDER_TOKEN)

    for beside in ({"provider": "openai"}, {"config": "pc-1"}):
        assert own(custom_host="https://up.test/v1", **beside).values["custom_host"]


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


# --- What is never shown ----------------------------------------------------------------------

#: Not one of the suite's credentials: those are also looked for in errors that never leave.
SECRET = "sk-of-these-tests-alone"

SECRETIVE: dict[str, Any] = {
    "api_key": f"{SECRET}-1",
    "virtual_key": f"{SECRET}-2",
    "authorization": f"{SECRET}-3",
    "config": {"targets": [{"api_key": f"{SECRET}-4"}]},
    "headers": {"x-other-token": f"{SECRET}-5"},
}

WRONG: list[tuple[str, Any]] = [
    ("api_key", f"{SECRET}\n"),
    ("api_key", [SECRET]),
    ("virtual_key", f"{SECRET}\x00"),
    ("authorization", f"Basic {SECRET}"),
    ("authorization", f"Bearer a\r\n{SECRET}"),
    ("config", {"api_key": SECRET, "a": math.nan}),
    ("config", {"api_key": SECRET, "a": {1}}),
    ("config", [SECRET]),
    ("headers", {"x-key": f"{SECRET}\n"}),
    ("headers", {"x-key": SECRET, "b": 1}),
    ("headers", {f"Authorization: Bearer {SECRET}": ""}),
    ("headers", [("x-key", SECRET)]),
    ("base_url", f"https://user:{SECRET}@gw.test"),
    ("base_url", f"https://gw.test?key={SECRET}"),
    ("custom_host", f"https://{SECRET}@up.test"),
    ("metadata", {"token": SECRET, "a": math.nan}),
    ("trace_id", ""),
    ("provider", 5),
    ("forward_headers", []),
    ("request_timeout", 0),
    ("timeout", -1),
    ("retry", 3),
    ("max_response_bytes", 0),
    ("validate_requests", 1),
]


def shown(error: BaseException) -> Iterator[str]:
    """Give everything that a report of an error may show, the locals of each frame included."""
    yield f"{error} {error!r}"
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in report.stack if "portkey_async" in frame.filename]
    assert ours
    yield from (text for frame in ours for text in (frame.locals or {}).values())
    assert report.__cause__ is None
    assert report.__context__ is None


@pytest.mark.parametrize(("name", "value"), WRONG, ids=label)
@pytest.mark.parametrize("derived", [False, True], ids=["new", "derived"])
def test_an_error_shows_no_credential(
    name: str,
    value: Any,
    derived: bool,  # noqa: FBT001
) -> None:
    """Not in its message, nor in any local of any frame of ours, whatever argument is wrong."""
    make = AsyncPortkey(API_KEY).with_options if derived else AsyncPortkey
    given: dict[str, Any] = SECRETIVE | {name: value}

    with pytest.raises(ConfigurationError) as caught:
        make(**given)

    assert not any(SECRET in text for text in shown(caught.value))


@pytest.mark.parametrize(
    "given",
    [
        {"virtual_key": SECRET},
        {"api_key": SECRET, "custom_host": "https://up.test", "authorization": SECRET},
        {"api_key": SECRET, "max_connections": 0},
    ],
)
def test_checks_of_several_arguments_show_no_credential(given: dict[str, Any]) -> None:
    """Nor do those that the client makes itself."""
    with pytest.raises(ConfigurationError) as caught:
        AsyncPortkey(**given)

    assert not any(SECRET in text for text in shown(caught.value))


def test_a_client_shows_no_credential() -> None:
    """It names its gateway and the settings that it was given, and no value of them."""
    client = AsyncPortkey(base_url="https://gw.test/v1", trace_id="t-1", **SECRETIVE)
    given = settings_of(client)

    text = repr(client)
    assert text.startswith("<AsyncPortkey https://gw.test/v1")
    for name in ("api_key", "virtual_key", "authorization", "config", "trace_id"):
        assert name in text
    for value in (client, client.assistants, client.admin_api_keys, client.beta, given):
        assert SECRET not in f"{value!r}{value}"
    assert SECRET not in repr(vars(client))


def test_a_client_that_could_not_be_made_can_be_shown() -> None:
    """Tools that show the locals of a failed call meet it half made."""
    half_made = object.__new__(AsyncPortkey)

    assert "AsyncPortkey" in repr(half_made)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_is_not_copied(duplicate: Callable[[object], object]) -> None:
    """A copy would carry the credentials to where nobody looks for them."""
    client = AsyncPortkey(API_KEY)

    for secretive in (client, client.with_options(timeout=1)):
        with pytest.raises(TypeError, match="not copied or pickled"):
            duplicate(secretive)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_neither_are_its_parts(duplicate: Callable[[object], object]) -> None:
    """Its resources and its options hold the credentials too."""
    client = AsyncPortkey(API_KEY)

    for secretive in (client.assistants, client.admin_api_keys, settings_of(client)):
        with pytest.raises(TypeError, match="not copied or pickled"):
            duplicate(secretive)


@pytest.mark.parametrize(
    ("given", "credential"),
    [
        ({"api_key": API_KEY}, API_KEY),
        ({"virtual_key": VIRTUAL_KEY}, VIRTUAL_KEY),
        ({"authorization": PROVIDER_TOKEN}, PROVIDER_TOKEN),
        ({"authorization": f"Bearer {PROVIDER_TOKEN}"}, PROVIDER_TOKEN),
        ({"config": {"api_key": CONFIG_SECRET}}, CONFIG_SECRET),
        ({"config": {"targets": [{"a": [{"aws_secret_access_key": "abcdef"}]}]}}, "abcdef"),
        ({"config": {"tokens": ["abcdef", "ghijkl"]}}, "ghijkl"),
        ({"config": {"headers": {"Authorization": f"Bearer {CONFIG_SECRET}"}}}, CONFIG_SECRET),
        ({"headers": {"Authorization": f"Bearer {HEADER_SECRET}"}}, HEADER_SECRET),
        ({"headers": {"x-azure-ad-TOKEN": HEADER_SECRET}}, HEADER_SECRET),
        ({"headers": {"Cookie": HEADER_SECRET}}, HEADER_SECRET),
    ],
    ids=label,
)
def test_what_a_server_echoes_is_blotted_out(given: dict[str, Any], credential: str) -> None:
    """Every credential that was given, wherever it was, is known to the redactor."""
    redact = own(**given).redact

    assert credential not in redact(f"Incorrect API key provided: {credential}.")
    assert credential not in options(own(**given), trace_id="t").redact(credential)


def test_a_changed_credential_is_blotted_out() -> None:
    """A derived client watches for its own credential; settings that are none are shown."""
    base = own(api_key=API_KEY, config={"provider": "openai", "name": "harmless"})
    derived = options(base, api_key="pk-another-key")

    assert "pk-another-key" not in derived.redact("it was pk-another-key")
    assert base.redact("openai, harmless") == "openai, harmless"


# --- Unencrypted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://gw.test/v1", True),
        ("http://10.0.0.1/v1", True),
        ("http://[2001:db8::1]/v1", True),
        ("http://localhost.evil.test", True),
        ("http://notlocalhost", True),
        ("HTTP://gw.test", True),
        ("https://gw.test", False),
        ("HTTPS://gw.test", False),
        ("http://localhost:8787/v1", False),
        ("http://LOCALHOST", False),
        ("http://a.localhost", False),
        ("http://127.0.0.1:8787", False),
        ("http://127.8.8.8", False),
        ("http://[::1]:8787", False),
    ],
)
def test_credentials_in_the_open_are_noticed(url: str, *, expected: bool) -> None:
    """Plain http to anything but this machine, with any kind of credential; without one, never."""
    assert not sends_credentials_in_the_open(options(base_url=url))
    assert not sends_credentials_in_the_open(options(base_url=url, trace_id="t"))
    for name, value in SECRETIVE.items():
        given = options(base_url=url, **{name: value})
        assert sends_credentials_in_the_open(given) is expected


def _warned(make: Callable[[], object]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    assert all(warning.filename == __file__ for warning in caught)
    return [str(warning.message) for warning in caught]


def test_a_client_in_the_open_warns_once() -> None:
    """The warning names the gateway and points at the caller's line, and shows no credential."""
    (message,) = _warned(lambda: AsyncPortkey(API_KEY, base_url="http://gw.test/v1"))

    assert re.search("unencrypted to http://gw.test/v1; use https", message)
    assert API_KEY not in message
    assert _warned(lambda: AsyncPortkey(API_KEY, base_url=OWN_GATEWAY)) == []
    assert _warned(lambda: AsyncPortkey(base_url="http://gw.test/v1")) == []
    assert _warned(lambda: AsyncPortkey(API_KEY)) == []


def test_a_client_derived_into_the_open_warns() -> None:
    """It is the same danger; one derived from a client that warned already keeps quiet."""
    client = AsyncPortkey(API_KEY)

    assert len(_warned(lambda: client.with_options(base_url="http://gw.test/v1"))) == 1
    assert _warned(lambda: client.with_options(timeout=5)) == []

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warned = AsyncPortkey(API_KEY, base_url="http://gw.test/v1")
    assert _warned(lambda: warned.with_options(timeout=5)) == []
