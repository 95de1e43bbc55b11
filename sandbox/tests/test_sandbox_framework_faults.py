from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from commerce_sandbox.testing import ControlError, RunningSandbox


def token(sandbox: RunningSandbox, path: str = "/oauth/token") -> requests.Response:
    return requests.post(
        f"{sandbox.url}/commercetools{path}",
        auth=("sandbox-client", "sandbox-secret"),
        data={"grant_type": "client_credentials"},
        timeout=10,
    )


def entry(sandbox: RunningSandbox) -> dict[str, Any]:
    return sandbox.requests()[-1]


def test_an_ordered_answer_takes_the_services_place_once(sandbox: RunningSandbox) -> None:
    action = {"kind": "respond", "status": 429, "headers": {"Retry-After": "7"}, "body": {"message": "slow down"}}
    sandbox.order_fault(action, service="commercetools")
    first, second = token(sandbox), token(sandbox)
    assert (first.status_code, first.headers["Retry-After"], first.json()) == (429, "7", {"message": "slow down"})
    assert first.headers["Content-Type"] == "application/json"
    assert second.status_code == 200


def test_an_ordered_text_that_looks_like_a_page_is_served_as_one(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "respond", "status": 502, "body": "<html>Bad Gateway</html>"})
    answer = token(sandbox)
    assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway</html>")
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_fault_can_depend_on_what_a_request_holds(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "respond", "status": 500}, body="poison.*shop", times=None)
    statuses = [
        requests.post(
            f"{sandbox.url}/iterable/api/users/update",
            json={"email": email},
            headers={"Api-Key": "sandbox-iterable-key-0123456789abcd"},
            timeout=10,
        ).status_code
        for email in ("fine@shop.example", "poison@shop.example", "fine@shop.example")
    ]
    assert statuses == [200, 500, 200]
    assert [user["email"] for user in sandbox.snapshot("iterable")["users"]] == ["fine@shop.example"]


def test_a_delay_comes_before_the_services_own_answer(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 0.3})
    started = time.monotonic()
    assert token(sandbox).status_code == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("end", ["/faults", "/reset?service=iterable"])
def test_a_request_that_waits_when_its_fault_is_taken_down_never_reaches_the_service(
    sandbox: RunningSandbox, end: str
) -> None:
    sandbox.order_fault({"kind": "delay", "seconds": 30}, service="iterable")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(update_user, sandbox)
        while not sandbox.control("GET", "/faults")[0]["hits"]:
            time.sleep(0.01)
        sandbox.control("DELETE" if end == "/faults" else "POST", end)
        with pytest.raises(requests.ConnectionError):
            waiting.result(timeout=10)
    assert sandbox.snapshot("iterable")["users"] == []
    # What arrived before the reset belongs to the time before it, whenever it ends.
    journalled = sandbox.requests(service="iterable")
    assert [call["outcome"] for call in journalled] == (["dropped"] if end == "/faults" else [])


def test_a_late_answer_comes_after_the_service_has_acted(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "answer_late", "seconds": 1.5}, path="^/api/users/update$")
    with pytest.raises(requests.ReadTimeout):
        update_user(sandbox, timeout=0.5)
    assert len(sandbox.snapshot("iterable")["users"]) == 1
    sandbox.order_fault({"kind": "answer_late", "seconds": 0.3}, path="^/api/users/update$")
    started = time.monotonic()
    assert update_user(sandbox).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_a_dropped_request_never_reaches_the_service(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "drop"}, path="^/api/users/update$")
    with pytest.raises(requests.ConnectionError):
        update_user(sandbox)
    assert sandbox.snapshot("iterable")["users"] == []
    assert (entry(sandbox)["outcome"], entry(sandbox)["status"]) == ("dropped", None)


def test_a_request_dropped_after_has_had_its_effect(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "drop_after"}, path="^/api/users/update$")
    with pytest.raises(requests.ConnectionError):
        update_user(sandbox)
    assert len(sandbox.snapshot("iterable")["users"]) == 1
    assert (entry(sandbox)["outcome"], entry(sandbox)["status"]) == ("dropped after acting", None)


def update_user(sandbox: RunningSandbox, timeout: float = 10) -> requests.Response:
    return requests.post(
        f"{sandbox.url}/iterable/api/users/update",
        headers={"Api-Key": "sandbox-iterable-key-0123456789abcd"},
        json={"email": "ada@shop.example", "dataFields": {"a": 1}},
        timeout=timeout,
    )


def test_a_truncated_answer_promises_more_than_it_gives(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "truncate"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        token(sandbox)
    assert entry(sandbox)["outcome"] == "truncated"


def test_the_connection_works_again_after_a_broken_one(sandbox: RunningSandbox) -> None:
    with requests.Session() as session:
        address = f"{sandbox.url}/commercetools/sandbox-shop"
        assert session.get(address, timeout=10).status_code == 401
        sandbox.order_fault({"kind": "drop"})
        with pytest.raises(requests.ConnectionError):
            session.get(address, timeout=10)
        assert session.get(address, timeout=10).status_code == 401


def test_skip_lets_requests_through_and_times_limits_the_hits(sandbox: RunningSandbox) -> None:
    action = {"kind": "respond", "status": 503}
    sandbox.order_fault(action, service="commercetools", path="/token", skip=2, times=2)
    assert [token(sandbox).status_code for _ in range(6)] == [200, 200, 503, 503, 200, 200]


def test_a_fault_without_times_lasts_until_it_is_cleared(sandbox: RunningSandbox) -> None:
    sandbox.order_fault({"kind": "respond", "status": 503}, times=None)
    assert {token(sandbox).status_code for _ in range(5)} == {503}
    sandbox.clear_faults()
    assert token(sandbox).status_code == 200


def test_a_fault_hits_only_its_service_method_and_path(sandbox: RunningSandbox) -> None:
    action = {"kind": "respond", "status": 418}
    sandbox.order_fault(action, service="iterable", times=None)
    sandbox.order_fault(action, method="get", path="^/oauth", times=None)
    assert token(sandbox).status_code == 200
    assert requests.get(f"{sandbox.url}/commercetools/oauth/token", timeout=10).status_code == 418
    assert requests.get(f"{sandbox.url}/iterable/api/lists", timeout=10).status_code == 418
    assert requests.get(f"{sandbox.url}/", timeout=10).status_code == 200


def test_faults_are_listed_with_their_hits_and_cleared_one_by_one(sandbox: RunningSandbox) -> None:
    first = sandbox.order_fault({"kind": "delay", "seconds": 0}, times=None)
    second = sandbox.order_fault({"kind": "drop"}, service="iterable")
    token(sandbox)
    listed = sandbox.control("GET", "/faults")
    assert [(fault["id"], fault["hits"]) for fault in listed] == [(first, 1), (second, 0)]
    assert listed[1]["action"] == {"kind": "drop"}
    sandbox.control("DELETE", f"/faults?id={first}")
    assert [fault["id"] for fault in sandbox.control("GET", "/faults")] == [second]


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"action": {"kind": "explode"}}, "explode"),
        ({"action": {"kind": "drop"}, "tims": 1}, "tims"),
        ({"action": {"kind": "drop"}, "path": "("}, "regular expression"),
        ({"action": {"kind": "drop"}, "service": "shopify"}, "shopify"),
        ({}, "action"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: RunningSandbox, order: dict[str, Any], problem: str) -> None:
    with pytest.raises(ControlError, match=problem):
        sandbox.control("POST", "/faults", order)
