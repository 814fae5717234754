"""The specification's limits on what calls take, as data.

The client's checks and the test server's schemas are made of them. A rule says what a value may
be. Null passes wherever a field is not required: it clears the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs


@attrs.frozen
class Text:
    """A string.

    Attributes:
        most: How many characters it may have.
        pattern: What it must match as a whole; *needs* says it in words.
    """

    most: int | None = None
    pattern: str | None = None
    needs: str = "a str"


@attrs.frozen
class Number:
    """A number.

    Attributes:
        least: The smallest one allowed.
        most: The largest one allowed.
        whole: Whether it must be a whole number; JSON does not tell 20 from 20.0.
    """

    least: float
    most: float | None = None
    whole: bool = False


@attrs.frozen
class Flag:
    """True or false."""


@attrs.frozen
class Items:
    """A list.

    Attributes:
        each: What each item may be.
        least: How many items there must be.
        most: How many items there may be.
    """

    each: Rule
    least: int = attrs.field(default=0, kw_only=True)
    most: int | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Pairs:
    """A mapping of the caller's own.

    Attributes:
        most: How many pairs it may have.
        key: How many characters a key may have.
        value: How many characters a value that is text may have.
    """

    most: int
    key: int
    value: int


@attrs.frozen
class Object:
    """A mapping with known fields; others are left to the server.

    Attributes:
        fields: What the fields may be.
        required: The fields that must be there, and not null.
        kinds: More fields, by the value of `type`.
        exclusive: Two fields of which only one may be given.
        halved: A field, and the one that it may be at most half of.
    """

    fields: Mapping[str, Rule]
    required: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    kinds: Mapping[str, Object] = attrs.field(factory=dict["str", "Object"], kw_only=True)
    exclusive: tuple[str, str] | None = attrs.field(default=None, kw_only=True)
    halved: tuple[str, str] | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class Choice:
    """One of some strings, or something else.

    Attributes:
        values: The strings; none stands for any.
        other: What it may be instead of a string.
        noun: What that is called.
    """

    values: tuple[str, ...] = ()
    other: Rule | None = None
    noun: str = ""


Rule: TypeAlias = Text | Number | Flag | Items | Pairs | Object | Choice

# --- What objects consist of --------------------------------------------------------------------

PAGE_SIZE: Final = Number(1, 100, whole=True)
METADATA: Final = Pairs(16, key=64, value=512)
NAME: Final = Text(256)
DESCRIPTION: Final = Text(512)
INSTRUCTIONS: Final = Text(256_000)
TEMPERATURE: Final = Number(0, 2)
TOP_P: Final = Number(0, 1)
FUNCTION_NAME: Final = Text(
    pattern="[a-zA-Z0-9_-]{1,64}", needs="1 to 64 letters, digits, underscores and dashes"
)
MAX_NUM_RESULTS: Final = Number(1, 50, whole=True)
SCORE_THRESHOLD: Final = Number(0, 1)
CHUNK_SIZE: Final = Number(100, 4096, whole=True)
RUN_TOKENS: Final = Number(256, whole=True)
LAST_MESSAGES: Final = Number(1, whole=True)

TOOL: Final = Object(
    {"type": Text()},
    required=("type",),
    kinds={
        "function": Object(
            {"function": Object({"name": FUNCTION_NAME}, required=("name",))},
            required=("function",),
        ),
        "file_search": Object(
            {
                "file_search": Object(
                    {
                        "max_num_results": MAX_NUM_RESULTS,
                        "ranking_options": Object({"score_threshold": SCORE_THRESHOLD}),
                    }
                )
            }
        ),
    },
)
ASSISTANT_TOOLS: Final = Items(TOOL, most=128)
RUN_TOOLS: Final = Items(TOOL, most=20)

CODE_FILES: Final = Items(Text(), most=20)
STORE_FILES: Final = Items(Text(), most=10_000)
STORE_IDS: Final = Items(Text(), most=1)
STORES: Final = Items(
    Object(
        {
            "file_ids": STORE_FILES,
            "chunking_strategy": Object(
                {
                    "static": Object(
                        {
                            "max_chunk_size_tokens": CHUNK_SIZE,
                            "chunk_overlap_tokens": Number(0, CHUNK_SIZE.most, whole=True),
                        },
                        halved=("chunk_overlap_tokens", "max_chunk_size_tokens"),
                    )
                }
            ),
            "metadata": METADATA,
        }
    ),
    most=1,
)
TOOL_RESOURCES: Final = Object(
    {
        "code_interpreter": Object({"file_ids": CODE_FILES}),
        "file_search": Object(
            {"vector_store_ids": STORE_IDS, "vector_stores": STORES},
            exclusive=("vector_store_ids", "vector_stores"),
        ),
    }
)
RESPONSE_FORMAT: Final = Choice(("auto", "none"), Object({"type": Text()}), "a format")
TOOL_CHOICE: Final = Choice(
    ("none", "auto", "required"),
    Object(
        {"type": Text(), "function": Object({"name": Text()}, required=("name",))},
        required=("type",),
    ),
    "a tool",
)

# --- The bodies of requests ---------------------------------------------------------------------

ASSISTANT: Final = Object(
    {
        "model": Text(),
        "name": NAME,
        "description": DESCRIPTION,
        "instructions": INSTRUCTIONS,
        "tools": ASSISTANT_TOOLS,
        "tool_resources": TOOL_RESOURCES,
        "metadata": METADATA,
        "temperature": TEMPERATURE,
        "top_p": TOP_P,
        "response_format": RESPONSE_FORMAT,
        "reasoning_effort": Text(),
    }
)
NEW_ASSISTANT: Final = attrs.evolve(ASSISTANT, required=("model",))
MESSAGE_CHANGES: Final = Object({"metadata": METADATA})
MESSAGE: Final = Object(
    {
        "role": Choice(("user", "assistant")),
        "content": Choice(
            other=Items(Object({"type": Text()}, required=("type",)), least=1),
            noun="a list of parts",
        ),
        "attachments": Items(
            Object(
                {
                    "file_id": Text(),
                    "tools": Items(Object({"type": Text()}, required=("type",))),
                }
            )
        ),
        "metadata": METADATA,
    },
    required=("role", "content"),
)
THREAD_CHANGES: Final = Object({"tool_resources": TOOL_RESOURCES, "metadata": METADATA})
THREAD: Final = Object({**THREAD_CHANGES.fields, "messages": Items(MESSAGE)})
_RUN: Final[Mapping[str, Rule]] = {
    "assistant_id": Text(),
    "model": Text(),
    "instructions": Text(),
    "tools": RUN_TOOLS,
    "metadata": METADATA,
    "temperature": TEMPERATURE,
    "top_p": TOP_P,
    "max_prompt_tokens": RUN_TOKENS,
    "max_completion_tokens": RUN_TOKENS,
    "truncation_strategy": Object(
        {"type": Text(), "last_messages": LAST_MESSAGES}, required=("type",)
    ),
    "tool_choice": TOOL_CHOICE,
    "parallel_tool_calls": Flag(),
    "response_format": RESPONSE_FORMAT,
    "reasoning_effort": Text(),
}
RUN: Final = Object(
    {
        **_RUN,
        "additional_instructions": Text(),
        "additional_messages": Items(MESSAGE),
    },
    required=("assistant_id",),
)
THREAD_AND_RUN: Final = Object(
    {**_RUN, "thread": THREAD, "tool_resources": TOOL_RESOURCES}, required=("assistant_id",)
)
RUN_CHANGES: Final = Object({"metadata": METADATA})
TOOL_OUTPUTS: Final = Object(
    {
        "tool_outputs": Items(
            Object({"tool_call_id": Text(), "output": Text()}, required=("tool_call_id",))
        )
    }
)
ADMIN_API_KEY: Final = Object({"name": Text()}, required=("name",))
