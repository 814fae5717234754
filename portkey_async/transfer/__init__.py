"""Moving house: assistants, threads and messages into a file, and from it to another account.

`dump` writes them, `load` makes them again; both can be interrupted anywhere and run again. `read`
reads them without an account.
"""

from ._dump import dump
from ._errors import TransferError, TransferFileError
from ._load import load
from ._read import read
from ._reports import DumpSummary, LoadReport, Progress

__all__ = [
    "DumpSummary",
    "LoadReport",
    "Progress",
    "TransferError",
    "TransferFileError",
    "dump",
    "load",
    "read",
]
