"""The project itself: its settings, stores, channels, customer groups and workflow states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.documents import fixed_reference, head
from commerce_sandbox.shop.markets import MARKETS
from commerce_sandbox.shop.moments import written

if TYPE_CHECKING:
    from commerce_sandbox.shop.model import Document

PROJECT_KEY = "sandbox-shop"
CART_LIFE_DAYS = 90

CUSTOMER_GROUPS = {"regulars": "Regulars", "wholesale": "Wholesale", "staff": "Staff & family"}

INITIAL_LINE_STATE = fixed_reference("state", "Initial")
REVIEW_STATE = fixed_reference("state", "fraud-review")

_STORE_NAMES = {
    "de-web": {"de": "Netzladen Deutschland und Österreich", "en": "Web shop Germany and Austria"},
    "fr-web": {"fr": "Boutique en ligne France", "en": "Web shop France"},
    "uk-web": {"en": "Web shop United Kingdom"},
    "us-web": {"en": "Web shop United States"},
}
_CHANNELS = {
    "warehouse-leipzig": (["InventorySupply", "Primary"], {"de": "Lager Leipzig", "en": "Leipzig warehouse"}),
    "warehouse-ohio": (["InventorySupply"], {"en": "Ohio warehouse"}),
    "outlet": (["ProductDistribution"], {"de": "Fabrikverkauf", "en": "Outlet", "fr": "Déstockage"}),
    "erp": (["OrderExport", "OrderImport"], {"en": "Order system"}),
}
_SUPPLY = {
    "de-web": "warehouse-leipzig",
    "fr-web": "warehouse-leipzig",
    "uk-web": "warehouse-leipzig",
    "us-web": "warehouse-ohio",
}


def project_settings(founded: int) -> Document:
    """Return the project's settings; founded is in milliseconds since the epoch."""
    return {
        "version": 21,
        "key": PROJECT_KEY,
        "name": "Sandbox Shop",
        "countries": ["DE", "AT", "FR", "GB", "US", "JP"],
        "currencies": ["EUR", "GBP", "USD", "JPY"],
        "languages": ["en", "de", "fr"],
        "createdAt": written(founded),
        "messages": {"enabled": True, "deleteDaysAfterCreation": 15},
        "carts": {"deleteDaysAfterLastModification": CART_LIFE_DAYS, "countryTaxRateFallbackEnabled": False},
        "shoppingLists": {"deleteDaysAfterLastModification": 360},
        "inventory": {"releaseExpiredReservations": False},
        "discounts": {"discountCombinationMode": "Stacking"},
        "productCatalogModel": "Classic",
    }


def stores(founded: int) -> list[Document]:
    """Return the four stores; the Japanese market has none."""
    documents = []
    for market in MARKETS:
        if market.store is None:
            continue
        distribution = [fixed_reference("channel", "outlet")] if market.store == "de-web" else []
        documents.append(
            head(fixed_identifier("store", market.store), 4, founded, founded)
            | {
                "key": market.store,
                "name": _STORE_NAMES[market.store],
                "languages": [market.language],
                "countries": [{"code": country} for country in market.countries],
                "distributionChannels": distribution,
                "supplyChannels": [fixed_reference("channel", _SUPPLY[market.store])],
                "productSelections": [],
            }
        )
    return documents


def channels(founded: int) -> list[Document]:
    """Return two warehouses, an outlet and the order system."""
    return [
        head(fixed_identifier("channel", key), 2, founded, founded) | {"key": key, "roles": roles, "name": name}
        for key, (roles, name) in _CHANNELS.items()
    ]


def customer_groups(founded: int) -> list[Document]:
    """Return the customer groups."""
    return [
        head(fixed_identifier("customer-group", key), 1, founded, founded) | {"key": key, "name": name}
        for key, name in CUSTOMER_GROUPS.items()
    ]


def states(founded: int) -> list[Document]:
    """Return the built-in state of line items and the shop's own order and payment states."""
    kinds = [
        ("Initial", "LineItemState", {"en": "Initial"}, True),
        ("fraud-review", "OrderState", {"en": "Fraud review", "de": "Betrugsprüfung"}, False),
        ("settled", "PaymentState", {"en": "Settled", "de": "Verbucht"}, False),
    ]
    return [
        head(fixed_identifier("state", key), 1, founded, founded)
        | {"key": key, "type": kind, "name": name, "initial": True, "builtIn": built_in}
        for key, kind, name, built_in in kinds
    ]
