"""Every 3rd, 5th or 7th answer broken: nobody is mailable without a yes, and no opt-out is lost."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from delivery.client import RetryPolicy
from delivery.testing import record_line, schema_line
from dotdigital_records import evidence
from in_process_loader import run
from target_dotdigital import contact_directory

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

STATES = {"new": None, "subscribed": "subscribed", "opted-out": "unsubscribed", "suppressed": "suppressed"}
SAYINGS = ("yes", "no", "unknown")
PEOPLE = list(product(STATES, SAYINGS, range(4)))
BROKEN: dict[str, dict[str, Any]] = {
    "a page": {"status": 200, "body": "<html>Maintenance</html>"},
    "nothing": {"status": 200},
    "other JSON": {"status": 200, "body": [{}]},
    "a gateway knows nothing": {"status": 404, "body": {"message": "no route matched"}},
}
PATIENT = RetryPolicy(attempts=4, base_seconds=0.001)
MOST_RUNS = 12


def address(state: str, saying: str, number: int) -> str:
    return f"{saying}+{state}{number}@example.org"


def record(state: str, saying: str, number: int) -> dict[str, Any]:
    contact: dict[str, Any] = {
        "matchIdentifier": "shop-id",
        "identifiers": {"email": address(state, saying, number), "shop-id": address(state, saying, number)},
        # Every other record holds what does not fit: its rest is rejected, its no is not.
        "dataFields": {"POINTS": "many" if number % 2 else 1, "NEWS": saying != "no"},
        "consentFields": ["NEWS"],
        "preferences": [{"name": "Sale", "isOptedIn": saying == "yes"}],
        "lists": ["VIP"],
    }
    if saying != "unknown":
        status = "subscribed" if saying == "yes" else "unsubscribed"
        contact["channelProperties"] = {"email": {"status": status}}
    if saying == "yes":
        # Whoever has opted out in Dotdigital did so after this yes.
        contact["consentedAt"] = (datetime.now(tz=timezone.utc) - timedelta(days=30)).isoformat()
        contact["consentRecords"] = [evidence()]
    return contact


def lines() -> list[str]:
    return [
        schema_line("contacts", {"dataFields": {"type": "object", "properties": {"POINTS": {"type": "number"}}}}),
        *(record_line("contacts", record(*person)) for person in PEOPLE),
    ]


@pytest.mark.parametrize("every", [3, 5, 7])
@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("in_pages", [False, True])
def test_nobody_is_mailable_without_a_yes_and_no_opt_out_is_lost(
    sandbox: RunningSandbox,
    settings: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    every: int,
    kind: str,
    *,
    in_pages: bool,
) -> None:
    if in_pages:
        monkeypatch.setattr(contact_directory, "LOOK_UPS_WORTH_A_DIRECTORY", 1)
        monkeypatch.setattr(contact_directory, "LOOK_UPS_WORTH_A_PAGE", 1)
    seeds = [
        {"identifiers": {"email": address(*person)}, "status": STATES[person[0]]}
        for person in PEOPLE
        if STATES[person[0]] is not None
    ]
    sandbox.control("POST", "/dotdigital/contacts", seeds)
    fault = {"kind": "replace_answer", **BROKEN[kind]}
    sandbox.order_fault(fault, service="dotdigital", times=None, every=every)
    for _ in range(MOST_RUNS):
        ended = run(settings, tmp_path, lines(), retry=PATIENT, batch_size_rows=20)
        check_that_nobody_is_mailable_without_a_yes(sandbox)
        if ended.error is None:
            break
        assert not [reason for reason in ended.reasons if not reason.startswith("data field POINTS")]
    assert ended.error is None
    assert ended.delivered == {"contacts": len(PEOPLE) // 2}
    contacts = {contact["identifiers"]["email"]: contact for contact in sandbox.snapshot("dotdigital")["contacts"]}
    for state, saying, number in PEOPLE:
        if saying == "no":
            contact = contacts[address(state, saying, number)]
            assert contact["status"] in {"unsubscribed", "suppressed"}
            assert contact["dataFields"]["NEWS"] is False
            assert contact["preferences"] == {"Sale": False}


def check_that_nobody_is_mailable_without_a_yes(sandbox: RunningSandbox) -> None:
    mailable = {
        contact["identifiers"]["email"]
        for contact in sandbox.snapshot("dotdigital")["contacts"]
        if contact["status"] == "subscribed"
    }
    allowed = {address(*person) for person in PEOPLE if person[1] == "yes" and person[0] in {"new", "subscribed"}}
    untouched = {address(*person) for person in PEOPLE if person[0] == "subscribed"}
    assert mailable <= allowed | untouched
