"""What servers say, made fit to be read: decoded, and cleaned for messages and logs."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE

#: UTF-32's begin as UTF-16's do, so they come first.
_MARKS = (
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF8, "utf-8-sig"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
_WIDE = re.compile(r"utf-?(16|32)([-_]?[bl]e)?")
#: Encodings of texts alone: Python finds others by name too, such as punycode and unicode_escape.
_NARROW = re.compile(
    r"(iso-?8859|windows|cp|latin)[-_]?[0-9]{1,4}|koi8[-_][ru]|shift_jis|euc[-_](jp|kr)|gbk"
)


def decoded(body: bytes, content_type: str = "") -> str:
    """Decode a body, whatever it holds.

    A byte-order mark decides, then a charset that is UTF-16 or UTF-32, then whether it is UTF-8
    (RFC 8259, section 8.1), then any other charset.

    Args:
        body: The bytes.
        content_type: The header, perhaps with a charset.

    Returns:
        The text, with U+FFFD for what cannot be decoded.
    """
    encoding = _wide(body, content_type)
    if encoding is None:
        try:
            return body.decode()
        except UnicodeDecodeError:
            charset = _charset(content_type)
            encoding = charset if _NARROW.fullmatch(charset) else "utf-8"
    try:
        return body.decode(encoding, errors="replace") or body.decode(errors="replace")
    except LookupError:  # no such code page
        return body.decode(errors="replace")


def as_utf8(body: bytes, content_type: str) -> bytes:
    """Give a body as UTF-8 without a mark, as it nearly always is."""
    if _wide(body, content_type) is None:
        return body
    return decoded(body, content_type).encode(errors="replace")


def _wide(body: bytes, content_type: str) -> str | None:
    """Give the encoding that a mark or the charset names; None for one that extends ASCII."""
    if body[:1] in {b"\xef", b"\xff", b"\xfe", b"\0"}:
        for mark, encoding in _MARKS:
            if body.startswith(mark):
                return encoding
    if "utf-" not in content_type.lower() or "utf-8" in content_type.lower():
        return None
    charset = _charset(content_type)
    return charset if _WIDE.fullmatch(charset) else None


def clean(text: str) -> str:
    """Make a text of a server fit for a message or a log: one line, printable and encodable."""
    if text.isprintable():
        return text
    text = " ".join(text.split())
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def _charset(content_type: str) -> str:
    _, _, parameters = content_type.lower().partition("charset=")
    return parameters.partition(";")[0].strip(" \"'")
