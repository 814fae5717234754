"""Credentials that cannot be shown by accident."""

import copy
import html
import json
import pickle
import re
import reprlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from rich import pretty

from portkey_async._secrets import Redactor, Sealed, Secret, is_secret_name, secrets_in

SECRET = "sk-4f9a-do-not-show"


#: What tools that report errors do with a text.
SHOWS: list[Callable[[str], str]] = [
    repr,
    "{0!r:>5}".format,
    ascii,
    reprlib.repr,
    lambda text: repr(text[:8]),
    lambda text: repr(text[-8:]),
    lambda text: repr(text[2]),
    lambda text: repr(text[:12][1:]),
    lambda text: repr({"headers": [text, (text,)]}),
    lambda text: repr(CIMultiDict({"x": text})),
    lambda text: pretty.pretty_repr({"x": text}, max_string=8),
    lambda text: str(Sealed({"api_key": text})),
    lambda text: pretty.pretty_repr(Sealed({"api_key": text})),
]


@pytest.mark.parametrize("show", SHOWS)
def test_a_secret_is_not_shown(show: Callable[[str], str]) -> None:
    """Whatever of it is looked at, and however deep it lies."""
    shown = show(Secret(SECRET))

    assert not any(SECRET[start : start + 2] in shown for start in range(0, len(SECRET), 3))


def test_a_secret_is_the_text_that_it_hides() -> None:
    """What sends it can use it like any other."""
    secret = Secret(SECRET)

    assert (secret, str(secret), f"Bearer {secret}") == (SECRET, SECRET, f"Bearer {SECRET}")
    assert type(str(secret)) is str
    assert (hash(secret), secret.encode(), json.loads(json.dumps(secret))) == (
        hash(SECRET),
        SECRET.encode(),
        SECRET,
    )


def test_credentials_are_redacted_wherever_they_stand() -> None:
    """Each time, and the longest first, as one may hold another."""
    redact = Redactor(["secret", "secret-of-mine", "other-one"])

    assert redact("a secret-of-mine, other-onesecret.") == "a [redacted], [redacted][redacted]."
    assert redact("nothing to see") == "nothing to see"
    assert redact("") == ""


def test_a_word_is_no_credential() -> None:
    """A text of fewer than six characters would blot out ordinary words."""
    redact = Redactor(["", "openai"[:5], "openai"])

    assert redact("opena openai") == "opena [redacted]"


_credentials = st.text("xyz-012", min_size=6)  # nothing that the mark itself is made of


@given(st.lists(_credentials, min_size=1), st.text(), st.data())
def test_no_credential_is_left(credentials: list[str], text: str, data: st.DataObject) -> None:
    """Whatever the credentials are, and wherever one of them is put."""
    credential = data.draw(st.sampled_from(credentials))

    redacted = Redactor(credentials)(f"{text}{credential}{text}")

    assert not any(credential in redacted for credential in credentials)
    assert "[redacted]" in redacted


def _each_by_number(text: str) -> str:
    units = text.encode("utf-16-be").hex().upper()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


SPELLINGS: list[Callable[[str], str]] = [
    str,
    json.dumps,
    lambda text: json.dumps(json.dumps(text)),
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: json.dumps(text).replace("/", "\\/"),
    _each_by_number,
    repr,
    lambda text: quote(text, safe=""),
    lambda text: quote(text).lower(),
    html.escape,
    lambda text: "".join(f"&#{ord(char)};" for char in text),
    lambda text: "".join(f"&#X{ord(char):x};" for char in text),
]


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize(
    "credential",
    ["sk/live+4f9a==", "a\"quoted<one>&'more", "tab\tand\nline", "käse-☃-😀-key", "back\\slash\\n"],
)
def test_a_credential_is_found_however_it_is_escaped(
    spell: Callable[[str], str], credential: str
) -> None:
    """By JSON once or twice, by Python, in a URL, in HTML; what stands around it is kept."""
    redacted = Redactor([credential])(f"x={spell(credential)}; 100% & more")

    assert re.sub(r"[\"'\\]", "", redacted) == "x=[redacted]; 100% & more"


def test_escaped_credentials_that_overlap_are_both_replaced() -> None:
    """One ends where another has begun, or holds it."""
    redact = Redactor(["abc/def", "def/ghi", "c/def/g"])

    assert redact(r"1 abc\/def\/ghi 2 abc\/def 3 def\/ghi") == (
        "1 [redacted] 2 [redacted] 3 [redacted]"
    )


@given(st.text('\\"/%&#;ux04aé😀\n-'), st.sampled_from(SPELLINGS), st.text("\\%&u0a"))
def test_no_escaped_credential_is_left(
    credential: str, spell: Callable[[str], str], around: str
) -> None:
    """Whatever it is made of, and whatever stands around it that looks like an escape."""
    credential = f"sk-live{credential}"
    spelled = spell(credential)

    assert spelled not in Redactor([credential])(f"{around} {spelled} {around}")


