"""Runs over HTTP, polled: the API's states, its refusals, steps, usage and time."""

from typing import Any

import pytest
from testing_kit.calls import call, until
from testing_kit.conversations import Conversation, begin, outputs_of

from portkey_async.testing import Call, Code, End, Fail, Hang, PortkeyServer, Say
from portkey_async.testing._schemas.catalog import SCHEMAS
from portkey_async.testing._schemas.check import check


@pytest.fixture
async def talk(server: PortkeyServer) -> Conversation:
    """A thread with a question, and an assistant with two functions."""
    return await begin(server)


async def test_a_run_goes_through_the_apis_states(talk: Conversation) -> None:
    """Queued, in progress, completed: one further each time it is looked at."""
    run = await talk.run()
    seen = [run["status"]] + [(await talk.retrieve(run["id"]))["status"] for _ in range(3)]

    assert seen == ["queued", "in_progress", "completed", "completed"]
    assert run["expires_at"] == run["created_at"] + 600
    done = await talk.retrieve(run["id"])
    assert check(done, SCHEMAS["RunObject"]) is None
    assert done["completed_at"]
    assert done["started_at"]
    assert done["expires_at"] is None


async def test_without_a_script_it_says_what_the_user_said(talk: Conversation) -> None:
    """The last message of a user; a thread without one is told so."""
    await talk.poll((await talk.run())["id"])
    assert await talk.said() == ["What is 2 + 2?", "What is 2 + 2?"]

    empty = (await call(talk.server, "POST", "/threads")).payload["id"]
    silent = talk._replace(thread_id=empty)
    await silent.poll((await silent.run())["id"])
    assert await silent.said() == ["There is no message to respond to."]


async def test_a_run_has_its_own_settings_before_the_assistants(talk: Conversation) -> None:
    """What the request leaves out is the assistant's; additional texts and messages are added."""
    plain = await talk.run()
    await talk.poll(plain["id"])
    own = await talk.run(
        model="o3",
        instructions="Think.",
        additional_instructions="Twice.",
        additional_messages=[{"role": "user", "content": "And 3 + 3?"}],
        tools=[{"type": "code_interpreter"}],
        temperature=0.5,
        metadata={"k": "v"},
        max_prompt_tokens=300,
        tool_choice="none",
        truncation_strategy={"type": "last_messages", "last_messages": 3},
    )
    await talk.poll(own["id"])

    assert (plain["model"], plain["instructions"]) == ("gpt-4o", "Be brief.")
    assert [tool["function"]["name"] for tool in plain["tools"]] == ["add", "look_up"]
    assert (own["model"], own["instructions"]) == ("o3", "Think.\nTwice.")
    assert (own["tools"], own["temperature"]) == ([{"type": "code_interpreter"}], 0.5)
    assert (own["metadata"], own["max_prompt_tokens"]) == ({"k": "v"}, 300)
    assert (await talk.said())[-2:] == ["And 3 + 3?", "And 3 + 3?"]


async def test_a_run_answer_says_when_to_ask_again(talk: Conversation) -> None:
    """A millisecond, so that tests are quick."""
    path = f"/threads/{talk.thread_id}/runs"
    made = await call(talk.server, "POST", path, {"assistant_id": talk.assistant_id})
    got = await call(talk.server, "GET", f"{path}/{made.payload['id']}")

    assert made.headers["openai-poll-after-ms"] == got.headers["openai-poll-after-ms"] == "1"


