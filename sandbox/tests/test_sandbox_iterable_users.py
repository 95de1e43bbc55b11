"""Bulk answers, deletion, merging and forgetting of users in the emulated Iterable."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.in_process import path_part
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable

if TYPE_CHECKING:
    from commerce_sandbox.iterable.json_value import JsonValue

ANA = "ana@example.org"
BO = "bo@example.org"


@pytest.fixture
def iterable() -> InProcessIterable:
    return InProcessIterable()


def users(iterable: InProcessIterable) -> list[dict[str, Any]]:
    held: list[dict[str, Any]] = iterable.service.snapshot()["users"]
    return held


def sha256(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()


def test_an_empty_batch_of_users_is_refused(iterable: InProcessIterable) -> None:
    reply = iterable.post("users/bulkUpdate", {"users": []})
    assert reply.status == 400
    assert reply.json == {"msg": "Emails invalid: ", "code": "InvalidEmailAddressError", "params": None}


def test_failures_are_listed_by_identifier_and_the_rest_is_written(iterable: InProcessIterable) -> None:
    iterable.change_settings(forgotten_emails=["gone@example.org"], forgotten_user_ids=["gone-1"])
    iterable.post("users/update", {"email": "taken@example.org"})
    batch = [
        {"email": "Ana@Example.org", "dataFields": {"firstName": "Ana"}},
        {"email": "Not-An-Address", "dataFields": {"firstName": "X"}},
        {"userId": "bad "},
        {"userId": "cust-1", "dataFields": {"email": "taken@example.org"}},
        {"userId": "cust-2", "dataFields": {"devices": []}},
        {"email": "GONE@example.org"},
        {"userId": "gone-1"},
        {"userId": "cust-3", "dataFields": {"email": "gone@example.org"}},
        {"email": "Not-An-Address"},
    ]
    answer = iterable.post("users/bulkUpdate", {"users": batch}).json
    assert answer == {
        "successCount": 1,
        "failCount": 8,
        "createdFields": ["firstName"],
        "filteredOutFields": [],
        "noOpEmails": [],
        "noOpUserIds": [],
        "invalidEmails": ["not-an-address", "not-an-address"],
        "invalidUserIds": ["bad "],
        "failedUpdates": {
            "invalidEmails": ["not-an-address", "not-an-address"],
            "invalidUserIds": ["bad "],
            "invalidDataEmails": [],
            "invalidDataUserIds": ["cust-2"],
            "conflictEmails": ["taken@example.org"],
            "conflictUserIds": [],
            "forgottenEmails": ["gone@example.org", "gone@example.org"],
            "forgottenUserIds": ["gone-1"],
            "notFoundEmails": [],
            "notFoundUserIds": [],
        },
    }
    assert [user["email"] for user in users(iterable)] == [ANA, "taken@example.org"]


def test_one_person_twice_in_a_batch_is_written_in_order(iterable: InProcessIterable) -> None:
    batch = [{"email": ANA, "dataFields": {"n": number, f"f{number}": number}} for number in (1, 2)]
    assert iterable.post("users/bulkUpdate", {"users": batch}).json["successCount"] == 2
    assert users(iterable)[0]["dataFields"] == {"n": 2, "f1": 1, "f2": 2}


def test_a_repeated_update_is_a_no_op_that_counts_as_success(iterable: InProcessIterable) -> None:
    batch = {"users": [{"email": ANA, "dataFields": {"a": [1], "b": {"c": "2026-03-02"}}}, {"userId": "u"}]}
    first = iterable.post("users/bulkUpdate", batch).json
    second = iterable.post("users/bulkUpdate", batch).json
    assert (first["noOpEmails"], first["noOpUserIds"]) == ([], [])
    assert (second["noOpEmails"], second["noOpUserIds"], second["successCount"]) == ([ANA], ["u"], 2)


def test_a_profile_tells_when_it_was_created_and_written(iterable: InProcessIterable) -> None:
    def written() -> tuple[str, str]:
        iterable.post("users/update", {"email": ANA})
        fields = iterable.get(f"users/{ANA}").json["user"]["dataFields"]
        return fields["signupDate"], fields["profileUpdatedAt"]

    created, first = written()
    iterable.clock.advance(3600)
    assert created == first
    again, second = written()
    assert again == created
    assert second > first


def test_unknown_addresses_read_as_empty_and_unknown_ids_as_an_error(iterable: InProcessIterable) -> None:
    assert (iterable.get(f"users/{BO}").status, iterable.get(f"users/{BO}").json) == (200, {})
    assert iterable.get(f"users/getByEmail?email={BO}").json == {}
    for path in ("users/byUserId/nobody", "users/byUserId?userId=nobody"):
        reply = iterable.get(path)
        assert (reply.status, reply.json["code"]) == (400, "error.users.noUserWithIdExists")


def test_identifiers_with_slashes_and_blanks_can_be_addressed(iterable: InProcessIterable) -> None:
    iterable.post("users/update", {"userId": "a/b c+d"})
    iterable.post("users/update", {"email": "o/hara+x@example.org"})
    assert iterable.get(f"users/byUserId/{path_part('a/b c+d')}").json["user"]["userId"] == "a/b c+d"
    assert iterable.get(f"users/{path_part('o/hara+x@example.org')}").json["user"]["email"] == "o/hara+x@example.org"
    assert iterable.delete(f"users/byUserId/{path_part('a/b c+d')}").status == 200
    assert iterable.delete(f"users/{path_part('O/Hara+x@example.org')}").status == 200
    assert users(iterable) == []


def test_deleting_takes_events_and_purchases_along_and_allows_a_new_start(iterable: InProcessIterable) -> None:
    user = {"email": ANA, "userId": "cust-1"}
    iterable.post("commerce/trackPurchase", {"id": "p", "total": 1, "items": [], "user": user})
    iterable.post("events/track", {**user, "eventName": "e", "id": "e-1"})
    assert iterable.delete(f"users/{ANA}").status == 200
    assert {name: iterable.service.counts()[name] for name in ("users", "purchases", "events")} == {
        "users": 0,
        "purchases": 0,
        "events": 0,
    }
    assert iterable.post("users/update", user).status == 200


def test_deleting_an_unknown_id_is_bad_params_and_an_unknown_address_is_not(iterable: InProcessIterable) -> None:
    reply = iterable.delete("users/byUserId/42")
    assert (reply.status, reply.json["code"], reply.json["msg"]) == (400, "BadParams", "No users with userId 42 exist")
    assert iterable.delete(f"users/{ANA}").status == 200
    assert iterable.delete("users/foo@").json["code"] == "InvalidEmailAddressError"


def test_a_user_id_based_project_deletes_by_user_id_only() -> None:
    iterable = InProcessIterable(IterableSettings(project_type="userid", rate_limits=False))
    iterable.post("users/update", {"userId": "cust-1", "email": ANA})
    assert iterable.delete(f"users/{ANA}").json["code"] == "BadParams"
    assert iterable.delete("users/byUserId/cust-1").status == 200


def test_merging_copies_what_is_missing_and_deletes_the_source(iterable: InProcessIterable) -> None:
    guest, customer = {"email": "guest@example.org"}, {"userId": "cust-1"}
    fields = {"city": "Berlin", "name": "Guest", "address": {"zip": "10117"}, "seen": [{"sku": "a"}, {"sku": "b"}]}
    iterable.post("users/update", {**guest, "dataFields": fields})
    iterable.post(
        "users/update",
        {**customer, "dataFields": {"name": "Ana", "address": {"city": "X"}, "seen": [{"sku": "b", "n": 1}]}},
    )
    iterable.post("events/track", {**guest, "eventName": "e", "id": "e-1"})
    iterable.post("commerce/trackPurchase", {"id": "p-1", "total": 1, "items": [], "user": guest})
    body = {
        "sourceEmail": "guest@example.org",
        "destinationUserId": "cust-1",
        "arrayMerge": [{"field": "seen", "dedupeBy": "sku"}],
    }
    assert iterable.post("users/merge", body).status == 200
    [merged] = users(iterable)
    assert merged["userId"] == "cust-1"
    assert merged["dataFields"] == {
        "city": "Berlin",
        "name": "Ana",
        "address": {"city": "X"},
        "seen": [{"sku": "b", "n": 1}, {"sku": "a"}],
    }
    shown = iterable.get("events/byUserId/cust-1").json["events"]
    assert sorted(event["id"] for event in shown) == ["e-1", "p-1"]
    assert iterable.delete("users/byUserId/cust-1").status == 200
    assert iterable.service.counts()["events"] == 0


def test_merging_into_nobody_renames_the_source(iterable: InProcessIterable) -> None:
    iterable.post("users/update", {"userId": "anon-1", "dataFields": {"a": 1}})
    body = {"sourceUserId": "anon-1", "destinationUserId": "cust-1"}
    assert iterable.post("users/merge", body).status == 200
    assert [(user["userId"], user["dataFields"]) for user in users(iterable)] == [("cust-1", {"a": 1})]


def test_merging_needs_a_source_and_nobody_forgotten(iterable: InProcessIterable) -> None:
    body = {"sourceUserId": "anon-1", "destinationUserId": "cust-1"}
    assert iterable.post("users/merge", body).json["code"] == "BadParams"
    assert iterable.post("users/merge", {**body, "sourceEmail": ANA}).json["code"] == "BadParams"
    iterable.post("users/update", {"userId": "anon-1"})
    iterable.change_settings(forgotten_user_ids=["cust-1"])
    reply = iterable.post("users/merge", body)
    assert (reply.status, reply.json["code"]) == (409, "ForgottenUserError")


def test_forgetting_deletes_and_blocks_under_both_identifiers(iterable: InProcessIterable) -> None:
    iterable.post("users/update", {"email": ANA, "userId": "cust-1"})
    assert iterable.post("users/forget", {"email": "ANA@example.org"}).status == 200
    assert users(iterable) == []
    assert iterable.get("users/forgotten").json == {"hashedEmails": [sha256(ANA)]}
    assert iterable.get("users/forgottenUserIds").json == {"hashedUserIds": [sha256("cust-1")]}
    for element in ({"email": ANA}, {"userId": "cust-1"}):
        single = iterable.post("users/update", element)
        assert (single.status, single.json["code"]) == (409, "ForgottenUserError")
        tracked = iterable.post("events/track", {**element, "eventName": "e"})
        assert (tracked.status, tracked.json["code"]) == (400, "ForgottenUserError")
        bulk = iterable.post("events/trackBulk", {"events": [{**element, "eventName": "e"}]}).json
        listed = bulk["failedUpdates"]["forgottenEmails"] + bulk["failedUpdates"]["forgottenUserIds"]
        assert listed == list(element.values())
    iterable.change_settings(forgotten_user_status=400)
    assert iterable.post("users/update", {"email": ANA}).status == 400
    assert iterable.service.counts()["forgotten_users"] == 1


def test_unforgetting_allows_both_identifiers_again(iterable: InProcessIterable) -> None:
    iterable.post("users/update", {"email": ANA, "userId": "cust-1"})
    for identifier in ({"userId": "cust-1"}, {"email": ANA}):
        iterable.post("users/forget", {"email": ANA})
        assert iterable.post("users/unforget", identifier).status == 200
        assert iterable.post("users/update", {"email": ANA, "userId": "cust-1"}).status == 200
        assert iterable.post("users/unforget", identifier).status == 400


@pytest.mark.parametrize(
    ("project_type", "right", "wrong"),
    [("email", {"email": ANA}, {"userId": "cust-1"}), ("userid", {"userId": "cust-1"}, {"email": ANA})],
)
def test_forgetting_goes_by_the_projects_own_identifier(
    project_type: JsonValue, right: dict[str, str], wrong: dict[str, str]
) -> None:
    iterable = InProcessIterable(IterableSettings(project_type=project_type, rate_limits=False))
    iterable.post("users/update", {"email": ANA, "userId": "cust-1"})
    assert iterable.post("users/forget", wrong).json["code"] == "BadParams"
    assert iterable.post("users/forget", right).status == 200
    assert iterable.service.counts()["forgotten_users"] == 1
    unknown = iterable.post("users/forget", right)
    assert (unknown.status, unknown.json["msg"]) == (400, "User does not exist")