@given(st.text('\\"/%&#;ux04aé😀\n-'))
def test_a_text_without_credentials_is_kept(text: str) -> None:
    """Escapes are undone in order to look, and in nothing else."""
    assert Redactor(["not-in-there"])(text) == text


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "apiKey", "API-KEY", "x-api-key", "Authorization", "x-auth", "X-Auth-Token"),
        *("x-session", "sessionId", "Cookie", "set-cookie", "password", "passwd", "db_pwd"),
        *("client_secret", "private_key_id", "aws_session_token", "jwt", "x-signature", "bearer"),
        *("credentials", "vertex_service_account_json", "x-portkey-api-key", "subscription key"),
    ],
)
def test_a_secret_name_is_known_in_every_spelling(name: str) -> None:
    """What stands under it is a credential."""
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    ["x-portkey-provider", "x-portkey-trace-id", "author", "authority", "x-team", "model", ""],
)
def test_another_name_is_none(name: str) -> None:
    """Though it may look like one: Portkey's own name holds a "key"."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"api_key": "abcdef"}, {"abcdef"}),
        ({"targets": [{"apiKey": "abcdef"}, {"x": 1}]}, {"abcdef"}),
        (
            {"api_key": {"value": "abcdef", "more": ["ghijkl", {"deep": 123456}]}},
            {"abcdef", "ghijkl", "123456"},
        ),
        ({"token": 12345678, "pin": True}, {"12345678"}),
        ({"max_tokens": 1_000_000, "tokens": ["abcdef"]}, {"abcdef"}),
        ({"account": json.dumps({"private_key": "abcdef", "type": "x"})}, {"abcdef"}),
        ({"headers": json.dumps([json.dumps({"x-auth": "abcdef"})])}, {"abcdef"}),
        ({"authorization": "Bearer abcdef"}, {"Bearer abcdef", "abcdef"}),
        ({"cookie": 'a=abcdef; b="ghijkl"'}, {"abcdef", "ghijkl"}),
        ({"private_key": "-----BEGIN\nabcdef\n"}, {"abcdef"}),
        ({"provider": "openai", "retry": {"attempts": 3}}, set()),
        ("{broken", set()),
        ("[" * 100_000, set()),
        (None, set()),
    ],
)
def test_all_that_stands_under_a_secret_name_is_secret(value: Any, found: set[str]) -> None:
    """However deep, whatever its type, and inside text that is JSON itself."""
    secrets = set(secrets_in(value))

    assert secrets >= found
    assert bool(secrets) == bool(found)


def test_a_redactor_learns_of_another_credential() -> None:
    """The one that it came from does not."""
    redact = Redactor(["abcdef"])
    more = redact.including("Bearer ghijkl")

    assert more("abcdef Bearer ghijkl, ghijkl") == "[redacted] [redacted], [redacted]"
    assert redact("abcdef ghijkl") == "[redacted] ghijkl"


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_redactor_is_never_copied(duplicate: Callable[[object], object]) -> None:
    """A copy in a file or another process would carry the credentials along."""
    with pytest.raises(TypeError, match="not copied or pickled"):
        duplicate(Redactor([SECRET]))


def test_a_redactor_does_not_show_what_it_looks_for() -> None:
    """Its repr holds no credential."""
    assert SECRET not in repr(Redactor([SECRET]))


# --- What was cut -----------------------------------------------------------------------------

ESCAPES: list[Callable[[str], str]] = [
    str,
    lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    lambda text: "".join(f"\\\\u{ord(char):04X}" for char in text),
    lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    lambda text: "".join(f"%{ord(char):02x}" for char in text),
    lambda text: "".join(f"&#{ord(char)};" for char in text),
    lambda text: text.replace("-", "\\u002d"),
]


@pytest.mark.parametrize("escape", ESCAPES, ids=range(len(ESCAPES)))
def test_what_a_cut_leaves_of_a_credential_goes_too(escape: Callable[[str], str]) -> None:
    """Wherever the cut is, and however the credential is escaped."""
    redact = Redactor([SECRET, "another-credential"])
    escaped = escape(SECRET)
    for end in range(len(escaped) + 1):
        shown = redact.cut(f"wrong key {escaped[:end]}")

        assert shown.startswith("wrong key ")
        left = re.sub(r"\\+u00|\\+x|%|&#|;", "", shown)
        for written in (SECRET, *(code(SECRET) for code in (_hex, _decimal))):
            assert written[:12] not in left
        if end == len(escaped):
            assert shown == "wrong key [redacted]"


def _hex(text: str) -> str:
    return "".join(f"{ord(char):02x}" for char in text)


def _decimal(text: str) -> str:
    return "".join(str(ord(char)) for char in text)


@pytest.mark.parametrize("text", ["", "sk", "all is well", "it ends in s", "a\ufffd", "100%"])
def test_a_cut_text_without_a_credential_stays_as_it_is(text: str) -> None:
    """A letter or two are no part of one."""
    assert Redactor([SECRET]).cut(text) == text
    assert Redactor([]).cut(text) == text
    assert Redactor([SECRET]).cut(f"{SECRET} {text}") == f"[redacted] {text}"
