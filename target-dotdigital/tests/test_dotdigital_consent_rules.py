from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from target_dotdigital.consent import (
    KEPT_FUTURE,
    KEPT_NEVER,
    KEPT_NEWER,
    KEPT_UNTIMED,
    RESUBSCRIBED_ALWAYS,
    EmailWrite,
    Resubscribe,
    SourceConsent,
    Yes,
    decide_yes,
    source_consent,
    with_email_write,
)

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
EARLIER = NOW - timedelta(days=1)
STATUSES = [None, "subscribed", "unsubscribed", "suppressed", "hardBounced", "pendingOptIn", "noSubscription", "else"]

contacts = st.fixed_dictionaries(
    {"matchIdentifier": st.just("email"), "identifiers": st.just({"email": "ann@example.org"})},
    optional={
        "channelProperties": st.fixed_dictionaries(
            {},
            optional={
                "email": st.fixed_dictionaries(
                    {},
                    optional={
                        "status": st.sampled_from(["subscribed", "unsubscribed"]),
                        "optInType": st.sampled_from(["single", "double", "unknown"]),
                        "emailType": st.sampled_from(["html", "plainText"]),
                        "resubscribeOptions": st.just({"resubscribeWithNoChallenge": True}),
                    },
                ),
                "sms": st.just({"status": "subscribed"}),
            },
        ),
        "dataFields": st.just({"FIRSTNAME": "Ann"}),
    },
)


def decided(status: str | None, yes: Yes, policy: Resubscribe = "if_newer", **facts: Any) -> tuple[EmailWrite, str]:
    known: dict[str, Any] = {"opted_out_since": False, "made_by_this_run": False, "now": NOW, **facts}
    decision = decide_yes(status, yes, policy, **known)
    return decision.write, decision.notice


@pytest.mark.parametrize(
    ("yes", "policy", "facts", "notice"),
    [
        (Yes(EARLIER), "never", {}, KEPT_NEVER),
        (Yes(), "if_newer", {}, KEPT_UNTIMED),
        (Yes(NOW + timedelta(hours=1)), "if_newer", {}, KEPT_FUTURE),
        (Yes(EARLIER), "if_newer", {"opted_out_since": True}, KEPT_NEWER),
    ],
)
def test_an_opt_out_stands(yes: Yes, policy: Resubscribe, facts: dict[str, Any], notice: str) -> None:
    assert decided("unsubscribed", yes, policy, **facts) == (EmailWrite.NOTHING, notice)


@pytest.mark.parametrize("yes", [Yes(), Yes(EARLIER), Yes(NOW + timedelta(hours=1))])
def test_any_yes_undoes_an_opt_out_if_always(yes: Yes) -> None:
    assert decided("unsubscribed", yes, "always", opted_out_since=True) == (EmailWrite.RESUBSCRIBE, RESUBSCRIBED_ALWAYS)
    assert decided("suppressed", yes, "always")[0] is EmailWrite.NOTHING


def test_a_newer_yes_undoes_an_opt_out() -> None:
    assert decided("unsubscribed", Yes(EARLIER))[0] is EmailWrite.RESUBSCRIBE


@given(
    status=st.sampled_from(STATUSES),
    consented_at=st.one_of(st.none(), st.datetimes(timezones=st.just(timezone.utc))),
    policy=st.sampled_from(["never", "if_newer", "always"]),
    opted_out_since=st.booleans(),
)
def test_who_is_subscribed_is_new_or_left_before_a_timed_yes_unless_always(
    status: str | None, consented_at: datetime | None, policy: Resubscribe, *, opted_out_since: bool
) -> None:
    write, _ = decided(status, Yes(consented_at), policy, opted_out_since=opted_out_since)
    if write is EmailWrite.SUBSCRIBE:
        assert status is None
    if write is EmailWrite.RESUBSCRIBE:
        assert status == "unsubscribed"
        assert policy != "never"
        assert policy == "always" or (consented_at is not None and not opted_out_since)
    assert write is not EmailWrite.UNSUBSCRIBE


@given(contacts, st.sampled_from(EmailWrite))
def test_only_what_was_decided_is_written_about_e_mail(contact: dict[str, Any], write: EmailWrite) -> None:
    email = with_email_write(contact, write).get("channelProperties", {}).get("email", {})
    if write is EmailWrite.NOTHING:
        assert email.keys() <= {"emailType"}
    elif write is EmailWrite.UNSUBSCRIBE:
        assert email.keys() <= {"emailType", "status"}
        assert email["status"] == "unsubscribed"
    else:
        assert email["status"] == "subscribed"
        challenge_free = email["resubscribeOptions"]["resubscribeWithNoChallenge"]
        assert challenge_free is (write is EmailWrite.RESUBSCRIBE)


@given(contacts, st.sampled_from(EmailWrite))
def test_writing_a_decision_leaves_the_record_and_its_other_parts_alone(
    contact: dict[str, Any], write: EmailWrite
) -> None:
    before = repr(contact)
    written = with_email_write(contact, write)
    assert repr(contact) == before
    assert written.get("dataFields") == contact.get("dataFields")
    assert written.get("channelProperties", {}).get("sms") == contact.get("channelProperties", {}).get("sms")


def test_what_a_record_says() -> None:
    assert source_consent({}) is SourceConsent.UNKNOWN
    assert source_consent({"channelProperties": {"email": {"optInType": "single"}}}) is SourceConsent.UNKNOWN
    assert source_consent({"channelProperties": {"email": {"status": "unsubscribed"}}}) is SourceConsent.NO
    assert source_consent({"channelProperties": {"email": {"status": "subscribed"}}}) is SourceConsent.YES
