"""Values as Dotdigital takes them: contact data fields and Insight properties."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mapper_commercetools.money import amount, divide_half_even
from mapper_commercetools.timestamps import iso_text

if TYPE_CHECKING:
    from decimal import Decimal

    from mapper_commercetools.custom_fields import FieldValue
    from mapper_commercetools.money import Money

_MOST_DECIMALS = 2
_LONGEST_TEXT = 1000


def as_number(units: int, digits: int) -> Decimal:
    """Return `units / 10 ** digits` with at most two decimals, which is what Insight numbers should have.

    Exact for every currency of up to two decimals; more are rounded half-even.
    """
    if digits <= _MOST_DECIMALS:
        return amount(units, digits)
    return amount(divide_half_even(units, 10 ** (digits - _MOST_DECIMALS)), _MOST_DECIMALS)


def money_as_number(money: Money | None) -> Decimal | None:
    """Return an amount as `as_number` does; None for none."""
    return None if money is None else as_number(money.units, money.digits)


def own_field(value: FieldValue) -> Any:  # noqa: ANN401  a JSON value
    """Return one of the shop's fields as a JSON scalar: lists are joined by commas, text is cut at 1,000 characters."""
    if isinstance(value, datetime):
        return iso_text(value)
    if isinstance(value, tuple):
        return clipped(", ".join(value))
    return clipped(value) if isinstance(value, str) else value


def clipped(value: str) -> str:
    """Return text no longer than a data field and an Insight property hold."""
    return value[:_LONGEST_TEXT]


def without_absent(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that are known and no empty containers.

    Insight data fixes a property's type by its first value: a null or an empty list could fix a wrong one.
    """
    return {name: value for name, value in properties.items() if value or not (value is None or value in ({}, []))}
