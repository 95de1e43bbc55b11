"""Business units, their divisions, and what their people may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.documents import reference, store_reference
from commerce_sandbox.shop.moments import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_sandbox.shop.model import Document
    from commerce_sandbox.shop.past import Past

_ROLES = {
    "buyer": ("Buyer", True, ["CreateMyCarts", "ViewMyCarts", "CreateMyOrdersFromMyCarts", "ViewMyOrders"]),
    "approver": ("Approver", False, ["ViewOthersOrders", "UpdateApprovalFlows"]),
    "admin": ("Administrator", False, ["UpdateAssociates", "UpdateBusinessUnitDetails", "AddChildUnits"]),
}
_COMPANIES = ("Alpenverein Musterstadt", "Exemple Randonnée SARL", "Example Outfitters Ltd", "Kletterhalle Beispiel")


def associate_roles(past: Past) -> list[Document]:
    """Return the roles that people can have in a business unit."""
    return [
        past.head() | {"key": key, "name": name, "buyerAssignable": assignable, "permissions": permissions}
        for key, (name, assignable, permissions) in _ROLES.items()
    ]


def business_units(past: Past, customers: Sequence[Document]) -> list[Document]:
    """Return a company per hundred customers, two at least; every second one has a division."""
    documents = []
    for place in range(max(2, len(customers) // 100)):
        company = _company(past, place, customers)
        documents.append(company)
        if place % 2 == 0:
            documents.append(_division(past, company, customers))
    return documents


def _company(past: Past, place: int, customers: Sequence[Document]) -> Document:
    name = _COMPANIES[place % len(_COMPANIES)]
    members: Document = {
        "key": f"company-{place + 1}",
        "name": f"{name} {place + 1}",
        "unitType": "Company",
        "contactEmail": f"office{place + 1}@company.shop.example",
        "stores": [store_reference("de-web" if place % 2 == 0 else "fr-web")],
        "storeMode": "Explicit",
        "associateMode": "Explicit",
        "approvalRuleMode": "Explicit",
        "topLevelUnit": {"typeId": "business-unit", "key": f"company-{place + 1}"},
    }
    return _unit(past, members, customers, None)


def _division(past: Past, company: Document, customers: Sequence[Document]) -> Document:
    parent = {"typeId": "business-unit", "key": company["key"]}
    members: Document = {
        "key": f"{company['key']}-purchasing",
        "name": f"{company['name']}, purchasing",
        "unitType": "Division",
        "inheritedStores": company["stores"],
        "storeMode": "FromParent",
        "associateMode": "ExplicitAndFromParent",
        "approvalRuleMode": "ExplicitAndFromParent",
        "parentUnit": parent,
        "topLevelUnit": parent,
    }
    return _unit(past, members, customers, read(company["createdAt"]))


def _unit(past: Past, members: Document, customers: Sequence[Document], since: int | None) -> Document:
    dice = past.dice
    address = {"id": f"aDr{dice.code(8)}", "country": "DE", "city": "Köln", "postalCode": "50667", "key": "office"}
    associates = [
        {
            "customer": reference("customer", customer["id"]),
            "associateRoleAssignments": [
                {
                    "associateRole": {"typeId": "associate-role", "key": dice.pick(tuple(_ROLES))},
                    "inheritance": "Disabled",
                }
            ],
        }
        for customer in dice.sample(customers, dice.between(1, 3))
    ]
    return past.head(since) | {
        "status": "Inactive" if dice.chance(0.15) else "Active",
        "addresses": [address],
        "shippingAddressIds": [address["id"]],
        "billingAddressIds": [address["id"]],
        "defaultShippingAddressId": address["id"],
        "associates": associates,
        **members,
    }
