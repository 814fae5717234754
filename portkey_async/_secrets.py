"""Credentials that cannot be shown by accident: not by a repr, a log, an error or a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn, TypeVar

T = TypeVar("T")

#: A shorter text would blot out ordinary words, and is no credential.
_SHORTEST = 6


class Sealed(dict[str, T]):
    """A mapping whose repr shows the keys only: a traceback that shows locals shows no values."""

    def __repr__(self) -> str:
        """Name the keys."""
        return f"<{', '.join(self)}>"


class Redactor:
    """Blots out the credentials of one client. It is never copied or pickled."""

    __slots__ = ("_credentials",)

    def __init__(self, credentials: Iterable[str]) -> None:
        """Remember what must not be seen, the longest first, as one may hold another."""
        known = {text for text in credentials if len(text) >= _SHORTEST}
        self._credentials = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Give *text* without the credentials."""
        for credential in self._credentials:
            text = text.replace(credential, "[redacted]")
        return text

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled."""
        raise TypeError("a client's credentials are not copied or pickled; make a new client")
