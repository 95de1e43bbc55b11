"""The platform's shapes in a few words, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.commercetools.store import Document

_DIGITS_OF_AN_ID = 8


def readable(value: object) -> object:
    """Return a value of a resource as text, a number, a list of texts, a flat mapping, or None."""
    if isinstance(value, list):
        return [readable(item) for item in value]
    if not isinstance(value, dict):
        return value
    for marks, written in _SHAPES:
        if marks <= value.keys():
            return written(value)
    return {name: str(part) for name, part in value.items()}


def money(value: Document) -> str:
    """Return an amount of money exactly, with its currency."""
    digits = value["fractionDigits"]
    amount: int = value["preciseAmount"] if "preciseAmount" in value else value["centAmount"]
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**digits)
    decimals = f".{rest:0{digits}d}" if digits else ""
    return f"{sign}{whole}{decimals} {value['currencyCode']}"


def _reference(value: Document) -> str:
    return str(value.get("key") or str(value.get("id", ""))[:_DIGITS_OF_AN_ID])


def _custom_fields(value: Document) -> dict[str, object]:
    return {name: readable(field) for name, field in value["fields"].items()}


def _line_item(value: Document) -> str:
    return f"{value['quantity']} of {value['variant'].get('sku', value['variant'].get('id'))}"


def _variant(value: Document) -> str:
    return str(value.get("sku", value["id"]))


def _transaction(value: Document) -> str:
    return f"{value['type']} {value['state']} {money(value['amount'])}"


_SHAPES: tuple[tuple[set[str], Callable[[Document], object]], ...] = (
    ({"centAmount", "currencyCode", "fractionDigits"}, money),
    ({"typeId"}, _reference),
    ({"type", "fields"}, _custom_fields),
    ({"quantity", "variant"}, _line_item),
    ({"id", "sku"}, _variant),
    ({"type", "state", "amount"}, _transaction),
)
