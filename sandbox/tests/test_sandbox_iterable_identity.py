"""Who is created, found, refused and renamed in each project type of the emulated Iterable."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.iterable.testing import InProcessIterable
from hypothesis import given
from hypothesis import strategies as st

EMAIL = {"email": "Ana@Example.org"}
USER_ID = {"userId": "cust-1"}
BOTH = {**EMAIL, **USER_ID}
ProjectType = Literal["hybrid", "userid", "email"]


def project(project_type: ProjectType, **settings: Any) -> InProcessIterable:
    return InProcessIterable(IterableSettings(project_type=project_type, rate_limits=False, **settings))


def people(iterable: InProcessIterable) -> list[tuple[str | None, str | None]]:
    return [(user["email"], user["userId"]) for user in iterable.service.snapshot()["users"]]


def bulk(iterable: InProcessIterable, *users: dict[str, Any]) -> dict[str, Any]:
    reply = iterable.post("users/bulkUpdate", {"users": users})
    assert reply.status == 200, reply.text
    answer: dict[str, Any] = reply.json
    assert answer["successCount"] + answer["failCount"] == len(users)
    return answer


def failures(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {name: identifiers for name, identifiers in answer["failedUpdates"].items() if identifiers}


@pytest.mark.parametrize(
    ("project_type", "element", "created"),
    [
        ("hybrid", EMAIL, ("ana@example.org", None)),
        ("hybrid", USER_ID, (None, "cust-1")),
        ("hybrid", BOTH, ("ana@example.org", "cust-1")),
        ("userid", USER_ID, (None, "cust-1")),
        ("userid", BOTH, ("ana@example.org", "cust-1")),
        ("email", EMAIL, ("ana@example.org", None)),
        ("email", BOTH, ("ana@example.org", "cust-1")),
    ],
)
@pytest.mark.parametrize("path", ["users/update", "users/bulkUpdate", "lists/subscribe", "commerce/updateCart"])
def test_unknown_people_are_created(
    project_type: ProjectType, element: dict[str, str], created: tuple[str | None, str | None], path: str
) -> None:
    iterable = project(project_type)
    list_id = iterable.post("lists", {"name": "all"}).json["listId"]
    bodies: dict[str, Any] = {
        "users/update": element,
        "users/bulkUpdate": {"users": [element]},
        "lists/subscribe": {"listId": list_id, "subscribers": [element]},
        "commerce/updateCart": {"user": element, "items": []},
    }
    assert iterable.post(path, bodies[path]).status == 200
    assert people(iterable) == [created]


def test_an_email_based_project_does_not_create_people_by_user_id_alone() -> None:
    iterable = project("email")
    single = iterable.post("users/update", USER_ID)
    assert (single.status, single.json["code"]) == (400, "UnknownUserIdError")
    assert failures(bulk(iterable, USER_ID)) == {"invalidUserIds": ["cust-1"]}
    list_id = iterable.post("lists", {"name": "all"}).json["listId"]
    reply = iterable.post("lists/subscribe", {"listId": list_id, "subscribers": [USER_ID]})
    assert failures(reply.json) == {"notFoundUserIds": ["cust-1"]}
    assert people(iterable) == []


def test_prefer_user_id_makes_up_a_placeholder_address() -> None:
    iterable = project("email")
    assert bulk(iterable, {**USER_ID, "preferUserId": True})["successCount"] == 1
    [(email, user_id)] = people(iterable)
    assert email is not None
    assert email.endswith("@placeholder.email")
    assert user_id == "cust-1"
    assert bulk(iterable, {**USER_ID, "dataFields": {"x": "now known"}})["successCount"] == 1
    assert len(people(iterable)) == 1


def test_a_user_id_based_project_does_not_know_people_by_address() -> None:
    iterable = project("userid")
    assert iterable.post("users/update", EMAIL).status == 400
    assert failures(bulk(iterable, EMAIL)) == {"invalidEmails": ["ana@example.org"]}
    assert people(iterable) == []


def test_an_address_is_not_unique_in_a_user_id_based_project() -> None:
    iterable = project("userid")
    assert bulk(iterable, BOTH, {**EMAIL, "userId": "cust-2"})["failCount"] == 0
    assert people(iterable) == [("ana@example.org", "cust-1"), ("ana@example.org", "cust-2")]


def test_a_user_id_is_not_unique_in_an_email_based_project() -> None:
    iterable = project("email")
    assert bulk(iterable, BOTH, {**USER_ID, "email": "bo@example.org"})["failCount"] == 0
    assert people(iterable) == [("ana@example.org", "cust-1"), ("bo@example.org", "cust-1")]


def test_the_address_wins_in_an_email_based_project() -> None:
    iterable = project("email")
    bulk(iterable, BOTH)
    bulk(iterable, {**EMAIL, "userId": "cust-2"})
    assert people(iterable) == [("ana@example.org", "cust-2")]


def test_two_people_of_a_hybrid_project_cannot_be_one() -> None:
    iterable = project("hybrid")
    bulk(iterable, EMAIL, USER_ID)
    assert failures(bulk(iterable, BOTH)) == {"conflictEmails": ["ana@example.org"]}
    single = iterable.post("users/update", BOTH)
    assert (single.status, single.json["code"]) == (409, "Conflict")
    assert people(iterable) == [(None, "cust-1"), ("ana@example.org", None)]


def test_a_hybrid_project_completes_a_known_address_with_a_user_id_once() -> None:
    iterable = project("hybrid")
    bulk(iterable, EMAIL)
    bulk(iterable, BOTH)
    assert people(iterable) == [("ana@example.org", "cust-1")]
    assert failures(bulk(iterable, {**EMAIL, "userId": "cust-2"})) == {"conflictEmails": ["ana@example.org"]}
    assert people(iterable) == [("ana@example.org", "cust-1")]


@pytest.mark.parametrize("project_type", ["hybrid", "userid"])
def test_data_fields_change_the_address(project_type: ProjectType) -> None:
    iterable = project(project_type)
    bulk(iterable, BOTH)
    bulk(iterable, {**USER_ID, "dataFields": {"email": "New@example.org"}})
    assert people(iterable) == [("new@example.org", "cust-1")]
    if project_type == "hybrid":
        bulk(iterable, EMAIL)
        assert len(people(iterable)) == 2, "the old address is free again"


def test_data_fields_change_the_user_id_where_an_identifier_alone_would_not() -> None:
    iterable = project("hybrid")
    bulk(iterable, BOTH, {"userId": "taken"})
    assert failures(bulk(iterable, {**EMAIL, "dataFields": {"userId": "taken"}})) == {"conflictUserIds": ["taken"]}
    assert bulk(iterable, {**EMAIL, "dataFields": {"userId": "cust-2"}})["failCount"] == 0
    assert people(iterable) == [(None, "taken"), ("ana@example.org", "cust-2")]


def test_a_taken_address_in_data_fields_is_a_conflict_named_by_that_address() -> None:
    iterable = project("hybrid")
    bulk(iterable, {"email": "taken@example.org"}, USER_ID)
    answer = bulk(iterable, {**USER_ID, "dataFields": {"email": "TAKEN@example.org", "x": "lost"}})
    assert failures(answer) == {"conflictEmails": ["taken@example.org"]}
    assert iterable.service.snapshot()["users"][0]["dataFields"] == {}


def test_an_email_based_project_changes_addresses_only_by_update_email() -> None:
    iterable = project("email")
    bulk(iterable, BOTH)
    changed = {**EMAIL, "dataFields": {"email": "new@example.org"}}
    assert failures(bulk(iterable, changed)) == {"invalidDataEmails": ["ana@example.org"]}
    assert bulk(iterable, {**EMAIL, "dataFields": {"email": "ANA@example.org"}})["failCount"] == 0
    body = {"currentEmail": "ana@example.org", "newEmail": "New@example.org"}
    assert iterable.post("users/updateEmail", body).status == 200
    assert people(iterable) == [("new@example.org", "cust-1")]


def test_update_email_refuses_unknown_and_taken_addresses() -> None:
    iterable = project("email")
    bulk(iterable, EMAIL, {"email": "bo@example.org"})
    unknown = iterable.post("users/updateEmail", {"currentEmail": "x@example.org", "newEmail": "y@example.org"})
    assert (unknown.status, unknown.json["code"]) == (400, "BadParams")
    assert "User does not exist" in unknown.json["msg"]
    taken = iterable.post("users/updateEmail", {"currentEmail": "bo@example.org", "newEmail": "ana@example.org"})
    assert (taken.status, taken.json["code"]) == (400, "EmailAlreadyExists")


@pytest.mark.parametrize(
    ("project_type", "element", "tracked"),
    [
        ("hybrid", USER_ID, True),
        ("hybrid", EMAIL, False),
        ("userid", USER_ID, True),
        ("email", EMAIL, False),
        ("email", USER_ID, False),
    ],
)
def test_events_create_people_only_where_the_project_type_says_so(
    project_type: ProjectType, element: dict[str, str], *, tracked: bool
) -> None:
    iterable = project(project_type)
    event = {**element, "eventName": "orderShipped"}
    answer = iterable.post("events/trackBulk", {"events": [event]}).json
    assert answer["successCount"] == int(tracked)
    assert len(people(iterable)) == int(tracked)
    if not tracked:
        name = "notFoundEmails" if "email" in element else "notFoundUserIds"
        assert failures(answer) == {name: [element.get("email", element.get("userId", "")).lower()]}
        single = iterable.post("events/track", event)
        assert single.status == 400
        assert single.json["code"] == ("UnknownEmailError" if "email" in element else "UnknownUserIdError")


@pytest.mark.parametrize(
    "email", ["", "000", "foo@", "sayan", "a b@example.org", " ana@example.org", "ana@example", "a@b@example.org"]
)
def test_malformed_addresses_are_refused(email: str) -> None:
    iterable = project("hybrid")
    single = iterable.post("users/update", {"email": email})
    assert (single.status, single.json["code"]) == (400, "InvalidEmailAddressError")
    answer = bulk(iterable, {"email": email})
    assert failures(answer) == {"invalidEmails": [email.lower()]}
    assert answer["invalidEmails"] == [email.lower()], "the deprecated mirror"
    inside = bulk(iterable, {**USER_ID, "dataFields": {"email": email}})
    assert failures(inside) == {"invalidEmails": [email.lower()]}


@pytest.mark.parametrize("user_id", ["", "a ", "ünï", "tab\there", "x" * 53])
def test_malformed_user_ids_are_refused(user_id: str) -> None:
    iterable = project("hybrid")
    single = iterable.post("users/update", {"userId": user_id})
    assert (single.status, single.json["code"]) == (400, "InvalidUserIdError")
    assert failures(bulk(iterable, {"userId": user_id})) == {"invalidUserIds": [user_id]}


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=52))
def test_printable_user_ids_are_kept_with_their_case(user_id: str) -> None:
    iterable = project("userid")
    assert bulk(iterable, {"userId": user_id})["failCount"] == 0
    assert people(iterable) == [(None, user_id)]
    other = user_id.swapcase()
    bulk(iterable, {"userId": other})
    assert len(people(iterable)) == len({user_id, other})


def test_an_element_that_names_nobody_is_bad_params() -> None:
    reply = project("hybrid").post("users/update", {"dataFields": {"x": 1}})
    assert (reply.status, reply.json["code"]) == (400, "BadParams")
    assert reply.json["msg"] == "Either email or userId must be set"
