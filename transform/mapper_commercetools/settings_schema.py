"""JSON Schema of the settings: the one place where they are named, described and given defaults."""

from __future__ import annotations

from typing import Any

from mapper_commercetools.cart_settings import CARTS_SCHEMA
from mapper_commercetools.consent_settings import CONSENT_SCHEMA
from mapper_commercetools.deletions import DELETIONS_SCHEMA
from mapper_commercetools.event_settings import EVENTS_SCHEMA
from mapper_commercetools.list_rules import LISTS_SCHEMA
from mapper_commercetools.order_summaries import ORDER_SUMMARIES_SCHEMA

ORDER_STATUS_DEFAULTS = {
    "Open": "Pending",
    "Confirmed": "Paid",
    "Complete": "Completed",
    "Cancelled": "Cancelled",
}
DOTDIGITAL_FIELD_DEFAULTS = {
    "first_name": "FIRSTNAME",
    "last_name": "LASTNAME",
    "full_name": "FULLNAME",
    "date_of_birth": "DOB",
    "customer_id": "CUSTOMER_ID",
    "customer_number": "CUSTOMER_NUMBER",
    "customer_group": "CUSTOMER_GROUP",
    "company": "COMPANY",
    "locale": "LOCALE",
    "stores": "STORES",
    "street": "STREET",
    "postcode": "POSTCODE",
    "city": "CITY",
    "region": "REGION",
    "country": "COUNTRY",
    "customer_since": "CUSTOMER_SINCE",
    "store": "STORE",
    "market": "MARKET",
    "currency": "CURRENCY",
    "language": "LANGUAGE",
    "channel": "CHANNEL",
}


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": ["object", "null"],
        "description": description,
        "additionalProperties": False,
        "properties": properties,
    }


def _field_rules(description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "minLength": 1, "description": "Name at the destination"},
                "type": {
                    "enum": ["string", "number", "boolean", "date", "list"],
                    "description": "Type at the destination",
                },
            },
        },
    }


def _custom_fields(of: str) -> dict[str, Any]:
    return _object(
        f"Custom fields of {of}",
        {
            "unlisted": {
                "enum": ["map", "ignore"],
                "default": "map",
                "description": "What happens to custom fields that `fields` does not list: `map` takes those with a "
                "single value (text, number, boolean, date) under a safe name, `ignore` takes none",
            },
            "enum_labels": {
                "type": "boolean",
                "default": False,
                "description": "Whether enums travel as their labels, in the language of the record, instead of their "
                "keys. Needs the tap's stream `types`, read whole in each run",
            },
            "fields": _field_rules(
                "Custom field name → `{name, type}`, both optional, or null to leave the field out. Types: `string`, "
                "`number` (also the amount of money), `boolean`, `date`, `list`",
            ),
        },
    )


_LOCALES = {
    "items": {
        "type": "string",
        "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        "format": "locale (language, or language-COUNTRY)",
    },
    "minItems": 1,
}
_CURRENCY = {"type": ["string", "null"], "pattern": "^[A-Z]{3}$", "format": "currency (ISO 4217)"}
_COUNTRY = {"type": ["string", "null"], "pattern": "^[A-Z]{2}$", "format": "country (ISO 3166-1 alpha-2)"}
_MARKET: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key"],
    "properties": {
        "key": {
            "type": "string",
            "pattern": "^[A-Za-z0-9-]{1,100}$",
            "description": "Name of the market in every record and in the names of catalogues",
        },
        "stores": {
            "type": ["array", "null"],
            "items": {"type": "string", "minLength": 1},
            "description": "Keys of its stores",
        },
        "countries": {
            "type": ["array", "null"],
            "items": {"type": "string", "pattern": "^[A-Z]{2}$", "format": "country (ISO 3166-1 alpha-2)"},
            "description": "Countries whose records belong to it if no store says otherwise (ISO 3166-1 alpha-2)",
        },
        "locales": {"type": ["array", "null"], **_LOCALES, "description": "Languages of its texts, best first"},
        "currency": {**_CURRENCY, "description": "Currency of its prices (ISO 4217)"},
        "country": {**_COUNTRY, "description": "Country of its prices (ISO 3166-1 alpha-2)"},
        "channel": {
            "type": ["string", "null"],
            "minLength": 1,
            "description": "Channel of its prices: the id, or the key if the tap expands references",
        },
        "customer_group": {
            "type": ["string", "null"],
            "minLength": 1,
            "description": "Customer group of its prices: the id, or the key likewise",
        },
        "supply_channels": {
            "type": ["array", "null"],
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "description": "Supply channels whose stock counts in it, together: ids, or keys likewise. Without it the "
            "stock of no particular channel, else, if there is none, that of all channels",
        },
        "product_url": {"type": ["string", "null"], "description": "Address of a product's page in it"},
        "default": {"type": "boolean", "description": "Whether records that belong to no other market belong to it"},
    },
}

