"""The assistants, operation by operation: exactly what is sent, and what comes back."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aioresponses import aioresponses
from support.calls import CALLS, ID, right
from support.credentials import API_KEY, VIRTUAL_KEY
from support.payloads import FULL, canonical
from support.wire import reply, serve

from portkey_async import (
    UNSET,
    AsyncPortkey,
    CodeInterpreterResources,
    CodeInterpreterTool,
    FileSearchOptions,
    FileSearchResources,
    FileSearchTool,
    FunctionDefinition,
    FunctionTool,
    InvalidRequestError,
    JsonObjectFormat,
    JsonSchemaFormat,
    RankingOptions,
    TextFormat,
    ToolResources,
    UnknownFormat,
    UnknownTool,
    VectorStoreSpec,
)

BASE = "https://api.portkey.ai/v1"
WEATHER = {"name": "weather", "parameters": {"type": "object", "properties": {}}}

#: Every argument of create and update, and what it must become on the wire.
ARGUMENTS: tuple[tuple[str, Any, Any], ...] = (
    ("model", "gpt-4o", "gpt-4o"),
    ("name", "Tutor é", "Tutor é"),
    ("description", "", ""),
    ("instructions", "Be kind.\n", "Be kind.\n"),
    ("tools", [], []),
    ("tools", (CodeInterpreterTool(),), [{"type": "code_interpreter"}]),
    (
        "tools",
        [
            {"type": "code_interpreter"},
            FileSearchTool(FileSearchOptions(5, RankingOptions(0.5, "auto"))),
            FunctionTool(FunctionDefinition("weather", parameters={"type": "object"})),
            {"type": "function", "function": WEATHER},
            UnknownTool({"type": "browser", "deep": [1, None]}),
            {"type": "file_search", "file_search": FileSearchOptions(max_num_results=3)},
        ],
        [
            {"type": "code_interpreter"},
            {
                "type": "file_search",
                "file_search": {
                    "max_num_results": 5,
                    "ranking_options": {"score_threshold": 0.5, "ranker": "auto"},
                },
            },
            {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}},
            {"type": "function", "function": WEATHER},
            {"type": "browser", "deep": [1, None]},
            {"type": "file_search", "file_search": {"max_num_results": 3}},
        ],
    ),
    (
        "tool_resources",
        ToolResources(
            CodeInterpreterResources(["file_1"]),
            FileSearchResources(vector_stores=[VectorStoreSpec(["file_2"])]),
        ),
        {
            "code_interpreter": {"file_ids": ["file_1"]},
            "file_search": {"vector_stores": [{"file_ids": ["file_2"]}]},
        },
    ),
    (
        "tool_resources",
        {"file_search": FileSearchResources(["vs_1"])},
        {"file_search": {"vector_store_ids": ["vs_1"]}},
    ),
    ("metadata", {"team": "maths", "": "é"}, {"team": "maths", "": "é"}),
    ("temperature", 0, 0),
    ("temperature", 0.7, 0.7),
    ("top_p", 1.0, 1.0),
    ("response_format", "auto", "auto"),
    ("response_format", TextFormat(), {"type": "text"}),
    ("response_format", JsonObjectFormat(), {"type": "json_object"}),
    (
        "response_format",
        JsonSchemaFormat({"name": "a", "schema": {}}),
        {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}},
    ),
    ("response_format", UnknownFormat({"type": "xml"}), {"type": "xml"}),
    ("response_format", {"type": "text"}, {"type": "text"}),
    ("reasoning_effort", "high", "high"),
    (
        "extra_body",
        {"new": {"deep": [1]}, "tool": CodeInterpreterTool()},
        {"new": {"deep": [1]}, "tool": {"type": "code_interpreter"}},
    ),
)


@pytest.fixture
async def client(mocked: aioresponses) -> Any:
    """A client whose requests go nowhere."""
    del mocked
    async with AsyncPortkey(API_KEY, virtual_key=VIRTUAL_KEY) as made:
        yield made


def body_of(sent: bytes | None) -> bytes:
    """Give a body that there must be."""
    assert sent is not None
    return sent


# --- What every operation sends -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("create", ("POST", f"{BASE}/assistants", b'{"model":"gpt-4o"}')),
        ("retrieve", ("GET", f"{BASE}/assistants/asst_1", None)),
        ("update", ("POST", f"{BASE}/assistants/asst_1", b'{"name":"new"}')),
        ("list", ("GET", f"{BASE}/assistants", None)),
        ("delete", ("DELETE", f"{BASE}/assistants/asst_1", None)),
        ("delete_key", ("DELETE", f"{BASE}/organization/admin_api_keys/key_1", None)),
    ],
)
async def test_an_operation_sends_just_this(
    client: AsyncPortkey, mocked: aioresponses, name: str, line: tuple[str, str, bytes | None]
) -> None:
    """One request: its method, URL, headers and bytes, and nothing besides."""
    sent = serve(mocked, right)
    await CALLS[name](client)
    (request,) = sent
    headers = {name.lower(): value for name, value in request.headers.items()}
    expected = {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "user-agent": headers["user-agent"],
        "x-portkey-api-key": API_KEY,
        "x-portkey-virtual-key": VIRTUAL_KEY,
    }
    if name != "delete_key":
        expected["openai-beta"] = "assistants=v2"
    if request.method == "POST":
        expected["content-type"] = "application/json"
    if name == "create":
        expected["idempotency-key"] = headers["idempotency-key"]

    assert (request.method, request.url, request.body) == line
    assert headers == expected
    assert request.settings["allow_redirects"] is False


async def test_every_create_has_a_key_of_its_own(
    client: AsyncPortkey, mocked: aioresponses
) -> None:
    """Two calls are two assistants, though they say the same."""
    sent = serve(mocked, right)
    for _ in range(2):
        await client.assistants.create(model="gpt-4o")

    assert len({request.headers["idempotency-key"] for request in sent}) == 2


# --- Bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", ARGUMENTS, ids=lambda argument: argument[0])
@pytest.mark.parametrize("operation", ["create", "update"])
async def test_an_argument_is_sent_as_given(
    client: AsyncPortkey, mocked: aioresponses, operation: str, argument: tuple[str, Any, Any]
) -> None:
    """Typed classes and plain dicts alike, compactly; and nothing besides."""
    name, value, expected = argument
    sent = serve(mocked, right)
    given: dict[str, Any] = {name: value}
    if operation == "update":
        await client.assistants.update(ID, **given)
        rest = {}
    else:
        given = {"model": "gpt-4o"} | given
        await client.assistants.create(**given)
        rest = {"model": given["model"]}
    body = body_of(sent[0].body)

    assert canonical(json.loads(body)) == canonical(
        rest | (expected if name == "extra_body" else {name: expected})
    )
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()


NULLABLE = sorted({name for name, *_ in ARGUMENTS} - {"extra_body"})


@pytest.mark.parametrize("name", NULLABLE)
async def test_none_clears_a_field(client: AsyncPortkey, mocked: aioresponses, name: str) -> None:
    """It is JSON's null; what is left out is not sent."""
    sent = serve(mocked, right)
    await client.assistants.update(ID, **{name: None})  # type: ignore[arg-type]

    assert sent[0].body == b'{"%b":null}' % name.encode()


