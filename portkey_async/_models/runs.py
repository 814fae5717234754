"""Runs of an assistant on a thread, and what they wait for."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from portkey_async._errors import RunFailedError
from portkey_async._types import JSONObject

from .base import Model, Unknown
from .formats import ResponseFormat
from .messages import IncompleteDetails
from .tools import Tool, ToolResources

# --- What a run waits for ---------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class FunctionCall(Model):
    """The function that the model calls.

    Attributes:
        name: The function's name.
        arguments: Its arguments as the model wrote them: JSON, unless the model erred.
        output: What the function gave; None where it has not been submitted yet, and in a
            `RequiredAction`.
    """

    name: str
    arguments: str
    output: str | None = None


@attrs.frozen(repr=False, eq=False)
class FunctionToolCall(Model):
    """A call of a function of the caller's.

    Attributes:
        id: The call's identifier, to be submitted with its output.
        function: The function and its arguments.
    """

    id: str
    function: FunctionCall
    type: Literal["function"] = "function"


@attrs.frozen(repr=False, eq=False)
class UnknownToolCall(Unknown):
    """A tool call of a type that this version does not know."""


RequiredToolCall: TypeAlias = FunctionToolCall | UnknownToolCall


@attrs.frozen(repr=False, eq=False)
class SubmitToolOutputs(Model):
    """The calls whose outputs a run waits for.

    Attributes:
        tool_calls: The calls; the run goes on when all of them are answered.
    """

    tool_calls: list[RequiredToolCall]


@attrs.frozen(repr=False, eq=False)
class RequiredAction(Model):
    """A run waits for tool outputs.

    Attributes:
        submit_tool_outputs: The calls.
    """

    submit_tool_outputs: SubmitToolOutputs
    type: Literal["submit_tool_outputs"] = "submit_tool_outputs"


@attrs.frozen(repr=False, eq=False)
class UnknownRequiredAction(Unknown):
    """A run waits for something that this version does not know: an approval, for instance."""


# --- What a run tells -------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class LastError(Model):
    """Why a run or a step failed.

    Attributes:
        code: `server_error`, `rate_limit_exceeded` or `invalid_prompt`; the server knows more.
        message: An explanation for people.
    """

    code: str
    message: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class Usage(Model):
    """The tokens that a run or a step has used.

    Attributes:
        prompt_tokens: Tokens read.
        completion_tokens: Tokens written.
        total_tokens: Both together.
        prompt_token_details: Of the tokens read, how many were cached, for instance. Servers
            send it; the specification has it not.
        completion_tokens_details: Of the tokens written, how many were reasoning. As above.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_token_details: JSONObject | None = None
    completion_tokens_details: JSONObject | None = None


@attrs.frozen(repr=False, eq=False)
class TruncationStrategy(Model):
    """How a thread is shortened before a run.

    Attributes:
        type: `auto`, or `last_messages`.
        last_messages: How many of the latest messages are kept, at least 1.
    """

    type: str
    last_messages: int | None = None


@attrs.frozen(repr=False, eq=False)
class NamedFunction(Model):
    """The function that must be called.

    Attributes:
        name: Its name.
    """

    name: str


@attrs.frozen(repr=False, eq=False)
class NamedToolChoice(Model):
    """The tool that must be used.

    Attributes:
        type: `function`, `code_interpreter` or `file_search`; the server knows more.
        function: Which function, where the type is `function`.
    """

    type: str
    function: NamedFunction | None = None


#: `none`, `auto`, `required`, or the tool that must be used.
ToolChoice: TypeAlias = str | NamedToolChoice


@attrs.frozen(repr=False, eq=False, kw_only=True)
class Run(Model):
    """A run of an assistant on a thread.

    A missing or null `id`, `object`, `created_at`, `thread_id` or `status` is an
    `APIResponseValidationError`. All else may be left out or null, although the specification
    requires most of it: what does not apply yet, and what some servers do not keep.

    Attributes:
        id: Its identifier.
        object: Always `thread.run`.
        created_at: Unix time in seconds.
        thread_id: The thread it works on.
        assistant_id: The assistant that runs.
        status: `queued`, `in_progress`, `requires_action`, `cancelling`, `cancelled`, `failed`,
            `completed`, `incomplete` or `expired`; one of tomorrow is kept as it is.
        required_action: What the run waits for, where the status is `requires_action`.
        last_error: Why it failed.
        expires_at: Unix time in seconds.
        started_at: Unix time in seconds.
        cancelled_at: Unix time in seconds.
        failed_at: Unix time in seconds.
        completed_at: Unix time in seconds.
        incomplete_details: Why it is incomplete.
        model: The model it uses.
        instructions: The instructions it follows.
        tools: The tools it may use; one of an unknown type is an `UnknownTool`.
        tool_resources: What the tools work on. Servers send it; the specification has it not.
        metadata: Up to 16 pairs of the caller's own.
        usage: The tokens used; None until the run has ended.
        temperature: Sampling temperature, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        max_prompt_tokens: The most tokens it may read, at least 256.
        max_completion_tokens: The most tokens it may write, at least 256.
        truncation_strategy: How the thread is shortened.
        tool_choice: Which tool must be used, if any.
        parallel_tool_calls: Whether functions may be called side by side.
        response_format: `auto`, `none`, or a format.
        reasoning_effort: How much a reasoning model thinks. As `tool_resources`.
    """

    id: str
    object: Literal["thread.run"] = "thread.run"
    created_at: int
    thread_id: str
    assistant_id: str | None = None
    status: str
    required_action: RequiredAction | UnknownRequiredAction | None = None
    last_error: LastError | None = None
    expires_at: int | None = None
    started_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    incomplete_details: IncompleteDetails | None = None
    model: str | None = None
    instructions: str | None = None
    tools: list[Tool] | None = None
    tool_resources: ToolResources | None = None
    metadata: JSONObject | None = None
    usage: Usage | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: TruncationStrategy | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None

    def raise_for_status(self) -> None:
        """Do nothing if the run is completed.

        Raises:
            RunFailedError: It is not; the message says why, and `.run` is this run.
        """
        if self.status == "completed":
            return
        why = ""
        if self.last_error is not None:
            why = ": ".join(filter(None, (self.last_error.code, self.last_error.message)))
        elif self.incomplete_details is not None:
            why = self.incomplete_details.reason or ""
        message = f"run {self.id} is {self.status}, not completed"
        raise RunFailedError(f"{message}: {why}" if why else message, run=self)
