"""What can be chosen about the emulated Iterable project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProjectType = Literal["hybrid", "userid", "email"]


@dataclass(frozen=True, slots=True)
class IterableSettings:
    """The project's settings; each may be changed while the sandbox runs.

    Attributes:
        api_key: The only key that is accepted, in the header ``Api-Key``, ``Api_Key`` or ``api_key``.
        project_type: How the project identifies people; a real project can never change it.
        project_id: The number that error messages mention.
        rate_limits: Whether requests beyond a limit are answered with 429.
        rate_limit_factor: Multiplies every limit; 1.0 stands for the documented numbers.
        unknown_limits_per_second: Limit of each endpoint for which the vendor documents none.
        plain_text_rate_limit: Answer 429 with the text ``Too Many Requests`` instead of JSON.
        retry_after_header: Send ``Retry-After`` (whole seconds) with a 429. No recording shows the header.
        forget_daily_cap: Calls of ``users/forget`` (and of ``users/unforget``) within 24 hours.
        create_new_fields: Whether unknown fields are added to the project's schema or dropped.
        user_field_limit: Most user profile fields, nested ones included.
        event_field_limit: Most fields of all custom events together, nested ones included.
        catalog_field_limit: Most fields of one catalog.
        forgotten_emails: Addresses that are forgotten from the start.
        forgotten_user_ids: User ids that are forgotten from the start.
        disallowed_event_names: Event names that are blocked in the project's settings.
        opt_in_types: Whether the vendor has enabled opt-in message types.
        incremental_subscriptions: Whether the vendor has enabled ``/api/subscriptions/...``.
        incremental_creates_people: Whether those calls create unknown people in hybrid and userID-based projects.
            The vendor says so for email-based ones only, where they always do.
        internal_error_identifiers: Addresses and user ids for which ``bulkUpdateSubscriptions`` reports an
            internal error (``validEmailFailures``, ``validUserIdFailures``).
        list_lag_seconds: How long a new list is unknown to subscribe and unsubscribe.
        channel_unsubscribe_default: What an absent ``channelUnsubscribe`` means. The contract says false, a
            partner's code says true.
        echo_secret_in_bad_json: Let ``msg`` of ``BadJsonBody`` repeat the request body and all headers, the key
            included, as recorded in 2017 and 2022. False gives the short form recorded in 2024.
        errors_carry_success_code: Send ``code: "Success"`` with 401 and with unknown list ids, as recorded.
        forgotten_user_status: HTTP status of ``ForgottenUserError`` where the contract lists 409.
        max_body_bytes: Larger request bodies are answered with 413 and no JSON. The contract states 4 MB for
            ``users/bulkUpdate`` only; here it holds for every endpoint.
        max_batch_elements: Most elements of one bulk request before 400 ``BatchTooLarge``; None for no limit,
            as in the contract.
        max_user_id_length: Most characters of a user id; the vendor's articles say 52.
    """

    api_key: str = "sandbox-iterable-key-0123456789abcd"
    project_type: ProjectType = "hybrid"
    project_id: int = 777
    rate_limits: bool = True
    rate_limit_factor: float = 1.0
    unknown_limits_per_second: float = 500.0
    plain_text_rate_limit: bool = False
    retry_after_header: bool = False
    forget_daily_cap: int = 1000
    create_new_fields: bool = True
    user_field_limit: int = 1000
    event_field_limit: int = 8000
    catalog_field_limit: int = 350
    forgotten_emails: tuple[str, ...] = ()
    forgotten_user_ids: tuple[str, ...] = ()
    disallowed_event_names: tuple[str, ...] = ()
    opt_in_types: bool = False
    incremental_subscriptions: bool = False
    incremental_creates_people: bool = True
    internal_error_identifiers: tuple[str, ...] = ()
    list_lag_seconds: float = 0.0
    channel_unsubscribe_default: bool = False
    echo_secret_in_bad_json: bool = True
    errors_carry_success_code: bool = False
    forgotten_user_status: Literal[400, 409] = 409
    max_body_bytes: int = 4_000_000
    max_batch_elements: int | None = None
    max_user_id_length: int = 52
