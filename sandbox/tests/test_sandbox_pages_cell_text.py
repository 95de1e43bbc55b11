from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from commerce_sandbox.cell_text import ColouredWord, amount_text, is_numeric, item_line, number_text, text_markup
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

UUID = "003e510d-23c2-4da4-b024-f292f632a0ce"
TEXTS = st.text() | st.lists(
    st.sampled_from([UUID, "2026-11-01T10:00:00Z", "2026-11-01 00:00:00 +00:00", "<b>", "&amp;", '"', "'", " ", "1"])
).map("".join)


class Original(HTMLParser):
    """Rebuilds the text that was drawn: titles in place of what stands in their elements."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self._titled = False

    @override
    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        title = dict(attrs).get("title")
        self._titled = title is not None
        self.text += title or ""

    @override
    def handle_endtag(self, tag: str) -> None:
        self._titled = False

    @override
    def handle_data(self, data: str) -> None:
        if not self._titled:
            self.text += data


@given(TEXTS)
def test_drawn_text_adds_no_element_of_its_own_and_loses_nothing(text: str) -> None:
    original = Original()
    original.feed(str(text_markup(text)))
    original.close()
    assert original.tags <= {"bdi", "span", "time"}
    # A parser of HTML turns these into other characters, whoever writes them.
    if "\r" not in text and "\0" not in text:
        assert original.text == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-21T20:29:10.045Z", "2026-11-21 20:29:10"),
        ("2024-06-07 03:43:46 +00:00", "2024-06-07 03:43:46"),
        ("1958-05-18T00:00:00Z", "1958-05-18"),
        ("asked (2026-11-21T20:29:10Z)", "2026-11-21 20:29:10"),
    ],
)
def test_times_are_written_for_people_and_keep_the_original_as_their_title(text: str, shown: str) -> None:
    assert f">{shown}</time>" in text_markup(text)


@pytest.mark.parametrize(
    "text", ["2026-11-21T20:29:10+02:00", "2026-11-21T00:00:00-05:00", "2026-11-21", "12026-11-21"]
)
def test_other_dates_stay_as_they_are(text: str) -> None:
    assert text_markup(text) == f'<bdi class="whole">{text}</bdi>'


def test_an_identifier_is_there_in_full_for_the_style_sheet_to_shorten() -> None:
    assert f'<span class="id" title="{UUID}">{UUID}</span>' in text_markup(f"/import/{UUID}")


def test_right_to_left_text_keeps_its_direction_to_itself() -> None:
    assert text_markup("محمد الأحمد") == "<bdi>محمد الأحمد</bdi>"
    assert text_markup("\u202eevil") == '<bdi class="whole">\u202eevil</bdi>'


def test_only_short_text_is_kept_on_a_line() -> None:
    assert text_markup("W" * 41).startswith("<bdi>")
    assert text_markup("W" * 40).startswith('<bdi class="whole">')
    assert text_markup(f"ct-order-{UUID}").startswith('<bdi class="whole">')


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (33.9, "EUR", "33.90 EUR"),
        (5, None, "5.00"),
        (12968.26, "EUR", "12968.26 EUR"),
        (1234567.125, "KWD", "1234567.125 KWD"),
        (77148.0, "JPY", "77148 JPY"),
        (5.5, "JPY", "5.5 JPY"),
        (-0.5, "USD", "-0.50 USD"),
        (1e22, None, "10000000000000000000000.00"),
        (3.0, {"a": 1}, "3.00"),
        ("free", "EUR", "free"),
        (True, "EUR", True),
        (None, "EUR", None),
    ],
)
def test_amounts_have_the_decimals_of_money_and_lose_none(value: object, currency: object, shown: object) -> None:
    assert amount_text(value, currency) == shown


def test_a_large_price_of_an_item_is_exact() -> None:
    assert item_line(2, "Tent", 12968.26, "EUR") == "2 x Tent at 12968.26 EUR"
    assert item_line(1.0, "Hat", 5.0) == "1 x Hat at 5.00"


def test_amounts_are_grouped_and_aligned_with_numbers() -> None:
    assert ">1,123.73 EUR<" in text_markup("1123.73 EUR")
    assert [is_numeric(value) for value in ("1123.73 EUR", 5, 2.5, True, "5 apples", "x", None)] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(("value", "shown"), [(5918.0, "5918"), (33.9, "33.9"), (7, "7"), (1e300, "1e+300")])
def test_whole_numbers_have_no_decimals(value: float, shown: str) -> None:
    assert number_text(value) == shown


def test_a_coloured_word_is_searched_by_its_word_only() -> None:
    assert str(ColouredWord("subscribed", "good")) == "subscribed"
