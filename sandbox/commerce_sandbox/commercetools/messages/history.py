"""The messages that a shop's history would have left, worked out from how its resources are at the end of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.commercetools.messages.catalogue import CREATED, UPDATED
from commerce_sandbox.commercetools.messages.change import Update
from commerce_sandbox.commercetools.messages.document import message
from commerce_sandbox.commercetools.messages.products import in_modular_catalogue
from commerce_sandbox.commercetools.targets import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from commerce_sandbox.commercetools.messages.change import Payload
    from commerce_sandbox.commercetools.messages.document import ResourceKey
    from commerce_sandbox.commercetools.store import Document

_OUTCOME_OF_ORDERS = ("shipmentState", "paymentState", "returnInfo")
_FOLLOWED = frozenset({"orders", "payments", "products"})
"""Paths whose last change has messages too; of the others only the creation is known."""


def message_history(
    resources: Mapping[str, Mapping[str, Document]], since: str, *, modular: bool
) -> tuple[dict[str, Document], dict[ResourceKey, int]]:
    """Return messages by id, and each resource's last sequence number.

    A resource created since then has the messages of its creation. What became of an order, a payment or a product by
    its last change is told as if it had all happened at that change.

    Args:
        resources: Path to id to resource; not changed.
        since: Timestamp of the earliest message wanted.
        modular: Variants are resources of their own.
    """
    messages: dict[str, Document] = {}
    numbered: dict[ResourceKey, int] = {}
    for path in sorted(CREATED.keys() & resources.keys()):
        for resource in resources[path].values():
            if resource["lastModifiedAt"] < since:
                continue
            told = list(_told(path, resource, since))
            if modular and path == PRODUCTS:
                told = [(shown, kept) for shown, payload in told if (kept := in_modular_catalogue(payload)) is not None]
            created = resource["createdAt"] >= since
            number = 0 if created else max(0, resource["version"] - len(told))
            for shown, payload in told:
                number += 1
                document = message(path, shown, payload, number, shown["lastModifiedAt"])
                messages[document["id"]] = document
            if told:
                numbered[path, resource["id"]] = number
    return messages, numbered


def _told(path: str, resource: Document, since: str) -> Iterator[tuple[Document, Payload]]:
    """Yield the messages about a resource, each with the resource as it was."""
    first = resource | {"version": 1, "lastModifiedAt": resource["createdAt"]}
    imported = path == "orders" and "cart" not in resource
    changed_later = path in _FOLLOWED and not imported and resource["lastModifiedAt"] > resource["createdAt"]
    if changed_later:
        first = _at_first(path, first)
    if resource["createdAt"] >= since:
        yield from ((first, payload) for payload in CREATED[path](first))
    if changed_later:
        yield from ((resource, payload) for payload in UPDATED[path](Update(first, resource)))


def _at_first(path: str, resource: Document) -> Document:
    """Return an order, payment or product as it may have been in the beginning."""
    if path == "payments":
        return resource | {"transactions": []}
    if path == PRODUCTS:
        return resource | {"masterData": {**resource["masterData"], "published": False}}
    order = {name: value for name, value in resource.items() if name not in _OUTCOME_OF_ORDERS}
    if "shippingInfo" in order:
        order["shippingInfo"] = {name: value for name, value in order["shippingInfo"].items() if name != "deliveries"}
    return order | {"orderState": "Open"}
