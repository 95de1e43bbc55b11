from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tap_commercetools.errors import shown_id
from tap_commercetools.redaction import Redaction

SECRET = "s3cr3t-of-the-client"


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_secret_is_never_shown_wherever_it_stands(before: str, after: str) -> None:
    assert SECRET not in Redaction([SECRET]).clean(before + SECRET + after, limit=10_000)


@pytest.mark.parametrize("at", range(1_970, 2_001))
def test_nor_is_its_beginning_where_a_text_is_cut(at: int) -> None:
    shown = Redaction([SECRET]).clean("x " * (at // 2) + SECRET * 9, limit=10_000)
    assert SECRET[:6] not in shown


def test_a_token_learnt_later_is_a_secret_too() -> None:
    redaction = Redaction()
    redaction.learn("short-token")
    assert redaction.clean("is short-token good?") == "is [redacted] good?"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no ada.kern+1@shop.example here", "no [address] here"),
        ('"ada@shop.example"', '"[address]"'),
        ("call +49 170 1234567 now", "call [number] now"),
        ("two\nlines\x1b[31m\u2028and", "two lines [31m and"),
        ("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkw", "[redacted]"),
        ("no ada.kern%2B1%40shop.example here", "no [address] here"),
        ("no ada%2540shop.example here", "no [address] here"),
        ('no "ada kern"@shop.example here', "no [address] here"),
        ("no ada\uff20shop.example here", "no [address] here"),
        ("no ada\ufe6bshop.example here", "no [address] here"),
        ("call 0170.123.45.67 now", "call [number] now"),
        ("call (0170) 123/4567 now", "call [number] now"),
        ("call \uff10\uff11\uff17\uff10\u00a01234567 now", "call [number] now"),
        ("id 0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01", "id 0b9d3c9e-6f53-4a0c-9d1e-6a5f0c1d2e01"),
    ],
)
def test_what_is_personal_or_opaque_is_not_shown(text: str, shown: str) -> None:
    assert Redaction().clean(text) == shown


@pytest.mark.parametrize(
    "written",
    [
        SECRET.upper(),
        " ".join(SECRET),
        SECRET.replace("-", "-\n"),
        SECRET[:5] + "\u200b" + SECRET[5:],
        "".join(chr(ord(each) + 0xFEE0) for each in SECRET),
    ],
)
def test_a_secret_is_not_shown_however_it_is_written(written: str) -> None:
    redaction = Redaction([SECRET])
    assert redaction.clean(f"is {written} good?") == "is [redacted] good?"


def test_nor_as_it_is_written_in_a_query() -> None:
    assert Redaction(["a+b/c d&e"]).clean("is a%2Bb%2Fc+d%26e or a%2bb%2fc%20d%26e good?").count("[redacted]") == 2


def test_secrets_that_overlap_leave_nothing_of_either() -> None:
    assert Redaction(["first-secret", "secret-second"]).clean("a first-secret-second z") == "a [redacted] z"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "@",
        "a@",
        "1",
        "1 ",
        "+",
        " ",
        "\n",
        SECRET[:7],
        "-1",
        "a.b@c.",
        '"',
        '"a"@',
        "%40",
        "(1/",
        "\ufdfa",
        "a\u0301",
        "\u0301\u0323",
    ],
)
def test_cleaning_takes_no_time_however_long_the_text(piece: str) -> None:
    redaction = Redaction([SECRET, "x" * 3_000])

    def seconds(times: int) -> float:
        text = piece * times
        began = time.perf_counter()
        redaction.clean(text)
        return time.perf_counter() - began

    seconds(10)
    assert seconds(1_000_000) < 4 * seconds(5_000) + 0.1


@pytest.mark.parametrize("identifier", ["", "ada@shop.example", "a b", "x" * 200, "a\nb", "ä"])
def test_an_id_that_is_none_is_not_shown(identifier: str) -> None:
    assert shown_id(identifier) == "no readable id"
    assert shown_id("0b9d3c9e-6f53/2") == "id 0b9d3c9e-6f53/2"
