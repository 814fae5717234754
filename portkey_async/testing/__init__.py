"""A faithful Assistants API for tests: a server to embed, faults to inject, payloads to mock.

Nothing is imported until it is asked for, so that the pytest plugin costs nothing unused.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._dialects import Dialect
    from ._faults.fault import Fault
    from ._payloads import (
        mock_assistant,
        mock_message,
        mock_page,
        mock_run,
        mock_run_step,
        mock_thread,
    )
    from ._scripts.acts import Call, Code, End, Fail, Hang, Say
    from ._server import PortkeyServer

__all__ = [
    "Call",
    "Code",
    "Dialect",
    "End",
    "Fail",
    "Fault",
    "Hang",
    "PortkeyServer",
    "Say",
    "mock_assistant",
    "mock_message",
    "mock_page",
    "mock_run",
    "mock_run_step",
    "mock_thread",
]

_HOMES = {
    "Call": "_scripts.acts",
    "Code": "_scripts.acts",
    "Dialect": "_dialects",
    "End": "_scripts.acts",
    "Fail": "_scripts.acts",
    "Fault": "_faults.fault",
    "Hang": "_scripts.acts",
    "PortkeyServer": "_server",
    "Say": "_scripts.acts",
    "mock_assistant": "_payloads",
    "mock_message": "_payloads",
    "mock_page": "_payloads",
    "mock_run": "_payloads",
    "mock_run_step": "_payloads",
    "mock_thread": "_payloads",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