@pytest.mark.parametrize("extra", [None, {}])
async def test_nothing_given_is_an_empty_object(
    client: AsyncPortkey, mocked: aioresponses, extra: Mapping[str, object] | None
) -> None:
    """Arguments that are UNSET count as left out."""
    sent = serve(mocked, right)
    await client.assistants.update(ID)
    await client.assistants.update(ID, extra_body=extra)
    await client.assistants.update(ID, **dict.fromkeys(NULLABLE, UNSET))  # type: ignore[arg-type]

    assert [request.body for request in sent] == [b"{}"] * 3


async def test_a_key_that_is_given_twice_is_refused(client: AsyncPortkey) -> None:
    """As an argument and in extra_body: which one is meant?"""
    with pytest.raises(InvalidRequestError, match=r"\['name'\] are given twice"):
        await client.assistants.update(ID, name="a", extra_body={"name": "b"})


async def test_an_assistant_survives_being_sent_back(
    client: AsyncPortkey, mocked: aioresponses
) -> None:
    """Every key of it, on every level, known or not."""
    unknown = {"type": "browser", "deep": {"a": [1, 2.5, None]}}
    payload = FULL | {"tools": [*FULL["tools"], unknown], "later": {"b": True}}
    payload["tool_resources"] = {"file_search": {"vector_store_ids": ["vs_1"], "later": [1]}}
    payload["tools"] = [{**tool, "unheard_of": 1} for tool in payload["tools"]]
    sent = serve(mocked, reply(200, payload))
    found = await client.assistants.retrieve(ID)
    await client.assistants.update(
        ID,
        tools=found.tools,
        tool_resources=found.tool_resources,
        response_format=found.response_format,
        extra_body=found.extra,
    )
    keys = ("tools", "tool_resources", "response_format", "later")

    assert isinstance(found.tools, list)
    assert isinstance(found.tools[-1], UnknownTool)
    assert found.to_dict() == payload
    assert json.loads(body_of(sent[1].body)) == {key: payload[key] for key in keys}


