"""Who may be mailed after a run, for every state of the account and everything a source can say."""

from __future__ import annotations

import random
import signal
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line
from dotdigital_account import make_custom_identifier
from dotdigital_records import evidence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
WAYS: dict[str, dict[str, Any]] = {
    "one by one": {},
    "one by one, on a list": {"list": "Everybody"},
    "many, on a list": {"list": "Everybody", "batch_size_rows": 50},
    "each alone": {"batch_size_rows": 1},
    "matched by shop-id": {"match_by": "shop-id"},
    "matched by shop-id, which the account does not have yet": {"match_by": "shop-id"},
    "matched by number": {"match_by": "mobileNumber"},
    "fields of others": {"field_ownership": {"LASTNAME": "destination", "POINTS": "first_write"}},
    "all that a record can say": {"list": "Everybody"},
    "with all other settings": {
        "cart_insight_program": "Abandoned cart",
        "collections": {"orders": {"collection": "Shop_Orders"}},
        "erased_people_path": "erased-people",
        "max_rejects": 5,
    },
}
"""Settings, and records, that might change what is written about consent."""

MANY = 600
"""So many other people are more than are looked up one by one."""


def address(state: str, saying: str) -> str:
    return f"{saying}+{state}@example.org"


def said(state: str, saying: str, now: datetime, way: str = "") -> dict[str, Any]:
    contact: dict[str, Any] = {
        "matchIdentifier": "email",
        "identifiers": {"email": address(state, saying), **further_identifiers(state, saying, way)},
        "dataFields": {"FIRSTNAME": "Kim", "LASTNAME": "Lee", "POINTS": 1},
    }
    if way == "all that a record can say":
        contact["lists"] = ["VIP"]
        contact["preferences"] = [{"name": "Sale", "isOptedIn": True}]
        contact["consentRecords"] = [evidence()]
        # All but the status: none of it is a yes.
        options = {"resubscribeWithNoChallenge": True}
        email = {"optInType": "double", "emailType": "html", "resubscribeOptions": options}
        contact["channelProperties"] = {"email": email}
    if saying == "unknown":
        return contact
    email = contact.setdefault("channelProperties", {}).setdefault("email", {})
    email["status"] = "unsubscribed" if saying == "no" else "subscribed"
    if saying == "timed-yes":
        moment = now - timedelta(days=30) if state == "left-after-yes" else now + timedelta(seconds=1)
        contact["consentedAt"] = moment.isoformat()
    return contact


def further_identifiers(state: str, saying: str, way: str) -> dict[str, str]:
    number = PAIRS.index((state, saying))
    if way.startswith("matched by shop-id"):
        return {"shop-id": f"c-{number}"}
    return {"mobileNumber": f"4477009{number:05}"} if way == "matched by number" else {}


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


