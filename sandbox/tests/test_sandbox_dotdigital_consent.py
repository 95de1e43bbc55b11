"""Who may be mailed, and why: the rules of the e-mail status and the audit that proves them."""

from __future__ import annotations

from typing import Any

import pytest
from commerce_sandbox.dotdigital.email_status import (
    ALL_STATUSES,
    OPEN,
    SUBSCRIBED,
    WRITABLE,
    ChannelWrite,
    decide_status,
)
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from hypothesis import given
from hypothesis import strategies as st

ANN = "ann@example.org"
CLOSED = sorted(ALL_STATUSES - OPEN)


@pytest.fixture
def dotdigital() -> InProcessDotdigital:
    return InProcessDotdigital()


def write(dotdigital: InProcessDotdigital, **email: Any) -> None:
    contact: dict[str, Any] = {"matchIdentifier": "email", "identifiers": {"email": ANN}}
    if email:
        contact["channelProperties"] = {"email": email}
    assert dotdigital.import_contacts(contact)["failures"] == []


def seed(dotdigital: InProcessDotdigital, status: str, **more: Any) -> None:
    dotdigital.control("/contacts", [{"identifiers": {"email": ANN}, "status": status, **more}])


def status(dotdigital: InProcessDotdigital) -> str:
    found: str = dotdigital.service.snapshot()["contacts"][0]["status"]
    return found


def mails(dotdigital: InProcessDotdigital) -> list[str]:
    return [mail["kind"] for mail in dotdigital.service.snapshot()["mails_sent"]]


def test_a_new_contact_without_a_status_becomes_subscribed_and_the_audit_says_nobody_stated_it(
    dotdigital: InProcessDotdigital,
) -> None:
    write(dotdigital)
    assert status(dotdigital) == "subscribed"
    (change,) = dotdigital.service.snapshot()["status_history"][ANN]
    assert {name: change[name] for name in ("from", "to", "cause", "stated")} == {
        "from": None,
        "to": "subscribed",
        "cause": "PUT /contacts/v3/import",
        "stated": False,
    }
    assert dotdigital.service.counts()["mailable_contacts"] == 1


@pytest.mark.parametrize("stated", sorted(WRITABLE))
def test_a_new_contact_has_the_status_that_is_stated(dotdigital: InProcessDotdigital, stated: str) -> None:
    write(dotdigital, status=stated)
    assert status(dotdigital) == stated
    assert dotdigital.service.snapshot()["status_history"][ANN][0]["stated"] is True


@pytest.mark.parametrize("before", sorted(ALL_STATUSES))
def test_an_existing_contact_keeps_its_status_when_none_is_stated(dotdigital: InProcessDotdigital, before: str) -> None:
    seed(dotdigital, before)
    write(dotdigital)
    assert status(dotdigital) == before
    assert len(dotdigital.service.snapshot()["status_history"][ANN]) == 1


def test_subscribed_turns_an_unsubscribe_round_by_default(dotdigital: InProcessDotdigital) -> None:
    seed(dotdigital, "unsubscribed")
    write(dotdigital, status="subscribed")
    assert status(dotdigital) == "subscribed"
    assert mails(dotdigital) == []
    last = dotdigital.service.snapshot()["status_history"][ANN][-1]
    assert (last["from"], last["to"], last["stated"]) == ("unsubscribed", "subscribed", True)


def test_subscribed_with_a_challenge_asks_the_person_once(dotdigital: InProcessDotdigital) -> None:
    seed(dotdigital, "unsubscribed")
    for _ in range(2):
        write(dotdigital, status="subscribed", resubscribeOptions={"resubscribeWithNoChallenge": False})
    assert status(dotdigital) == "pendingOptIn"
    assert mails(dotdigital) == ["resubscribeChallenge"]


@pytest.mark.parametrize("before", CLOSED)
@pytest.mark.parametrize("stated", sorted(WRITABLE))
def test_barred_contacts_take_values_and_keep_their_status(
    dotdigital: InProcessDotdigital, before: str, stated: str
) -> None:
    seed(dotdigital, before)
    contact = {
        "matchIdentifier": "email",
        "identifiers": {"email": ANN},
        "dataFields": {"FIRSTNAME": "Ann"},
        "channelProperties": {"email": {"status": stated}},
    }
    assert dotdigital.import_contacts(contact)["summary"]["updatedContacts"] == 1
    assert status(dotdigital) == before
    assert dotdigital.service.snapshot()["contacts"][0]["dataFields"] == {"FIRSTNAME": "Ann"}


