"""What a client cannot be told: refused at once, and the argument is named."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.credentials import (
    API_KEY,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.settings import headers, label, options, own

from portkey_async import ConfigurationError

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
    ("config", "pc 1", "U+0020 (space) at position 2"),
    *(
        ("config", text, "is neither an id nor a JSON object")
        for text in ('{"api_key": "s3cret", }', ' {"a": 1', "[1]", '"text"', "{}x", "[" * 100_000)
    ),
    ("config", '{"a": NaN}', "config.a is nan"),
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
    ("headers", {"x-a": "1", "X-A": "2"}, "headers['X-A'] is given twice"),
    ("headers", {"X-Portkey-Config": '{"api_key": "s3cret", }'}, "neither an id nor a JSON object"),
    *(
        ("headers", {name: "5"}, f"headers[{name!r}] frames the message")
        for name in (
            *("content-length", "Transfer-Encoding", "TE", "trailer", "Connection", "keep-alive"),
            *("upgrade", "Expect", "content-encoding", "Proxy-Connection"),
        )
    ),
    ("query", "a=1", "it must be a mapping"),
    ("query", {"a": 1}, "query['a'] is of type int; it must be a str"),
    ("query", {5: "1"}, "is of type int; it must be a str"),
    ("query", {"": "1"}, "is empty"),
    ("query", {"a": "\ud800"}, "lone surrogate"),
    ("query", {"\udfff": "a"}, "lone surrogate"),
    *(
        ("proxy", url, "is not the URL of a proxy, such as http://proxy.example:3128")
        for url in (
            "proxy:3128",
            "socks5://proxy",
            "http://",
            "http://a b",
            "http://h:0",
            "http://[x",
        )
    ),
    ("proxy", 5, "it must be a str"),
    ("ssl_context", True, "is of type bool; it must be an ssl.SSLContext"),
    *(("trust_env", value, "it must be True or False") for value in (1, None, "yes")),
    *(
        (name, f"{before}key{after}", f"holds {problem}")
        for name in ("api_key", "virtual_key", "provider", "config")
        for before, after, problem in (
            ("\u200b", "", "U+200B (zero width space) at position 0"),
            ("", "\ufeff", "U+FEFF (zero width no-break space) at position 3"),
            ("“", "”", "U+201C (left double quotation mark) at position 0"),
            (" ", "", "U+0020 (space) at position 0"),
            ("", "\u00a0", "U+00A0 (no-break space) at position 3"),
            ("k", "\u2011", "U+2011 (non-breaking hyphen) at position 4"),
        )
    ),
    ("authorization", "\u200bkey", "it holds U+200B (zero width space) at position 0"),
    ("authorization", "Bearer “key”", "it holds U+201C (left double quotation mark)"),
    ("headers", {"api-key": "\u200bkey"}, "headers['api-key'] holds U+200B (zero width space)"),
    ("headers", {"X-Auth": "key "}, "headers['X-Auth'] holds U+0020 (space) at position 3"),
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

    assert str(caught.value).startswith((name, f"a name in {name}"))
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
        assert own(custom_host="https://up.test/v1", **beside).headers["x-portkey-custom-host"]
