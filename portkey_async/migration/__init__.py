"""Assistants, runs and messages as arguments of the APIs that take over from Assistants.

Pure functions: they read models (or plain payloads), do no I/O and change nothing. Whatever has no
equivalent is listed in `.losses`, each with the field and the reason.
"""

from ._foundry import FoundryAgent, to_foundry_agent
from ._items import ConversationItems, to_conversation_items
from ._responses import ResponsesRequest, to_responses
from ._source import Loss

__all__ = [
    "ConversationItems",
    "FoundryAgent",
    "Loss",
    "ResponsesRequest",
    "to_conversation_items",
    "to_foundry_agent",
    "to_responses",
]
