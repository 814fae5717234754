"""`to_foundry_agent`: the arguments of `agents.create_version`, and what is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from migration.accounts import unaccounted
from support.payloads import FULL, assistant
from support.sdk_types import assert_responses_arguments
from support.strategies import assistants

from portkey_async import InvalidRequestError
from portkey_async.migration import to_foundry_agent, to_responses


def test_a_full_assistant() -> None:
    """The definition speaks as Responses does; description and metadata have a place there."""
    agent = to_foundry_agent(FULL)
    settings = to_responses(FULL).arguments

    assert agent.arguments == {
        "agent_name": "Math-Tutor",
        "description": "Knows sums.",
        "metadata": {"team": "maths"},
        "definition": {
            "kind": "prompt",
            **{name: value for name, value in settings.items() if name != "metadata"},
        },
    }
    assert {loss.field for loss in agent.losses} == {
        "id",
        "created_at",
        "name",
        "tool_resources.file_search.vector_stores",
    }


@given(assistants)
def test_whatever_is_given_all_is_accounted_for(payload: Any) -> None:
    """Assistants of every shape; the tools are those that Responses takes."""
    agent = to_foundry_agent(payload)

    definition = dict(agent.arguments["definition"])
    assert definition.pop("kind") == "prompt"
    assert_responses_arguments(definition)
    left = unaccounted(payload, None, agent.arguments, agent.losses)
    kinds = {"type", "object", "response_format"}
    assert [path for path in left if path.rpartition(".")[2] not in kinds] == []


@pytest.mark.parametrize(
    ("fields", "name", "told"),
    [
        ({"name": "tutor"}, "tutor", False),
        ({"name": " Sums & more! "}, "Sums-more", True),
        ({"name": "数学"}, "asst-1", True),
        ({"name": None}, "asst-1", False),
        ({"name": "a" * 62 + "--b"}, "a" * 62, True),
        ({"id": "_", "name": "_"}, "agent", True),
    ],
)
def test_a_name_that_is_accepted(fields: dict[str, Any], name: str, *, told: bool) -> None:
    """It is made of the assistant's name, or else of its id; a change is told."""
    agent = to_foundry_agent(assistant(**fields))

    assert agent.arguments["agent_name"] == name
    assert ("name" in {loss.field for loss in agent.losses}) == told


def test_a_name_of_ones_own() -> None:
    """It is used as given, and the assistant's is reported."""
    agent = to_foundry_agent(FULL, "tutor-2")

    assert agent.arguments["agent_name"] == "tutor-2"
    assert "name" in {loss.field for loss in agent.losses}


@pytest.mark.parametrize("name", ["", "-a", "a-", "a b", "a" * 64, "ä", 5, "a\n"])
def test_a_name_that_is_refused(name: Any) -> None:
    """The error says what is allowed."""
    with pytest.raises(InvalidRequestError, match=r"agent_name is .* 1 to 63 letters"):
        to_foundry_agent(FULL, name)
