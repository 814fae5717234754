"""Hypothesis strategies for everything that a server may send and a caller may give."""

from __future__ import annotations

import operator
from typing import Any

from hypothesis import strategies as st
from support.credentials import CREDENTIALS
from support.payloads import FULL

Strategy = st.SearchStrategy[Any]

#: Any text that UTF-8 can carry, but for the credentials that are watched for: hypothesis draws
#: from the constants of the code that is tried, where some of them stand.
texts = st.text(st.characters(codec="utf-8"), max_size=12).filter(
    lambda text: not any(credential in text for credential in CREDENTIALS)
)
#: Numbers, integers beyond 64 bits included.
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
#: Any JSON value.
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
#: Any JSON object.
json_objects = st.dictionaries(texts, json_values, max_size=3)

# Names that our own code uses somewhere: on the wire they are keys like any other.
_tempting = st.sampled_from(
    ["extra", "raw", "type", "_as_sent", "as_sent", "id", "name", "data", "model", "self", "_wire"]
)


def objects(required: dict[str, Strategy], optional: dict[str, Strategy]) -> Strategy:
    """Give objects of the declared keys, optional ones absent or null too, and undeclared ones."""
    declared = {*required, *optional}
    keys = (texts | _tempting).filter(lambda key: key not in declared)
    fields = st.fixed_dictionaries(
        required, optional={name: st.none() | values for name, values in optional.items()}
    )
    return st.builds(operator.or_, st.dictionaries(keys, json_values, max_size=2), fields)


def tagged(kind: str, required: dict[str, Strategy], optional: dict[str, Strategy]) -> Strategy:
    """Give objects of one `type`."""
    return objects({"type": st.just(kind)} | required, optional)


def of_other_types(*known: str) -> Strategy:
    """Give objects of a `type` that is not among the known ones."""
    return objects({"type": texts.filter(lambda kind: kind not in known)}, {})


def few(items: Strategy) -> Strategy:
    """Give lists of two at most."""
    return st.lists(items, max_size=2)


_strings = st.lists(texts, max_size=2)

ranking_options = objects({}, {"score_threshold": numbers, "ranker": texts})
file_search_options = objects(
    {}, {"max_num_results": st.integers(), "ranking_options": ranking_options}
)
functions = objects(
    {"name": texts}, {"description": texts, "parameters": json_objects, "strict": st.booleans()}
)

_tool_types = ("code_interpreter", "file_search", "function")
_format_types = ("text", "json_object", "json_schema")

unknown_tools = objects({"type": texts.filter(lambda kind: kind not in _tool_types)}, {})
known_tools = (
    objects({"type": st.just("code_interpreter")}, {})
    | objects({"type": st.just("file_search")}, {"file_search": file_search_options})
    | objects({"type": st.just("function"), "function": functions}, {})
)
tools = known_tools | unknown_tools

unknown_formats = objects({"type": texts.filter(lambda kind: kind not in _format_types)}, {})
known_formats = (
    objects({"type": st.just("text")}, {})
    | objects({"type": st.just("json_object")}, {})
    | objects({"type": st.just("json_schema"), "json_schema": json_objects}, {})
)
response_formats = (
    texts
    | known_formats
    | unknown_formats
    | json_objects.map(lambda value: {key: value[key] for key in value if key != "type"})
)

tool_resources = objects(
    {},
    {
        "code_interpreter": objects({}, {"file_ids": _strings}),
        "file_search": objects(
            {},
            {
                "vector_store_ids": _strings,
                "vector_stores": st.lists(
                    objects(
                        {},
                        {
                            "file_ids": _strings,
                            "chunking_strategy": json_objects,
                            "metadata": json_objects,
                        },
                    ),
                    max_size=2,
                ),
            },
        ),
    },
)

#: Assistants that decode.
assistants = objects(
    {
        "id": texts,
        "object": st.just("assistant"),
        "created_at": st.integers(),
        "model": texts,
    },
    {
        "name": texts,
        "description": texts,
        "instructions": texts,
        "tools": st.lists(tools, max_size=3),
        "tool_resources": tool_resources,
        "metadata": json_objects,
        "temperature": numbers,
        "top_p": numbers,
        "response_format": response_formats,
        "reasoning_effort": texts,
    },
)
#: Pages of assistants that decode.
pages = objects(
    {"data": st.lists(assistants, max_size=3)},
    {"object": texts, "first_id": texts, "last_id": texts, "has_more": st.booleans()},
)