def test_a_verified_double_opt_in_mails_the_person_and_waits(dotdigital: InProcessDotdigital) -> None:
    write(dotdigital, status="subscribed", optInType="verifiedDouble")
    assert status(dotdigital) == "pendingOptIn"
    write(dotdigital, status="subscribed", optInType="verifiedDouble")
    assert mails(dotdigital) == ["doubleOptIn"]
    assert dotdigital.service.snapshot()["contacts"][0]["optInType"] == "VerifiedDouble"


def test_a_verified_double_opt_in_without_a_status_asks_who_was_subscribed(dotdigital: InProcessDotdigital) -> None:
    write(dotdigital)
    write(dotdigital, optInType="verifiedDouble")
    assert (status(dotdigital), mails(dotdigital)) == ("pendingOptIn", ["doubleOptIn"])


def test_the_account_can_enforce_that_everyone_is_asked() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(enforce_double_opt_in=True))
    write(dotdigital)
    assert (status(dotdigital), mails(dotdigital)) == ("pendingOptIn", ["doubleOptIn"])


def test_an_unsubscribed_newcomer_is_never_mailed() -> None:
    dotdigital = InProcessDotdigital(DotdigitalSettings(enforce_double_opt_in=True))
    write(dotdigital, status="unsubscribed", optInType="verifiedDouble")
    assert (status(dotdigital), mails(dotdigital)) == ("unsubscribed", [])


def test_a_contact_without_an_address_has_no_subscription_until_it_gets_one(dotdigital: InProcessDotdigital) -> None:
    number = {"mobileNumber": "447700900123"}
    dotdigital.import_contacts({"matchIdentifier": "mobileNumber", "identifiers": number})
    assert status(dotdigital) == "noSubscription"
    dotdigital.import_contacts({"matchIdentifier": "mobileNumber", "identifiers": {**number, "email": ANN}})
    assert status(dotdigital) == "subscribed"
    assert dotdigital.service.snapshot()["status_history"][ANN][-1]["stated"] is False


@given(
    current=st.none() | st.sampled_from(sorted(ALL_STATUSES)),
    write=st.builds(
        ChannelWrite,
        status=st.none() | st.sampled_from(sorted(WRITABLE)),
        opt_in_type=st.none() | st.sampled_from(["Unknown", "Single", "Double", "VerifiedDouble"]),
        no_challenge=st.booleans(),
    ),
    opt_in=st.sampled_from(["Unknown", "Single", "Double", "VerifiedDouble"]),
    enforce=st.booleans(),
)
def test_only_a_stated_status_or_a_new_contact_makes_anyone_mailable(
    current: str | None, write: ChannelWrite, opt_in: str, *, enforce: bool
) -> None:
    decision = decide_status(write, current, opt_in, enforce_double_opt_in=enforce)
    assert decision.status in ALL_STATUSES
    if decision.status == SUBSCRIBED and current != SUBSCRIBED:
        assert current is None or write.status == SUBSCRIBED
        assert current is None or current in OPEN
    if decision.mail is not None:
        assert decision.status == "pendingOptIn"
    if current is not None and current not in OPEN:
        assert decision == type(decision)(current)
    again = decide_status(write, decision.status, write.opt_in_type or opt_in, enforce_double_opt_in=enforce)
    assert (again.status, again.mail) == (decision.status, None)


def test_leaving_and_coming_back_over_version_2(dotdigital: InProcessDotdigital) -> None:
    write(dotdigital)
    left = dotdigital.post("/v2/contacts/unsubscribe", {"email": ANN}).json
    assert (left["reason"], left["suppressedContact"]["status"]) == ("Unsubscribed", "Unsubscribed")
    asked = dotdigital.post("/v2/contacts/resubscribe", {"unsubscribedContact": {"email": ANN}}).json
    assert (asked["status"], mails(dotdigital)) == ("ContactChallenged", ["resubscribeChallenge"])
    added = dotdigital.post("/v2/contacts/resubscribe-with-no-challenge", {"unsubscribedContact": {"email": ANN}}).json
    assert (added["status"], status(dotdigital)) == ("ContactAdded", "subscribed")
    suppressed = dotdigital.put("/v2/contacts/suppress-contacts", [{"email": ANN}, {"id": 1}]).json
    assert suppressed == {"suppressed": [{"id": 0, "email": ANN}], "notFound": [{"id": 1, "email": None}]}
    back = dotdigital.post("/v2/contacts/resubscribe-with-no-challenge", {"unsubscribedContact": {"email": ANN}}).json
    assert (back["status"], status(dotdigital)) == ("ContactCannotBeUnsuppressed", "suppressed")


