"""What the API speaks of, as frozen attrs classes. They know nothing of JSON."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from ._base import Model, Unknown
from ._json import JSONObject


@attrs.frozen(repr=False)
class RankingOptions(Model):
    """How file search ranks what it finds.

    Attributes:
        score_threshold: Results below it are dropped, 0 to 1.
        ranker: `auto`, or the name of a ranker.
    """

    score_threshold: float | None = None
    ranker: str | None = None


@attrs.frozen(repr=False)
class FileSearchOptions(Model):
    """Overrides for the file search tool.

    Attributes:
        max_num_results: How many results it may give, 1 to 50.
        ranking_options: How the results are ranked.
    """

    max_num_results: int | None = None
    ranking_options: RankingOptions | None = None


@attrs.frozen(repr=False)
class FunctionDefinition(Model):
    """A function that the model may call.

    Attributes:
        name: Letters, digits, `_` and `-`, at most 64 of them.
        description: What it does, for the model.
        parameters: A JSON Schema of its arguments; left out means none.
        strict: Whether the model must follow the schema exactly.
    """

    name: str
    description: str | None = None
    parameters: JSONObject | None = None
    strict: bool | None = None


@attrs.frozen(repr=False)
class CodeInterpreterTool(Model):
    """The tool that runs code."""

    type: Literal["code_interpreter"] = "code_interpreter"


@attrs.frozen(repr=False)
class FileSearchTool(Model):
    """The tool that searches the attached vector stores."""

    file_search: FileSearchOptions | None = None
    type: Literal["file_search"] = "file_search"


@attrs.frozen(repr=False)
class FunctionTool(Model):
    """A tool that is a function of the caller's."""

    function: FunctionDefinition
    type: Literal["function"] = "function"


@attrs.frozen
class UnknownTool(Unknown):
    """A tool of a type that this version does not know. It is never taken for another type."""


Tool: TypeAlias = CodeInterpreterTool | FileSearchTool | FunctionTool | UnknownTool


@attrs.frozen(repr=False)
class CodeInterpreterResources(Model):
    """Files for the code interpreter.

    Attributes:
        file_ids: At most 20.
    """

    file_ids: list[str] | None = None


@attrs.frozen(repr=False)
class VectorStoreSpec(Model):
    """A vector store to be made together with the assistant (create only).

    Attributes:
        file_ids: At most 10,000.
        chunking_strategy: `{"type": "auto"}`, or `static` with its sizes.
        metadata: At most 16 pairs.
    """

    file_ids: list[str] | None = None
    chunking_strategy: JSONObject | None = None
    metadata: JSONObject | None = None


@attrs.frozen(repr=False)
class FileSearchResources(Model):
    """Vector stores for file search.

    Attributes:
        vector_store_ids: At most one; not together with `vector_stores`.
        vector_stores: At most one, made on the spot (create only).
    """

    vector_store_ids: list[str] | None = None
    vector_stores: list[VectorStoreSpec] | None = None


@attrs.frozen(repr=False)
class ToolResources(Model):
    """What the tools of an assistant work on."""

    code_interpreter: CodeInterpreterResources | None = None
    file_search: FileSearchResources | None = None


@attrs.frozen(repr=False)
class TextFormat(Model):
    """The model may answer with any text."""

    type: Literal["text"] = "text"


@attrs.frozen(repr=False)
class JsonObjectFormat(Model):
    """The model must answer with a JSON object."""

    type: Literal["json_object"] = "json_object"


@attrs.frozen(repr=False)
class JsonSchemaFormat(Model):
    """The model must answer by a JSON Schema.

    Attributes:
        json_schema: `name`, `schema`, and optionally `description` and `strict`.
    """

    json_schema: JSONObject
    type: Literal["json_schema"] = "json_schema"


@attrs.frozen
class UnknownFormat(Unknown):
    """A response format of a type that this version does not know."""


ResponseFormat: TypeAlias = str | TextFormat | JsonObjectFormat | JsonSchemaFormat | UnknownFormat


@attrs.frozen(repr=False, kw_only=True)
class Assistant(Model):
    """An assistant, as the API keeps it.

    `name`, `description`, `instructions`, `tools` and `metadata` are required by the
    specification, but servers leave them out or send null: both give None here, and
    `to_dict()` still tells them apart. A missing or null `id`, `object`, `created_at` or
    `model` is an `APIResponseValidationError`.

    Attributes:
        id: Its identifier.
        object: Always `assistant`.
        created_at: Unix time in seconds.
        name: At most 256 characters.
        description: At most 512 characters.
        model: The model it uses.
        instructions: Its system instructions.
        tools: Its tools; one of an unknown type is an `UnknownTool`.
        tool_resources: What the tools work on.
        metadata: Up to 16 pairs of the caller's own.
        temperature: Sampling temperature, 0 to 2.
        top_p: Nucleus sampling, 0 to 1.
        response_format: `auto`, `none`, or a format.
    """

    id: str
    object: Literal["assistant"] = "assistant"
    created_at: int
    name: str | None = None
    description: str | None = None
    model: str
    instructions: str | None = None
    tools: list[Tool] | None = None
    tool_resources: ToolResources | None = None
    metadata: JSONObject | None = None
    temperature: float | None = None
    top_p: float | None = None
    response_format: ResponseFormat | None = None


@attrs.frozen(repr=False, kw_only=True)
class AssistantDeleted(Model):
    """The answer to deleting an assistant.

    Attributes:
        id: The assistant's identifier.
        object: Always `assistant.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["assistant.deleted"] = "assistant.deleted"
    deleted: bool


@attrs.frozen(repr=False, kw_only=True)
class AdminApiKeyDeleted(Model):
    """The answer to deleting an organization's admin API key.

    Attributes:
        id: The key's identifier.
        object: Always `organization.admin_api_key.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["organization.admin_api_key.deleted"] = "organization.admin_api_key.deleted"
    deleted: bool
