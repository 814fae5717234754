"""Which proxy a request goes through, and which arguments are refused."""

from typing import Any

import pytest

from portkey_async import AsyncPortkey, ConfigurationError
from portkey_async._transport.proxies import NO_PROXIES, Proxy, proxies

URL = "https://gateway.test/v1"


@pytest.fixture(autouse=True)
def _no_proxies_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own proxies change nothing."""
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("given", "url", "authorization"),
    [
        ("http://proxy.test:3128", "http://proxy.test:3128", None),
        ("http://proxy.test/", "http://proxy.test", None),
        ("https://proxy.test:8443", "https://proxy.test:8443", None),
        ("http://[::1]:3128", "http://[::1]:3128", None),
        ("http://ada:lovelace@proxy.test:1", "http://proxy.test:1", "Basic YWRhOmxvdmVsYWNl"),
        ("http://a%40b:p%3A@proxy.test", "http://proxy.test", "Basic YUBiOnA6"),
        ("http://only@proxy.test", "http://proxy.test", "Basic b25seTo="),
    ],
)
def test_a_proxy_is_taken_apart(given: str, url: str, authorization: str | None) -> None:
    """Its credentials go into a header, and nothing shows them."""
    proxy = proxies(given, trust_env=False).of(URL)

    assert proxy == Proxy(url, authorization)
    assert "Basic" not in repr(proxy)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "proxy.test:3128",
        "socks5://proxy.test:1080",
        "http://",
        "http://proxy.test:0",
        "http://proxy.test:99999",
        "http://proxy.test:port",
        "http://[::1",
        "http://proxy test",
        "http://pröxy.test",
        "http://proxy.test\\x",
        "http://proxy.test/path",
        "http://proxy.test?q=1",
        "http://user:s3cret-word@",
        5,
        b"http://proxy.test",
    ],
)
def test_what_is_no_proxy_is_refused(bad: Any) -> None:
    """The error names the argument, and shows nothing that may be a password."""
    with pytest.raises(ConfigurationError, match=r"^proxy ") as raised:
        AsyncPortkey("pk-key", proxy=bad)

    assert "s3cret-word" not in str(raised.value)


@pytest.mark.parametrize("bad", [None, 1, "yes"])
def test_whether_the_environment_is_trusted_is_a_bool(bad: Any) -> None:
    """The error says so."""
    with pytest.raises(ConfigurationError, match=r"trust_env is .*True or False"):
        AsyncPortkey("pk-key", trust_env=bad)


def test_without_arguments_there_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is not heeded unless it is trusted."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")

    assert proxies(None, trust_env=False) is NO_PROXIES
    assert NO_PROXIES.of(URL) is None


@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        ({}, URL, None),
        ({"HTTPS_PROXY": "http://one.test:1"}, URL, "http://one.test:1"),
        ({"https_proxy": "http://one.test:1"}, URL, "http://one.test:1"),
        ({"HTTPS_PROXY": "one.test:1"}, URL, "http://one.test:1"),
        ({"HTTPS_PROXY": ""}, URL, None),
        ({"HTTP_PROXY": "http://one.test:1"}, URL, None),
        ({"HTTP_PROXY": "http://one.test:1"}, "http://gateway.test/v1", "http://one.test:1"),
        ({"HTTPS_PROXY": "http://one.test:1", "NO_PROXY": "gateway.test"}, URL, None),
        ({"HTTPS_PROXY": "http://one.test:1", "NO_PROXY": ".test, other"}, URL, None),
        ({"HTTPS_PROXY": "http://one.test:1", "NO_PROXY": "*"}, URL, None),
        ({"HTTPS_PROXY": "http://one.test:1", "NO_PROXY": "way.test"}, URL, "http://one.test:1"),
        (
            {"HTTPS_PROXY": "http://one.test:1", "NO_PROXY": "gateway.test:8443"},
            "https://gateway.test:8443/v1",
            None,
        ),
        # A server run by CGI gets HTTP_PROXY from whoever sends it a header named Proxy.
        (
            {"HTTP_PROXY": "http://one.test:1", "REQUEST_METHOD": "GET"},
            "http://gateway.test/v1",
            None,
        ),
    ],
    ids=str,
)
def test_the_environment_names_proxies_where_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, expected: str | None
) -> None:
    """By the variables that curl and the standard library heed."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    found = proxies(None, trust_env=True).of(url)

    assert (found and found.url) == expected


def test_a_proxy_that_is_given_comes_before_the_environments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is for every request."""
    monkeypatch.setenv("HTTPS_PROXY", "http://one.test:1")
    monkeypatch.setenv("NO_PROXY", "*")

    assert proxies("http://two.test:2", trust_env=True).of(URL) == Proxy("http://two.test:2")


def test_a_bad_proxy_of_the_environment_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the client is made, not with the first call."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:s3cret-word@proxy.test")

    with pytest.raises(ConfigurationError, match=r"^HTTPS_PROXY is not the URL") as raised:
        AsyncPortkey("pk-key", trust_env=True)

    assert "s3cret-word" not in str(raised.value)


@pytest.mark.parametrize("name", ["proxy", "trust_env", "ssl_context"])
def test_settings_of_connections_are_not_changed_by_deriving(name: str) -> None:
    """Derived clients share the connections."""
    with pytest.raises(TypeError, match=name):
        AsyncPortkey("pk-key").with_options(**{name: None})  # type: ignore[arg-type]  # on purpose
