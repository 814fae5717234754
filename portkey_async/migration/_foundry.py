"""An assistant as a version of one of Foundry's new agents."""

from __future__ import annotations

import re

import attrs

from portkey_async._errors import InvalidRequestError
from portkey_async._types import JSONObject

from ._settings import metadata, settings
from ._source import Loss, Readable, is_text, present, source_of
from ._tools import tools

#: Letters, digits and hyphens, the first and last no hyphen.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")

_REASONS = {
    "id": "an agent is known by its name",
    "created_at": "a version gets a time of its own",
    "vector_stores": "a vector store is made by a call of its own; then give its id",
}


@attrs.frozen
class FoundryAgent:
    """An assistant, ready to become an agent.

    Attributes:
        arguments: For `agents.create_version(**arguments)` of `azure-ai-projects`.
        losses: What has no equivalent.
    """

    arguments: JSONObject
    losses: list[Loss]


def to_foundry_agent(assistant: Readable, agent_name: str | None = None) -> FoundryAgent:
    """Turn an assistant into the arguments of `agents.create_version` of Microsoft Foundry.

    Args:
        assistant: The assistant.
        agent_name: 1 to 63 letters, digits and hyphens, the first and last no hyphen. Left out,
            it is made of the assistant's name, or else of its id.

    Returns:
        The arguments, and what is lost.

    Raises:
        InvalidRequestError: *agent_name* cannot be used, or *assistant* is neither a model nor a
            mapping.
    """
    losses: list[Loss] = []
    source = source_of(assistant, "assistant", "", losses, _REASONS)
    if agent_name is not None and not (is_text(agent_name) and _NAME.fullmatch(agent_name)):
        raise InvalidRequestError(
            f"agent_name is {agent_name!r}; it must be 1 to 63 letters, digits and hyphens, the "
            "first and last no hyphen"
        )
    name = source.take("name", is_text, "text")
    if agent_name is None:
        agent_name = _slug(name or "") or _slug(str(source.fields.get("id", ""))) or "agent"
    if name not in {None, agent_name}:
        source.lose("name", f"the agent is called {agent_name!r}; keep the name in metadata")
    definition = {"kind": "prompt", **settings([source]), "tools": tools(source, [source])}
    arguments = {
        "agent_name": agent_name,
        "definition": {k: v for k, v in definition.items() if v != []},
        "metadata": metadata([source]),
        "description": source.take("description", is_text, "text"),
    }
    source.finish("an agent")
    return FoundryAgent(present(arguments), losses)


def _slug(text: str) -> str:
    """Make a name that is accepted out of another; empty where nothing of it is."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text)[:63].strip("-")