SETTINGS_PROPERTIES: dict[str, Any] = {
    "locales": {
        "type": ["array", "null"],
        **_LOCALES,
        "default": ["en"],
        "description": "Languages for localized texts, best first. The locale of the order itself comes before them",
    },
    "currency": {
        **_CURRENCY,
        "description": "Currency of the catalogue (ISO 4217). Without it the first suitable price of any currency",
    },
    "country": {
        **_COUNTRY,
        "description": "Country of the catalogue's prices (ISO 3166-1 alpha-2). Without it prices for no particular "
        "country come first",
    },
    "product_url": {
        "type": ["string", "null"],
        "description": "Address of a product's page, with `{slug}`, `{key}`, `{id}`, `{sku}`, `{locale}`, for example "
        "`https://shop.example/{locale}/p/{slug}`. Without it no page addresses are sent",
    },
    "markets": {
        "type": ["array", "null"],
        "items": _MARKET,
        "minItems": 1,
        "description": "The shop's markets, see [Markets](#markets): `{key, stores, countries, locales, currency, "
        "country, channel, customer_group, supply_channels, product_url, default}`, of which only `key` is required. "
        "Without this setting the shop is one market, described by `locales`, `currency`, `country` and `product_url`",
    },
    "store": _object(
        "Which stores' customers and orders travel",
        {
            "keys": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "description": "Keys of the stores to take. Without it all",
            },
            "without": {
                "enum": ["take", "skip"],
                "default": "take",
                "description": "What happens to customers and orders of no store when `keys` is set",
            },
        },
    ),
    "identity": _object(
        "How Iterable identifies people",
        {
            "project_type": {
                "enum": ["hybrid", "userid", "email"],
                "default": "hybrid",
                "description": "Type of the Iterable project, chosen when it was made: `hybrid` and `userid` identify "
                "customers by their commercetools id, `email` by e-mail address",
            },
        },
    ),
    "consent": CONSENT_SCHEMA,
    "lists": LISTS_SCHEMA,
    "custom_fields": _object(
        "The shop's own fields",
        {"customers": _custom_fields("customers"), "orders": _custom_fields("orders")},
    ),
    "absent_fields": {
        "enum": ["keep", "clear", None],
        "default": "keep",
        "description": "What happens at the destination to a standard field that the customer lacks: `keep` leaves it "
        "as it is, `clear` empties it. Consent is never cleared",
    },
    "order_status": {
        "type": ["object", "null"],
        "additionalProperties": {"type": "string", "minLength": 1},
        "default": ORDER_STATUS_DEFAULTS,
        "description": "Dotdigital: `orderState` → `order_status`. Merged over the default; other states travel as "
        "they are",
    },
    "order_key": {
        "enum": ["order_number", "id", None],
        "default": "order_number",
        "description": "Dotdigital: key of an order. Choose `id` if order numbers are given some time after the order "
        "was placed, or the order would be there twice",
    },
    "catalog": _object(
        "The product catalogue",
        {
            "name": {
                "type": "string",
                "pattern": "^[A-Za-z0-9-]{1,240}$",
                "default": "products",
                "description": "Iterable: name of the catalog. Dotdigital: the collection is `catalog_<name>`",
            },
            "item": {
                "enum": ["product", "variant"],
                "default": "product",
                "description": "One catalogue entry per product, or per variant",
            },
            "incomplete": {
                "enum": ["send", "skip"],
                "default": "send",
                "description": "Dotdigital: what happens to an entry without name, price, sku, url or image_path, "
                "which product blocks and recommendations cannot use",
            },
            "per_market": {
                "type": "boolean",
                "default": False,
                "description": "One catalogue for each of the `markets`, Iterable: `<name>-<key of the market>`, "
                "Dotdigital: `catalog_<name>_<key of the market>`. Otherwise one with the texts and prices of the "
                "first market",
            },
            "category_paths": {
                "type": "boolean",
                "default": False,
                "description": "Whether entries tell their categories by name and by path, as `Men > Shoes > Trail`. "
                "Needs the tap's stream `categories`, read whole in each run. Without it names come only from expanded "
                "references",
            },
            "attributes": _field_rules(
                "Product attributes to take along: attribute name → `{name, type}`, both optional. "
                "Types as for custom fields; without one a value goes by its shape: "
                "enums by their label, sets as lists, money as its amount",
            ),
        },
    ),
    "order_summaries": ORDER_SUMMARIES_SCHEMA,
    "carts": CARTS_SCHEMA,
    "events": EVENTS_SCHEMA,
    "deletions": DELETIONS_SCHEMA,
    "dotdigital_fields": _object(
        "Dotdigital: data field names of the standard fields; null leaves a field out. The last five are used only "
        "with the setting `markets`",
        {
            key: {"type": ["string", "null"], "default": name, "description": f"Name of the field for {key}"}
            for key, name in DOTDIGITAL_FIELD_DEFAULTS.items()
        },
    ),
}

SETTINGS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": SETTINGS_PROPERTIES,
}
