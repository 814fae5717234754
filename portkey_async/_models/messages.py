"""Messages of a thread, the parts and annotations inside them, and their deltas in a stream."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from portkey_async._types import JSONObject

from .base import Model, Unknown
from .tools import Tool

# --- Annotations ------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class CitedFile(Model):
    """The file that a citation points to.

    Attributes:
        file_id: The file's identifier.
        quote: The quoted text. Required by the specification, left out by servers.
    """

    file_id: str
    quote: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FileCitation(Model):
    """An annotation: the text cites a file that file search found.

    Attributes:
        text: The text in the message that stands for the citation.
        file_citation: The file.
        start_index: Where that text begins in the message; None where the server did not say.
        end_index: Where it ends.
    """

    text: str
    file_citation: CitedFile
    start_index: int | None = None
    end_index: int | None = None
    type: Literal["file_citation"] = "file_citation"


@attrs.frozen(repr=False, eq=False)
class GeneratedFile(Model):
    """The file that a path points to.

    Attributes:
        file_id: The file's identifier.
    """

    file_id: str


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FilePath(Model):
    """An annotation: the text is the path of a file that the code interpreter made.

    Attributes:
        text: The text in the message that stands for the file.
        file_path: The file.
        start_index: Where that text begins in the message; None where the server did not say.
        end_index: Where it ends.
    """

    text: str
    file_path: GeneratedFile
    start_index: int | None = None
    end_index: int | None = None
    type: Literal["file_path"] = "file_path"


@attrs.frozen(repr=False, eq=False)
class CitedUrl(Model):
    """The web page that a citation points to.

    Attributes:
        url: Its address.
        title: Its title.
    """

    url: str
    title: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class UrlCitation(Model):
    """An annotation: the text cites a web page. Foundry sends it; the specification has it not.

    Attributes:
        text: The text in the message that stands for the citation.
        url_citation: The page.
        start_index: Where that text begins in the message; None where the server did not say.
        end_index: Where it ends.
    """

    text: str
    url_citation: CitedUrl
    start_index: int | None = None
    end_index: int | None = None
    type: Literal["url_citation"] = "url_citation"


@attrs.frozen(repr=False, eq=False)
class UnknownAnnotation(Unknown):
    """An annotation of a type that this version does not know."""


Annotation: TypeAlias = FileCitation | FilePath | UrlCitation | UnknownAnnotation


# --- Content ----------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class Text(Model):
    """A text and its annotations.

    Attributes:
        value: The text.
        annotations: What it cites, and the files it names; None where the server sent none.
    """

    value: str
    annotations: list[Annotation] | None = None


@attrs.frozen(repr=False, eq=False)
class TextContent(Model):
    """A part of a message: text.

    Attributes:
        text: The text and its annotations.
    """

    text: Text
    type: Literal["text"] = "text"


@attrs.frozen(repr=False, eq=False)
class ImageFile(Model):
    """An image that was uploaded.

    Attributes:
        file_id: The file's identifier.
        detail: `auto`, `low` or `high`; left out means `auto`.
    """

    file_id: str
    detail: str | None = None


@attrs.frozen(repr=False, eq=False)
class ImageFileContent(Model):
    """A part of a message: an image that was uploaded.

    Attributes:
        image_file: The file.
    """

    image_file: ImageFile
    type: Literal["image_file"] = "image_file"


@attrs.frozen(repr=False, eq=False)
class ImageUrl(Model):
    """An image on the web.

    Attributes:
        url: Its address.
        detail: `auto`, `low` or `high`; left out means `auto`.
    """

    url: str
    detail: str | None = None


@attrs.frozen(repr=False, eq=False)
class ImageUrlContent(Model):
    """A part of a message: an image on the web.

    Attributes:
        image_url: The image.
    """

    image_url: ImageUrl
    type: Literal["image_url"] = "image_url"


@attrs.frozen(repr=False, eq=False)
class RefusalContent(Model):
    """A part of a message: the model refused. Servers send it; the specification has it not.

    Attributes:
        refusal: What the model said instead.
    """

    refusal: str
    type: Literal["refusal"] = "refusal"


@attrs.frozen(repr=False, eq=False)
class UnknownContent(Unknown):
    """A part of a message of a type that this version does not know."""


Content: TypeAlias = (
    TextContent | ImageFileContent | ImageUrlContent | RefusalContent | UnknownContent
)


# --- Messages ---------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False)
class Attachment(Model):
    """A file attached to a message.

    Attributes:
        file_id: The file's identifier.
        tools: The tools that it was added to.
    """

    file_id: str | None = None
    tools: list[Tool] | None = None


@attrs.frozen(repr=False, eq=False)
class IncompleteDetails(Model):
    """Why a message or a run is incomplete.

    Attributes:
        reason: Of a message `content_filter`, `max_tokens`, `run_cancelled`, `run_expired` or
            `run_failed`; of a run `max_completion_tokens` or `max_prompt_tokens`.
    """

    reason: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class Message(Model):
    """A message of a thread.

    A missing or null `id`, `object`, `created_at`, `thread_id`, `role` or `content` is an
    `APIResponseValidationError`. All else may be left out, although the specification requires
    it: servers send `status` and the times of streamed messages alone.

    Attributes:
        id: Its identifier.
        object: Always `thread.message`.
        created_at: Unix time in seconds.
        thread_id: The thread it belongs to.
        status: `in_progress`, `incomplete` or `completed`.
        incomplete_details: Why it is incomplete.
        completed_at: Unix time in seconds.
        incomplete_at: Unix time in seconds.
        role: `user` or `assistant`.
        content: Its parts.
        assistant_id: The assistant that wrote it; None for one that a user wrote.
        run_id: The run that made it; None for one that was created by a call.
        attachments: Files, and the tools that they were added to.
        metadata: Up to 16 pairs of the caller's own.
    """

    id: str
    object: Literal["thread.message"] = "thread.message"
    created_at: int
    thread_id: str
    status: str | None = None
    incomplete_details: IncompleteDetails | None = None
    completed_at: int | None = None
    incomplete_at: int | None = None
    role: str
    content: list[Content]
    assistant_id: str | None = None
    run_id: str | None = None
    attachments: list[Attachment] | None = None
    metadata: JSONObject | None = None

    @property
    def text(self) -> str:
        """The text parts, joined; empty where there are none."""
        return "".join(part.text.value for part in self.content if isinstance(part, TextContent))


@attrs.frozen(repr=False, eq=False, kw_only=True)
class MessageDeleted(Model):
    """The response to deleting a message.

    Attributes:
        id: The message's identifier.
        object: Always `thread.message.deleted`.
        deleted: Whether it is gone.
    """

    id: str
    object: Literal["thread.message.deleted"] = "thread.message.deleted"
    deleted: bool


# --- Deltas -----------------------------------------------------------------------------------


@attrs.frozen(repr=False, eq=False, kw_only=True)
class CitedFileDelta(Model):
    """The file that a citation points to, as far as it has come.

    Attributes:
        file_id: The file's identifier.
        quote: The quoted text.
    """

    file_id: str | None = None
    quote: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FileCitationDelta(Model):
    """A change to a `FileCitation`.

    Attributes:
        index: The index of the annotation in the text.
        text: The text in the message that stands for the citation.
        file_citation: The file.
        start_index: Where that text begins in the message.
        end_index: Where it ends.
    """

    index: int
    text: str | None = None
    file_citation: CitedFileDelta | None = None
    start_index: int | None = None
    end_index: int | None = None
    type: Literal["file_citation"] = "file_citation"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class GeneratedFileDelta(Model):
    """The file that a path points to, as far as it has come.

    Attributes:
        file_id: The file's identifier.
    """

    file_id: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class FilePathDelta(Model):
    """A change to a `FilePath`.

    Attributes:
        index: The index of the annotation in the text.
        text: The text in the message that stands for the file.
        file_path: The file.
        start_index: Where that text begins in the message.
        end_index: Where it ends.
    """

    index: int
    text: str | None = None
    file_path: GeneratedFileDelta | None = None
    start_index: int | None = None
    end_index: int | None = None
    type: Literal["file_path"] = "file_path"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class CitedUrlDelta(Model):
    """The web page that a citation points to, as far as it has come.

    Attributes:
        url: Its address.
        title: Its title.
    """

    url: str | None = None
    title: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class UrlCitationDelta(Model):
    """A change to a `UrlCitation`.

    Attributes:
        index: The index of the annotation in the text.
        text: The text in the message that stands for the citation.
        url_citation: The page.
        start_index: Where that text begins in the message.
        end_index: Where it ends.
    """

    index: int
    text: str | None = None
    url_citation: CitedUrlDelta | None = None
    start_index: int | None = None
    end_index: int | None = None
    type: Literal["url_citation"] = "url_citation"


AnnotationDelta: TypeAlias = (
    FileCitationDelta | FilePathDelta | UrlCitationDelta | UnknownAnnotation
)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class TextDelta(Model):
    """What is added to a text.

    Attributes:
        value: Text to append.
        annotations: Annotations that are new or changed, each with its index.
    """

    value: str | None = None
    annotations: list[AnnotationDelta] | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class TextContentDelta(Model):
    """A change to a part of a message: text.

    Attributes:
        index: The index of the part in the message.
        text: What is added.
    """

    index: int
    text: TextDelta | None = None
    type: Literal["text"] = "text"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class ImageFileDelta(Model):
    """An image that was uploaded, as far as it has come.

    Attributes:
        file_id: The file's identifier.
        detail: `auto`, `low` or `high`.
    """

    file_id: str | None = None
    detail: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class ImageFileContentDelta(Model):
    """A change to a part of a message: an image that was uploaded.

    Attributes:
        index: The index of the part in the message.
        image_file: The file.
    """

    index: int
    image_file: ImageFileDelta | None = None
    type: Literal["image_file"] = "image_file"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class ImageUrlDelta(Model):
    """An image on the web, as far as it has come.

    Attributes:
        url: Its address.
        detail: `auto`, `low` or `high`.
    """

    url: str | None = None
    detail: str | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class ImageUrlContentDelta(Model):
    """A change to a part of a message: an image on the web.

    Attributes:
        index: The index of the part in the message.
        image_url: The image.
    """

    index: int
    image_url: ImageUrlDelta | None = None
    type: Literal["image_url"] = "image_url"


@attrs.frozen(repr=False, eq=False, kw_only=True)
class RefusalContentDelta(Model):
    """A change to a part of a message: the model refuses.

    Attributes:
        index: The index of the part in the message.
        refusal: Text to append.
    """

    index: int
    refusal: str | None = None
    type: Literal["refusal"] = "refusal"


ContentDelta: TypeAlias = (
    TextContentDelta
    | ImageFileContentDelta
    | ImageUrlContentDelta
    | RefusalContentDelta
    | UnknownContent
)


@attrs.frozen(repr=False, eq=False, kw_only=True)
class MessageDeltaFields(Model):
    """The fields of a message that have changed.

    Attributes:
        role: `user` or `assistant`.
        content: Parts that are new or changed, each with its index.
    """

    role: str | None = None
    content: list[ContentDelta] | None = None


@attrs.frozen(repr=False, eq=False, kw_only=True)
class MessageDelta(Model):
    """A change to a message, as a stream sends it.

    Attributes:
        id: The message's identifier.
        object: Always `thread.message.delta`.
        delta: What has changed.
    """

    id: str
    object: Literal["thread.message.delta"] = "thread.message.delta"
    delta: MessageDeltaFields

    @property
    def text(self) -> str:
        """The text that is added, of all text parts, joined; empty where there is none."""
        return "".join(
            [
                part.text.value
                for part in self.delta.content or ()
                if type(part) is TextContentDelta and part.text and part.text.value
            ]
        )
