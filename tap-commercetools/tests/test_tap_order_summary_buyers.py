"""Whose summaries are made, and when again."""

from __future__ import annotations

import logging
import tracemalloc
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from commerce_sandbox.commercetools.predicate_evaluation import compile_predicate
from commerce_sandbox.commercetools.predicate_syntax import parse_predicate
from hypothesis import given, settings
from hypothesis import strategies as st
from running_the_tap import page_of
from tap_commercetools import buyer_orders
from tap_commercetools.buyer_orders import CustomerOrderSummaries
from tap_commercetools.order_summary import Buyer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_commercetools.page import Page

LOGGER = logging.getLogger(__name__)
EARLIER, LATER = "2026-03-01T10:00:00.000Z", "2026-03-02T10:00:00.000Z"

Document = dict[str, Any]


@dataclass
class Platform:
    """Answers queries from lists of documents, predicates as the platform reads them."""

    orders: list[Document] = field(default_factory=list)
    payments: list[Document] = field(default_factory=list)
    products: list[Document] = field(default_factory=list)
    customers: list[Document] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    def fetch(self, path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        self.asked[path] += 1
        parameters: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in query:
            parameters[name].append(value)
        variables = {name[4:]: values for name, values in parameters.items() if name.startswith("var.")}
        matches = [compile_predicate(parse_predicate(where, variables)) for where in parameters["where"]]
        rows = sorted(getattr(self, path), key=lambda row: str(row["id"]))
        found = [row for row in rows if all(match(row) for match in matches)][:limit]
        return page_of(found, limit)


def money(units: int) -> Document:
    return {"type": "centPrecision", "currencyCode": "EUR", "centAmount": units, "fractionDigits": 2}


def order(identifier: str, buyer: Document, total: int = 100, **members: Any) -> Document:
    times = {"createdAt": EARLIER, "lastModifiedAt": EARLIER}
    return {"id": identifier, "version": 1, **times, "orderState": "Open", "totalPrice": money(total)} | buyer | members


def paid_by(*payments: str) -> Document:
    return {"payments": [{"typeId": "payment", "id": each} for each in payments]}


def payment(identifier: str, refunded: int, changed_at: str = EARLIER) -> Document:
    moved = [
        {"type": kind, "state": "Success", "amount": money(n)} for kind, n in [("Charge", 100), ("Refund", refunded)]
    ]
    return {"id": identifier, "lastModifiedAt": changed_at, "transactions": moved}


def product(identifier: str, *categories: str, **members: Any) -> Document:
    references = [{"typeId": "category", "id": each, "obj": {"id": each, "key": f"{each}-key"}} for each in categories]
    return {"id": identifier, "masterData": {"published": True, "current": {"categories": references}}} | members


def bought(*products: str) -> list[Document]:
    return [{"id": each, "productId": each, "quantity": 1} for each in products]


def of_orders(platform: Platform, orders: Iterable[Document] | None = None) -> dict[str, Document]:
    """Return the summaries a new runner makes, by id; each must come once."""
    made = CustomerOrderSummaries(platform.fetch, LOGGER).of_changed_orders(
        platform.orders if orders is None else orders
    )
    return by_id(made)


def by_id(summaries: Iterable[Document]) -> dict[str, Document]:
    found = list(summaries)
    indexed = {summary["id"]: summary for summary in found}
    assert len(indexed) == len(found)
    return indexed


ADA, BOB = {"customerId": "ada", "customerEmail": "ada@shop.example"}, {"customerId": "bob"}
GUEST = {"customerEmail": "ada@shop.example"}


def test_a_customers_present_address_and_stores_count_and_a_guests_are_those_of_the_orders() -> None:
    in_store: dict[str, Any] = {"store": {"typeId": "store", "key": "de-web"}}
    stores = [{"typeId": "store", "key": "at-web"}]
    platform = Platform(
        [order("1", ADA, **in_store), order("2", GUEST, **in_store), order("3", BOB, **in_store)],
        customers=[{"id": "ada", "email": "new@shop.example", "stores": stores}],
    )
    found = of_orders(platform)
    assert (found["customer/ada"]["customerEmail"], found["customer/ada"]["stores"]) == ("new@shop.example", stores)
    guest = found["guest/ada@shop.example"]
    assert (guest["customerEmail"], guest["stores"]) == ("ada@shop.example", [in_store["store"]])
    gone = found["customer/bob"]
    assert (gone["customerEmail"], gone["stores"]) == (None, [in_store["store"]])


def test_a_changed_order_brings_all_orders_of_its_buyer_and_of_nobody_else() -> None:
    platform = Platform([order("1", ADA), order("2", ADA), order("3", BOB), order("4", GUEST)])
    found = of_orders(platform, [platform.orders[1]])
    assert found.keys() == {"customer/ada"}
    assert found["customer/ada"]["orderCount"] == 2


def test_a_guest_is_known_by_the_mail_address_as_it_was_written() -> None:
    shouting = {"customerEmail": "ADA@shop.example"}
    platform = Platform([order("1", GUEST), order("2", shouting), order("3", ADA)])
    found = of_orders(platform)
    assert found.keys() == {"guest/ada@shop.example", "guest/ADA@shop.example", "customer/ada"}
    assert {summary["orderCount"] for summary in found.values()} == {1}
    assert found["guest/ADA@shop.example"]["customerEmail"] == "ADA@shop.example"
    assert found["guest/ADA@shop.example"]["customerId"] is None


def test_a_platform_that_ignores_case_adds_nothing_to_a_guest() -> None:
    platform = Platform([order("1", GUEST), order("2", {"customerEmail": "ADA@shop.example"})])

    def ignoring_case(path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        both = [("var.values", "ADA@shop.example"), ("var.values", "ada@shop.example")]
        asked = [pair for pair in query if pair[0] != "var.values"]
        return platform.fetch(path, [*asked, *both] if path == "orders" else query, limit)

    made = CustomerOrderSummaries(ignoring_case, LOGGER).of_changed_orders(platform.orders[:1])
    assert [(summary["id"], summary["orderCount"]) for summary in made] == [("guest/ada@shop.example", 1)]


def test_orders_of_nobody_are_counted_and_no_mail_address_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    platform = Platform([order("1", {}), order("2", {"anonymousId": "x"}), order("3", GUEST)])
    with caplog.at_level(logging.DEBUG):
        assert of_orders(platform).keys() == {"guest/ada@shop.example"}
    assert "2 changed orders name neither customer nor mail address" in caplog.text
    assert "@" not in caplog.text


def test_nothing_changed_asks_nothing() -> None:
    platform = Platform()
    assert of_orders(platform, []) == {}
    assert not platform.asked


def test_refunds_come_from_the_payments_of_all_orders() -> None:
    orders = [order("1", ADA, paymentInfo=paid_by("p")), order("2", ADA, paymentInfo=paid_by("q", "gone"))]
    platform = Platform(orders, [payment("p", 30), payment("q", 5), payment("x", 99)])
    (value,) = of_orders(platform, orders[:1])["customer/ada"]["valueByCurrency"]
    assert value["lifetimeValue"] == money(165)


def test_categories_are_those_the_products_have_now() -> None:
    orders = [order("1", ADA, lineItems=bought("boot", "deleted")), order("2", BOB, lineItems=bought("boot"))]
    platform = Platform(orders, products=[product("boot", "shoes", "sale"), product("bare")])
    found = of_orders(platform)
    shoes, sale = ({"id": name, "key": f"{name}-key", "name": None, "quantity": 1} for name in ("shoes", "sale"))
    assert found["customer/ada"]["topCategories"] == found["customer/bob"]["topCategories"] == [sale, shoes]


def test_a_category_the_token_may_not_see_comes_by_id_alone() -> None:
    hidden = product("boot") | {"masterData": {"current": {"categories": [{"typeId": "category", "id": "shoes"}]}}}
    platform = Platform([order("1", ADA, lineItems=bought("boot"))], products=[hidden])
    (category,) = of_orders(platform)["customer/ada"]["topCategories"]
    assert category == {"id": "shoes", "key": None, "name": None, "quantity": 1}


def test_a_product_is_fetched_once_however_often_it_was_bought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buyer_orders, "ORDERS_AT_ONCE", 1)
    platform = Platform(
        [order(str(n), ADA, lineItems=bought("boot", "gone")) for n in range(9)], products=[product("boot")]
    )
    of_orders(platform)
    assert platform.asked["products"] == 3  # two make sure that there is no more


def test_a_summary_is_made_once_for_what_it_knows_and_again_for_what_it_does_not() -> None:
    platform = Platform([order("1", ADA), order("2", ADA), order("3", BOB)])
    summaries = CustomerOrderSummaries(platform.fetch, LOGGER)
    assert [each["id"] for each in summaries.of_changed_orders(platform.orders[:1])] == ["customer/ada"]
    assert list(summaries.of_changed_orders(platform.orders[:2])) == []
    late = order("0", ADA, lastModifiedAt=LATER)  # only now do queries show it
    platform.orders.append(late)
    assert [each["orderCount"] for each in summaries.of_changed_orders([platform.orders[1], late])] == [3]
    assert list(summaries.of_changed_orders([late])) == []


def test_only_so_many_buyers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buyer_orders, "BUYERS_REMEMBERED", 1)
    platform = Platform([order("1", ADA), order("2", BOB)])
    summaries = CustomerOrderSummaries(platform.fetch, LOGGER)
    one, other = platform.orders
    made = [len(list(summaries.of_changed_orders([each]))) for each in (one, one, other, other, one)]
    assert made == [1, 0, 1, 0, 1]


