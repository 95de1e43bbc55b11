"""What counts in a summary, and what it is worth."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from tap_commercetools.errors import UnreadableRowError
from tap_commercetools.order_summary import Buyer, Category, OrderHistory, Payment
from tap_commercetools.schemas.customer_order_summary import CUSTOMER_ORDER_SUMMARY

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
SHOES, SOCKS, SALE = Category("c-1", "shoes", {"en": "Shoes"}), Category("c-2", "socks"), Category("c-3", "sale")
CATEGORIES = {"boot": (SHOES, SALE), "sock": (SOCKS,), "sandal": (SHOES,)}
CUSTOMER = Buyer(customer_id="ada")


def money(units: int, currency: str = "EUR") -> dict[str, Any]:
    return {
        "type": "centPrecision",
        "currencyCode": currency,
        "centAmount": units,
        "fractionDigits": DIGITS[currency],
    }


def order(identifier: str, total: dict[str, Any], *paid_by: str, **members: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "customerId": "ada",
        "createdAt": "2026-03-01T10:00:00.000Z",
        "lastModifiedAt": "2026-03-01T10:00:00.000Z",
        "orderState": "Complete",
        "totalPrice": total,
        "paymentInfo": {"payments": [{"typeId": "payment", "id": each} for each in paid_by]},
        **members,
    }


def payment(identifier: str, *transactions: tuple[str, str, dict[str, Any]], **members: Any) -> dict[str, Any]:
    return {
        "id": identifier,
        "lastModifiedAt": "2026-03-02T10:00:00.000Z",
        "transactions": [{"type": kind, "state": state, "amount": amount} for kind, state, amount in transactions],
        **members,
    }


def charge(units: int, currency: str = "EUR") -> tuple[str, str, dict[str, Any]]:
    return ("Charge", "Success", money(units, currency))


def refund(units: int, currency: str = "EUR") -> tuple[str, str, dict[str, Any]]:
    return ("Refund", "Success", money(units, currency))


def summary_of(orders: Iterable[dict[str, Any]], payments: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """Return the summary of some orders, checked against the stream's schema."""
    read = {each["id"]: Payment.read(each) for each in payments}
    history = OrderHistory(CUSTOMER)
    for each in orders:
        history.add(each, read, CATEGORIES)
    summary = history.summary()
    Draft7Validator(CUSTOMER_ORDER_SUMMARY).validate(summary)
    assert summary.keys() == CUSTOMER_ORDER_SUMMARY["properties"].keys()
    return summary


def values(orders: Iterable[dict[str, Any]], *payments: dict[str, Any]) -> dict[str, int]:
    by_currency = summary_of(orders, payments)["valueByCurrency"]
    return {each["currencyCode"]: each["lifetimeValue"]["centAmount"] for each in by_currency}


def test_a_buyer_without_orders_has_a_summary_of_zeros() -> None:
    assert summary_of([]) == {
        "id": "customer/ada",
        "customerId": "ada",
        "customerEmail": None,
        "orderCount": 0,
        "cancelledOrderCount": 0,
        "firstPurchaseAt": None,
        "lastPurchaseAt": None,
        "valueByCurrency": [],
        "topCategories": [],
        "stores": [],
        "lastModifiedAt": None,
    }


def test_who_bought_is_the_customer_else_the_guest_else_nobody() -> None:
    both = {"customerId": "ada", "customerEmail": "ada@shop.example"}
    assert Buyer.of_order(both) == Buyer(customer_id="ada")
    guest = Buyer.of_order({"customerEmail": "Bob+x@Shop.example"})
    assert guest == Buyer(email="Bob+x@Shop.example")
    assert guest.key == "guest/Bob+x@Shop.example"
    assert Buyer.of_order({"customerEmail": "bob+x@shop.example"}) != guest
    assert Buyer.of_order({"anonymousId": "session"}) is None
    assert Buyer.of_order({"customerId": None, "customerEmail": ""}) is None


def test_a_mail_address_is_not_in_the_text_of_a_buyer() -> None:
    assert "@" not in repr(Buyer(email="bob@shop.example"))


def test_the_total_is_with_tax_where_the_platform_worked_tax_out() -> None:
    taxed = order("a", money(1000), taxedPrice={"totalGross": money(1190), "totalNet": money(1000)})
    assert values([taxed]) == {"EUR": 1190}
    assert values([order("a", money(1000), taxedPrice=None)]) == {"EUR": 1000}


