"""A proxy's page in place of what a service said, now and then: nothing is lost, and nobody is mailed without a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline import SELECTED_STREAMS, Pipeline, loader_settings

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox

PAGE = "<html><head><title>Maintenance</title></head><body>We will be back soon.</body></html>"
BROKEN = [(3, "respond"), (5, "replace_answer"), (7, "respond")]
"""Which answers are broken: before the service has acted, or after."""
MARKETING = {101, 103}
SETTINGS: dict[str, dict[str, Any]] = {
    "target-iterable": {"unsubscribe_new_profiles": loader_settings("target-iterable")["unsubscribe_new_profiles"]},
    "target-dotdigital": {},
}


def said_yes(sandbox: RunningSandbox) -> set[str]:
    """Return ids and addresses of the customers who said yes."""
    customers = sandbox.snapshot("commercetools", "customers")["customers"]
    yes = [one for one in customers if (one.get("custom") or {}).get("fields", {}).get("NEWSLETTER_SUBSCRIBE") == "YES"]
    return {one["id"] for one in yes} | {one["email"].strip().lower() for one in yes}


def mailable(sandbox: RunningSandbox, service: str) -> set[str]:
    """Return whom a service would send marketing to, by id or address."""
    content = sandbox.snapshot(service)
    if service == "dotdigital":
        return {
            contact["identifiers"]["email"].lower()
            for contact in content["contacts"]
            if contact["status"] == "subscribed"
        }
    found = set()
    for user in content["users"]:
        choices = content["subscriptions"].get(user["email"] or user["userId"]) or {}
        if not set(choices.get("unsubscribedChannelIds") or ()) >= MARKETING:
            found.add(user["userId"] or user["email"])
    return found


def held(pipeline: Pipeline) -> dict[str, Any]:
    """Return what the service holds; evidence of a yes once, which is appended again if an answer is lost midway."""
    content = pipeline.content()
    for contact in content.get("contacts", []):
        records = contact.get("consentRecords") or []
        contact["consentRecords"] = [record for place, record in enumerate(records) if record not in records[:place]]
    return content


@pytest.mark.parametrize("target", ["target-iterable", "target-dotdigital"])
def test_broken_answers_lose_nothing_and_make_nobody_mailable(
    sandbox: RunningSandbox, tmp_path: Path, target: str
) -> None:
    pipeline = Pipeline(sandbox, target, tmp_path, streams=SELECTED_STREAMS, **SETTINGS[target])
    undisturbed = pipeline.run()
    assert undisturbed.code == 0, undisturbed.log
    content, people = held(pipeline), mailable(sandbox, pipeline.service)
    assert people
    assert people <= said_yes(sandbox)
    for every, kind in BROKEN:
        sandbox.control("POST", f"/reset?service={pipeline.service}")
        page = {"kind": kind, "status": 200, "body": PAGE}
        for service in (pipeline.service, "commercetools"):
            sandbox.order_fault(page, service=service, times=None, every=every)
        result = pipeline.run()
        sandbox.clear_faults()
        assert (result.tap_code, result.code) == (0, 0), result.log
        result.assert_adds_up()
        assert result.read() == undisturbed.read()
        assert held(pipeline) == content
        assert mailable(sandbox, pipeline.service) == people