# --- Threads, messages, runs and steps --------------------------------------------------------

_times = st.integers()
_metadata = {"metadata": json_objects}
_span = {"start_index": st.integers(), "end_index": st.integers()}

#: Threads that decode.
threads = objects(
    {"id": texts, "object": st.just("thread"), "created_at": _times},
    {"tool_resources": tool_resources} | _metadata,
)

_cited_file = objects({"file_id": texts}, {"quote": texts})
_cited_url = objects({"url": texts}, {"title": texts})
unknown_annotations = of_other_types("file_citation", "file_path", "url_citation")
annotations = (
    tagged("file_citation", {"text": texts, "file_citation": _cited_file}, _span)
    | tagged("file_path", {"text": texts, "file_path": objects({"file_id": texts}, {})}, _span)
    | tagged("url_citation", {"text": texts, "url_citation": _cited_url}, _span)
    | unknown_annotations
)
unknown_contents = of_other_types("text", "image_file", "image_url", "refusal")
contents = (
    tagged("text", {"text": objects({"value": texts}, {"annotations": few(annotations)})}, {})
    | tagged("image_file", {"image_file": objects({"file_id": texts}, {"detail": texts})}, {})
    | tagged("image_url", {"image_url": objects({"url": texts}, {"detail": texts})}, {})
    | tagged("refusal", {"refusal": texts}, {})
    | unknown_contents
)
_incomplete_details = objects({}, {"reason": texts})
#: Messages that decode.
messages = objects(
    {
        "id": texts,
        "object": st.just("thread.message"),
        "created_at": _times,
        "thread_id": texts,
        "role": texts,
        "content": few(contents),
    },
    {
        "status": texts,
        "incomplete_details": _incomplete_details,
        "completed_at": _times,
        "incomplete_at": _times,
        "assistant_id": texts,
        "run_id": texts,
        "attachments": few(objects({}, {"file_id": texts, "tools": few(tools)})),
    }
    | _metadata,
)

_index = {"index": st.integers()}
_annotation_deltas = (
    tagged(
        "file_citation",
        _index,
        {"text": texts, "file_citation": objects({}, {"file_id": texts, "quote": texts})} | _span,
    )
    | tagged(
        "file_path", _index, {"text": texts, "file_path": objects({}, {"file_id": texts})} | _span
    )
    | tagged(
        "url_citation",
        _index,
        {"text": texts, "url_citation": objects({}, {"url": texts, "title": texts})} | _span,
    )
    | unknown_annotations
)
_text_delta = objects({}, {"value": texts, "annotations": few(_annotation_deltas)})
_content_deltas = (
    tagged("text", _index, {"text": _text_delta})
    | tagged("image_file", _index, {"image_file": objects({}, {"file_id": texts, "detail": texts})})
    | tagged("image_url", _index, {"image_url": objects({}, {"url": texts, "detail": texts})})
    | tagged("refusal", _index, {"refusal": texts})
    | unknown_contents
)
#: Deltas of messages that decode.
message_deltas = objects(
    {
        "id": texts,
        "object": st.just("thread.message.delta"),
        "delta": objects({}, {"role": texts, "content": few(_content_deltas)}),
    },
    {},
)

_function_call = objects({"name": texts, "arguments": texts}, {"output": texts})
_function_tool_call = tagged("function", {"id": texts, "function": _function_call}, {})
_required_actions = tagged(
    "submit_tool_outputs",
    {
        "submit_tool_outputs": objects(
            {"tool_calls": few(_function_tool_call | of_other_types("function"))}, {}
        )
    },
    {},
) | of_other_types("submit_tool_outputs")
_last_error = objects({"code": texts}, {"message": texts})
_usage = objects(
    {
        "prompt_tokens": st.integers(),
        "completion_tokens": st.integers(),
        "total_tokens": st.integers(),
    },
    {"prompt_token_details": json_objects, "completion_tokens_details": json_objects},
)
_tool_choices = texts | objects({"type": texts}, {"function": objects({"name": texts}, {})})
#: Runs that decode.
runs = objects(
    {
        "id": texts,
        "object": st.just("thread.run"),
        "created_at": _times,
        "thread_id": texts,
        "status": texts,
    },
    {
        "assistant_id": texts,
        "required_action": _required_actions,
        "last_error": _last_error,
        "expires_at": _times,
        "started_at": _times,
        "cancelled_at": _times,
        "failed_at": _times,
        "completed_at": _times,
        "incomplete_details": _incomplete_details,
        "model": texts,
        "instructions": texts,
        "tools": few(tools),
        "tool_resources": tool_resources,
        "usage": _usage,
        "temperature": numbers,
        "top_p": numbers,
        "max_prompt_tokens": st.integers(),
        "max_completion_tokens": st.integers(),
        "truncation_strategy": objects({"type": texts}, {"last_messages": st.integers()}),
        "tool_choice": _tool_choices,
        "parallel_tool_calls": st.booleans(),
        "response_format": response_formats,
        "reasoning_effort": texts,
    }
    | _metadata,
)

