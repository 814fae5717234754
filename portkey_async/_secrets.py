"""Credentials: where they stand, and how they stay out of reprs, logs, errors and tracebacks."""

from __future__ import annotations

import html
import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NoReturn, SupportsIndex, cast

import attrs

MARK: Final = "[redacted]"

#: A shorter text would hide ordinary words, and is no credential.
_SHORTEST = 6
#: Of what a cut has left, less is no secret.
_SHORTEST_PART = 4

_SECRET_NAME = re.compile(
    r"key|token|secret|passw|passphrase|pwd|credential|cookie|session|bearer|jwt|signature"
    r"|serviceaccount|auth(?!or(?!i[sz]))"  # authorization and authentication, but no author
)
#: Every way to write a character other than itself. Backslashes may be doubled any number of times,
#: where JSON or a repr is quoted inside another; so they count for nothing.
_ESCAPE = re.compile(
    r"\\+ud[89ab][0-9a-f]{2}\\+u(?P<low>d[c-f][0-9a-f]{2})"
    r"|\\+(?:u(?P<unicode>[0-9a-f]{4})|x(?P<hex>[0-9a-f]{2}))"
    r"|(?P<backslashes>\\+)"
    r"|(?P<percent>%[0-7][0-9a-f]|%[c-f][0-9a-f](?:%[89ab][0-9a-f]){1,3})"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});)"
    r"|(?P<control>[\b\f\n\r\t])",
    re.IGNORECASE,
)
#: One of these is in every escape; to look for them takes a tenth of the time.
_OF_ESCAPES = re.compile(r"[\\%&\b\f\n\r\t]")
#: The letter that stands for a control character after a backslash.
_LETTERS = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\\": ""}
_PLAIN = str.maketrans(_LETTERS)
#: An escape, or the bytes of a character, that a cut has halved.
_HALF_ESCAPE = re.compile(
    r"(\\+(u[0-9a-f]{0,3}|x[0-9a-f]?)?|%[0-9a-f]?|&[#\w]{0,8}|\ufffd)$", re.IGNORECASE
)


class Secret(str):
    """A text that neither its repr nor that of its slices shows.

    Tools that show the locals of a traceback show reprs, which they shorten by slicing.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Show that something is hidden."""
        return repr(MARK)

    def __getitem__(self, key: SupportsIndex | slice) -> Secret:
        """Keep the parts hidden too."""
        return Secret(super().__getitem__(key))


@attrs.frozen
class Sealed:
    """Arguments on their way to a client's options.

    Tools that show the locals of a traceback look into mappings, but not into this.
    """

    values: dict[str, object] = attrs.field(repr=False)


class Redactor:
    """Replaces the credentials of one client in texts, in clear or escaped.

    It is never copied or pickled.
    """

    __slots__ = ("_credentials",)

    def __init__(self, credentials: Iterable[str]) -> None:
        """Keep what must not be seen, the longest first, as one may hold another."""
        known = {str(text) for text in credentials if len(text) >= _SHORTEST}
        self._credentials = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Give *text* without the credentials."""
        for credential in self._credentials:
            text = text.replace(credential, MARK)
        if self._credentials and _OF_ESCAPES.search(text):
            text = _without_escaped(text, self._credentials)
        return text

    def cut(self, text: str) -> str:
        """Give a text that was cut without the credentials, and without the part of one it ends in.

        What is left of a credential may be most of it.
        """
        text = self(text)
        longest = 12 * max(map(len, self._credentials), default=1)  # escaped, by two surrogates
        start, end = text[:-longest], _HALF_ESCAPE.sub("", text[-longest:])
        shown = _unescape(end)
        for form in _forms(self._credentials):
            for length in range(len(form) - 1, _SHORTEST_PART - 1, -1):
                if shown.endswith(form[:length]):
                    positions, origins = _pieces(end)
                    first = len(shown) - length
                    piece = bisect_right(positions, first) - 1
                    return start + end[: origins[piece] + first - positions[piece]] + MARK
        return text

    def including(self, credential: str) -> Redactor:
        """Give one that replaces another credential too."""
        return Redactor([*self._credentials, *secrets_in(credential, secret=True)])

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled."""
        raise TypeError("a client's credentials are not copied or pickled; make a new client")


def is_secret_name(name: str) -> bool:
    """Tell whether what stands under a name is a credential, however the name is spelled."""
    return _SECRET_NAME.search(re.sub(r"[\W_]|portkey", "", name.lower())) is not None