async def test_a_call_requires_an_action_and_gets_its_output(talk: Conversation) -> None:
    """The step holds the call, then its output; the run goes on to what comes next."""
    talk.server.script(Call("add", a=2, b=2), Say("4"))
    run = await talk.poll((await talk.run())["id"])

    assert run["status"] == "requires_action"
    assert check(run, SCHEMAS["RunObject"]) is None
    (asked,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert asked["function"] == {"name": "add", "arguments": '{"a":2,"b":2}'}
    (step,) = await talk.steps(run["id"])
    assert step["step_details"]["tool_calls"][0]["function"]["output"] is None

    submitted = (await talk.submit(run, "4")).payload
    assert (submitted["status"], submitted["required_action"]) == ("queued", None)
    done = await talk.poll(run["id"])

    assert done["status"] == "completed"
    assert await talk.said() == ["What is 2 + 2?", "4"]
    first, second = await talk.steps(run["id"])
    assert first["step_details"]["tool_calls"][0]["function"]["output"] == "4"
    assert second["type"] == "message_creation"
    for each in (first, second):
        assert check(each, SCHEMAS["RunStepObject"]) is None
        path = f"/threads/{talk.thread_id}/runs/{run['id']}/steps/{each['id']}"
        assert (await call(talk.server, "GET", path)).payload == each
    total = done["usage"]["total_tokens"]
    assert total == first["usage"]["total_tokens"] + second["usage"]["total_tokens"] > 0


async def test_calls_of_one_round_are_answered_together(talk: Conversation) -> None:
    """All or none: outputs that lack one, or name another, are refused as the API does."""
    talk.server.script([Call("add", a=1, b=1), Call("look_up")], Say("done"))
    run = await talk.poll((await talk.run())["id"])
    first, second = outputs_of(run, "2", "")
    ids = [first["tool_call_id"], second["tool_call_id"]]
    path = f"/threads/{talk.thread_id}/runs/{run['id']}/submit_tool_outputs"

    for outputs in ([], [first], [first, first], [first, {"tool_call_id": "call_x"}], [{}, {}]):
        got = await call(talk.server, "POST", path, {"tool_outputs": outputs})
        assert got.status == 400
        assert got.error["message"].startswith(f"Expected tool outputs for call_ids {ids}, got [")
    assert (await talk.retrieve(run["id"]))["status"] == "requires_action"
    # An output may be left out, and the order is free.
    rest = [{"tool_call_id": second["tool_call_id"]}, first]
    assert (await call(talk.server, "POST", path, {"tool_outputs": rest})).status == 200
    assert (await talk.poll(run["id"]))["status"] == "completed"


async def test_outputs_are_taken_only_when_required(talk: Conversation) -> None:
    """A run in another state says in which."""
    run = await talk.poll((await talk.run())["id"])
    path = f"/threads/{talk.thread_id}/runs/{run['id']}/submit_tool_outputs"

    got = await call(talk.server, "POST", path, {"tool_outputs": []})

    assert got.status == 400
    assert got.error["message"] == 'Runs in status "completed" do not accept tool outputs.'


async def test_one_run_at_a_time(talk: Conversation) -> None:
    """Meanwhile its thread takes no run and no message, in the API's words; reading is allowed."""
    talk.server.script(Hang())
    run = await talk.run()
    runs, messages = (f"/threads/{talk.thread_id}/{name}" for name in ("runs", "messages"))
    body = {"assistant_id": talk.assistant_id}
    said = {"role": "user", "content": "Well?"}

    for _ in range(3):
        second = await call(talk.server, "POST", runs, body)
        message = await call(talk.server, "POST", messages, said)
        assert (second.status, message.status) == (400, 400)
        assert second.error["message"] == (
            f"Thread {talk.thread_id} already has an active run {run['id']}."
        )
        assert message.error["message"] == (
            f"Can't add messages to {talk.thread_id} while a run {run['id']} is active."
        )
    assert len((await call(talk.server, "GET", messages)).payload["data"]) == 1
    other = await begin(talk.server)
    assert (await other.run())["status"] == "queued"


async def test_a_run_goes_on_when_others_ask(talk: Conversation) -> None:
    """Whoever is refused because of it, or reads its thread, finds it ended in the end."""
    await talk.run()
    path = f"/threads/{talk.thread_id}/messages"
    said = {"role": "user", "content": "Well?"}

    assert [(await call(talk.server, "POST", path, said)).status for _ in range(3)] == [
        400,
        400,
        200,
    ]
    await talk.run()
    assert len([await talk.said() for _ in range(2)][-1]) == 4


async def test_a_run_is_cancelled(talk: Conversation) -> None:
    """Cancelling first, seen when looked at, then cancelled; what was under way is too."""
    talk.server.script(Call("add"))
    run = await talk.poll((await talk.run())["id"])
    path = f"/threads/{talk.thread_id}/runs/{run['id']}/cancel"

    cancelled = await call(talk.server, "POST", path)
    again = await call(talk.server, "POST", path)

    assert (cancelled.payload["status"], cancelled.payload["required_action"]) == (
        "cancelling",
        None,
    )
    assert again.error["message"] == "Cannot cancel run with status 'cancelling'."
    done = await talk.poll(run["id"])
    assert done["status"] == "cancelled"
    assert done["cancelled_at"]
    (step,) = await talk.steps(run["id"])
    assert (step["status"], bool(step["cancelled_at"])) == ("cancelled", True)
    refused = await call(talk.server, "POST", path)
    assert refused.error["message"] == "Cannot cancel run with status 'cancelled'."
    assert (await talk.run())["status"] == "queued"


async def test_a_cancelled_run_ends_though_nobody_looks(talk: Conversation) -> None:
    """A moment later."""
    talk.server.script(Hang())
    run = await talk.run()
    await call(talk.server, "POST", f"/threads/{talk.thread_id}/runs/{run['id']}/cancel")

    await until(lambda: talk.server.runs[run["id"]]["status"] == "cancelled")


@pytest.mark.parametrize("acts", [[Hang()], [Call("add")]])
async def test_a_run_expires_when_its_time_is_over(talk: Conversation, acts: list[Any]) -> None:
    """At 600 seconds, which pass by `advance` without waiting; its thread is free again."""
    talk.server.script(*acts)
    run = await talk.run()
    await talk.retrieve(run["id"])
    before = await talk.retrieve(run["id"])

    talk.server.advance(599)
    assert talk.server.runs[run["id"]]["status"] == before["status"]
    talk.server.advance(1)

    expired = talk.server.runs[run["id"]]
    assert (expired["status"], expired["required_action"]) == ("expired", None)
    assert [step["status"] for step in await talk.steps(run["id"])] == (
        ["expired"] if before["required_action"] else []
    )
    assert (await talk.run())["created_at"] == run["created_at"] + 600


async def test_a_run_expires_by_the_servers_own_clock() -> None:
    """Whoever looks finds it expired."""
    time = 1_000.0
    async with PortkeyServer(clock=lambda: time) as server:
        talk = await begin(server)
        server.script(Hang())
        run = await talk.run()
        time += 600
        path = f"/threads/{talk.thread_id}/runs/{run['id']}/cancel"
        refused = await call(server, "POST", path)

    assert refused.error["message"] == "Cannot cancel run with status 'expired'."


@pytest.mark.parametrize(
    ("act", "changes"),
    [
        (
            Fail("rate_limit_exceeded", "Slow down."),
            {
                "status": "failed",
                "last_error": {"code": "rate_limit_exceeded", "message": "Slow down."},
                "incomplete_details": None,
            },
        ),
        (
            End("incomplete"),
            {
                "status": "incomplete",
                "last_error": None,
                "incomplete_details": {"reason": "max_completion_tokens"},
            },
        ),
        (End("expired"), {"status": "expired"}),
        (End("cancelled"), {"status": "cancelled"}),
    ],
    ids=repr,
)
async def test_a_run_ends_as_its_script_says(
    talk: Conversation, act: Any, changes: dict[str, Any]
) -> None:
    """After what it has said before."""
    talk.server.script(Say("So far."), act)

    run = await talk.poll((await talk.run())["id"])

    assert run | changes == run
    assert check(run, SCHEMAS["RunObject"]) is None
    assert (await talk.said())[-1] == "So far."


async def test_code_is_a_step_with_its_output(talk: Conversation) -> None:
    """Logs are one output; silent code has none."""
    talk.server.script(Code("print(2 + 2)", "4"), Code("x = 1"), Say("4"))
    run = await talk.poll((await talk.run())["id"])

    first, second, _ = await talk.steps(run["id"])
    assert first["step_details"]["tool_calls"][0]["code_interpreter"] == {
        "input": "print(2 + 2)",
        "outputs": [{"type": "logs", "logs": "4"}],
    }
    assert second["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"] == []
    assert check(first, SCHEMAS["RunStepObject"]) is None


async def test_arguments_can_be_any_text(talk: Conversation) -> None:
    """Of a named call, or of the first function that the run has."""
    talk.server.script([Call("look_up").raw("{oops"), Call.raw(""), Call.raw("1", name="other")])
    run = await talk.poll((await talk.run())["id"])
    bare = await talk.submit(run, "", "", "")
    await talk.poll(run["id"])
    talk.server.script(Call.raw("x"))
    toolless = await talk.poll((await talk.run(tools=[{"type": "code_interpreter"}]))["id"])

    assert bare.status == 200
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert [(each["function"]["name"], each["function"]["arguments"]) for each in calls] == [
        ("look_up", "{oops"),
        ("add", ""),
        ("other", "1"),
    ]
    (unnamed,) = toolless["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert unnamed["function"]["name"] == "function"


async def test_a_run_and_its_messages_are_found_by_each_other(talk: Conversation) -> None:
    """Messages list by `run_id`; runs of a thread are listed, newest first; metadata changes."""
    first, second = [await talk.poll((await talk.run())["id"]) for _ in range(2)]
    path = f"/threads/{talk.thread_id}"

    listed = (await call(talk.server, "GET", f"{path}/runs")).payload
    by_run = (await call(talk.server, "GET", f"{path}/messages?run_id={first['id']}")).payload
    changed = await call(
        talk.server, "POST", f"{path}/runs/{first['id']}", {"metadata": {"k": "v"}}
    )

    assert [run["id"] for run in listed["data"]] == [second["id"], first["id"]]
    (message,) = by_run["data"]
    assert (message["run_id"], message["role"]) == (first["id"], "assistant")
    assert changed.payload == first | {"metadata": {"k": "v"}}
    assert (await call(talk.server, "POST", f"{path}/runs/{first['id']}", {})).payload == (
        changed.payload
    )


async def test_metadata_can_change_while_a_run_goes_on(talk: Conversation) -> None:
    """And stays when it ends."""
    run = await talk.run()
    path = f"/threads/{talk.thread_id}/runs/{run['id']}"
    await call(talk.server, "POST", path, {"metadata": {"k": "v"}})

    assert (await talk.poll(run["id"]))["metadata"] == {"k": "v"}


async def test_thread_and_run_in_one_request(talk: Conversation) -> None:
    """With its messages and resources; without a thread it is an empty one."""
    resources = {"code_interpreter": {"file_ids": ["file_1"]}}
    body = {
        "assistant_id": talk.assistant_id,
        "thread": {"messages": [{"role": "user", "content": "Hello"}], "metadata": {"k": "v"}},
        "tool_resources": resources,
    }
    run = (await call(talk.server, "POST", "/threads/runs", body)).payload
    there = talk._replace(thread_id=run["thread_id"])
    await there.poll(run["id"])
    bare = await call(talk.server, "POST", "/threads/runs", {"assistant_id": talk.assistant_id})

    assert await there.said() == ["Hello", "Hello"]
    assert talk.server.threads[run["thread_id"]]["tool_resources"] == resources
    assert bare.payload["thread_id"] in talk.server.threads


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "Missing required parameter: 'assistant_id'."),
        ({"assistant_id": "asst_x"}, 404, "No assistant found with id 'asst_x'."),
        ({"assistant_id": "a", "max_prompt_tokens": 255}, 400, "Expected a value >= 256"),
        ({"assistant_id": "a", "tools": [{"type": "file_search"}] * 21}, 400, "length 20"),
        ({"assistant_id": "a", "truncation_strategy": {"type": "x"}}, 400, "Supported values"),
        ({"assistant_id": "a", "thread_id": "t"}, 400, "Unknown parameter: 'thread_id'."),
    ],
)
async def test_a_wrong_run_is_refused(
    talk: Conversation, body: dict[str, Any], status: int, said: str
) -> None:
    """And nothing begins."""
    got = await call(talk.server, "POST", f"/threads/{talk.thread_id}/runs", body)

    assert got.status == status
    assert said in got.error["message"]
    assert not talk.server.runs


