"""The client's arguments as options of the command line, driven by the client's own table.

A credential is never an argument, which every user of the machine can see: it is read from a file,
or from the environment, which the client reads by itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs
import click

from portkey_async import RetryPolicy
from portkey_async._options import checks
from portkey_async._options.table import OPTIONS, Option
from portkey_async._secrets import Secret, is_secret_name, secrets_in
from portkey_async._types import is_mapping

from ._fields import parse_object
from ._filters import pairs
from ._input import read_text


@attrs.frozen
class _Form:
    """How an argument is written on the command line.

    Attributes:
        metavar: What its value is called; None for a switch.
        read: From what is written to the argument.
        kind: The type that the value is checked for.
        flag: Another name for the flag than the argument's.
        many: Whether it may be given several times.
        holds_secrets: Tells whether a value holds a credential; None where none can. Where one
            can, a file can be given in its place.
        read_file: From the text of that file to the argument.
    """

    metavar: str | None
    read: Callable[[Any], object] = lambda value: value
    kind: Any = None
    flag: str = ""
    many: bool = False
    holds_secrets: Callable[[Any], bool] | None = None
    read_file: Callable[[str], object] = lambda text: Secret(text.strip())


def _seconds(text: str) -> float | None:
    if text.lower() == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a number of seconds nor none") from None


def _masked(text: str) -> dict[str, object]:
    """Read a file of headers or query parameters."""
    return {
        name: Secret(value) if isinstance(value, str) else value
        for name, value in parse_object(text, "the file").items()
    }


def _secret_pairs(separator: str) -> Callable[[tuple[str, ...]], bool]:
    def holds_secrets(texts: tuple[str, ...]) -> bool:
        found = pairs(texts, separator)
        return any(is_secret_name(key) or any(secrets_in(value)) for key, value in found)

    return holds_secrets


def _headers(texts: tuple[str, ...]) -> dict[str, str]:
    return {name: value.strip() for name, value in pairs(texts, ":")}


def _query(texts: tuple[str, ...]) -> dict[str, str]:
    return dict(pairs(texts))


def _authorities(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{path}: {error}") from None


#: By the check that the table has for an argument. One that is not here is not offered.
_FORMS: Final[dict[Callable[..., object], _Form]] = {
    checks.key: _Form("TEXT"),
    checks.line: _Form("TEXT"),
    checks.authorization: _Form("TEXT"),
    checks.url: _Form("URL"),
    checks.config: _Form("ID", holds_secrets=lambda text: any(secrets_in(text))),
    checks.mapping: _Form("KEY=VALUE", _query, many=True, flag="log-metadata"),
    checks.names: _Form("NAME", many=True, flag="forward-header"),
    checks.headers: _Form(
        "NAME:VALUE",
        _headers,
        many=True,
        flag="header",
        holds_secrets=_secret_pairs(":"),
        read_file=_masked,
    ),
    checks.query: _Form(
        "NAME=VALUE",
        _query,
        many=True,
        holds_secrets=_secret_pairs("="),
        read_file=_masked,
    ),
    checks.proxy: _Form("URL", holds_secrets=lambda text: "@" in text),
    checks.milliseconds: _Form("MS", kind=click.INT),
    checks.positive: _Form("N", kind=click.INT),
    checks.boolean: _Form(None),
    checks.flag: _Form(None),
    checks.presence: _Form(None),
    checks.timeout: _Form("SECONDS", _seconds),
    checks.retry: _Form(
        "N", lambda value: RetryPolicy(attempts=value), kind=click.IntRange(min=1), flag="attempts"
    ),
    checks.ssl_context: _Form("FILE", _authorities, flag="ca-file"),
}

_HELP: Final = {
    "api_key": "Portkey's key",
    "virtual_key": "The provider's key as kept by Portkey",
    "provider": "openai, or @slug.",
    "authorization": "The provider's own credential",
    "config": "A config of Portkey.",
    "custom_host": "The upstream; needs --provider or --config.",
    "base_url": "The gateway, /v1 included.",
    "trace_id": "Ties calls together in Portkey's logs.",
    "metadata": "For Portkey's logs; repeatable.",
    "forward_headers": "A header handed on to the upstream; repeatable.",
    "request_timeout": "How long the gateway waits for the upstream.",
    "cache_force_refresh": "Have Portkey's cache filled anew.",
    "cache_namespace": "Which part of Portkey's cache to use.",
    "strict_open_ai_compliance": "Whether Portkey adds no fields of its own.",
    "headers": "Another header; repeatable.",
    "query": "A query parameter of every request; repeatable.",
    "proxy": "An HTTP proxy.",
    "trust_env": "Heed HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
    "ssl_context": "Certificates of the authorities to trust.",
    "timeout": "How long a call may take, or none. Default: 60.",
    "retry": "How often a call is tried. Default: 3.",
    "max_connections": "How many connections may be open. Default: 100.",
    "max_response_bytes": "How long an answer may be. Default: 33554432.",
    "validate_requests": "Check the API's limits before sending.",
}


def connection_options(*, hidden: bool = False) -> list[click.Option]:
    """Make the options; what is given by them is found in the context's object."""
    return [
        made
        for name, option in OPTIONS.items()
        if option.check in _FORMS
        for made in _options(name, option, _FORMS[option.check], hidden=hidden)
    ]


def flag(name: str) -> str | None:
    """Give the flag of an argument of the client; None where there is none."""
    option = OPTIONS.get(name)
    if option is None or option.check not in _FORMS:
        return None
    form = _FORMS[option.check]
    return f"--{_dashed(name)}-file" if option.secret else f"--{form.flag or _dashed(name)}"


def _options(name: str, option: Option, form: _Form, *, hidden: bool) -> Iterator[click.Option]:
    variable = f" Or {option.variable}." if option.variable else ""
    if not option.secret:
        own = f"--{form.flag or _dashed(name)}"
        switch = form.metavar is None
        yield click.Option(
            [f"{own}/--no-{own[2:]}" if switch else own, name],
            metavar=form.metavar,
            type=form.kind,
            multiple=form.many,
            default=None,
            help=f"{_HELP[name]}{variable}",
            hidden=hidden,
            expose_value=False,
            callback=_keeping(name, form),
        )
    if option.secret or form.holds_secrets:
        instead = f"{_HELP[name]}, in a file." if option.secret else f"{flag(name)}, in a file."
        yield click.Option(
            [f"--{_dashed(name)}-file", f"{name}_file"],
            metavar="FILE",
            help=f"{instead}{variable}",
            hidden=hidden,
            expose_value=False,
            callback=_keeping_file(name, form),
        )


def _keeping(name: str, form: _Form) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _option: click.Parameter, value: Any) -> None:
        if value in (None, ()):
            return
        if form.holds_secrets and form.holds_secrets(value):
            raise click.UsageError(
                f"{flag(name)} holds a credential, which others could see; put it into a file, "
                f"and give --{_dashed(name)}-file"
            )
        _keep(context, name, form.read(value))

    return keep


def _keeping_file(name: str, form: _Form) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _option: click.Parameter, path: str | None) -> None:
        if path is not None:
            _keep(context, name, form.read_file(read_text(path)))

    return keep


def _keep(context: click.Context, name: str, value: Any) -> None:
    """Keep an argument; what may be given several times may stand before the command too."""
    given: dict[str, Any] = context.obj
    if name in given and isinstance(value, tuple):
        value = (*given[name], *value)
    elif name in given and is_mapping(value):
        value = {**given[name], **value}
    given[name] = value


def _dashed(name: str) -> str:
    return name.replace("_", "-")
