"""The operations over HTTP: what a client sees of a faithful Assistants API."""

import asyncio
import re
from typing import Any

import pytest
from testing_kit.calls import BEARER, call, create

from portkey_async.testing import PortkeyServer


async def test_create_fills_in_what_the_api_fills_in(server: PortkeyServer) -> None:
    """A create with a model alone gives the whole assistant, with the API's defaults."""
    got = await call(server, "POST", "/assistants", {"model": "gpt-4o"})

    assert got.status == 200
    assert re.fullmatch(r"asst_[A-Za-z0-9]{24}", got.payload["id"])
    assert got.payload == {
        "id": got.payload["id"],
        "object": "assistant",
        "created_at": 1_700_000_000,
        "name": None,
        "description": None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "top_p": 1.0,
        "temperature": 1.0,
        "response_format": "auto",
    }
    assert server.assistants[got.payload["id"]] == got.payload


async def test_create_keeps_what_it_was_given(server: PortkeyServer) -> None:
    """Every setting comes back as it was sent, unknown keys of tools included."""
    settings: dict[str, Any] = {
        "model": "o3",
        "name": "n",
        "description": "d",
        "instructions": "i",
        "tools": [{"type": "code_interpreter", "new": {"key": 1}}, {"type": "file_search"}],
        "tool_resources": {"code_interpreter": {"file_ids": ["file_1"]}},
        "metadata": {"k": "v"},
        "temperature": 0.5,
        "top_p": 0.25,
        "response_format": {"type": "json_object"},
    }

    assistant = await create(server, **settings)

    assert assistant | settings == assistant


async def test_null_on_create_means_the_default(server: PortkeyServer) -> None:
    """Settings sent as null are as those left out."""
    nulls = dict.fromkeys(("name", "metadata", "temperature", "top_p", "response_format"))

    assistant = await create(server, **nulls)

    assert assistant["name"] is None
    assert assistant["metadata"] == {}
    assert assistant["temperature"] == 1.0
    assert assistant["response_format"] == "auto"


async def test_reasoning_effort_is_taken_and_not_given_back(server: PortkeyServer) -> None:
    """It is a setting of the API, and no part of the assistant object."""
    assert "reasoning_effort" not in await create(server, reasoning_effort="low")


async def test_vector_stores_are_made_and_referred_to(server: PortkeyServer) -> None:
    """The helper `vector_stores` comes back as the id of the store that it made."""
    assistant = await create(
        server, tool_resources={"file_search": {"vector_stores": [{"file_ids": ["file_1"]}]}}
    )

    search = assistant["tool_resources"]["file_search"]
    assert search.keys() == {"vector_store_ids"}
    assert re.fullmatch(r"vs_[A-Za-z0-9]{24}", search["vector_store_ids"][0])


async def test_retrieve_gives_what_the_store_holds(server: PortkeyServer) -> None:
    """An assistant that a test puts in, or changes, is served as it stands."""
    server.assistants["asst_1"] = {"id": "asst_1", "created_at": 1, "surprise": [None]}

    assert (await call(server, "GET", "/assistants/asst_1")).payload == server.assistants["asst_1"]


async def test_update_changes_what_it_names(server: PortkeyServer) -> None:
    """Settings left out stay; tools and metadata are replaced whole; null clears."""
    assistant = await create(
        server, name="n", description="d", metadata={"a": "1"}, tools=[{"type": "file_search"}]
    )
    path = f"/assistants/{assistant['id']}"

    got = await call(
        server, "POST", path, {"name": None, "metadata": {"b": "2"}, "tools": [], "model": "o3"}
    )

    changes = {"name": None, "metadata": {"b": "2"}, "tools": [], "model": "o3"}
    assert got.payload == assistant | changes
    assert server.assistants[assistant["id"]] == got.payload


async def test_update_with_nothing_changes_nothing(server: PortkeyServer) -> None:
    """An empty object is a valid update."""
    assistant = await create(server, name="n")

    assert (await call(server, "POST", f"/assistants/{assistant['id']}", {})).payload == assistant


async def test_update_merges_tool_resources_by_tool(server: PortkeyServer) -> None:
    """One tool's resources are overridden, another's stay, and null removes all."""
    code = {"code_interpreter": {"file_ids": ["file_1"]}}
    search = {"file_search": {"vector_store_ids": ["vs_1"]}}
    assistant = await create(server, tool_resources=code)
    path = f"/assistants/{assistant['id']}"

    merged = await call(server, "POST", path, {"tool_resources": search})
    cleared = await call(server, "POST", path, {"tool_resources": None})

    assert merged.payload["tool_resources"] == code | search
    assert cleared.payload["tool_resources"] == {}


