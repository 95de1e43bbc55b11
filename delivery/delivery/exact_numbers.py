"""Numbers with a fraction or an exponent, exactly as they are written."""

from __future__ import annotations

from decimal import Decimal

LARGEST_POWER = 400
"""Beyond what any double holds. Eleven characters such as 1e999999999 take all memory once they are written out."""


def exact_number(text: str) -> Decimal:
    """Return a JSON number that is no plain integer.

    Raises:
        ValueError: If it is larger or smaller than any service takes; the text does not show it.
    """
    number = Decimal(text)
    if abs(number.adjusted()) > LARGEST_POWER:
        message = "a number of more than 400 digits"
        raise ValueError(message)
    return number
