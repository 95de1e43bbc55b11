from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import requests
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


@pytest.mark.parametrize("path", ["/", "/pages/commercetools", "/pages/commercetools?table=stores", "/pages/iterable"])
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
