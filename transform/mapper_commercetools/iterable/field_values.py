"""Values as Iterable keeps their types apart.

Iterable fixes a field's type by the first value it ever sees, so amounts always have a decimal point (`10.0`, never
`10`), counts never have one, ids are text, and dates have one form.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mapper_commercetools.money import Money, amount
from mapper_commercetools.timestamps import iterable_text

if TYPE_CHECKING:
    from mapper_commercetools.custom_fields import FieldValue


def as_double(units: int, digits: int) -> Decimal:
    """Return `units / 10 ** digits` exactly, with at least one decimal: 14000 yen are `14000.0`."""
    return amount(units, digits) if digits else amount(units * 10, 1)


def money_as_double(money: Money | None) -> Decimal | None:
    """Return an amount as `as_double` does; None for none."""
    return None if money is None else as_double(money.units, money.digits)


def own_field(value: FieldValue) -> Any:  # noqa: ANN401  a JSON value
    """Return one of the shop's fields as a JSON value: every number is a double, since the platform's are."""
    if isinstance(value, datetime):
        return iterable_text(value)
    if isinstance(value, Decimal):
        return Decimal(f"{value}.0") if value.as_tuple().exponent == 0 else value
    return list(value) if isinstance(value, tuple) else value


def without_absent(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are known."""
    return {name: value for name, value in fields.items() if value is not None}
