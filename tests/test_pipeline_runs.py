"""The whole way, from shop to destination: everything first, then only changes, then through any interruption."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from documented_commands import BINARIES
from pipeline import Pipeline, loader_settings

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_sandbox.testing import RunningSandbox
    from pipeline import PipelineResult

CHANGES = {"place_orders": 4, "edit_customers": 1, "cancel_orders": 1, "unpublish_products": 1}


def first_run(pipeline: Pipeline) -> PipelineResult:
    result = pipeline.run()
    assert (result.tap_code, result.code) == (0, 0), result.log
    result.assert_adds_up()
    assert result.state is not None
    return result


def test_everything_arrives_and_the_counts_add_up(pipeline: Pipeline) -> None:
    result = first_run(pipeline)
    read = result.read()
    if pipeline.service == "iterable":
        assert read == {"users": 60, "purchases": 120, "catalog_items": 30}
    else:
        assert read["orders"] == 120
        assert read["catalog"] == 30
        assert read["contacts"] >= 60
    content = pipeline.content()
    shop = pipeline.sandbox.snapshot("commercetools", "orders", "products")
    with_buyer = [order for order in shop["orders"] if order.get("customerEmail") or order.get("customerId")]
    delivered = result.streams["purchases" if pipeline.service == "iterable" else "orders"]["delivered"]
    assert 0 < delivered <= len(with_buyer)
    if pipeline.service == "iterable":
        assert len(content["purchases"]) == delivered == len(with_buyer)
        assert len(content["catalogs"]["products"]) == result.streams["catalog_items"]["delivered"]
    else:
        assert len(content["collections"]["Orders"]["records"]) == delivered
        assert len(content["collections"]["catalog_products"]["records"]) == result.streams["catalog"]["delivered"]


def test_a_second_run_carries_only_the_changes(pipeline: Pipeline) -> None:
    state = first_run(pipeline).state
    unchanged = pipeline.run(state)
    assert unchanged.code == 0
    assert sum(unchanged.read().values()) == 0
    changed = pipeline.sandbox.control("POST", "/commercetools/changes", CHANGES)
    let_the_second_pass(pipeline)
    result = pipeline.run(unchanged.state or state)
    result.assert_adds_up()
    read = result.read()
    touched_orders = set(changed["place_orders"]) | set(changed["cancel_orders"])
    touched_products = set(changed["unpublish_products"])
    names = (
        ("purchases", "catalog_items", "users") if pipeline.service == "iterable" else ("orders", "catalog", "contacts")
    )
    assert read[names[0]] == len(touched_orders)
    assert read[names[1]] == len(touched_products)
    if pipeline.service == "iterable":
        assert read[names[2]] == 1


def let_the_second_pass(pipeline: Pipeline) -> None:
    """The platform tells its time in whole seconds, so what changed within the present one is the next run's."""
    pipeline.sandbox.advance_clock(2)


def test_the_same_input_again_changes_nothing(pipeline: Pipeline) -> None:
    first_run(pipeline)
    before = pipeline.content()
    first_run(pipeline)
    assert pipeline.content() == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_stopped_half_way_and_run_again_equals_an_undisturbed_run(pipeline: Pipeline, number: signal.Signals) -> None:
    first_run(pipeline)
    undisturbed = pipeline.content()
    pipeline.sandbox.control("POST", f"/reset?service={pipeline.service}")
    pipeline.sandbox.order_fault({"kind": "delay", "seconds": 0.15}, service=pipeline.service)
    pipeline.loader_settings["batch_size_rows"] = 10
    tap, loader = pipeline.start()
    wait_until_something_arrived(pipeline)
    loader.send_signal(number)
    stopped = pipeline.finish((tap, loader))
    assert stopped.code != 0
    assert pipeline.content() != undisturbed
    pipeline.sandbox.clear_faults()
    del pipeline.loader_settings["batch_size_rows"]
    again = pipeline.run(stopped.state)
    assert again.code == 0, again.log
    assert pipeline.content() == undisturbed


