"""Moving house: assistants, threads and messages into a file, and from it to another account.

`dump` writes them, `load` makes them again. Both can be interrupted anywhere and run again.
"""

from ._dump import dump
from ._errors import TransferError, TransferFileError
from ._load import load
from ._reports import DumpSummary, LoadReport, Progress

__all__ = [
    "DumpSummary",
    "LoadReport",
    "Progress",
    "TransferError",
    "TransferFileError",
    "dump",
    "load",
]
