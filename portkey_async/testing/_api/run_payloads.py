"""Runs and their steps as the API gives them."""

from typing import Any, Final

from portkey_async.testing._store import Payload

LIFETIME: Final = 600
"""Seconds after which a run expires."""
ACTIVE: Final = ("queued", "in_progress", "requires_action", "cancelling")
"""The statuses of a run that goes on."""


def run_payload(run_id: str, created_at: int, thread_id: str, **fields: Any) -> Payload:
    """A run with these fields, and the API's defaults for the others."""
    payload: Payload = {
        "id": run_id,
        "object": "thread.run",
        "created_at": created_at,
        "thread_id": thread_id,
        "assistant_id": "asst_abc123",
        "status": "queued",
        "required_action": None,
        "last_error": None,
        "expires_at": created_at + LIFETIME,
        "started_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "incomplete_details": None,
        "model": "gpt-4o",
        "instructions": "",
        "tools": [],
        "metadata": {},
        "usage": None,
        "temperature": 1.0,
        "top_p": 1.0,
        "max_prompt_tokens": None,
        "max_completion_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "response_format": "auto",
    }
    return payload | fields


def run_step_payload(step_id: str, created_at: int, run: Payload, **fields: Any) -> Payload:
    """A step of a run with these fields, and the API's defaults for the others."""
    payload: Payload = {
        "id": step_id,
        "object": "thread.run.step",
        "created_at": created_at,
        "assistant_id": run["assistant_id"],
        "thread_id": run["thread_id"],
        "run_id": run["id"],
        "type": "tool_calls",
        "status": "in_progress",
        "step_details": {"type": "tool_calls", "tool_calls": []},
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
    }
    return payload | fields


def usage(prompt_tokens: int, completion_tokens: int) -> Payload:
    """What was used."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def tokens(text: str) -> int:
    """About as many tokens as a model makes of the text."""
    return (len(text) + 3) // 4
