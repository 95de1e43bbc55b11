"""Killed at any moment and run again, the account ends as if nothing had happened."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line
from dotdigital_records import evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess, LoaderResult

    Loader = Callable[..., LoaderProcess]

PEOPLE = 60


def lines() -> list[str]:
    contacts, orders = [schema_line("contacts", {})], [schema_line("orders", {})]
    for number in range(PEOPLE):
        email = f"p{number}@example.org"
        record: dict[str, Any] = {
            "matchIdentifier": "email",
            "identifiers": {"email": email},
            "dataFields": {"POINTS": number},
        }
        if number % 2:
            record["channelProperties"] = {"email": {"status": "subscribed"}}
            record["consentRecords"] = [evidence()]
        contacts.append(record_line("contacts", record))
        identity = {"identifier": "email", "value": email}
        json = {"id": f"O-{number}", "order_total": number + 0.5}
        orders.append(record_line("orders", {"key": f"O-{number}", "contactIdentity": identity, "json": json}))
    return [*contacts, state_line({"contacts": True}), *orders, state_line({"contacts": True, "orders": True})]


def held(sandbox: RunningSandbox) -> dict[str, Any]:
    snapshot = sandbox.snapshot("dotdigital")
    return {name: snapshot[name] for name in ("contacts", "collections", "data_fields", "lists", "mails_sent")}


def run_and_stop(sandbox: RunningSandbox, process: LoaderProcess, calls: int, number: signal.Signals) -> LoaderResult:
    seen = len(sandbox.requests(service="dotdigital"))
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(line + "\n" for line in lines()))
    running.stdin.close()
    running.stdin = None
    deadline = time.monotonic() + 60
    while len(sandbox.requests(service="dotdigital")) < seen + calls and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(number)
    return process.finish(running)


@pytest.mark.parametrize("calls", [8, 70, 90])
def test_killed_in_the_middle_and_run_again(sandbox: RunningSandbox, loader: Loader, calls: int) -> None:
    assert loader(list="Everybody").run(lines()).code == 0
    undisturbed = held(sandbox)
    sandbox.control("POST", "/reset?service=dotdigital")
    killed = run_and_stop(sandbox, loader(list="Everybody", batch_size_rows=20), calls, signal.SIGKILL)
    assert killed.code == -signal.SIGKILL
    # Imports that were accepted end on their own before the next scheduled run.
    time.sleep(0.5)
    result = loader(list="Everybody", batch_size_rows=20).run(lines())
    assert result.code == 0, result.log
    assert held(sandbox) == undisturbed


def test_told_to_stop_it_ends_cleanly_with_states_that_are_safe(sandbox: RunningSandbox, loader: Loader) -> None:
    process = loader(list="Everybody", batch_size_rows=2)
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(line + "\n" for line in lines()[:40]))
    running.stdin.flush()
    deadline = time.monotonic() + 60
    while not sandbox.requests(service="dotdigital", method="PUT", path="import") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert time.monotonic() < deadline, "no import was sent"
    running.send_signal(signal.SIGTERM)
    result = process.finish(running)
    assert result.code == 128 + signal.SIGTERM
    assert result.states == []
    assert result.summary["complete"] is False
    assert "stopped before the end of the input" in result.errors[0]