def test_currencies_are_kept_apart_with_their_own_decimals_in_the_order_of_their_codes() -> None:
    found = summary_of([order("a", money(5000, "JPY")), order("b", money(1999)), order("c", money(1, "EUR"))])
    assert [(each["currencyCode"], each["orderCount"]) for each in found["valueByCurrency"]] == [("EUR", 2), ("JPY", 1)]
    assert found["valueByCurrency"][1]["lifetimeValue"] == money(5000, "JPY")
    assert found["orderCount"] == 3


@pytest.mark.parametrize(("totals", "average"), [((1, 2), 2), ((1, 4), 2), ((1, 6), 4), ((1, 1, 2), 1), ((1, 2, 2), 2)])
def test_the_average_is_rounded_half_to_even(totals: tuple[int, ...], average: int) -> None:
    found = summary_of(order(str(number), money(total)) for number, total in enumerate(totals))
    assert found["valueByCurrency"][0]["averageOrderValue"] == money(average)


def test_amounts_stay_exact_beyond_what_a_float_can_hold() -> None:
    assert values([order("a", money(2**63 - 1)), order("b", money(2**62 + 1))]) == {"EUR": 2**63 + 2**62}


def test_a_cancelled_order_is_only_counted_as_such() -> None:
    line = {"id": "l", "productId": "boot", "quantity": 9}
    cancelled = order("a", money(500), "p", orderState="Cancelled", createdAt="2020-01-01T00:00:00Z", lineItems=[line])
    found = summary_of([cancelled, order("b", money(100))], [payment("p", charge(500), refund(500))])
    assert (found["orderCount"], found["cancelledOrderCount"]) == (1, 1)
    assert found["firstPurchaseAt"] == "2026-03-01T10:00:00.000Z"
    assert found["topCategories"] == []
    assert found["valueByCurrency"][0]["lifetimeValue"] == money(100)


def test_an_imported_order_was_placed_at_its_true_date() -> None:
    imported = order("a", money(1), completedAt="2019-05-01T00:00:00Z")
    found = summary_of([order("b", money(1), createdAt="2025-01-01T00:00:00.5Z"), imported])
    assert (found["firstPurchaseAt"], found["lastPurchaseAt"]) == (
        "2019-05-01T00:00:00.000Z",
        "2025-01-01T00:00:00.500Z",
    )


def test_the_last_change_is_the_newest_of_orders_and_payments() -> None:
    orders = [order("a", money(1), "p"), order("b", money(1), orderState="Cancelled", lastModifiedAt="2026-04-01")]
    assert summary_of(orders, [payment("p")])["lastModifiedAt"] == "2026-04-01T00:00:00.000Z"
    late = payment("p", lastModifiedAt="2026-05-01T00:00:00.000Z")
    assert summary_of(orders, [late])["lastModifiedAt"] == "2026-05-01T00:00:00.000Z"


def test_only_successful_refunds_are_taken_off() -> None:
    attempts = [("Refund", state, money(100)) for state in ("Initial", "Pending", "Failure", "Success")]
    chargeback = ("Chargeback", "Success", money(7))
    found = summary_of([order("a", money(1000), "p")], [payment("p", charge(1000), *attempts, chargeback)])
    assert found["valueByCurrency"][0]["lifetimeValue"] == money(900)
    assert found["valueByCurrency"][0]["refunded"] == money(100)


def test_more_given_back_than_paid_makes_no_other_order_worth_less() -> None:
    orders = [order("a", money(1000), "p"), order("b", money(300))]
    assert values(orders, payment("p", charge(1000), refund(1200))) == {"EUR": 300}


def test_refunds_of_several_payments_of_one_order_add_up() -> None:
    paid = [payment("p", charge(400), refund(100)), payment("q", charge(600), refund(50), refund(25))]
    assert values([order("a", money(1000), "p", "q", "p")], *paid) == {"EUR": 825}


def test_a_payment_shared_by_orders_is_taken_off_once() -> None:
    orders = [order("a", money(600), "p"), order("b", money(400), "p")]
    assert values(orders, payment("p", charge(1000), refund(250))) == {"EUR": 750}


def test_what_a_cancelled_order_on_the_same_payment_got_back_is_not_taken_off_the_other() -> None:
    orders = [order("a", money(600), "p"), order("b", money(400), "p", orderState="Cancelled")]
    assert values(orders, payment("p", charge(1000), refund(400))) == {"EUR": 600}
    assert values(orders, payment("p", charge(1000), refund(450))) == {"EUR": 550}
    assert values(orders, payment("p", charge(600), refund(50))) == {"EUR": 550}


