from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import requests
from commerce_sandbox import journal as journal_module
from commerce_sandbox.clock import Clock
from commerce_sandbox.journal import Journal, JournalEntry, JournalMiddleware, RequestFilter

if TYPE_CHECKING:
    from commerce_sandbox.testing import RunningSandbox
    from starlette.types import Message, Receive, Scope, Send

API_KEY = "sandbox-iterable-key-0123456789abcd"


def update_user(sandbox: RunningSandbox, email: str, filler: str = "") -> None:
    requests.post(
        f"{sandbox.url}/iterable/api/users/update?source=test",
        headers={"Api-Key": API_KEY},
        json={"email": email, "dataFields": {"filler": filler}},
        timeout=10,
    )


def test_a_request_is_written_down_with_its_body_and_its_end(sandbox: RunningSandbox) -> None:
    update_user(sandbox, "ada@shop.example")
    entry = sandbox.requests()[-1]
    assert entry["service"] == "iterable"
    assert entry["method"] == "POST"
    assert entry["path"] == "/api/users/update"
    assert entry["query"] == "source=test"
    assert entry["status"] == 200
    assert entry["outcome"] == "answered"
    assert entry["fault"] is None
    assert entry["body"] == {"email": "ada@shop.example", "dataFields": {"filler": ""}}
    assert entry["request_bytes"] > 40
    assert entry["milliseconds"] >= 0
    assert entry["time"].endswith("Z")


def test_credentials_are_not_written_down(sandbox: RunningSandbox) -> None:
    update_user(sandbox, "ada@shop.example")
    token = requests.post(
        f"{sandbox.url}/commercetools/oauth/token?grant_type=client_credentials",
        auth=("sandbox-client", "sandbox-secret"),
        timeout=10,
    ).json()["access_token"]
    introspect = f"{sandbox.url}/commercetools/oauth/introspect"
    requests.post(introspect, auth=("sandbox-client", "sandbox-secret"), data={"token": token}, timeout=10)
    requests.get(f"{sandbox.url}/iterable/api/lists?api_key={API_KEY}&x=1", timeout=10)
    written = requests.get(f"{sandbox.url}/_sandbox/requests", timeout=10).text
    assert "api_key=removed&x=1" in written
    for secret in (API_KEY, "sandbox-secret", token):
        assert secret not in written


def test_a_large_body_is_counted_but_not_kept(sandbox: RunningSandbox) -> None:
    update_user(sandbox, "ada@shop.example", filler="x" * 70_000)
    entry = sandbox.requests()[-1]
    assert entry["request_bytes"] > 70_000
    assert entry["body"] is None


def test_requests_are_found_by_service_method_and_path(sandbox: RunningSandbox) -> None:
    update_user(sandbox, "ada@shop.example")
    requests.get(f"{sandbox.url}/commercetools/sandbox-shop/orders", timeout=10)
    requests.get(f"{sandbox.url}/commercetools/sandbox-shop/customers", timeout=10)
    paths = [entry["path"] for entry in sandbox.requests(service="commercetools")]
    assert paths == ["/sandbox-shop/orders", "/sandbox-shop/customers"]
    assert len(sandbox.requests(method="post")) == 1
    assert len(sandbox.requests(path="orders$")) == 1
    assert [entry["path"] for entry in sandbox.requests(limit=1)] == ["/sandbox-shop/customers"]


def test_counts_gather_paths_by_template(sandbox: RunningSandbox) -> None:
    for identifier in ("a", "b"):
        requests.get(f"{sandbox.url}/commercetools/sandbox-shop/orders/{identifier}", timeout=10)
    counted = {"service": "commercetools", "method": "GET", "path": "/{projectKey}/orders/{id}", "status": 401}
    assert sandbox.control("GET", "/requests/counts") == [{**counted, "count": 2}]


def test_resetting_one_service_keeps_the_requests_to_the_others(sandbox: RunningSandbox) -> None:
    update_user(sandbox, "ada@shop.example")
    requests.get(f"{sandbox.url}/commercetools/sandbox-shop/orders", timeout=10)
    sandbox.control("POST", "/reset?service=iterable")
    assert [entry["service"] for entry in sandbox.requests()] == ["commercetools"]
    assert [count["service"] for count in sandbox.control("GET", "/requests/counts")] == ["commercetools"]
    assert sandbox.snapshot("iterable")["users"] == []


def test_control_requests_and_pages_are_not_written_down(sandbox: RunningSandbox) -> None:
    requests.get(f"{sandbox.url}/", timeout=10)
    assert sandbox.requests() == []


async def no_request() -> Message:
    return {"type": "http.request", "body": b""}


async def no_client(_message: Message) -> None:
    return None


def test_a_service_that_breaks_is_written_down_as_failed() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        message = "broken"
        raise RuntimeError(message)

    journal = Journal()
    middleware = JournalMiddleware(broken, journal, Clock(), ["iterable"])
    scope: Scope = {"type": "http", "method": "GET", "path": "/iterable/api/lists", "query_string": b""}
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(middleware(scope, no_request, no_client))
    (entry,) = journal.latest(RequestFilter(), 1)
    assert (entry.path, entry.status, entry.outcome) == ("/api/lists", 500, "failed")


def entry_with_body(sequence: int, size: int) -> JournalEntry:
    return JournalEntry(
        sequence=sequence,
        time="2026-11-21T10:00:00.000Z",
        service="iterable",
        method="POST",
        path="/p",
        path_template="/p",
        query="",
        request_bytes=size,
        status=200,
        milliseconds=1.0,
        fault=None,
        outcome="answered",
        body=b"{" + b" " * (size - 2) + b"}",
    )


def test_the_oldest_bodies_are_forgotten_first_and_the_counts_never(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "ALL_BODIES_BYTES_KEPT", 250)
    journal = Journal()
    for sequence in range(5):
        journal.add(entry_with_body(sequence, 100))
    kept = [entry.sequence for entry in journal.latest(RequestFilter(), 10) if entry.body is not None]
    assert kept == [3, 4]
    assert [count["count"] for count in journal.counts()] == [5]


def test_only_the_last_requests_are_kept() -> None:
    journal = Journal()
    for sequence in range(journal_module.REQUESTS_KEPT + 10):
        journal.add(entry_with_body(sequence, 2))
    entries = journal.latest(RequestFilter(), 10**6)
    assert (len(entries), entries[0].sequence) == (journal_module.REQUESTS_KEPT, 10)
    assert [count["count"] for count in journal.counts()] == [journal_module.REQUESTS_KEPT + 10]
