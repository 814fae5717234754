"""The models by themselves: values that are made by hand, compared, shown and copied."""

import copy
import itertools
import pickle
from typing import Any

import attrs
import pytest
from support.payloads import FULL, assistant, body, page

from portkey_async import (
    AdminApiKeyDeleted,
    Assistant,
    AssistantDeleted,
    CodeInterpreterResources,
    CodeInterpreterTool,
    FileSearchOptions,
    FileSearchResources,
    FileSearchTool,
    FunctionDefinition,
    FunctionTool,
    JsonObjectFormat,
    JsonSchemaFormat,
    Page,
    RankingOptions,
    TextFormat,
    ToolResources,
    UnknownFormat,
    UnknownTool,
    VectorStoreSpec,
)
from portkey_async._codec.decode import decode

BY_HAND = [
    (CodeInterpreterTool(), {"type": "code_interpreter"}),
    (FileSearchTool(), {"type": "file_search"}),
    (
        FileSearchTool(FileSearchOptions(5, RankingOptions(0.5, "auto"))),
        {
            "type": "file_search",
            "file_search": {
                "max_num_results": 5,
                "ranking_options": {"score_threshold": 0.5, "ranker": "auto"},
            },
        },
    ),
    (FunctionTool(FunctionDefinition("f")), {"type": "function", "function": {"name": "f"}}),
    (
        FunctionTool(FunctionDefinition("f", "F.", {}, strict=False), extra={"new": [1]}),
        {
            "type": "function",
            "function": {"name": "f", "description": "F.", "parameters": {}, "strict": False},
            "new": [1],
        },
    ),
    (UnknownTool({"type": "web", "depth": 2}), {"type": "web", "depth": 2}),
    (
        ToolResources(
            CodeInterpreterResources([]),
            FileSearchResources(["vs"], [VectorStoreSpec(["f"], {"type": "auto"}, {"k": "v"})]),
        ),
        {
            "code_interpreter": {"file_ids": []},
            "file_search": {
                "vector_store_ids": ["vs"],
                "vector_stores": [
                    {
                        "file_ids": ["f"],
                        "chunking_strategy": {"type": "auto"},
                        "metadata": {"k": "v"},
                    }
                ],
            },
        },
    ),
    (ToolResources(), {}),
    (TextFormat(), {"type": "text"}),
    (JsonObjectFormat(), {"type": "json_object"}),
    (JsonSchemaFormat({"name": "n"}), {"type": "json_schema", "json_schema": {"name": "n"}}),
    (UnknownFormat({"type": "grammar"}), {"type": "grammar"}),
    (AssistantDeleted(id="a", deleted=True), {"id": "a", "deleted": True}),
    (AdminApiKeyDeleted(id="k", deleted=True), {"id": "k", "deleted": True}),
    (Assistant(id="a", created_at=1, model="m"), assistant(id="a", model="m")),
]


@pytest.mark.parametrize(("model", "payload"), BY_HAND, ids=lambda value: type(value).__name__)
def test_a_model_made_by_hand_gives_what_was_set(model: Any, payload: dict[str, Any]) -> None:
    """`to_dict()` holds the fields that were given and no null for those that were not."""
    given = model.to_dict()
    if "deleted" in given:
        assert given.pop("object").endswith(".deleted")

    assert given == payload


def test_the_confirmations_name_their_object_by_themselves() -> None:
    """The constant fields have the specification's values."""
    assert AssistantDeleted(id="a", deleted=True).object == "assistant.deleted"
    assert AdminApiKeyDeleted(id="k", deleted=True).object == "organization.admin_api_key.deleted"
    assert Assistant(id="a", created_at=1, model="m").object == "assistant"


