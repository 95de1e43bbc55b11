"""The shapes that many resources share: references, texts by language, money, addresses, prices, taxes."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    anything,
    flag,
    list_of,
    map_of,
    number,
    open_record,
    record,
    text,
    timestamp,
    whole_number,
)


def reference(description: str) -> Schema:
    """Return the schema of a reference by id."""
    return record(
        description,
        {
            "typeId": text("The kind of resource referred to."),
            "id": text("The id of the resource referred to."),
            "obj": open_record("The resource itself, where the answer was expanded."),
        },
    )


def key_reference(description: str) -> Schema:
    """Return the schema of a reference by key, as stores and business units are referred to."""
    return record(
        description,
        {
            "typeId": text("The kind of resource referred to."),
            "key": text("The key of the resource referred to; there is no id."),
        },
    )


def localized_text(description: str) -> Schema:
    """Return the schema of a text in several languages, by locale such as ``en`` or ``de-DE``."""
    return map_of(description, {"type": ["string", "null"]})


def money(description: str) -> Schema:
    """Return the schema of an amount of money, cent or high precision."""
    return record(
        description,
        {
            "type": text("centPrecision or highPrecision."),
            "currencyCode": text("ISO 4217 code."),
            "centAmount": whole_number("Amount in the currency's smallest unit; rounded if high precision."),
            "preciseAmount": whole_number("High precision only: the amount times ten to the fractionDigits."),
            "fractionDigits": whole_number("Decimals of centAmount, or of preciseAmount if high precision."),
        },
    )


def custom_fields(description: str) -> Schema:
    """Return the schema of the fields a project has added to a resource."""
    return record(
        description,
        {
            "type": reference("The Type that defines the fields."),
            "fields": open_record("The values by field name; their kinds are the project's own."),
        },
    )


def actor(description: str) -> Schema:
    """Return the schema of who created or changed a row."""
    return record(
        description,
        {
            "clientId": text("The API client that did it."),
            "externalUserId": text("The user of an outside system on whose behalf it was done."),
            "customer": reference("The customer who did it."),
            "anonymousId": text("The anonymous session that did it."),
            "associate": reference("The associate of a business unit who did it."),
            "attributedTo": record(
                "Where the change is attributed to.",
                {
                    "clientId": text("The API client the change is attributed to."),
                    "source": text("The surface the change came from."),
                },
            ),
        },
    )


ACTORS: dict[str, Schema] = {
    "createdBy": actor("Who created the row."),
    "lastModifiedBy": actor("Who changed the row last."),
}


def address(description: str) -> Schema:
    """Return the schema of a postal address with its contact details."""
    return record(
        description,
        {
            "id": text("Identifies the address within its customer."),
            "key": text("The project's own identifier of the address."),
            "country": text("ISO 3166-1 alpha-2 code."),
            "title": text("Title of the addressee, such as Dr."),
            "salutation": text("Salutation of the addressee."),
            "firstName": text("Given name."),
            "lastName": text("Family name."),
            "streetName": text("Street without its number."),
            "streetNumber": text("House number."),
            "additionalStreetInfo": text("Further street details."),
            "postalCode": text("Postal code."),
            "city": text("City."),
            "region": text("Region."),
            "state": text("State or province."),
            "company": text("Company."),
            "department": text("Department of the company."),
            "building": text("Building."),
            "apartment": text("Apartment or unit."),
            "pOBox": text("Post office box."),
            "phone": text("Telephone number as entered."),
            "mobile": text("Mobile number as entered."),
            "email": text("Email address for this address."),
            "fax": text("Fax number."),
            "additionalAddressInfo": text("Anything else that helps delivery."),
            "externalId": text("Identifier in an outside system."),
            "custom": custom_fields("Custom fields of the address."),
        },
    )


def discounted_price(description: str) -> Schema:
    """Return the schema of a price after a product discount."""
    return record(
        description,
        {"value": money("The reduced price."), "discount": reference("The product discount that applies.")},
    )


def price(description: str) -> Schema:
    """Return the schema of a price of a variant."""
    return record(
        description,
        {
            "id": text("The price's id."),
            "key": text("The price's key."),
            "value": money("The price before discounts."),
            "country": text("Country the price is for; any, if absent."),
            "customerGroup": reference("Customer group the price is for; any, if absent."),
            "channel": reference("Channel the price is for; any, if absent."),
            "validFrom": timestamp("Start of validity."),
            "validUntil": timestamp("End of validity."),
            "discounted": discounted_price("The price after a product discount; switches tiers off."),
            "tiers": list_of(
                "Prices for larger quantities.",
                record(
                    "One tier.",
                    {
                        "minimumQuantity": whole_number("Quantity from which the tier applies."),
                        "value": money("Price of one unit in this tier."),
                    },
                ),
            ),
            "custom": custom_fields("Custom fields of the price."),
            "recurrencePolicy": reference("Recurrence policy the price is for."),
        },
    )


def taxed_price(description: str) -> Schema:
    """Return the schema of an amount with its taxes."""
    return record(
        description,
        {
            "totalNet": money("Total without tax."),
            "totalGross": money("Total with tax."),
            "totalTax": money("The tax."),
            "taxPortions": list_of(
                "The tax by rate.",
                record(
                    "One rate's share.",
                    {
                        "name": text("Name of the tax."),
                        "rate": number("Rate, 0 to 1."),
                        "amount": money("Tax at this rate."),
                    },
                ),
            ),
        },
    )


def tax_rate(description: str) -> Schema:
    """Return the schema of a tax rate."""
    return record(
        description,
        {
            "id": text("The rate's id."),
            "key": text("The rate's key."),
            "name": text("Name of the tax."),
            "amount": number("Rate, 0 to 1."),
            "includedInPrice": flag("Whether prices contain the tax."),
            "country": text("Country the rate is for."),
            "state": text("State within the country."),
            "subRates": list_of(
                "What the rate is made of.",
                record("One part.", {"name": text("Name of the part."), "amount": number("Rate of the part.")}),
            ),
        },
    )


def dimensions(description: str) -> Schema:
    """Return the schema of a picture's size."""
    return record(description, {"w": whole_number("Width in pixels."), "h": whole_number("Height in pixels.")})


def attributes(description: str) -> Schema:
    """Return the schema of product attributes: names and values of no fixed kind."""
    return list_of(
        description,
        record(
            "One attribute.",
            {
                "name": text("Name of the attribute in the product type."),
                "value": anything("The value; its kind is defined by the product type, sets are arrays."),
            },
        ),
    )
