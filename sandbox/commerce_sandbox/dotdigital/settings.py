"""How the emulated Dotdigital account is set up and how strict it is."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - settings are converted from JSON, which reads the annotations
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import msgspec

Region = Literal["r1", "r2", "r3"]
ProgramStatus = Literal["Draft", "Active", "Deactivated", "ReadOnly"]


@dataclass(frozen=True, slots=True)
class PreferenceSetting:
    """One node of the tree of marketing preferences.

    Attributes:
        id: The number by which contacts refer to it.
        name: Its public and private name.
        category_id: The category it belongs to; None makes it stand alone, or makes it a category.
        is_category: True for a category, which contacts cannot choose.
    """

    id: int
    name: str
    category_id: int | None = None
    is_category: bool = False


@dataclass(frozen=True, slots=True)
class ProgramSetting:
    """One program (automation) of the account."""

    id: int
    name: str
    status: ProgramStatus = "Active"


@dataclass(frozen=True, slots=True)
class InsightLimits:
    """Bounds of Insight data that the vendor enforces without publishing the figures.

    Attributes:
        key_length: Most characters of a record key.
        key_characters_checked: Whether keys must consist of letters, digits, ``-`` and ``_``.
        name_length: Most characters of a property name.
        text_length: Most characters of a text.
        number: Absolute values from here on are refused.
        depth: Most objects inside one another.
        distinct_names: Most distinct properties of one collection, at every depth together.
        nulls_refused: Whether a null inside a record is refused.
    """

    key_length: int = 255
    key_characters_checked: bool = True
    name_length: int = 128
    text_length: int = 4_000
    number: float = 1e15
    depth: int = 50
    distinct_names: int = 1_000
    nulls_refused: bool = True


@dataclass(frozen=True, slots=True)
class DotdigitalSettings:
    """The account, its credentials, its limits and its switches.

    Attributes:
        username: User name of the API user.
        password: Its password.
        region: The region the account lives in. ``/dotdigital/r1``, ``/r2`` and ``/r3`` are regional hosts; only this
            one answers more than account information. ``/dotdigital`` itself stands for the account's own host.
        api_endpoint: What account information names as the account's host; None means where the request came to.
        locale: Language of the account. Outside English the built-in data fields carry translated names.
        account_name: The account's name.
        rate_limit_scheme: ``tiered`` counts each tier per window and answers 429; ``flat`` counts all calls over a
            rolling hour and answers 400.
        low_calls: Calls a window allows in the low tier (imports, large reads). Contract-dependent at the vendor.
        medium_calls: The same for the medium tier (single-record writes, mid-size reads).
        high_calls: The same for the high tier (light single reads).
        rate_limit_window_seconds: Length of a window.
        flat_calls_per_hour: Calls an hour allows in the flat scheme.
        import_seconds: Clock time between accepting a contact import and its effect.
        insight_import_seconds: The same for an Insight import. Shorter, so that an import sent before the contacts it
            needs are there fails, as it may at the vendor.
        import_polls_until_done: How many polls of an import are answered as pending, even if it is done.
        insight_finished_word: How a finished Insight import is called; the vendor's documents use both words.
        failure_code_spelling: Whether failure codes begin with a small or a capital letter; both occur.
        max_contact_imports: Contact imports that may run at once.
        max_insight_imports: Insight imports that may run at once.
        max_bulk_deletes: Bulk deletions that may run at once.
        max_body_bytes: Largest request body.
        contact_limit: Most contacts the contract allows; None for no limit.
        enforce_double_opt_in: The account setting that mails everyone who is to be subscribed.
        mobile_status: Status of the SMS and WhatsApp channels of a new contact.
        globally_suppressed_emails: Addresses barred from the account.
        suppressed_domains: Domains barred from the account.
        blocked_local_parts: Local parts of addresses that are barred.
        custom_identifiers: Custom identifiers that exist at start.
        max_custom_identifiers: Most custom identifiers.
        max_data_fields: Most data fields.
        data_field_dependencies: What prevents a data field from being deleted, by field name.
        max_lists: Most lists.
        segment_names: Names of segments, which lists must not take.
        preferences: The tree of marketing preferences.
        programs: The programs.
        enrolments_per_hour: Enrolment calls allowed in an hour.
        max_collections: Most Insight collections.
        insight: Bounds of Insight records.
        recycle_bin_days: How long a deleted contact can be brought back.
    """

    username: str = "apiuser-sandbox@apiconnector.com"
    password: str = "sandbox-password"  # noqa: S105 - the sandbox's published password
    region: Region = "r1"
    api_endpoint: str | None = None
    locale: str = "en-GB"
    account_name: str = "Sandbox Shop"
    rate_limit_scheme: Literal["tiered", "flat"] = "tiered"
    low_calls: int = 150
    medium_calls: int = 3_000
    high_calls: int = 6_000
    rate_limit_window_seconds: float = 60.0
    flat_calls_per_hour: int = 2_000
    import_seconds: float = 0.2
    insight_import_seconds: float = 0.1
    import_polls_until_done: int = 1
    insight_finished_word: Literal["Finished", "Complete"] = "Finished"
    failure_code_spelling: Literal["camel", "pascal"] = "camel"
    max_contact_imports: int = 25
    max_insight_imports: int = 5
    max_bulk_deletes: int = 5
    max_body_bytes: int = 50 * 1024 * 1024
    contact_limit: int | None = None
    enforce_double_opt_in: bool = False
    mobile_status: Literal["noSubscription", "subscribed", "unsubscribed", "suppressed"] = "noSubscription"
    globally_suppressed_emails: tuple[str, ...] = ()
    suppressed_domains: tuple[str, ...] = ()
    blocked_local_parts: tuple[str, ...] = ()
    custom_identifiers: tuple[str, ...] = ()
    max_custom_identifiers: int = 10
    max_data_fields: int = 500
    data_field_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_lists: int = 1_000
    segment_names: tuple[str, ...] = ()
    preferences: tuple[PreferenceSetting, ...] = (
        PreferenceSetting(10, "Topics", is_category=True),
        PreferenceSetting(11, "Sale", category_id=10),
        PreferenceSetting(12, "New arrivals", category_id=10),
        PreferenceSetting(20, "Post"),
    )
    programs: tuple[ProgramSetting, ...] = (
        ProgramSetting(1, "Abandoned cart"),
        ProgramSetting(2, "Welcome", "Draft"),
        ProgramSetting(3, "Birthday", "Deactivated"),
        ProgramSetting(4, "Win back", "ReadOnly"),
    )
    enrolments_per_hour: int = 20
    max_collections: int = 1_000
    insight: InsightLimits = field(default_factory=InsightLimits)
    recycle_bin_days: int = 30

    def changed(self, changes: Mapping[str, Any]) -> DotdigitalSettings:
        """Return the settings with some of them changed, as a control request asks.

        Args:
            changes: New values by name, as JSON data.

        Raises:
            ValueError: If a name is unknown or a value does not fit.
        """
        known = {setting.name for setting in fields(self)}
        unknown = sorted(changes.keys() - known)
        if unknown:
            message = (
                f"there is no Dotdigital setting called {', '.join(unknown)}; there are {', '.join(sorted(known))}"
            )
            raise ValueError(message)
        return msgspec.convert({**asdict(self), **changes}, DotdigitalSettings)
