"""Values as people read them: times without T and Z, grouped amounts, short ids, text in its own direction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import msgspec
from markupsafe import Markup, escape
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

Tone = Literal["good", "waiting", "bad", "quiet"]

_IDENTIFIER_OR_TIME = re.compile(
    r"(?P<identifier>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|\b(?P<date>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?(?:Z|\+00:00))?(?![\d:+-])",
    re.ASCII | re.IGNORECASE,
)
_MONEY = re.compile(r"(?P<number>-?\d+(?:\.\d+)?) (?P<currency>[A-Z]{3})", re.ASCII)
_MIDNIGHT = "00:00:00"
_LONGEST_UNBROKEN = 40
_SHORTENED = "12345678\N{HORIZONTAL ELLIPSIS}"
_WHOLE_NUMBERS_UP_TO = 1e15
_WITHOUT_MINOR_UNIT = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})


@dataclass(frozen=True, slots=True)
class ColouredWord:
    """A status: the word says it, the colour repeats it.

    Attributes:
        word: The status.
        tone: How good it is.
    """

    word: str
    tone: Tone

    @override
    def __str__(self) -> str:
        """Return the word, which is what a search looks at."""
        return self.word


def amount_text(value: object, currency: object = None) -> object:
    """Return a number as an amount of money, with two decimals or all it has; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    exact = Decimal(str(value))
    exponent = exact.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    if decimals <= 1 and exact == exact.to_integral_value():
        decimals = 0
    code = currency if isinstance(currency, str) else ""
    at_least = 0 if code in _WITHOUT_MINOR_UNIT else 2
    return f"{exact:.{max(decimals, at_least)}f} {code}".rstrip()


def item_line(quantity: object, name: object, price: object, currency: object = None) -> str:
    """Return a bought item in a line."""
    return f"{number_text(quantity)} x {name} at {amount_text(price, currency)}"


def number_text(value: object) -> str:
    """Return a number without the ``.0`` of a whole one; anything else as text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE_NUMBERS_UP_TO:
        return str(int(value))
    return str(value)


def text_markup(text: str) -> Markup:
    """Return a text as HTML that keeps its direction to itself.

    Amounts are grouped, times are written ``2026-11-01 10:00:00`` (midnight: the date only), and of UUIDs the style
    sheet shows the beginning; titles hold what was there.
    """
    money = _MONEY.fullmatch(text)
    if money:
        return Markup('<span class="whole">{:,} {}</span>').format(Decimal(money["number"]), money["currency"])
    unbroken = " " not in text and len(_IDENTIFIER_OR_TIME.sub(_SHORTENED, text)) <= _LONGEST_UNBROKEN
    opening = Markup('<bdi class="whole">') if unbroken else Markup("<bdi>")
    return opening + Markup("").join(_marked(text)) + Markup("</bdi>")


def is_numeric(value: object) -> bool:
    """Tell whether a value belongs in a column aligned at its right end."""
    if isinstance(value, str):
        return _MONEY.fullmatch(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def register(environment: Environment) -> None:
    """Give the templates this module's filters (text_markup, number_text, grouped, json_text) and test (coloured)."""
    environment.filters["json_text"] = _json_text
    environment.filters["grouped"] = "{:,}".format
    environment.filters["text_markup"] = text_markup
    environment.filters["number_text"] = number_text
    environment.tests["coloured"] = lambda value: isinstance(value, ColouredWord)


def _json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _marked(text: str) -> Iterator[Markup]:
    end = 0
    for match in _IDENTIFIER_OR_TIME.finditer(text):
        yield escape(text[end : match.start()])
        if match["identifier"]:
            yield Markup('<span class="id" title="{0}">{0}</span>').format(match[0])
        else:
            shown = match["date"] if match["clock"] == _MIDNIGHT else f"{match['date']} {match['clock']}"
            yield Markup('<time title="{}">{}</time>').format(match[0], shown)
        end = match.end()
    yield escape(text[end:])
