"""What messages and comparisons of ids say about rows that are gone, as records."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Any

from tap_commercetools.product_data import variants_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_commercetools.page import Record

UNPUBLISHED = "ProductUnpublished"
"""The type of the message that a product can no longer be seen by shoppers."""

_VARIANT_OF_PRODUCT = "ProductVariantDeleted"


def deletion_told(message: Mapping[str, Any], addresses_in_use: Collection[str] | None = None) -> Record:
    """Return the record of what a message says is gone.

    commercetools: the message of a variant within a product names the product and carries the variant, and says whether
    it is gone from the draft only (``staged``), which shoppers do not see before it is published; that of a customer
    carries the e-mail address, which is missing if the customer's data was erased with the customer; that of a product
    carries what shoppers saw of it, if they saw anything.

    Args:
        message: A message of one of the types that tell of a deletion.
        addresses_in_use: Which of the addresses that messages carry customers have now, in lower case; None if that is
            not known.
    """
    resource = message["resource"]
    kind = message["type"]
    record: Record = {
        "id": resource["id"],
        "resourceTypeId": resource["typeId"],
        "deletedAt": message["createdAt"],
        "change": "unpublished" if kind == UNPUBLISHED else "deleted",
        "source": "message",
        "version": message.get("resourceVersion"),
        "messageId": message["id"],
    }
    if kind == "CustomerDeleted" and not message.get("email"):
        record["change"] = "erased"
    if kind == _VARIANT_OF_PRODUCT:
        variant = message.get("variant") or {}
        record |= {
            "id": f"{resource['id']}/{variant.get('id')}",
            "resourceTypeId": "variant",
            "change": "deleted_in_draft" if message.get("staged") else "deleted",
            "identifiers": {name: variant[name] for name in ("sku", "key") if variant.get(name)},
        }
        return record
    identifiers = {**(message.get("resourceUserProvidedIdentifiers") or {})}
    if message.get("sku"):
        identifiers.setdefault("sku", message["sku"])
    numbers = [variant["id"] for variant in variants_in(message.get("currentProjection") or {})]
    return {
        **record,
        **_address(message.get("email"), addresses_in_use),
        **({"variantIds": numbers} if numbers else {}),
        **({"identifiers": identifiers} if identifiers else {}),
    }


def _address(email: object, addresses_in_use: Collection[str] | None) -> Record:
    if not isinstance(email, str) or not email:
        return {}
    is_free = {} if addresses_in_use is None else {"emailIsFree": email.lower() not in addresses_in_use}
    return {"email": email, **is_free}


def deletion_noticed(type_id: str, identifier: str, noticed_at: str) -> Record:
    """Return the record of a row that is no longer there.

    Args:
        type_id: What references to such rows say in ``typeId``.
        identifier: The row's id.
        noticed_at: When that was noticed, as text.
    """
    return {
        "id": identifier,
        "resourceTypeId": type_id,
        "deletedAt": noticed_at,
        "change": "missing",
        "source": "sweep",
    }


def packed(identifiers: Iterable[str]) -> str:
    """Return ids as one short text, for a bookmark."""
    return base64.b85encode(zlib.compress("\n".join(sorted(identifiers)).encode(), 9)).decode()


def unpacked(text: str) -> set[str]:
    """Return the ids that `packed` made a text of.

    Raises:
        ValueError: If it is no such text.
    """
    try:
        joined = zlib.decompress(base64.b85decode(text)).decode()
    except (binascii.Error, zlib.error) as error:
        raise ValueError(str(error)) from error
    return set(joined.split("\n")) if joined else set()
