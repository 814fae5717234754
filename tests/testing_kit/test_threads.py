"""Threads and their messages over HTTP."""

from typing import Any

import pytest
from testing_kit.calls import call

from portkey_async.testing import PortkeyServer
from portkey_async.testing._schemas.catalog import SCHEMAS
from portkey_async.testing._schemas.check import check


async def thread(server: PortkeyServer, **settings: Any) -> dict[str, Any]:
    """Create a thread."""
    got = await call(server, "POST", "/threads", settings)
    assert got.status == 200, got.payload
    payload: dict[str, Any] = got.payload
    return payload


async def test_a_thread_is_created_with_and_without_a_body(server: PortkeyServer) -> None:
    """The body is optional; messages in it are put in, in order."""
    bare = (await call(server, "POST", "/threads")).payload
    full = await thread(
        server,
        messages=[{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"}],
        metadata={"k": "v"},
        tool_resources={"file_search": {"vector_stores": [{"file_ids": ["file_1"]}]}},
    )

    assert check(bare, SCHEMAS["ThreadObject"]) is None
    assert bare["metadata"] == bare["tool_resources"] == {}
    assert full["metadata"] == {"k": "v"}
    (store,) = full["tool_resources"]["file_search"]["vector_store_ids"]
    assert store.startswith("vs_")
    listed = await call(server, "GET", f"/threads/{full['id']}/messages?order=asc")
    assert [m["content"][0]["text"]["value"] for m in listed.payload["data"]] == ["1", "2"]
    assert check(listed.payload, SCHEMAS["ListMessagesResponse"]) is None


async def test_a_thread_is_updated(server: PortkeyServer) -> None:
    """What is named changes, null resets, tool resources merge by tool."""
    code = {"code_interpreter": {"file_ids": ["file_1"]}}
    made = await thread(server, metadata={"k": "v"}, tool_resources=code)
    path = f"/threads/{made['id']}"

    search = {"file_search": {"vector_store_ids": ["vs_1"]}}
    merged = (await call(server, "POST", path, {"tool_resources": search})).payload
    cleared = (await call(server, "POST", path, {"metadata": None})).payload

    assert merged == made | {"tool_resources": code | search}
    assert cleared == merged | {"metadata": {}}
    assert (await call(server, "GET", path)).payload == cleared == server.threads[made["id"]]


async def test_a_deleted_thread_takes_all_with_it(server: PortkeyServer) -> None:
    """Its messages are gone, and 404 names the thread."""
    made = await thread(server, messages=[{"role": "user", "content": "1"}])
    other = await thread(server, messages=[{"role": "user", "content": "2"}])
    path = f"/threads/{made['id']}"

    deleted = await call(server, "DELETE", path)

    assert deleted.payload == {"id": made["id"], "object": "thread.deleted", "deleted": True}
    assert list(server.threads) == [other["id"]]
    assert [m["thread_id"] for m in server.messages.values()] == [other["id"]]
    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "/messages"), ("GET", "/runs")):
        got = await call(server, method, path + tail)
        assert (got.status, got.error["message"]) == (
            404,
            f"No thread found with id '{made['id']}'.",
        )


async def test_messages_of_every_kind_are_given_back(server: PortkeyServer) -> None:
    """Text comes back with annotations, images as they were, attachments and metadata too."""
    made = await thread(server)
    image = {"type": "image_url", "image_url": {"url": "https://example.com/i.png"}}
    attachments = [{"file_id": "file_1", "tools": [{"type": "code_interpreter"}]}]

    got = await call(
        server,
        "POST",
        f"/threads/{made['id']}/messages",
        {
            "role": "user",
            "content": [{"type": "text", "text": "Look:"}, image],
            "attachments": attachments,
            "metadata": {"k": "v"},
        },
    )

    assert got.payload["content"] == [
        {"type": "text", "text": {"value": "Look:", "annotations": []}},
        image,
    ]
    assert (got.payload["attachments"], got.payload["metadata"]) == (attachments, {"k": "v"})
    assert check(got.payload, SCHEMAS["MessageObject"]) is None


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"content": "x"}, "role"),
        ({"role": "system", "content": "x"}, "role"),
        ({"role": "user", "content": []}, "content"),
        ({"role": "user", "content": None}, "content"),
        ({"role": "user", "content": [{"type": "audio"}]}, "content[0].type"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "no url"}}]},
            "content[0].image_url.url",
        ),
        ({"role": "user", "content": "x", "run_id": "r"}, "run_id"),
    ],
)
async def test_a_wrong_message_is_refused(
    server: PortkeyServer, body: dict[str, Any], param: str
) -> None:
    """400 that names what is wrong."""
    made = await thread(server)

    got = await call(server, "POST", f"/threads/{made['id']}/messages", body)

    assert (got.status, got.error["param"]) == (400, param)


async def test_a_message_is_retrieved_updated_and_deleted(server: PortkeyServer) -> None:
    """In its own thread only; an update changes nothing but metadata."""
    made = await thread(server, messages=[{"role": "user", "content": "1"}])
    other = await thread(server)
    (message,) = server.messages.values()
    path = f"/threads/{made['id']}/messages/{message['id']}"

    assert (await call(server, "GET", path)).payload == message
    changed = await call(server, "POST", path, {"metadata": {"k": "v"}})
    assert changed.payload == message | {"metadata": {"k": "v"}}
    assert (await call(server, "POST", path, {})).payload == changed.payload
    assert (await call(server, "POST", path, {"metadata": None})).payload == message
    assert (await call(server, "POST", path, {"content": "2"})).status == 400
    elsewhere = f"/threads/{other['id']}/messages/{message['id']}"
    assert (await call(server, "GET", elsewhere)).status == 404
    deleted = await call(server, "DELETE", path)
    assert deleted.payload["object"] == "thread.message.deleted"
    assert (await call(server, "DELETE", path)).status == 404


async def test_each_thread_has_a_list_of_its_own(server: PortkeyServer) -> None:
    """A cursor of another thread is unknown."""
    first = await thread(server, messages=[{"role": "user", "content": str(n)} for n in range(5)])
    second = await thread(server, messages=[{"role": "user", "content": "x"}])
    *_, foreign = server.messages

    page = (await call(server, "GET", f"/threads/{first['id']}/messages?limit=2")).payload
    rest = f"/threads/{first['id']}/messages?after={page['last_id']}"
    more = (await call(server, "GET", rest)).payload

    assert (len(page["data"]), page["has_more"]) == (2, True)
    assert (len(more["data"]), more["has_more"]) == (3, False)
    wrong = await call(server, "GET", f"/threads/{first['id']}/messages?after={foreign}")
    assert wrong.error["message"] == f"No message found with id '{foreign}'."
    assert server.messages[foreign]["thread_id"] == second["id"]


async def test_threads_are_listed_in_one_dialect_alone() -> None:
    """As Azure AI Foundry does; OpenAI has no such list."""
    async with PortkeyServer() as server:
        assert (await call(server, "GET", "/threads")).status == 405
    async with PortkeyServer(dialect="threads-listed") as server:
        made = [(await thread(server))["id"] for _ in range(3)]
        page = (await call(server, "GET", "/threads?order=asc")).payload
        assert [each["id"] for each in page["data"]] == made


async def test_azures_clients_need_no_beta_header(server: PortkeyServer) -> None:
    """A version in the query stands in for it."""
    headers = {"Authorization": "Bearer pk-test"}

    assert (await call(server, "POST", "/threads", {}, headers=headers)).status == 400
    path = "/threads?api-version=2025-05-01"
    assert (await call(server, "POST", path, {}, headers=headers)).status == 200
