from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from commerce_sandbox.clock import Clock
from commerce_sandbox.commercetools.instants import instant
from commerce_sandbox.commercetools.key_range import EVERYTHING, intersection, key_range, since, until
from commerce_sandbox.commercetools.predicate_evaluation import compile_predicate
from commerce_sandbox.commercetools.predicate_syntax import parse_predicate
from commerce_sandbox.commercetools.query import read_query
from commerce_sandbox.commercetools.resource_types import RESOURCE_TYPES
from commerce_sandbox.commercetools.result_page import run_query
from commerce_sandbox.commercetools.store import Store, StoredChange, StoredResource, UnknownResourceError
from hypothesis import given, settings
from hypothesis import strategies as st

ALWAYS = until(10**18)
INSTANTS = [f"2026-11-01T10:00:00.{decimals}Z" for decimals in ("000", "000001", "000002", "001")]
IDS = [f"{letter}-{number}" for letter in "ab" for number in range(4)]
KEYSET = '(lastModifiedAt > "{time}" or (lastModifiedAt = "{time}" and id > "{id}")) and lastModifiedAt <= "{upper}"'


def row(identifier: str, moment: str, **members: Any) -> dict[str, Any]:
    head = {"id": identifier, "version": 1, "createdAt": moment, "lastModifiedAt": moment}
    return {**head, "customerEmail": f"{identifier}@shop.example", **members}


def store_of(rows: dict[str, str]) -> Store:
    return Store(Clock(), {"orders": {identifier: row(identifier, moment) for identifier, moment in rows.items()}})


def page_ids(store: Store, **parameters: Any) -> list[str]:
    lists = {name: value if isinstance(value, list) else [str(value)] for name, value in parameters.items()}
    query = read_query(lists, RESOURCE_TYPES["orders"])
    page = run_query(query, store, "orders", ALWAYS)
    return [part.partition(b'"id":"')[2].partition(b'"')[0].decode() for part in page.results]


TABLES = st.dictionaries(st.sampled_from(IDS), st.sampled_from(INSTANTS))
BOUNDS = st.one_of(
    st.tuples(
        st.sampled_from(["lastModifiedAt"]), st.sampled_from(["=", "<", "<=", ">", ">="]), st.sampled_from(INSTANTS)
    ),
    st.tuples(st.sampled_from(["id"]), st.sampled_from(["=", "<", "<=", ">", ">="]), st.sampled_from(IDS)),
).map(lambda parts: f'{parts[0]} {parts[1]} "{parts[2]}"')
PREDICATES = st.recursive(
    BOUNDS,
    lambda inner: st.one_of(
        inner.map("not ({})".format),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) and ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) or ({two[1]})"),
    ),
    max_leaves=6,
)
SORTS = st.sampled_from(
    [
        ["lastModifiedAt asc", "id asc"],
        ["lastModifiedAt desc", "id desc"],
        ["lastModifiedAt asc", "id desc"],
        ["lastModifiedAt desc", "id asc"],
        ["id asc"],
        ["id desc"],
        ["customerEmail asc"],
        ["createdAt desc", "id asc"],
    ]
)


@given(TABLES, PREDICATES)
def test_a_range_never_leaves_out_a_row_that_matches(rows: dict[str, str], text: str) -> None:
    predicate = parse_predicate(text, {})
    match, bounds = compile_predicate(predicate), key_range(predicate)
    for identifier, moment in rows.items():
        if match(row(identifier, moment)):
            microseconds = instant(moment)
            assert microseconds is not None
            assert bounds.first <= (microseconds, identifier) <= bounds.last
            assert bounds.first_id <= identifier <= bounds.last_id


@pytest.mark.parametrize(
    ("operator", "found"),
    [("<", ["a"]), ("<=", ["a", "b"]), ("=", ["b"]), (">=", ["b", "c"]), (">", ["c"])],
)
def test_bounds_are_exact_to_the_microsecond(operator: str, found: list[str]) -> None:
    store = store_of({"a": INSTANTS[0], "b": INSTANTS[1], "c": INSTANTS[2]})
    assert page_ids(store, where=f'lastModifiedAt {operator} "{INSTANTS[1]}"', sort="id asc") == found


