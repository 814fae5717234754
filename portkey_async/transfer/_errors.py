"""What goes wrong with files; what goes wrong with calls has errors already."""

from __future__ import annotations

from portkey_async._errors import PortkeyError


class TransferError(PortkeyError, ValueError):
    """A dump or its journal cannot be used as asked.

    Attributes:
        line: The line of the dump that is wrong, from 1; None where it is none in particular.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        """Say what is wrong, and in which line."""
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class TransferFileError(TransferError, OSError):
    """A file cannot be read or written: none there, no right to it, no space left."""

    def __str__(self) -> str:
        """Give the message, in place of which `OSError` would give its number and the file."""
        return str(self.args[0])