async def test_a_run_is_found_in_its_thread_alone(talk: Conversation) -> None:
    """And a step in its run."""
    run = await talk.poll((await talk.run())["id"])
    (step,) = await talk.steps(run["id"])
    other = await begin(talk.server)
    second = await other.run()

    for path in (
        f"/threads/{other.thread_id}/runs/{run['id']}",
        f"/threads/{other.thread_id}/runs/{second['id']}/steps/{step['id']}",
        f"/threads/{talk.thread_id}/runs/run_x/steps",
    ):
        assert (await call(talk.server, "GET", path)).status == 404


async def test_what_a_test_does_to_a_run_is_respected(talk: Conversation) -> None:
    """One that it ends is over; one that it takes out is gone, and its thread is free."""
    talk.server.script(Hang(), times=2)
    first = await talk.run()
    talk.server.runs[first["id"]] = first | {"status": "failed"}
    second = await talk.run()
    assert (await talk.retrieve(first["id"]))["status"] == "failed"
    talk.server.runs.pop(second["id"])
    third = await talk.run()

    talk.server.runs[third["id"]] = third | {"expires_at": None}
    talk.server.messages.clear()
    assert (await talk.poll(third["id"]))["status"] == "completed"


async def test_a_run_that_a_test_has_put_in_can_be_cancelled_and_answered(
    talk: Conversation,
) -> None:
    """It goes on from there, in place of the one that the thread was running."""
    talk.server.script(Hang())
    running = await talk.run()
    wanted = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [wanted]}}
    put = running | {"status": "requires_action", "required_action": action}
    first, second = put | {"id": "run_a"}, put | {"id": "run_b"}
    strange = put | {"id": "run_c", "required_action": {"type": "new"}}
    for run in (first, second, strange):
        talk.server.runs[run["id"]] = run

    refused = await talk.submit(first, "4", tool_outputs=[])
    taken = await talk.submit(first, "4")
    path = f"/threads/{talk.thread_id}/runs"
    cancelled = await call(talk.server, "POST", f"{path}/run_b/cancel")
    empty = {"tool_outputs": []}
    any_way = await call(talk.server, "POST", f"{path}/run_c/submit_tool_outputs", empty)

    assert (refused.status, taken.status, taken.payload["status"]) == (400, 200, "queued")
    assert cancelled.payload["status"] == "cancelling"
    assert any_way.status == 200
    assert (await talk.poll("run_c"))["status"] == "completed"
    assert talk.server.runs[running["id"]]["status"] == "queued"


async def test_a_thread_can_be_deleted_while_it_runs(talk: Conversation) -> None:
    """Run, steps and all."""
    talk.server.script(Call("add"))
    run = await talk.poll((await talk.run())["id"])

    await call(talk.server, "DELETE", f"/threads/{talk.thread_id}")

    assert not talk.server.runs
    assert not talk.server.run_steps
    assert (await call(talk.server, "GET", f"/threads/{talk.thread_id}/runs/{run['id']}")).status
