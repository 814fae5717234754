"""What the calls on messages take, as type checkers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypeAlias, TypedDict

from portkey_async._models.messages import (
    Attachment,
    ImageFile,
    ImageFileContent,
    ImageUrl,
    ImageUrlContent,
    UnknownContent,
)
from portkey_async._types import JSONValue, Unset

from .assistants import Metadata


class TextContentParam(TypedDict):
    """A part of a new message: text. On a message that is there, it is a `TextContent`."""

    type: Literal["text"]
    text: str


class ImageFileParam(TypedDict, total=False):
    """An image that was uploaded.

    Attributes:
        file_id: The file's identifier.
        detail: `auto`, `low` or `high`.
    """

    file_id: Required[str]
    detail: str


class ImageFileContentParam(TypedDict):
    """A part of a message: an image that was uploaded."""

    type: Literal["image_file"]
    image_file: ImageFile | ImageFileParam


class ImageUrlParam(TypedDict, total=False):
    """An image on the web.

    Attributes:
        url: Its address.
        detail: `auto`, `low` or `high`.
    """

    url: Required[str]
    detail: str


class ImageUrlContentParam(TypedDict):
    """A part of a message: an image on the web."""

    type: Literal["image_url"]
    image_url: ImageUrl | ImageUrlParam


#: A part of a new message; one of another type is given as an `UnknownContent`.
ContentParam: TypeAlias = (
    TextContentParam
    | ImageFileContentParam
    | ImageUrlContentParam
    | ImageFileContent
    | ImageUrlContent
    | UnknownContent
)


class AttachmentToolParam(TypedDict):
    """A tool that is given a file."""

    type: Literal["code_interpreter", "file_search"]


class AttachmentParam(TypedDict, total=False):
    """A file attached to a message.

    Attributes:
        file_id: The file's identifier.
        tools: The tools that are given the file.
    """

    file_id: str
    tools: Sequence[AttachmentToolParam | Mapping[str, JSONValue]]


class MessageParam(TypedDict, total=False):
    """A message of a new thread, or an additional one of a run.

    Attributes:
        role: `user` or `assistant`.
        content: Its text, or a list of parts.
        attachments: Files, each with the tools that are given it.
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
    """

    role: Required[Literal["user", "assistant"]]
    content: Required[str | Sequence[ContentParam]]
    attachments: Sequence[Attachment | AttachmentParam] | None
    metadata: Metadata | None


class MetadataParams(TypedDict, total=False):
    """What `messages.update` and `runs.update` take.

    Attributes:
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
        extra_body: Keys that this version does not know, put into the body as they are.
    """

    metadata: Metadata | Unset | None
    extra_body: Mapping[str, JSONValue] | Unset | None


class _MessageSettings(MetadataParams, total=False):
    attachments: Sequence[Attachment | AttachmentParam] | Unset | None


class MessageParams(_MessageSettings):
    """What `messages.create` takes.

    Attributes:
        role: `user` or `assistant`.
        content: Its text, or a list of parts.
        attachments: Files, each with the tools that are given it.
        metadata: At most 16 pairs; keys of up to 64 characters, values of up to 512.
        extra_body: Keys that this version does not know, put into the body as they are.
    """

    role: Literal["user", "assistant"]
    content: str | Sequence[ContentParam]
