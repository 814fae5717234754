"""Tools, and what they work on."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from portkey_async._types import JSONObject

from .base import Model, Unknown


@attrs.frozen(repr=False, eq=False)
class RankingOptions(Model):
    """How file search ranks what it finds.

    Attributes:
        score_threshold: Results below it are dropped, 0 to 1.
        ranker: `auto`, or the name of a ranker.
    """

    score_threshold: float | None = None
    ranker: str | None = None


@attrs.frozen(repr=False, eq=False)
class FileSearchOptions(Model):
    """Overrides for the file search tool.

    Attributes:
        max_num_results: How many results it may give, 1 to 50.
        ranking_options: How the results are ranked.
    """

    max_num_results: int | None = None
    ranking_options: RankingOptions | None = None


@attrs.frozen(repr=False, eq=False)
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


@attrs.frozen(repr=False, eq=False)
class CodeInterpreterTool(Model):
    """The tool that runs code."""

    type: Literal["code_interpreter"] = "code_interpreter"


@attrs.frozen(repr=False, eq=False)
class FileSearchTool(Model):
    """The tool that searches the attached vector stores.

    Attributes:
        file_search: How it searches; None for the server's own way.
    """

    file_search: FileSearchOptions | None = None
    type: Literal["file_search"] = "file_search"


@attrs.frozen(repr=False, eq=False)
class FunctionTool(Model):
    """A tool that is a function of the caller's.

    Attributes:
        function: Its name, what it is for, and what it takes.
    """

    function: FunctionDefinition
    type: Literal["function"] = "function"


@attrs.frozen(repr=False, eq=False)
class UnknownTool(Unknown):
    """A tool of a type that this version does not know. It is never taken for another type."""


Tool: TypeAlias = CodeInterpreterTool | FileSearchTool | FunctionTool | UnknownTool


@attrs.frozen(repr=False, eq=False)
class CodeInterpreterResources(Model):
    """Files for the code interpreter.

    Attributes:
        file_ids: At most 20.
    """

    file_ids: list[str] | None = None


@attrs.frozen(repr=False, eq=False)
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


@attrs.frozen(repr=False, eq=False)
class FileSearchResources(Model):
    """Vector stores for file search.

    Attributes:
        vector_store_ids: At most one; not together with `vector_stores`.
        vector_stores: At most one, made on the spot (create only).
    """

    vector_store_ids: list[str] | None = None
    vector_stores: list[VectorStoreSpec] | None = None


@attrs.frozen(repr=False, eq=False)
class ToolResources(Model):
    """What the tools of an assistant work on.

    Attributes:
        code_interpreter: The files of the code interpreter.
        file_search: The vector stores of file search.
    """

    code_interpreter: CodeInterpreterResources | None = None
    file_search: FileSearchResources | None = None
