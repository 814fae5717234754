"""Accounts to move, and how two of them are compared."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from portkey_async import RetryPolicy
from portkey_async.testing import PortkeyServer

#: Retries that do not wait.
FAST: Final = RetryPolicy(initial=0.001, maximum=0.002)
_ANEW: Final = frozenset({"id", "created_at", "thread_id", "completed_at"})


def furnish(server: PortkeyServer, threads: int = 3, messages: int = 120) -> list[str]:
    """Put threads with messages of every kind into a server.

    Returns:
        The ids of the threads.
    """
    for number in range(threads):
        thread = f"thread_{number:04}"
        server.threads[thread] = {
            "id": thread,
            "object": "thread",
            "created_at": 1_700_000_000 + number,
            "metadata": {"number": str(number)},
            "tool_resources": {"code_interpreter": {"file_ids": [f"file-{number}"]}},
        }
        for place in range(messages):
            message = message_of(thread, number, place)
            server.messages[message["id"]] = message
    return list(server.threads)


def message_of(thread: str, number: int, place: int) -> dict[str, Any]:
    """Give a message: text, an image, or both, by a user or an assistant."""
    text = {"type": "text", "text": {"value": f"{number}.{place}", "annotations": []}}
    image = {"type": "image_file", "image_file": {"file_id": f"file-i{place}", "detail": "low"}}
    web = {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "auto"}}
    return {
        "id": f"msg_{number:04}_{place:04}",
        "object": "thread.message",
        "created_at": 1_700_000_000 + place // 3,
        "thread_id": thread,
        "status": "completed",
        "incomplete_details": None,
        "completed_at": 1_700_000_000,
        "incomplete_at": None,
        "role": "user" if place % 2 == 0 else "assistant",
        "content": [[text], [text, image], [web, text]][place % 3],
        "assistant_id": None,
        "run_id": None,
        "attachments": [{"file_id": f"file-a{place}", "tools": [{"type": "file_search"}]}]
        if place % 5 == 0
        else [],
        "metadata": {"place": str(place)} if place % 2 else {},
    }


def household(server: PortkeyServer) -> tuple[Counter[str], list[list[str]]]:
    """Give all that a server has but ids and times: the assistants, and each thread in order."""
    threads = sorted(
        [
            _said(thread),
            *(_said(message) for message in server.messages.children(identifier)),
        ]
        for identifier, thread in server.threads.items()
    )
    return Counter(map(_said, server.assistants.values())), threads


def records(path: Path) -> list[dict[str, Any]]:
    """Give the lines of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, lines: Iterable[object]) -> None:
    """Write lines: text as it is, anything else as JSON."""
    path.write_text(
        "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    )


def _said(payload: Mapping[str, Any]) -> str:
    said = {name: value for name, value in payload.items() if name not in _ANEW}
    return json.dumps(said, sort_keys=True)