async def test_an_answer_recorded_is_not_changed_by_later_updates(server: PortkeyServer) -> None:
    """What `requests` shows is what was answered at that time."""
    assistant = await create(server, name="before")
    await call(server, "POST", f"/assistants/{assistant['id']}", {"name": "after"})

    assert [received.answer["name"] for received in server.requests] == ["before", "after"]


async def test_delete_removes_for_good(server: PortkeyServer) -> None:
    """The first delete confirms, the second finds nothing."""
    assistant = await create(server)
    path = f"/assistants/{assistant['id']}"

    first = await call(server, "DELETE", path)
    second = await call(server, "DELETE", path)

    assert first.payload == {"id": assistant["id"], "object": "assistant.deleted", "deleted": True}
    assert second.status == 404
    assert second.error == {
        "message": f"No assistant found with id '{assistant['id']}'.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert not server.assistants


async def test_admin_keys_are_deleted_without_the_assistants_header(server: PortkeyServer) -> None:
    """The endpoint belongs to another API: it asks for no beta header."""
    server.admin_keys.add("key/1")
    headers = {"Authorization": "Bearer pk-test"}

    got = await call(server, "DELETE", "/organization/admin_api_keys/key%2F1", headers=headers)
    again = await call(server, "DELETE", "/organization/admin_api_keys/key%2F1", headers=headers)

    assert got.payload == {
        "id": "key/1",
        "object": "organization.admin_api_key.deleted",
        "deleted": True,
    }
    assert again.status == 404
    assert server.admin_keys == {"key_abc"}


async def test_an_admin_key_may_expire(server: PortkeyServer) -> None:
    """After as many seconds as it was made for."""
    headers = {"Authorization": "Bearer pk-test"}
    path, body = "/organization/admin_api_keys", {"name": "short-lived", "expires_in_seconds": 60}

    made = (await call(server, "POST", path, body, headers=headers)).payload
    refused = await call(server, "POST", path, body | {"expires_in_seconds": 0}, headers=headers)

    assert made["expires_at"] == made["created_at"] + 60
    assert refused.error["param"] == "expires_in_seconds"


@pytest.mark.parametrize("name", ["a/b", "a b", "a?b#c", "100%", "☃", "%2F", "..", "a;b,c"])
async def test_any_id_arrives_as_it_was_meant(server: PortkeyServer, name: str) -> None:
    """Percent-encoding in the path is undone once, and the path is not normalised."""
    server.assistants[name] = {"id": name, "created_at": 1}
    encoded = "".join(f"%{byte:02X}" for byte in name.encode())
    # A raw connection: clients normalise dots.
    reader, writer = await _connected(server)
    head = "".join(f"{key}: {value}\r\n" for key, value in BEARER.items())
    writer.write(f"GET /v1/assistants/{encoded} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
    status = await reader.readline()
    writer.close()

    assert status == b"HTTP/1.1 200 OK\r\n"


async def _connected(
    server: PortkeyServer,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(server.base_url.rpartition(":")[2].partition("/")[0])
    return await asyncio.open_connection("127.0.0.1", port)


async def test_lists_are_newest_first_and_twenty_long() -> None:
    """Without parameters a list has 20 assistants, the newest first, and says that more follow."""
    async with PortkeyServer(assistants=30) as server:
        page = (await call(server, "GET", "/assistants")).payload

        ids = [assistant["id"] for assistant in page["data"]]
        assert page["object"] == "list"
        assert [a["name"] for a in page["data"]] == [f"Assistant {n}" for n in range(30, 10, -1)]
        assert (page["first_id"], page["last_id"]) == (ids[0], ids[-1])
        assert page["has_more"] is True


async def test_an_empty_list_has_empty_ids(server: PortkeyServer) -> None:
    """The specification wants strings."""
    assert (await call(server, "GET", "/assistants")).payload == {
        "object": "list",
        "data": [],
        "first_id": "",
        "last_id": "",
        "has_more": False,
    }


async def test_limits_order_and_cursors_are_honoured() -> None:
    """`limit`, `order`, `after` and `before` mean what the specification says."""
    async with PortkeyServer(assistants=5) as server:
        ids = list(server.assistants)

        async def listed(query: str) -> tuple[list[int], bool]:
            page = (await call(server, "GET", f"/assistants?{query}")).payload
            return [ids.index(each["id"]) for each in page["data"]], page["has_more"]

        assert await listed("limit=2&order=asc") == ([0, 1], True)
        assert await listed("limit=100&order=desc") == ([4, 3, 2, 1, 0], False)
        assert await listed(f"limit=2&order=asc&after={ids[1]}") == ([2, 3], True)
        assert await listed(f"limit=2&order=desc&after={ids[2]}") == ([1, 0], False)
        assert await listed(f"limit=2&order=asc&before={ids[3]}") == ([1, 2], True)
        assert await listed(f"limit=2&order=desc&before={ids[3]}") == ([4], False)


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ("limit=0", "limit", "integer_below_min_value"),
        ("limit=101", "limit", "integer_above_max_value"),
        ("limit=-1", "limit", "integer_below_min_value"),
        ("limit=ten", "limit", "invalid_type"),
        ("limit=1.0", "limit", "invalid_type"),
        ("limit=", "limit", "invalid_type"),
        ("limit=%EF%BC%91", "limit", "invalid_type"),
        ("order=up", "order", "invalid_value"),
        ("order=", "order", "invalid_value"),
    ],
)
async def test_wrong_parameters_of_a_list_are_refused(
    server: PortkeyServer, query: str, param: str, code: str
) -> None:
    """The refusal is a 400 that names the parameter."""
    got = await call(server, "GET", f"/assistants?{query}")

    assert got.status == 400
    assert (got.error["param"], got.error["code"]) == (param, code)


@pytest.mark.parametrize("query", ["after=nobody", "before=nobody", "after="])
async def test_a_cursor_that_names_no_assistant_is_refused(
    server: PortkeyServer, query: str
) -> None:
    """An unknown cursor is a 404, not an empty page."""
    assert (await call(server, "GET", f"/assistants?{query}")).status == 404


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"name": "n"}, "model", "missing_required_parameter"),
        ({"model": "m", "name": "n" * 257}, "name", "string_above_max_length"),
        ({"model": "m", "unknown": 1}, "unknown", "unknown_parameter"),
        ([], None, "invalid_type"),
    ],
)
async def test_an_invalid_create_is_refused_and_makes_nothing(
    server: PortkeyServer, body: Any, param: str | None, code: str
) -> None:
    """The refusal has OpenAI's shape, with the field in `param`."""
    got = await call(server, "POST", "/assistants", body)

    assert got.status == 400
    assert got.error.keys() == {"message", "type", "param", "code"}
    assert got.error["type"] == "invalid_request_error"
    assert (got.error["param"], got.error["code"]) == (param, code)
    assert not server.assistants


