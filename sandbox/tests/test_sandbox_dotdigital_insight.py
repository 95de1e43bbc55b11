"""Insight data: the outcome of each record, the schema that the first values fix, single records and collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.dotdigital.insight_columns import new_schema
from commerce_sandbox.dotdigital.insight_document import DocumentCheck
from commerce_sandbox.dotdigital.insight_refusal import Reason, RecordRefusedError
from commerce_sandbox.dotdigital.settings import DotdigitalSettings, InsightLimits
from commerce_sandbox.dotdigital.testing import InProcessDotdigital
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commerce_sandbox.dotdigital.insight_columns import Column

ANN = {"identifier": "email", "value": "ann@example.org"}
BO = {"identifier": "email", "value": "bo@example.org"}


@pytest.fixture
def dotdigital() -> InProcessDotdigital:
    service = InProcessDotdigital(DotdigitalSettings(custom_identifiers=("customer-id",)))
    ann = {"email": "ann@example.org", "mobileNumber": "447700900123", "customer-id": "c-1"}
    service.control("/contacts", [{"identifiers": ann}, {"identifiers": {"email": "bo@example.org"}}])
    return service


def order(key: str, identity: Mapping[str, Any] | None = None, **json: Any) -> dict[str, Any]:
    return {"key": key, "contactIdentity": identity or ANN, "json": {"id": key, **json}}


def reasons(report: dict[str, Any]) -> list[str]:
    return [failure["failureReason"] for failure in report.get("failures", [])]


def stored(dotdigital: InProcessDotdigital, collection: str = "Orders") -> dict[str, Any]:
    found: dict[str, Any] = dotdigital.service.snapshot()["collections"][collection]
    return found


def accepted(schema: Column, document: dict[str, Any], limits: InsightLimits | None = None) -> None:
    check = DocumentCheck(schema, limits or InsightLimits(), 0)
    check.check(document)
    check.accept()


def refused(
    schema: Column, document: dict[str, Any], limits: InsightLimits | None = None
) -> tuple[Reason, tuple[str, ...]]:
    with pytest.raises(RecordRefusedError) as raised:
        accepted(schema, document, limits)
    return raised.value.reason, raised.value.details


def test_an_import_stores_records_with_their_owner_and_reports_the_numbers(dotdigital: InProcessDotdigital) -> None:
    report = dotdigital.import_records([order("O-1", order_total=59.9), order("O-2", BO)])
    assert report["status"] == "Finished"
    assert report["collectionName"] == "Orders"
    assert report["summary"] == {"totalRecords": 2, "totalImported": 2, "totalRejected": 0}
    assert "failures" not in report
    assert stored(dotdigital)["records"] == {
        "O-1": {"owner": "ann@example.org", "json": {"id": "O-1", "order_total": 59.9}},
        "O-2": {"owner": "bo@example.org", "json": {"id": "O-2"}},
    }
    assert dotdigital.service.counts()["orders"] == 2


def test_a_record_is_replaced_not_merged(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1", order_total=1.0, order_status="Open")])
    dotdigital.import_records([order("O-1", order_total=2.0)])
    assert stored(dotdigital)["records"]["O-1"]["json"] == {"id": "O-1", "order_total": 2.0}


@pytest.mark.parametrize(
    "identity",
    [
        {"identifier": "email", "value": "ANN@example.org"},
        {"identifier": "mobileNumber", "value": "+447700900123"},
        {"identifier": "customer-id", "value": "c-1"},
        {"identifier": "contactId", "value": "9001"},
    ],
)
def test_the_owner_is_found_by_any_identifier(dotdigital: InProcessDotdigital, identity: dict[str, str]) -> None:
    assert reasons(dotdigital.import_records([order("O-1", identity)])) == []
    assert stored(dotdigital)["records"]["O-1"]["owner"] == "ann@example.org"


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        ({"identifier": "email", "value": "nobody@example.org"}, "ContactEmailDoesNotExist"),
        ({"identifier": "contactId", "value": "1"}, "ContactIdDoesNotExist"),
        ({"identifier": "mobileNumber", "value": "447700900999"}, "ContactPhoneNumberDoesNotExist"),
        ({"identifier": "customer-id", "value": "c-9"}, "ContactCustomIdentifierValueDoesNotExist"),
        ({"identifier": "loyalty", "value": "1"}, "InvalidContactIdentifierType"),
        ({"identifier": "email", "value": "no-at-sign"}, "InvalidContactIdentifier"),
        ({"identifier": "contactId", "value": "nine"}, "InvalidContactIdentifier"),
        ({"identifier": "email", "value": None}, "InvalidContactIdentifier"),
    ],
)
def test_a_record_without_a_known_owner_fails_with_the_reason_for_its_identifier(
    dotdigital: InProcessDotdigital, identity: dict[str, str], reason: str
) -> None:
    report = dotdigital.import_records([order("O-1", identity), order("O-2")])
    (failure,) = report["failures"]
    assert failure["failureReason"] == reason
    assert failure["collectionOwner"] == {"ownerType": "contact", "contactIdentity": identity}
    assert (failure["key"], failure["json"]) == ("O-1", {"id": "O-1"})
    assert report["summary"] == {"totalRecords": 2, "totalImported": 1, "totalRejected": 1}
    assert list(stored(dotdigital)["records"]) == ["O-2"]


def test_contacts_are_not_created_by_their_records_and_must_be_there_first(dotdigital: InProcessDotdigital) -> None:
    """An import sent before the contacts it needs are finished fails, although both are on their way."""
    dotdigital.control("/settings", {"import_seconds": 30, "insight_import_seconds": 1})
    contacts = {"contacts": [{"matchIdentifier": "email", "identifiers": {"email": "new@example.org"}}]}
    people = dotdigital.put("/contacts/v3/import", contacts).json["importId"]
    report = dotdigital.import_records([order("O-1", {"identifier": "email", "value": "new@example.org"})])
    assert reasons(report) == ["ContactEmailDoesNotExist"]
    dotdigital.get(f"/contacts/v3/import/{people}")
    again = dotdigital.import_records([order("O-1", {"identifier": "email", "value": "new@example.org"})])
    assert reasons(again) == []


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"contactIdentity": ANN, "json": {}}, "InvalidClientKey"),
        (order(""), "InvalidClientKey"),
        (order("x" * 256), "InvalidClientKey"),
        (order("2026/1"), "InvalidClientKey"),
        ({"key": "O-1", "contactIdentity": ANN}, "InvalidJson"),
        ({"key": "O-1", "contactIdentity": ANN, "json": '{"id": "O-1"}'}, "InvalidJson"),
        ({"key": "O-1", "json": {}}, "InvalidContactIdentifier"),
        (order("O-1", note=None), "InvalidJson"),
        (order("O-1", grid=[[1], [2]]), "JsonContainsNestedArray"),
        (order("O-1", deep={"grid": [{"row": [[1]]}]}), "JsonContainsNestedArray"),
        (order("O-1") | {"json": {"x" * 129: 1}}, "JsonKeyTooLong"),
        (order("O-1") | {"json": {"order total": 1}}, "JsonKeyInvalidCharacters"),
        (order("O-1", deep=[{"größe": 1}]), "JsonKeyInvalidCharacters"),
        (order("O-1") | {"json": {"": 1}}, "JsonKeyInvalidCharacters"),
        (order("O-1", text="x" * 4_001), "JsonValueTooLong"),
        (order("O-1", total=1e15), "JsonNumberValueTooLarge"),
        (order("O-1", total=-(10**15)), "JsonNumberValueTooLarge"),
        (order("O-1") | {"json": {"a-b": 1, "a_b": 2}}, "JsonContainsDashUnderscoreClash"),
        (order("O-1", mixed=[1, "one"]), "InconsistentTypes"),
        (order("O-1", mixed=[{"a": 1}, 1]), "InconsistentTypes"),
        (order("O-1") | {"json": {f"p{number}": 1 for number in range(1_001)}}, "TooManyDistinctKeyValuePairs"),
    ],
)
def test_a_record_that_breaks_a_rule_fails_alone(
    dotdigital: InProcessDotdigital, record: dict[str, Any], reason: str
) -> None:
    assert reasons(dotdigital.import_records([record, order("O-2")])) == [reason]
    assert list(stored(dotdigital)["records"]) == ["O-2"]


def test_a_key_repeated_in_one_import_fails_from_the_second_time_on(dotdigital: InProcessDotdigital) -> None:
    report = dotdigital.import_records([order("O-1", n=1), order("O-1", n=2)])
    assert reasons(report) == ["DuplicateKey"]
    assert stored(dotdigital)["records"]["O-1"]["json"]["n"] == 1


def test_a_key_of_another_contact_fails(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1")])
    assert reasons(dotdigital.import_records([order("O-1", BO)])) == ["KeyExistingForDifferentContact"]
    assert dotdigital.delete("/insightData/v3/contacts/email/ann@example.org/Orders/O-1").status == 204
    assert reasons(dotdigital.import_records([order("O-1", BO)])) == []


def test_the_first_value_fixes_the_type_for_all_later_imports(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1", order_total=1, products=[{"sku": "A", "price": 2.5}])])
    wrong = order("O-2", order_total="12,00", products=[{"sku": 7, "price": 1}])
    report = dotdigital.import_records([wrong, order("O-3", order_total=3, paid=True)])
    (failure,) = report["failures"]
    assert failure["failureReason"] == "JsonValueIncompatibleWithSchema"
    assert failure["details"] == ["order_total should be a number", "products.sku should be a text"]
    assert sorted(stored(dotdigital)["records"]) == ["O-1", "O-3"]


def test_a_refused_record_leaves_no_trace_in_the_schema(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1", total=1)])
    dotdigital.import_records([order("O-2", total="x", new_one=1), order("O-3", new_two=[[1]])])
    names = [column["name"] for column in stored(dotdigital)["schema"]]
    assert names == ["id", "total"]


def test_the_schema_is_shown_as_a_list_of_columns(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records(
        [order("O-1", purchase_date="2026-03-01T12:00:00Z", paid=True, tags=["a"], address={"city": "Ulm"})]
    )
    answer = dotdigital.get("/insightData/v3/collections/orders/schema").json
    assert (answer["collectionName"], answer["collectionType"]) == ("Orders", "orders")
    assert [column["name"] for column in answer["schema"]] == ["key", "contactIdentifier", "json"]
    columns = {column["name"]: column for column in answer["schema"][2]["fields"]}
    assert {name: (column["type"], column["mode"]) for name, column in columns.items()} == {
        "id": ("STRING", "NULLABLE"),
        "purchase_date": ("TIMESTAMP", "NULLABLE"),
        "paid": ("BOOLEAN", "NULLABLE"),
        "tags": ("STRING", "REPEATED"),
        "address": ("RECORD", "NULLABLE"),
    }
    assert columns["address"]["fields"][0]["name"] == "city"
    assert dotdigital.get("/insightData/v3/collections/Other/schema").status == 404


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("2026-03-01", "soon"),
        ("text", 1),
        (1, "1"),
        (1, True),
        (True, 1),
        ({"a": 1}, "a"),
        ({"a": 1}, [{"a": 1}]),
        ([{"a": 1}], {"a": 1}),
        (["a"], "a"),
        ("a", ["a"]),
        ([], {"a": 1}),
        ([], [{"a": 1}]),
        ([], [1]),
        ({"a": {"b": 1}}, {"a": {"b": "x"}}),
        ([{"a": 1}], [{"a": 1}, {"a": "x"}]),
    ],
)
def test_a_value_of_another_kind_clashes(first: object, later: object) -> None:
    schema = new_schema()
    accepted(schema, {"p": first})
    reason, details = refused(schema, {"p": later})
    assert reason is Reason.SCHEMA_CLASH
    assert details[0].startswith("p")


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("text", "2026-03-01"),
        ("2026-03-01", "2026-03-01T12:00:00.000Z"),
        (["2026-03-01", "text"], ["text"]),
        (1, 1.5),
        ([], []),
        ([], ["text"]),
        (["a"], []),
        ({"a": 1}, {"b": "new"}),
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ([{"a": 1}, {"b": "x"}], [{"a": 2, "b": "y"}]),
    ],
)
def test_a_value_of_the_same_kind_fits(first: object, later: object) -> None:
    schema = new_schema()
    accepted(schema, {"p": first})
    accepted(schema, {"p": later})


def test_types_must_agree_within_one_record_too() -> None:
    reason, details = refused(new_schema(), {"items": [{"price": 1}, {"price": "one"}]})
    assert (reason, details) == (Reason.SCHEMA_CLASH, ("items.price should be a number",))


def test_a_broken_rule_is_told_before_a_clash() -> None:
    schema = new_schema()
    accepted(schema, {"a": 1, "b": "x"})
    assert refused(schema, {"a": "x", "b": [[1]]})[0] is Reason.NESTED_ARRAY
    assert refused(schema, {"a": {"bad name": 1}})[0] is Reason.NAME_CHARACTERS


def test_a_name_with_a_dash_that_is_in_the_schema_still_clashes_in_one_record() -> None:
    schema = new_schema()
    accepted(schema, {"a-b": 1})
    accepted(schema, {"a_b": 1})
    assert refused(schema, {"a-b": 1, "a_b": 1})[0] is Reason.DASH_UNDERSCORE_CLASH


def test_nulls_can_be_let_in() -> None:
    schema = new_schema()
    limits = InsightLimits(nulls_refused=False)
    accepted(schema, {"a": 1, "b": ["x"]})
    accepted(schema, {"a": None, "b": None}, limits)
    assert refused(schema, {"a": None})[0] is Reason.INVALID_JSON


def outcome(schema: Column, document: dict[str, Any]) -> Reason | None:
    try:
        accepted(schema, document)
    except RecordRefusedError as error:
        return error.reason
    return None


NAMES = st.text("abcXYZ019_", min_size=1, max_size=6)
SCALARS = st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=20)
DOCUMENTS = st.recursive(
    st.dictionaries(NAMES, SCALARS, max_size=4),
    lambda inner: st.dictionaries(NAMES, SCALARS | inner | st.lists(inner, max_size=2), max_size=4),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_a_document_that_was_accepted_is_accepted_again_and_adds_nothing(document: dict[str, Any]) -> None:
    schema = new_schema()
    reason = outcome(schema, document)
    assert reason in {None, Reason.SCHEMA_CLASH, Reason.MIXED_LIST}
    if reason is not None:
        return
    check = DocumentCheck(schema, InsightLimits(), 0)
    check.check(document)
    assert check.added == 0


@given(DOCUMENTS, DOCUMENTS)
def test_extending_the_schema_never_shuts_out_what_it_held(first: dict[str, Any], second: dict[str, Any]) -> None:
    schema = new_schema()
    if outcome(schema, first) is None:
        outcome(schema, second)
        accepted(schema, first)


def catalog(*products: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": f"p-{number}", "json": product} for number, product in enumerate(products, start=1)]


def test_a_catalog_tells_which_products_cannot_be_shown(dotdigital: InProcessDotdigital) -> None:
    product = {"name": "Hat", "price": 5, "sku": "H", "url": "https://s.example/h", "image_path": "https://s.example/i"}
    records = catalog(product, {name: value for name, value in product.items() if name != "image_path"})
    for name in ("catalog_gb", "products_gb"):
        report = dotdigital.import_records(records, collection=name, scope="account", type_="catalog")
        assert reasons(report) == []
    assert stored(dotdigital, "catalog_gb")["usable_in_product_blocks"] is True
    assert stored(dotdigital, "products_gb")["usable_in_product_blocks"] is False
    assert stored(dotdigital, "catalog_gb")["missing_product_properties"] == {"p-2": ["image_path"]}
    assert stored(dotdigital, "catalog_gb")["records"]["p-1"]["owner"] is None
    assert dotdigital.service.counts()["catalog_records"] == 4


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"collectionName": "9lives"}, "insightData:invalidId"),
        ({"collectionName": "x"}, "insightData:invalidId"),
        ({"collectionName": "my orders"}, "insightData:invalidId"),
        ({"collectionName": "x" * 256}, "insightData:invalidId"),
        ({"collectionName": None}, "insightData:invalidId"),
        ({"collectionScope": "Contact"}, "insightData:badJson"),
        ({"collectionType": "order"}, "insightData:badJson"),
        ({"records": []}, "insightData:noRecordsSpecified"),
        ({"records": None}, "insightData:noRecordsSpecified"),
        ({"records": [{**order("O-1"), "key": 24938}]}, "insightData:badJson"),
        ({"records": [order("O-1", {"identifier": "contactId", "value": 9001})]}, "insightData:badJson"),
        ({"records": [order("O-1", {"email": "ann@example.org"})]}, "insightData:badJson"),
        ({"records": ["O-1"]}, "insightData:badJson"),
    ],
)
def test_a_request_of_the_wrong_shape_is_refused_as_a_whole(
    dotdigital: InProcessDotdigital, change: dict[str, Any], code: str
) -> None:
    body = {
        "collectionName": "Orders",
        "collectionScope": "contact",
        "collectionType": "orders",
        "records": [order("O-1")],
        **change,
    }
    answer = dotdigital.put("/insightData/v3/import", body)
    assert (answer.status, answer.json["errorCode"]) == (400, code)


def test_scope_and_type_of_a_collection_are_kept_and_its_name_has_no_case(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1")])
    dotdigital.import_records([order("O-2")], collection="ORDERS")
    assert sorted(stored(dotdigital)["records"]) == ["O-1", "O-2"]
    with pytest.raises(ValueError, match="insightData:invalidCollection"):
        dotdigital.import_records([order("O-1")], type_="custom")


@pytest.mark.parametrize("word", ["Finished", "Complete"])
def test_a_finished_import_is_called_by_either_word(word: str) -> None:
    settings = DotdigitalSettings().changed({"insight_finished_word": word, "import_polls_until_done": 2})
    dotdigital = InProcessDotdigital(settings)
    body = {
        "collectionName": "catalog_gb",
        "collectionScope": "account",
        "collectionType": "catalog",
        "records": catalog({"name": "Hat"}),
    }
    path = f"/insightData/v3/import/{dotdigital.put('/insightData/v3/import', body).json['importId']}"
    dotdigital.clock.advance(1)
    assert [dotdigital.get(path).json["status"] for _ in range(3)] == ["NotStarted", "Processing", word]
    assert dotdigital.get("/insightData/v3/import/unknown").json["errorCode"] == "insightData:importNotFound"


def test_five_imports_run_at_once_and_a_sixth_waits(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"insight_import_seconds": 10})
    body = {
        "collectionName": "Orders",
        "collectionScope": "contact",
        "collectionType": "orders",
        "records": [order("O-1")],
    }
    statuses = [dotdigital.put("/insightData/v3/import", body).status for _ in range(5)]
    sixth = dotdigital.put("/insightData/v3/import", body)
    assert statuses == [202] * 5
    assert sixth.status == 429
    assert "tooMany" in sixth.json["errorCode"]
    dotdigital.clock.advance(10)
    assert dotdigital.put("/insightData/v3/import", body).status == 202


def test_an_insight_import_can_be_made_to_fail(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/next-imports", {"kind": "insight", "status": "Failed", "times": 2})
    statuses = [dotdigital.import_records([order("O-1")])["status"] for _ in range(3)]
    assert statuses == ["Failed", "Failed", "Finished"]


def test_collections_are_created_listed_emptied_and_deleted(dotdigital: InProcessDotdigital) -> None:
    path = "/insightData/v3/collections"
    created = f"{path}/Wishes?collectionScope=contact&collectionType=wishList"
    assert [dotdigital.post(created).status for _ in range(2)] == [201, 200]
    assert dotdigital.post(f"{path}/Wishes?collectionScope=contact").status == 400
    dotdigital.import_records([order("O-1")])
    assert dotdigital.get(path).json == [
        {"collectionName": "Wishes", "collectionType": "wishList", "collectionScope": "contact", "recordCount": 0},
        {"collectionName": "Orders", "collectionType": "orders", "collectionScope": "contact", "recordCount": 1},
    ]
    assert dotdigital.get("/insightData/v3/account").json == []
    emptied = dotdigital.delete(f"{path}/Orders/empty")
    job = f"/insightData/v3/async/{emptied.json['jobId']}"
    assert (emptied.status, dotdigital.get(job).json["status"]) == (202, "NotStarted")
    dotdigital.clock.advance(1)
    assert dotdigital.get(job).json["status"] == "Finished"
    assert dotdigital.get(job).json["summary"]["totalProcessed"] == 1
    assert stored(dotdigital)["records"] == {}
    assert stored(dotdigital)["schema"] != []
    dotdigital.delete(f"{path}/Orders")
    dotdigital.clock.advance(1)
    assert dotdigital.delete(f"{path}/Orders").json["errorCode"] == "insightData:collectionNotFound"
    assert dotdigital.get("/insightData/v3/async/unknown").json["errorCode"] == "insightData:asyncJobNotFound"


def test_an_account_full_of_collections_takes_no_more(dotdigital: InProcessDotdigital) -> None:
    dotdigital.control("/settings", {"max_collections": 1})
    dotdigital.import_records([order("O-1")])
    create = "/insightData/v3/collections/Wishes?collectionScope=contact&collectionType=wishList"
    assert dotdigital.post(create).status == 412
    assert reasons(dotdigital.import_records([order("O-1")], collection="More")) == ["MissingCollection"]


def test_single_records_of_the_account(dotdigital: InProcessDotdigital) -> None:
    record = "/insightData/v3/account/catalog_gb/p-1"
    missing = dotdigital.put(record, {"name": "Hat"})
    assert (missing.status, missing.json["errorCode"]) == (404, "insightData:collectionNotFound")
    dotdigital.post("/insightData/v3/collections/catalog_gb?collectionScope=account&collectionType=catalog")
    assert [dotdigital.put(record, {"name": "Hat"}).status for _ in range(2)] == [201, 204]
    read = dotdigital.get(record).json
    assert (read["key"], read["json"]) == ("p-1", {"name": "Hat"})
    assert "ownerContactId" not in read
    clash = dotdigital.put(record, {"name": 5})
    assert (clash.status, clash.json["errorCode"]) == (400, "insightData:jsonValueIncompatibleWithSchema")
    assert clash.json["details"] == [{"item": "p-1", "description": "name should be a text"}]
    assert dotdigital.put(record, "a text").status == 400
    assert [dotdigital.delete(record).status for _ in range(2)] == [204, 404]
    assert dotdigital.get(record).json["errorCode"] == "insightData:recordNotFound"


def test_single_records_of_a_contact(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1")])
    ann, bo = (f"/insightData/v3/contacts/email/{name}@example.org/Orders" for name in ("ann", "bo"))
    assert dotdigital.put(f"{bo}/O-2", {"id": "O-2"}).status == 201
    assert dotdigital.get(f"{bo}/O-1").json["errorCode"] == "insightData:recordNotFound"
    assert dotdigital.put(f"{bo}/O-1", {"id": "O-1"}).json["errorCode"] == (
        "insightData:keyExistingForDifferentContact"
    )
    assert dotdigital.get(f"{ann}/O-1").json["ownerContactId"] == 9001
    assert dotdigital.get("/insightData/v3/contacts/customer-id/c-1/Orders/O-1").status == 200
    assert dotdigital.get("/insightData/v3/contacts/email/cy@example.org/Orders/O-1").json["errorCode"] == (
        "insightData:contactNotFound"
    )
    assert dotdigital.get("/insightData/v3/account/Orders/O-1").status == 404
    assert dotdigital.get("/insightData/v3/contacts/email/ann@example.org").json[0]["recordCount"] == 1
    assert len(dotdigital.get(ann).json["_items"]) == 1


def test_records_are_deleted_by_key_and_only_those_of_the_owner(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1"), order("O-2"), order("O-3", BO)])
    path = "/insightData/v3/contacts/email/ann@example.org/Orders"
    answer = dotdigital.delete(f"{path}/deleteRecords", {"keys": ["O-1", "O-3", "O-9"]}).json
    assert answer == {
        "summary": {"totalRecords": 3, "totalDeleted": 1, "totalNotFound": 2},
        "notFound": ["O-3", "O-9"],
    }
    assert dotdigital.delete(f"{path}/deleteRecords", {"keys": []}).json["errorCode"] == (
        "insightData:noRecordsSpecified"
    )
    assert dotdigital.delete(f"{path}/deleteRecords", {"keys": [1]}).status == 400
    assert dotdigital.delete(f"{path}/deleteRecords", {"keys": ["k"] * 5_001}).status == 400
    assert dotdigital.delete(f"{path}/empty").status == 202
    dotdigital.clock.advance(1)
    assert list(stored(dotdigital)["records"]) == ["O-3"]


def test_records_of_the_account_are_deleted_under_the_plural_path(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records(catalog({"a": 1}, {"a": 2}), collection="catalog_gb", scope="account", type_="catalog")
    body = {"keys": ["p-1"]}
    assert dotdigital.delete("/insightData/v3/accounts/catalog_gb/deleteRecords", body).json["summary"] == {
        "totalRecords": 1,
        "totalDeleted": 1,
        "totalNotFound": 0,
    }
    assert dotdigital.delete("/insightData/v3/account/catalog_gb/deleteRecords", body).status == 404


def test_records_are_listed_in_ascending_pages(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order(f"O-{number}") for number in range(5)])
    between = dotdigital.clock.advance(10).strftime("%Y-%m-%dT%H:%M:%SZ")
    dotdigital.import_records([order("O-1")])
    path: str | None = "/insightData/v3/contacts/Orders?limit=2"
    keys = []
    while path:
        answer = dotdigital.get(path).json
        keys.append([item["key"] for item in answer["_items"]])
        following = answer["_links"].get("next")
        path = following["link"].partition("/dotdigital")[2] if following else None
    assert keys == [["O-0", "O-1"], ["O-2", "O-3"], ["O-4"]]
    modified = dotdigital.get(f"/insightData/v3/contacts/Orders?~modified=gte::{between}").json["_items"]
    assert [item["key"] for item in modified] == ["O-1"]
    assert dotdigital.get("/insightData/v3/contacts/Orders?~modified=yesterday").status == 400


def test_the_records_of_a_deleted_contact_are_gone_with_the_bin(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1")])
    dotdigital.delete("/contacts/v3/email/ann@example.org")
    assert reasons(dotdigital.import_records([order("O-2")])) == ["ContactEmailDoesNotExist"]
    assert dotdigital.get("/insightData/v3/contacts/Orders").json["_items"] == []
    assert list(stored(dotdigital)["records"]) == ["O-1"]
    dotdigital.clock.advance(31 * 86_400)
    assert stored(dotdigital)["records"] == {}


def test_version_2_deletes_a_record_by_its_key_whoever_owns_it(dotdigital: InProcessDotdigital) -> None:
    dotdigital.import_records([order("O-1"), order("O-2", BO)])
    path = "/v2/contacts/transactional-data/orders"
    assert dotdigital.delete(f"{path}/O-2").status == 204
    assert list(stored(dotdigital)["records"]) == ["O-1"]
    assert dotdigital.delete(f"{path}/O-2").status == 404
    assert dotdigital.delete("/v2/contacts/transactional-data/Nothing/O-1").status == 404
    assert reasons(dotdigital.import_records([order("O-2", ANN)])) == []
