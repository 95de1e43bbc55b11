from __future__ import annotations

import timeit

import pytest
from delivery.redaction import Redaction
from hypothesis import given
from hypothesis import strategies as st


@given(
    secret=st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=6, max_size=40),
    before=st.text(max_size=400),
    after=st.text(max_size=400),
)
def test_a_secret_never_comes_through(secret: str, before: str, after: str) -> None:
    assert secret not in Redaction([secret]).clean(before + secret + after).replace("[redacted]", "")


def test_an_echoed_request_keeps_neither_key_nor_person() -> None:
    echoed = "Invalid body: {Api-Key: k3y-0f-pr0j3ct, email: Ana.Lee+shop@example.org, phone: +49 170 1234567}"
    cleaned = Redaction(["k3y-0f-pr0j3ct"]).clean(echoed)
    assert cleaned == "Invalid body: {Api-Key: [redacted], email: [address], phone: [number]}"


def test_a_secret_on_the_edge_of_the_cut_is_not_left_in_part() -> None:
    assert "s3cr" not in Redaction(["s3cret-value"]).clean("x" * 197 + "s3cret-value", limit=200)


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "a@", "@", " ", "1-", "+1", "a.", "\u0661"])
def test_a_text_of_megabytes_takes_hardly_longer_than_one_of_kilobytes(piece: str) -> None:
    redaction = Redaction(["k3y-0f-pr0j3ct"])

    def seconds(times: int) -> float:
        text = piece * times
        return min(timeit.repeat(lambda: redaction.clean(text), number=1, repeat=3))

    # A search that looks at each pair of places would take a million times as long.
    assert seconds(1_000_000) < 200 * seconds(1_000) + 0.05


@given(
    before=st.integers(0, 400), address=st.from_regex(r"[a-z]{3,20}\.[a-z]{3,20}@[a-z]{3,20}\.example", fullmatch=True)
)
def test_an_address_on_the_edge_of_what_is_looked_at_is_not_left_in_part(before: int, address: str) -> None:
    text = "Key: s3cret-value " * 40 + "x " * before + address + " " * 3000
    cleaned = Redaction(["s3cret-value"]).clean(text, limit=4000)
    assert not any(address[:end] in cleaned for end in range(6, len(address)))


def test_a_number_on_the_edge_of_what_is_looked_at_is_not_left_in_part() -> None:
    for before in range(1990, 2050):
        assert "+4" not in Redaction([]).clean("x" * (before - 1) + " +49 170 1234567" + " y" * 2000, limit=4000)
