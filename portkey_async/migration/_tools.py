"""Tools as Responses and Foundry's agents take them, each with what it works on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from portkey_async._types import JSONObject, is_mapping

from ._source import Loss, Source, is_flag, is_number, is_text, is_whole, one_of, present

#: The file search of Assistants also knows `default_2024_08_21`.
_RANKERS = ("auto", "default-2024-11-15")

_TO_BE_SEARCHED = "file search reads vector stores only; put the file into one if it is not in yet"

#: The ids that tools work on, and where in the payloads each stands.
_Ids: TypeAlias = dict[str, str]


def tools(
    owner: Source, resources: Iterable[Source], attachments: Iterable[Source] = ()
) -> list[JSONObject]:
    """Give the tools, each with the files and vector stores that it works on.

    Args:
        owner: The assistant, or the run, that lists the tools.
        resources: What may have `tool_resources`: assistant, run, thread.
        attachments: The files that messages bring along.
    """
    files: _Ids = {}
    stores: _Ids = {}
    for source in resources:
        _collect(source.take_object("tool_resources"), files, stores)
    for attachment in attachments:
        _attach(attachment, files)
    made = [_tool(tool, files, stores) for tool in owner.take_objects("tools")]
    sent = [tool for tool in made if tool is not None]
    kinds = {tool["type"] for tool in sent}
    for kind, ids in (("code_interpreter", files), ("file_search", stores)):
        if kind not in kinds:
            reason = f"there is no {kind} tool that could use it"
            owner.losses.extend(Loss(place, reason) for place in ids.values())
    return sent


def _collect(given: Source, files: _Ids, stores: _Ids) -> None:
    for tool, name, ids in (
        ("code_interpreter", "file_ids", files),
        ("file_search", "vector_store_ids", stores),
    ):
        inner = given.take_object(tool)
        for index, identifier in enumerate(inner.take_list(name)):
            place = f"{name}[{index}]"
            if is_text(identifier):
                ids.setdefault(identifier, f"{inner.path}{place}")
            else:
                inner.lose(place, f"{identifier!r} is no id")
        inner.finish(f"the tool {tool}")
    given.finish("the tools there")


def _attach(attachment: Source, files: _Ids) -> None:
    """Add a message's file to those of the code interpreter, if it is meant for it."""
    kinds: set[str] = set()
    for tool in attachment.take_objects("tools"):
        kind = tool.take_type()
        if kind in {"code_interpreter", "file_search"}:
            kinds.add(kind)
            tool.finish(f"the tool {kind}")
        else:
            tool.lose_whole(f"a tool of type {kind!r} takes no file there")
    identifier = attachment.take("file_id", is_text, "text")
    if identifier is not None and "code_interpreter" in kinds:
        files.setdefault(identifier, f"{attachment.path}file_id")
    elif identifier is not None:
        reason = _TO_BE_SEARCHED if kinds else "the attachment names no tool that could use it"
        attachment.lose("file_id", reason)
    if len(kinds) > 1:
        attachment.lose("tools", _TO_BE_SEARCHED)
    attachment.finish("a file of a tool")


def _tool(tool: Source, files: _Ids, stores: _Ids) -> JSONObject | None:
    kind = tool.take_type()
    if kind == "function":
        return _function(tool)
    if kind == "code_interpreter":
        tool.finish("the tool code_interpreter")
        container: JSONObject = {"type": "auto"}
        if files:
            container["file_ids"] = [*files]
        return {"type": "code_interpreter", "container": container}
    if kind == "file_search":
        return _file_search(tool, stores)
    tool.lose_whole(f"a tool of type {kind!r} is not known here; add it by hand if there is one")
    return None


def _function(tool: Source) -> JSONObject | None:
    nested = tool.take_object("function")
    name = nested.take("name", is_text, "text")
    if name is None:
        tool.lose_whole("the function has no name")
        return None
    strict = nested.take("strict", is_flag, "true or false") or False
    parameters: JSONObject | None = nested.take("parameters", is_mapping, "a JSON Schema")
    if parameters is None:  # in Assistants, leaving them out means an empty list of parameters
        parameters = {"type": "object", "properties": {}}
        if strict:
            parameters |= {"required": [], "additionalProperties": False}
    description = nested.take("description", is_text, "text")
    nested.finish("a function")
    tool.finish("a function")
    made = {"type": "function", "name": name, "parameters": parameters, "strict": strict}
    return made | present({"description": description})


def _file_search(tool: Source, stores: _Ids) -> JSONObject | None:
    if not stores:
        tool.lose_whole("there, file search needs a vector store; give it the id of one")
        return None
    options = tool.take_object("file_search")
    ranking = options.take_object("ranking_options")
    chosen = {
        "ranker": ranking.take("ranker", one_of(*_RANKERS), f"one of {', '.join(_RANKERS)}"),
        "score_threshold": ranking.take("score_threshold", is_number, "a number"),
    }
    most = options.take("max_num_results", is_whole, "a whole number")
    ranking.finish("ranking_options")
    options.finish("the tool file_search")
    tool.finish("the tool file_search")
    found = {"max_num_results": most, "ranking_options": present(chosen) or None}
    return {"type": "file_search", "vector_store_ids": [*stores]} | present(found)
