"""Secrets that stand at no fixed place in a record: in messages, each of whose types has fields of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_commercetools.page import Record

_TOKENS_OF_CUSTOMERS = frozenset({"CustomerEmailTokenCreated", "CustomerPasswordTokenCreated"})
"""Types of the messages whose ``value`` lets whoever has it confirm an address or set a password."""
_TOKENS_OF_PAYMENT_METHODS = frozenset({"PaymentMethodInfoTokenSet"})
_WITH_A_PAYMENT_TOKEN = frozenset({"paymentMethodInfo", "paymentMethod"})


def withhold_from_message(message: Record, *, payment_method_tokens: bool = False) -> None:
    """Take out of a message what nobody but the platform's own parts should know.

    Args:
        message: The message, which is changed.
        payment_method_tokens: Whether the tokens of payment methods stay.
    """
    kind = str(message.get("type"))
    if kind in _TOKENS_OF_CUSTOMERS:
        message.pop("value", None)
    customer = message.get("customer")
    if isinstance(customer, dict):
        customer.pop("password", None)
    if payment_method_tokens:
        return
    if kind in _TOKENS_OF_PAYMENT_METHODS:
        message.pop("token", None)
        message.pop("oldToken", None)
    _withhold_payment_method_tokens(message)


def withhold_from_order_edit(edit: Record, *, payment_method_tokens: bool = False) -> None:
    """Take secrets out of the messages that an order edit would lead to.

    Args:
        edit: The order edit, which is changed.
        payment_method_tokens: Whether the tokens of payment methods stay.
    """
    result = edit.get("result")
    payloads = result.get("messagePayloads") if isinstance(result, dict) else None
    for payload in payloads if isinstance(payloads, list) else ():
        if isinstance(payload, dict):
            withhold_from_message(payload, payment_method_tokens=payment_method_tokens)


def _withhold_payment_method_tokens(record: Record) -> None:
    places: list[object] = [record]
    while places:
        place = places.pop()
        if isinstance(place, list):
            places += place
        elif isinstance(place, dict):
            places += place.values()
            for name in _WITH_A_PAYMENT_TOKEN & place.keys():
                if isinstance(place[name], dict):
                    place[name].pop("token", None)
