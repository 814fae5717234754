"""How real servers differ from the specification, as values to combine."""

from enum import Flag, auto
from typing import Self


class Dialect(Flag):
    """Departures from the specification that real servers show; combine them with `|`."""

    SPECIFICATION = 0
    """No departure."""
    DELETED_CURSORS_REFUSED = auto()
    """`after` and `before` take no id of a deleted assistant: 404."""
    NO_HAS_MORE = auto()
    """Pages come without `has_more`."""
    HAS_MORE_FALSE = auto()
    """Every page says that it is the last one."""
    NULL_IDS = auto()
    """`first_id` and `last_id` of an empty page are null."""
    AFTER_IGNORED = auto()
    """Every page starts at the head of the list, whatever `after` says."""
    BEFORE_IGNORED = auto()
    """`before` has no effect."""
    ORDER_IGNORED = auto()
    """Lists are newest first, whatever `order` says."""
    NULLS_LEFT_OUT = auto()
    """Keys whose value is null, such as `description`, are absent."""
    UNKNOWN_ACCEPTED = auto()
    """Parameters and tool types that the specification does not know are stored as they come."""
    CREATES_DEDUPLICATED = auto()
    """A create with the `Idempotency-Key` of an earlier one gives back what that one made."""
    THREADS_LISTED = auto()
    """`GET /threads` lists the threads, as Azure AI Foundry does."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """A dialect from itself or from names separated by commas, such as `no-has-more,null-ids`.

        Raises:
            ValueError: A name is unknown; the message gives the allowed ones.
            TypeError: *value* is neither a dialect nor a string.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise TypeError(f"dialect must be a Dialect or names of them; got {value!r}")
        dialect = cls.SPECIFICATION
        for part in filter(None, (part.strip() for part in value.split(","))):
            name = part.upper().replace("-", "_")
            if name not in cls.__members__:
                raise ValueError(f"unknown dialect {part!r}; allowed are {cls.names()}")
            dialect |= cls[name]
        return dialect

    @classmethod
    def names(cls) -> str:
        """The names that `parse` takes, in one line."""
        return ", ".join(name.lower().replace("_", "-") for name in cls.__members__)
