"""What is gone from the shop, as the stream `deletions` tells it, and what that means at a destination.

Deletions of customers have an action that the settings choose; products and variants that are gone leave the catalogue.
Anything else that is gone stays at the destination: an order was placed even if it was deleted, and a cart that is
missing has mostly expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mapper_commercetools.outcomes import RejectRecordError, SkipRecordError
from mapper_commercetools.people import read_email
from mapper_commercetools.source_values import Record, required_id, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PersonAction = Literal["ignore", "unsubscribe", "delete", "forget"]
UnpublishedAction = Literal["keep", "remove"]

_CHANGES = frozenset({"deleted", "erased", "unpublished", "deleted_in_draft", "missing"})
_ACTIONS = ["ignore", "unsubscribe", "delete", "forget", None]
_CUSTOM_IDENTIFIER = r"^[-A-Za-z0-9_]{1,50}$"
_STANDARD_IDENTIFIERS = frozenset({"email", "mobilenumber", "contactid"})

DELETIONS_SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "What happens at the destination when something is gone from the shop, from the stream `deletions`. "
    "Left out, nothing does; `{}` takes the defaults",
    "additionalProperties": False,
    "properties": {
        "customers": {
            "enum": _ACTIONS,
            "default": "ignore",
            "description": "A customer was deleted: `ignore` leaves the person as it is, `unsubscribe` from all "
            "e-mail, `delete` the person, `forget` also keeps data of the person from being collected again "
            "(in Dotdigital with the loader's setting `erased_people_path`)",
        },
        "erased": {
            "enum": _ACTIONS,
            "default": "forget",
            "description": "A customer was deleted with all personal data, as the right to erasure asks: likewise",
        },
        "unpublished": {
            "enum": ["keep", "remove", None],
            "default": "keep",
            "description": "A product was unpublished: `keep` its catalogue entry, which its own record makes "
            "`Disabled`, or `remove` it",
        },
        "dotdigital_identifier": {
            "type": ["string", "null"],
            "pattern": _CUSTOM_IDENTIFIER,
            "description": "Dotdigital: name of a custom identifier under which contacts have their commercetools "
            "customer id. Without it only a deleted customer's address tells the contact, and an erased one has none",
        },
    },
}
"""JSON Schema of the setting `deletions`."""


@dataclass(frozen=True, slots=True)
class DeletionRules:
    """What deletions mean at the destination.

    Attributes:
        customers: Action for customers that were deleted, or found missing.
        erased: Action for customers whose personal data was erased with them.
        unpublished: What becomes of the catalogue entries of an unpublished product.
        dotdigital_identifier: Custom identifier of contacts that holds the customer id.
    """

    customers: PersonAction
    erased: PersonAction
    unpublished: UnpublishedAction
    dotdigital_identifier: str | None


def compile_deletion_rules(section: Mapping[str, Any], path: str) -> DeletionRules:
    """Compile the setting `deletions`, which fits its schema.

    Args:
        section: The setting; empty for the defaults.
        path: The setting's path, for error texts, for example `mapper.config.deletions`.

    Raises:
        ValueError: If the custom identifier has the name of a standard one.
    """
    identifier = section.get("dotdigital_identifier")
    if identifier is not None and identifier.lower() in _STANDARD_IDENTIFIERS:
        message = f"{path}.dotdigital_identifier: this identifier is no custom one; name one that holds customer ids"
        raise ValueError(message)
    return DeletionRules(
        customers=section.get("customers") or "ignore",
        erased=section.get("erased") or "forget",
        unpublished=section.get("unpublished") or "keep",
        dotdigital_identifier=identifier,
    )


@dataclass(frozen=True, slots=True)
class GoneCustomer:
    """A customer that is gone, and what is to be done.

    Attributes:
        id: UUID; None only if it cannot be read.
        email: The address the customer had, only if it is known to be nobody else's now.
        why_no_email: Why there is no address to go by; None if there is one.
        action: What is to be done; never `ignore`.
    """

    id: str | None
    email: str | None
    why_no_email: str | None
    action: Literal["unsubscribe", "delete", "forget"]


@dataclass(frozen=True, slots=True)
class GoneEntries:
    """Catalogue entries that are to be removed: their ids."""

    ids: tuple[str, ...]


def read_deletion(deletion: Record, rules: DeletionRules, *, per_variant: bool) -> GoneCustomer | GoneEntries:
    """Read a record of the stream `deletions` and tell what it means.

    Args:
        deletion: The record.
        rules: The settings.
        per_variant: Whether catalogue entries are variants instead of products.

    Raises:
        RejectRecordError: If it has no id, or tells a change that is not known.
        SkipRecordError: If nothing is to be done; the text says by which rule.
    """
    identifier, change = required_id(deletion), text(deletion, "change")
    if change not in _CHANGES:
        message = "change: missing or not one that this mapper knows, so what happened is not clear"
        raise RejectRecordError(message)
    kind = text(deletion, "resourceTypeId")
    if kind == "customer":
        erased = change == "erased"
        gone = _customer(deletion, rules, erased=erased)
        if gone is None:
            message = f"resourceTypeId: customer, and setting deletions.{'erased' if erased else 'customers'} is ignore"
            raise SkipRecordError(message)
        return gone
    if change == "unpublished" and rules.unpublished == "keep":
        message = "change: unpublished, and setting deletions.unpublished keeps such entries"
        raise SkipRecordError(message)
    if kind == "product":
        return GoneEntries(_entries_of_product(deletion, identifier, per_variant=per_variant))
    if kind == "variant":
        return GoneEntries((_entry_of_variant(identifier, change, per_variant=per_variant),))
    message = "resourceTypeId: only customers, products and variants that are gone change anything at the destination"
    raise SkipRecordError(message)


def read_gone_customer(deletion: Record, rules: DeletionRules) -> GoneCustomer | None:
    """Read which customer is gone, be it without an id; None if it is none, or nothing is to be done."""
    change = text(deletion, "change")
    if change not in _CHANGES or text(deletion, "resourceTypeId") != "customer":
        return None
    return _customer(deletion, rules, erased=change == "erased")


def _customer(deletion: Record, rules: DeletionRules, *, erased: bool) -> GoneCustomer | None:
    action = rules.erased if erased else rules.customers
    if action == "ignore":
        return None
    identifier, email = text(deletion, "id"), read_email(deletion, "email")
    if email is None:
        return GoneCustomer(identifier, None, "email: not told, or erased with the customer", action)
    # The address of a deleted account can be another customer's by now, and only the platform knows.
    if deletion.get("emailIsFree") is True:
        return GoneCustomer(identifier, email, None, action)
    return GoneCustomer(
        identifier, None, "emailIsFree: not true, so the address may be another customer's by now", action
    )


def _entries_of_product(deletion: Record, identifier: str, *, per_variant: bool) -> tuple[str, ...]:
    if not per_variant:
        return (identifier,)
    numbers = [number for number in _list(deletion.get("variantIds")) if type(number) is int]
    if not numbers:
        message = "variantIds: missing, and catalogue entries are variants (setting catalog.item)"
        raise SkipRecordError(message)
    return tuple(f"{identifier}-{number}" for number in numbers)


def _entry_of_variant(identifier: str, change: str, *, per_variant: bool) -> str:
    if not per_variant:
        message = "resourceTypeId: variant, and catalogue entries are products: the product's own record tells"
        raise SkipRecordError(message)
    if change == "deleted_in_draft":
        message = "change: deleted_in_draft, and shoppers see the variant until its product is published"
        raise SkipRecordError(message)
    product, slash, number = identifier.rpartition("/")
    if not (slash and product and number.isascii() and number.isdigit()):
        message = "id: a variant's without its product's, and the catalogue knows variants by both"
        raise SkipRecordError(message)
    return f"{product}-{number}"


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
