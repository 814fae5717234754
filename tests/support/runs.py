"""Runs as the API has them, and what polls and streams of them consist of."""

from collections.abc import Mapping
from typing import Any

from .wire import Answer, reply

THREAD, RUN = "thread_1", "run_1"
ENDED = ("completed", "failed", "incomplete", "cancelled", "expired")


def run_payload(status: str = "in_progress", **fields: Any) -> dict[str, Any]:
    """Make a run as the API has it."""
    return {
        "id": RUN,
        "object": "thread.run",
        "created_at": 1_700_000_000,
        "thread_id": THREAD,
        "assistant_id": "asst_1",
        "status": status,
        **fields,
    }


def waiting(*calls: tuple[str, str, str], **fields: Any) -> dict[str, Any]:
    """Make a run that waits for calls, each an id, a name and arguments."""
    wanted = [
        {"id": one, "type": "function", "function": {"name": name, "arguments": arguments}}
        for one, name, arguments in calls
    ]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": wanted}}
    return run_payload("requires_action", required_action=action, **fields)


def says(status: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
    """Answer with the run."""
    return reply(200, run_payload(status, **fields), headers=headers)


def refused(message: str, status: int = 400) -> Answer:
    """Refuse, as the API does."""
    return reply(status, {"error": {"message": message, "type": "invalid_request_error"}})
