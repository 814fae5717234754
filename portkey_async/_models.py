"""What the API speaks of, as frozen attrs classes. They know nothing of JSON."""

from __future__ import annotations

from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

import attrs
from collections.abc import Iterator  # noqa: TC003  # attrs resolves annotations at run time

from ._json import JSONObject


@attrs.frozen
class Model:
    """What all models share: undeclared keys are kept, and nothing the server sent is lost.

    Attributes:
        extra: Every key of the payload that the class does not declare.
    """

    extra: JSONObject = attrs.field(factory=dict, kw_only=True)
    # Optional keys that the payload left out. None on an object made by hand: there, every
    # optional field that is None is left out of the payload.
    _absent: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, eq=False, repr=False)

    def to_dict(self) -> JSONObject:
        """Give the payload back as plain JSON types.

        Returns:
            For an object that came from the API, the payload it came from, undeclared keys
            included, and nulls only where the server sent nulls. For one made by hand, its
            fields, without those that are None.
        """
        from ._converter import unstructure  # noqa: PLC0415  # models stay free of JSON

        payload: JSONObject = unstructure(self)
        return payload

    def __repr__(self) -> str:
        """Show the fields that say something; long text is cut."""
        shown = (
            f"{field.name}={_short(value)}"
            for field in attrs.fields(type(self))
            if field.name != "_absent" and (value := getattr(self, field.name)) not in (None, {})
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def _short(value: object, limit: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= limit or not isinstance(value, str) else f"{text[:limit]}…'"


_model = attrs.frozen(repr=False)


@_model
class RankingOptions(Model):
    """How file search ranks what it finds.

    Attributes:
        score_threshold: Results below it are dropped, 0 to 1.
        ranker: `auto`, or the name of a ranker.
    """

    score_threshold: float | None = None
    ranker: str | None = None


@_model
class FileSearchOptions(Model):
    """Overrides for the file search tool.

    Attributes:
        max_num_results: How many results it may give, 1 to 50.
        ranking_options: How the results are ranked.
    """

    max_num_results: int | None = None
    ranking_options: RankingOptions | None = None


@_model
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


@_model
class CodeInterpreterTool(Model):
    """The tool that runs code."""

    type: Literal["code_interpreter"] = "code_interpreter"


@_model
class FileSearchTool(Model):
    """The tool that searches the attached vector stores."""

    file_search: FileSearchOptions | None = None
    type: Literal["file_search"] = "file_search"


@_model
class FunctionTool(Model):
    """A tool that is a function of the caller's."""

    function: FunctionDefinition
    type: Literal["function"] = "function"


@attrs.frozen
class Unknown:
    """Something of a type that this version does not know, kept as it came.

    Attributes:
        raw: Its payload; sent back unchanged.
    """

    raw: JSONObject

    @property
    def type(self) -> str | None:
        """The type that the server named; None where it named none."""
        return self.raw.get("type")

    def to_dict(self) -> JSONObject:
        """Give the payload back."""
        return dict(self.raw)


@attrs.frozen
class UnknownTool(Unknown):
    """A tool of a type that this version does not know. It is never taken for another type."""


Tool: TypeAlias = CodeInterpreterTool | FileSearchTool | FunctionTool | UnknownTool


@_model
class CodeInterpreterResources(Model):
    """Files for the code interpreter.

    Attributes:
        file_ids: At most 20.
    """

    file_ids: list[str] | None = None


@_model
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


@_model
class FileSearchResources(Model):
    """Vector stores for file search.

    Attributes:
        vector_store_ids: At most one; not together with `vector_stores`.
        vector_stores: At most one, made on the spot (create only).
    """

    vector_store_ids: list[str] | None = None
    vector_stores: list[VectorStoreSpec] | None = None


@_model
class ToolResources(Model):
    """What the tools of an assistant work on."""

    code_interpreter: CodeInterpreterResources | None = None
    file_search: FileSearchResources | None = None


@_model
class TextFormat(Model):
    """The model may answer with any text."""

    type: Literal["text"] = "text"


@_model
class JsonObjectFormat(Model):
    """The model must answer with a JSON object."""

    type: Literal["json_object"] = "json_object"


@_model
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


class Identified(Protocol):
    """Anything with an id, which is what a cursor is made of."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Identified)


@attrs.frozen(kw_only=True)
class Page(Model, Generic[T]):
    """One page of a list, in the order in which the server sent it. Iterable and sized.

    Attributes:
        data: The objects.
        object: `list`, on a server that follows the specification.
        first_id: The id of the first object; None where the server gave none.
        last_id: The id of the last object; None where the server gave none.
        has_more: Whether more follows; None where the server did not say.
    """

    data: list[T]
    object: str | None = None
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool | None = None

    def __iter__(self) -> Iterator[T]:
        """Go through the objects of this page."""
        return iter(self.data)

    def __len__(self) -> int:
        """Count the objects of this page."""
        return len(self.data)