def test_who_was_asked_about_last_is_remembered_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buyer_orders, "BUYERS_REMEMBERED", 2)
    platform = Platform([order("1", ADA), order("2", BOB), order("3", GUEST)])
    summaries = CustomerOrderSummaries(platform.fetch, LOGGER)
    ada, bob, guest = platform.orders
    made = [len(list(summaries.of_changed_orders([each]))) for each in (ada, bob, ada, guest, ada, bob)]
    assert made == [1, 1, 0, 1, 0, 1]


def test_a_changed_payment_alone_changes_the_summary() -> None:
    orders = [order("1", ADA, paymentInfo=paid_by("p")), order("2", BOB, paymentInfo=paid_by("q"))]
    platform = Platform(orders, [payment("p", 0), payment("q", 0)])
    summaries = CustomerOrderSummaries(platform.fetch, LOGGER)
    assert len(list(summaries.of_changed_orders(orders))) == 2
    assert list(summaries.of_changed_payments(platform.payments)) == []
    platform.payments[0] = payment("p", 40, changed_at=LATER)
    (summary,) = summaries.of_changed_payments([platform.payments[0], payment("in no order", 1)])
    assert summary["id"] == "customer/ada"
    assert summary["lastModifiedAt"] == LATER
    assert summary["valueByCurrency"][0]["lifetimeValue"] == money(60)
    assert list(summaries.of_changed_payments(platform.payments)) == []


