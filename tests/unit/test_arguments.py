"""What a client is told, one argument at a time, and the header that it becomes."""

import datetime as dt
import json
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.credentials import (
    API_KEY,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.settings import FIXED, headers, label, options, own

from portkey_async import RetryPolicy, Timeout
from portkey_async._options.options import DEFAULT_BASE_URL

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
    ("config", ' {"a": [1, 2],\n "b": "é"}\n', {"x-portkey-config": '{"a":[1,2],"b":"\\u00e9"}'}),
    ("config", {"a": "\x7f"}, {"x-portkey-config": '{"a":"\\u007f"}'}),
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
    ("headers", {"x-key": "a b"}, {"x-key": "a b"}),
    ("headers", {"host": "tenant.test"}, {"host": "tenant.test"}),
    ("headers", {}, {}),
]


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
    assert own().headers == FIXED
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

    assert given.headers == FIXED | {
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
    assert sent.isprintable()


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


def test_query_parameters_are_kept_as_given() -> None:
    """What is read from them is what is sent; they are no header."""
    given = own(query={"api-version": "2025-05-01", "ä b": ""})

    assert given.query == {"api-version": "2025-05-01", "ä b": ""}
    assert headers(given) == {}


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
    assert (own().max_response_bytes, own().validate_requests) == (32 * 1024 * 1024, True)
