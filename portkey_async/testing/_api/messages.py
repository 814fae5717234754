"""Messages of a thread: the operations on them."""

from functools import partial

from portkey_async.testing._exchange import Received, Response, refusal
from portkey_async.testing._store import Payload

from . import response
from .message_payloads import message_payload, text_part
from .request import Refused, body, found
from .state import State


def list_messages(state: State, received: Received, thread_id: str) -> Response:
    """`GET /threads/{thread_id}/messages`."""
    found(state.stores.threads, "thread", thread_id)
    state.engine.look(thread_id)
    run_id = received.query.get("run_id")
    return response.page(
        state,
        received,
        state.stores.messages,
        "message",
        parent=thread_id,
        where=None if run_id is None else lambda message: message["run_id"] == run_id,
    )


def create(state: State, received: Received, thread_id: str) -> Response:
    """`POST /threads/{thread_id}/messages`."""
    found(state.stores.threads, "thread", thread_id)
    settings = body(state, received, "CreateMessageRequest")
    run = state.engine.active(thread_id)
    if run is not None:
        state.engine.look(thread_id)
        said = f"Can't add messages to {thread_id} while a run {run['id']} is active."
        raise Refused(refusal(400, said))
    message = created(state, thread_id, settings)
    commit = partial(state.stores.messages.__setitem__, message["id"], message)
    return response.one(state, message, commit)


def retrieve(state: State, _received: Received, thread_id: str, message_id: str) -> Response:
    """`GET /threads/{thread_id}/messages/{message_id}`."""
    return response.one(state, _message(state, thread_id, message_id))


def update(state: State, received: Received, thread_id: str, message_id: str) -> Response:
    """`POST /threads/{thread_id}/messages/{message_id}`."""
    message = _message(state, thread_id, message_id)
    changes = body(state, received, "ModifyMessageRequest")
    metadata: Payload | None = changes.get("metadata", message["metadata"])
    message = message | {"metadata": metadata or {}}
    commit = partial(state.stores.messages.__setitem__, message_id, message)
    return response.one(state, message, commit)


def delete(state: State, _received: Received, thread_id: str, message_id: str) -> Response:
    """`DELETE /threads/{thread_id}/messages/{message_id}`."""
    _message(state, thread_id, message_id)
    commit = response.removal(state.stores.messages, message_id)
    return response.deletion(message_id, "thread.message", commit)


def _message(state: State, thread_id: str, message_id: str) -> Payload:
    found(state.stores.threads, "thread", thread_id)
    return found(state.stores.messages, "message", message_id, thread_id=thread_id)


def created(state: State, thread_id: str, settings: Payload) -> Payload:
    """The message that a create request makes."""
    return message_payload(
        state.new_id("msg"),
        state.clock.now(),
        thread_id,
        role=settings["role"],
        content=_content(settings["content"]),
        attachments=settings.get("attachments") or [],
        metadata=settings.get("metadata") or {},
    )


def _content(content: str | list[Payload]) -> list[Payload]:
    """The content of a message as the API gives it back."""
    if isinstance(content, str):
        return [text_part(content)]
    return [text_part(part["text"]) if part["type"] == "text" else part for part in content]