def test_a_payment_of_several_orders_and_of_nobodys_brings_each_buyer_once() -> None:
    shared = paid_by("p")
    orders = [order(str(n), who, paymentInfo=shared) for n, who in enumerate([ADA, ADA, BOB, {}])]
    platform = Platform(orders, [payment("p", 40)])
    made = by_id(CustomerOrderSummaries(platform.fetch, LOGGER).of_changed_payments(platform.payments))
    assert made.keys() == {"customer/ada", "customer/bob"}
    assert made["customer/ada"]["valueByCurrency"][0]["refunded"] == money(40)


def test_who_has_no_orders_any_more_gets_a_summary_of_zeros() -> None:
    platform = Platform([order("1", ADA)])
    summaries = CustomerOrderSummaries(platform.fetch, LOGGER)
    gone = order("9", {"customerEmail": "gone@shop.example"}, lastModifiedAt=LATER)
    (summary,) = summaries.of_changed_orders([gone])
    assert (summary["id"], summary["orderCount"], summary["lastModifiedAt"]) == ("guest/gone@shop.example", 0, None)
    assert list(summaries.of_changed_orders([gone])) == []
    again = by_id(summaries.of_buyers([Buyer.of_order(each) or Buyer() for each in (gone, gone, platform.orders[0])]))
    assert {key: each["orderCount"] for key, each in again.items()} == {"guest/gone@shop.example": 0, "customer/ada": 1}


BUYERS = [ADA, BOB, GUEST, {"customerEmail": 'quo"te@shop.example'}, {}]
SHOPS = st.builds(
    lambda drawn, refunds: Platform(
        [
            order(
                f"{number:02d}",
                BUYERS[buyer],
                total,
                orderState=state,
                lastModifiedAt=f"2026-03-01T10:00:00.{changed:03d}Z",
                paymentInfo=paid_by(*payments),
                lineItems=bought(*products),
            )
            for number, (buyer, total, state, changed, payments, products) in enumerate(drawn)
        ],
        [payment(identifier, refunded) for identifier, refunded in refunds.items()],
        [product("boot", "shoes", "sale"), product("sock", "socks"), product("bare")],
    ),
    st.lists(
        st.tuples(
            st.integers(0, len(BUYERS) - 1),
            st.integers(0, 150),
            st.sampled_from(["Open", "Complete", "Cancelled"]),
            st.integers(0, 3),
            st.lists(st.sampled_from("pqr"), max_size=2),
            st.lists(st.sampled_from(["boot", "sock", "bare", "deleted"]), max_size=3, unique=True),
        ),
        max_size=14,
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys("pqr", st.integers(0, 120))),
)


