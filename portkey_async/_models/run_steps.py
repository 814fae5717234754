"""The steps of a run, the tool calls inside them, and their deltas in a stream."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from portkey_async._types import JSONObject

from .base import Model, Unknown
from .runs import FunctionToolCall, LastError, UnknownToolCall, Usage

# --- Tool calls -------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class CodeInterpreterLogs(Model):
    """An output of the code interpreter: text.

    Attributes:
        logs: The text.
    """

    logs: str
    type: Literal["logs"] = "logs"


@attrs.frozen(repr=False, eq=False)
class OutputImage(Model):
    """An image that the code interpreter made.

    Attributes:
        file_id: The file's identifier.
    """

    file_id: str


@attrs.frozen(repr=False, eq=False)
class CodeInterpreterImage(Model):
    """An output of the code interpreter: an image.

    Attributes:
        image: The image.
    """

    image: OutputImage
    type: Literal["image"] = "image"


@attrs.frozen(repr=False, eq=False)
class UnknownOutput(Unknown):
    """An output of the code interpreter of a type that this version does not know."""


CodeInterpreterOutput: TypeAlias = CodeInterpreterLogs | CodeInterpreterImage | UnknownOutput


@attrs.frozen(repr=False, eq=False)
class CodeInterpreterCall(Model):
    """What the code interpreter ran.

    Attributes:
        input: The code.
        outputs: What it printed and drew; None where the server has not sent it.
    """

    input: str
    outputs: list[CodeInterpreterOutput] | None = None


@attrs.frozen(repr=False, eq=False)
class CodeInterpreterToolCall(Model):
    """A call of the code interpreter.

    Attributes:
        id: The call's identifier.
        code_interpreter: The code and its outputs.
    """

    id: str
    code_interpreter: CodeInterpreterCall
    type: Literal["code_interpreter"] = "code_interpreter"


@attrs.frozen(repr=False, eq=False)
class FileSearchToolCall(Model):
    """A search of the attached vector stores.

    Attributes:
        id: The call's identifier.
        file_search: What was searched and found; an empty object by the specification. Servers
            send `ranking_options` and `results`.
    """

    id: str
    file_search: JSONObject
    type: Literal["file_search"] = "file_search"


ToolCall: TypeAlias = (
    CodeInterpreterToolCall | FileSearchToolCall | FunctionToolCall | UnknownToolCall
)


# --- Steps ------------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class MessageCreation(Model):
    """The message that a step created.

    Attributes:
        message_id: Its identifier.
    """

    message_id: str


@attrs.frozen(repr=False, eq=False)
class MessageCreationDetails(Model):
    """Details of a step that created a message.

    Attributes:
        message_creation: The message.
    """

    message_creation: MessageCreation
    type: Literal["message_creation"] = "message_creation"


@attrs.frozen(repr=False, eq=False)
class ToolCallsDetails(Model):
    """Details of a step that called tools.

    Attributes:
        tool_calls: The calls, with their outputs as far as there are any.
    """

    tool_calls: list[ToolCall]
    type: Literal["tool_calls"] = "tool_calls"


@attrs.frozen(repr=False, eq=False)
class UnknownStepDetails(Unknown):
    """Details of a step of a type that this version does not know."""


StepDetails: TypeAlias = MessageCreationDetails | ToolCallsDetails | UnknownStepDetails


@attrs.frozen(repr=False, eq=False, kw_only=True)
class RunStep(Model):
    """A step of a run.

    A missing or null `id`, `object`, `created_at`, `run_id`, `type`, `status` or `step_details`
    is an `APIResponseValidationError`. All else may be left out or null, although the
    specification requires most of it.

    Attributes:
        id: Its identifier.
        object: Always `thread.run.step`.
        created_at: Unix time in seconds.
        assistant_id: The assistant that runs.
        thread_id: The thread it works on.
        run_id: The run it belongs to.
        type: `message_creation` or `tool_calls`; one of tomorrow is kept as it is.
        status: `in_progress`, `cancelled`, `failed`, `completed` or `expired`.
        step_details: What it did.
        last_error: Why it failed.
        expired_at: Unix time in seconds.
        expires_at: Unix time in seconds. Servers send it; the specification has it not.
        cancelled_at: Unix time in seconds.
        failed_at: Unix time in seconds.
        completed_at: Unix time in seconds.
        metadata: Up to 16 pairs of the caller's own.
        usage: The tokens used; None while the step is in progress.
    """

    id: str
    object: Literal["thread.run.step"] = "thread.run.step"
    created_at: int
    assistant_id: str | None = None
    thread_id: str | None = None
    run_id: str
    type: str
    status: str
    step_details: StepDetails
    last_error: LastError | None = None
    expired_at: int | None = None
    expires_at: int | None = None
    cancelled_at: int | None = None
    failed_at: int | None = None
    completed_at: int | None = None
    metadata: JSONObject | None = None
    usage: Usage | None = None


# --- Deltas -----------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False, kw_only=True)
class CodeInterpreterLogsDelta(Model):
    """A change to an output of the code interpreter: text.

    Attributes:
        index: The index of the output.
        logs: Text to append.
    """

    index: int
    logs: str | None = None
    type: Literal["logs"] = "logs"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class OutputImageDelta(Model):
    """An image that the code interpreter made, as far as it has come.

    Attributes:
        file_id: The file's identifier.
    """

    file_id: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class CodeInterpreterImageDelta(Model):
    """A change to an output of the code interpreter: an image.

    Attributes:
        index: The index of the output.
        image: The image.
    """

    index: int
    image: OutputImageDelta | None = None
    type: Literal["image"] = "image"


CodeInterpreterOutputDelta: TypeAlias = (
    CodeInterpreterLogsDelta | CodeInterpreterImageDelta | UnknownOutput
)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class CodeInterpreterCallDelta(Model):
    """What is added to a call of the code interpreter.

    Attributes:
        input: Code to append.
        outputs: Outputs that are new or changed, each with its index.
    """

    input: str | None = None
    outputs: list[CodeInterpreterOutputDelta] | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class CodeInterpreterToolCallDelta(Model):
    """A change to a call of the code interpreter.

    Attributes:
        index: The index of the call in the step.
        id: The call's identifier; sent once.
        code_interpreter: What is added.
    """

    index: int
    id: str | None = None
    code_interpreter: CodeInterpreterCallDelta | None = None
    type: Literal["code_interpreter"] = "code_interpreter"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FileSearchToolCallDelta(Model):
    """A change to a search of the attached vector stores.

    Attributes:
        index: The index of the call in the step.
        id: The call's identifier; sent once.
        file_search: What was searched and found.
    """

    index: int
    id: str | None = None
    file_search: JSONObject | None = None
    type: Literal["file_search"] = "file_search"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FunctionCallDelta(Model):
    """What is added to the call of a function.

    Attributes:
        name: The function's name; sent once.
        arguments: Text to append to its arguments.
        output: What the function gave.
    """

    name: str | None = None
    arguments: str | None = None
    output: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FunctionToolCallDelta(Model):
    """A change to a call of a function of the caller's.

    Attributes:
        index: The index of the call in the step.
        id: The call's identifier; sent once.
        function: What is added.
    """

    index: int
    id: str | None = None
    function: FunctionCallDelta | None = None
    type: Literal["function"] = "function"


ToolCallDelta: TypeAlias = (
    CodeInterpreterToolCallDelta | FileSearchToolCallDelta | FunctionToolCallDelta | UnknownToolCall
)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class MessageCreationDelta(Model):
    """The message that a step creates, as far as it has come.

    Attributes:
        message_id: Its identifier.
    """

    message_id: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class MessageCreationDetailsDelta(Model):
    """A change to the details of a step that creates a message.

    Attributes:
        message_creation: The message.
    """

    message_creation: MessageCreationDelta | None = None
    type: Literal["message_creation"] = "message_creation"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class ToolCallsDetailsDelta(Model):
    """A change to the details of a step that calls tools.

    Attributes:
        tool_calls: Calls that are new or changed, each with its index.
    """

    tool_calls: list[ToolCallDelta] | None = None
    type: Literal["tool_calls"] = "tool_calls"


StepDetailsDelta: TypeAlias = (
    MessageCreationDetailsDelta | ToolCallsDetailsDelta | UnknownStepDetails
)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class RunStepDeltaFields(Model):
    """The fields of a step that have changed.

    Attributes:
        step_details: What has changed in its details.
    """

    step_details: StepDetailsDelta | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class RunStepDelta(Model):
    """A change to a step, as a stream sends it.

    Attributes:
        id: The step's identifier.
        object: Always `thread.run.step.delta`.
        delta: What has changed.
    """

    id: str
    object: Literal["thread.run.step.delta"] = "thread.run.step.delta"
    delta: RunStepDeltaFields