@pytest.mark.parametrize("model", [model for model, _ in BY_HAND], ids=lambda m: type(m).__name__)
def test_models_are_frozen(model: Any) -> None:
    """No field of any model can be changed, and none can be added."""
    for field in attrs.fields(type(model)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(model, field.name, None)
    with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
        model.made_up = 1


@pytest.mark.parametrize("model", [model for model, _ in BY_HAND], ids=lambda m: type(m).__name__)
def test_models_are_equal_by_value_and_can_be_copied(model: Any) -> None:
    """A copy, shallow, deep or pickled, is equal, gives the same payload, and is another object."""
    for twin in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert twin == model
        assert twin is not model
        assert twin.to_dict() == model.to_dict()
        if getattr(model, "extra", None) == {}:
            assert twin.extra is model.extra  # still one that nobody can fill


def test_models_of_other_content_or_class_differ() -> None:
    """Equality looks at the class and at every field, undeclared keys included."""
    models: list[object] = [
        TextFormat(),
        JsonObjectFormat(),
        TextFormat(extra={"a": 1}),
        FunctionDefinition("f"),
        FunctionDefinition("g"),
        UnknownTool({"type": "x"}),
        UnknownFormat({"type": "x"}),
    ]

    for one, other in itertools.combinations(models, 2):
        assert one != other


def test_null_and_missing_are_equal_as_values() -> None:
    """Both read as None; only `to_dict()` tells them apart."""
    null = decode(body(assistant(name=None)), Assistant)
    missing = decode(body(assistant()), Assistant)

    assert null == missing
    assert repr(null) == repr(missing) == repr(Assistant(**assistant()))
    assert null.to_dict() != missing.to_dict()


def test_a_decoded_assistant_survives_copying() -> None:
    """A copy of what came from the server still gives the payload back, nulls and all."""
    payload = FULL | {"name": None, "new": {"a": None}}
    decoded = decode(body(payload), Assistant)

    for twin in (copy.copy(decoded), copy.deepcopy(decoded), pickle.loads(pickle.dumps(decoded))):  # noqa: S301
        assert twin.to_dict() == payload


def test_evolve_changes_a_field_and_keeps_the_rest() -> None:
    """`attrs.evolve` works on what came from the server; a field set to None becomes null."""
    decoded = decode(body(FULL | {"new": 1}), Assistant)

    changed = attrs.evolve(decoded, name="Other", description=None)

    assert changed.to_dict() == FULL | {"new": 1, "name": "Other", "description": None}


def test_the_payload_given_back_is_the_callers_own() -> None:
    """Whatever is done to it, the model stays as it is, on every level."""
    decoded = decode(
        body(
            FULL
            | {"tools": [{"type": "new", "deep": {"a": [1]}}], "later": {"b": [1]}}
            | {"response_format": {"type": "new", "deep": {"a": [1]}}}
        ),
        Assistant,
    )
    before = repr(decoded)

    payload = decoded.to_dict()
    payload["metadata"]["team"] = "other"
    payload["later"]["b"].append(2)
    payload["tools"][0]["deep"]["a"].append(2)
    payload["response_format"]["deep"]["a"].append(2)
    payload["tool_resources"]["file_search"]["vector_stores"][0]["metadata"]["k"] = "w"

    assert repr(decoded) == before


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (CodeInterpreterTool(), "CodeInterpreterTool(type='code_interpreter')"),
        (
            FunctionTool(FunctionDefinition("f", strict=False)),
            "FunctionTool(function=FunctionDefinition(name='f', strict=False), type='function')",
        ),
        (TextFormat(extra={"a": 1}), "TextFormat(extra={'a': 1}, type='text')"),
        (UnknownTool({"type": "x"}), "UnknownTool(raw={'type': 'x'})"),
        (ToolResources(), "ToolResources()"),
        (
            Assistant(id="a", created_at=1, model="m", name="N"),
            "Assistant(id='a', object='assistant', created_at=1, name='N', model='m')",
        ),
        (
            Page(data=[Assistant(id="a", created_at=1, model="m")]),
            "Page(data=[Assistant(id='a', object='assistant', created_at=1, model='m')])",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_repr_shows_what_is_set(model: object, shown: str) -> None:
    """What says nothing is left out: None, no extra, and our own bookkeeping."""
    assert repr(model) == shown


def test_the_repr_cuts_long_text() -> None:
    """A quarter of a million characters of instructions do not fill the screen."""
    for length, shown in ((198, f"name='{'x' * 198}')"), (256_000, f"name='{'x' * 199}…')")):
        assert repr(FunctionDefinition("x" * length)) == f"FunctionDefinition({shown}"


@pytest.mark.parametrize("cls", [UnknownTool, UnknownFormat])
def test_an_unknown_thing_names_its_type(cls: type[UnknownTool | UnknownFormat]) -> None:
    """`.type` is the server's word, None where it has none."""
    assert cls({"type": "x"}).type == "x"
    assert cls({}).type is None


def test_a_page_is_iterable_and_sized() -> None:
    """A page can be used like the list that it holds, in the order that the server sent."""
    decoded = decode(body(page(assistant(id="b"), assistant(id="a"))), Page[Assistant])

    assert [item.id for item in decoded] == ["b", "a"]
    assert len(decoded) == 2
    assert not decode(body(page()), Page[Assistant])
