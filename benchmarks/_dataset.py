"""What the server serves: assistants, each a pure function of its index, and their pages."""

import dataclasses
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Self

PAGE_SIZE: Final = 100
"""Assistants a page; every contestant asks for `limit=100`."""


def identifier(index: int) -> str:
    """Return the id of assistant *index*, shaped like the API's."""
    return f"asst_{hashlib.blake2b(index.to_bytes(8), digest_size=12).hexdigest()}"


def name(index: int) -> str:
    """Return the name of assistant *index*."""
    return f"Support desk agent {index:06d}"


def assistant(index: int, *, undeclared: bool = False) -> dict[str, Any]:
    """Return the payload of one assistant with all three kinds of tools.

    Args:
        index: Which one, from 0, the oldest.
        undeclared: Add keys that the specification does not know, as newer servers send them.
    """
    payload: dict[str, Any] = {
        "id": identifier(index),
        "object": "assistant",
        "created_at": 1_700_000_000 + index // 3,  # three share a second: real lists have ties
        "name": name(index),
        "description": None if index % 4 == 0 else f"Réponses aux clients, groupe {index % 17}",
        "model": "gpt-4o",
        "instructions": "Answer questions about orders and refunds. Be brief; cite what you used.",
        "tools": [
            {"type": "code_interpreter"},
            {"type": "file_search", "file_search": {"max_num_results": 20}},
            {"type": "function", "function": _LOOK_UP_ORDER},
        ],
        "tool_resources": {
            "code_interpreter": {"file_ids": [f"file-{index:08d}"]},
            "file_search": {"vector_store_ids": [f"vs_{index:08d}"]},
        },
        "metadata": {"team": "support", "ticket": f"OPS-{index}"},
        "temperature": 0.7,
        "top_p": 1.0,
        "response_format": "auto" if index % 2 else {"type": "text"},
    }
    if undeclared:
        payload["region"] = "eu-west-1"
        payload["tools"][1]["file_search"]["rewrite_query"] = True
    return payload


_LOOK_UP_ORDER: Final = {
    "name": "look_up_order",
    "description": "Find an order by its number.",
    "parameters": {
        "type": "object",
        "properties": {"number": {"type": "string"}, "history": {"type": "boolean"}},
        "required": ["number"],
    },
    "strict": False,
}


def encode(count: int, *, undeclared: bool = False) -> list[bytes]:
    """Return the first *count* assistants as JSON, oldest first."""
    return [_json(assistant(index, undeclared=undeclared)) for index in range(count)]


def pages(encoded: Sequence[bytes], indices: Sequence[int]) -> Iterator[bytes]:
    """Yield the pages of a listing.

    Args:
        encoded: Every assistant as JSON, by index.
        indices: The order in which they are listed.
    """
    for start in range(0, len(indices), PAGE_SIZE):
        chosen = indices[start : start + PAGE_SIZE]
        tail = {
            "first_id": identifier(chosen[0]),
            "last_id": identifier(chosen[-1]),
            "has_more": start + PAGE_SIZE < len(indices),
        }
        data = b",".join(encoded[index] for index in chosen)
        yield b'{"object":"list","data":[' + data + b"]," + _json(tail)[1:]


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclasses.dataclass
class Checksum:
    """A count and a CRC over (id, name) pairs, in order. Keeps no pair, so it weighs nothing."""

    count: int = 0
    crc: int = 0

    def see(self, pair: tuple[str, str]) -> None:
        """Take in one more pair."""
        self.count += 1
        self.crc = zlib.crc32("\n".join(pair).encode(), self.crc)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return the checksum of *pairs*."""
        result = cls()
        for pair in pairs:
            result.see(pair)
        return result


def expected(indices: Iterable[int]) -> Checksum:
    """Return the checksum of the assistants of these indices, in this order."""
    return Checksum.of((identifier(index), name(index)) for index in indices)
