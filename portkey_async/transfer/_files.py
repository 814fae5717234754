"""The files of a transfer: the one module that reads and writes them."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ._errors import TransferError, TransferFileError
from ._format import LONGEST_LINE

if sys.platform != "win32":
    import fcntl


@contextmanager
def told(path: Path, doing: str, after: str = "") -> Generator[None]:
    """Say of an error which file it is about, and what to do.

    Raises:
        TransferFileError: In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        failure = TransferFileError(f"cannot {doing} {path}: {error.strerror or error}{after}")
        failure.errno, failure.filename = error.errno, str(path)
        raise failure from error


class Appended:
    """A file of one's own that grows by whole lines, mode 0600, locked while it is open.

    What is appended is with the system at once: a process that is killed loses nothing of it.
    """

    def __init__(self, path: Path) -> None:
        """Open it, or make it; a last line that was cut off is cut away.

        Raises:
            TransferFileError: It cannot be opened.
            TransferError: Another process has it open.
        """
        self.path = path
        with told(path, "open"):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o600)
        try:
            self._lock()
            with told(path, "open"):
                path.chmod(0o600)
                self.size = _end_of_last_line(self._descriptor)
                os.ftruncate(self._descriptor, self.size)
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        """Use it for the length of a block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        os.close(self._descriptor)

    def append(self, data: bytes) -> None:
        """Put lines at its end: all of them, or none.

        Raises:
            TransferFileError: There is no room for them.
        """
        after = "; what is there is kept: make room, and run it again"
        with told(self.path, "write to", after):
            try:
                self._write(data, self.size)
            except OSError:
                os.ftruncate(self._descriptor, self.size)
                raise
        self.size += len(data)

    def cut(self, size: int) -> None:
        """Keep no more than its beginning."""
        with told(self.path, "write to"):
            os.ftruncate(self._descriptor, size)
        self.size = size

    def replace_start(self, data: bytes) -> None:
        """Write over its beginning."""
        with told(self.path, "write to"):
            self._write(data, 0)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Give where each line begins, and the line."""
        with told(self.path, "read"), self.path.open("rb") as file:
            at = 0
            while at < self.size and (line := file.readline(LONGEST_LINE + 1)):
                yield at, line
                at += len(line)

    def sync(self) -> None:
        """Have the system put it where a loss of power does not reach it."""
        with told(self.path, "write to"):
            os.fsync(self._descriptor)

    def become(self, path: Path) -> None:
        """Take the place of another file, at once and durably."""
        self.sync()
        with told(path, "write"):
            self.path.replace(path)
            _sync_folder(path.parent)

    def _write(self, data: bytes, at: int) -> None:
        os.lseek(self._descriptor, at, os.SEEK_SET)
        left = memoryview(data)
        while left:
            left = left[_put(self._descriptor, left) :]

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have renamed it before it was locked.
            free = os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            free = False
        if not free:
            raise TransferError(
                f"{self.path} is in use: another process is at the same work; wait for its end"
            )


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the lines of a file with their numbers, from 1; those that are blank are left out.

    Raises:
        TransferFileError: It cannot be read.
    """
    with told(path, "read"), path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if line.strip():
                yield number, line
            if len(line) > LONGEST_LINE:
                return


def survey(path: Path) -> tuple[str, int, int]:
    """Give the digest of a file, how many of its lines are not blank, and how many there are.

    Raises:
        TransferFileError: It cannot be read.
    """
    digest, full, number = hashlib.sha256(), 0, 0
    with told(path, "read"), path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            digest.update(line)
            number += 1
            full += bool(line.strip())
    return digest.hexdigest(), full, number


def _end_of_last_line(descriptor: int) -> int:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    while size:
        start = max(0, size - 65536)
        os.lseek(descriptor, start, os.SEEK_SET)
        found = os.read(descriptor, size - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_BINARY = getattr(os, "O_BINARY", 0)  # of Windows
_put = os.write
