"""Whose an Insight record is: contacts first, owners that are not there yet, owners that changed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

ANN, BO = "ann@example.org", "bo@example.org"
MOVED = "were of another contact: deleted there and written for the contact that the source names"
BY_KEY = "v2/contacts/transactional-data/Orders/"


def order(key: str, email: str, **members: Any) -> str:
    identity = {"identifier": "email", "value": email}
    return record_line("orders", {"key": key, "contactIdentity": identity, "json": {"id": key, **members}})


def orders(*lines: str) -> list[str]:
    return [schema_line("orders", {}), *lines, state_line({"done": True})]


def owners(sandbox: RunningSandbox) -> dict[str, str]:
    records = sandbox.snapshot("dotdigital")["collections"]["Orders"]["records"]
    return {key: record["owner"] for key, record in records.items()}


@pytest.fixture
def people(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": email}} for email in (ANN, BO)])


@pytest.mark.usefixtures("people")
def test_an_order_whose_owner_changed_moves_and_others_stay(sandbox: RunningSandbox, loader: Loader) -> None:
    first = orders(order("O-1", ANN, total=1), order("O-2", ANN), order("O-3", BO))
    assert loader().run(first).code == 0
    result = loader().run(orders(order("O-1", BO, total=2), order("O-2", ANN), order("O-4", BO)))
    assert result.counts("orders") == (3, 3, 0, 0)
    assert result.reasons("orders", "noticed") == {MOVED: 1}
    assert owners(sandbox) == {"O-1": BO, "O-2": ANN, "O-3": BO, "O-4": BO}
    records = sandbox.snapshot("dotdigital")["collections"]["Orders"]["records"]
    assert records["O-1"]["json"] == {"id": "O-1", "total": 2}
    assert "example.org" not in result.log


@pytest.mark.usefixtures("people")
def test_an_owner_that_changes_within_a_run_ends_as_the_last_record_says(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    lines = orders(order("O-1", ANN), order("O-1", BO), order("O-1", ANN), order("O-2", BO))
    result = loader().run(lines)
    assert result.counts("orders") == (4, 4, 0, 0)
    assert owners(sandbox) == {"O-1": ANN, "O-2": BO}


@pytest.mark.usefixtures("people")
def test_a_record_that_cannot_be_deleted_stays_with_its_owner_and_is_rejected(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    assert loader().run(orders(order("O-1", ANN))).code == 0
    refusal = {"kind": "respond", "status": 400, "body": {"message": "Error: ERROR_UNKNOWN"}}
    sandbox.order_fault(refusal, service="dotdigital", method="DELETE", path=BY_KEY)
    result = loader().run(orders(order("O-1", BO), order("O-2", BO)))
    assert result.counts("orders") == (2, 1, 1, 0)
    (rejected,) = [item["rejected"] for item in result.rejects if item["type"] == "RECORD"]
    assert rejected["code"] == "KeyExistingForDifferentContact"
    assert rejected["reason"].startswith("its key belongs to a record of another contact")
    assert owners(sandbox) == {"O-1": ANN, "O-2": BO}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "action",
    [{"kind": "drop"}, {"kind": "drop_after"}, {"kind": "respond", "status": 503}, {"kind": "respond", "status": 429}],
    ids=["drop", "drop-after", "503", "429"],
)
def test_a_passing_fault_while_an_order_moves_changes_nothing(
    sandbox: RunningSandbox, loader: Loader, action: dict[str, Any]
) -> None:
    assert loader().run(orders(order("O-1", ANN))).code == 0
    sandbox.order_fault(action, service="dotdigital", method="DELETE", path=BY_KEY)
    sandbox.order_fault(action, service="dotdigital", method="PUT", path="insightData/v3/import$", skip=1)
    result = loader().run(orders(order("O-1", BO)))
    assert result.code == 0, result.log
    assert owners(sandbox) == {"O-1": BO}


@pytest.mark.usefixtures("people")
def test_a_run_killed_while_an_order_moves_is_made_good_by_the_next(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run(orders(order("O-1", ANN))).code == 0
    sandbox.order_fault(
        {"kind": "delay", "seconds": 30}, service="dotdigital", method="PUT", path="insightData/v3/import$", skip=1
    )
    process = loader()
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(line + "\n" for line in orders(order("O-1", BO))))
    running.stdin.close()
    running.stdin = None
    deadline = time.monotonic() + 60
    while owners(sandbox) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.kill()
    killed = process.finish(running)
    assert killed.states == []
    assert owners(sandbox) == {}
    assert loader().run(orders(order("O-1", BO))).code == 0
    assert owners(sandbox) == {"O-1": BO}


def test_an_order_whose_contact_comes_a_moment_later_is_sent_once_more(sandbox: RunningSandbox, loader: Loader) -> None:
    seen = len(sandbox.requests(service="dotdigital", method="GET", path="insightData/v3/import/"))

    def make_contact() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            # The first report tells that there is no contact; now there is one.
            if len(sandbox.requests(service="dotdigital", method="GET", path="insightData/v3/import/")) > seen:
                sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": ANN}}])
                return
            time.sleep(0.02)

    making = threading.Thread(target=make_contact)
    making.start()
    result = loader(poll_seconds=1.5).run(orders(order("O-1", ANN), order("O-2", "nobody@example.org")))
    making.join()
    assert result.counts("orders") == (2, 1, 1, 0)
    assert owners(sandbox) == {"O-1": ANN}
    assert next(iter(result.reasons("orders"))).startswith("its contact does not exist")
    imports = sandbox.requests(service="dotdigital", method="PUT", path="insightData/v3/import$")[-2:]
    assert [len(call["body"]["records"]) for call in imports] == [2, 2]
