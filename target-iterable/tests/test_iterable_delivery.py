"""What arrives in Iterable, and what becomes of what cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line
from iterable_records import catalog_items, purchase, purchases, users

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess


def person(number: int, **fields: Any) -> dict[str, Any]:
    return {"email": f"Person{number}@Shop.example", "dataFields": {"firstName": f"Zoë {number}", **fields}}


def held(sandbox: RunningSandbox, kind: str) -> Any:  # noqa: ANN401 - JSON
    return sandbox.snapshot("iterable")[kind]


def test_profiles_arrive_with_their_fields(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    result = loader.run([*users(*(person(n, points=n) for n in range(2500))), state_line({"at": 2500})])
    assert result.code == 0
    assert result.counts("users") == (2500, 2500, 0, 0)
    assert result.states[-1] == {"at": 2500}
    profiles = {profile["email"]: profile for profile in held(sandbox, "users")}
    assert len(profiles) == 2500
    assert profiles["person7@shop.example"]["dataFields"]["firstName"] == "Zoë 7"
    assert len(sandbox.requests(service="iterable", path="bulkUpdate")) == 3


def test_two_records_about_one_person_become_one_profile_with_both(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    first = {
        "userId": "c-1",
        "mergeNestedObjects": True,
        "dataFields": {"a": 1, "address": {"city": "Köln", "zip": "1"}},
    }
    second = {"userId": "c-1", "mergeNestedObjects": True, "dataFields": {"b": 2, "address": {"city": "Bonn"}}}
    result = loader.run(users(first, second))
    assert result.counts("users") == (2, 2, 0, 0)
    (profile,) = held(sandbox, "users")
    assert profile["dataFields"]["address"] == {"city": "Bonn", "zip": "1"}
    assert (profile["dataFields"]["a"], profile["dataFields"]["b"]) == (1, 2)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"email": "no-at-sign.example"}, "email is not an e-mail address"),
        ({"email": "two@@shop.example"}, "email is not an e-mail address"),
        ({"userId": "x" * 53}, "userId must be printable ASCII"),
        ({"userId": "ends with space "}, "userId must be printable ASCII"),
        ({"dataFields": {"a": 1}}, "email and userId are both missing"),
        (
            {"email": "a@shop.example", "dataFields": {"unsubscribedChannelIds": []}},
            "fields that Iterable keeps itself",
        ),
        ({"email": "a@shop.example", "surprise": 1}, "member that is not allowed: 'surprise'"),
        ({"email": "a@shop.example", "dataFields": "text"}, "field dataFields: must be object"),
        ({"email": "a@shop.example", "dataFields": {"x": "y" * 4_000_000}}, "larger than a request may be"),
    ],
)
def test_a_bad_profile_is_rejected_alone_with_its_reason(
    loader: LoaderProcess, sandbox: RunningSandbox, bad: dict[str, Any], reason: str
) -> None:
    loader.settings["max_rejects"] = 1
    result = loader.run(users(person(1), bad, person(2)))
    assert result.code == 0
    assert result.counts("users") == (3, 2, 1, 0)
    (said,) = result.reasons("users")
    assert reason in said
    assert result.rejects[1]["record"] == bad
    assert len(held(sandbox, "users")) == 2


def test_a_value_of_another_type_than_the_first_rejects_one_of_a_thousand_in_two_calls(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.settings["max_rejects"] = 1
    batch = [person(n, points="lots" if n == 617 else n) for n in range(1000)]
    result = loader.run(users(*batch))
    assert result.counts("users") == (1000, 999, 1, 0)
    assert list(result.reasons("users")) == ["field 'points' must be long in this project"]
    assert len(sandbox.requests(service="iterable", path="bulkUpdate")) == 2
    assert "lots" not in result.log


def test_new_fields_past_the_projects_limit_reject_only_their_records(
    loader: LoaderProcess, sandbox: RunningSandbox
) -> None:
    loader.run(users(person(0)))
    limit = 1  # Iterable does not count the fields every project has; firstName is the one that is ours
    sandbox.control("POST", "/iterable/settings", {"user_field_limit": limit})
    loader.settings["max_rejects"] = 1
    result = loader.run(users(person(1), person(2, brandNew="x"), person(3)))
    sandbox.control("POST", "/iterable/settings", {"user_field_limit": 1000})
    assert result.counts("users") == (3, 2, 1, 0)
    assert list(result.reasons("users")) == ["field 'brandNew' is new, and the project can take no new fields"]


def test_forgotten_people_are_skipped_and_never_kept_on_disk(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/iterable/settings", {"forgotten_emails": ["gone@shop.example"]})
    gone = {"email": "gone@shop.example", "dataFields": {"a": 1}}
    result = loader.run([*users(gone, person(1)), *purchases(purchase(1, user={"email": "gone@shop.example"}))])
    assert result.code == 0
    assert result.counts("users") == (2, 1, 0, 1)
    assert result.counts("purchases") == (1, 0, 0, 1)
    assert result.rejects == []
    assert "gone@" not in result.log


def test_fields_the_project_drops_are_told(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/iterable/settings", {"create_new_fields": False})
    result = loader.run(users(person(1, unheardOf=1)))
    sandbox.control("POST", "/iterable/settings", {"create_new_fields": True})
    assert "Iterable dropped fields that the project does not know: " in result.log
    assert "unheardOf" in result.log


def test_purchases_arrive_exactly_and_again_is_no_second_one(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    lines = purchases(*(purchase(n) for n in range(60)), purchase(99, total=0, items=[]))
    assert loader.run(lines).counts("purchases") == (61, 61, 0, 0)
    assert loader.run(lines).code == 0
    arrived = held(sandbox, "purchases")
    assert len(arrived) == 61
    assert {entry["total"] for entry in arrived} == {39.9, 0}


def test_one_persons_purchases_keep_their_order(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    states = ["Open", "Confirmed", "Complete"]
    lines = [
        purchase(n, user={"email": f"b{n % 5}@shop.example"}, dataFields={"orderState": state})
        for state in states
        for n in range(30)
    ]
    loader.run(purchases(*lines))
    assert {entry["dataFields"]["orderState"] for entry in held(sandbox, "purchases")} == {"Complete"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"total": "39.90"}, "field total: must be number"),
        (
            {"items": [{"id": "1", "name": "x", "price": 1.5, "quantity": 1.5}]},
            "field items.0.quantity: must be integer",
        ),
        ({"user": {}}, "user: email and userId are both missing"),
        ({"user": {"email": "nobody"}}, "user: email is not an e-mail address"),
    ],
)
def test_a_bad_purchase_is_rejected_alone(loader: LoaderProcess, change: dict[str, Any], reason: str) -> None:
    result = loader.run(purchases(purchase(1), purchase(2, **change)))
    assert result.code == 1
    assert result.counts("purchases") == (2, 1, 1, 0)
    assert list(result.reasons("purchases")) == [reason]


def test_a_catalog_is_made_and_typed_before_its_first_item(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    types = {
        "name": {"type": ["string", "null"]},
        "price": {"type": "number"},
        "stock": {"type": "integer"},
        "seenAt": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "anything": {},
    }
    items = [
        {"catalogName": "Products-DE", "itemId": f"i-{n}", "value": {"name": "Hut", "price": 10.0, "stock": n}}
        for n in range(1200)
    ]
    result = loader.run(catalog_items(*items, value=types))
    assert result.counts("catalog_items") == (1200, 1200, 0, 0)
    assert len(held(sandbox, "catalogs")["Products-DE"]) == 1200
    calls = [(call["method"], call["path"].split("/api/")[1]) for call in sandbox.requests(service="iterable")]
    writes = [call for call in calls if call[0] != "GET"]
    assert writes[:3] == [
        ("POST", "catalogs/Products-DE"),
        ("PUT", "catalogs/Products-DE/fieldMappings"),
        ("POST", "catalogs/Products-DE/items"),
    ]
    assert len(writes) == 4
    assert loader.run(catalog_items(items[0], value=types)).code == 0
    assert len(held(sandbox, "catalogs")["Products-DE"]) == 1200


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"itemId": "a/b"}, "field itemId: breaks the rule 'pattern' of the schema"),
        ({"value": {"text": "x" * 30_000}}, "value is larger than a catalog item may be (30000 bytes)"),
        ({"value": {"a.b": 1}}, "field value: breaks the rule 'propertyNames' of the schema"),
    ],
)
def test_a_bad_catalog_item_is_rejected_alone(loader: LoaderProcess, change: dict[str, Any], reason: str) -> None:
    good = {"catalogName": "p", "itemId": "1", "value": {"name": "x"}}
    result = loader.run(catalog_items(good, {**good, "itemId": "2", **change}))
    assert result.counts("catalog_items") == (2, 1, 1, 0)
    assert list(result.reasons("catalog_items")) == [reason]


def test_any_stream_can_be_bound_to_a_catalog(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["streams"] = {"stock_*": {"to": "catalog_items", "catalog": "stock"}}
    rows = [{"sku": "A/1", "place": "Köln", "left": 3}, {"sku": "A-1", "place": "Köln", "left": 4}]
    schema = {"sku": {"type": "string"}, "place": {"type": "string"}, "left": {"type": "integer"}}
    lines = [schema_line("stock_levels", schema, ["sku"]), *(record_line("stock_levels", row) for row in rows)]
    assert loader.run(lines).counts("stock_levels") == (2, 2, 0, 0)
    assert held(sandbox, "catalogs")["stock"] == {"A-2f1": rows[0], "A-2d1": rows[1]}


def test_another_name_can_be_bound_to_a_stream(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["streams"] = {"people": "users"}
    lines = [schema_line("people", {"email": {"type": "string"}}), record_line("people", {"email": "a@shop.example"})]
    assert loader.run(lines).counts("people") == (1, 1, 0, 0)
    assert len(held(sandbox, "users")) == 1


def test_stream_maps_rename_and_filter(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings["streams"] = {"people": "users"}
    loader.settings["stream_maps"] = {"people": {"email": "mail", "mail": "__NULL__", "__filter__": "'@' in mail"}}
    lines = [schema_line("people", {"mail": {"type": "string"}})]
    lines += [record_line("people", {"mail": mail}) for mail in ("a@shop.example", "none")]
    assert loader.run(lines).counts("people") == (2, 1, 0, 1)
    assert [profile["email"] for profile in held(sandbox, "users")] == ["a@shop.example"]


def test_a_dry_run_changes_nothing(loader: LoaderProcess, sandbox: RunningSandbox) -> None:
    loader.settings |= {"dry_run": True, "max_rejects": 1}
    items = catalog_items({"catalogName": "p", "itemId": "1", "value": {}})
    result = loader.run([*users(person(1), {"email": "bad"}), *purchases(purchase(1)), *items, state_line({"at": 1})])
    assert result.code == 0
    assert result.counts("users") == (2, 0, 1, 1)
    assert result.reasons("catalog_items", "noticed") == {"catalog 'p' is new to the project": 1}
    assert result.states == []
    assert all(call["method"] == "GET" for call in sandbox.requests(service="iterable"))
