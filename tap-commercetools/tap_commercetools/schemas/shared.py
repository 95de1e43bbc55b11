"""The shapes that many resources share: references, texts by language, money, actors, addresses, pictures, assets."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import (
    Schema,
    anything,
    list_of,
    list_of_texts,
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


VALIDITY: dict[str, Schema] = {
    "validFrom": timestamp("Start of validity."),
    "validUntil": timestamp("End of validity."),
}

SEARCH_ENGINE_TEXTS: dict[str, Schema] = {
    "metaTitle": localized_text("Title for search engines, by language."),
    "metaDescription": localized_text("Description for search engines, by language."),
    "metaKeywords": localized_text("Keywords for search engines, by language."),
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


ADDRESS_BOOK: dict[str, Schema] = {
    "addresses": list_of("All addresses; the other four fields name some of them by id.", address("One address.")),
    "defaultShippingAddressId": text("Id of the address goods are sent to by default."),
    "shippingAddressIds": list_of_texts("Ids of the shipping addresses."),
    "defaultBillingAddressId": text("Id of the address invoices go to by default."),
    "billingAddressIds": list_of_texts("Ids of the billing addresses."),
}


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


def image(description: str) -> Schema:
    """Return the schema of a picture."""
    return record(
        description,
        {
            "url": text("Where the picture is."),
            "dimensions": dimensions("Size of the picture."),
            "label": text("Label of the picture."),
        },
    )


def asset(description: str) -> Schema:
    """Return the schema of a file that belongs to a variant or a category, such as a manual."""
    return record(
        description,
        {
            "id": text("The asset's id."),
            "key": text("The asset's key."),
            "name": localized_text("Name by language."),
            "description": localized_text("Description by language."),
            "tags": list_of_texts("Tags for grouping."),
            "sources": list_of(
                "The files of the asset.",
                record(
                    "One file.",
                    {
                        "uri": text("Where the file is."),
                        "key": text("Key of the file within the asset."),
                        "dimensions": dimensions("Size of the picture."),
                        "contentType": text("Media type."),
                    },
                ),
            ),
            "custom": custom_fields("Custom fields of the asset."),
        },
    )


def warnings(description: str) -> Schema:
    """Return the schema of what the platform finds odd about a row without refusing it."""
    return list_of(
        description,
        record(
            "One warning; beside code and message, each kind has its own fields.",
            {
                "code": text("Kind of warning."),
                "message": text("What is odd."),
                "lineItemId": text("The line item whose stock could not be reserved."),
                "productId": text("The product whose stock could not be reserved."),
                "sku": text("The stock keeping unit that could not be reserved."),
                "supplyChannel": text("Id of the channel it was to come from."),
                "quantity": number("How many were to be reserved."),
                "requestedQuantity": number("How many were to be reserved now."),
                "reservedQuantity": number("How many are reserved."),
            },
        ),
    )
