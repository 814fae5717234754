"""Scripts as JSON text: what it may hold, and what a mistake in it gets."""

import json
import re
from typing import Any

import pytest
from support.documents import DOCS, blocks, text_of

from portkey_async.testing import Call, Code, End, Fail, Hang, Say
from portkey_async.testing._scripts.queue import Script
from portkey_async.testing._scripts.text import scripts_of

CITATION = {"type": "file_path", "text": "[1]"}


@pytest.mark.parametrize(
    ("value", "act"),
    [
        ({"say": "4"}, Say("4")),
        ({"say": "[1]", "annotations": [CITATION]}, Say("[1]", annotations=[CITATION])),
        ({"call": "add"}, Call("add")),
        ({"call": "add", "arguments": {"name": 1, "self": None}}, Call("add", name=1, self=None)),
        ({"call": "add", "arguments": "{"}, Call("add").raw("{")),
        ([{"call": "a"}, {"call": "b"}], [Call("a"), Call("b")]),
        ({"code": "1 + 1", "logs": "2"}, Code("1 + 1", "2")),
        ({"fail": "server_error", "message": "No."}, Fail("server_error", "No.")),
        ({"end": "expired"}, End("expired")),
        ({"hang": True}, Hang()),
    ],
)
def test_every_act_can_be_written(value: Any, act: Any) -> None:
    """As one object, or an array of calls that are wanted at once."""
    assert scripts_of(json.dumps([value])) == [Script([act], times=None)]


def test_an_array_is_for_every_run() -> None:
    """Its acts come one after the other."""
    (script,) = scripts_of('[{"call": "add", "arguments": {"a": 2}}, {"say": "4"}]')

    assert script == Script([Call("add", a=2), Say("4")], times=None)


def test_an_object_holds_several_scripts() -> None:
    """Each for as many runs as it says, or one; of an assistant, or on a thread."""
    first = {"acts": [{"say": "1"}]}
    second = {"acts": [{"hang": True}], "assistant_id": "a", "thread_id": "t", "times": None}

    assert scripts_of(json.dumps({"scripts": [first, second]})) == [
        Script([Say("1")]),
        Script([Hang()], assistant_id="a", thread_id="t", times=None),
    ]
    assert scripts_of('{"scripts": []}') == []


def test_what_the_documents_show_can_be_read() -> None:
    """Both files, and every act in the text beside them."""
    document = DOCS / "testing.md"
    files = [
        block.source for block in blocks(document, "json") if "dependencies" not in block.source
    ]
    inline = re.findall(r'`({"(?:say|code|fail|end|hang)".*?})`', text_of(document))

    assert [len(scripts_of(text)) for text in files] == [1, 3]
    assert [len(scripts_of(f"[{act.replace('[...]', '[]')}]")) for act in inline] == [1] * 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"say": "4"},\n {"say" "5"}]', "line 2, column 9: Expecting ':' delimiter"),
        ("", "line 1, column 1: Expecting value"),
        ("[" * 100_000, "it is nested too deeply"),
        ('[{"say": "a", "say": "b"}]', "an object has a key twice"),
        ('[{"call": "f", "arguments": {"a": NaN}}]', "JSON has no NaN"),
        ('"4"', r"\$ must be an array of acts, or {"),
        ('{"acts": []}', r"\$ must be an array of acts, or {"),
        ('{"scripts": 4}', r"\$ must be an array of acts, or {"),
        ("[]", r"^\$: a script needs an act"),
        ('[{"hang": true}, {"say": "x"}]', r"^\$: nothing can come after Hang"),
        ("[4]", r"^\$\[0\] must be an object with one of the keys say, call, .* got 4"),
        ('[{"say": "a", "end": "x"}]', r"^\$\[0\] must be an object with one of"),
        ('[{"shout": "a"}]', r"^\$\[0\] must be an object with one of the keys"),
        ('[{"say": "a", "logs": "x"}]', r"^\$\[0\] has the unknown key 'logs'; allowed are say, a"),
        ('[{"say": 4}]', r"^\$\[0\]: Say: text must be a str; got 4"),
        ('[{"call": null}]', r"^\$\[0\]: call must be the name of a function; got None"),
        ('[{"call": "a b"}]', r"^\$\[0\]: Call: name must be 1 to 64 letters"),
        ('[{"call": "f", "arguments": [1]}]', r"^\$\[0\]: arguments must be an object, or a text"),
        ('[{"call": "f", "arguments": null}]', r"^\$\[0\]: arguments must be an object, or a t"),
        ('[[{"call": "f"}, {"say": "x"}]]', r"^\$\[0\]\[1\] must be a call; got {'say': 'x'}"),
        ("[[]]", r"^\$: a script is made of"),
        ('[{"end": "completed"}]', r"^\$\[0\]: End: status must be one of"),
        ('[{"hang": false}]', r"^\$\[0\]: hang must be true; got False"),
        ('{"scripts": [4]}', r"^\$\.scripts\[0\] must be an object with the key 'acts'; got 4"),
        ('{"scripts": [{"acts": 4}]}', r"^\$\.scripts\[0\]\.acts must be an array of acts; got 4"),
        ('{"scripts": [{"acts": [4]}]}', r"^\$\.scripts\[0\]\.acts\[0\] must be an object"),
        (
            '{"scripts": [{"acts": [{"say": "x"}], "times": 0}]}',
            r"^\$\.scripts\[0\]: times must be an integer from 1",
        ),
        (
            '{"scripts": [{"acts": [{"say": "x"}], "when": "x"}]}',
            r"^\$\.scripts\[0\] has the unknown key 'when'; allowed are acts, assistant_id,",
        ),
        (json.dumps([{"say": ["x" * 100]} | {"x": 1}]), r"^\$\[0\] has the unknown key 'x'"),
        (json.dumps([["x" * 100]]), r"got 'x{76}\.\.\.$"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str) -> None:
    """The line where it is no JSON, else the path to what is wrong, and what is allowed."""
    with pytest.raises(ValueError, match=said):
        scripts_of(text)
