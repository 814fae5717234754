"""`to_responses`: what OpenAI's SDK takes, and an account of what is lost."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from migration.accounts import unaccounted
from migration.strategies import messages, runs, threads
from support.payloads import FULL, assistant, body, replaced, without
from support.sdk_types import assert_responses_arguments
from support.strategies import assistants

from portkey_async import Assistant, InvalidRequestError
from portkey_async._codec.decode import decode
from portkey_async.migration import to_responses


def lost(losses: Any) -> dict[str, str]:
    """The reasons by field."""
    return {loss.field: loss.reason for loss in losses}


def test_a_full_assistant() -> None:
    """Every field goes where Responses has it; what has no place there is named."""
    request = to_responses(FULL)

    assert request.arguments == {
        "model": "gpt-4-turbo",
        "instructions": "Be kind.",
        "temperature": 0.7,
        "top_p": 1,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": {}}},
        "metadata": {"team": "maths"},
        "tools": [
            {
                "type": "code_interpreter",
                "container": {"type": "auto", "file_ids": ["file_1", "file_2"]},
            },
            {
                "type": "file_search",
                "vector_store_ids": ["vs_1"],
                "max_num_results": 5,
                "ranking_options": {"score_threshold": 0.5, "ranker": "auto"},
            },
            {
                "type": "function",
                "name": "add",
                "description": "Adds.",
                "parameters": {"type": "object", "properties": {"a": {"type": "number"}}},
                "strict": True,
            },
        ],
    }
    assert lost(request.losses).keys() == {
        "id",
        "name",
        "description",
        "created_at",
        "tool_resources.file_search.vector_stores",
    }
    assert_responses_arguments(request.arguments)


def test_a_model_is_read_like_its_payload() -> None:
    """An `Assistant` gives what its payload gives, undeclared keys included."""
    payload = FULL | {"surprise": 1}

    assert to_responses(decode(body(payload), Assistant)) == to_responses(payload)
    assert "surprise" in lost(to_responses(payload).losses)


@given(
    assistants,
    st.none() | runs,
    st.none() | threads,
    st.lists(messages, max_size=3),
)
def test_whatever_is_given_the_sdk_takes_what_comes_out(
    payload: Any, run: Any, thread: Any, said: list[Any]
) -> None:
    """Payloads of every shape: the SDK's own types accept the result, and all is accounted for."""
    request = to_responses(payload, run=run, thread=thread, messages=said)

    assert_responses_arguments(request.arguments)
    # What a run repeats of its assistant is reported of the assistant.
    losses = [
        *request.losses,
        *(attrs.evolve(loss, field=f"run.{loss.field}") for loss in request.losses),
    ]
    for root, value in ((None, payload), ("run", run), ("thread", thread), ("messages", said)):
        if value:
            left = unaccounted(without_type(value), root, request.arguments, losses)
            assert [path for path in left if not is_kind(path)] == []


def without_type(value: Any) -> Any:
    """Leave out `object`, which says what the payload is and no more."""
    return without(value, "object") if isinstance(value, dict) else [*map(without_type, value)]


def is_kind(path: str) -> bool:
    """Whether the value only says of what kind the thing around it is."""
    return path.rpartition(".")[2] in {"type", "object", "response_format", "detail"}


@given(assistants, st.none() | runs, st.lists(messages, max_size=3))
def test_nothing_given_is_changed(payload: Any, run: Any, said: list[Any]) -> None:
    """The functions are pure: what they read stays as it is."""
    before = repr((payload, run, said))

    to_responses(payload, run=run, messages=said)

    assert repr((payload, run, said)) == before


