"""A request, and how ids and cursors become parts of its URL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import attrs

from portkey_async._errors import InvalidRequestError
from portkey_async._options.options import Options
from portkey_async._secrets import Secret
from portkey_async._types import JSONObject

#: What every call to the Assistants API must carry.
BETA = {"openai-beta": "assistants=v2"}

_ORDINARY = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@attrs.define  # a frozen one takes twice as long to make; the same goes for Response
class Request:
    """One call, ready to be sent any number of times.

    Attributes:
        method: The HTTP method.
        path: The path below the base URL, percent-encoded.
        query: The query string, percent-encoded, without `?`.
        body: The JSON body; None for none.
        headers: Headers of this operation, names in lower case; the client's are added.
        idempotent: Whether doing it twice is as good as once. False for a create.
        if_gone: The response when a repeated delete finds nothing left to delete.
        streaming: Whether a stream of events is asked for: it is read as it comes, by the `stream`
            of the response.
        urgent: Whether it does not wait for one of the `max_connections` to be free.
    """

    method: str
    path: str = attrs.field(repr=False)  # nobody knows what callers put into ids and bodies
    query: str = attrs.field(default="", repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    idempotent: bool = True
    if_gone: JSONObject | None = attrs.field(default=None, repr=False)
    streaming: bool = False
    urgent: bool = False

    def url(self, options: Options) -> str:
        """Give the whole URL, percent-encoded; the request's own parameters replace the default.

        It is a `Secret` where a parameter is one.
        """
        parts = [self.query] if self.query else []
        if options.query:
            own = {pair.partition("=")[0] for pair in self.query.split("&")}
            defaults = ((name, quote(name, safe="")) for name in options.query)
            parts = [
                f"{encoded}={quote(options.query[name], safe='')}"
                for name, encoded in defaults
                if encoded not in own
            ] + parts
        query = "&".join(parts)
        url = f"{options.base_url}{self.path}?{query}" if query else options.base_url + self.path
        secret = any(isinstance(value, Secret) for value in options.query.values())
        return Secret(url) if secret else url


def segment(value: str, name: str) -> str:
    """Percent-encode an id so that it stays one path segment.

    Args:
        value: The id.
        name: The argument it was given as, for the error.

    Returns:
        The id, encoded so that it arrives as written.

    Raises:
        InvalidRequestError: The id is empty, `.`, `..`, or holds a control character or a lone
            surrogate: sent, it would reach another endpoint or none.
    """
    # Nearly every id: there is nothing to refuse and nothing to encode.
    if type(value) is str and _ORDINARY.fullmatch(value):
        return value
    checked = _identifier(value, name)
    if checked in {".", ".."}:
        raise InvalidRequestError(f"{name} is {value!r}, which servers resolve as a path")
    return quote(checked, safe="")


def query(pairs: Iterable[tuple[str, str | int | None]]) -> str:
    """Join the pairs that are not None to a query string, percent-encoded."""
    return "&".join(
        f"{name}={quote(str(value), safe='')}" for name, value in pairs if value is not None
    )


def cursor(value: str | None, name: str) -> str | None:
    """Check a cursor, which is an id; None stands for none."""
    return value if value is None else _identifier(value, name)


def _identifier(value: str, name: str) -> str:
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
        kind = type(value).__name__
        raise InvalidRequestError(f"{name} is of type {kind}; it must be a str")
    if not value:
        raise InvalidRequestError(f"{name} is empty; give the id of an object")
    if _CONTROL.search(value):
        raise InvalidRequestError(f"{name} is {value!r}, which holds a control character")
    if _SURROGATE.search(value):
        raise InvalidRequestError(f"{name} is {value!r}, which holds a lone surrogate")
    return value
