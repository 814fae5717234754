"""What calls take: one table of limits, TypedDicts that agree with it, and keywords that help."""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.credentials import API_KEY

from portkey_async import UNSET, AsyncPortkey, InvalidRequestError
from portkey_async._models.assistants import _CREATED_WITH
from portkey_async._params import admin_api_keys, assistants, limits, messages, runs, threads
from portkey_async._params.arguments import body, refuse_unknown
from portkey_async._params.limits import Choice, Items, Number, Object, Pairs, Rule, Text
from portkey_async.testing._schemas.catalog import SCHEMAS

SPECIFICATION = json.loads(
    (Path(__file__).parents[1] / "testing_kit" / "specification.json").read_text("utf-8")
)["components"]["schemas"]

#: A body of the specification, the rule for it, and what the call takes.
BODIES: list[tuple[str, Object, type]] = [
    ("CreateAssistantRequest", limits.NEW_ASSISTANT, assistants.AssistantParams),
    ("ModifyAssistantRequest", limits.ASSISTANT, assistants.AssistantUpdateParams),
    ("CreateThreadRequest", limits.THREAD, threads.ThreadParams),
    ("ModifyThreadRequest", limits.THREAD_CHANGES, threads.ThreadUpdateParams),
    ("CreateMessageRequest", limits.MESSAGE, messages.MessageParams),
    ("ModifyMessageRequest", limits.MESSAGE_CHANGES, messages.MetadataParams),
    ("CreateRunRequest", limits.RUN, runs.RunParams),
    ("CreateThreadAndRunRequest", limits.THREAD_AND_RUN, runs.ThreadRunParams),
    ("ModifyRunRequest", limits.RUN_CHANGES, messages.MetadataParams),
    ("SubmitToolOutputsRunRequest", limits.TOOL_OUTPUTS, runs.ToolOutputsParams),
]
NAMES = [name for name, _, _ in BODIES]


