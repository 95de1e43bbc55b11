"""The business units stream: companies that buy, and their divisions."""

from __future__ import annotations

from tap_commercetools.schemas.customer import CUSTOMER_GROUP_ASSIGNMENTS
from tap_commercetools.schemas.field_types import Schema, list_of, list_of_texts, record, resource, text
from tap_commercetools.schemas.shared import ACTORS, ADDRESS_BOOK, custom_fields, key_reference, reference

BUSINESS_UNIT: Schema = resource(
    {
        **ACTORS,
        "key": text("The project's own identifier, by which other rows refer to the unit."),
        "status": text("Active or Inactive so far."),
        "unitType": text("Company or Division so far."),
        "name": text("Name."),
        "contactEmail": text("Email address of the unit."),
        "parentUnit": key_reference("The unit right above; absent for a company."),
        "topLevelUnit": key_reference("The company."),
        "storeMode": text("Whether its stores are its own or the parent's."),
        "stores": list_of("Its stores.", key_reference("One store.")),
        "inheritedStores": list_of("Stores it has from the parent.", key_reference("One store.")),
        **ADDRESS_BOOK,
        "customerGroupAssignments": CUSTOMER_GROUP_ASSIGNMENTS,
        "associateMode": text("Whether associates of the parent are its own too."),
        "associates": list_of(
            "The customers who buy for it.",
            record(
                "One customer.",
                {
                    "customer": reference("The customer."),
                    "associateRoleAssignments": list_of(
                        "What the customer may do.",
                        record(
                            "One role.",
                            {
                                "associateRole": key_reference("The role."),
                                "inheritance": text("Whether it holds in divisions too."),
                            },
                        ),
                    ),
                    "roles": list_of_texts("Deprecated by the platform in favour of associateRoleAssignments."),
                },
            ),
        ),
        "inheritedAssociates": list_of(
            "The customers who buy for it because they buy for a unit above.",
            record(
                "One customer.",
                {
                    "customer": reference("The customer."),
                    "associateRoleAssignments": list_of(
                        "What the customer may do.",
                        record(
                            "One role.",
                            {
                                "associateRole": key_reference("The role."),
                                "source": key_reference("The unit it comes from."),
                            },
                        ),
                    ),
                },
            ),
        ),
        "approvalRuleMode": text("Whether approval rules of the parent hold too."),
        "custom": custom_fields("Custom fields of the unit."),
    }
)
