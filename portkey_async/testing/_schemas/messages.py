"""Messages, what they are made of, and their deltas."""

from typing import Final

from .base import (
    INTEGER,
    METADATA,
    STRING,
    TIME,
    Schema,
    array,
    deleted,
    list_of,
    object_,
    one_of,
    or_null,
    refs,
    tagged,
)

_ROLE: Final = one_of("user", "assistant")
_DETAIL: Final[Schema] = one_of("auto", "low", "high") | {"default": "auto"}
_PLACE: Final[Schema] = {"type": "integer", "minimum": 0}
_ATTACHMENTS: Final = or_null(
    array(
        object_(
            {
                "file_id": STRING,
                "tools": array(refs("AssistantToolsCode", "AssistantToolsFileSearchTypeOnly")),
            }
        )
    )
)
_URL: Final[Schema] = {"type": "string", "format": "uri"}
_CITATION: Final[Schema] = {"file_id": STRING, "quote": STRING}


def _annotation(kind: str, inner: Schema) -> Schema:
    return object_(
        {
            "type": one_of(kind),
            "text": STRING,
            kind: inner,
            "start_index": _PLACE,
            "end_index": _PLACE,
        },
        required=("type", "text", kind, "start_index", "end_index"),
    )


def _annotation_delta(kind: str, inner: Schema) -> Schema:
    return object_(
        {
            "index": INTEGER,
            "type": one_of(kind),
            "text": STRING,
            kind: object_(inner),
            "start_index": _PLACE,
            "end_index": _PLACE,
        },
        required=("index", "type"),
    )


def _content_delta(kind: str, inner: Schema) -> Schema:
    properties = {"index": INTEGER, "type": one_of(kind), kind: inner}
    return object_(properties, required=("index", "type"))


SCHEMAS: Final[dict[str, Schema]] = {
    "MessageObject": object_(
        {
            "id": STRING,
            "object": one_of("thread.message"),
            "created_at": TIME,
            "thread_id": STRING,
            "status": one_of("in_progress", "incomplete", "completed"),
            "incomplete_details": or_null(
                object_(
                    {
                        "reason": one_of(
                            *("content_filter", "max_tokens", "run_cancelled"),
                            *("run_expired", "run_failed"),
                        )
                    },
                    required=("reason",),
                )
            ),
            "completed_at": or_null(TIME),
            "incomplete_at": or_null(TIME),
            "role": _ROLE,
            "content": array(
                refs(
                    "MessageContentImageFileObject",
                    "MessageContentImageUrlObject",
                    "MessageContentTextObject",
                )
            ),
            "assistant_id": or_null(STRING),
            "run_id": or_null(STRING),
            "attachments": _ATTACHMENTS,
            "metadata": METADATA,
        },
        required=(
            *("id", "object", "created_at", "thread_id", "status", "incomplete_details"),
            *("completed_at", "incomplete_at", "role", "content", "assistant_id", "run_id"),
            *("attachments", "metadata"),
        ),
    ),
    "MessageDeltaObject": object_(
        {
            "id": STRING,
            "object": one_of("thread.message.delta"),
            "delta": object_(
                {
                    "role": _ROLE,
                    "content": array(
                        refs(
                            "MessageDeltaContentImageFileObject",
                            "MessageDeltaContentTextObject",
                            "MessageDeltaContentImageUrlObject",
                        )
                    ),
                }
            ),
        },
        required=("id", "object", "delta"),
    ),
    "CreateMessageRequest": object_(
        {
            "role": _ROLE,
            "content": {
                "oneOf": [
                    STRING,
                    array(
                        refs(
                            "MessageContentImageFileObject",
                            "MessageContentImageUrlObject",
                            "MessageRequestContentTextObject",
                        ),
                        minItems=1,
                    ),
                ]
            },
            "attachments": _ATTACHMENTS,
            "metadata": METADATA,
        },
        required=("role", "content"),
        closed=True,
    ),
    "ModifyMessageRequest": object_({"metadata": METADATA}, closed=True),
    "DeleteMessageResponse": deleted("thread.message"),
    "ListMessagesResponse": list_of("MessageObject"),
    "MessageContentImageFileObject": tagged(
        "image_file",
        "image_file",
        object_({"file_id": STRING, "detail": _DETAIL}, required=("file_id",)),
    ),
    "MessageDeltaContentImageFileObject": _content_delta(
        "image_file", object_({"file_id": STRING, "detail": _DETAIL})
    ),
    "MessageContentImageUrlObject": tagged(
        "image_url", "image_url", object_({"url": _URL, "detail": _DETAIL}, required=("url",))
    ),
    "MessageDeltaContentImageUrlObject": _content_delta(
        "image_url", object_({"url": STRING, "detail": _DETAIL})
    ),
    "MessageContentTextObject": tagged(
        "text",
        "text",
        object_(
            {
                "value": STRING,
                "annotations": array(
                    refs(
                        "MessageContentTextAnnotationsFileCitationObject",
                        "MessageContentTextAnnotationsFilePathObject",
                    )
                ),
            },
            required=("value", "annotations"),
        ),
    ),
    "MessageRequestContentTextObject": tagged("text", "text", STRING),
    "MessageContentTextAnnotationsFileCitationObject": _annotation(
        "file_citation", object_(_CITATION, required=("file_id", "quote"))
    ),
    "MessageContentTextAnnotationsFilePathObject": _annotation(
        "file_path", object_({"file_id": STRING}, required=("file_id",))
    ),
    "MessageDeltaContentTextObject": _content_delta(
        "text",
        object_(
            {
                "value": STRING,
                "annotations": array(
                    refs(
                        "MessageDeltaContentTextAnnotationsFileCitationObject",
                        "MessageDeltaContentTextAnnotationsFilePathObject",
                    )
                ),
            }
        ),
    ),
    "MessageDeltaContentTextAnnotationsFileCitationObject": _annotation_delta(
        "file_citation", _CITATION
    ),
    "MessageDeltaContentTextAnnotationsFilePathObject": _annotation_delta(
        "file_path", {"file_id": STRING}
    ),
}
