"""Takes JSON apart where a decoder refuses the whole: along its outermost brackets, however deep or odd what is within.

One row that is no proper JSON (half a surrogate pair, ``NaN``, thousands of brackets) must not hide the 499 beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_LEVELS = 500
"""How deep a row may be nested; Python's own JSON reader gives up somewhere below a thousand."""
MOST_DIGITS = 1_000
"""Digits a number may have; Python itself refuses to read more than 4 300."""

_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(_TEXT + rb'|["\[\]{},]', re.DOTALL)
_TEXTS = re.compile(_TEXT, re.DOTALL)
_NAME = re.compile(rb"\s*(" + _TEXT + rb")\s*:", re.DOTALL)
_OPENING, _CLOSING, _COMMA = frozenset(b"[{"), frozenset(b"]}"), ord(",")
_SURROGATES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_LONG_NUMBER = re.compile(_TEXT + rb"|([0-9]{%d})" % MOST_DIGITS, re.DOTALL)
_STRIDE = 100
_DIGITS = bytes(ord("0") if each in b"0123456789" else 0 for each in range(256))
_NO_BRACKETS = bytes(each for each in range(256) if each not in b"[]{}")


def elements(document: bytes) -> list[bytes]:
    """Return the elements of an array, each as it is written.

    Raises:
        ValueError: If the brackets do not match.
    """
    parts = list(_parts(document, ord("[")))
    return [] if len(parts) == 1 and not parts[0].strip() else parts


def members(document: bytes) -> dict[str, bytes]:
    """Return the members of an object, each as it is written; those whose name cannot be read are left out.

    Raises:
        ValueError: If the brackets do not match.
    """
    found = {}
    for part in _parts(document, ord("{")):
        name = _NAME.match(part)
        if name is not None:
            try:
                found[msgspec.json.decode(name[1], type=str)] = part[name.end() :]
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
    return found


def _parts(document: bytes, opening: int) -> Iterator[bytes]:
    """Yield what stands between the commas within the outermost brackets."""
    depth = begin = 0
    for token in _TOKEN.finditer(document):
        mark, at = document[token.start()], token.start()
        if mark in _OPENING:
            depth += 1
            begin = token.end() if depth == 1 else begin
        elif mark in _CLOSING:
            depth -= 1
        elif token[0] == b'"':
            break  # a text without an end
        if (depth <= 1 and mark == _COMMA) or depth == 0:
            yield document[begin:at]
            begin = token.end()
        if depth == 0:
            break
    is_whole = depth == 0 and document.strip()[:1] == bytes([opening]) and not document[begin:].strip()
    if not is_whole:
        message = "the brackets do not match"
        raise ValueError(message)


def mended(document: bytes) -> bytes:
    """Return JSON in which each half of a surrogate pair that is alone is the replacement character."""
    return _SURROGATES.sub(lambda found: found[0] if found[1] is None else b"\\ufffd", document)


def may_hold_a_long_number(content: bytes) -> bool:
    """Tell at little cost whether there may be a number of more than `MOST_DIGITS` digits, by looking at samples."""
    return b"0" * (MOST_DIGITS // _STRIDE - 1) in content[::_STRIDE].translate(_DIGITS)


def holds_a_long_number(document: bytes) -> bool:
    """Tell whether there is a number of `MOST_DIGITS` digits or more."""
    return any(found[1] is not None for found in _LONG_NUMBER.finditer(document))


def is_too_deep(document: bytes) -> bool:
    """Tell whether more than `MOST_LEVELS` brackets are within each other."""
    # Brackets within texts are seldom; they are taken out only where they are in the way.
    return not _closes(document) and not _closes(_TEXTS.sub(b"", document))


def _closes(document: bytes) -> bool:
    """Tell whether brackets close when pairs without anything between are taken out, `MOST_LEVELS` times at most."""
    brackets = document.translate(None, _NO_BRACKETS)
    for _ in range(MOST_LEVELS):
        before = len(brackets)
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(brackets) == before:
            break
    return not brackets
