"""What the calls on assistants take, as type checkers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

from portkey_async._models.formats import (
    JsonObjectFormat,
    JsonSchemaFormat,
    TextFormat,
    UnknownFormat,
)
from portkey_async._models.tools import (
    CodeInterpreterResources,
    FileSearchOptions,
    FileSearchResources,
    FunctionDefinition,
    RankingOptions,
    Tool,
    ToolResources,
    VectorStoreSpec,
)
from portkey_async._types import JSONValue, Unset

Metadata: TypeAlias = Mapping[str, JSONValue]

# --- Tools --------------------------------------------------------------------------------------


class RankingOptionsParam(TypedDict, total=False):
    """How file search ranks what it finds.

    Attributes:
        score_threshold: Results below it are dropped, 0 to 1.
        ranker: `auto`, or the name of a ranker.
    """

    score_threshold: float | None
    ranker: str | None


class FileSearchOptionsParam(TypedDict, total=False):
    """Overrides for the file search tool.

    Attributes:
        max_num_results: How many results it may give, 1 to 50.
        ranking_options: How the results are ranked.
    """

    max_num_results: int | None
    ranking_options: RankingOptions | RankingOptionsParam | None


class FunctionDefinitionParam(TypedDict, total=False):
    """A function that the model may call.

    Attributes:
        name: Letters, digits, `_` and `-`, at most 64 of them.
        description: What it does, for the model.
        parameters: A JSON Schema of its arguments; left out means none.
        strict: Whether the model must follow the schema exactly.
    """

    name: Required[str]
    description: str | None
    parameters: Mapping[str, JSONValue] | None
    strict: bool | None


class CodeInterpreterToolParam(TypedDict):
    """The tool that runs code."""

    type: Literal["code_interpreter"]


class FileSearchToolParam(TypedDict, total=False):
    """The tool that searches the attached vector stores."""

    type: Required[Literal["file_search"]]
    file_search: FileSearchOptions | FileSearchOptionsParam | None


class FunctionToolParam(TypedDict):
    """A tool that is a function of the caller's."""

    type: Literal["function"]
    function: FunctionDefinition | FunctionDefinitionParam


#: A tool, as a class or as a plain dict. One of another type is given as an `UnknownTool`.
ToolParam: TypeAlias = Tool | CodeInterpreterToolParam | FileSearchToolParam | FunctionToolParam

# --- What the tools work on ---------------------------------------------------------------------


class CodeInterpreterResourcesParam(TypedDict, total=False):
    """Files for the code interpreter.

    Attributes:
        file_ids: At most 20.
    """

    file_ids: Sequence[str] | None


class VectorStoreSpecParam(TypedDict, total=False):
    """A vector store to be made together with the assistant or the thread (create only).

    Attributes:
        file_ids: At most 10,000.
        chunking_strategy: `{"type": "auto"}`, or `static` with its sizes.
        metadata: At most 16 pairs.
    """

    file_ids: Sequence[str] | None
    chunking_strategy: Mapping[str, JSONValue] | None
    metadata: Metadata | None


class FileSearchResourcesParam(TypedDict, total=False):
    """Vector stores for file search.

    Attributes:
        vector_store_ids: At most one; not together with `vector_stores`.
        vector_stores: At most one, made on the spot (create only).
    """

    vector_store_ids: Sequence[str] | None
    vector_stores: Sequence[VectorStoreSpec | VectorStoreSpecParam] | None


class ToolResourcesParam(TypedDict, total=False):
    """What the tools of an assistant or a thread work on."""

    code_interpreter: CodeInterpreterResources | CodeInterpreterResourcesParam | None
    file_search: FileSearchResources | FileSearchResourcesParam | None


# --- Formats ------------------------------------------------------------------------------------


class TextFormatParam(TypedDict):
    """The model may answer with any text."""

    type: Literal["text"]


class JsonObjectFormatParam(TypedDict):
    """The model must answer with a JSON object."""

    type: Literal["json_object"]


class JsonSchemaFormatParam(TypedDict):
    """The model must answer by a JSON Schema.

    Attributes:
        json_schema: `name`, `schema`, and optionally `description` and `strict`.
    """

    type: Literal["json_schema"]
    json_schema: Mapping[str, JSONValue]


#: A response format, as a class or as a plain dict; another one is given as an `UnknownFormat`.
ResponseFormatParam: TypeAlias = (
    Literal["auto", "none"]
    | TextFormat
    | JsonObjectFormat
    | JsonSchemaFormat
    | UnknownFormat
    | TextFormatParam
    | JsonObjectFormatParam
    | JsonSchemaFormatParam
)

# --- Calls --------------------------------------------------------------------------------------


class AssistantSettings(TypedDict, total=False):
    """The fields of an assistant that may be left out.

    Attributes:
        name: At most 256 characters.
        description: At most 512 characters.
        instructions: System instructions, at most 256,000 characters.
        tools: At most 128, typed or plain dicts.
        tool_resources: What the tools work on: at most 20 files for the code interpreter, one
            vector store for file search.
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
        temperature: Sampling temperature, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        response_format: `"auto"`, `"none"`, or a format, typed or a plain dict.
        reasoning_effort: `none`, `minimal`, `low`, `medium`, `high`, …; the server knows.
        extra_body: Keys that this version does not know, put into the body as they are.
    """

    name: str | Unset | None
    description: str | Unset | None
    instructions: str | Unset | None
    tools: Sequence[ToolParam] | Unset | None
    tool_resources: ToolResources | ToolResourcesParam | Unset | None
    metadata: Metadata | Unset | None
    temperature: float | Unset | None
    top_p: float | Unset | None
    response_format: ResponseFormatParam | Unset | None
    reasoning_effort: str | Unset | None
    extra_body: Mapping[str, JSONValue] | Unset | None


class AssistantParams(AssistantSettings):
    """What `assistants.create` takes.

    Attributes:
        model: The model to use.
    """

    model: str


class AssistantUpdateParams(AssistantSettings, total=False):
    """What `assistants.update` takes: what is left out stays as it is, and None clears a field.

    Attributes:
        model: The model to use.
    """

    model: str | Unset | None