@given(SHOPS, st.data())
@settings(max_examples=150, deadline=None)
def test_order_and_pages_of_the_changes_make_no_difference(shop: Platform, data: st.DataObject) -> None:
    changed = data.draw(st.permutations(shop.orders))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(changed)), max_size=4)))
    pages = [changed[start:end] for start, end in zip([0, *cuts], [*cuts, len(changed)], strict=True)]
    at_once = of_orders(shop)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BUYERS_AT_ONCE", "ORDERS_AT_ONCE", "PRODUCTS_PER_PAGE", "PRODUCTS_REMEMBERED"):
            patch.setattr(buyer_orders, name, data.draw(st.integers(1, 3), label=name))
        runner = CustomerOrderSummaries(shop.fetch, LOGGER)
        by_pages = by_id(summary for page in pages for summary in runner.of_changed_orders(page))
    assert by_pages == at_once
    counted = Counter(buyer.key for each in shop.orders if (buyer := Buyer.of_order(each)) is not None)
    assert {key: each["orderCount"] + each["cancelledOrderCount"] for key, each in at_once.items()} == counted


CHANGES = st.lists(st.tuples(st.integers(0, 13), st.sampled_from(["cancel", "refund", "price", "delete"])), max_size=8)


@given(SHOPS, CHANGES)
@settings(max_examples=150, deadline=None)
def test_a_runner_that_follows_all_changes_ends_as_a_new_one_starts(
    shop: Platform, changes: list[tuple[int, str]]
) -> None:
    kept = of_orders(shop)
    for day, (place, change) in enumerate(changes, start=2):
        if place >= len(shop.orders):
            continue
        at = f"2026-04-{day:02d}T00:00:00.000Z"
        runner = CustomerOrderSummaries(shop.fetch, LOGGER)  # each run is a process of its own
        kept |= by_id(changed_summaries(shop, runner, shop.orders[place], change, at))
    emptied = {key: summary for key, summary in kept.items() if summary["lastModifiedAt"] is None}
    assert all(summary["orderCount"] == 0 for summary in emptied.values())
    assert {key: summary for key, summary in kept.items() if key not in emptied} == of_orders(shop)


def changed_summaries(
    shop: Platform, runner: CustomerOrderSummaries, one: Document, change: str, at: str
) -> Iterator[Document]:
    """Change an order or its payments, and let a run see it."""
    if change == "refund":
        references = {reference["id"] for reference in one["paymentInfo"]["payments"]}
        changed = [payment(each["id"], 120, at) for each in shop.payments if each["id"] in references]
        shop.payments = [each for each in shop.payments if each["id"] not in references] + changed
        return runner.of_changed_payments(changed)
    if change == "delete":
        shop.orders.remove(one)
        return runner.of_changed_orders([one])
    one |= {"lastModifiedAt": at} | ({"orderState": "Cancelled"} if change == "cancel" else {"totalPrice": money(77)})
    return runner.of_changed_orders([one])


def test_a_buyer_of_very_many_orders_takes_little_memory() -> None:
    count, bytes_of_a_page, bytes_of_an_order = 10_000, 500 * 8_000, 1_000

    def fetch(path: str, query: Sequence[tuple[str, str]], limit: int) -> Page:
        if path == "payments":
            wanted = [value for name, value in query if name == "var.values"]
            return page_of([payment(each, 1) for each in sorted(wanted)], limit)
        if path == "customers":
            return page_of([], limit)
        first = int(dict(query).get("var.last", "0")) + 1
        numbers = range(first, min(first + limit, count + 1))
        rows = [
            order(f"{n:06d}", ADA, paymentInfo=paid_by(f"p-{n:036d}"), comment="x" * (5_000 + n % 2)) for n in numbers
        ]
        return page_of(rows, limit)

    tracemalloc.start()
    try:
        (summary,) = CustomerOrderSummaries(fetch, LOGGER).of_changed_orders([order("000001", ADA)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert summary["orderCount"] == count
    assert summary["valueByCurrency"][0]["lifetimeValue"] == money(99 * count)
    assert peak < 3 * bytes_of_a_page + count * bytes_of_an_order
