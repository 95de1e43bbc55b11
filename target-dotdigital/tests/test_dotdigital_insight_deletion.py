"""Insight records with `"json": null`: deleted, in the order they came in, whatever fails on the way."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from delivery.testing import record_line, schema_line, state_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from commerce_sandbox.testing import RunningSandbox
    from delivery.testing import LoaderProcess

    Loader = Callable[..., LoaderProcess]

ANN, BO = "ann+shop@example.org", "bo@example.org"
NULLABLE = {"key": {"type": "string"}, "json": {"type": ["object", "null"]}}


def item(key: str, collection: str | None = None, *, gone: bool = False) -> str:
    json = None if gone else {"id": key, "name": "Wool hat", "price": 25.5}
    named = {"collectionName": collection} if collection else {}
    return record_line("catalog", {"key": key, "json": json, **named})


def catalog(*lines: str) -> list[str]:
    return [schema_line("catalog", NULLABLE, ["key"]), *lines, state_line({"done": True})]


def order(key: str, email: str | None = ANN, *, gone: bool = False, total: float = 1.0) -> str:
    identity = {"contactIdentity": {"identifier": "email", "value": email}} if email else {}
    return record_line("orders", {"key": key, **identity, "json": None if gone else {"id": key, "order_total": total}})


def orders(*lines: str) -> list[str]:
    people = [{"matchIdentifier": "email", "identifiers": {"email": email}} for email in (ANN, BO)]
    return [
        schema_line("contacts", {}),
        *(record_line("contacts", person) for person in people),
        schema_line("orders", NULLABLE, ["key"]),
        *lines,
    ]


def keys(sandbox: RunningSandbox, collection: str) -> list[str]:
    return sorted(sandbox.snapshot("dotdigital")["collections"][collection]["records"])


def deletions(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return sandbox.requests(service="dotdigital", method="DELETE")


def test_a_product_that_is_gone_leaves_its_own_collection_only(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run(catalog(item("p-1", "catalog_de"), item("p-1", "catalog_en"), item("p-2"))).code == 0
    result = loader().run(catalog(item("p-1", "catalog_de", gone=True)))
    assert result.counts("catalog") == (1, 1, 0, 0)
    assert result.states == [{"done": True}]
    assert [keys(sandbox, name) for name in ("catalog_de", "catalog_en", "catalog_products")] == [[], ["p-1"], ["p-2"]]


def test_a_key_written_and_deleted_in_one_run_ends_as_the_last_record_says(
    sandbox: RunningSandbox, loader: Loader
) -> None:
    lines = [item("a"), item("b"), item("b", gone=True), item("a", gone=True), item("a"), item("c", gone=True)]
    for rows in (None, 1, 2):
        changes = {} if rows is None else {"batch_size_rows": rows}
        result = loader(**changes).run(catalog(*lines))
        assert result.code == 0, result.log
        assert result.counts("catalog") == (6, 6, 0, 0)
        assert keys(sandbox, "catalog_products") == ["a"]


def test_what_was_never_there_counts_as_deleted(sandbox: RunningSandbox, loader: Loader) -> None:
    result = loader().run(catalog(item("p-1", "catalog_none", gone=True)))
    assert result.counts("catalog") == (1, 1, 0, 0)
    assert loader().run(catalog(item("p-1"))).code == 0
    assert loader().run(catalog(item("p-9", gone=True))).counts("catalog") == (1, 1, 0, 0)
    gone = [schema_line("orders", NULLABLE, ["key"]), order("O-1", "nobody@example.org", gone=True)]
    assert loader().run(gone).counts("orders") == (1, 1, 0, 0)
    assert list(sandbox.snapshot("dotdigital")["collections"]) == ["catalog_products"]


def test_orders_are_deleted_one_call_for_each_contact(sandbox: RunningSandbox, loader: Loader) -> None:
    written = [order("O-1"), order("O-2"), order("O-3", BO), order("O-4", BO)]
    assert loader().run(orders(*written)).code == 0
    seen = len(deletions(sandbox))
    result = loader().run(orders(*(order(key, gone=True) for key in ("O-1", "O-2")), order("O-4", BO, gone=True)))
    assert result.counts("orders") == (3, 3, 0, 0)
    assert keys(sandbox, "Orders") == ["O-3"]
    assert len(deletions(sandbox)) - seen == 2
    assert "example.org" not in result.log


def test_a_record_of_another_contact_is_left_alone(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run(orders(order("O-1"))).code == 0
    assert loader().run(orders(order("O-1", BO, gone=True))).counts("orders") == (1, 1, 0, 0)
    assert keys(sandbox, "Orders") == ["O-1"]


def test_a_deletion_that_does_not_say_whose_record_it_is_is_rejected(loader: Loader) -> None:
    result = loader().run(orders(order("O-1", None, gone=True)))
    assert result.reasons("orders") == {"the record: lacks 'contactIdentity'": 1}


def test_more_keys_than_a_call_takes_go_in_several(sandbox: RunningSandbox, loader: Loader) -> None:
    numbers = range(5_200)
    result = loader().run(catalog(*(item(f"p-{number}", gone=True) for number in numbers)))
    assert result.counts("catalog") == (5_200, 5_200, 0, 0)
    # They go side by side, and either may arrive first.
    assert sorted(len(call["body"]["keys"]) for call in deletions(sandbox)[-2:]) == [200, 5_000]


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "truncate"},
        {"kind": "respond", "status": 503},
        {"kind": "respond", "status": 429, "headers": {"Retry-After": "0"}},
        {"kind": "respond", "status": 400, "body": {"message": "Error: ERROR_APIUSAGE_EXCEEDED"}},
    ],
    ids=["drop", "drop-after", "truncate", "503", "429", "flat-400"],
)
def test_a_passing_fault_at_a_deletion_changes_nothing_in_the_end(
    sandbox: RunningSandbox, loader: Loader, action: dict[str, Any]
) -> None:
    assert loader().run([*orders(order("O-1"), order("O-2")), *catalog(item("p-1"), item("p-2"))]).code == 0
    for path in ("accounts/.*/deleteRecords", "contacts/.*/deleteRecords"):
        sandbox.order_fault(action, service="dotdigital", path=path)
    result = loader().run([*orders(order("O-1", gone=True)), *catalog(item("p-1", gone=True))])
    assert result.code == 0, result.log
    assert (keys(sandbox, "Orders"), keys(sandbox, "catalog_products")) == (["O-2"], ["p-2"])


def test_a_deletion_that_is_refused_is_rejected_alone(sandbox: RunningSandbox, loader: Loader) -> None:
    refusal = {"errorCode": "insightData:badJson", "description": "no"}
    sandbox.order_fault(
        {"kind": "respond", "status": 400, "body": refusal}, service="dotdigital", path="deleteRecords", times=2
    )
    result = loader().run(catalog(item("p-1", gone=True), item("p-2", gone=True), item("p-3")))
    # The two are refused together, then the first of them alone.
    assert result.counts("catalog") == (3, 2, 1, 0)
    assert list(result.reasons("catalog")) == ["Dotdigital does not delete it (insightData:badJson: no)"]


def test_killed_in_the_middle_of_deletions_and_run_again(sandbox: RunningSandbox, loader: Loader) -> None:
    numbers = range(40)
    assert loader().run(catalog(*(item(f"p-{number}") for number in numbers))).code == 0
    lines = catalog(*(item(f"p-{number}", gone=number % 2 == 0) for number in numbers))
    seen = len(deletions(sandbox))
    process = loader(batch_size_rows=4)
    running = process.start()
    assert running.stdin is not None
    running.stdin.write("".join(line + "\n" for line in lines))
    running.stdin.close()
    running.stdin = None
    deadline = time.monotonic() + 60
    while len(deletions(sandbox)) < seen + 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    process.finish(running)
    assert loader(batch_size_rows=4).run(lines).code == 0
    assert keys(sandbox, "catalog_products") == sorted(f"p-{number}" for number in numbers if number % 2)


def test_a_dry_run_deletes_nothing(sandbox: RunningSandbox, loader: Loader) -> None:
    assert loader().run(catalog(item("p-1"))).code == 0
    assert loader(dry_run=True).run(catalog(item("p-1", gone=True))).counts("catalog") == (1, 0, 0, 1)
    assert keys(sandbox, "catalog_products") == ["p-1"]
