"""What the calls on runs take, as type checkers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

from portkey_async._models.runs import NamedFunction, NamedToolChoice, TruncationStrategy
from portkey_async._models.tools import ToolResources
from portkey_async._types import JSONValue, Unset

from .assistants import Metadata, ResponseFormatParam, ToolParam, ToolResourcesParam
from .messages import MessageParam
from .threads import ThreadParam


class TruncationStrategyParam(TypedDict, total=False):
    """How the thread is shortened before the run.

    Attributes:
        type: `auto`, or `last_messages`.
        last_messages: How many of the latest messages are kept, at least 1.
    """

    type: Required[Literal["auto", "last_messages"]]
    last_messages: int | None


class NamedFunctionParam(TypedDict):
    """The function that must be called."""

    name: str


class NamedToolChoiceParam(TypedDict, total=False):
    """The tool that must be used.

    Attributes:
        type: Its type.
        function: Which function, where the type is `function`.
    """

    type: Required[Literal["function", "code_interpreter", "file_search"]]
    function: NamedFunction | NamedFunctionParam


ToolChoiceParam: TypeAlias = (
    Literal["none", "auto", "required"] | NamedToolChoice | NamedToolChoiceParam
)


class ToolOutputParam(TypedDict, total=False):
    """The output of a function that the model has called.

    Attributes:
        tool_call_id: The call's identifier.
        output: What the function gave, as text.
    """

    tool_call_id: Required[str]
    output: str


class RunSettings(TypedDict, total=False):
    """The fields of a run that may be left out: the assistant's own hold where they are.

    Attributes:
        model: The model to use.
        instructions: They replace those of the assistant.
        tools: At most 20; they replace those of the assistant.
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
        temperature: Sampling temperature, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        max_prompt_tokens: How many tokens may be read over the whole run, at least 256.
        max_completion_tokens: How many tokens may be written over the whole run, at least 256.
        truncation_strategy: How the thread is shortened, typed or a plain dict.
        tool_choice: `"none"`, `"auto"`, `"required"`, or the tool that must be used.
        parallel_tool_calls: Whether functions may be called side by side.
        response_format: `"auto"`, `"none"`, or a format, typed or a plain dict.
        reasoning_effort: `none`, `minimal`, `low`, `medium`, `high`, …; the server knows.
        extra_body: Keys that this version does not know, put into the body as they are.
    """

    model: str | Unset | None
    instructions: str | Unset | None
    tools: Sequence[ToolParam] | Unset | None
    metadata: Metadata | Unset | None
    temperature: float | Unset | None
    top_p: float | Unset | None
    max_prompt_tokens: int | Unset | None
    max_completion_tokens: int | Unset | None
    truncation_strategy: TruncationStrategy | TruncationStrategyParam | Unset | None
    tool_choice: ToolChoiceParam | Unset | None
    parallel_tool_calls: bool | Unset | None
    response_format: ResponseFormatParam | Unset | None
    reasoning_effort: str | Unset | None
    extra_body: Mapping[str, JSONValue] | Unset | None


class _MoreOfRun(RunSettings, total=False):
    additional_instructions: str | Unset | None
    additional_messages: Sequence[MessageParam] | Unset | None


class RunParams(_MoreOfRun):
    """What a run on a thread is made of.

    Attributes:
        assistant_id: The assistant that runs.
        additional_instructions: Added to the end of the instructions.
        additional_messages: Added to the thread before the run.
    """

    assistant_id: str


class _MoreOfThreadRun(RunSettings, total=False):
    thread: ThreadParam | Unset
    tool_resources: ToolResources | ToolResourcesParam | Unset | None


class ThreadRunParams(_MoreOfThreadRun):
    """What a run on a new thread is made of.

    Attributes:
        assistant_id: The assistant that runs.
        thread: The thread to be made; left out, an empty one.
        tool_resources: What the tools work on.
    """

    assistant_id: str


class ToolOutputsParams(TypedDict, total=False):
    """What `runs.submit_tool_outputs` takes.

    Attributes:
        tool_outputs: One for each call that the run waits for.
        extra_body: Keys that this version does not know, such as the approvals that Foundry wants.
    """

    tool_outputs: Sequence[ToolOutputParam] | Unset
    extra_body: Mapping[str, JSONValue] | Unset | None
