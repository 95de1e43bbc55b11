"""Who may be mailed after a run, for every state of the account and everything a source can say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

STATES = {
    "new": None,
    "subscribed": "subscribed",
    "left-before-yes": "unsubscribed",
    "left-after-yes": "unsubscribed",
    "suppressed": "suppressed",
    "hard-bounced": "hardBounced",
    "pending": "pendingOptIn",
}
SAYINGS = ("timed-yes", "untimed-yes", "no", "unknown")
NOT_CHANGED = {"suppressed": "suppressed", "hard-bounced": "hardBounced"}


def address(state: str, saying: str) -> str:
    return f"{saying}+{state}@example.org"


def said(state: str, saying: str, now: datetime) -> dict[str, Any]:
    contact: dict[str, Any] = {
        "matchIdentifier": "email",
        "identifiers": {"email": address(state, saying)},
        "dataFields": {"FIRSTNAME": "Kim"},
    }
    if saying == "unknown":
        return contact
    contact["channelProperties"] = {"email": {"status": "unsubscribed" if saying == "no" else "subscribed"}}
    if saying == "timed-yes":
        moment = now - timedelta(days=30) if state == "left-after-yes" else now + timedelta(seconds=1)
        contact["consentedAt"] = moment.isoformat()
    return contact


def expected(state: str, saying: str, policy: str) -> str:
    if state in NOT_CHANGED:
        return NOT_CHANGED[state]
    if saying == "no":
        return "unsubscribed"
    if saying == "unknown":
        return STATES[state] or "unsubscribed"
    if state == "left-before-yes":
        return "subscribed" if policy == "if_newer" and saying == "timed-yes" else "unsubscribed"
    return STATES[state] or "subscribed"


@pytest.mark.parametrize("policy", ["never", "if_newer"])
@pytest.mark.parametrize("lists", ["one list", "no list"])
def test_nobody_becomes_mailable_without_a_yes_of_the_source(
    sandbox: RunningSandbox, loader: Loader, policy: str, lists: str
) -> None:
    pairs = [(state, saying) for state in STATES for saying in SAYINGS]
    seeds = [
        {"identifiers": {"email": address(state, saying)}, "status": STATES[state]}
        for state, saying in pairs
        if STATES[state] is not None
    ]
    sandbox.control("POST", "/dotdigital/contacts", seeds)
    now = datetime.now(tz=timezone.utc)
    lines = [schema_line("contacts", {}), *(record_line("contacts", said(*pair, now)) for pair in pairs)]
    changes = {"list": "Everybody"} if lists == "one list" else {}
    result = loader(resubscribe=policy, **changes).run(lines)
    assert result.code == 0, result.log
    assert result.counts("contacts") == (len(pairs), len(pairs), 0, 0)

    snapshot = sandbox.snapshot("dotdigital")
    statuses = {contact["identifiers"]["email"]: contact["status"] for contact in snapshot["contacts"]}
    assert statuses == {address(*pair): expected(*pair, policy) for pair in pairs}
    assert snapshot["mails_sent"] == []
    allowed = {
        address(state, saying)
        for state, saying in pairs
        if saying.endswith("yes") and expected(state, saying, policy) == "subscribed"
    }
    became_subscribed = {
        email
        for email, changes_of_status in snapshot["status_history"].items()
        for change in changes_of_status
        if change["to"] == "subscribed" and change["cause"] != "seeded"
    }
    assert became_subscribed <= allowed
    assert all(
        change["stated"]
        for changes_of_status in snapshot["status_history"].values()
        for change in changes_of_status
        if change["to"] == "subscribed"
    )
    assert all(contact["dataFields"]["FIRSTNAME"] == "Kim" for contact in snapshot["contacts"])

    again = loader(resubscribe=policy, **changes).run(lines)
    assert again.code == 0
    repeated = sandbox.snapshot("dotdigital")
    assert repeated["contacts"] == snapshot["contacts"]
    assert repeated["status_history"] == snapshot["status_history"]


def test_the_log_counts_who_stays_unsubscribed_and_names_nobody(sandbox: RunningSandbox, loader: Loader) -> None:
    seeds = [{"identifiers": {"email": f"p{number}@example.org"}, "status": "unsubscribed"} for number in range(3)]
    sandbox.control("POST", "/dotdigital/contacts", seeds)
    records = [
        {
            "matchIdentifier": "email",
            "identifiers": {"email": f"p{number}@example.org"},
            "channelProperties": {"email": {"status": "subscribed"}},
        }
        for number in range(3)
    ]
    result = loader().run([schema_line("contacts", {}), *(record_line("contacts", record) for record in records)])
    assert "noticed 3: stay unsubscribed although the source says yes: it does not say since when" in result.log
    assert "example.org" not in result.log


def test_a_yes_that_follows_in_the_same_run_counts_for_a_contact_made_without_one(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    person = {"matchIdentifier": "email", "identifiers": {"email": "guest@example.org"}}
    yes = {
        **person,
        "channelProperties": {"email": {"status": "subscribed"}},
        "consentedAt": "2026-01-01T00:00:00Z",
        "dataFields": {"FIRSTNAME": "Kim"},
    }
    lines = [schema_line("contacts", {}), record_line("contacts", person), record_line("contacts", yes)]
    assert loader(batch_size_rows=1).run(lines).code == 0
    (guest,) = sandbox.snapshot("dotdigital")["contacts"]
    assert guest["status"] == "subscribed"


def test_a_no_after_a_yes_in_one_run_stands_and_a_yes_after_a_no_is_compared(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    def record(email: str, status: str) -> str:
        return record_line(
            "contacts",
            {
                "matchIdentifier": "email",
                "identifiers": {"email": email},
                "channelProperties": {"email": {"status": status}},
                "consentedAt": "2026-01-01T00:00:00Z",
            },
        )

    result = loader().run(
        [
            schema_line("contacts", {}),
            record("a@example.org", "subscribed"),
            record("a@example.org", "unsubscribed"),
            record("b@example.org", "unsubscribed"),
            record("b@example.org", "subscribed"),
        ]
    )
    assert result.code == 0, result.log
    assert [contact["status"] for contact in sandbox.snapshot("dotdigital")["contacts"]] == ["unsubscribed"] * 2


def test_a_mobile_number_is_never_subscribed_by_a_setting_of_the_account(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    sandbox.control("POST", "/dotdigital/settings", {"mobile_status": "subscribed"})
    lines = [schema_line("contacts", {})]
    for number, status in enumerate(["subscribed", "unsubscribed", None]):
        channels = {"channelProperties": {"email": {"status": status}}} if status else {}
        identifiers = {"email": f"m{number}@example.org", "mobileNumber": f"44770090000{number}"}
        lines.append(record_line("contacts", {"matchIdentifier": "email", "identifiers": identifiers, **channels}))
    assert loader(list="Everybody").run(lines).code == 0
    contacts = sandbox.snapshot("dotdigital")["contacts"]
    assert [contact["smsStatus"] for contact in contacts] == ["noSubscription"] * 3
    assert [contact["whatsAppStatus"] for contact in contacts] == ["noSubscription"] * 3
    assert [contact["status"] for contact in contacts] == ["subscribed", "unsubscribed", "unsubscribed"]


def test_an_address_that_a_known_contact_gets_is_not_subscribed_without_a_yes(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    sandbox.control(
        "POST",
        "/dotdigital/contacts",
        [{"identifiers": {"mobileNumber": f"44770090000{number}"}, "status": "noSubscription"} for number in range(2)],
    )
    lines = [schema_line("contacts", {})]
    for number, channels in enumerate([{}, {"channelProperties": {"email": {"status": "subscribed"}}}]):
        identifiers = {"email": f"m{number}@example.org", "mobileNumber": f"44770090000{number}"}
        record = {"matchIdentifier": "mobileNumber", "identifiers": identifiers, "dataFields": {"FIRSTNAME": "Kim"}}
        lines.append(record_line("contacts", {**record, **channels}))
    result = loader().run(lines)
    assert result.code == 0, result.log
    statuses = {
        contact["identifiers"]["email"]: contact["status"] for contact in sandbox.snapshot("dotdigital")["contacts"]
    }
    assert statuses == {"m0@example.org": "unsubscribed", "m1@example.org": "subscribed"}


def test_the_mobile_status_of_who_left_is_not_reopened(sandbox: RunningSandbox, loader: Loader) -> None:
    def record(status: str) -> str:
        return record_line(
            "contacts",
            {
                "matchIdentifier": "email",
                "identifiers": {"email": "m@example.org", "mobileNumber": "447700900001"},
                "channelProperties": {"sms": {"status": status}},
            },
        )

    for status in ("subscribed", "unsubscribed", "subscribed"):
        assert loader().run([schema_line("contacts", {}), record(status)]).code == 0
    (contact,) = sandbox.snapshot("dotdigital")["contacts"]
    assert contact["smsStatus"] == "unsubscribed"
    assert contact["status"] == "unsubscribed"


def test_a_deleted_person_who_comes_back_without_a_yes_is_not_mailed(sandbox: RunningSandbox, loader: Loader) -> None:
    sandbox.control(
        "POST",
        "/dotdigital/contacts",
        [{"identifiers": {"email": "gone@example.org"}, "status": "unsubscribed", "deleted": True}],
    )
    yes = {
        "matchIdentifier": "email",
        "identifiers": {"email": "gone@example.org"},
        "channelProperties": {"email": {"status": "subscribed"}},
    }
    result = loader().run([schema_line("contacts", {}), record_line("contacts", yes)])
    assert result.code == 0, result.log
    assert all(contact["status"] != "subscribed" for contact in sandbox.snapshot("dotdigital")["contacts"])