@pytest.mark.parametrize(
    ("function", "made"),
    [
        ({}, {"parameters": {"type": "object", "properties": {}}, "strict": False}),
        (
            {"strict": True},
            {
                "parameters": {
                    "type": "object",
                    "properties": {},
                    "required": [],
                    "additionalProperties": False,
                },
                "strict": True,
            },
        ),
        ({"parameters": {}, "strict": None}, {"parameters": {}, "strict": False}),
    ],
)
def test_a_function_gets_what_is_required_there(
    function: dict[str, Any], made: dict[str, Any]
) -> None:
    """Parameters and strictness may be left out of an assistant's function only."""
    tool = {"type": "function", "function": {"name": "f"} | function}

    request = to_responses(assistant(tools=[tool]))

    assert request.arguments["tools"] == [{"type": "function", "name": "f"} | made]


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"tools": [{"type": "file_search"}]}, "tools[0]", "needs a vector store"),
        ({"tools": [{"type": "bing"}]}, "tools[0]", "type 'bing' is not known"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0]", "no name"),
        ({"tools": [{"type": "code_interpreter", "x": 1}]}, "tools[0].x", "no such field"),
        ({"tools": ["x"]}, "tools[0]", "'x' is no object"),
        ({"metadata": {"k": 5}}, "metadata.k", "5 is not accepted there, but text"),
        ({"response_format": "none"}, "response_format", "'none' is not accepted there"),
        ({"response_format": {"type": "xml"}}, "response_format", "type 'xml' is not accepted"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
            "response_format",
            "both a name and a schema",
        ),
        ({"reasoning_effort": "x" * 80}, "reasoning_effort", "x… is not accepted there"),
        (
            {"tool_resources": {"code_interpreter": {"file_ids": ["f"]}}},
            "tool_resources.code_interpreter.file_ids[0]",
            "no code_interpreter tool",
        ),
        (
            {"tool_resources": {"file_search": {"vector_store_ids": [3]}}},
            "tool_resources.file_search.vector_store_ids[0]",
            "3 is no id",
        ),
        ({"tool_resources": {"azure_ai_search": {"x": 1}}}, "tool_resources.azure_ai_search", ""),
    ],
)
def test_what_cannot_be_sent_is_named(fields: dict[str, Any], field: str, reason: str) -> None:
    """Each loss has the path and a reason."""
    request = to_responses(assistant(**fields))

    assert reason in lost(request.losses)[field]
    assert request.arguments == {"model": "gpt-4o"} | request.arguments
    assert_responses_arguments(request.arguments)


def test_a_ranker_of_assistants_alone_is_named() -> None:
    """The search itself is sent, with the other options."""
    path = ("tools", 1, "file_search", "ranking_options", "ranker")

    request = to_responses(replaced(FULL, path, "default_2024_08_21"))

    assert request.arguments["tools"][1]["ranking_options"] == {"score_threshold": 0.5}
    assert "tools[1].file_search.ranking_options.ranker" in lost(request.losses)


@pytest.mark.parametrize("kind", ["text", "json_object"])
def test_a_plain_format_is_sent_as_it_is(kind: str) -> None:
    """`auto` is what Responses does without a format, so it is left out."""
    request = to_responses(assistant(response_format={"type": kind}))
    automatic = to_responses(assistant(response_format="auto"))

    assert request.arguments["text"] == {"format": {"type": kind}}
    assert "text" not in automatic.arguments
    assert "response_format" not in lost(automatic.losses)


def test_a_run() -> None:
    """What a run sets holds, in the words of Responses."""
    run = {
        "id": "run_1",
        "assistant_id": "asst_1",
        "model": "gpt-4.1",
        "instructions": "Be brief.",
        "additional_instructions": "Today is Monday.",
        "additional_messages": [{"role": "user", "content": "Hi."}],
        "max_prompt_tokens": 500,
        "max_completion_tokens": 300,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "tool_choice": {"type": "function", "function": {"name": "add"}},
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
        "metadata": {"team": "sums", "kind": "test"},
    }

    request = to_responses(FULL, run=run)

    expected = {
        "model": "gpt-4.1",
        "instructions": "Be brief.\n\nToday is Monday.",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "Hi."}],
            }
        ],
        "max_output_tokens": 300,
        "truncation": "auto",
        "tool_choice": {"type": "function", "name": "add"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "metadata": {"team": "sums", "kind": "test"},
    }
    assert {name: request.arguments[name] for name in expected} == expected
    losses = lost(request.losses)
    assert losses.keys() >= {"run.id", "run.assistant_id", "run.max_prompt_tokens"}
    assert losses["model"] == losses["metadata.team"] == "the run sets another, which is used"
    assert_responses_arguments(request.arguments)


def test_a_run_that_sets_the_same_loses_nothing() -> None:
    """A run as served repeats its assistant's settings."""
    settings = without(FULL, "id", "object", "created_at", "name", "description", "tool_resources")

    assert to_responses(FULL, run=settings) == to_responses(FULL)


