"""The loader's own settings."""

from __future__ import annotations

from singer_sdk import typing as th

NAME_OR_NUMBER = th.CustomType({"type": ["string", "integer"]})

OWN_SETTINGS = (
    th.Property(
        "api_key",
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="API key",
        description="Server-side API key of the Iterable project.",
    ),
    th.Property(
        "data_center",
        th.StringType,
        default="us",
        allowed_values=["us", "eu"],
        title="Data center",
        description="Data centre of the project.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Base URL that replaces the data centre's, for a sandbox or a proxy.",
    ),
    th.Property(
        "project_type",
        th.StringType,
        default="hybrid",
        allowed_values=["hybrid", "userid", "email"],
        title="Project type",
        description="What the project identifies people by; chosen when the project was made, told by no API.",
    ),
    th.Property(
        "create_new_fields",
        th.BooleanType,
        title="Create new fields",
        description=(
            "Whether profile fields that the project does not know are created (true) or dropped (false). Without "
            "it the project's own setting decides."
        ),
    ),
    th.Property(
        "max_new_fields",
        th.IntegerType(minimum=0),
        title="Max new fields",
        description=(
            "How many profile fields a run may create; a record that would bring more is rejected. Without it any "
            "number, with a warning where the project comes to more than the 1 000 that Iterable recommends."
        ),
    ),
    th.Property(
        "field_ownership",
        th.ObjectType(additional_properties=th.StringType(allowed_values=["source", "destination", "first_write"])),
        title="Field ownership",
        description=(
            "Who owns a profile field of the stream users, by the field's name: source (the default) is always "
            "written, destination only while the profile has no value there, first_write only with the profile's "
            "creation."
        ),
    ),
    th.Property(
        "email_changes",
        th.StringType,
        default="follow",
        allowed_values=["follow", "ignore"],
        title="E-mail changes",
        description=(
            "Email projects: whether the address of a profile is changed first when a user's record has its userId "
            "and another email (follow), or the new address is taken for another person (ignore)."
        ),
    ),
    th.Property(
        "merge_guests",
        th.BooleanType,
        default=True,
        title="Merge guests",
        description=(
            "Hybrid projects: whether the profile of a guest, who has no userId, is merged into the customer who "
            "comes with the same address. Otherwise that customer's record is rejected."
        ),
    ),
    th.Property(
        "unsubscribe_new_profiles",
        th.ObjectType(
            th.Property("marketing", th.BooleanType, description="All channels that carry marketing."),
            th.Property("channels", th.ArrayType(NAME_OR_NUMBER), description="Channels, by name or number."),
            th.Property("message_types", th.ArrayType(NAME_OR_NUMBER), description="Message types, by name or number."),
            th.Property(
                "unless",
                th.StringType(min_length=1),
                description="Profile field whose true says that a new person may stay subscribed.",
            ),
            additional_properties=False,
        ),
        title="Unsubscribe new profiles",
        description=(
            "What people are unsubscribed of who are new to Iterable, before anything else makes their profile. "
            "Without it Iterable subscribes them to everything that people must opt out of. An empty object says "
            "that this is wanted."
        ),
    ),
    th.Property(
        "subscription_writes",
        th.StringType,
        default="auto",
        allowed_values=["auto", "incremental"],
        title="Subscription writes",
        description=(
            "How channels and message types are joined and left: by Iterable's incremental endpoints, and where "
            "the project lacks them by reading and rewriting a person's choices (auto); or by the former only "
            "(incremental)."
        ),
    ),
    th.Property(
        "list",
        NAME_OR_NUMBER,
        title="List",
        description="Name or number of the static list that everybody in the stream users joins; made when absent.",
    ),
    th.Property(
        "commerce_requests_per_second",
        th.IntegerType(minimum=1),
        default=50,
        title="Commerce requests per second",
        description=(
            "Limit to assume for purchases and carts together, because Iterable documents none; four fifths of it "
            "are used, and less after a refusal."
        ),
    ),
)
