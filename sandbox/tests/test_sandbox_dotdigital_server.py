"""The service behind real HTTP, in the sandbox: lost answers, pages for people, control, and what two runs share."""

from __future__ import annotations

import base64
import http.client
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from commerce_sandbox.dotdigital.settings import DotdigitalSettings
from commerce_sandbox.testing import RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDENTIALS = base64.b64encode(b"apiuser-sandbox@apiconnector.com:sandbox-password").decode()
VOLATILE = {"contact_ids", "list_ids", "received_at", "status_history", "imports", "jobs"}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSandbox]:
    with running_sandbox(dotdigital=DotdigitalSettings(custom_identifiers=("customer-id",))) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: RunningSandbox) -> RunningSandbox:
    server.clear_faults()
    server.control("POST", "/reset?service=dotdigital")
    return server


def call(sandbox: RunningSandbox, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Send one request to the service and return its status and its decoded answer."""
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        content = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Basic {CREDENTIALS}", "Content-Type": "application/json"}
        connection.request(method, f"/dotdigital{path}", content, headers)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


def page(sandbox: RunningSandbox, query: str = "") -> str:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        connection.request("GET", f"/pages/dotdigital{query}")
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return text
    finally:
        connection.close()


def finish(sandbox: RunningSandbox, path: str, body: object) -> dict[str, Any]:
    """Send an import and return its report."""
    status, accepted = call(sandbox, "PUT", path, body)
    assert status == 202, accepted
    for _ in range(100):
        _, report = call(sandbox, "GET", f"{path}/{accepted['importId']}")
        if report["status"] == "Finished":
            found: dict[str, Any] = report
            return found
        time.sleep(0.05)
    raise AssertionError(path)


def load(sandbox: RunningSandbox, *, order_of_people: int = 1) -> None:
    """Import two people and their orders."""
    people = [
        {"matchIdentifier": "email", "identifiers": {"email": f"{name}@example.org"}, "dataFields": {"FIRSTNAME": name}}
        for name in ("ann", "bo")
    ][::order_of_people]
    orders = [
        {
            "key": f"O-{name}",
            "contactIdentity": {"identifier": "email", "value": f"{name}@example.org"},
            "json": {
                "id": f"O-{name}",
                "order_total": 5.5,
                "currency": "EUR",
                "products": [{"name": "Hat", "qty": 2, "price": 2.75}],
            },
        }
        for name in ("ann", "bo")
    ][::order_of_people]
    finish(sandbox, "/contacts/v3/import", {"contacts": people})
    collection = {"collectionName": "Orders", "collectionScope": "contact", "collectionType": "orders"}
    report = finish(sandbox, "/insightData/v3/import", {**collection, "records": orders})
    assert report["summary"]["totalImported"] == 2
    product = {"key": "P-1", "json": {"name": "Boot", "price": 106.9, "currency": "EUR"}}
    collection = {"collectionName": "Products", "collectionScope": "account", "collectionType": "catalog"}
    report = finish(sandbox, "/insightData/v3/import", {**collection, "records": [product]})
    assert report["summary"]["totalImported"] == 1


def test_two_runs_that_end_in_the_same_data_have_the_same_snapshot_but_for_volatile_parts(
    sandbox: RunningSandbox,
) -> None:
    load(sandbox)
    first = sandbox.snapshot("dotdigital")
    sandbox.control("POST", "/reset?service=dotdigital")
    assert sandbox.snapshot("dotdigital")["contacts"] == []
    load(sandbox, order_of_people=-1)
    second = sandbox.snapshot("dotdigital")
    assert second.keys() == first.keys()
    for part in first.keys() - VOLATILE:
        assert json.dumps(first[part]) == json.dumps(second[part]), part
    assert first["contact_ids"] != second["contact_ids"]


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
def test_an_import_whose_answer_was_lost_can_be_sent_again(sandbox: RunningSandbox, kind: str) -> None:
    load(sandbox)
    undisturbed = sandbox.snapshot("dotdigital", "contacts", "collections")
    sandbox.control("POST", "/reset?service=dotdigital")
    sandbox.order_fault({"kind": kind}, service="dotdigital", method="PUT", path="import", times=1)
    person = {"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}}
    body = {"contacts": [{**person, "dataFields": {"FIRSTNAME": "ann"}}]}
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        call(sandbox, "PUT", "/contacts/v3/import", body)
    load(sandbox)
    accepted = sandbox.snapshot("dotdigital", "jobs")["jobs"]["contact imports"]
    assert len(accepted) == (2 if kind == "drop_after" else 1)
    assert sandbox.snapshot("dotdigital", "contacts", "collections") == undisturbed


def test_an_address_with_a_plus_reaches_the_service_as_it_is(sandbox: RunningSandbox) -> None:
    address = "ann+shop/eu@example.org"
    status, created = call(sandbox, "PATCH", f"/contacts/v3/email/{quote(address, safe='')}", {})
    assert (status, created["identifiers"]["email"]) == (201, address)
    counts = sandbox.control("GET", "/requests/counts")
    assert "/contacts/v3/{identifier}/{value}" in json.dumps(counts)


def test_contacts_are_seeded_and_settings_changed_over_the_control_routes(sandbox: RunningSandbox) -> None:
    seed = [{"identifiers": {"email": "ann@example.org"}, "status": "spamTrap"}]
    (contact_id,) = sandbox.control("POST", "/dotdigital/contacts", seed)["contact_ids"]
    _, contact = call(sandbox, "GET", f"/contacts/v3/contactId/{contact_id}")
    assert (contact["status"], contact["channelProperties"]["email"]["status"]) == ("suppressed", "spamTrap")
    changed = sandbox.control("POST", "/dotdigital/settings", {"max_contact_imports": 0})
    assert changed["max_contact_imports"] == 0
    body = {"contacts": [{"matchIdentifier": "email", "identifiers": {"email": "ann@example.org"}}]}
    assert call(sandbox, "PUT", "/contacts/v3/import", body)[0] == 429
    sandbox.control("POST", "/reset?service=dotdigital")
    assert call(sandbox, "PUT", "/contacts/v3/import", body)[0] == 202


def test_the_page_shows_contacts_with_their_status_and_finds_them(sandbox: RunningSandbox) -> None:
    seeds = [
        {"identifiers": {"email": "ann@example.org"}, "data_fields": {"FIRSTNAME": "<b>Ann</b>"}, "lists": ["Friends"]},
        {"identifiers": {"email": "bo@example.org"}, "status": "unsubscribed"},
    ]
    sandbox.control("POST", "/dotdigital/contacts", seeds)
    everyone = page(sandbox)
    assert '<strong class="good">subscribed</strong>' in everyone
    assert '<strong class="bad">unsubscribed</strong>' in everyone
    assert "&lt;b&gt;Ann&lt;/b&gt;" in everyone
    assert "Friends" in everyone
    found = page(sandbox, "?q=BO%40")
    assert "bo@example.org" in found
    assert "Friends" not in found
    by_status = page(sandbox, "?q=unsubscribed")
    assert "bo@example.org" in by_status
    assert "ann@example.org" not in by_status


@pytest.mark.parametrize(
    ("section", "shown"),
    [
        ("orders", "O-ann"),
        ("orders", "5.50 EUR"),
        ("orders", "2 x Hat at 2.75 EUR"),
        ("catalog", "106.90 EUR"),
        ("records", "O-ann"),
        ("collections", "order_total"),
        ("imports", "insight imports"),
        ("lists", "All Contacts"),
        ("data_fields", "LASTSUBSCRIBED"),
        ("status_changes", "PUT /contacts/v3/import"),
        ("mails", "nothing here"),
        ("events", "nothing here"),
        ("unknown", "ann@example.org"),
    ],
)
def test_every_table_of_the_page_is_drawn(sandbox: RunningSandbox, section: str, shown: str) -> None:
    load(sandbox)
    assert shown in page(sandbox, f"?section={section}")


def test_orders_of_any_shape_are_drawn(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/dotdigital/contacts", [{"identifiers": {"email": "ann@example.org"}}])
    identity = {"identifier": "email", "value": "ann@example.org"}
    shapes: list[dict[str, Any]] = [{}, {"order_total": "free", "products": "none", "currency": 5}, {"products": [{}]}]
    for number, content in enumerate(shapes):
        name = f"Orders{number}"
        collection = {"collectionName": name, "collectionScope": "contact", "collectionType": "orders"}
        record = {"key": f"O-{number}", "contactIdentity": identity, "json": content}
        finish(sandbox, "/insightData/v3/import", {**collection, "records": [record]})
    shown = page(sandbox, "?section=orders")
    stored = sandbox.snapshot("dotdigital", "collections")["collections"]
    held = [key for collection in stored.values() for key in collection["records"]]
    assert held
    for key in held:
        assert key in shown


def test_failed_records_are_shown_with_their_import(sandbox: RunningSandbox) -> None:
    finish(
        sandbox,
        "/contacts/v3/import",
        {"contacts": [{"matchIdentifier": "email", "identifiers": {"email": "no-at-sign"}}]},
    )
    record = {"key": "O-1", "contactIdentity": {"identifier": "email", "value": "cy@example.org"}, "json": {}}
    collection = {"collectionName": "Orders", "collectionScope": "contact", "collectionType": "orders"}
    finish(sandbox, "/insightData/v3/import", {**collection, "records": [record]})
    shown = page(sandbox, "?section=imports")
    assert "no-at-sign: invalidEmail" in shown
    assert "O-1: ContactEmailDoesNotExist" in shown


def test_the_overview_counts_what_arrived(sandbox: RunningSandbox) -> None:
    load(sandbox)
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    assert "Dotdigital" in text
    assert "mailable contacts" in text