@given(TABLES, PREDICATES, SORTS, st.integers(0, 9), st.integers(0, 3))
def test_an_indexed_query_finds_what_a_full_scan_finds(
    rows: dict[str, str], text: str, sort: list[str], limit: int, offset: int
) -> None:
    match = compile_predicate(parse_predicate(text, {}))
    expected = [identifier for identifier, moment in rows.items() if match(row(identifier, moment))]
    for key in reversed(sort):
        field, direction = key.split()
        expected.sort(key=partial(_sort_value, rows, field), reverse=direction == "desc")
    found = page_ids(store_of(rows), where=text, sort=sort, limit=limit, offset=offset)
    assert found == expected[offset : offset + limit]


def _sort_value(rows: dict[str, str], field: str, identifier: str) -> int | str:
    value = row(identifier, rows[identifier])[field]
    moment = instant(value)
    return str(value) if moment is None else moment


@given(TABLES, st.integers(1, 3))
def test_a_keyset_walk_sees_every_row_once_in_order(rows: dict[str, str], limit: int) -> None:
    store, seen = store_of(rows), []
    moment, identifier = "2026-01-01T00:00:00.000Z", ""
    while True:
        where = KEYSET.format(time=moment, id=identifier, upper=INSTANTS[-1])
        page = page_ids(store, where=where, sort=["lastModifiedAt asc", "id asc"], limit=limit, withTotal="false")
        seen += page
        if len(page) < limit:
            break
        moment, identifier = rows[page[-1]], page[-1]
    assert seen == sorted(rows, key=lambda i: (instant(rows[i]), i))


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "update", "delete"]), st.sampled_from(IDS), st.sampled_from(INSTANTS))
)


@settings(max_examples=50)
@given(TABLES, OPERATIONS)
def test_the_indexes_stay_right_through_changes(rows: dict[str, str], operations: list[tuple[str, str, str]]) -> None:
    store, present = store_of(rows), set(rows)
    for operation, identifier, moment in operations:
        if operation == "put":
            store.put("orders", row(identifier, moment))
            present.add(identifier)
        elif identifier in present and operation == "update":
            store.update("orders", row(identifier, moment))
        elif identifier in present:
            store.delete("orders", identifier)
            present.remove(identifier)
    table = store.table("orders")
    assert [found.id for found in table.by_id(EVERYTHING)] == sorted(present)
    keys = [found.key for found in table.by_time(EVERYTHING)]
    assert keys == sorted(keys)
    assert {identifier for _, identifier in keys} == present
    assert len(table) == len(present)


def test_an_update_moves_the_version_on_and_the_time_to_now() -> None:
    clock = Clock()
    store = Store(clock, {"orders": {"a": row("a", INSTANTS[0])}})
    steps, version = set(), 1
    for _ in range(60):
        clock.advance(1)
        updated = store.update("orders", {**row("a", "2020-01-01T00:00:00.000Z"), "version": 99, "x": 1})
        steps.add(updated["version"] - version)
        version = updated["version"]
        moment = instant(updated["lastModifiedAt"])
        assert moment is not None
        assert abs(moment / 1e6 - clock.seconds()) < 1
        assert updated["createdAt"] == INSTANTS[0]
    assert steps == {1, 2, 3, 4}
    assert store.get("orders", "a") == updated


def test_a_new_resource_gets_id_version_and_times() -> None:
    created = store_of({}).create("orders", {"orderState": "Open"})
    assert len(created["id"]) == 36
    assert created["version"] == 1
    assert created["createdAt"] == created["lastModifiedAt"]
    assert instant(created["createdAt"]) is not None


def test_what_the_store_gives_out_may_be_changed_without_harm() -> None:
    store = store_of({"a": INSTANTS[0]})
    given_out = store.get("orders", "a")
    assert given_out is not None
    given_out["customerEmail"] = "changed"
    assert store.get("orders", "a") == row("a", INSTANTS[0])


def test_all_may_be_gone_through_while_rows_are_deleted() -> None:
    store = store_of(dict.fromkeys(IDS, INSTANTS[0]))
    for document in store.all("orders"):
        store.delete("orders", document["id"])
    assert list(store.all("orders")) == []


def test_reset_returns_to_the_start() -> None:
    store = store_of({"a": INSTANTS[0], "b": INSTANTS[1]})
    store.delete("orders", "a")
    store.update("orders", row("b", INSTANTS[0]))
    store.create("carts", {})
    store.reset()
    assert list(store.all("orders")) == [row("a", INSTANTS[0]), row("b", INSTANTS[1])]
    assert list(store.all("carts")) == []