def resolved(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give what a schema may be, references looked up."""
    if "$ref" in schema:
        yield from resolved(SPECIFICATION[schema["$ref"].rpartition("/")[2]])
    elif "oneOf" in schema or "anyOf" in schema:
        for one in schema.get("oneOf") or schema["anyOf"]:
            yield from resolved(one)
        if "properties" in schema:
            yield {key: schema[key] for key in schema if key not in {"oneOf", "anyOf"}}
    else:
        yield schema


def numbers(schema: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, str, float]]:
    """Give every limit in a schema: where it holds, its kind, and the number."""
    for one in resolved(schema):
        for kind in ("maxLength", "maxItems", "minItems", "minimum", "maximum"):
            if kind in one:
                yield where, kind, one[kind]
        for name, inner in one.get("properties", {}).items():
            yield from numbers(inner, f"{where}.{name}")
        if "items" in one:
            yield from numbers(one["items"], f"{where}[]")


def of_rule(rule: Rule, where: str = "") -> Iterator[tuple[str, str, float]]:
    """Give every limit in a rule, in the same way."""
    own: dict[type, tuple[tuple[str, str], ...]] = {
        Text: (("maxLength", "most"),),
        Number: (("minimum", "least"), ("maximum", "most")),
        Items: (("minItems", "least"), ("maxItems", "most")),
    }
    for kind, attribute in own.get(type(rule), ()):
        value = getattr(rule, attribute)
        if value is not None and (kind, value) != ("minItems", 0):
            yield where, kind, value
    for name, inner in inside(rule):
        yield from of_rule(inner, f"{where}{name}")


def inside(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Give the rules inside a rule, each with its place."""
    match rule:
        case Items():
            yield "[]", rule.each
        case Object():
            yield from ((f".{name}", inner) for name, inner in rule.fields.items())
            yield from (("", more) for more in rule.kinds.values())
        case Choice(other=Items() | Object() as other):
            yield "", other
        case _:
            pass


#: What the specification says in prose alone, or what JSON Schema cannot say.
IN_PROSE = ("score_threshold", "chunk_overlap_tokens")


@pytest.mark.parametrize(("name", "rule"), [row[:2] for row in BODIES], ids=NAMES)
def test_the_limits_are_those_of_the_published_specification(name: str, rule: Object) -> None:
    """Each number that it has, at its place, and no other."""
    published = set(numbers(SPECIFICATION[name]))
    ours = set(of_rule(rule))

    assert published <= ours
    for where, kind, value in ours - published:
        # Changing an object makes no vector store, but the rules are shared.
        assert where.endswith(IN_PROSE) or "vector_stores" in where, (where, kind, value)


@pytest.mark.parametrize(("name", "rule", "takes"), BODIES, ids=NAMES)
def test_a_call_takes_the_fields_of_the_specification(name: str, rule: Object, takes: type) -> None:
    """Those that its rule has, and `extra_body`; whether it streams is chosen by another method."""
    schema = SPECIFICATION[name]
    fields = set(schema["properties"]) - {"stream"}

    assert set(takes.__annotations__) - {"extra_body"} == set(rule.fields)
    assert set(rule.fields) - fields <= {"reasoning_effort"}
    assert fields <= set(rule.fields)


@pytest.mark.parametrize(
    ("call", "takes"),
    [
        ("assistants.create", assistants.AssistantParams),
        ("assistants.update", assistants.AssistantUpdateParams),
        ("threads.create", threads.ThreadParams),
        ("threads.update", threads.ThreadUpdateParams),
        ("threads.create_and_run", runs.ThreadRunParams),
        ("threads.messages.create", messages.MessageParams),
        ("threads.messages.update", messages.MetadataParams),
        ("threads.runs.create", runs.RunParams),
        ("threads.runs.update", messages.MetadataParams),
        ("threads.runs.submit_tool_outputs", runs.ToolOutputsParams),
        ("admin_api_keys.create", admin_api_keys.AdminApiKeyParams),
    ],
)
def test_the_reference_shows_every_field(call: str, takes: type) -> None:
    """Though the signature names a TypedDict, the docstring of the call names each field."""
    method: Any = AsyncPortkey(API_KEY)
    for name in call.split("."):
        method = getattr(method, name)
    arguments = (inspect.getdoc(method) or "").partition("Args:")[2].partition("Returns:")[0]

    for field in takes.__annotations__:
        assert f"\n    {field}: " in arguments


@pytest.mark.parametrize(("name", "rule"), [row[:2] for row in BODIES], ids=NAMES)
def test_the_test_server_takes_what_a_call_takes(name: str, rule: Object) -> None:
    """A field that the client can send and the server refuses would be found by users first."""
    assert set(SCHEMAS[name]["properties"]) - {"stream"} == set(rule.fields)


def test_an_assistant_is_made_again_of_all_that_creating_it_takes() -> None:
    """A field that `to_create` forgot would be lost in silence."""
    takes = assistants.AssistantParams.__annotations__.keys() - {"extra_body"}

    assert takes == _CREATED_WITH


def made(given: Mapping[str, object], *, validate: bool = True) -> Any:
    """Make the body of a create."""
    takes = assistants.AssistantParams
    return json.loads(body("create", given, takes, limits.NEW_ASSISTANT, validate=validate))


def test_what_is_unset_is_left_out() -> None:
    """Fields and `extra_body` alike; None is null, but for `extra_body`."""
    assert made({"model": "m", "name": UNSET, "extra_body": UNSET}) == {"model": "m"}
    assert made({"model": "m", "name": None, "extra_body": None}) == {"model": "m", "name": None}
    assert made({"model": "m", "extra_body": {"x": None}}) == {"model": "m", "x": None}


@pytest.mark.parametrize("extra", ["x", [("a", 1)], 5, True])
def test_an_extra_body_is_a_mapping(extra: object) -> None:
    """The error names it and its type."""
    with pytest.raises(InvalidRequestError, match=r"^extra_body is of type"):
        made({"model": "m", "extra_body": extra})


def test_nothing_is_given_twice() -> None:
    """As a field and in `extra_body`."""
    with pytest.raises(InvalidRequestError, match=r"^\['name'\] are given twice"):
        made({"model": "m", "name": "a", "extra_body": {"name": "b"}})


@pytest.mark.parametrize("model", [None, UNSET])
def test_a_required_field_is_given_and_not_null(model: object) -> None:
    """Left out, it is a `TypeError`, as any argument; as null, the server's where it is trusted."""
    with pytest.raises(TypeError, match=r"^create\(\) needs model$"):
        made({"name": "x"})
    with pytest.raises(InvalidRequestError, match=r"^model is missing"):
        made({"model": model})
    assert made({"model": model}, validate=False) == ({} if model is UNSET else {"model": None})


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("nam", "name"),
        ("instruction", "instructions"),
        ("tool", "tools"),
        ("response_fromat", "response_format"),
        ("timeout", "client.with_options(timeout=…)"),
        ("trace_id", "client.with_options(trace_id=…)"),
        ("extra_headers", "client.with_options(headers={…})"),
        ("extra_query", "client.with_options(query={…})"),
        ("max_retries", "client.with_options(retry=RetryPolicy(attempts=…))"),
        ("idempotency_key", "client.with_options(headers={'idempotency-key': …})"),
        ("stream", "runs.stream(…)"),
        ("seed", "extra_body={'seed': …}"),
    ],
)
def test_an_unknown_keyword_says_what_to_use(name: str, instead: str) -> None:
    """The nearest field, or how it is done here."""
    with pytest.raises(TypeError) as caught:
        made({"model": "m", name: 1})

    assert str(caught.value).startswith(f"create() does not take {name!r}; use {instead}")


def test_a_keyword_for_which_there_is_nothing_is_refused_all_the_same() -> None:
    """A call without fields has none to suggest."""
    with pytest.raises(TypeError, match=r"^retrieve\(\) does not take 'seed'$"):
        refuse_unknown("retrieve", {"seed": 1})
    refuse_unknown("retrieve", {})


def test_pairs_are_those_of_the_prose() -> None:
    """16 pairs, keys of 64, values of 512, as every description of metadata says."""
    assert Pairs(16, key=64, value=512) == limits.METADATA
