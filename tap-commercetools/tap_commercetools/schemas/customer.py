"""The customers and customer groups streams."""

from __future__ import annotations

from tap_commercetools.schemas.field_types import Schema, date, flag, list_of, record, resource, text
from tap_commercetools.schemas.shared import ACTORS, ADDRESS_BOOK, custom_fields, key_reference, reference

CUSTOMER_GROUP_ASSIGNMENTS: Schema = list_of(
    "The customer groups, where there are several.",
    record("One assignment.", {"customerGroup": reference("The group.")}),
)

CUSTOMER: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "customerNumber": text("Number shown to people."),
        "externalId": text("Identifier in an outside system."),
        "email": text("Email address; unique per project or per store, so two customers may share one."),
        "firstName": text("Given name."),
        "lastName": text("Family name."),
        "middleName": text("Middle name."),
        "title": text("Title, such as Dr."),
        "salutation": text("Salutation."),
        "dateOfBirth": date("Date of birth."),
        "companyName": text("Company."),
        "vatId": text("Value added tax number."),
        **ADDRESS_BOOK,
        "isEmailVerified": flag("Whether the customer has confirmed the email address."),
        "customerGroup": reference("The customer's group."),
        "customerGroupAssignments": CUSTOMER_GROUP_ASSIGNMENTS,
        "custom": custom_fields("Custom fields; consent, if the shop keeps it here, is among them."),
        "locale": text("Preferred language."),
        "stores": list_of("Stores the customer is tied to; none means all.", key_reference("One store.")),
        "authenticationMode": text("How the customer signs in: Password or ExternalAuth so far."),
    }
)

CUSTOMER_GROUP: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier."),
        "name": text("Name of the group."),
        "custom": custom_fields("Custom fields of the group."),
    }
)
