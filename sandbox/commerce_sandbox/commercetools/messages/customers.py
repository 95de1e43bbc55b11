"""What messages say of a changed customer."""

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

_SET = {
    "firstName": "CustomerFirstNameSet",
    "lastName": "CustomerLastNameSet",
    "title": "CustomerTitleSet",
    "dateOfBirth": "CustomerDateOfBirthSet",
    "companyName": "CustomerCompanyNameSet",
    "externalId": "CustomerExternalIdSet",
    "customerGroup": "CustomerGroupSet",
}
"""Members whose message carries just their new value."""


def customer_updated(update: Update) -> Iterator[Payload]:
    """Yield the messages of a changed customer."""
    yield from when_changed(
        update,
        "email",
        lambda new, old: {"type": "CustomerEmailChanged", "email": new, "oldEmail": old},
    )
    if update.after.get("isEmailVerified") and not update.before.get("isEmailVerified"):
        yield {"type": "CustomerEmailVerified"}
    for name, message_type in _SET.items():
        if update.changed(name):
            yield {"type": message_type, **present(**{name: update.after.get(name)})}
    for name, message_type in (
        ("stores", "CustomerStoresSet"),
        ("customerGroupAssignments", "CustomerGroupAssignmentsSet"),
    ):
        old, new = update.lists(name)
        if old != new:
            yield {"type": message_type, name: new, f"old{name[0].upper()}{name[1:]}": old}
    if update.changed("password"):
        yield {"type": "CustomerPasswordUpdated", "reset": False}
    yield from _addresses(update)
    yield from custom_fields(update, "Customer")


def _addresses(update: Update) -> Iterator[Payload]:
    before, after = update.lists("addresses")
    for address in added(before, after):
        yield {"type": "CustomerAddressAdded", "address": address}
    for old, new in kept(before, after):
        if old != new:
            yield {"type": "CustomerAddressChanged", "address": new, "addressRoles": _roles(update.after, new)}
    for address in added(after, before):
        yield {"type": "CustomerAddressRemoved", "address": address, "addressRoles": _roles(update.before, address)}
    by_id = {address.get("id"): address for address in after}
    for role in ("Billing", "Shipping"):
        name = f"{role.lower()}AddressIds"
        old_ids, new_ids = (set(document.get(name, ())) for document in (update.before, update.after))
        for identifier in sorted(new_ids - old_ids):
            if identifier in by_id:
                yield {"type": f"Customer{role}AddressAdded", "address": by_id[identifier]}
        if update.changed(f"default{role}AddressId"):
            default = by_id.get(update.after.get(f"default{role}AddressId"))
            yield {"type": f"CustomerDefault{role}AddressSet", **present(address=default)}


def _roles(customer: Document, address: Document) -> list[str]:
    roles = ("Shipping", "shippingAddressIds"), ("Billing", "billingAddressIds")
    return [role for role, name in roles if address.get("id") in customer.get(name, ())]
