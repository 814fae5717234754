"""A text that grows by small pieces, in linear time, and in hardly more memory than it needs."""

from __future__ import annotations

_AT_ONCE = 1000


class Text:
    """A text that grows. `io.StringIO` keeps up to 100,000 pieces one by one before Python 3.12."""

    __slots__ = ("_blocks", "_pieces")

    def __init__(self) -> None:
        """Begin with nothing."""
        self._blocks: list[str] = []
        self._pieces: list[str] = []

    def write(self, piece: str) -> None:
        """Add a piece."""
        pieces = self._pieces
        pieces.append(piece)
        if len(pieces) == _AT_ONCE:
            self._blocks.append("".join(pieces))
            pieces.clear()

    def getvalue(self) -> str:
        """Give the whole text."""
        return "".join([*self._blocks, *self._pieces])
