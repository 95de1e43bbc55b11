"""Reading JSON as other programs write it, of which some is none."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
# An escape and, if it is the first half of a pair, the other half: each is read once, so that time grows with the text.
_ESCAPE = re.compile(
    r"\\(?:u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}|(?P<half>u[Dd][89A-Fa-f][0-9A-Fa-f]{2})|.)",
    re.DOTALL,
)
_REPLACEMENT = r"\ufffd"
# Python reads no longer text as an integer, since the time that takes is quadratic.
_MOST_DIGITS = 4000


class NotFinite(float):
    """`NaN` or an infinity: no number of JSON, so that nothing writes it."""


def decode_json(text: str, on_mended: Callable[[], None] = lambda: None) -> Any:  # noqa: ANN401  any JSON document
    """Read a JSON document; numbers with a decimal point are exact Decimals.

    What Python and others write and read beyond JSON is read too, so that it concerns the record that holds it and not
    the whole input: `NaN` and infinities, half of a surrogate pair, which becomes U+FFFD, and integers of any length,
    which are Decimals if they are very long.

    Args:
        text: The document.
        on_mended: Called if there was half of a surrogate pair.

    Raises:
        ValueError: If it is none.
        RecursionError: If it is nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        mended = _ESCAPE.sub(_mended, text)
        document = json.loads(mended, parse_float=Decimal, parse_int=_whole_number, parse_constant=NotFinite)
        if mended != text:
            on_mended()
        return document


def _mended(escape: re.Match[str]) -> str:
    return _REPLACEMENT if escape["half"] else escape[0]


def _whole_number(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _MOST_DIGITS else Decimal(digits)
