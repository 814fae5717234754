"""The command line, `portkey-async`: it needs the extra `cli`, and imports it when it is run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

_EXTRA = ("click", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The command and its arguments; those of the process if left out.

    Returns:
        The exit code: 0; 1 if a call or a run failed; 2 for wrong usage; 3 if some of many failed;
        130 if interrupted.
    """
    if any(find_spec(name) is None for name in _EXTRA):
        print(  # noqa: T201  # nothing that prints could be imported
            "Error: the command line is an extra; pip install 'portkey-async[cli]' installs it",
            file=sys.stderr,
        )
        return 2
    try:
        from ._main import run  # noqa: PLC0415  # needs click
    except KeyboardInterrupt:
        return 130
    return run(sys.argv[1:] if arguments is None else arguments)
