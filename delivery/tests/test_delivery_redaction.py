from __future__ import annotations

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
