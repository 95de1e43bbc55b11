"""Types (custom fields of customers and orders) and product types (attributes of variants)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_sandbox.shop.dice import fixed_identifier
from commerce_sandbox.shop.documents import fixed_reference, head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.shop.model import Document

PREFERENCES_TYPE = fixed_reference("type", "customer-preferences")
ORDER_DETAILS_TYPE = fixed_reference("type", "order-details")

LOYALTY_TIERS = {"bronze": "Bronze", "silver": "Silver", "gold": "Gold", "platinum": "Platinum"}
COLOURS = {
    "grn": {"en": "Green", "de": "Grün", "fr": "Vert", "ja": "緑"},
    "blu": {"en": "Blue", "de": "Blau", "fr": "Bleu", "ja": "青"},
    "red": {"en": "Red", "de": "Rot", "fr": "Rouge", "ja": "赤"},
    "blk": {"en": "Black", "de": "Schwarz", "fr": "Noir"},
    "snd": {"en": "Sand", "de": "Sand", "fr": "Sable"},
}
TAGS = {"new": "New", "eco": "Eco", "last": "Last pieces"}
FITS = {"slim": "slim", "regular": "regular", "wide": "wide"}


def _enumeration(labels: Mapping[str, object]) -> list[Document]:
    return [{"key": key, "label": label} for key, label in labels.items()]


_CUSTOMER_FIELDS: dict[str, tuple[Document, str]] = {
    "NEWSLETTER_SUBSCRIBE": ({"name": "Enum", "values": _enumeration({"YES": "Yes", "NO": "No"})}, "Newsletter"),
    "newsletterConsentAt": ({"name": "DateTime"}, "Consent given or withdrawn at"),
    "newsletterConsentUrl": ({"name": "String"}, "Consent page"),
    "newsletterConsentIp": ({"name": "String"}, "Consent IP address"),
    "newsletterConsentUserAgent": ({"name": "String"}, "Consent browser"),
    "newsletterConsentText": ({"name": "String"}, "Consent text shown"),
    "loyaltyTier": ({"name": "Enum", "values": _enumeration(LOYALTY_TIERS)}, "Loyalty tier"),
    "loyaltyPoints": ({"name": "Number"}, "Loyalty points"),
    "interests": ({"name": "Set", "elementType": {"name": "String"}}, "Interests"),
    "preferredContactTime": ({"name": "Time"}, "Preferred contact time"),
    "favouriteColour": ({"name": "LocalizedEnum", "values": _enumeration(COLOURS)}, "Favourite colour"),
    "birthdayVoucher": ({"name": "Money"}, "Birthday voucher"),
}
_ORDER_FIELDS: dict[str, tuple[Document, str]] = {
    "campaign": ({"name": "String"}, "Campaign"),
    "giftMessage": ({"name": "String"}, "Gift message"),
    "climateNeutral": ({"name": "Boolean"}, "Climate neutral shipping"),
}


def types(founded: int) -> list[Document]:
    """Return the Types behind custom fields."""
    definitions = [
        ("customer-preferences", "Customer preferences", ["customer"], _CUSTOMER_FIELDS),
        ("order-details", "Order details", ["order"], _ORDER_FIELDS),
    ]
    return [
        head(fixed_identifier("type", key), 6, founded, founded)
        | {
            "key": key,
            "name": {"en": name},
            "resourceTypeIds": resource_types,
            "fieldDefinitions": [
                {
                    "name": field,
                    "type": kind,
                    "label": {"en": label},
                    "required": False,
                    "inputHint": "SingleLine",
                }
                for field, (kind, label) in fields.items()
            ],
        }
        for key, name, resource_types, fields in definitions
    ]


_SIZE: Document = {"name": "text"}
_COLOUR: Document = {"name": "lenum", "values": _enumeration(COLOURS)}
_ATTRIBUTES: dict[str, Document] = {
    "size": _SIZE,
    "color": _COLOUR,
    "fit": {"name": "enum", "values": _enumeration(FITS)},
    "tags": {"name": "set", "elementType": {"name": "enum", "values": _enumeration(TAGS)}},
    "weightGrams": {"name": "number"},
    "vegan": {"name": "boolean"},
    "care": {"name": "ltext"},
    "depositValue": {"name": "money"},
    "madeOn": {"name": "date"},
    "availableFrom": {"name": "datetime"},
    "bestBefore": {"name": "time"},
    "supplier": {"name": "reference", "referenceTypeId": "channel"},
    "author": {"name": "text"},
    "pages": {"name": "number"},
    "dimensions": {"name": "nested", "typeReference": fixed_reference("product-type", "dimensions")},
}
_PRODUCT_TYPES = {
    "footwear": ("size", "color", "fit", "tags", "weightGrams", "vegan", "care"),
    "apparel": ("size", "color", "fit", "tags", "vegan", "care", "availableFrom"),
    "equipment": ("color", "tags", "weightGrams", "supplier", "dimensions", "depositValue", "madeOn"),
    "book": ("author", "pages", "bestBefore", "madeOn"),
}


def product_types(founded: int) -> list[Document]:
    """Return the product types, one of them only nested in another."""
    nested = {"widthMm": {"name": "number"}, "heightMm": {"name": "number"}}
    described = [(key, {name: _ATTRIBUTES[name] for name in names}) for key, names in _PRODUCT_TYPES.items()]
    return [
        head(fixed_identifier("product-type", key), 4, founded, founded)
        | {
            "key": key,
            "name": key.capitalize(),
            "description": f"Attributes of {key}",
            "attributes": [
                {
                    "name": name,
                    "type": kind,
                    "label": {"en": name},
                    "isRequired": False,
                    "level": "Variant",
                    "attributeConstraint": "None",
                    "inputHint": "SingleLine",
                    "isSearchable": kind["name"] in ("text", "enum", "lenum"),
                }
                for name, kind in attributes.items()
            ],
        }
        for key, attributes in [*described, ("dimensions", nested)]
    ]
