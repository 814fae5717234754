"""What is nested beyond all measure: shown, redacted and refused without an error of its own."""

from typing import Any

from portkey_async import TextFormat, UnknownTool
from portkey_async._secrets import Redactor
from portkey_async._transport.call import _excerpt
from portkey_async._transport.cool_down import CoolDowns
from portkey_async._transport.status_errors import redacted_json
from portkey_async._transport.text import decoded


def deep(levels: int = 100_000) -> Any:
    """Nest lists."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def test_a_model_with_deep_values_can_be_shown() -> None:
    """Its repr cuts what Python cannot show."""
    assert repr(TextFormat(extra={"deep": deep()})) == "TextFormat(extra=…, type='text')"


def test_what_cannot_be_gone_through_is_not_kept() -> None:
    """A body that cannot be redacted is none; what is around a mistake is described."""
    redact = Redactor(["secret-credential"])

    assert redacted_json(deep(), redact) is None
    assert redacted_json(["secret-credential", 5, None], redact) == ["[redacted]", 5, None]
    assert _excerpt(deep(), redact) == "something nested too deeply to be shown"


def test_an_unknown_thing_is_made_of_any_object() -> None:
    """`from_dict` of an unknown class takes what a union would."""
    assert UnknownTool.from_dict({"type": "new", "x": 1}) == UnknownTool({"type": "new", "x": 1})


def test_nothing_has_to_be_waited_for_where_nobody_asked() -> None:
    """Most clients never meet a pause."""
    assert CoolDowns().left("key", 5.0) == 0.0


def test_an_unknown_charset_is_read_as_utf_8() -> None:
    """What cannot be decoded is U+FFFD."""
    assert decoded(b"a\xff", "text/plain; charset=cp9999") == "a\ufffd"
