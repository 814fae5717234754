"""The client's arguments as options: all of them, and no credential among them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line.calling import call
from support.credentials import API_KEY, CONFIG_SECRET, HEADER_SECRET, PROVIDER_TOKEN, VIRTUAL_KEY

from portkey_async._options.table import OPTIONS
from portkey_async.cli._connection import connection_options, flag
from portkey_async.cli._main import app
from portkey_async.testing import PortkeyServer


def sent(server: PortkeyServer) -> Mapping[str, str]:
    """The headers of the last request."""
    return server.requests[-1].headers


def test_every_argument_is_an_option_but_one() -> None:
    """A session is a program's own; a new line in the client's table is offered at once."""
    offered = {(option.name or "").removesuffix("_file") for option in connection_options()}

    assert OPTIONS.keys() - offered == {"session"}
    assert all(option.help for option in connection_options())


def test_no_credential_is_an_argument() -> None:
    """What is secret by the table has only the flag that takes a file."""
    flags = {one for option in connection_options() for one in option.opts}

    for name, option in OPTIONS.items():
        if option.secret:
            dashed = f"--{name.replace('_', '-')}"
            assert dashed not in flags
            assert f"{dashed}-file" in flags


def test_every_command_takes_them() -> None:
    """Before the command and after it."""
    names = {option.name for option in connection_options()}

    for command in (app, *app.commands.values()):
        assert names <= {param.name for param in command.params}


@pytest.mark.parametrize(
    ("arguments", "header", "value"),
    [
        (["--provider", "openai"], "x-portkey-provider", "openai"),
        (["--config", "pc-1"], "x-portkey-config", "pc-1"),
        (["--trace-id", "t-1"], "x-portkey-trace-id", "t-1"),
        (
            ["--log-metadata", "a=b", "--log-metadata", "c=d"],
            "x-portkey-metadata",
            '{"a":"b","c":"d"}',
        ),
        (
            ["--forward-header", "x-a", "--forward-header", "x-b"],
            "x-portkey-forward-headers",
            "x-a,x-b",
        ),
        (["--request-timeout", "500"], "x-portkey-request-timeout", "500"),
        (["--cache-force-refresh"], "x-portkey-cache-force-refresh", "true"),
        (
            ["--no-strict-open-ai-compliance"],
            "x-portkey-strict-open-ai-compliance",
            "false",
        ),
        (["--header", "x-team: search: all"], "x-team", "search: all"),
    ],
)
def test_options_become_headers(
    server: PortkeyServer, arguments: list[str], header: str, value: str
) -> None:
    """As the client's own arguments do."""
    assert call(*arguments, "list").status == 0
    assert sent(server)[header] == value
    assert call("list", *arguments).status == 0
    assert sent(server)[header] == value


def test_settings_that_are_no_headers(server: PortkeyServer) -> None:
    """Query, timeout, attempts and limits."""
    done = call(
        *("list", "--query", "api-version=1", "--timeout", "none", "--attempts", "1"),
        *("--max-connections", "1", "--max-response-bytes", "100000", "--no-validate-requests"),
        "--no-trust-env",
    )

    assert done.status == 0
    assert server.requests[-1].query["api-version"] == "1"
    assert call("list", "--timeout", "5").status == 0


def test_repeatable_options_add_up_before_and_after_the_command(server: PortkeyServer) -> None:
    """Others are replaced by what stands nearer to the command."""
    before = ["--header", "x-a:1", "--forward-header", "x-a", "--trace-id", "t-1"]
    after = ["--header", "x-b:2", "--forward-header", "x-b", "--trace-id", "t-2"]

    assert call(*before, "list", *after).status == 0
    assert sent(server)["x-a"] == "1"
    assert sent(server)["x-b"] == "2"
    assert sent(server)["x-portkey-forward-headers"] == "x-a,x-b"
    assert sent(server)["x-portkey-trace-id"] == "t-2"


def test_credentials_come_from_files(server: PortkeyServer, tmp_path: Path) -> None:
    """With the line end that an editor leaves behind."""
    files = {
        "api-key": (f"{API_KEY}\n", "x-portkey-api-key", API_KEY),
        "virtual-key": (f"{VIRTUAL_KEY}\r\n", "x-portkey-virtual-key", VIRTUAL_KEY),
        "authorization": (PROVIDER_TOKEN, "authorization", f"Bearer {PROVIDER_TOKEN}"),
        "config": (
            f'{{"provider": "openai", "api_key": "{CONFIG_SECRET}"}}',
            "x-portkey-config",
            f'{{"provider":"openai","api_key":"{CONFIG_SECRET}"}}',
        ),
        "headers": (f'{{"x-auth": "{HEADER_SECRET}"}}', "x-auth", HEADER_SECRET),
    }
    arguments: list[str] = []
    for name, (text, _, _) in files.items():
        path = tmp_path / name
        path.write_text(text)
        arguments += [f"--{name}-file", str(path)]

    done = call("list", *arguments)

    assert done.status == 1  # the server takes another key
    assert API_KEY not in done.err
    for _, header, value in files.values():
        assert sent(server)[header] == value