def test_changing_what_is_not_there_is_refused() -> None:
    store = store_of({})
    with pytest.raises(UnknownResourceError):
        store.update("orders", row("a", INSTANTS[0]))
    with pytest.raises(UnknownResourceError):
        store.delete("orders", "a")
    with pytest.raises(ValueError, match="lastModifiedAt"):
        store.put("orders", {"id": "a", "lastModifiedAt": "yesterday"})


@pytest.mark.parametrize(
    ("moment", "identifier"),
    [
        pytest.param("2026-01-01T00:00:00.000Z", "", id="at the start"),
        pytest.param("2026-11-01T10:01:00.000Z", "001000", id="in the middle"),
        pytest.param("2026-11-01T12:00:00.000Z", "003000", id="among rows of one moment"),
    ],
)
def test_a_keyset_page_costs_the_page_and_not_the_table(
    monkeypatch: pytest.MonkeyPatch, moment: str, identifier: str
) -> None:
    rows = {f"{n:06d}": f"2026-11-01T10:{n // 1000:02d}:00.{n % 1000:03d}Z" for n in range(2_000)}
    rows |= {f"{n:06d}": "2026-11-01T12:00:00.000Z" for n in range(2_000, 4_000)}
    store = store_of(rows)
    looked_at: list[str] = []
    head = StoredResource.head

    def noted_head(found: StoredResource) -> dict[str, Any]:
        looked_at.append(found.id)
        return head(found)

    monkeypatch.setattr(StoredResource, "head", noted_head)
    where = KEYSET.format(time=moment, id=identifier, upper="2026-12-01T00:00:00.000Z")
    found = page_ids(store, where=where, sort=["lastModifiedAt asc", "id asc"], limit=100, withTotal="false")
    assert len(found) == 100
    assert len(looked_at) <= 102


def test_a_query_about_the_head_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(dict.fromkeys(IDS, INSTANTS[0]))
    monkeypatch.setattr(StoredResource, "document", lambda _: pytest.fail("decoded"))
    assert page_ids(store, where='version = 1 and id > "a-1"', sort="id asc") == sorted(IDS)[2:]


def test_a_keyset_of_created_at_starts_in_its_place_where_rows_are_kept_by_it() -> None:
    where = f'createdAt > "{INSTANTS[1]}" or (createdAt = "{INSTANTS[1]}" and id > "a-2")'
    parameters = {"where": [where], "sort": ["createdAt asc", "id asc"]}
    of_messages = read_query(parameters, RESOURCE_TYPES["messages"])
    assert of_messages.bounds.first == (instant(INSTANTS[1]), "a-2")
    assert [key.field for key in of_messages.sort] == ["lastModifiedAt", "id"]
    of_orders = read_query(parameters, RESOURCE_TYPES["orders"])
    assert of_orders.bounds.first[0] < 0
    assert [key.field for key in of_orders.sort] == ["createdAt", "id"]


def test_rows_before_an_instant_are_outside_of_the_range_since_it() -> None:
    store = store_of({"a": INSTANTS[0], "b": INSTANTS[1], "c": INSTANTS[3]})
    moment = instant(INSTANTS[1])
    assert moment is not None
    assert [row.id for row in store.table("orders").by_time(since(moment))] == ["b", "c"]
    both = intersection([since(moment), until(moment)])
    assert [row.id for row in store.table("orders").by_time(both)] == ["b"]


def test_observers_are_told_of_every_change_and_of_nothing_else() -> None:
    store = store_of({"a": INSTANTS[0]})
    told: list[tuple[str, int | None, int | None, bool]] = []

    def note(change: StoredChange) -> None:
        before, after = (None if row is None else row.version for row in (change.before, change.after))
        told.append((change.path, before, after, change.data_erasure))

    store.observers.append(note)
    made = store.create("carts", {"id": "x"})
    version = store.update("orders", {"id": "a"})["version"]
    store.put("orders", {**row("a", INSTANTS[0]), "version": 1})
    store.delete("orders", "a", data_erasure=True)
    store.fill("zones", [row("z", INSTANTS[0])])
    store.clear("zones")
    store.reset()
    assert told == [
        ("carts", None, made["version"], False),
        ("orders", 1, version, False),
        ("orders", version, 1, False),
        ("orders", 1, None, True),
    ]
    assert "zones" not in store.paths()
