"""Looks for the suite's credentials wherever the package lets its users see something."""

import logging
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from support.credentials import CREDENTIALS

import portkey_async

_PACKAGE = f"{Path(portkey_async.__file__).parent}{os.sep}"
_KIT = f"{_PACKAGE}testing{os.sep}"
#: Errors are looked at once their tracebacks are whole, and few are kept: frames hold memory.
_KEPT = 8


class Watch(logging.Filter):
    """Looks at every log record when it is made, and at every error soon after it was raised.

    Attributes:
        passing: Whether records go on to the handlers. pytest keeps all that it is handed, and a
            soak makes a hundred thousand.
    """

    def __init__(self) -> None:
        """Nothing has been seen."""
        super().__init__()
        self.passing = False
        self._errors: deque[BaseException] = deque()
        self._leaks: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Look at a log record, with everything that a formatter could show of it."""
        self._leaks += leaks_in(record.getMessage(), f"a log record: {record.msg}")
        self._leaks += leaks_in(repr(vars(record)), f"the fields of a log record: {record.msg}")
        return self.passing

    def saw(self, error: BaseException) -> None:
        """Remember an error that was just made, and look at those made long before."""
        self._errors.append(error)
        while len(self._errors) > _KEPT:
            self._leaks += leaks_of(self._errors.popleft())

    def leaks(self) -> list[str]:
        """Say where a credential showed since the last time this was asked."""
        while self._errors:
            self._leaks += leaks_of(self._errors.popleft())
        leaks, self._leaks = self._leaks, []
        return leaks


def leaks_of(error: BaseException) -> Iterator[str]:
    """Say where a credential shows in an error, in its causes, and in the frames it passed."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        name = type(link).__name__
        yield from leaks_in(str(link), f"the message of {name}")
        yield from leaks_in(repr(link), f"the repr of {name}")
        traceback = link.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if _is_ours(code.co_filename):
                for local, value in traceback.tb_frame.f_locals.items():
                    yield from leaks_in(_shown(value), f"{local} in {code.co_name}, from {name}")
            traceback = traceback.tb_next
        link = link.__cause__ or link.__context__


def leaks_in(text: str, where: str) -> Iterator[str]:
    """Name the credentials that *text* holds."""
    for credential in CREDENTIALS:
        if credential in text:
            yield f"{credential} shows in {where}"


def _is_ours(filename: str) -> bool:
    return filename.startswith(_PACKAGE) and not filename.startswith(_KIT)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except (AttributeError, ValueError, RecursionError):
        return ""  # half made, a number of too many digits, or too deep to be shown
