"""Whether all that stands in a payload is carried over or reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from portkey_async.migration import Loss


def leaves(value: Any, path: str | None = None) -> Iterator[tuple[str, Any]]:
    """Give each value that says something, with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, name if path is None else f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    elif value is not None:
        yield path or "", value


def unaccounted(payload: Any, root: str | None, carried: Any, losses: Iterable[Loss]) -> list[str]:
    """Give the paths of values that are neither in what was made nor reported as lost."""
    lost = [loss.field for loss in losses]
    kept = [value for _, value in leaves(carried)]
    return [
        path
        for path, value in leaves(payload, root)
        if not any(_covers(field, path) for field in lost)
        and not any(value == other or _holds(other, value) for other in kept)
    ]


def _covers(field: str, path: str) -> bool:
    return path.startswith(field) and path[len(field) : len(field) + 1] in {"", ".", "["}


def _holds(text: Any, part: Any) -> bool:
    return isinstance(text, str) and isinstance(part, str) and part in text