def wait_until_something_arrived(pipeline: Pipeline) -> None:
    for _ in range(3000):
        content = pipeline.content()
        if content.get("users") or content.get("contacts"):
            return
        time.sleep(0.02)
    pytest.fail("nothing arrived within a minute")


def test_the_mapper_as_a_process_of_its_own_sends_the_same(pipeline: Pipeline) -> None:
    first_run(pipeline)
    inside = pipeline.content()
    pipeline.sandbox.control("POST", f"/reset?service={pipeline.service}")
    result = pipeline.run_through_mapper()
    assert result.code == 0, result.log
    assert pipeline.content() == inside


def test_nobody_becomes_mailable_without_a_yes_in_the_shop(sandbox: RunningSandbox, tmp_path: Path) -> None:
    first_run(Pipeline(sandbox, "target-dotdigital", tmp_path))
    said_yes = {
        customer["email"].strip().lower()
        for customer in sandbox.snapshot("commercetools", "customers")["customers"]
        if custom_field(customer, "NEWSLETTER_SUBSCRIBE") == "YES"
    }
    contacts = sandbox.snapshot("dotdigital")["contacts"]
    mailable = {contact["identifiers"]["email"].lower() for contact in contacts if contact["status"] == "subscribed"}
    assert mailable
    assert mailable <= said_yes
    assert sandbox.snapshot("dotdigital")["mails_sent"] == []


def test_nobody_who_is_new_to_iterable_gets_marketing_without_a_yes_in_the_shop(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    setting = loader_settings("target-iterable")["unsubscribe_new_profiles"]
    first_run(Pipeline(sandbox, "target-iterable", tmp_path, unsubscribe_new_profiles=setting))
    said_yes = {
        customer["id"]
        for customer in sandbox.snapshot("commercetools", "customers")["customers"]
        if custom_field(customer, "NEWSLETTER_SUBSCRIBE") == "YES"
    }
    marketing = {101, 103}
    content = sandbox.snapshot("iterable")
    mailable = {
        user["userId"] or user["email"] for user in content["users"] if not marketing <= left_channels(content, user)
    }
    assert mailable
    assert mailable <= said_yes


def left_channels(content: dict[str, Any], user: dict[str, Any]) -> set[int]:
    choices = content["subscriptions"].get(user["email"] or user["userId"]) or {}
    return set(choices.get("unsubscribedChannelIds") or ())


def custom_field(customer: dict[str, Any], name: str) -> object:
    custom = customer.get("custom") or {}
    return (custom.get("fields") or {}).get(name)


def test_no_secret_and_no_person_is_in_any_log(pipeline: Pipeline) -> None:
    result = first_run(pipeline)
    logs = result.log + (pipeline.folder / "tap.log").read_text()
    customers = pipeline.sandbox.snapshot("commercetools", "customers")["customers"]
    for secret in ("sandbox-secret", "sandbox-iterable-key-0123456789abcd", "sandbox-password"):
        assert secret not in logs
    assert [customer["id"] for customer in customers if customer["email"] in logs] == []


def test_rejected_records_are_replayed_once_their_cause_is_mended(sandbox: RunningSandbox, tmp_path: Path) -> None:
    pipeline = Pipeline(sandbox, "target-iterable", tmp_path)
    first_run(pipeline)
    as_it_should_be = pipeline.content()["purchases"]
    sandbox.control("POST", "/reset?service=iterable")
    # The cause: the loader takes the project for one that knows people by userId only, so no guest gets through.
    pipeline.loader_settings["project_type"] = "userid"
    first_run(pipeline)
    assert len(pipeline.content()["purchases"]) < len(as_it_should_be)
    rejects = max((tmp_path / "rejects").iterdir())

    settings = {**pipeline.loader_settings, "project_type": "hybrid"}
    (tmp_path / "replay.json").write_text(json.dumps(settings))
    command = [str(BINARIES / "target-iterable"), "--config", str(tmp_path / "replay.json"), "--input", str(rejects)]
    replay = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert replay.returncode == 0, replay.stderr
    assert pipeline.content()["purchases"] == as_it_should_be
