"""What messages say of orders and of the payments behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.messages.change import (
    Payload,
    Update,
    added,
    custom_fields,
    kept,
    present,
    when_changed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.commercetools.store import Document

_STATES = {
    "orderState": "OrderStateChanged",
    "shipmentState": "OrderShipmentStateChanged",
    "paymentState": "OrderPaymentStateChanged",
}
_ADDRESSES = {"shippingAddress": "OrderShippingAddressSet", "billingAddress": "OrderBillingAddressSet"}


def order_created(order: Document) -> Iterator[Payload]:
    """Yield the message of a new order: one without a cart was imported, one of a schedule says so."""
    if "recurringOrder" in order:
        recurring = order["recurringOrder"]
        yield {"type": "OrderCreatedFromRecurringOrder", "order": order, "recurringOrderRef": recurring}
    else:
        yield {"type": "OrderCreated" if "cart" in order else "OrderImported", "order": order}


def order_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed order."""
    for name, message_type in _STATES.items():
        old_name = f"old{name[0].upper()}{name[1:]}"
        if update.changed(name) and name in update.after:
            yield {"type": message_type, name: update.after[name], **present(**{old_name: update.before.get(name)})}
    if update.changed("state") and "state" in update.after:
        old_state = present(oldState=update.before.get("state"))
        yield {"type": "OrderStateTransition", "state": update.after["state"], **old_state, "force": False}
    yield from when_changed(
        update,
        "customerEmail",
        lambda new, old: {"type": "OrderCustomerEmailSet", **present(email=new, oldEmail=old)},
    )
    for name, message_type in _ADDRESSES.items():
        if update.changed(name):
            addresses = present(address=update.after.get(name), oldAddress=update.before.get(name))
            yield {"type": message_type, **addresses}
    yield from _payments(update)
    yield from _deliveries(update)
    yield from _returns(update)
    yield from custom_fields(update, "Order")


def _payments(update: Update) -> Iterator[Payload]:
    old, new = (document.get("paymentInfo", {}).get("payments", []) for document in (update.before, update.after))
    for reference in added(old, new):
        yield {"type": "OrderPaymentAdded", "paymentRef": reference}
    for reference in added(new, old):
        yield {"type": "OrderPaymentRemoved", "paymentRef": reference, "removedPaymentInfo": not new}


def _deliveries(update: Update) -> Iterator[Payload]:
    old, new = (document.get("shippingInfo", {}).get("deliveries", []) for document in (update.before, update.after))
    for delivery in added(old, new):
        yield {"type": "DeliveryAdded", "delivery": delivery}
    for before, after in kept(old, new):
        for parcel in added(before.get("parcels", []), after.get("parcels", [])):
            yield {"type": "ParcelAddedToDelivery", "delivery": after, "parcel": parcel}
    for delivery in added(new, old):
        yield {"type": "DeliveryRemoved", "delivery": delivery}


def _returns(update: Update) -> Iterator[Payload]:
    """One return more is an addition; anything else replaces the list."""
    old, new = update.lists("returnInfo")
    if new[: len(old)] == old:
        for return_info in new[len(old) :]:
            yield {"type": "ReturnInfoAdded", "returnInfo": return_info}
    else:
        yield {"type": "ReturnInfoSet", "returnInfo": new}


def payment_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed payment."""
    old, new = update.lists("transactions")
    for transaction in added(old, new):
        yield {"type": "PaymentTransactionAdded", "transaction": transaction}
    for before, after in kept(old, new):
        if before.get("state") != after.get("state"):
            state = {"transactionId": after["id"], "state": after.get("state")}
            yield {"type": "PaymentTransactionStateChanged", **state}
    old_code, new_code = (document.get("paymentStatus", {}).get("interfaceCode") for document in _both(update))
    if old_code != new_code:
        code = {"paymentId": update.after["id"], **present(interfaceCode=new_code)}
        yield {"type": "PaymentStatusInterfaceCodeSet", **code}
    old_state, new_state = (document.get("paymentStatus", {}).get("state") for document in _both(update))
    if old_state != new_state and new_state is not None:
        yield {"type": "PaymentStatusStateTransition", "state": new_state, "force": False}


def _both(update: Update) -> tuple[Document, Document]:
    return update.before, update.after