def test_what_was_charged_beyond_the_total_is_not_taken_off_when_given_back() -> None:
    smaller_now = order("a", money(800), "p")
    assert values([smaller_now], payment("p", charge(1000), refund(200))) == {"EUR": 800}
    assert values([smaller_now], payment("p", charge(1000), refund(300))) == {"EUR": 700}


def test_a_refund_without_a_recorded_charge_is_taken_off() -> None:
    assert values([order("a", money(800), "p")], payment("p", refund(300))) == {"EUR": 500}


def test_a_refund_in_another_currency_takes_nothing_off() -> None:
    orders = [order("a", money(800), "p"), order("b", money(9000, "JPY"))]
    assert values(orders, payment("p", charge(800), refund(300, "JPY"))) == {"EUR": 800, "JPY": 9000}


def test_a_payment_that_is_gone_gives_nothing_back() -> None:
    assert values([order("a", money(800), "gone")]) == {"EUR": 800}
    assert values([order("a", money(800), paymentInfo=None)]) == {"EUR": 800}


def line(product: str, quantity: int, identifier: str = "l", **members: Any) -> dict[str, Any]:
    return {"id": identifier, "productId": product, "quantity": quantity, **members}


def quantities(*orders: dict[str, Any]) -> list[tuple[str, int]]:
    return [(category["id"], category["quantity"]) for category in summary_of(orders)["topCategories"]]


def test_categories_come_by_units_and_ties_by_id() -> None:
    lines = [line("sock", 4, "1"), line("boot", 3, "2"), line("sandal", 1, "3"), line("gone", 9, "4")]
    assert quantities(order("a", money(1), lineItems=lines)) == [("c-1", 4), ("c-2", 4), ("c-3", 3)]


def test_a_category_comes_with_its_key_and_name() -> None:
    found = summary_of([order("a", money(1), lineItems=[line("sandal", 1)])])["topCategories"]
    assert found == [{"id": "c-1", "key": "shoes", "name": {"en": "Shoes"}, "quantity": 1}]


def test_no_more_than_five_categories_come() -> None:
    history = OrderHistory(CUSTOMER)
    lines = [line(f"p{number}", number, f"l{number}") for number in range(1, 8)]
    categories = {f"p{number}": (Category(f"c{number}"),) for number in range(1, 8)}
    history.add(order("a", money(1), lineItems=lines), {}, categories)
    assert [each["id"] for each in history.summary()["topCategories"]] == ["c7", "c6", "c5", "c4", "c3"]


def test_returned_units_and_gifts_do_not_count_but_announced_returns_do() -> None:
    returns = [
        {"items": [{"lineItemId": "1", "quantity": 2, "shipmentState": "Returned"}]},
        {"items": [{"lineItemId": "2", "quantity": 5, "shipmentState": "Unusable"}, {"customLineItemId": "x"}]},
        {"items": [{"lineItemId": "3", "quantity": 1, "shipmentState": "Advised"}]},
    ]
    lines = [
        line("sock", 5, "1"),
        line("boot", 3, "2"),
        line("sandal", 1, "3"),
        line("boot", 1, "4", lineItemMode="GiftLineItem"),
    ]
    assert quantities(order("a", money(1), lineItems=lines, returnInfo=returns)) == [("c-2", 3), ("c-1", 1)]


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ({"totalPrice": None}, "totalPrice"),
        ({"totalPrice": {**money(1), "centAmount": True}}, "totalPrice"),
        ({"totalPrice": {**money(1), "type": "highPrecision", "preciseAmount": 1}}, "totalPrice"),
        ({"taxedPrice": {"totalGross": {"centAmount": 1}}}, r"taxedPrice\.totalGross"),
        ({"createdAt": "yesterday"}, "createdAt"),
        ({"completedAt": "yesterday"}, "completedAt"),
        ({"lastModifiedAt": None}, "lastModifiedAt"),
    ],
)
def test_an_order_that_cannot_be_read_is_an_error_that_names_it(broken: dict[str, Any], place: str) -> None:
    with pytest.raises(UnreadableRowError, match=rf"order with id o-1: {place} is not .* would be wrong"):
        summary_of([order("o-1", money(1)) | broken])


def test_a_payment_that_cannot_be_read_is_an_error_that_names_it() -> None:
    with pytest.raises(UnreadableRowError, match=r"payment with id p-1: transactions\.amount is not money"):
        Payment.read(payment("p-1", ("Refund", "Success", {})))
    assert Payment.read(payment("p-1", ("Refund", "Failure", {}))).refunded == {}