def test_a_query_in_a_file(server: PortkeyServer, tmp_path: Path) -> None:
    """For those that are credentials."""
    path = tmp_path / "query.json"
    path.write_text(f'{{"code": "1", "api-key": "{HEADER_SECRET}"}}')

    assert call("list", "--query-file", str(path)).status == 0
    assert server.requests[-1].query["api-key"] == HEADER_SECRET


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (["--config", f'{{"api_key": "{CONFIG_SECRET}"}}'], "--config-file"),
        (["--header", f"x-auth: {HEADER_SECRET}"], "--headers-file"),
        (["--header", f'x-portkey-config: {{"api_key": "{CONFIG_SECRET}"}}'], "--headers-file"),
        (["--query", f"api-key={HEADER_SECRET}"], "--query-file"),
        (["--proxy", f"http://user:{HEADER_SECRET}@127.0.0.1:1"], "--proxy-file"),
    ],
)
def test_a_credential_in_an_argument_is_refused(arguments: list[str], instead: str) -> None:
    """Others see the arguments of a process; the error says what to do, and does not repeat it."""
    done = call("list", *arguments)

    assert done.status == 2
    assert f"put it into a file, and give {instead}" in done.err
    assert HEADER_SECRET not in done.err
    assert CONFIG_SECRET not in done.err


@pytest.mark.parametrize("flag", ["--api-key", "--virtual-key", "--authorization"])
def test_a_flag_for_a_credential_is_not_there(flag: str) -> None:
    """Neither form of writing it shows the credential in the error."""
    for arguments in ([flag, API_KEY], [f"{flag}={API_KEY}"]):
        done = call("list", *arguments)

        assert done.status == 2
        assert f"{flag}-file" in done.err
        assert API_KEY not in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base-url", "nowhere"], "--base-url is not a URL such as https://host/v1"),
        (["--timeout", "x"], "'x' is neither a number of seconds nor none"),
        (["--timeout", "-1"], "--timeout is -1.0; it must be seconds above 0"),
        (["--attempts", "0"], "0 is not in the range x>=1"),
        (["--header", "x"], "'x' is no pair: write it as key:value"),
        (["--api-key-file", "/nonexistent"], "cannot read /nonexistent: No such file"),
        (["--headers-file", "/dev/null"], "the file holds no JSON"),
        (["--ca-file", "/nonexistent"], "/nonexistent"),
        (["--ca-file", "/dev/null"], "/dev/null"),
        (["--custom-host", "http://h"], "--custom-host needs --provider or --config beside it"),
        (["--request-timeout", "0"], "--request-timeout must be a whole number of milliseconds"),
    ],
)
@pytest.mark.usefixtures("server")
def test_wrong_values_are_told_in_one_line(arguments: list[str], said: str) -> None:
    """With the flag, and exit code 2."""
    done = call("list", *arguments)

    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_a_certificate_of_an_authority(server: PortkeyServer) -> None:
    """The system's own can be named."""
    import trustme  # noqa: PLC0415  # slow to import

    with trustme.CA().cert_pem.tempfile() as path:
        assert call("list", "--ca-file", path).status == 0
    assert server.requests


def test_a_proxy_in_a_file(server: PortkeyServer, tmp_path: Path) -> None:
    """One that is not there is told, without its password."""
    path = tmp_path / "proxy"
    path.write_text(f"http://user:{HEADER_SECRET}@127.0.0.1:1\n")

    done = call("list", "--proxy-file", str(path), "--attempts", "1")

    assert done.status == 1
    assert HEADER_SECRET not in done.err
    assert not server.requests


def test_flags_of_arguments() -> None:
    """Errors of the client are told by them."""
    assert flag("api_key") == "--api-key-file"
    assert flag("forward_headers") == "--forward-header"
    assert flag("session") is None
    assert flag("assistant_id") is None


def test_credentials_in_the_open_are_warned_of(server: PortkeyServer, tmp_path: Path) -> None:
    """In one line, without the place in our code."""
    path = tmp_path / "key"
    path.write_text(API_KEY)
    elsewhere = ("--base-url", "http://192.0.2.1/v1", "--timeout", "0.05", "--attempts", "1")

    done = call("list", *elsewhere, "--api-key-file", str(path))

    assert done.status == 1
    warning, error = done.err.splitlines()
    assert warning.startswith("Warning: credentials will cross the network unencrypted")
    assert error.startswith("Error: ")
    assert not server.requests


def test_keys_of_the_environment_go_where_the_client_sends_them(server: PortkeyServer) -> None:
    """Not to a URL that is given as an option, though to this machine."""
    done = call("list", "--base-url", "http://192.0.2.1/v1", "--timeout", "0.05", "--attempts", "1")

    assert done.status == 1
    assert "Warning" not in done.err
    assert call("list", "--base-url", server.base_url).status == 0
