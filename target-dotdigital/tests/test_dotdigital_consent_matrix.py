"""Who may be mailed after a run, for every state of the account and everything a source can say."""

from __future__ import annotations

import random
import signal
import time
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
    "binned-subscribed": "subscribed",
    "binned-unsubscribed": "unsubscribed",
}
SAYINGS = ("timed-yes", "untimed-yes", "no", "unknown")
PAIRS = [(state, saying) for state in STATES for saying in SAYINGS]
NOT_CHANGED = {"suppressed": "suppressed", "hard-bounced": "hardBounced"}
POLICIES = ("never", "if_newer", "always")
MANY = 600
"""So many other people are more than are looked up one by one."""


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
        # Who comes out of the recycle bin comes as a new contact does.
        return "unsubscribed" if state.startswith("binned") else STATES[state] or "unsubscribed"
    if state == "binned-unsubscribed":
        # Nobody can see how who is in the bin left: Dotdigital asks the person.
        return "pendingOptIn"
    is_newer = policy == "if_newer" and saying == "timed-yes" and state == "left-before-yes"
    if STATES[state] == "unsubscribed" and (policy == "always" or is_newer):
        return "subscribed"
    return STATES[state] or "subscribed"


def seed(sandbox: RunningSandbox) -> None:
    seeds = [
        {
            "identifiers": {"email": address(state, saying)},
            "status": STATES[state],
            "deleted": state.startswith("binned"),
        }
        for state, saying in PAIRS
        if STATES[state] is not None
    ]
    sandbox.control("POST", "/dotdigital/contacts", seeds)


def check(sandbox: RunningSandbox, policy: str) -> dict[str, Any]:
    snapshot = sandbox.snapshot("dotdigital")
    people = {
        contact["identifiers"]["email"]: contact
        for contact in snapshot["contacts"]
        if not contact["identifiers"]["email"].startswith("other")
    }
    statuses = {email: contact["status"] for email, contact in people.items()}
    assert statuses == {address(*pair): expected(*pair, policy) for pair in PAIRS}
    asked = {mail["email"] for mail in snapshot["mails_sent"]}
    assert asked == {address("binned-unsubscribed", saying) for saying in ("timed-yes", "untimed-yes")}
    allowed = {
        address(state, saying)
        for state, saying in PAIRS
        if saying.endswith("yes") and expected(state, saying, policy) == "subscribed"
    }
    subscribing = {
        email: change
        for email, changes in snapshot["status_history"].items()
        for change in changes
        if change["to"] == "subscribed" and change["cause"] != "seeded" and "undelete" not in change["cause"]
    }
    assert subscribing.keys() <= allowed
    assert all(change["stated"] for change in subscribing.values())
    assert all(contact["dataFields"]["FIRSTNAME"] == "Kim" for contact in people.values())
    return {name: snapshot[name] for name in ("contacts", "status_history", "mails_sent")}


def others() -> list[str]:
    people = [{"matchIdentifier": "email", "identifiers": {"email": f"other{n}@example.org"}} for n in range(MANY)]
    return [record_line("contacts", {**person, "dataFields": {"FIRSTNAME": "Jo"}}) for person in people]


def pages(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="dotdigital", method="GET", path="contacts/v3$"))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("way", ["one by one", "one by one, on a list", "many, on a list"])
def test_nobody_becomes_mailable_without_a_yes_of_the_source(
    sandbox: RunningSandbox, loader: Loader, policy: str, way: str
) -> None:
    seed(sandbox)
    now = datetime.now(tz=timezone.utc)
    many = way.startswith("many")
    lines = [schema_line("contacts", {}), *(others() if many else [])]
    lines += [record_line("contacts", said(*pair, now)) for pair in PAIRS]
    changes = {**({"list": "Everybody"} if "list" in way else {}), **({"batch_size_rows": 50} if many else {})}
    pages_before = pages(sandbox)
    result = loader(resubscribe=policy, **changes).run(lines)
    assert result.code == 0, result.log
    count = len(lines) - 1
    assert result.counts("contacts") == (count, count, 0, 0)
    # One question at the start of each run; more of them show that contacts were looked up in pages.
    assert (pages(sandbox) > pages_before + 1) is many
    held = check(sandbox, policy)
    if many:
        status = {contact["identifiers"]["email"]: contact["status"] for contact in held["contacts"]}
        assert {status[f"other{number}@example.org"] for number in range(MANY)} == {"unsubscribed"}

    again = loader(resubscribe=policy, **changes).run(lines)
    assert again.code == 0, again.log
    assert check(sandbox, policy) == held


@pytest.mark.parametrize("turn", range(4))
def test_the_order_of_records_and_a_crash_make_nobody_mailable(
    sandbox: RunningSandbox, loader: Loader, turn: int
) -> None:
    """Records of one person, in any order: no yes, nobody mailable; killed at any moment and run again, likewise."""
    chance = random.Random(turn)  # noqa: S311 - a shuffle that can be repeated
    policy = chance.choice(POLICIES)
    seed(sandbox)
    now = datetime.now(tz=timezone.utc)
    records = [said(state, saying, now) for state, saying in PAIRS if saying in {"no", "unknown"}]
    # The same again without a field, as an order brings its buyer.
    records += [{name: record[name] for name in ("matchIdentifier", "identifiers")} for record in records]
    chance.shuffle(records)
    lines = [schema_line("contacts", {}), *(others() if turn % 2 else [])]
    lines += [record_line("contacts", record) for record in records]
    process = loader(resubscribe=policy, list="Everybody", batch_size_rows=chance.choice([3, 20, 50]))
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(line + "\n" for line in lines))
    running.stdin.close()
    running.stdin = None
    seen = len(sandbox.requests(service="dotdigital"))
    stop_after = chance.randint(5, 60)
    deadline = time.monotonic() + 60
    while len(sandbox.requests(service="dotdigital")) < seen + stop_after and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    process.finish(running)
    time.sleep(0.5)
    result = process.run(lines)
    assert result.code == 0, result.log
    snapshot = sandbox.snapshot("dotdigital")
    statuses = {contact["identifiers"]["email"]: contact["status"] for contact in snapshot["contacts"]}
    for state, saying in PAIRS:
        if saying in {"no", "unknown"}:
            # A person who was binned is never left as mailable; who was subscribed stays so unless there is a no.
            assert statuses[address(state, saying)] == expected(state, saying, policy), (state, saying)
    assert not snapshot["mails_sent"]


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