async def test_an_update_of_nothing_is_refused_before_its_body_is_looked_at(
    server: PortkeyServer,
) -> None:
    """An unknown id is a 404, whatever the body."""
    assert (await call(server, "POST", "/assistants/asst_x", {"bad": 1})).status == 404


async def test_a_missing_or_wrong_credential_is_refused(server: PortkeyServer) -> None:
    """401 in OpenAI's shape; what was given is not repeated."""
    missing = await call(server, "GET", "/assistants", headers={})
    wrong = await call(server, "GET", "/assistants", headers={"Authorization": "Bearer sk-secret"})
    basic = await call(server, "GET", "/assistants", headers={"Authorization": "Basic pk-test"})

    assert (missing.status, wrong.status, basic.status) == (401, 401, 401)
    assert missing.error["code"] is None
    assert wrong.error["code"] == "invalid_api_key"
    assert "sk-secret" not in str(wrong.payload)


@pytest.mark.parametrize("beta", [None, "assistants=v1", "realtime=v1"])
async def test_the_beta_header_is_required(server: PortkeyServer, beta: str | None) -> None:
    """Without version 2 asked for, the answer is a 400 that says so."""
    headers = {"Authorization": "Bearer pk-test"} | ({"OpenAI-Beta": beta} if beta else {})

    got = await call(server, "GET", "/assistants", headers=headers)

    assert got.status == 400
    assert "OpenAI-Beta: assistants=v2" in got.error["message"]


async def test_the_beta_header_may_ask_for_more(server: PortkeyServer) -> None:
    """Several betas stand in one header, separated by commas."""
    headers = BEARER | {"OpenAI-Beta": "realtime=v1, assistants=v2"}

    assert (await call(server, "GET", "/assistants", headers=headers)).status == 200


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/assistants", "GET, POST"),
        ("/assistants/asst_1", "GET, POST, DELETE"),
        ("/organization/admin_api_keys/key_1", "GET, DELETE"),
    ],
)
async def test_a_wrong_method_names_the_right_ones(
    server: PortkeyServer, path: str, allowed: str
) -> None:
    """405 with `Allow`."""
    got = await call(server, "PATCH", path)

    assert got.status == 405
    assert got.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path", ["/threads/a/b", "/assistants/", "/assistants/a/b", "/organization"]
)
async def test_other_paths_are_not_found(server: PortkeyServer, path: str) -> None:
    """What the server does not serve is a 404 that names method and path."""
    got = await call(server, "GET", path)

    assert got.status == 404
    assert got.error["message"] == f"Invalid URL (GET /v1{path})"


async def test_every_answer_has_a_request_id_of_its_own(server: PortkeyServer) -> None:
    """As OpenAI's answers do, refusals included."""
    ids = [(await call(server, "GET", path)).headers["x-request-id"] for path in ("/x", "/y")]

    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"req_[0-9a-f]{32}", each) for each in ids)
