"""The loader's own settings."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from target_dotdigital.bindings import DEFAULT_COLLECTIONS
from target_dotdigital.field_ownership import RULES
from target_dotdigital.insight_collections import SCOPES, TYPES
from target_dotdigital.region import REGIONS

_COLLECTION = th.ObjectType(
    th.Property("collection", th.StringType, description="Name of the Insight collection."),
    th.Property("scope", th.StringType(allowed_values=list(SCOPES)), description="Whom records belong to."),
    th.Property("type", th.StringType(allowed_values=list(TYPES)), description="Dotdigital's type of the collection."),
    additional_properties=False,
)

OWN_SETTINGS: tuple[th.Property[Any], ...] = (
    th.Property(
        "username",
        th.StringType(min_length=1),
        required=True,
        title="Username",
        description="User name of a Dotdigital API user, such as apiuser-0123456789ab@apiconnector.com.",
    ),
    th.Property(
        "password",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Password",
        description="Password of the API user.",
    ),
    th.Property(
        "region",
        th.StringType,
        default="auto",
        allowed_values=[*REGIONS, "auto"],
        title="Region",
        description="Region of the account: r1 Europe, r2 North America, r3 Asia Pacific; auto asks Dotdigital.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Base URL that replaces the region's, for a sandbox or a proxy.",
    ),
    th.Property(
        "list",
        th.CustomType({"type": ["string", "integer"]}),
        title="List",
        description=(
            "Name or number of the list that contacts join; created by name when absent. Without it, contacts join "
            "no list."
        ),
    ),
    th.Property(
        "resubscribe",
        th.StringType,
        default="if_newer",
        allowed_values=["never", "if_newer", "always"],
        title="Resubscribe",
        description=(
            "Whether a yes of the source subscribes people again who unsubscribed in Dotdigital: never, only if the "
            "yes has a time (consentedAt) and is newer than the opt-out, or always. Suppressed people stay suppressed."
        ),
    ),
    th.Property(
        "match_by",
        th.StringType(pattern="^[-A-Za-z0-9_]{1,50}$"),
        title="Match by",
        description=(
            "Name of the identifier that contacts are matched by where a record has it, whatever its matchIdentifier "
            "says: email, mobileNumber, or a custom identifier, which is created when absent."
        ),
    ),
    th.Property(
        "field_ownership",
        th.ObjectType(additional_properties=th.StringType(allowed_values=list(RULES))),
        title="Field ownership",
        description=(
            "Who decides about a data field, by its name: source writes always (the default), destination only where "
            "the contact has no value, first_write only when the contact is created."
        ),
    ),
    th.Property(
        "erased_people_path",
        th.StringType(min_length=1),
        title="Erased people path",
        description=(
            "File that remembers, as hashes, the people whom a record of deleted_contacts with forget was about. "
            "Nothing about them is written any more. Keep the file from run to run."
        ),
    ),
    th.Property(
        "collections",
        th.ObjectType(
            *(
                th.Property(name, _COLLECTION, description=f"Where records of the stream {name} go.")
                for name in DEFAULT_COLLECTIONS
            ),
            additional_properties=False,
        ),
        title="Collections",
        description=(
            "Insight collections of this loader's own streams, where they shall not be the usual ones: orders in "
            "Orders, catalog in what each record names or catalog_products, cart_insight in CartInsight."
        ),
    ),
    th.Property(
        "cart_insight_program",
        th.CustomType({"type": ["string", "integer"]}),
        title="Cart insight program",
        description=(
            "Name or number of a program into which the contact of each cart of the stream cart_insight is enrolled "
            "that is not ordered, has lines and changed lately. Without it carts enrol nobody."
        ),
    ),
    th.Property(
        "cart_insight_program_hours",
        th.NumberType(exclusive_minimum=0),
        default=24,
        title="Cart insight program hours",
        description="How many hours ago a cart may have changed for its contact to be enrolled.",
    ),
    th.Property(
        "poll_seconds",
        th.NumberType(exclusive_minimum=0),
        default=5,
        title="Poll seconds",
        description=(
            "Seconds before the first look at an import; later ones are up to six times as far apart. Dotdigital asks "
            "for 5 to 30."
        ),
    ),
)
