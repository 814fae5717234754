"""What an assistant and a run set, in the words of Responses; Foundry's agents use the same."""

from __future__ import annotations

from collections.abc import Sequence

from portkey_async._types import JSONObject, is_mapping

from ._source import Source, is_flag, is_number, is_text, one_of, present

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_FORMATS = "auto, text, json_object or json_schema"
#: How many pairs of metadata an object may have.
_MOST_METADATA = 16


def holder(name: str, sources: Sequence[Source]) -> Source:
    """Give the source whose setting holds: of an assistant and a run, the run's if it has one.

    A setting that is replaced by another is reported. Runs as served repeat those of their
    assistant: of two that are equal, the assistant's is read.
    """
    first, *others = sources
    chosen = first
    for other in others:
        if other.fields.get(name) is None:
            continue
        if chosen.fields.get(name) == other.fields[name]:
            del other.fields[name]
            continue
        if chosen.fields.pop(name, None) is not None:
            chosen.lose(name, "the run sets another, which is used")
        chosen = other
    return chosen


def settings(sources: Sequence[Source]) -> JSONObject:
    """Give `model`, `instructions`, `temperature`, `top_p`, `reasoning` and `text`."""
    found = {
        "model": holder("model", sources).take("model", is_text, "text"),
        "instructions": holder("instructions", sources).take("instructions", is_text, "text"),
        "temperature": holder("temperature", sources).take("temperature", is_number, "a number"),
        "top_p": holder("top_p", sources).take("top_p", is_number, "a number"),
        "reasoning": _reasoning(holder("reasoning_effort", sources)),
        "text": _text(holder("response_format", sources)),
    }
    return present(found)


def metadata(sources: Sequence[Source]) -> JSONObject | None:
    """Merge the metadata of an assistant and a run, whose pairs hold; None where it is empty."""
    pairs: JSONObject = {}
    for source in reversed(sources):
        inner = source.take_object("metadata")
        for key in [*inner.fields]:
            value = inner.take(key, is_text, "text")
            if value is None:
                continue
            if pairs.get(key, value) != value:
                inner.lose(key, "the run sets another, which is used")
            elif key not in pairs and len(pairs) == _MOST_METADATA:
                inner.lose(key, f"there is room for {_MOST_METADATA} pairs of metadata")
            else:
                pairs[key] = value
    return pairs or None


def _reasoning(source: Source) -> JSONObject | None:
    effort = source.take("reasoning_effort", one_of(*_EFFORTS), f"one of {', '.join(_EFFORTS)}")
    return None if effort is None else {"effort": effort}


def _text(source: Source) -> JSONObject | None:
    """Give the response format as `text.format`; `auto` is what is done there without one."""

    def fits(value: object) -> bool:
        return is_mapping(value) or value == "auto"

    value = source.take("response_format", fits, _FORMATS)
    if not is_mapping(value):
        return None
    source.fields["response_format"] = value
    chosen = source.take_object("response_format")
    kind = chosen.take_type()
    if kind in {"text", "json_object"}:
        chosen.finish(f"the format {kind}")
        return {"format": {"type": kind}}
    if kind == "json_schema":
        return _json_schema(chosen)
    chosen.lose_whole(f"a format of type {kind!r} is not accepted there, but {_FORMATS}")
    return None


def _json_schema(chosen: Source) -> JSONObject | None:
    nested = chosen.take_object("json_schema")
    flat: JSONObject = {
        "type": "json_schema",
        "name": nested.take("name", is_text, "text"),
        "schema": nested.take("schema", is_mapping, "a JSON Schema"),
        "strict": nested.take("strict", is_flag, "true or false"),
        "description": nested.take("description", is_text, "text"),
    }
    if flat["name"] is None or flat["schema"] is None:
        chosen.lose_whole("there, a format by schema needs both a name and a schema")
        return None
    nested.finish("the format json_schema")
    chosen.finish("the format json_schema")
    return {"format": present(flat)}
