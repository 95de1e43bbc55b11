"""All operations of the API; of two that fit a path the one listed first serves it."""

from __future__ import annotations

from commerce_sandbox.dotdigital import (
    account_calls,
    contact_calls,
    contact_job_calls,
    custom_identifier_calls,
    data_field_calls,
    event_calls,
    insight_calls,
    insight_record_calls,
    list_calls,
    program_calls,
    subscription_calls,
)

ENDPOINTS = (
    *account_calls.ENDPOINTS,
    *data_field_calls.ENDPOINTS,
    *list_calls.ENDPOINTS,
    *subscription_calls.ENDPOINTS,
    *program_calls.ENDPOINTS,
    *custom_identifier_calls.ENDPOINTS,
    *contact_job_calls.ENDPOINTS,
    *contact_calls.ENDPOINTS,
    *insight_calls.ENDPOINTS,
    *insight_record_calls.ENDPOINTS,
    *event_calls.ENDPOINTS,
)
