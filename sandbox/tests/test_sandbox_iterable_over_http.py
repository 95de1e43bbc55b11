"""The emulated Iterable inside the running sandbox: real connections, control routes, snapshot, page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import requests
from commerce_sandbox.iterable.settings import IterableSettings
from commerce_sandbox.testing import ControlError, RunningSandbox, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commerce_sandbox.iterable.json_value import JsonValue

KEY = {"Api-Key": IterableSettings().api_key}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/reset?service=iterable")


def post(sandbox: RunningSandbox, path: str, body: JsonValue) -> requests.Response:
    return requests.post(f"{sandbox.url}/iterable/api/{path}", json=body, headers=KEY, timeout=10)


@pytest.mark.parametrize("header", ["Api-Key", "Api_Key", "api_key"])
def test_the_key_arrives_in_every_spelling(sandbox: RunningSandbox, header: str) -> None:
    headers = {header: KEY["Api-Key"]}
    assert requests.get(f"{sandbox.url}/iterable/api/lists", headers=headers, timeout=10).status_code == 200


def test_the_401_names_the_vendors_path(sandbox: RunningSandbox) -> None:
    reply = requests.get(f"{sandbox.url}/iterable/api/lists", timeout=10)
    assert reply.status_code == 401
    assert reply.json()["params"]["endpoint"] == "/api/lists"
    assert reply.headers["Request-Time"].isdigit()


def test_an_encoded_slash_stays_part_of_the_identifier(sandbox: RunningSandbox) -> None:
    post(sandbox, "users/update", {"userId": "a/b"})
    url = f"{sandbox.url}/iterable/api/users/byUserId/a%2Fb"
    assert requests.get(url, headers=KEY, timeout=10).json()["user"]["userId"] == "a/b"


def test_the_journal_knows_the_path_template(sandbox: RunningSandbox) -> None:
    requests.get(f"{sandbox.url}/iterable/api/users/byUserId/u-1", headers=KEY, timeout=10)
    [entry] = sandbox.requests(service="iterable")
    assert entry["path_template"] == "/api/users/byUserId/{user_id}"
    assert entry["status"] == 400


def _load(sandbox: RunningSandbox) -> None:
    ana = {"email": "ana@example.org", "userId": "cust-1"}
    post(sandbox, "users/bulkUpdate", {"users": [{**ana, "dataFields": {"b": 1, "a": "x"}}, {"userId": "cust-2"}]})
    post(sandbox, "lists", {"name": "all"})
    post(sandbox, "lists/subscribe", {"listId": 61001, "subscribers": [ana]})
    post(sandbox, "events/trackBulk", {"events": [{**ana, "eventName": "e"}, {**ana, "eventName": "e", "id": "e-1"}]})
    item = {"id": "sku", "name": "<b>Hat</b>", "price": 2.5, "quantity": 2}
    post(sandbox, "commerce/trackPurchase", {"id": "p-1", "user": ana, "total": 5, "items": [item], "createdAt": 1})
    post(sandbox, "commerce/updateCart", {"user": ana, "items": [item]})
    requests.post(f"{sandbox.url}/iterable/api/catalogs/products", headers=KEY, timeout=10)
    post(sandbox, "catalogs/products/items", {"documents": {"i": {"n": 1}}, "replaceUploadedFieldsOnly": False})


def test_two_equal_runs_leave_equal_snapshots_apart_from_receipt_times(sandbox: RunningSandbox) -> None:
    snapshots = []
    for _ in range(2):
        sandbox.control("POST", "/reset?service=iterable")
        _load(sandbox)
        sandbox.advance_clock(3600)
        snapshots.append(sandbox.snapshot("iterable"))
    received = [snapshot.pop("received_at") for snapshot in snapshots]
    assert msgspec.json.encode(snapshots[0]) == msgspec.json.encode(snapshots[1])
    assert received[0] != received[1]
    assert set(received[0]) == {"users", "purchases", "events"}
    assert list(snapshots[0]) == [
        "users",
        "purchases",
        "events",
        "catalogs",
        "catalog_mappings",
        "lists",
        "subscriptions",
        "fields",
        "forgotten",
    ]
    assert snapshots[0]["lists"] == {"61001": {"name": "all", "members": ["ana@example.org"]}}
    assert list(snapshots[0]["users"][1]["dataFields"]) == ["a", "b"]


def test_a_reset_forgets_everything_and_restores_the_settings(sandbox: RunningSandbox) -> None:
    _load(sandbox)
    sandbox.control("POST", "/iterable/settings", {"create_new_fields": False, "forgotten_emails": ["x@example.org"]})
    assert sandbox.control("GET", "/iterable/settings")["create_new_fields"] is False
    sandbox.control("POST", "/reset?service=iterable")
    snapshot = sandbox.snapshot("iterable")
    assert (snapshot["users"], snapshot["events"], snapshot["lists"], snapshot["catalogs"]) == ([], [], {}, {})
    assert snapshot["forgotten"]["hashedEmails"] == []
    settings = sandbox.control("GET", "/iterable/settings")
    assert settings["create_new_fields"] is True
    assert "api_key" not in settings


@pytest.mark.parametrize(
    "changes", [{"nothing": 1}, {"rate_limits": "often"}, {"project_type": "cookie"}], ids=["unknown", "type", "choice"]
)
def test_settings_that_do_not_fit_are_refused(sandbox: RunningSandbox, changes: dict[str, Any]) -> None:
    with pytest.raises(ControlError, match="400"):
        sandbox.control("POST", "/iterable/settings", changes)


def test_the_project_type_changes_only_while_the_project_is_empty(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/iterable/settings", {"project_type": "email"})
    assert post(sandbox, "users/update", {"userId": "u"}).json()["code"] == "UnknownUserIdError"
    post(sandbox, "users/update", {"email": "ana@example.org"})
    with pytest.raises(ControlError, match="409"):
        sandbox.control("POST", "/iterable/settings", {"project_type": "hybrid"})


def test_users_can_be_seeded(sandbox: RunningSandbox) -> None:
    seeds = [{"email": "ana@example.org", "dataFields": {"points": 5}}, {"userId": "cust-1"}]
    assert sandbox.control("POST", "/iterable/users", {"users": seeds}) == {"users": 2}
    assert sandbox.snapshot("iterable")["users"][1]["dataFields"] == {"points": 5}
    for bad, why in (
        ({"email": "nope"}, "invalidEmails"),
        ({"dataFields": {}}, "BadParams"),
        ({"email": 5}, r"obj\.email"),
        ({"userId": "cust-1", "dataFields": {"points": "x"}}, "RequestFieldsTypesMismatched"),
    ):
        with pytest.raises(ControlError, match=why):
            sandbox.control("POST", "/iterable/users", {"users": [bad]})


@pytest.mark.parametrize(
    ("section", "shown"),
    [
        ("users", ["ana@example.org", "cust-2", "2 x &lt;b&gt;Hat&lt;/b&gt; at 2.50", "userListIds"]),
        ("purchases", ["p-1", "1970-01-01 00:00:01", "5.00"]),
        ("events", ["e-1", "updateCart"]),
        ("catalog-items", ["products"]),
        ("lists", ["61001", "all"]),
        ("fields", ["catalog products", "signupDate"]),
        ("nothing", ["cust-2"]),
    ],
)
def test_the_page_shows_what_arrived(sandbox: RunningSandbox, section: str, shown: list[str]) -> None:
    _load(sandbox)
    page = requests.get(f"{sandbox.url}/pages/iterable?section={section}", timeout=10)
    assert page.status_code == 200
    for text in shown:
        assert text in page.text
    assert "<b>Hat" not in page.text


def test_the_page_finds_a_person(sandbox: RunningSandbox) -> None:
    seeds = [{"email": f"person{number}@example.org"} for number in range(60)]
    sandbox.control("POST", "/iterable/users", {"users": seeds})
    page = requests.get(f"{sandbox.url}/pages/iterable?q=PERSON59", timeout=10).text
    assert "person59@example.org" in page
    assert "person1@example.org" not in page
    pages = [requests.get(f"{sandbox.url}/pages/iterable?page={page}", timeout=10).text for page in (1, 2)]
    for seed in seeds:
        assert sum(f">{seed['email']}<" in page for page in pages) == 1, seed


def test_the_page_names_the_lists_and_channels_of_a_person(sandbox: RunningSandbox) -> None:
    _load(sandbox)
    channels = requests.get(f"{sandbox.url}/iterable/api/channels", headers=KEY, timeout=10).json()["channels"]
    left = {"email": "ana@example.org", "unsubscribedChannelIds": [channels[0]["id"]]}
    assert post(sandbox, "users/updateSubscriptions", left).status_code == 200
    page = requests.get(f"{sandbox.url}/pages/iterable?q=ana%40", timeout=10).text
    assert channels[0]["name"] in page
    assert "unsubscribedChannelIds" in page


def test_a_batch_of_a_thousand_users_is_quick(sandbox: RunningSandbox) -> None:
    fields = {f"field{number}": f"value {number} " * 4 for number in range(20)}
    users = [{"email": f"p{number}@example.org", "dataFields": fields} for number in range(1000)]
    content = msgspec.json.encode({"users": users})
    assert 900_000 < len(content) < 1_300_000
    best = 1e9
    for _ in range(3):
        reply = requests.post(f"{sandbox.url}/iterable/api/users/bulkUpdate", data=content, headers=KEY, timeout=10)
        assert reply.json()["successCount"] == 1000
        best = min(best, float(reply.headers["Request-Time"]))
        time.sleep(0.05)
    # 60 ms is the aim on an idle machine; the bound leaves room for a busy one.
    assert best < 500
