"""The description that the server serves, against Portkey's own and against the server itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp

from portkey_async.testing import (
    Fault,
    PortkeyServer,
    mock_assistant,
    mock_message,
    mock_run,
    mock_run_step,
    mock_thread,
)
from portkey_async.testing._api.openapi import _OPERATIONS, description
from portkey_async.testing._api.operations import _ROUTES

# Portkey's published specification of the tag "Assistants", without its prose and samples.
SPECIFICATION = json.loads(Path(__file__).with_name("specification.json").read_text("utf-8"))
EXAMPLES = os.environ.get("PORTKEY_SCHEMATHESIS_EXAMPLES", "5")

# What later versions of the API accept, and limits that the specification gives in prose alone.
SCHEMA_ADDITIONS = re.compile(
    r"""
    .*/metadata/(maxProperties|propertyNames/maxLength|additionalProperties/maxLength)
    | /(Create|Modify).*Request/properties/reasoning_effort/.*
    | /AssistantToolsFileSearch/properties/file_search/properties/ranking_options/.*
    | /FunctionObject/properties/name/pattern
    | /AssistantsApiResponseFormatOption/oneOf/2/\$ref  # the schema of the next line
    | /ResponseFormatJsonSchema/.*
    | /AssistantsApi(ResponseFormat|ToolChoice)Option/oneOf/\d/type  # null, beside a reference
    | /.*/truncation_strategy/oneOf/.*  # the same
    | /List\w+Response/(properties/object/enum|type)
    | /\w*AdminApiKey\w*/.*
    """,
    re.VERBOSE,
)
PATH_ADDITIONS = re.compile(
    r"""
    .*/parameters/\d/(name|in|required|schema/type|schema/enum)  # the header OpenAI-Beta
    | .*/get/parameters/\d/schema/(minimum|maximum)
    | .*/responses/(400|401|404|413)/.*
    | .*/responses/200/content/text~event-stream/.*  # in prose alone
    | /~organization~admin_api_keys.*
    """,
    re.VERBOSE,
)
# What the specification says otherwise, by mistake.
MISTAKES = {
    # It requires a property that it does not declare, and forbids undeclared ones.
    "/CreateRunRequest/required": ["assistant_id"],
    "/CreateThreadAndRunRequest/required": ["assistant_id"],
    # Arrays have no required properties; the API takes attachments without tools.
    "/CreateMessageRequest/properties/attachments/required": None,
    # It is nullable, as a sibling of `anyOf`, of which the first branch is taken here.
    "/CreateRunRequest/properties/model/type": ["string", "null"],
    "/CreateThreadAndRunRequest/properties/model/type": ["string", "null"],
    # In 3.1 a reference or null is a `oneOf`.
    "/CreateRunRequest/properties/truncation_strategy/$ref": None,
    "/CreateThreadAndRunRequest/properties/truncation_strategy/$ref": None,
    "/RunObject/properties/truncation_strategy/$ref": None,
}


def modern(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 in the terms of 3.1, where null is a type like others."""
    if isinstance(schema, list):
        return [modern(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: modern(value) for key, value in schema.items()}
    # The specification gives `model` as any string, or one of those known when it was written.
    if "anyOf" in schema:
        return schema["anyOf"][0]
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def differences(
    ours: dict[str, Any], theirs: dict[str, Any], additions: re.Pattern[str]
) -> tuple[dict[str, Any], list[str]]:
    """What ours says where it differs, and what it adds beyond the additions named."""
    lacking = {path: ours.get(path) for path, value in theirs.items() if ours.get(path) != value}
    added = [path for path in ours.keys() - theirs.keys() if not additions.fullmatch(path)]
    return lacking, added


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """A nested value flattened: what stands at each path."""
    if isinstance(value, dict) and value:
        items = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        items = enumerate(value)
    else:
        return {path: value}
    return {
        k: v for name, each in items for k, v in leaves(each, f"{path}/{_escaped(name)}").items()
    }


def _escaped(name: object) -> str:
    return str(name).replace("/", "~")


def without_prose(value: Any) -> Any:
    """A schema without descriptions of itself, which are no property of that name."""
    if isinstance(value, list):
        return [without_prose(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_prose(each)
        for key, each in value.items()
        if key != "description" or isinstance(each, dict)
    }


def test_every_route_is_described() -> None:
    """What the server answers, and what it says that it does, are the same operations."""
    described = {
        (tuple(re.sub(r"{\w+}", "*", operation.path).split("/")[1:]), operation.method.upper())
        for operation in _OPERATIONS
    }

    assert described == {
        (path, method) for path, by_method in _ROUTES.items() for method in by_method
    }


def test_schemas_say_what_portkeys_specification_says_and_name_their_additions() -> None:
    """Nothing of it is missing or different; what is added is what the API accepts since."""
    ours = leaves(without_prose(description("")["components"]["schemas"]))
    theirs = leaves(modern(SPECIFICATION["components"]["schemas"]))

    assert differences(ours, theirs, SCHEMA_ADDITIONS) == (MISTAKES, [])


def test_operations_are_those_of_portkeys_specification() -> None:
    """The same paths, parameters, bodies, responses and ways to authenticate."""
    ours = leaves(without_prose(description("")["paths"]))
    theirs = leaves(without_prose(modern(SPECIFICATION["paths"])))

    assert differences(ours, theirs, PATH_ADDITIONS) == ({}, [])
    assert (
        description("")["components"]["securitySchemes"]
        == SPECIFICATION["components"]["securitySchemes"]
    )


async def test_the_description_is_served_and_names_the_server(server: PortkeyServer) -> None:
    """At the root and beside the operations, without credentials, and unmoved by faults."""
    root = server.base_url.removesuffix("/v1")
    server.inject(Fault.status(500))
    async with aiohttp.ClientSession() as session:
        for url in (f"{root}/openapi.json", f"{server.base_url}/openapi.json"):
            async with session.get(url) as response:
                assert response.status == 200
                assert await response.json() == description(server.base_url)
    assert server.requests == []


def schemathesis(folder: Path, server: PortkeyServer, settings: str, *options: str) -> None:
    """Run it, and assert that it has found nothing."""
    # The credentials are given: others, made up, would be refused and show nothing.
    settings = f"[generation]\nwith-security-parameters = false\n{settings}"
    (folder / "schemathesis.toml").write_text(settings, "utf-8")
    found = subprocess.run(  # noqa: S603  # its arguments are the tests' own
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis as s; s()"),
            *("run", f"{server.base_url}/openapi.json", "--seed", "1", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Failures:" not in found.stdout


def operations_of(server: PortkeyServer, *statuses: int) -> set[str]:
    """The operations that were asked for, and responded with one of these."""
    asked: set[str] = set()
    for path, methods in description("")["paths"].items():
        pattern = re.compile("/v1" + re.sub(r"{\w+}", "[^/]*", path))
        for received in server.requests:
            method = received.method.lower()
            known = received.status in statuses and method in methods
            if known and pattern.fullmatch(received.path):
                asked.add(methods[method]["operationId"])
    return asked


OPERATIONS = {
    operation["operationId"]
    for methods in description("")["paths"].values()
    for operation in methods.values()
}


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    """What it makes up from the description, right and wrong, is answered as described.

    It makes as many examples for each operation as PORTKEY_SCHEMATHESIS_EXAMPLES says, besides
    those that cover each keyword of the schemas.
    """
    with PortkeyServer(assistants=30) as server:
        bearer = f"Authorization: Bearer {server.api_key}"
        schemathesis(tmp_path, server, "", "--max-examples", EXAMPLES, "-H", bearer)

    assert operations_of(server, 200, 400, 401, 404) == OPERATIONS
    # That it got past the credentials, and did more than one thing.
    assert sum(received.acted for received in server.requests) > 3
    assert {received.status for received in server.requests} >= {200, 400, 404}


IDS = {
    "assistant_id": "asst_1",
    "thread_id": "thread_1",
    "message_id": "msg_1",
    "run_id": "run_1",
    "step_id": "step_1",
    "key_id": "key_1",
}


def put_all(server: PortkeyServer) -> None:
    """Have the server hold one object of each kind, by these ids, and a run that goes on."""
    thread = {"thread_id": "thread_1"}
    server.assistants["asst_1"] = mock_assistant(id="asst_1")
    server.threads["thread_1"] = mock_thread(id="thread_1")
    server.messages["msg_1"] = mock_message(id="msg_1", **thread)
    server.runs.clear()
    server.runs["run_1"] = mock_run(id="run_1", status="in_progress", **thread)
    server.run_steps["step_1"] = mock_run_step(id="step_1", run_id="run_1", **thread)
    server.admin_keys.add("key_1")


def test_schemathesis_finds_nothing_where_everything_exists(tmp_path: Path) -> None:
    """Each operation on one object succeeds as described, also for requests to Portkey itself.

    What is made up as ids in bodies names nothing, so that runs cannot be created, nor answered.
    """
    settings = "[parameters]\n" + "".join(f'{name} = "{value}"\n' for name, value in IDS.items())
    checks = (
        # Portkey's gateway answers methods it does not know with 404, and so does the server.
        *("--exclude-checks", "unsupported_method"),
        *("--phases", "coverage", "--mode", "positive"),
        *("--exclude-operation-id", "submitToolOuputsToRun"),
    )
    with PortkeyServer(on_answer=lambda _: put_all(server)) as server:
        put_all(server)
        headers = ("x-portkey-api-key: pk-test", "x-portkey-virtual-key: openai-prod")
        given = [text for header in headers for text in ("-H", header)]
        schemathesis(tmp_path, server, settings, *given, *checks)

    unreached = {"createRun", "createThreadAndRun", "submitToolOuputsToRun"}
    assert operations_of(server, 200) == OPERATIONS - unreached
