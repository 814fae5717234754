"""What is wrong with a payload."""


class Mismatch(Exception):  # noqa: N818  # inside the package only: the call makes the error of it
    """A payload that is not what the specification says.

    Attributes:
        reason: What is wrong.
        path: Where, as a JSON path: `$.data[3].id`.
        excerpt: The payload around that place, cut.
    """

    def __init__(self, reason: str, path: str, excerpt: str) -> None:
        """Keep what was found."""
        super().__init__(f"{reason} at {path}")
        self.reason, self.path, self.excerpt = reason, path, excerpt
