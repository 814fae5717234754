"""An assistant, a run and messages as one call of Responses."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from portkey_async._types import JSONObject, JSONValue, is_mapping

from ._items import items, message_sources
from ._settings import holder, metadata, settings
from ._source import Loss, Readable, Source, is_flag, is_text, is_whole, source_of
from ._tools import tools

_CHOICES = ("none", "auto", "required")

_REASONS = {
    "id": "a response gets an id of its own",
    "created_at": "a response gets a time of its own",
    "name": "a response has no name; keep it in your own code, or in metadata",
    "description": "a response has no description; keep it in your own code, or in metadata",
    "max_prompt_tokens": "only what the model writes can be limited there",
    "last_messages": "send only as many items as the model is to see",
    "vector_stores": "a vector store is made by a call of its own; then give its id",
}
_THREAD_REASONS = _REASONS | {
    "id": "a conversation gets an id of its own",
    "metadata": "give it to conversations.create(metadata=…)",
}


@attrs.frozen
class ResponsesRequest:
    """What a run would have done, as one call of Responses.

    Attributes:
        arguments: For `responses.create(**arguments)` of OpenAI's SDK.
        losses: What has no equivalent.
    """

    arguments: JSONObject
    losses: list[Loss]


def to_responses(
    assistant: Readable,
    *,
    run: Readable | None = None,
    thread: Readable | None = None,
    messages: Iterable[Readable] = (),
) -> ResponsesRequest:
    """Turn an assistant into the arguments of `responses.create`.

    Args:
        assistant: The assistant.
        run: A run, or what `runs.create` takes; what it sets replaces what the assistant says.
        thread: The thread, whose files and vector stores are given to the tools.
        messages: Messages that become the input; their files are given to the tools. For more
            than a few, make a conversation of `to_conversation_items()`.

    Returns:
        The arguments, and what is lost. A run with an `additional_instructions` has them
        appended to the instructions, its `additional_messages` to the input.

    Raises:
        InvalidRequestError: An argument is neither a model nor a mapping.
    """
    losses: list[Loss] = []
    sources = [source_of(assistant, "assistant", "", losses, _REASONS)]
    resources = [*sources]
    said = message_sources(messages, "messages", losses)
    if run is not None:
        own = source_of(run, "run", "run.", losses, _REASONS)
        sources.append(own)
        resources.insert(0, own)
        more = own.take_list("additional_messages")
        said += message_sources(more, "run.additional_messages", losses)
    if thread is not None:
        resources.insert(-1, source_of(thread, "thread", "thread.", losses, _THREAD_REASONS))
    arguments = settings(sources)
    arguments["metadata"] = metadata(sources)
    arguments["tools"] = _tools(sources, resources, said)
    arguments["input"] = items(said)
    if run is not None:
        _of_run(sources[1], arguments)
    for source in (*resources, *said):
        source.finish("Responses")
    return ResponsesRequest({k: v for k, v in arguments.items() if v not in (None, [])}, losses)


def _tools(sources: list[Source], resources: list[Source], said: list[Source]) -> list[JSONObject]:
    attachments = [file for message in said for file in message.take_objects("attachments")]
    return tools(holder("tools", sources), resources, attachments)


def _of_run(run: Source, arguments: JSONObject) -> None:
    """Add what only a run can set."""
    added = run.take("additional_instructions", is_text, "text")
    if added is not None:
        instructions = (arguments.get("instructions"), added)
        arguments["instructions"] = "\n\n".join(text for text in instructions if text)
    arguments["max_output_tokens"] = run.take("max_completion_tokens", is_whole, "a whole number")
    arguments["parallel_tool_calls"] = run.take("parallel_tool_calls", is_flag, "true or false")
    arguments["truncation"] = _truncation(run.take_object("truncation_strategy"))
    arguments["tool_choice"] = _tool_choice(run, arguments["tools"])


def _truncation(strategy: Source) -> str | None:
    kind = strategy.take_type()
    if kind not in {None, "auto"}:
        strategy.lose("type", f"{kind!r} has no equivalent; {_REASONS['last_messages']}")
    strategy.finish("truncation")
    return "auto" if kind == "auto" else None


def _tool_choice(run: Source, sent: list[JSONObject]) -> JSONValue:
    def fits(value: object) -> bool:
        return is_mapping(value) or (is_text(value) and value in _CHOICES)

    value = run.take("tool_choice", fits, f"one of {', '.join(_CHOICES)}, or a tool")
    if value == "required" and not sent:
        run.lose("tool_choice", "no tool is left that could be required")
        return None
    if not is_mapping(value):
        return value
    run.fields["tool_choice"] = value
    chosen = run.take_object("tool_choice")
    wanted: JSONObject = {"type": chosen.take_type()}
    function = chosen.take_object("function")
    if wanted["type"] == "function":
        wanted["name"] = function.take("name", is_text, "text")
    function.finish("tool_choice")
    if not any(wanted.items() <= tool.items() for tool in sent):
        chosen.lose_whole("the tool that it names is not among those that are sent")
        return None
    chosen.finish("tool_choice")
    return wanted
