from __future__ import annotations

import http.client
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import requests
from commerce_sandbox.cell_text import ColouredWord
from commerce_sandbox.table_view import table_view
from commerce_sandbox.testing import RunningSandbox, hand_made_shop, running_sandbox
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

NASTY = '<script>alert("x")</script>'
VOID = {"meta", "input", "link", "br"}


class Balance(HTMLParser):
    """Notes elements that are not closed in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    customers = [
        {"id": f"c{number}", "email": f"buyer{number}@shop.example", "firstName": NASTY if number == 7 else "Ada"}
        for number in range(120)
    ]
    stores = [{"id": "s1", "key": "de-web"}]
    with running_sandbox(shop=hand_made_shop({"customers": customers, "stores": stores})) as running:
        yield running


def page(sandbox: RunningSandbox, path: str) -> str:
    answer = requests.get(f"{sandbox.url}{path}", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.text


def rows_of(text: str, table: str) -> list[str]:
    section = text.partition(f'<section id="{table}">')[2].partition("</section>")[0]
    return re.findall(r"<tr><td.*?</tr>", section, re.DOTALL)


def test_the_overview_shows_a_card_per_service_with_its_counts(sandbox: RunningSandbox) -> None:
    text = page(sandbox, "/")
    for service in sandbox.control("GET", "/health")["services"]:
        assert f'href="/pages/{service}"' in text
    assert "<dt>customers</dt><dd>120</dd>" in text


@pytest.mark.parametrize(
    "path", ["/", "/pages/commercetools", "/pages/commercetools?table=stores", "/pages/iterable", "/pages/requests"]
)
def test_pages_are_whole_without_scripts_or_foreign_files(sandbox: RunningSandbox, path: str) -> None:
    text = page(sandbox, path)
    balance = Balance()
    balance.feed(text)
    assert (balance.open, balance.wrong) == ([], [])
    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_every_service_has_a_page(sandbox: RunningSandbox) -> None:
    for service in sandbox.control("GET", "/health")["services"]:
        assert "<h1>" in page(sandbox, f"/pages/{service}")


def test_data_from_outside_is_escaped(sandbox: RunningSandbox) -> None:
    text = page(sandbox, "/pages/commercetools?table=customers&q=script")
    assert NASTY not in text
    assert "&lt;script&gt;" in text
    echoed = page(sandbox, f"/pages/commercetools?table=customers&q={NASTY}")
    assert NASTY not in echoed


def test_a_table_shows_fifty_rows_a_page_and_links_to_the_next(sandbox: RunningSandbox) -> None:
    first = page(sandbox, "/pages/commercetools?table=customers")
    assert len(rows_of(first, "customers")) == 50
    assert "page 1 of 3" in first
    assert "table=customers&amp;page=2#customers" in first
    last = page(sandbox, "/pages/commercetools?table=customers&page=3")
    assert len(rows_of(last, "customers")) == 20
    assert not set(rows_of(first, "customers")) & set(rows_of(last, "customers"))


def test_a_search_finds_rows_and_says_how_many(sandbox: RunningSandbox) -> None:
    text = page(sandbox, "/pages/commercetools?table=customers&q=BUYER11@")
    assert len(rows_of(text, "customers")) == 1
    assert "1 of 120" in text


def test_the_last_requests_are_shown_with_their_outcomes(sandbox: RunningSandbox) -> None:
    requests.get(f"{sandbox.url}/commercetools/sandbox-shop/orders/shown", timeout=10)
    sandbox.order_fault({"kind": "drop"}, service="commercetools")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.url}/commercetools/sandbox-shop/orders/gone", timeout=10)
    newest, before = rows_of(page(sandbox, "/pages/commercetools"), "requests")[:2]
    assert "/sandbox-shop/orders/gone" in newest
    assert "dropped" in newest
    assert "/sandbox-shop/orders/shown" in before
    assert "401" in before
    assert "/sandbox-shop/orders/gone" not in page(sandbox, "/pages/iterable")


def test_a_page_that_does_not_exist_says_which_ones_do(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.url}/pages/shopify", timeout=10)
    assert answer.status_code == 404
    assert "commercetools" in answer.text


@pytest.mark.parametrize(("asked", "shown"), [("0", 1), ("2", 2), ("99", 3), ("x", 1), ("-1", 1)])
def test_a_table_never_shows_a_page_that_is_not_there(asked: str, shown: int) -> None:
    rows = [{"name": str(number)} for number in range(120)]
    view = table_view("t", "T", [("name", "Name")], rows, {"t_page": asked, "other": "kept"})
    assert view.page == shown
    assert view.other_arguments == {"other": "kept"}
    assert view.rows


def test_a_page_number_of_any_length_is_no_error(sandbox: RunningSandbox) -> None:
    assert "page 1 of 3" in page(sandbox, f"/pages/commercetools?table=customers&page={'9' * 5000}")


def found(row: dict[str, Any], query: str) -> bool:
    return bool(table_view("t", "T", [("value", "Value")], [row], {"t_q": query}).rows)


@pytest.mark.parametrize("query", ["O'Farrell", "street", "12", "ZÜRICH", "Zu\u0308rich", "new\nline", "subscribed"])
def test_a_search_looks_at_texts_numbers_and_names_however_deep(query: str) -> None:
    value = {"address": [{"street": 'O\'Farrell "St"', "no": 12}], "city": "Zürich", "note": "a new\nline"}
    assert found({"value": value, "status": ColouredWord("subscribed", "good")}, query)


@pytest.mark.parametrize("query", ["{", "', '", "None", "good", "strong", "tone", "bdi"])
def test_a_search_finds_nothing_that_is_not_shown(query: str) -> None:
    row = {"value": {"name": "Ada", "city": "Köln"}, "nothing": None, "status": ColouredWord("subscribed", "good")}
    assert not found(row, query)


def test_columns_of_numbers_and_amounts_are_aligned_at_their_right_end() -> None:
    rows = [
        {"total": "5.00 EUR", "size": 3, "name": "5", "empty": None},
        {**dict.fromkeys(["total", "empty"]), "size": 1, "name": ""},
    ]
    columns = [(key, key) for key in ("total", "size", "name", "empty")]
    assert table_view("t", "T", columns, rows, {}).numeric == {"total", "size"}


def test_an_empty_table_says_whether_there_is_nothing_or_nothing_was_found(sandbox: RunningSandbox) -> None:
    assert "nothing here yet" in page(sandbox, "/pages/iterable")
    nothing = page(sandbox, f"/pages/commercetools?table=stores&q={NASTY}")
    assert "nothing found for" in nothing
    assert NASTY not in nothing
    assert 'href="/pages/commercetools?table=stores">Show all</a>' in nothing


def test_a_search_keeps_the_table_and_its_pages_keep_the_search(sandbox: RunningSandbox) -> None:
    text = page(sandbox, "/pages/commercetools?table=customers&q=buyer&page=2")
    assert '<input type="hidden" name="table" value="customers">' in text
    assert "table=customers&amp;q=buyer&amp;page=3#customers" in text
    assert "page 2 of 3" in text


def test_long_values_are_folded_until_a_search_has_found_them(sandbox: RunningSandbox) -> None:
    fields = {f"field{number}": [{"nested": True}] for number in range(9)}
    sandbox.control("POST", "/iterable/users", {"users": [{"email": "long@shop.example", "dataFields": fields}]})
    folded = page(sandbox, "/pages/iterable")
    assert "<details><summary>9 fields</summary>" in folded
    assert "<details open><summary>9 fields</summary>" in page(sandbox, "/pages/iterable?q=long@")
    assert "{&#39;" not in folded
    sandbox.control("POST", "/reset?service=iterable")


def test_values_nested_deeper_than_a_table_can_show_are_drawn_as_json(sandbox: RunningSandbox) -> None:
    deep: dict[str, Any] = {"bottom": "<b>"}
    for _ in range(8):
        deep = {"in": deep}
    sandbox.control("POST", "/iterable/users", {"users": [{"email": "deep@shop.example", "dataFields": deep}]})
    assert "&#34;bottom&#34;:&#34;&lt;b&gt;&#34;" in page(sandbox, "/pages/iterable")
    sandbox.control("POST", "/reset?service=iterable")


def test_requests_can_be_searched_and_those_that_went_wrong_picked_out(sandbox: RunningSandbox) -> None:
    sandbox.control("POST", "/reset")
    for number in range(60):
        requests.get(f"{sandbox.url}/iterable/api/things/{number}-{NASTY}", timeout=10)
    client = sandbox.shop_client()
    client.get("/customers/key=nobody")
    sandbox.order_fault({"kind": "respond", "status": 503}, service="commercetools")
    client.get("/orders")
    everything = page(sandbox, "/pages/requests")
    assert "page 1 of 2" in everything
    assert len(rows_of(everything, "requests")) == 50
    assert "/orders" in rows_of(everything, "requests")[0]
    assert NASTY not in everything
    assert "&lt;script&gt;" in everything
    (found_one,) = rows_of(page(sandbox, "/pages/requests?q=things/7-"), "requests")
    assert "things/7-" in found_one
    sandbox.order_fault({"kind": "truncate"}, service="commercetools")
    with pytest.raises(http.client.IncompleteRead):
        client.get("/stores")
    cut, wrong = rows_of(page(sandbox, "/pages/requests?service=commercetools&only=failed"), "requests")
    assert '<strong class="bad">200</strong>' in cut
    assert '<strong class="bad">truncated</strong>' in cut
    assert '<strong class="bad">503</strong>' in wrong
    assert "respond" in wrong
    shop = rows_of(page(sandbox, "/pages/requests?service=commercetools"), "requests")
    assert '<strong class="quiet">404</strong>' in shop[2]
    overview = page(sandbox, "/")
    assert 'href="/pages/requests?service=commercetools&amp;only=failed"' in overview
    assert ">2 went wrong<" in overview
    assert len(rows_of(page(sandbox, "/pages/requests?service=unknown"), "requests")) == 50


def test_the_style_sheet_is_in_the_page_and_asks_for_nothing(sandbox: RunningSandbox) -> None:
    style = page(sandbox, "/").partition("<style>")[2].partition("</style>")[0]
    assert "prefers-color-scheme: dark" in style
    assert ":focus-visible" in style
    assert "url(" not in style
    assert "@import" not in style
