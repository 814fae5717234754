"""What `convert` prints: arguments as Python."""

from __future__ import annotations

from pprint import pformat

from portkey_async._types import JSONObject

#: The call that takes the arguments, by where they lead.
CALLS = {
    "responses": "response = client.responses.create",
    "foundry": "agent = project.agents.create_version",
}


def python(to: str, title: str, arguments: JSONObject, comments: list[str]) -> str:
    """Write a call with its arguments.

    Args:
        to: Where they lead.
        title: What stands above it.
        arguments: The arguments of the call.
        comments: More lines that stand above it.
    """
    lines = [f"# {line}" for line in (title, *comments)]
    lines.append(f"{CALLS[to]}(")
    for name, value in arguments.items():
        first, *rest = pformat(value, width=88, sort_dicts=False).splitlines()
        text = "\n".join((first, *(f"    {' ' * len(name)} {line}" for line in rest)))
        lines.append(f"    {name}={text},")
    return "\n".join((*lines, ")"))