_unknown_outputs = of_other_types("logs", "image")
_outputs = (
    tagged("logs", {"logs": texts}, {})
    | tagged("image", {"image": objects({"file_id": texts}, {})}, {})
    | _unknown_outputs
)
_unknown_tool_calls = of_other_types("code_interpreter", "file_search", "function")
tool_calls = (
    tagged(
        "code_interpreter",
        {"id": texts, "code_interpreter": objects({"input": texts}, {"outputs": few(_outputs)})},
        {},
    )
    | tagged("file_search", {"id": texts, "file_search": json_objects}, {})
    | _function_tool_call
    | _unknown_tool_calls
)
_unknown_step_details = of_other_types("message_creation", "tool_calls")
step_details = (
    tagged("message_creation", {"message_creation": objects({"message_id": texts}, {})}, {})
    | tagged("tool_calls", {"tool_calls": few(tool_calls)}, {})
    | _unknown_step_details
)
#: Steps of runs that decode.
run_steps = objects(
    {
        "id": texts,
        "object": st.just("thread.run.step"),
        "created_at": _times,
        "run_id": texts,
        "type": texts,
        "status": texts,
        "step_details": step_details,
    },
    {
        "assistant_id": texts,
        "thread_id": texts,
        "last_error": _last_error,
        "expired_at": _times,
        "expires_at": _times,
        "cancelled_at": _times,
        "failed_at": _times,
        "completed_at": _times,
        "usage": _usage,
    }
    | _metadata,
)

_output_deltas = (
    tagged("logs", _index, {"logs": texts})
    | tagged("image", _index, {"image": objects({}, {"file_id": texts})})
    | _unknown_outputs
)
_code_delta = objects({}, {"input": texts, "outputs": few(_output_deltas)})
_function_delta = objects({}, {"name": texts, "arguments": texts, "output": texts})
_tool_call_deltas = (
    tagged("code_interpreter", _index, {"id": texts, "code_interpreter": _code_delta})
    | tagged("file_search", _index, {"id": texts, "file_search": json_objects})
    | tagged("function", _index, {"id": texts, "function": _function_delta})
    | _unknown_tool_calls
)
_step_details_deltas = (
    tagged("message_creation", {}, {"message_creation": objects({}, {"message_id": texts})})
    | tagged("tool_calls", {}, {"tool_calls": few(_tool_call_deltas)})
    | _unknown_step_details
)
#: Deltas of steps that decode.
run_step_deltas = objects(
    {
        "id": texts,
        "object": st.just("thread.run.step.delta"),
        "delta": objects({}, {"step_details": _step_details_deltas}),
    },
    {},
)

#: Admin API keys that decode.
admin_api_keys = objects(
    {"id": texts, "object": st.just("organization.admin_api_key"), "created_at": _times},
    {
        "name": texts,
        "redacted_value": texts,
        "value": texts,
        "last_used_at": _times,
        "owner": objects(
            {},
            dict.fromkeys(("type", "object", "id", "name", "role"), texts) | {"created_at": _times},
        ),
    },
)

#: Ids that can be sent: anything but the empty one, `.`, `..` and control characters.
ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    lambda value: value not in {".", ".."}
)


def _places(payload: Any) -> list[tuple[str | int, ...]]:
    steps = payload.items() if isinstance(payload, dict) else enumerate(payload)
    return [()] + [
        (step, *place)
        for step, inner in steps
        for place in (_places(inner) if isinstance(inner, dict | list) else [()])
    ]


#: The path of every value in `FULL`.
places = st.sampled_from(_places(FULL)[1:])