def test_version_2_refuses_addresses_that_cannot_be_or_are_not_there(dotdigital: InProcessDotdigital) -> None:
    malformed = dotdigital.post("/v2/contacts/unsubscribe", {"email": "no-at-sign"})
    assert (malformed.status, "ERROR_INVALID_EMAIL" in malformed.json["message"]) == (400, True)
    unknown = dotdigital.post("/v2/contacts/unsubscribe", {"email": ANN})
    assert (unknown.status, "ERROR_CONTACT_NOT_FOUND" in unknown.json["message"]) == (404, True)
    assert dotdigital.put("/v2/contacts/suppress-contacts", {"email": ANN}).status == 400
    assert dotdigital.put("/v2/contacts/suppress-contacts", [{}]).status == 400


def test_removals_are_told_since_a_date_in_pages(dotdigital: InProcessDotdigital) -> None:
    people = {"unsubscribed": "un", "hardBounced": "hb", "subscribed": "su", "pendingOptIn": "pe"}
    seeds = [{"identifiers": {"email": f"{name}@example.org"}, "status": word} for word, name in people.items()]
    dotdigital.control("/contacts", seeds)
    today = dotdigital.clock.now().strftime("%Y-%m-%d")
    tomorrow = dotdigital.clock.advance(86_400).strftime("%Y-%m-%d")
    suppressed = dotdigital.get(f"/v2/contacts/suppressed-since/{today}").json
    assert [item["reason"] for item in suppressed] == ["Unsubscribed", "HardBounced"]
    assert suppressed[0]["suppressedContact"]["email"] == "un@example.org"
    assert suppressed[0]["dateRemoved"].startswith(today)
    unsubscribed = dotdigital.get(f"/v2/contacts/unsubscribed-since/{today}").json
    assert [item["suppressedContact"]["email"] for item in unsubscribed] == ["un@example.org"]
    assert len(dotdigital.get(f"/v2/contacts/suppressed-since/{today}?select=1&skip=1").json) == 1
    assert dotdigital.get(f"/v2/contacts/suppressed-since/{tomorrow}").json == []
    assert dotdigital.get(f"/v2/contacts/suppressed-since/{today}?select=1001").status == 400
    assert dotdigital.get("/v2/contacts/suppressed-since/yesterday").status == 400


def test_seeding_refuses_what_cannot_be(dotdigital: InProcessDotdigital) -> None:
    for wrong, reason in (
        ({"status": "gone"}, "status is one of"),
        ({"opt_in_type": "single"}, "opt_in_type is one of"),
        ({"identifiers": {"email": "no-at-sign"}}, "no identifier of the account"),
        ({"identifiers": {"loyalty": "1"}}, "no identifier of the account"),
        ({"data_fields": {"UNKNOWN": 1}}, "no data field UNKNOWN"),
        ({"data_fields": {"FIRSTNAME": 1}}, "JSON string"),
    ):
        with pytest.raises(ValueError, match=reason):
            dotdigital.control("/contacts", [{"identifiers": {"email": ANN}, **wrong}])
    seed(dotdigital, "subscribed", deleted=True)
    with pytest.raises(ValueError, match="another contact holds the email"):
        seed(dotdigital, "subscribed")


def test_seeded_contacts_have_all_they_were_given(dotdigital: InProcessDotdigital) -> None:
    seed(
        dotdigital,
        "unsubscribed",
        opt_in_type="Double",
        data_fields={"FIRSTNAME": "Ann"},
        lists=["Friends"],
        preferences={"11": True},
    )
    (contact,) = dotdigital.service.snapshot()["contacts"]
    assert (contact["optInType"], contact["dataFields"]) == ("Double", {"FIRSTNAME": "Ann"})
    assert (contact["lists"], contact["preferences"]) == (["Friends"], {"Sale": True})