@pytest.mark.parametrize(
    ("choice", "tools", "sent", "field"),
    [
        ("auto", [], "auto", None),
        ("required", [], None, "run.tool_choice"),
        ("required", [{"type": "code_interpreter"}], "required", None),
        ("never", [], None, "run.tool_choice"),
        (
            {"type": "code_interpreter"},
            [{"type": "code_interpreter"}],
            {"type": "code_interpreter"},
            None,
        ),
        ({"type": "file_search"}, [{"type": "file_search"}], None, "run.tool_choice"),
        (
            {"type": "function", "function": {"name": "b"}},
            [{"type": "function", "function": {"name": "a"}}],
            None,
            "run.tool_choice",
        ),
    ],
)
def test_a_tool_is_chosen_only_among_those_sent(
    choice: Any, tools: Any, sent: Any, field: str | None
) -> None:
    """A choice of a tool that is lost would be refused by the server."""
    request = to_responses(assistant(tools=tools), run={"tool_choice": choice})

    assert request.arguments.get("tool_choice") == sent
    assert (field in lost(request.losses)) == (field is not None)


def test_a_truncation_to_the_last_messages_is_named() -> None:
    """Both the strategy and its number."""
    strategy = {"type": "last_messages", "last_messages": 3}

    request = to_responses(assistant(), run={"truncation_strategy": strategy})

    assert "truncation" not in request.arguments
    assert lost(request.losses).keys() >= {
        "run.truncation_strategy.type",
        "run.truncation_strategy.last_messages",
    }


def test_additional_instructions_alone() -> None:
    """Without instructions they are the instructions."""
    request = to_responses(assistant(), run={"additional_instructions": "Be kind."})

    assert request.arguments["instructions"] == "Be kind."


def test_files_of_threads_and_messages_are_given_to_the_tools() -> None:
    """Those of the thread, of the assistant and of attachments, each once."""
    resources = {
        "code_interpreter": {"file_ids": ["f1", "f2"]},
        "file_search": {"vector_store_ids": ["vs_1"]},
    }
    said = [
        {
            "role": "user",
            "content": "Look.",
            "attachments": [
                {"file_id": "f3", "tools": [{"type": "code_interpreter"}]},
                {"file_id": "f4", "tools": [{"type": "file_search"}]},
                {"file_id": "f5", "tools": [{"type": "x"}]},
            ],
        }
    ]

    request = to_responses(
        assistant(
            tools=[{"type": "code_interpreter"}, {"type": "file_search"}],
            tool_resources={"code_interpreter": {"file_ids": ["f2"]}},
        ),
        thread={"id": "thread_1", "tool_resources": resources, "metadata": {"a": "b"}},
        messages=said,
    )

    code, search = request.arguments["tools"]
    assert sorted(code["container"]["file_ids"]) == ["f1", "f2", "f3"]
    assert search["vector_store_ids"] == ["vs_1"]
    losses = lost(request.losses)
    assert losses.keys() >= {
        "messages[0].attachments[1].file_id",
        "messages[0].attachments[2].file_id",
        "messages[0].attachments[2].tools[0]",
        "thread.id",
    }
    assert "conversations.create(metadata=" in losses["thread.metadata"]


def test_there_is_room_for_sixteen_pairs_of_metadata() -> None:
    """The run's come first; those of the assistant that find no room are named."""
    own = {f"a{number}": "x" for number in range(10)}

    request = to_responses(
        assistant(metadata=own), run={"metadata": {f"r{number}": "x" for number in range(10)}}
    )

    assert len(request.arguments["metadata"]) == 16
    assert lost(request.losses).keys() >= {f"metadata.a{number}" for number in range(6, 10)}


@pytest.mark.parametrize("value", [None, 5, "asst_1", ["x"]])
def test_what_is_no_payload_is_refused(value: Any) -> None:
    """The error names the argument and what it must be."""
    with pytest.raises(InvalidRequestError, match=r"assistant is of type .* must be a model"):
        to_responses(value)
    with pytest.raises(InvalidRequestError, match=r"messages\[0\] is of type"):
        to_responses(FULL, messages=[value])
