"""Proxies: which one a URL goes by, and what is no URL of one."""

import pytest

from portkey_async import ConfigurationError
from portkey_async._transport.proxies import proxies


@pytest.mark.parametrize("url", ["http://[::bad", "http://host:99999999", "http://host:x"])
def test_a_proxy_of_the_environment_that_cannot_be_used_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the client is made, by its name and without its text, which may hold a password."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ConfigurationError) as caught:
        proxies(None, trust_env=True)

    assert url not in str(caught.value)


@pytest.mark.parametrize("rest", ["/way", "?to=there", "#here"])
def test_a_proxy_has_an_origin_and_no_more(rest: str) -> None:
    """What it would not heed is refused, given or of the environment."""
    with pytest.raises(ConfigurationError, match=r"^proxy must hold no path"):
        proxies(f"http://proxy.test:3128{rest}", trust_env=False)
