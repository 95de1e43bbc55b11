"""Query predicates as written: from text to a tree.

commercetools: comparisons, ``and``, ``or``, ``not (...)``, ``in``, ``contains all/any``, ``is [not] empty``,
``is [not] defined``, ``field(...)`` to descend, ``:name`` for a variable. Field names with a hyphen or a digit in
front stand in backticks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool


class PredicateError(Exception):
    """The predicate cannot be used; the text says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a predicate.

    Attributes:
        value: The value.
        untyped: It came from a variable: its text stands for whatever type the field has.
    """

    value: Scalar
    untyped: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field operator literal``; the operator is one of ``= != < <= > >=``."""

    field: str
    operator: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class Membership:
    """``field in (...)`` or ``field not in (...)``."""

    field: str
    literals: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Containment:
    """``field contains all (...)`` or ``field contains any (...)``."""

    field: str
    literals: tuple[Literal, ...]
    all_of_them: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """``field is defined`` or ``field is empty``, each also with ``not``."""

    field: str
    state: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Descent:
    """``field(...)``: the inner predicate holds for the object, or for any object of the array."""

    field: str
    inner: Predicate


@dataclass(frozen=True, slots=True)
class Negation:
    """``not (...)``."""

    inner: Predicate


@dataclass(frozen=True, slots=True)
class Conjunction:
    """All parts hold."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """At least one part holds."""

    parts: tuple[Predicate, ...]


Predicate = Comparison | Membership | Containment | Presence | Descent | Negation | Conjunction | Alternative


def parse_predicate(text: str, variables: Mapping[str, Sequence[str]]) -> Predicate:
    """Parse a predicate and put the variables' values in.

    Args:
        text: The predicate as it came in ``where``.
        variables: Values of the ``var.NAME`` parameters, by name.

    Raises:
        PredicateError: If the text is malformed, a variable has no value, or a construct is not emulated.
    """
    return _Parser(text, variables).whole()


def fields_of(predicate: Predicate) -> frozenset[str]:
    """Return the fields that a predicate asks for, on its own level (not inside ``field(...)``)."""
    if isinstance(predicate, (Conjunction, Alternative)):
        return frozenset().union(*(fields_of(part) for part in predicate.parts))
    if isinstance(predicate, Negation):
        return fields_of(predicate.inner)
    return frozenset({predicate.field})


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | `(?P<quoted>[^`]+)`
      | :(?P<variable>[A-Za-z0-9]+)
      | (?P<operator><=|>=|<>|!=|=|<|>)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "contains", "is", "within", "true", "false"})
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int

    def is_word(self, word: str) -> bool:
        return self.kind == "name" and self.text.lower() == word


class _Parser:
    def __init__(self, text: str, variables: Mapping[str, Sequence[str]]) -> None:
        self._text = text
        self._variables = variables
        self._tokens = self._tokenized()
        self._next = 0
        self._depth = 0

    def whole(self) -> Predicate:
        predicate = self._alternative()
        if self._token().kind != "end":
            self._fail("expected 'and', 'or' or end of input")
        return predicate

    def _tokenized(self) -> list[_Token]:
        tokens: list[_Token] = []
        position, end = 0, len(self._text.rstrip())
        while position < end:
            found = _TOKEN.match(self._text, position)
            if found is None or found.lastgroup is None:
                start = position + len(self._text[position:]) - len(self._text[position:].lstrip())
                raise PredicateError(self._located(f"Invalid input '{self._text[start]}'", start))
            start = found.start(found.lastgroup)
            tokens.append(_Token(found.lastgroup, found.group(found.lastgroup), start))
            position = found.end()
        tokens.append(_Token("end", "", end))
        return tokens

    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _take_word(self, word: str) -> bool:
        if self._token().is_word(word):
            self._next += 1
            return True
        return False

    def _take_mark(self, mark: str) -> bool:
        if self._token().kind == "mark" and self._token().text == mark:
            self._next += 1
            return True
        return False

    def _need_mark(self, mark: str) -> None:
        if not self._take_mark(mark):
            self._fail(f"expected '{mark}'")

    def _alternative(self) -> Predicate:
        parts = [self._conjunction()]
        while self._take_word("or"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else Alternative(tuple(parts))

    def _conjunction(self) -> Predicate:
        parts = [self._condition()]
        while self._take_word("and"):
            parts.append(self._condition())
        return parts[0] if len(parts) == 1 else Conjunction(tuple(parts))

    def _condition(self) -> Predicate:
        if self._take_word("not"):
            self._need_mark("(")
            return Negation(self._inside_brackets())
        if self._take_mark("("):
            return self._inside_brackets()
        token = self._token()
        if token.kind != "quoted" and (token.kind != "name" or token.text.lower() in _KEYWORDS):
            self._fail("expected a field, 'not' or '('")
        return self._field_condition(self._take().text)

    def _inside_brackets(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"expected at most {_DEEPEST} brackets inside each other")
        predicate = self._alternative()
        self._need_mark(")")
        self._depth -= 1
        return predicate

    def _field_condition(self, field: str) -> Predicate:
        if self._take_mark("("):
            return Descent(field, self._inside_brackets())
        if self._token().kind == "operator":
            operator = self._take().text
            return Comparison(field, "!=" if operator == "<>" else operator, self._literal())
        if self._token().is_word("in") or self._token().is_word("not"):
            return self._membership(field)
        if self._take_word("contains"):
            return self._containment(field)
        if self._take_word("is"):
            return self._presence(field)
        if self._token().is_word("within"):
            self._fail("'within circle' is not emulated; expected another condition")
        return self._fail("expected '(', comparison operator, not, in, contains or is")

    def _membership(self, field: str) -> Predicate:
        negated = self._take_word("not")
        if not self._take_word("in"):
            self._fail("expected 'in'")
        return Membership(field, self._literals(), negated)

    def _containment(self, field: str) -> Predicate:
        if self._take_word("all"):
            return Containment(field, self._literals(), all_of_them=True)
        if self._take_word("any"):
            return Containment(field, self._literals(), all_of_them=False)
        return self._fail("expected 'all' or 'any'")

    def _presence(self, field: str) -> Predicate:
        negated = self._take_word("not")
        for state in ("defined", "empty"):
            if self._take_word(state):
                return Presence(field, state, negated)
        return self._fail("expected 'defined' or 'empty'")

    def _literals(self) -> tuple[Literal, ...]:
        if self._token().kind == "variable":
            return tuple(Literal(value, untyped=True) for value in self._values_of(self._take()))
        self._need_mark("(")
        literals = [self._literal()]
        while self._take_mark(","):
            literals.append(self._literal())
        self._need_mark(")")
        return tuple(literals)

    def _literal(self) -> Literal:
        token = self._token()
        if token.kind == "string":
            return Literal(_unescaped(self._take().text))
        if token.kind == "number":
            text = self._take().text
            return Literal(int(text) if text.lstrip("-").isdigit() else float(text))
        if token.kind == "variable":
            values = self._values_of(self._take())
            if len(values) != 1:
                message = f"The variable ':{token.text}' has {len(values)} values where one is wanted."
                raise PredicateError(message)
            return Literal(values[0], untyped=True)
        for word, value in (("true", True), ("false", False)):
            if self._take_word(word):
                return Literal(value)
        return self._fail("expected a value")

    def _values_of(self, token: _Token) -> Sequence[str]:
        if token.text not in self._variables:
            message = f"The variable ':{token.text}' has no value; the parameter 'var.{token.text}' is missing."
            raise PredicateError(message)
        return self._variables[token.text]

    def _fail(self, expectation: str) -> NoReturn:
        token = self._token()
        found = "Unexpected end of input" if token.kind == "end" else f"Invalid input '{token.text[:1]}'"
        raise PredicateError(self._located(f"{found}, {expectation}", token.position))

    def _located(self, problem: str, position: int) -> str:
        before = self._text[:position]
        line_start = before.rfind("\n") + 1
        line = self._text[line_start:].partition("\n")[0]
        row, column = before.count("\n") + 1, position - line_start + 1
        return (
            f"Syntax error while parsing 'where'. {problem} (line {row}, column {column}):\n"
            f"{line}\n{' ' * (column - 1)}^"
        )


def _unescaped(quoted: str) -> str:
    def plain(found: re.Match[str]) -> str:
        escaped = found.group(1)
        return chr(int(escaped[1:], 16)) if len(escaped) > 1 else _ESCAPED.get(escaped, escaped)

    return _ESCAPE.sub(plain, quoted[1:-1])
