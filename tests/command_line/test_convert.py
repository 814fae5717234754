"""`convert`: arguments for Responses and Foundry, and what is lost."""

import ast
import json

import pytest
from command_line.calling import call
from command_line.test_assistants import ids

from portkey_async import Assistant
from portkey_async.migration import to_foundry_agent, to_responses
from portkey_async.testing import PortkeyServer


def test_arguments_as_json(server: PortkeyServer) -> None:
    """On stdout, ready for a program; what is lost stands on stderr."""
    assistant = Assistant.from_dict(server.assistants[ids(server)[0]])

    done = call("convert", assistant.id)

    wanted = to_responses(assistant)
    assert done.status == 0
    assert json.loads(done.out) == wanted.arguments
    assert done.err.splitlines() == [
        f"{assistant.id}: Lost: {loss.field}: {loss.reason}" for loss in wanted.losses
    ]


@pytest.mark.parametrize("to", ["responses", "foundry"])
def test_several_as_json_lines(server: PortkeyServer, to: str) -> None:
    """With what is lost in the line itself."""
    done = call("convert", *ids(server), "asst_none", "--to", to, "--json")

    lines = [json.loads(line) for line in done.out.splitlines()]
    convert = {"responses": to_responses, "foundry": to_foundry_agent}[to]
    assert done.status == 3
    assert [line["id"] for line in lines] == ids(server)
    for line in lines:
        wanted = convert(server.assistants[line["id"]])
        assert line["arguments"] == wanted.arguments
        assert [loss["field"] for loss in line["losses"]] == [one.field for one in wanted.losses]


def test_a_call_in_python(server: PortkeyServer) -> None:
    """It is valid, has the same arguments, and names the assistant and what is lost."""
    payload = server.assistants[ids(server)[0]]
    payload |= {"name": 'Evil\n"""\x1b[2J', "instructions": f"First.\n\x1b{'word ' * 50}"}

    done = call("convert", payload["id"], "--python")

    (statement,) = ast.parse(done.out).body
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, ast.Call)
    given = {one.arg: ast.literal_eval(one.value) for one in statement.value.keywords}
    assert given == to_responses(payload).arguments
    assert ast.unparse(statement.value.func) == "client.responses.create"
    assert done.out.startswith(f'# Evil """\ufffd[2J ({payload["id"]})\n# Lost: ')
    assert "\x1b" not in done.out
    assert done.err == ""
    assert all(len(line) < 120 for line in done.out.splitlines())