UNITS = st.integers(0, 60)
CURRENCIES = st.sampled_from(["EUR", "JPY"])
TRANSACTIONS = st.tuples(
    st.sampled_from(["Charge", "Refund", "Refund", "Authorization"]),
    st.sampled_from(["Success", "Success", "Failure"]),
    st.builds(money, UNITS, CURRENCIES),
)
PAYMENTS = st.tuples(*[st.lists(TRANSACTIONS, max_size=4)] * 4).map(
    lambda drawn: [payment(identifier, *some) for identifier, some in zip("pqrs", drawn, strict=True)]
)
ORDERS = st.lists(
    st.tuples(
        st.builds(money, UNITS, CURRENCIES),
        st.lists(st.sampled_from("pqrst"), max_size=3),
        st.sampled_from(["Complete", "Open", "Cancelled"]),
        st.lists(st.tuples(st.sampled_from([*CATEGORIES, "gone"]), st.integers(1, 3)), max_size=3),
    ),
    max_size=5,
).map(
    lambda drawn: [
        order(
            str(number),
            total,
            *paid_by,
            orderState=state,
            createdAt=f"2026-03-{1 + number:02d}T10:00:00.000Z",
            lineItems=[line(product, quantity, str(place)) for place, (product, quantity) in enumerate(lines)],
        )
        for number, (total, paid_by, state, lines) in enumerate(drawn)
    ]
)


def connected(orders: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Group orders that share payments, the slow way: join any two groups that touch, until none do."""
    groups = [[each] for each in orders]
    while touching := next((pair for pair in combinations(groups, 2) if paid(pair[0]) & paid(pair[1])), None):
        one, other = touching
        groups = [group for group in groups if group is not one and group is not other] + [one + other]
    return groups


def paid(group: list[dict[str, Any]]) -> set[str]:
    references = (each for one in group for each in one["paymentInfo"]["payments"])
    return {each["id"] for each in references} - {"t"}  # which no longer exists


def moved(payments: Iterable[dict[str, Any]], kind: str, currency: str) -> int:
    return sum(
        transaction["amount"]["centAmount"]
        for each in payments
        for transaction in each["transactions"]
        if (transaction["type"], transaction["state"]) == (kind, "Success")
        and transaction["amount"]["currencyCode"] == currency
    )


def expected_value(orders: list[dict[str, Any]], payments: Iterable[dict[str, Any]], currency: str) -> int:
    """Work the value out in other words: of what was charged in full, what was kept, at most the price."""
    value = 0
    for group in connected(orders):
        price = sum(
            each["totalPrice"]["centAmount"]
            for each in group
            if each["orderState"] != "Cancelled" and each["totalPrice"]["currencyCode"] == currency
        )
        used = [each for each in payments if each["id"] in paid(group)]
        charged, given_back = moved(used, "Charge", currency), moved(used, "Refund", currency)
        kept = charged - given_back if charged >= price else price - given_back
        value += min(max(kept, 0), price)
    return value


@given(ORDERS, PAYMENTS)
def test_values_are_as_worked_out_independently(orders: list[dict[str, Any]], payments: list[dict[str, Any]]) -> None:
    placed = [each for each in orders if each["orderState"] != "Cancelled"]
    found = summary_of(orders, payments)
    assert found["orderCount"] == len(placed)
    assert {each["currencyCode"] for each in found["valueByCurrency"]} == {
        each["totalPrice"]["currencyCode"] for each in placed
    }
    for each in found["valueByCurrency"]:
        currency, value = each["currencyCode"], each["lifetimeValue"]["centAmount"]
        totals = [one["totalPrice"]["centAmount"] for one in placed if one["totalPrice"]["currencyCode"] == currency]
        assert value == expected_value(orders, payments, currency)
        assert each["refunded"]["centAmount"] == sum(totals) - value <= moved(payments, "Refund", currency)
        assert 2 * abs(each["averageOrderValue"]["centAmount"] * len(totals) - value) <= len(totals)


@given(ORDERS, PAYMENTS, st.data())
def test_the_order_of_orders_does_not_matter(
    orders: list[dict[str, Any]], payments: list[dict[str, Any]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(orders))
    assert summary_of(shuffled, payments) == summary_of(orders, payments)


@given(ORDERS)
def test_category_units_are_those_of_the_lines(orders: list[dict[str, Any]]) -> None:
    units: Counter[str] = Counter()
    for one in orders:
        for each in one["lineItems"] if one["orderState"] != "Cancelled" else ():
            for category in CATEGORIES.get(each["productId"], ()):
                units[category.id] += each["quantity"]
    assert dict(quantities(*orders)) == units
