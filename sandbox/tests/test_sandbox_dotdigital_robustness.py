"""No request, whatever its body, breaks the service: it is accepted or refused in the vendor's words."""

from __future__ import annotations

from typing import Any

import pytest
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
IDENTIFIERS = st.dictionaries(st.sampled_from(["email", "mobileNumber", "contactId", "other"]), JSON, max_size=3)
CONTACTS = st.fixed_dictionaries(
    {},
    optional={
        "matchIdentifier": st.sampled_from(["email", "contactId", "mobileNumber", "other"]) | JSON,
        "identifiers": IDENTIFIERS | st.just({"email": "ann@example.org"}) | JSON,
        "dataFields": st.dictionaries(st.sampled_from(["FIRSTNAME", "LASTSUBSCRIBED", "X"]), JSON) | JSON,
        "channelProperties": st.dictionaries(st.sampled_from(["email", "sms"]), JSON) | JSON,
        "lists": st.lists(st.integers(34_550, 34_553) | JSON, max_size=3) | JSON,
        "preferences": st.lists(st.fixed_dictionaries({"id": JSON, "isOptedIn": JSON}), max_size=2) | JSON,
        "consentRecords": st.lists(JSON, max_size=2) | JSON,
    },
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "key": st.text(max_size=5) | JSON,
        "json": st.dictionaries(st.text(max_size=3), JSON, max_size=3) | JSON,
        "contactIdentity": st.fixed_dictionaries({"identifier": st.text() | st.just("email"), "value": JSON}) | JSON,
    },
)
CALM = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def account() -> InProcessDotdigital:
    service = InProcessDotdigital()
    service.control("/contacts", [{"identifiers": {"email": "ann@example.org"}}])
    service.control("/settings", {"insight": {"key_characters_checked": False}})
    return service


@CALM
@given(st.lists(CONTACTS, max_size=3) | JSON, st.just("overwrite") | JSON)
def test_any_contacts_can_be_imported_or_refused(contacts: Any, merge: Any) -> None:  # noqa: ANN401 - any JSON value
    service = account()
    answer = service.put("/contacts/v3/import", {"contacts": contacts, "mergeOption": merge})
    assert answer.status in {202, 400}
    service.clock.advance(1)
    assert service.service.counts()["contacts"] >= 1
    if answer.status == 202:
        path = f"/contacts/v3/import/{answer.json['importId']}"
        report = [service.get(path).json for _ in range(2)][1]
        done = len(report["created"]) + len(report["updated"])
        whole_failures = [failure for failure in report["failures"] if "contactId" not in failure]
        assert done + len(whole_failures) == len(contacts)


@CALM
@given(st.lists(RECORDS, max_size=3) | JSON, st.sampled_from(["account", "contact"]))
def test_any_records_can_be_imported_or_refused(records: Any, scope: str) -> None:  # noqa: ANN401 - any JSON value
    service = account()
    body = {"collectionName": "Any", "collectionScope": scope, "collectionType": "custom", "records": records}
    answer = service.put("/insightData/v3/import", body)
    assert answer.status in {202, 400}
    service.clock.advance(1)
    if answer.status == 202:
        path = f"/insightData/v3/import/{answer.json['importId']}"
        report = [service.get(path).json for _ in range(2)][1]
        assert report["summary"]["totalRecords"] == len(records)
        assert report["summary"]["totalRejected"] == len(report.get("failures", []))
        stored = service.service.snapshot()["collections"]["Any"]["records"]
        assert report["summary"]["totalImported"] == len(stored)


@CALM
@given(
    st.sampled_from(
        [
            ("POST", "/contacts/v3"),
            ("PATCH", "/contacts/v3/email/ann@example.org"),
            ("PUT", "/contacts/v3/email/ann@example.org"),
            ("POST", "/contacts/v3/delete"),
            ("POST", "/v2/data-fields"),
            ("POST", "/v2/address-books"),
            ("POST", "/v2/contacts/unsubscribe"),
            ("PUT", "/v2/contacts/suppress-contacts"),
            ("POST", "/v2/contacts/resubscribe"),
            ("POST", "/v2/programs/enrolments"),
            ("POST", "/configuration/v3/customIdentifiers"),
            ("PUT", "/insightData/v3/import"),
            ("DELETE", "/insightData/v3/accounts/Any/deleteRecords"),
            ("PUT", "/insightData/v3/account/Any/key"),
            ("POST", "/events/v3/import"),
        ]
    ),
    CONTACTS | RECORDS | JSON | st.lists(CONTACTS | RECORDS | IDENTIFIERS, max_size=2),
)
def test_any_body_is_answered(operation: tuple[str, str], body: Any) -> None:  # noqa: ANN401 - any JSON value
    service = account()
    service.post("/insightData/v3/collections/Any?collectionScope=account&collectionType=custom")
    method, path = operation
    answer = service.call(method, f"/dotdigital{path}", body)
    assert answer.status in {200, 201, 202, 204, 400, 404, 409, 422}
    service.clock.advance(1)
    assert service.service.snapshot()


@pytest.mark.parametrize("depth", [60, 900, 100_000])
def test_a_record_nested_without_end_is_refused(depth: int) -> None:
    service = account()
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    body = (
        b'{"collectionName":"Any","collectionScope":"account","collectionType":"custom",'
        b'"records":[{"key":"k","json":' + nested + b"}]}"
    )
    answer = service.put("/insightData/v3/import", body)
    assert answer.status in {202, 400}
    service.clock.advance(1)
    assert service.service.counts()["insight_records"] == 0