def seed(sandbox: RunningSandbox, way: str = "") -> None:
    if way.startswith("matched by shop-id"):
        make_custom_identifier(sandbox, "shop-id")
    # Who is in the recycle bin has it in any case: otherwise the address belongs to somebody else, and is rejected.
    unknown = way == "matched by shop-id, which the account does not have yet"
    seeds = [
        {
            "identifiers": {
                "email": address(state, saying),
                **({} if unknown and not state.startswith("binned") else further_identifiers(state, saying, way)),
            },
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
    assert subscribing(snapshot) <= allowed
    assert all(contact["dataFields"]["FIRSTNAME"] == "Kim" for contact in people.values())
    return {name: snapshot[name] for name in ("contacts", "status_history", "mails_sent")}


def subscribing(snapshot: dict[str, Any]) -> set[str]:
    """Return who was made mailable, at any moment, by a call that said so; nobody may be by a call that did not."""
    changes = [
        (email, change["stated"])
        for email, history in snapshot["status_history"].items()
        for change in history
        if change["to"] == "subscribed" and change["cause"] != "seeded" and "undelete" not in change["cause"]
    ]
    assert all(stated for _, stated in changes)
    return {email for email, _ in changes}


def others() -> list[str]:
    people = [{"matchIdentifier": "email", "identifiers": {"email": f"other{n}@example.org"}} for n in range(MANY)]
    return [record_line("contacts", {**person, "dataFields": {"FIRSTNAME": "Jo"}}) for person in people]


def pages(sandbox: RunningSandbox) -> int:
    return len(sandbox.requests(service="dotdigital", method="GET", path="contacts/v3$"))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("way", WAYS)
def test_nobody_becomes_mailable_without_a_yes_of_the_source(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path, policy: str, way: str
) -> None:
    seed(sandbox, way)
    now = datetime.now(tz=timezone.utc)
    many = way.startswith("many")
    lines = [schema_line("contacts", {}), *(others() if many else [])]
    lines += [record_line("contacts", said(*pair, now, way)) for pair in PAIRS]
    changes = WAYS[way]
    if "erased_people_path" in changes:
        changes = {**changes, "erased_people_path": str(tmp_path / changes["erased_people_path"])}
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


@pytest.mark.parametrize("turn", range(len(WAYS)))
def test_the_order_of_records_and_a_crash_make_nobody_mailable(
    sandbox: RunningSandbox, loader: Loader, tmp_path: Path, turn: int
) -> None:
    """Records of each person in any order, killed at any moment and run again: no yes, nobody mailable."""
    chance = random.Random(turn)  # noqa: S311 - a shuffle that can be repeated
    policy, way = POLICIES[turn % len(POLICIES)], list(WAYS)[turn]
    seed(sandbox, way)
    now = datetime.now(tz=timezone.utc)
    records = [said(*pair, now, way) for pair in PAIRS]
    # The same again without a field, as an order brings its buyer.
    records += [{name: record[name] for name in ("matchIdentifier", "identifiers")} for record in records]
    # Of who says yes, somewhere in between, also that nothing is known, and of some that they say no.
    for state, saying in PAIRS:
        if saying.endswith("yes"):
            for other in ("unknown", chance.choice(("no", "unknown"))):
                identifiers = said(state, saying, now, way)["identifiers"]
                records.append({**said(state, other, now, way), "identifiers": identifiers})
    chance.shuffle(records)
    lines = [schema_line("contacts", {}), *(others() if turn % 4 == 2 else [])]
    lines += [record_line("contacts", record) for record in records]
    changes = {**WAYS[way], "batch_size_rows": 50 if turn % 4 == 2 else chance.choice([3, 20])}
    if "erased_people_path" in changes:
        changes["erased_people_path"] = str(tmp_path / changes["erased_people_path"])
    process = loader(resubscribe=policy, **changes)
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
    read, delivered, rejected, skipped = result.counts("contacts")
    assert (delivered + skipped, rejected) == (read, 0)
    snapshot = sandbox.snapshot("dotdigital")
    statuses = {contact["identifiers"]["email"]: contact["status"] for contact in snapshot["contacts"]}
    for state, saying in PAIRS:
        if saying in {"no", "unknown"}:
            # A person who was binned is never left as mailable; who was subscribed stays so unless there is a no.
            assert statuses[address(state, saying)] == expected(state, saying, policy), (state, saying)
        elif state in NOT_CHANGED:
            assert statuses[address(state, saying)] in {NOT_CHANGED[state], "unsubscribed"}, (state, saying)
    assert subscribing(snapshot) <= {address(*pair) for pair in PAIRS if pair[1].endswith("yes")}
    asked = {mail["email"] for mail in snapshot["mails_sent"]}
    assert asked <= {address(*pair) for pair in PAIRS if pair[1].endswith("yes")}


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


@pytest.mark.parametrize("way", ["one by one", "many"])
@pytest.mark.parametrize("known_by", ["shop-id", "mobileNumber"])
def test_a_deleted_person_who_is_named_without_an_address_is_not_mailed(
    sandbox: RunningSandbox, loader: Loader, known_by: str, way: str
) -> None:
    identifiers = {"email": "gone@example.org", known_by: "447700900001"}
    assert loader().run([schema_line("contacts", {}), record_line("contacts", made_known(known_by))]).code == 0
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": identifiers, "deleted": True}])
    record = {"matchIdentifier": known_by, "identifiers": {known_by: "447700900001"}, "dataFields": {"POINTS": 1}}
    lines = [schema_line("contacts", {}), *(others() if way == "many" else []), record_line("contacts", record)]
    result = loader(batch_size_rows=50).run(lines)
    assert result.code == 0, result.log
    snapshot = sandbox.snapshot("dotdigital")
    people = {contact["identifiers"].get("email"): contact for contact in snapshot["contacts"]}
    assert people["gone@example.org"]["status"] == "unsubscribed"
    assert people["gone@example.org"]["dataFields"]["POINTS"] == 1
    assert not snapshot["mails_sent"]


def made_known(identifier: str) -> dict[str, Any]:
    """Return a contact that makes the account know a custom identifier."""
    return {"matchIdentifier": "email", "identifiers": {"email": "other-first@example.org", identifier: "447700900009"}}
