"""What a client is told in confidence: never shown, and not sent in the open unnoticed."""

import copy
import math
import pickle
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich import pretty
from support.credentials import (
    API_KEY,
    CONFIG_SECRET,
    HEADER_SECRET,
    PROVIDER_TOKEN,
    VIRTUAL_KEY,
)
from support.settings import OWN_GATEWAY, label, options, own, settings_of

import portkey_async
from portkey_async import AsyncPortkey, ConfigurationError
from portkey_async._options.options import sends_credentials_in_the_open

#: Not one of the suite's credentials: those are also looked for in errors that never leave.
SECRET = "sk-of-these-tests-alone"

SECRETIVE: dict[str, Any] = {
    "api_key": f"{SECRET}-1",
    "virtual_key": f"{SECRET}-2",
    "authorization": f"{SECRET}-3",
    "config": {"targets": [{"api_key": f"{SECRET}-4"}]},
    "headers": {"x-other-token": f"{SECRET}-5"},
    "query": {"api-key": f"{SECRET}-6"},
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
    ("config", f'{{"api_key": "{SECRET}", }}'),
    ("config", f"{{{SECRET}"),
    ("api_key", f"\u200b{SECRET}"),
    ("headers", {"x-key": f"“{SECRET}”"}),
    ("headers", {"x-key": SECRET, "content-length": "5"}),
    ("headers", {"x-portkey-config": f"{{{SECRET}"}),
    ("query", {"api-key": SECRET, "a": 5}),
    ("query", {"api-key": [SECRET]}),
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
    package = Path(portkey_async.__file__).parent
    ours = [frame for frame in report.stack if package in Path(frame.filename).parents]
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


#: Every tool that shows the locals of a traceback shows what it finds this way.
def _reprs(value: object) -> Iterator[str]:
    yield repr(value)
    yield pretty.pretty_repr(value, max_string=20)
    yield pretty.pretty_repr(value)


def test_no_report_of_options_shows_a_credential() -> None:
    """Though rich looks into attrs classes and into mappings, and shortens texts."""
    given = own(
        **SECRETIVE,
        proxy=f"http://u:{SECRET}@proxy.test",
        trace_id=f"t-{SECRET}-1",
        metadata={"a": 1},
    )
    derived = options(given, timeout=1, headers={"x-other": "1"})

    for held in (given, derived, given.headers, given.query, given.cool_down_key):
        assert not any(SECRET in text or SECRET[:8] in text for text in _reprs(held))


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
    with pytest.raises(ConfigurationError) as caught:
        AsyncPortkey(API_KEY, timeout=-1)

    (half_made,) = (entry.locals["self"] for entry in caught.traceback if "self" in entry.locals)
    assert repr(half_made).startswith("<AsyncPortkey ")


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
        ({"headers": {"Cookie": f"a=1; id={HEADER_SECRET}"}}, HEADER_SECRET),
        ({"headers": {"x-auth": HEADER_SECRET}}, HEADER_SECRET),
        ({"headers": {"x-session": HEADER_SECRET}}, HEADER_SECRET),
        ({"headers": {"x-portkey-config": f'{{"apiKey": "{HEADER_SECRET}"}}'}}, HEADER_SECRET),
        ({"headers": {"x-account": f'{{"private_key": "{HEADER_SECRET}"}}'}}, HEADER_SECRET),
        ({"query": {"subscription-key": HEADER_SECRET}}, HEADER_SECRET),
        ({"query": {"sig-token": "a b/c+d"}}, "a%20b%2Fc%2Bd"),
        ({"metadata": {"token": CONFIG_SECRET}}, CONFIG_SECRET),
        ({"config": f' {{"api_key": "{CONFIG_SECRET}"}}'}, CONFIG_SECRET),
        ({"config": {"api_key": {"value": CONFIG_SECRET}}}, CONFIG_SECRET),
        ({"config": {"api_key": 123456789}}, "123456789"),
        ({"config": {"x": f'{{"client_secret": "{CONFIG_SECRET}"}}'}}, CONFIG_SECRET),
        ({"config": {"api_key": 'with/slash"é'}}, 'with\\/slash\\"\\u00e9'),
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
    assert own(headers={"x-tenant": "harmless"}).redact("harmless") == "harmless"


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
