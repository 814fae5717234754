"""All schemas by their names."""

from typing import Final

from . import admin_api_keys, assistants, events, messages, run_steps, runs, threads
from .base import Schema

SCHEMAS: Final[dict[str, Schema]] = {
    **assistants.SCHEMAS,
    **threads.SCHEMAS,
    **messages.SCHEMAS,
    **runs.SCHEMAS,
    **run_steps.SCHEMAS,
    **events.SCHEMAS,
    **admin_api_keys.SCHEMAS,
}
