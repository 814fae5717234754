"""Files that are attached to messages, and the tools that they are for."""

from portkey_async import Assistant, Message
from portkey_async.migration import to_responses


def test_a_file_for_two_tools_is_kept_for_one_and_reported_for_the_other() -> None:
    """The code interpreter has it; searching it needs a vector store, which is said."""
    assistant = Assistant.from_dict(
        {
            "id": "asst_1",
            "object": "assistant",
            "created_at": 1,
            "model": "gpt-4o",
            "tools": [{"type": "code_interpreter"}, {"type": "file_search"}],
        }
    )
    message = Message.from_dict(
        {
            "id": "msg_1",
            "object": "thread.message",
            "created_at": 1,
            "thread_id": "thread_1",
            "role": "user",
            "content": [],
            "attachments": [
                {
                    "file_id": "file_1",
                    "tools": [{"type": "code_interpreter"}, {"type": "file_search"}],
                }
            ],
        }
    )

    request = to_responses(assistant, messages=[message])

    assert "file_1" in repr(request.arguments["tools"])
    assert any("attachments" in loss.field for loss in request.losses)