def secrets_in(value: object, *, secret: bool = False) -> Iterator[str]:
    """Give the credentials in a value: all that stands under a secret name, however deep.

    Args:
        value: Plain JSON, or text; text that is JSON itself is looked into.
        secret: Whether the value stands under a secret name itself.
    """
    left = [(value, secret)]
    while left:
        value, secret = left.pop()
        if isinstance(value, dict):
            for name, item in cast("dict[str, object]", value).items():
                # "max_tokens": 4096 is a count, whatever it is named.
                count = isinstance(item, int | float) and name.lower().endswith("tokens")
                left.append((item, not count and (secret or is_secret_name(name))))
        elif isinstance(value, list):
            left += [(item, secret) for item in cast("list[object]", value)]
        elif isinstance(value, str):
            inner = _json_within(value)
            if inner is not None:
                left.append((inner, secret))
            if secret:
                yield from _parts(value)
        elif secret and isinstance(value, int | float) and not isinstance(value, bool):
            yield str(value)


def secrets_under(names: Collection[str], payload: object) -> Iterator[str]:
    """Give the credentials that stand under *names* in a payload, or in a text that was to be one.

    Args:
        names: Keys whose values are credentials, though they are not named so.
        payload: Plain JSON; or text that is none, cut off perhaps.
    """
    if isinstance(payload, str):
        keys = "|".join(map(re.escape, names))
        yield from re.findall(rf'"(?:{keys})"\s*:\s*"((?:[^"\\]|\\.)*)', payload, re.DOTALL)
        return
    left = [payload]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            for name, item in cast("dict[str, object]", value).items():
                if name in names:
                    yield from secrets_in(item, secret=True)
                else:
                    left.append(item)
        elif isinstance(value, list):
            left += cast("list[object]", value)


def _json_within(text: str) -> object:
    if not text.lstrip().startswith(("{", "[", '"')):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _parts(text: str) -> Iterator[str]:
    """Give a credential, and what of it a server may name by itself."""
    yield text.strip()
    yield re.sub(r"^\s*[A-Za-z][\w-]*\s+", "", text).strip()  # without its scheme: `Bearer …`
    for line in text.splitlines():  # of a private key
        yield line.strip()
        for pair in re.split("[;,]", line):  # of a cookie, a connection string
            yield pair.partition("=")[2].strip(' "')


def _without_escaped(text: str, credentials: Iterable[str]) -> str:
    """Replace credentials that JSON, Python, a URL or HTML has escaped, once or several times."""
    unescaped = _unescape(text)
    wanted = [form for form in _forms(credentials) if len(form) >= _SHORTEST and form in unescaped]
    if not wanted:
        return text
    positions, origins = _pieces(text)
    spans: list[tuple[int, int]] = []
    for form in wanted:
        start = unescaped.find(form)
        while start >= 0:
            end = start + len(form)
            first = bisect_right(positions, start) - 1
            last = bisect_right(positions, end - 1) - 1
            spans.append(
                (
                    origins[first] + start - positions[first],
                    # Every second piece is an escape, which goes as a whole.
                    origins[last + 1] if last % 2 else origins[last] + end - positions[last],
                )
            )
            start = unescaped.find(form, end)
    kept: list[str] = []
    done = 0
    for first, last in sorted(spans):
        if first >= done:
            kept += [text[done:first], MARK]
        done = max(done, last)
    return "".join([*kept, text[done:]])


def _forms(credentials: Iterable[str]) -> set[str]:
    """Give credentials as they are once a text is unescaped; one may look escaped by itself."""
    return {form for one in credentials for form in (one.translate(_PLAIN), _unescape(one))}


def _unescape(text: str) -> str:
    """Undo every escape in a text."""
    chars = _Chars()
    return _ESCAPE.sub(lambda found: chars[found[0]], text)


def _pieces(text: str) -> tuple[list[int], list[int]]:
    """Cut a text into what is not escaped and the escapes, in turn.

    Returns:
        Where each piece begins in the unescaped text, and where in *text*.
    """
    positions, origins, chars = [0], [0], _Chars()
    for found in _ESCAPE.finditer(text):
        start = positions[-1] + found.start() - origins[-1]
        positions += (start, start + len(chars[found[0]]))
        origins += found.span()
    return positions, origins


class _Chars(dict[str, str]):
    """The characters that escapes stand for: a text has many alike."""

    def __missing__(self, escape: str) -> str:
        char = self[escape] = _char(escape)
        return char


def _char(escape: str) -> str:
    """Give the character that an escape stands for; nothing for a backslash."""
    found = _ESCAPE.fullmatch(escape)
    kind = found and found.lastgroup
    match kind:
        case "low":
            digits = re.findall("u([0-9a-f]{4})", escape, re.IGNORECASE)
            char = bytes.fromhex("".join(digits)).decode("utf-16-be")
        case "unicode" | "hex":
            char = chr(int(escape.lstrip("\\")[1:], 16))
        case "percent":
            char = bytes.fromhex(escape.replace("%", "")).decode(errors="replace")[0]
        case "entity":
            char = html.unescape(escape)[:1]
        case _:
            char = escape[0]
    return _LETTERS.get(char, char)