# --- What is refused before anything is sent ----------------------------------------------------


@pytest.mark.parametrize("name", ["retrieve", "update", "delete", "delete_key", "after", "before"])
async def test_an_id_that_cannot_be_sent_is_refused(
    client: AsyncPortkey, mocked: aioresponses, name: str
) -> None:
    """It would reach another endpoint, or none. Whatever is validated, nothing is sent."""
    sent = serve(mocked, right)
    bad: list[Any] = ["", "a\nb", "a\x00", "a\x7f", "\x85", "\ud800", 7, b"a"]
    if name not in {"after", "before"}:
        bad += [".", "..", None]
    for one in (client, client.with_options(validate_requests=False)):
        calls = {
            "retrieve": one.assistants.retrieve,
            "update": one.assistants.update,
            "delete": one.assistants.delete,
            "delete_key": one.admin_api_keys.delete,
            "after": lambda value, one=one: one.assistants.list(after=value),
            "before": lambda value, one=one: one.assistants.list(before=value),
        }
        for value in bad:
            with pytest.raises(
                InvalidRequestError, match=r"^(assistant_id|key_id|after|before) is"
            ):
                await calls[name](value)

    assert sent == []


#: One argument past each kind of limit; the limits themselves have tests of their own.
PAST_A_LIMIT: tuple[dict[str, Any], ...] = (
    {"name": "x" * 257},
    {"description": "x" * 513},
    {"instructions": "x" * 256_001},
    {"tools": [CodeInterpreterTool()] * 129},
    {"tools": [FunctionTool(FunctionDefinition("no spaces"))]},
    {"tool_resources": ToolResources(CodeInterpreterResources(["f"] * 21))},
    {"metadata": dict.fromkeys(map(str, range(17)), "")},
    {"temperature": 2.1},
    {"top_p": -0.1},
    {"response_format": "xml"},
)


@pytest.mark.parametrize("arguments", PAST_A_LIMIT, ids=lambda arguments: next(iter(arguments)))
async def test_what_is_past_a_limit_is_refused(
    client: AsyncPortkey, mocked: aioresponses, arguments: dict[str, Any]
) -> None:
    """The error names the argument; nothing is sent, unless the server is to judge."""
    sent = serve(mocked, right)
    (name,) = arguments
    for call in (
        client.assistants.create(model="gpt-4o", **arguments),
        client.assistants.update(ID, **arguments),
    ):
        with pytest.raises(InvalidRequestError, match=name):
            await call
    assert sent == []
    await client.with_options(validate_requests=False).assistants.update(ID, **arguments)

    assert name in json.loads(body_of(sent[0].body))


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), b"bytes", {1}, object(), {1: 2}, "\ud800"]
)
async def test_what_json_cannot_hold_is_refused(client: AsyncPortkey, value: object) -> None:
    """Always, in any argument; it is never made into something else."""
    lenient = client.with_options(validate_requests=False)
    for name in ("metadata", "extra_body"):
        with pytest.raises(InvalidRequestError, match=rf"{name}\.key"):
            await lenient.assistants.update(ID, **{name: {"key": value}})  # type: ignore[arg-type]


async def test_a_new_assistant_needs_a_model(client: AsyncPortkey, mocked: aioresponses) -> None:
    """None is refused, unless the server is to judge."""
    sent = serve(mocked, right)
    with pytest.raises(InvalidRequestError, match="model is missing"):
        await client.assistants.create(model=None)  # type: ignore[arg-type]
    lenient = client.with_options(validate_requests=False)
    await lenient.assistants.create(model=None)  # type: ignore[arg-type]

    assert [request.body for request in sent] == [b'{"model":null}']
