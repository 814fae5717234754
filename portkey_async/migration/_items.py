"""Messages as the items of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from portkey_async._types import JSONObject, is_mapping

from ._source import Loss, Readable, Source, is_text, is_whole, one_of, source_of

#: How many items a call of conversations takes.
_A_CALL = 20

_ROLES = ("user", "assistant", "system", "developer")
_DETAILS = ("auto", "low", "high", "original")

_REASONS = {
    "id": "an item gets an id of its own",
    "created_at": "an item gets a time of its own",
    "metadata": "an item has no metadata",
    "annotations": "citations cannot be given to an item; the text keeps its marks",
    "refusal": "an item from outside holds no refusal",
    "attachments": "an item has no attachments; to_responses() gives their files to the tools",
}


@attrs.frozen
class ConversationItems:
    """Messages, ready for `conversations.create` and `conversations.items.create`.

    Attributes:
        batches: The items, oldest first, in lists of at most 20: one list a call.
        losses: What has no equivalent.
    """

    batches: list[list[JSONObject]]
    losses: list[Loss]


def to_conversation_items(messages: Iterable[Readable]) -> ConversationItems:
    """Turn the messages of a thread into items of a conversation.

    The first batch may go to `conversations.create(items=…)`, each other one to
    `conversations.items.create(conversation_id, items=…)`.

    Args:
        messages: Messages, or their payloads; newest first, as lists are served by default, or
            oldest first. Where all are of one second, their times do not tell which: they are taken
            as oldest first, so list them with `order="asc"`.

    Returns:
        The items, oldest first, and what is lost.

    Raises:
        InvalidRequestError: *messages* holds something that is neither a model nor a mapping.
    """
    losses: list[Loss] = []
    sources = message_sources(messages, "messages", losses)
    made = items(sources)
    for source in sources:
        source.finish("an item")
    batches = [made[start : start + _A_CALL] for start in range(0, len(made), _A_CALL)]
    return ConversationItems(batches, losses)


def message_sources(messages: Iterable[Readable], what: str, losses: list[Loss]) -> list[Source]:
    """Begin to read messages. Their paths count them as given; the list is oldest first."""
    sources = [
        source_of(message, f"{what}[{index}]", f"{what}[{index}].", losses, _REASONS)
        for index, message in enumerate(messages)
    ]
    if not all(is_whole(source.fields.get("created_at")) for source in sources):
        return sources  # not made yet, so they come in the order in which they would be made

    def created_at(source: Source) -> int:
        return int(source.fields["created_at"])

    if len(sources) > 1 and created_at(sources[0]) == created_at(sources[-1]):
        reason = 'all are of one second, so they are taken as oldest first; list by order="asc"'
        losses.append(Loss(what, reason))
    elif sources and created_at(sources[0]) > created_at(sources[-1]):
        sources.reverse()  # then those of one second come newest first, too
    return sorted(sources, key=created_at)


def items(sources: Sequence[Source]) -> list[JSONObject]:
    """Give the item of each message; one of which nothing can be sent is reported."""
    made = (_item(source) for source in sources)
    return [item for item in made if item is not None]


def _item(message: Source) -> JSONObject | None:
    role = message.take("role", one_of(*_ROLES), f"one of {', '.join(_ROLES)}")
    if role is None:
        message.lose_whole("without a role that is known there, nothing of it can be sent")
        return None
    parts = _parts(message)
    content = _texts(parts) if role == "assistant" else _mixed(parts)
    if not content and content != "":
        message.lose_whole("none of its content can be sent, so it makes no item")
        return None
    return {"type": "message", "role": role, "content": content}


def _parts(message: Source) -> list[Source]:
    if is_text(message.fields.get("content")):
        part = {"type": "text", "text": message.fields["content"]}
        message.fields["content"] = [part]
    return message.take_objects("content")


def _texts(parts: Sequence[Source]) -> str | None:
    """Give what an assistant said; such an item holds one text."""
    texts: list[str] = []
    for part in parts:
        if part.fields.get("type") == "text":
            text = _text(part)
            texts += [] if text is None else [text]
        else:
            part.lose_whole("an assistant's item holds text only")
    if len(texts) > 1:
        parts[0].losses.append(
            Loss(
                parts[0].path.rpartition("[")[0],
                f"an assistant's item holds one text; the {len(texts)} are joined by blank lines",
            )
        )
    return "\n\n".join(texts) if texts else None


def _mixed(parts: Sequence[Source]) -> list[JSONObject]:
    made = (_part(part) for part in parts)
    return [part for part in made if part is not None]


def _part(part: Source) -> JSONObject | None:
    kind = part.fields.get("type")
    if kind == "text":
        text = _text(part)
        return None if text is None else {"type": "input_text", "text": text}
    if kind == "image_file":
        return _image(part, "image_file", "file_id", "file_id")
    if kind == "image_url":
        return _image(part, "image_url", "url", "image_url")
    part.lose_whole(f"content of type {kind!r} is not known here")
    return None


def _text(part: Source) -> str | None:
    """Take the text of a part; what is sent holds it itself, what is received in `value`."""
    del part.fields["type"]
    inner = part
    if is_mapping(part.fields.get("text")):
        inner = part.take_object("text")
    text: str | None = inner.take("text" if inner is part else "value", is_text, "text")
    for source in (inner, part):
        source.finish("an item's text")
    return text


def _image(part: Source, kind: str, name: str, target: str) -> JSONObject | None:
    del part.fields["type"]
    inner = part.take_object(kind)
    value = inner.take(name, is_text, "text")
    if value is None:
        part.lose_whole(f"the image has no {name}")
        return None
    detail = inner.take("detail", one_of(*_DETAILS), f"one of {', '.join(_DETAILS)}") or "auto"
    inner.finish("an item's image")
    part.finish("an item's image")
    return {"type": "input_image", target: value, "detail": detail}
