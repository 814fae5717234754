"""Credentials that cannot be shown by accident."""

import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_async._secrets import Redactor, Sealed

SECRET = "sk-4f9a-do-not-show"


@pytest.mark.parametrize("show", [repr, str, format, "{}".format, "{0!r:>5}".format, "%s".__mod__])
def test_a_sealed_mapping_shows_its_keys_only(show: Callable[[object], str]) -> None:
    """Whatever way it is put into text."""
    shown = show(Sealed(api_key=SECRET, config={"api_key": SECRET}))

    assert shown == "<api_key, config>"


def test_a_sealed_mapping_inside_others_shows_its_keys_only() -> None:
    """A list or a dict of them, as tracebacks show locals, gives nothing away."""
    sealed = Sealed(api_key=SECRET)

    assert repr([sealed, {"it": sealed}]) == "[<api_key>, {'it': <api_key>}]"
    assert repr(Sealed(outer=sealed)) == "<outer>"
    assert repr(Sealed[str]()) == "<>"


def test_a_sealed_mapping_is_a_mapping_like_any_other() -> None:
    """What it holds can be read, changed and compared."""
    sealed = Sealed(a="1")
    sealed["b"] = "2"

    assert sealed == {"a": "1", "b": "2"}
    assert dict(sealed) == {"a": "1", "b": "2"}
    assert sealed.keys() & {"b"} == {"b"}


def test_credentials_are_blotted_out_wherever_they_stand() -> None:
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


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_redactor_is_never_copied(duplicate: Callable[[object], object]) -> None:
    """A copy in a file or another process would carry the credentials along."""
    with pytest.raises(TypeError, match="not copied or pickled"):
        duplicate(Redactor([SECRET]))


def test_a_redactor_does_not_show_what_it_looks_for() -> None:
    """Its repr holds no credential."""
    assert SECRET not in repr(Redactor([SECRET]))
