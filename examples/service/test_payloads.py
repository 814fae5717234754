"""The first size: no server, only payloads. For functions that look at what comes back."""

import pytest
from aioresponses import aioresponses
from portkey_async import AsyncPortkey
from portkey_async.testing import mock_assistant, mock_page

from tutors import course_of, find

URL = "https://api.portkey.ai/v1/assistants?limit=100&order=asc"

ALGEBRA = mock_assistant(name="Tutor of algebra", metadata={"course": "algebra"})
STRANGER = mock_assistant(name="Support bot")


async def test_the_tutor_of_a_course_is_found_on_a_later_page(mocked: aioresponses) -> None:
    """The search goes on after the first page, and past assistants that are no tutors."""
    mocked.get(URL, payload=mock_page([STRANGER], has_more=True))
    mocked.get(f"{URL}&after={STRANGER['id']}", payload=mock_page([ALGEBRA]))

    async with AsyncPortkey("pk-test", virtual_key="openai-prod") as client:
        tutor = await find(client, "algebra")

    assert tutor is not None
    assert tutor.id == ALGEBRA["id"]


async def test_a_course_may_have_no_tutor(mocked: aioresponses) -> None:
    """None is the answer then, also where there are no assistants at all."""
    mocked.get(URL, payload=mock_page(0))

    async with AsyncPortkey("pk-test", virtual_key="openai-prod") as client:
        assert await find(client, "algebra") is None


@pytest.mark.parametrize("metadata", [None, {}, {"team": "support"}])
async def test_other_assistants_are_no_tutors(
    mocked: aioresponses, metadata: dict[str, str] | None
) -> None:
    """Whatever their metadata are, and if there are none."""
    page = mock_page([mock_assistant() | {"metadata": metadata}])
    mocked.get("https://api.portkey.ai/v1/assistants", payload=page)

    async with AsyncPortkey("pk-test", virtual_key="openai-prod") as client:
        (assistant,) = await client.assistants.list()

    assert course_of(assistant) is None
