"""Reads a line that is nearly JSON: all that can be read, and the places of what cannot.

One record with half a surrogate pair, with NaN or with a number of five thousand digits must neither end a run nor
take along what else it says: a person may have said no in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # there in each Python, unknown to the stubs only
from typing import Any

from delivery.exact_numbers import exact_number

DEEPEST = 100
"""Objects and lists inside one another; real records have a dozen."""
MOST_DIGITS = 400
_LONGEST_NAME = 40

_MOST_STEPS = 8
_NOT_UTF_8 = "a text that is not UTF-8"
_BLANKS = frozenset(" \t\n\r")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
_LITERALS = {"true": True, "false": False, "null": None}
_NEXT_MARK = re.compile(r'["\[\]{}]')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LEFT_OUT = object()


@dataclass(slots=True)
class LenientLine:
    """A line of which not all could be read.

    Attributes:
        value: What could be read.
        faults: Place and kind of what was left out, without any value.
        mended: Whether half surrogate pairs were replaced by U+FFFD.
    """

    value: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    mended: bool = False


class NotNearlyJson(ValueError):
    """A line that is no JSON object, not even with what is tolerated here."""


def read_leniently(line: bytes) -> LenientLine:
    """Read a line.

    Tolerated, and left out with a word about it: NaN and Infinity, numbers of more than 400 digits, what lies deeper
    than 100 objects or lists, texts that are not UTF-8, names that become one. Tolerated and mended: half surrogate
    pairs. Tolerated as they are: control characters in texts.

    Raises:
        NotNearlyJson: If it is something else.
    """
    reader = _Reader(line.decode(errors="surrogateescape"))
    try:
        value = reader.read_all()
    except (ValueError, IndexError):
        raise NotNearlyJson from None
    if not isinstance(value, dict):
        raise NotNearlyJson
    return LenientLine(value, reader.faults, reader.mended)


class _Reader:
    """Goes through a text once; what cannot be read is left out of what holds it."""

    def __init__(self, text: str) -> None:
        self.faults: list[str] = []
        self.mended = False
        self._text = text
        self._at = 0
        self._path: list[str] = []

    def read_all(self) -> object:
        value = self._value()
        self._skip_blanks()
        if self._at != len(self._text):
            raise NotNearlyJson
        return value

    def _value(self) -> object:
        self._skip_blanks()
        character = self._text[self._at]
        if character == '"':
            text, is_utf_8 = self._string()
            return text if is_utf_8 else self._leave_out(_NOT_UTF_8)
        if character not in "{[":
            return self._scalar()
        if len(self._path) >= DEEPEST:
            self._skip_container()
            return self._leave_out(f"more than {DEEPEST} objects or lists inside one another")
        return self._object() if character == "{" else self._list()

    def _object(self) -> dict[str, object]:
        members: dict[str, object] = {}
        as_written: dict[str, str] = {}
        self._at += 1
        if self._closes("}"):
            return members
        while True:
            self._skip_blanks()
            begins = self._at
            name, is_utf_8 = self._string()
            written = self._text[begins : self._at]
            self._expect(":")
            self._path.append(name)
            value = self._value()
            if as_written.setdefault(name, written) != written:
                value = self._leave_out("two members whose names become one")
            if not is_utf_8:
                value = self._leave_out(_NOT_UTF_8)
            self._path.pop()
            if value is not _LEFT_OUT:
                members[name] = value
            if self._closes("}"):
                return members
            self._expect(",")

    def _list(self) -> list[object]:
        entries: list[object] = []
        self._at += 1
        if self._closes("]"):
            return entries
        while True:
            self._path.append("[]")
            value = self._value()
            self._path.pop()
            if value is not _LEFT_OUT:
                entries.append(value)
            if self._closes("]"):
                return entries
            self._expect(",")

    def _string(self) -> tuple[str, bool]:
        """Return a text, mended if need be, and whether it was UTF-8."""
        if self._text[self._at] != '"':
            raise NotNearlyJson
        begins = self._at
        text: str
        text, self._at = scanstring(self._text, self._at + 1, False)  # noqa: FBT003 - takes no keyword
        if _is_unicode(text):
            return text, True
        # A byte that is none stands in the line itself; half a pair is written as an escape.
        is_utf_8 = _is_unicode(self._text[begins : self._at])
        self.mended = self.mended or is_utf_8
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), is_utf_8

    def _scalar(self) -> object:
        for word in _NO_NUMBERS:
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return self._leave_out(f"{word}, which is no number in JSON")
        for word, value in _LITERALS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        match = _NUMBER.match(self._text, self._at)
        if match is None:
            raise NotNearlyJson
        self._at = match.end()
        if match.end() - match.start() > MOST_DIGITS:
            return self._leave_out(f"a number of more than {MOST_DIGITS} digits")
        try:
            return exact_number(match[0]) if match[1] or match[2] else int(match[0])
        except ValueError:
            return self._leave_out(f"a number of more than {MOST_DIGITS} digits")

    def _skip_container(self) -> None:
        """Move past an object or list without looking at what is in it, however deep it goes."""
        depth = 0
        while True:
            mark = _NEXT_MARK.search(self._text, self._at)
            if mark is None:
                raise NotNearlyJson
            self._at = mark.end()
            if mark[0] == '"':
                string = _STRING.match(self._text, mark.start())
                if string is None:
                    raise NotNearlyJson
                self._at = string.end()
                continue
            depth += 1 if mark[0] in "{[" else -1
            if depth == 0:
                return

    def _leave_out(self, kind: str) -> object:
        place = ".".join(name[:_LONGEST_NAME] for name in self._path[:_MOST_STEPS])
        self.faults.append(f"{place}: {kind}")
        return _LEFT_OUT

    def _skip_blanks(self) -> None:
        while self._text[self._at : self._at + 1] in _BLANKS:
            self._at += 1

    def _closes(self, end: str) -> bool:
        self._skip_blanks()
        if self._text[self._at] != end:
            return False
        self._at += 1
        return True

    def _expect(self, mark: str) -> None:
        if not self._closes(mark):
            raise NotNearlyJson


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
