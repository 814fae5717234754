"""What is wrong with a payload, and where."""

from __future__ import annotations

from portkey_async._types import JSONValue


class Mismatch(Exception):  # noqa: N818  # inside the package only: the call makes the error of it
    """A payload that is not what the specification says.

    Attributes:
        reason: What is wrong.
        place: The keys and indices that lead to it.
        around: The innermost object or array that holds it.
        payload: The whole payload; text where it is no JSON.
        secrets: The credentials that the payload itself brings.
    """

    def __init__(self, reason: str) -> None:
        """Keep what is wrong; whoever passes it on adds where."""
        super().__init__(reason)
        self.reason = reason
        self.place: tuple[str | int, ...] = ()
        self.around: JSONValue = None
        self.payload: JSONValue = None
        self.secrets: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The place as a JSON path: `$.data[3].id`."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)
        return "$" + "".join(steps)

    def __str__(self) -> str:
        """Say what is wrong, and where."""
        return f"{self.reason} at {self.path}"

    def at(self, step: str | int, holder: JSONValue) -> Mismatch:
        """Add the step that leads to the place from its *holder*."""
        if not self.place:
            self.around = holder
        self.place = (step, *self.place)
        return self
