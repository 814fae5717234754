"""Runs, threads and messages of every shape, as payloads."""

from __future__ import annotations

from hypothesis import strategies as st
from support.strategies import (
    Strategy,
    json_objects,
    numbers,
    objects,
    response_formats,
    texts,
    tool_resources,
    tools,
)

_annotations = st.lists(json_objects, max_size=1)
_text = objects({"type": st.just("text")}, {}).flatmap(
    lambda part: st.one_of(
        texts.map(lambda text: part | {"text": text}),
        objects({"value": texts}, {"annotations": _annotations}).map(
            lambda text: part | {"text": text}
        ),
    )
)
_images = objects(
    {"type": st.just("image_file"), "image_file": objects({"file_id": texts}, {"detail": texts})},
    {},
) | objects(
    {"type": st.just("image_url"), "image_url": objects({"url": texts}, {"detail": texts})}, {}
)
_other = objects({"type": texts}, {"refusal": texts})
_file_tools = objects({"type": st.sampled_from(["code_interpreter", "file_search", "x"])}, {})

attachments = objects({}, {"file_id": texts, "tools": st.lists(_file_tools, max_size=2)})
#: Messages as served, and as a create takes them.
messages: Strategy = objects(
    {
        "role": st.sampled_from(["user", "assistant"]),
        "content": texts | st.lists(_text | _images | _other, max_size=3),
    },
    {
        "id": texts,
        "object": st.just("thread.message"),
        "created_at": st.integers(0, 3),
        "thread_id": texts,
        "metadata": json_objects,
        "attachments": st.lists(attachments, max_size=2),
        "status": st.sampled_from(["completed", "incomplete"]),
    },
)
threads: Strategy = objects(
    {"id": texts, "object": st.just("thread"), "created_at": st.integers()},
    {"metadata": json_objects, "tool_resources": tool_resources},
)
_named_choice = objects(
    {"type": st.sampled_from(["function", "code_interpreter", "file_search", "other"])},
    {"function": objects({"name": texts}, {})},
)
#: Runs as served, and as a create takes them.
runs: Strategy = objects(
    {},
    {
        "id": texts,
        "model": texts,
        "instructions": texts,
        "additional_instructions": texts,
        "additional_messages": st.lists(messages, max_size=2),
        "tools": st.lists(tools, max_size=2),
        "tool_resources": tool_resources,
        "metadata": json_objects,
        "temperature": numbers,
        "top_p": numbers,
        "max_prompt_tokens": st.integers(),
        "max_completion_tokens": st.integers(),
        "truncation_strategy": objects(
            {"type": st.sampled_from(["auto", "last_messages"])}, {"last_messages": st.integers()}
        ),
        "tool_choice": st.sampled_from(["none", "auto", "required", "x"]) | _named_choice,
        "parallel_tool_calls": st.booleans(),
        "response_format": response_formats,
        "reasoning_effort": st.sampled_from(["low", "max", "enormous"]),
    },
)
